"""Which customers failed in the years of a ledger, what they owed then, and what was paid afterwards.

A customer fails on the day of its insolvency, or on the day the waiting period of an item ends unpaid, whichever comes
first; once. What is paid later is a recovery.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_rate, sum_by
from seawall.engine.ledger.items import KINDS
from seawall.engine.protection import duties
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover, cover
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
    rows = rows.filter(pl.col("customer_code").is_not_null()).select("customer_code", "on")
    return [Failure(code, on, "insolvency") for code, on in rows.iter_rows()]


def _defaulted(book: DebtBook, wording: Wording, least_share: float, last: dt.date) -> list[Failure]:
    """By customer the first day on which the waiting period of an unpaid item ended."""
    item = np.flatnonzero(book.is_debt)
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
    codes = book.parts.customers["customer_code"]
    return [Failure(codes[int(who)], day_of(day), DEFAULT) for who, day in rows.iter_rows()]


def _paid_by(book: DebtBook, day: NDArray[np.int32]) -> Minor:
    """By item what was settled up to a day of its own, other than by writing it off."""
    counts = (book.kind[book.credit] != _WRITE_OFF) & (book.allocated <= day[book.debit])
    return sum_by(book.debit[counts], book.allocated_minor[counts], len(book.kind))


def past_loss(insurance: Insurance, wording: Wording, failure: Failure, *, until: dt.date) -> PastLoss:
    """What a failure would have come to under a policy, every duty taken as done in time.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    alone = replace(insurance, book=_of_customer(insurance.book, failure.customer_code), wordings=(wording,))
    covers, _ = cover(alone, Asked(failure.on, cause=failure.cause, waived=True))
    if not covers:
        none = np.zeros(0, dtype=np.int64)
        return PastLoss(failure, 0, 0, none, none.astype(np.float64))
    one = covers[0]
    return PastLoss(
        failure, int(one.open_minor.sum()), _recovered(alone.book, one, until), one.slices.minor, one.slices.rate
    )


def _of_customer(book: DebtBook, code: str) -> DebtBook:
    ledger = book.ledger
    who = ledger.customers.filter(pl.col("customer_code") == code)["customer_id"]
    return DebtBook(ledger.only(ledger.accounts["customer_id"].is_in(who.implode())))


def _recovered(book: DebtBook, one: PolicyCover, until: dt.date) -> int:
    """What was paid up to a day of the items that were open at the loss, in the policy's currency."""
    after = (book.kind[book.credit] != _WRITE_OFF) & (book.allocated > number(one.asked.on))
    after &= book.allocated <= number(until)
    paid = sum_by(book.debit[after], book.allocated_minor[after], len(book.kind))[one.item]
    paid = np.clip(paid, 0, one.document_minor)
    return int(apply_rate(paid, one.facts.factor[book.account[one.item]]).sum())


def codes_of(losses: list[PastLoss]) -> list[str]:
    """The customers of losses, in their order."""
    return [one.failure.customer_code for one in losses]


def placed(losses: list[PastLoss], order: Ids) -> tuple[Ids, Minor, NDArray[np.float64]]:
    """The covered parts of losses in an order, perhaps some of them several times: whose, how much, at what rate."""
    parts = [losses[k] for k in order.tolist()]
    whose = np.repeat(np.arange(len(parts)), [len(one.minor) for one in parts])
    if not parts:
        return whose, whose, whose.astype(np.float64)
    return whose, np.concatenate([one.minor for one in parts]), np.concatenate([one.rate for one in parts])
