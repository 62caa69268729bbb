"""Which items were shipped while cover for new shipments stood still, and what stopped it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.protection.cover_facts import PolicyFacts
from seawall.engine.protection.disputes import tolerated_spans
from seawall.engine.protection.durations import NEVER, Days
from seawall.engine.protection.insured_debt import DebtBook, Ids
from seawall.engine.protection.stop_of_cover import Late, Shipped, Spans, agreed_late, late_items
from seawall.engine.protection.versions import Versions

EVENTS: Final = {"insolvency": "insolvency", "claim_filed": "claim_filed", "adverse_information": "adverse_information"}
"""Stop to the event that begins it."""

CODES: Final = {"mep_end": "stopped_by_overdue", "insolvency": "stopped_by_insolvency",
                "claim_filed": "stopped_by_claim", "adverse_information": "stopped_by_adverse_information"}  # fmt: skip


@dataclass(frozen=True)
class Stops:
    """By item and stop: whether it held on the day of shipment, since when, and by which item."""

    held: Mapping[str, NDArray[np.bool_]]
    since: Days
    """The day after which the first of them held; ``NEVER``: none."""

    by_item: Ids
    """The item that set it; -1: an event."""

    spans: Spans
    """Every stop by an overdue item."""

    @classmethod
    def nothing(cls, size: int) -> Stops:
        """Stops of items that none holds of."""
        empty, days = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        return cls({}, np.full(size, NEVER, dtype=np.int32), np.full(size, -1), Spans(empty, days, days, empty))

    def bars(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Codes of reasons, with the items they hold of."""
        for name, held in self.held.items():
            yield CODES[name], held


def stops(
    book: DebtBook, facts: PolicyFacts, versions: Versions, customer: Ids, rule: Mapping[str, Any], *, on: dt.date
) -> Stops:
    """The stops of cover that items of ``customer`` were shipped under."""
    found = Stops.nothing(len(customer))
    if not versions.has("stop_of_cover"):
        return found
    late = _overdue(book, facts, versions, Shipped(customer, versions.shipped), rule, on)
    by_name = {"mep_end": late, **{name: _events(facts, event) for name, event in EVENTS.items()}}
    held, since, by_item = {}, found.since, found.by_item
    for name, spans in by_name.items():
        span = spans.holding(customer, versions.shipped)
        applies = (span >= 0) & versions.mark("stop_of_cover", _named_among(name))
        if not applies.any():
            continue
        held[name] = applies
        begun = np.where(applies, spans.since[np.maximum(span, 0)], NEVER)
        by_item = np.where(begun < since, spans.item[np.maximum(span, 0)], by_item)
        since = np.minimum(since, begun)
    return Stops(held, since, by_item, late)


def _named_among(name: str) -> Callable[[Any, Ids], bool]:
    return lambda value, _: name in value["events"]


def _events(facts: PolicyFacts, name: str) -> Spans:
    rows = facts.customer_events(name)
    if name == "claim_filed":
        claims = facts.claims.select("customer_id", on="date_of_loss")
        rows = pl.concat([rows, claims]).group_by("customer_id").agg(pl.min("on")).sort("customer_id")
    size = rows.height
    return Spans.of(
        rows["customer_id"].cast(pl.Int64).to_numpy(), rows["on"].to_physical().to_numpy(),
        np.full(size, NEVER, dtype=np.int32), np.full(size, -1, dtype=np.int64),
    )  # fmt: skip


def _overdue(  # noqa: PLR0917 - what the caller was asked
    book: DebtBook, facts: PolicyFacts, versions: Versions, shipped: Shipped, rule: Mapping[str, Any], on: dt.date
) -> Spans:
    """Times during which an item of a customer was unpaid beyond its extension, less what the policy overlooks."""
    wording = versions.wording
    late = late_items(book, on, wording, rule, shipped, agreed=facts.agreed)
    if _lifts_by_agreement(versions):
        late = replace(late, until=_agreed_anew(facts, late))
    for gap in agreed_late(book, wording, facts.agreements):
        ends = facts.agreed | {item: end for item, (end, _) in gap.items()}
        early = late_items(book, on, wording, rule, shipped, agreed=ends)
        late = late.and_(_until_agreed(early, gap))
    late = _not_small(book, late, wording, facts)
    own = Versions(wording, book.shipped(late.item))
    rates = np.zeros(len(late.item))
    for value, places in own.each("dispute_tolerance_rate"):
        rates[places] = value or 0.0
    quiet = tolerated_spans(book, facts, late.item, late.since, late.until, late.minor, rates, on)
    return _without(late, quiet)


def _until_agreed(late: Late, gap: Mapping[int, tuple[int, int]]) -> Late:
    """Of late items those in ``gap``, late until the day on which the insurer agreed to their extension."""
    late = late.only(np.isin(late.item, list(gap)))
    resumed = np.array([gap[item][1] for item in late.item.tolist()], dtype=np.int32)
    return replace(late, until=np.minimum(late.until, resumed))


def _without(late: Late, quiet: list[tuple[Days, Days]]) -> Spans:
    """The spans of late items, cut where their disputes are overlooked."""
    rows: list[tuple[int, int, int, int]] = []
    plain = np.array([not len(first) for first, _ in quiet], dtype=bool)
    for k in np.flatnonzero(~plain).tolist():
        since = int(late.since[k])
        for first, last in zip(*(days.tolist() for days in quiet[k]), strict=True):
            if first > since:
                rows.append((int(late.customer[k]), since, first, int(late.item[k])))
            since = max(since, last - 1)
        if since < int(late.until[k]) - 1:
            rows.append((int(late.customer[k]), since, int(late.until[k]), int(late.item[k])))
    kept = late.only(plain)
    extra = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Spans.of(
        np.concatenate([kept.customer, extra[:, 0]]), np.concatenate([kept.since, extra[:, 1].astype(np.int32)]),
        np.concatenate([kept.until, extra[:, 2].astype(np.int32)]), np.concatenate([kept.item, extra[:, 3]]),
    )  # fmt: skip


def _not_small(book: DebtBook, late: Late, wording: Any, facts: PolicyFacts) -> Late:
    own = Versions(wording, book.shipped(late.item))
    small = own.mark("stop_of_cover", lambda value, places: (
        facts.in_policy(book, late.item[places], late.minor[places]) < value["small_amount"]
        if value["small_amount"] is not None else False
    ))  # fmt: skip
    return late.only(~small)


def _lifts_by_agreement(versions: Versions) -> bool:
    return any(value is not None and value["lifts"] == "agreed" for value, _ in versions.each("stop_of_cover"))


def _agreed_anew(facts: PolicyFacts, late: Late) -> Days:
    """The day the insurer decided on a limit again after each stop began: cover stands still until then."""
    found = facts.decisions
    decided = found.rows["decided_on"].to_physical().to_numpy()
    order = np.lexsort((decided, found.customer))
    order = order[found.grants[order]]
    wide = 1 << 33
    keys = found.customer[order] * wide + decided[order]
    at = np.searchsorted(keys, late.customer * wide + late.since, side="right")
    there = np.minimum(at, max(len(order) - 1, 0))
    until = np.full(len(late.item), NEVER, dtype=np.int32)
    if len(order):
        again = (at < len(order)) & (found.customer[order[there]] == late.customer)
        until[again] = found.since[order[there[again]]]
    return until
