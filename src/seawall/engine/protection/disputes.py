"""Disputed amounts as a policy sees them: what of an item is disputed, and when a dispute is small enough to pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_contract_rate, apply_rate, sum_by
from seawall.engine.protection.cover_facts import PolicyFacts
from seawall.engine.protection.durations import NEVER, Days, number
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor, cumulative
from seawall.engine.protection.insured_limit import Decisions
from seawall.engine.protection.versions import Versions


def disputed_minor(
    book: DebtBook, item: Ids, open_minor: Minor, on: dt.date, won: Collection[int] = frozenset()
) -> Minor:
    """What is disputed of open items on a day, at most what is open; of instalments the oldest open ones first.

    ``won``: items of the ledger whose disputes are over.
    """
    ledger = book.ledger
    ended = pl.col("closed_on") <= on
    rows = ledger.disputes.filter(pl.col("opened_on") <= on, ~ended.fill_null(value=False))
    undated = ledger.items["disputed_minor"].to_numpy()
    whole = book.whole[item]
    if not rows.height and not undated.any():
        return np.zeros(len(item), dtype=np.int64)
    total = undated[whole] + _sums(rows, ledger.items.height)[whole]
    if won:
        total = np.where(np.isin(whole, sorted(won)), 0, total)
    before = cumulative(open_minor, whole) - open_minor
    return np.clip(total - before, 0, open_minor)


def _sums(rows: pl.DataFrame, size: int) -> Minor:
    return sum_by(rows["item_id"].to_numpy(), rows["amount_minor"].to_numpy(), size)


def tolerated(
    facts: PolicyFacts, versions: Versions, customer: Ids, open_minor: Minor, disputed: Minor, *, on: dt.date
) -> NDArray[np.bool_]:
    """Items wholly in dispute while what is disputed of their customer is less than the policy's share of its limit."""
    wholly = (disputed > 0) & (disputed >= open_minor)
    if not wholly.any() or not versions.has("dispute_tolerance_rate"):
        return np.zeros(len(customer), dtype=bool)
    size = int(customer.max(initial=-1)) + 1
    total = sum_by(customer, disputed, size)
    limit = limits_on(facts.decisions, size, number(on))
    passes = versions.mark(
        "dispute_tolerance_rate",
        lambda rate, places: total[customer[places]] < apply_contract_rate(limit[customer[places]], rate),
    )
    return wholly & passes


def limits_on(found: Decisions, size: int, day: int) -> Minor:
    """By customer, the limits in force for a shipment on a day."""
    standing = np.flatnonzero((found.since <= day) & (found.customer < size))
    last = pl.DataFrame({"rank": found.rank[standing], "customer": found.customer[standing], "at": standing})
    at = last.group_by("rank", "customer").agg(pl.max("at"))["at"].to_numpy()
    at = at[(found.until[at] >= day) & found.grants[at]]
    return sum_by(found.customer[at], found.minor[at], size)


def tolerated_spans(  # noqa: PLR0917 - columns of late items, in their order
    book: DebtBook, facts: PolicyFacts, item: Ids, since: Days, until: Days, minor: Minor, rates: NDArray[np.float64],
    on: dt.date,
) -> list[tuple[Days, Days]]:  # fmt: skip
    """Of each late item, the times within its own during which its dispute was too small to matter, as pairs of days.

    ``minor``: what was unpaid of it; ``rates``: the policy's tolerance for it, 0 where it has none.
    """
    disputes = book.ledger.disputes
    whole = book.whole[item]
    undated = book.ledger.items["disputed_minor"].to_numpy()[whole] > 0
    relevant = (np.isin(whole, disputes["item_id"].to_numpy()) | undated) & (rates > 0)
    nothing = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
    return [
        _quiet(book, facts, int(item[k]), (int(since[k]), int(min(until[k], number(on) + 1))), int(minor[k]), rates[k])
        if relevant[k] else nothing
        for k in range(len(item))
    ]  # fmt: skip


def _quiet(  # noqa: PLR0917 - one row of the above
    book: DebtBook, facts: PolicyFacts, item: int, within: tuple[int, int], minor: int, rate: float
) -> tuple[Days, Days]:
    """The stretches of ``within`` on which an item is wholly disputed and little of its customer's debt is."""
    customer = int(book.customer_of_account[book.account[item]])
    known = _disputes_of(book, facts, customer)
    about = known.item == book.whole[item]
    found = facts.decisions
    edges = np.unique(np.clip(np.concatenate([known.opened, known.closed, found.since, found.until + 1, within]),
                              *within))  # fmt: skip
    begins, ends = [], []
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        live = (known.opened <= first) & (known.closed > first)
        limit = int(limits_on(found, customer + 1, first)[customer])
        whole = int(known.minor[live & about].sum()) >= minor
        if whole and int(known.in_policy[live].sum()) < int(apply_contract_rate(np.array([limit]), rate)[0]):
            begins.append(first)
            ends.append(last)
    return np.array(begins, dtype=np.int32), np.array(ends, dtype=np.int32)


@dataclass(frozen=True)
class _Disputes:
    """Disputes of one customer: those with days, and those that an item carries with none, open as long as it is."""

    item: Ids
    opened: Days
    closed: Days
    """The day it was closed, or won; ``NEVER``: neither."""

    minor: Minor
    in_policy: Minor
    """In the policy's currency."""


def _disputes_of(book: DebtBook, facts: PolicyFacts, customer: int) -> _Disputes:
    items = book.ledger.items
    owner = book.customer_of_account[items["account_id"].to_numpy()]
    dated = book.ledger.disputes.filter(pl.Series(owner[book.ledger.disputes["item_id"].to_numpy()] == customer))
    undated = np.flatnonzero((owner == customer) & (items["disputed_minor"].to_numpy() > 0))
    item = np.concatenate([dated["item_id"].to_numpy().astype(np.int64), undated])
    opened = np.concatenate([dated["opened_on"].to_physical().to_numpy(), np.zeros(len(undated), dtype=np.int32)])
    closed = np.concatenate(
        [dated["closed_on"].to_physical().fill_null(NEVER).to_numpy(), np.full(len(undated), NEVER)]
    )
    won = np.array([facts.won_on.get(one, NEVER) for one in item.tolist()], dtype=np.int64)
    minor = np.concatenate([dated["amount_minor"].to_numpy(), items["disputed_minor"].to_numpy()[undated]])
    in_policy = apply_rate(minor, facts.factor[items["account_id"].to_numpy()[item]])
    return _Disputes(item, opened, np.minimum(closed, won), minor, in_policy)
