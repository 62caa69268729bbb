"""Which customers failed in the years of a ledger, what they owed then, and what was paid afterwards.

A customer fails on the day of its insolvency, or on the day the waiting period of an item ends unpaid, whichever comes
first; once. What is paid later is a recovery.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_rate, sum_by
from seawall.engine.ledger.items import KINDS
from seawall.engine.protection import duties
from seawall.engine.protection.conversion import account_factors
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover, cover, of_policy
from seawall.engine.protection.durations import NEVER, day_of, number
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor
from seawall.engine.protection.stop_of_cover import mep_ends
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording

_WRITE_OFF = KINDS.index("write_off")
DEFAULT: Final = "protracted_default"


@dataclass(frozen=True, slots=True)
class Failure:
    """A customer that failed: when, and from what."""

    customer_code: str
    on: dt.date
    cause: str


@dataclass(frozen=True)
class PastLoss:
    """What a failure would have come to under a policy; amounts in its currency."""

    failure: Failure
    gross_minor: int
    recovered_minor: int
    minor: Minor
    """The covered parts of its debt."""

    rate: NDArray[np.float64]
    """The percentage of each part."""

    over: tuple[PastLoss, ...] = ()
    """The same loss under each top-up, in its currency: the parts above the limits below that it covers."""


def lasting(wording: Wording, on: dt.date, first: dt.date, last: dt.date) -> Wording:
    """The policy as it stands on a day, as if it had held all the time from ``first`` to ``last``."""
    day = min(max(on, wording.first_on), wording.last_on)
    kept = {name: wording.dated(name, day) for name in wording.terms}
    terms = {name: (replace(dated, from_day=first),) for name, dated in kept.items() if dated is not None}
    return replace(wording, first_on=first, last_on=last, terms=terms)


def failures(
    insurance: Insurance, wording: Wording, *, first: dt.date, last: dt.date, least_share: float
) -> list[Failure]:
    """The customers that failed between two days, in the order of their days.

    An item counts as unpaid at the end of its waiting period if at least ``least_share`` of it is: a small difference
    is no default.
    """
    found: dict[str, Failure] = {}
    for failure in sorted(
        [*_insolvent(insurance, wording), *_defaulted(insurance.book, wording, least_share, last)],
        key=lambda one: (one.on, one.cause != "insolvency", one.customer_code),
    ):
        found.setdefault(failure.customer_code, failure)
    return [one for one in found.values() if first <= one.on <= last]


def _insolvent(insurance: Insurance, wording: Wording) -> list[Failure]:
    rows = insurance.facts.events.filter(pl.col("event") == "insolvency", pl.col("policy") == wording.code)
    known = insurance.book.ledger.customers["customer_code"].implode()
    rows = rows.filter(pl.col("customer_code").is_in(known)).select("customer_code", "on")
    return [Failure(code, on, "insolvency") for code, on in rows.iter_rows() if wording.is_about(code)]


def _defaulted(book: DebtBook, wording: Wording, least_share: float, last: dt.date) -> list[Failure]:
    """By customer the first day on which the waiting period of an unpaid item ended."""
    item = np.flatnonzero(book.is_debt & of_policy(book, wording)[book.account])
    versions = Versions(wording, book.shipped(item))
    clocks = duties.Clocks(versions.shipped, book.issued[item], book.due[item], mep_ends(book, wording, item, {}),
                           np.full(len(item), number(last), dtype=np.int32))  # fmt: skip
    notice = duties.start_of("overdue_notice", versions, clocks)
    by = versions.days_after("overdue_notice", notice, lambda value: value["within"])
    waited = np.full(len(book.kind), NEVER, dtype=np.int32)
    waited[item] = duties.waiting_end(versions, clocks, by)
    unpaid = book.amount - _paid_by(book, waited)
    late = item[(unpaid[item] >= np.maximum(least_share * book.amount[item], 1)) & (waited[item] <= number(last))]
    customer = book.customer_of_account[book.account[late]]
    rows = pl.DataFrame({"customer_id": customer, "day": waited[late]}).group_by("customer_id").agg(pl.min("day"))
    codes = book.ledger.customers["customer_code"]
    return [Failure(codes[int(who)], day_of(day), DEFAULT) for who, day in rows.iter_rows()]


def _paid_by(book: DebtBook, day: NDArray[np.int32]) -> Minor:
    """By item what was settled up to a day of its own, other than by writing it off."""
    counts = (book.kind[book.credit] != _WRITE_OFF) & (book.allocated <= day[book.debit])
    return sum_by(book.debit[counts], book.allocated_minor[counts], len(book.kind))


def past_losses(
    insurance: Insurance, wordings: Sequence[Wording], failed: Sequence[Failure], *, until: dt.date
) -> list[PastLoss]:
    """What failures would have come to under a policy, in their order, every duty taken as done in time.

    ``wordings``: the policy and the top-ups over it. Only the accounts of customers that failed are looked at, those
    that failed on one day from one cause together.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    if not failed:
        return []
    asked = replace(insurance, book=_of_customers(insurance.book, [one.customer_code for one in failed]),
                    wordings=tuple(wordings))  # fmt: skip
    together: dict[tuple[dt.date, str], list[Failure]] = {}
    for one in failed:
        together.setdefault((one.on, one.cause), []).append(one)
    found = {loss.failure: loss for group in together.values() for loss in _lost_on(asked, group, until)}
    return [found[one] for one in failed]


def _lost_on(insurance: Insurance, failed: Sequence[Failure], until: dt.date) -> list[PastLoss]:
    """What customers lost that failed on one day from one cause; nothing of one touches the cover of another."""
    codes, first = [one.customer_code for one in failed], failed[0]
    alone = replace(insurance, book=_of_customers(insurance.book, codes))
    covers, _ = cover(alone, Asked(first.on, cause=first.cause, waived=True))
    one, *over = covers
    ids = dict(alone.book.ledger.customers.select("customer_code", "customer_id").iter_rows())
    size = alone.book.ledger.customers.height
    gross = sum_by(one.customer, one.open_minor, size)
    back = np.minimum(_recovered(alone.book, one, until), gross)
    whole = np.array([gross, back])
    upper = [_into(insurance, one, each, whole) for each in over]
    losses = []
    for failure in failed:
        who = ids[failure.customer_code]
        above = tuple(_loss(failure, who, each, amounts) for each, amounts in zip(over, upper, strict=True))
        losses.append(replace(_loss(failure, who, one, whole), over=above))
    return losses


def _loss(failure: Failure, who: int, one: PolicyCover, whole: Minor) -> PastLoss:
    """The loss of a customer under a policy; ``whole``: by customer what it owed and what came in, in its currency."""
    parts = np.flatnonzero(one.customer[one.slices.row] == who)
    gross, back = whole[:, who].tolist()
    return PastLoss(failure, gross, back, one.slices.minor[parts], one.slices.rate[parts])


def _into(insurance: Insurance, one: PolicyCover, upper: PolicyCover, amounts: Minor) -> Minor:
    """Amounts of a policy in the currency of one over it, at the rate of the day of loss."""
    if upper.wording.currency == one.wording.currency:
        return amounts
    factor = account_factors(insurance.conversion, upper.wording, [one.wording.currency], one.asked.on)
    return apply_rate(amounts.ravel(), factor).reshape(amounts.shape)


def _of_customers(book: DebtBook, codes: Sequence[str]) -> DebtBook:
    everybody = book.ledger.customers
    groups = everybody.filter(pl.col("customer_code").is_in(list(codes)))["group_code"]  # they may share a limit
    who = everybody.filter(pl.col("group_code").is_in(groups.implode()))["customer_code"]
    return DebtBook(book.ledger.of_customers(who.to_list()))


def _recovered(book: DebtBook, one: PolicyCover, until: dt.date) -> Minor:
    """By customer what was paid up to a day on what it owed at the loss, in the policy's currency."""
    debit, owed_on = book.debit, number(one.asked.on)
    after = (book.kind[book.credit] != _WRITE_OFF) & (book.allocated > owed_on) & (book.allocated <= number(until))
    after &= book.is_debt[debit] & (book.issued[debit] <= owed_on)
    accounts = book.ledger.accounts.height
    paid = sum_by(book.account[debit[after]], book.allocated_minor[after], accounts)
    owed = sum_by(book.account[one.item], one.document_minor, accounts)
    paid = apply_rate(np.minimum(paid, owed), one.facts.factor)
    return sum_by(book.customer_of_account, paid, book.ledger.customers.height)


def placed(losses: Sequence[PastLoss], order: Ids) -> tuple[Ids, Minor, NDArray[np.float64]]:
    """The covered parts of losses in an order, perhaps some of them several times: whose, how much, at what rate."""
    parts = [losses[k] for k in order.tolist()]
    whose = np.repeat(np.arange(len(parts)), [len(one.minor) for one in parts])
    if not parts:
        return whose, whose, whose.astype(np.float64)
    return whose, np.concatenate([one.minor for one in parts]), np.concatenate([one.rate for one in parts])
