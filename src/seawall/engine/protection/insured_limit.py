"""Insured limits by vintage: which decision stands for a shipment, and how much of the debt is within it.

A decision holds for shipments from its day on; what was shipped before keeps the limit it was shipped under. Debt above
the limit moves into it as older debt is paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.insured_facts import ENDING, GRANTING, LIMIT_KINDS, WAITING
from seawall.engine.protection.durations import NEVER, Days
from seawall.engine.protection.insured_debt import Ids, Minor, cumulative
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording

_WIDE = 1 << 33
NO_LIMIT, WAITING_LIMIT, REFUSED, CANCELLED, EXPIRED, NOT_FOR_THIS = range(6)
"""Why no decision stands for an item. ``NOT_FOR_THIS``: one stands, but not for its term or its way of payment."""

_GRANTS = np.array([kind in GRANTING for kind in LIMIT_KINDS])
_REFUSED, _CANCELLED = LIMIT_KINDS.index("refused"), LIMIT_KINDS.index("cancelled")
DISCRETIONARY: Final = LIMIT_KINDS.index("discretionary")


@dataclass(frozen=True)
class Decisions:
    """Decisions on the limits of one policy that still say something, in the order of layer, customer and day.

    ``rank`` counts the layers of a customer from 0.
    """

    rows: pl.DataFrame
    rank: Ids
    customer: Ids
    kind: Ids
    since: Days
    until: Days
    minor: Minor
    """In the policy's currency."""

    rate: NDArray[np.float64]
    """The decision's own percentage; NaN: the policy's."""

    term_days: Days
    """The longest payment term it is for; ``NEVER``: any."""

    bank: NDArray[np.str_]
    """The bank whose letters of credit it is for, as :func:`bank_key` writes it; empty: of none."""

    own: int = 0
    """The first rank that is a limit on the customer itself."""

    shared: range = range(0)
    """Ranks of limits that a whole group shares: their decisions stand under its head."""

    @property
    def grants(self) -> NDArray[np.bool_]:
        """Whether each decision gives a limit."""
        return _GRANTS[self.kind]

    @property
    def layers(self) -> int:
        """How many ranks there are, those of a customer's own limits and of its group's."""
        return max(int(self.rank.max(initial=-1)), self.own) + 1


def decisions(
    limits: pl.DataFrame, customers: pl.DataFrame, wording: Wording, *, on: dt.date, minor: Minor
) -> Decisions:
    """The decisions of a policy known on a day, less those that a later decision took back before they began.

    ``limits`` are rows of ``insured_limits`` of this policy; ``minor`` their amounts in the policy's currency.
    """
    rows = limits.with_columns(minor=pl.Series(minor)).filter(pl.col("decided_on") <= on)
    rows = rows.join(customers.select("customer_code", "customer_id"), on="customer_code", how="inner")
    rows = rows.with_columns(
        since=_starts(rows, wording),
        natural=pl.col("layer").str.len_chars(),
        place=pl.col("kind").to_physical().cast(pl.Int64),
        of_bank=pl.col("bank").map_elements(bank_key, return_dtype=pl.String).fill_null(""),
    )
    rows = _for_each_bank(rows).sort("customer_id", "natural", "layer", "of_bank", "decided_on", "since", "place")
    asked = rows["kind"].is_in(list(WAITING))
    waiting, rows = rows.filter(asked), rows.filter(~asked)
    rows = rows.filter(pl.Series(_standing_ones(_layers(rows), rows["since"].to_numpy()), dtype=pl.Boolean))
    if waiting.height:
        rows = pl.concat([rows, waiting.join(rows, on=["customer_id", "layer", "of_bank"], how="anti")])
        rows = rows.sort("customer_id", "natural", "layer", "of_bank", maintain_order=True)
    rank, own, shared = _in_turn(rows, wording.get("group_limits", max(on, wording.first_on)))
    rows = rows.with_columns(rank=pl.Series(rank)).sort("rank", "customer_id", "since", maintain_order=True)
    return Decisions(
        rows=rows,
        rank=rows["rank"].cast(pl.Int64).to_numpy(),
        customer=rows["customer_id"].cast(pl.Int64).to_numpy(),
        kind=rows["place"].to_numpy(),
        since=rows["since"].to_numpy(),
        until=rows["expires_on"].to_physical().fill_null(NEVER).to_numpy(),
        minor=rows["minor"].to_numpy(),
        rate=rows["insured_rate"].fill_null(float("nan")).to_numpy(),
        term_days=rows["max_term_days"].fill_null(NEVER).to_numpy(),
        bank=rows["of_bank"].to_numpy().astype(str),
        own=own,
        shared=shared,
    )


def _in_turn(rows: pl.DataFrame, term: Mapping[str, Any] | None) -> tuple[Ids, int, range]:
    """The rank of each decision's layer, the first of customers' own, and those that groups share.

    All own limits go before all of groups, or after them: as the policy says.
    """
    customer = rows["customer_id"].to_numpy()
    is_shared = rows["layer"].is_in(list(term["layers"]) if term else []).to_numpy()
    rank = np.zeros(len(customer), dtype=np.int64)
    for places in (np.flatnonzero(is_shared), np.flatnonzero(~is_shared)):
        rank[places] = _ranks(_layers(rows[places]), customer[places])
    owns, shares = (
        max(int(rank[mask].max(initial=-1)) + 1, least) for mask, least in ((~is_shared, 1), (is_shared, 0))
    )
    if term and term["takes"] == "before_own":
        rank[~is_shared] += shares
        return rank, shares, range(shares)
    rank[is_shared] += owns
    return rank, 0, range(owns, owns + shares)


def bank_key(name: str) -> str:
    """A bank's name as it is compared: without regard to capitals and outer blanks."""
    return name.strip().casefold()


def _for_each_bank(rows: pl.DataFrame) -> pl.DataFrame:
    """With decisions that end a layer and name no bank said of each bank that has a limit in it, too."""
    ends = rows.filter((pl.col("of_bank") == "") & pl.col("kind").cast(pl.String).is_in(ENDING)).drop("of_bank")
    banks = rows.filter(pl.col("of_bank") != "").select("customer_id", "layer", "of_bank").unique()
    return pl.concat([rows, ends.join(banks, on=["customer_id", "layer"], how="inner").select(rows.columns)])


def _layers(rows: pl.DataFrame) -> Ids:
    """Number of the layer each decision is about, each bank's by itself; rows stand in the order of both."""
    changes = rows.select(
        pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in ("customer_id", "layer", "of_bank"))
    )
    return np.cumsum(changes.to_series().fill_null(value=True).to_numpy())


def _standing_ones(layer: Ids, since: Days) -> NDArray[np.bool_]:
    """Decisions that no later one of their layer took the place of; rows stand in the order they were taken in.

    A decision made later stands from its day on, also in place of earlier ones that were to begin after it.
    """
    key = layer * _WIDE + since
    earliest = np.minimum.accumulate(key[::-1])[::-1]
    kept = np.ones(len(key), dtype=bool)
    kept[:-1] = (key[:-1] < earliest[1:]) | (layer[:-1] != layer[1:])
    return kept


def _ranks(layer: Ids, customer: Ids) -> Ids:
    """The place of each decision's layer among those of its customer, from 0."""
    first = np.r_[True, customer[1:] != customer[:-1]] if len(customer) else np.zeros(0, dtype=bool)
    ranks: Ids = layer - np.maximum.accumulate(np.where(first, layer, 0))
    return ranks


def _starts(rows: pl.DataFrame, wording: Wording) -> pl.Series:
    """The first day of shipment each decision is for: its own, else its day and the policy's notice for its kind."""
    decided = rows["decided_on"].to_physical().to_numpy()
    start = decided.copy()
    for value, places in Versions(wording, decided).each("limit_notice"):
        for kind, notice in (value or {}).items():
            mine = places[(rows["kind"].gather(places) == kind).to_numpy()]
            if notice is not None and len(mine):
                start[mine] = notice.after_all(decided[mine])
    own = rows["effective_from"].to_physical()
    return own.fill_null(pl.Series(start, dtype=pl.Int32))


@dataclass(frozen=True)
class Standing:
    """By item, the decision of one layer that stands for it, and why none does."""

    decision: Ids
    """Row of the decisions; -1: none stands."""

    why: NDArray[np.int8]
    """Of those for which none stands, one of the numbers above."""

    latest: Ids
    """Row of the decision that had begun last, whether it stands or says why none does; -1: there is none."""


def standing(found: Decisions, rank: int, customer: Ids, shipped: Days, *, term: Days, method: pl.Series) -> Standing:
    """Which decision of the layer ``rank`` stands for items on the days they were shipped."""
    size = len(customer)
    why = np.full(size, NO_LIMIT, dtype=np.int8)
    first, last = np.searchsorted(found.rank, [rank, rank + 1])
    none = np.full(size, -1, dtype=np.int64)
    if first == last:
        return Standing(none, why, none)
    mine = slice(first, last)
    keys = found.customer[mine] * _WIDE + found.since[mine]
    at = np.searchsorted(keys, customer * _WIDE + shipped, side="right") - 1
    row = np.where(at >= 0, at + first, -1)
    row[(row >= 0) & (found.customer[np.maximum(row, 0)] != customer)] = -1
    there = np.flatnonzero(row >= 0)
    rows, kind = row[there], found.kind[row[there]]
    reason = np.full(len(there), -1, dtype=np.int8)
    reason[np.isin(kind, [LIMIT_KINDS.index(name) for name in WAITING])] = WAITING_LIMIT
    reason[(kind == _REFUSED)] = REFUSED
    reason[(kind == _CANCELLED)] = CANCELLED
    expired = (found.until[rows] < shipped[there]) | (kind == LIMIT_KINDS.index("expired"))
    reason[expired & ((reason == -1) | (reason == WAITING_LIMIT))] = EXPIRED
    named = found.rows["payment_method"].gather(rows)
    other = (named.is_not_null() & (named != method.gather(there)).fill_null(value=True)).to_numpy()
    reason[((found.term_days[rows] < term[there]) | other) & (reason == -1)] = NOT_FOR_THIS
    why[there] = np.where(reason == -1, NO_LIMIT, reason)
    none[there[reason == -1]] = rows[reason == -1]
    return Standing(none, why, row)


def within(amount: Minor, limit: Minor, run: Ids, customer: Ids) -> Minor:
    """Of each item what is within the limit it was shipped under; rows in the order of customer and shipment.

    ``run`` numbers the stretches of one decision. Used is what older items have taken: a new item has the rest of its
    own limit, and where that was cut below what older items use, nothing until they are paid.
    """
    if not len(amount):
        return amount
    starts = np.flatnonzero(np.r_[True, (run[1:] != run[:-1]) | (customer[1:] != customer[:-1])])
    sizes = np.diff(np.r_[starts, len(amount)])
    stretch = np.repeat(np.arange(len(starts)), sizes)
    upto = cumulative(amount, stretch)
    total, whose, most = upto[starts + sizes - 1], customer[starts], limit[starts]
    first = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
    step = np.arange(len(starts)) - np.repeat(first, np.diff(np.r_[first, len(starts)]))
    by_step = np.argsort(step, kind="stable")
    edges = np.searchsorted(step[by_step], np.arange(step.max() + 2))
    used = np.zeros(len(starts), dtype=np.int64)
    for k in range(len(edges) - 2):  # the next stretch of each customer begins with what this one ends with
        now = by_step[edges[k] : edges[k + 1]]
        ends = np.maximum(used[now], np.minimum(used[now] + total[now], most[now]))
        goes_on = np.flatnonzero(now + 1 < len(starts))
        goes_on = goes_on[whose[np.minimum(now[goes_on] + 1, len(starts) - 1)] == whose[now[goes_on]]]
        used[now[goes_on] + 1] = ends[goes_on]
    reached = np.maximum(used[stretch], np.minimum(used[stretch] + upto, limit))
    before = np.r_[0, reached[:-1]]
    before[starts] = used
    taken: Minor = reached - before
    return taken
