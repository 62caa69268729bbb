"""Duties under a policy, item by item: by when each must be done, whether it was, and what follows if it was not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.protection.clauses import NUMBER
from seawall.engine.protection.cover_facts import PolicyFacts
from seawall.engine.protection.durations import NEVER, Days, day_of, number
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Consequence

OPEN, DONE, MISSED = range(3)
STATES: Final = ("open", "done", "missed")
EVENTS: Final = {"overdue_notice": "overdue_notified", "hand_over": "hand_over", "declaration": "declaration",
                 "claim_filing": "claim_filed"}  # fmt: skip
"""Duty to the event that says it was done."""

_WIDE = 1 << 33


@dataclass(frozen=True)
class Clocks:
    """By item, the days that periods of a policy run from."""

    shipment: Days
    issue: Days
    due: Days
    mep_end: Days
    loss: Days

    def start(self, name: str) -> Days:
        """The days of one clock."""
        if name == "month_end":
            ends = pl.Series(self.shipment, dtype=pl.Int32).cast(pl.Date).dt.month_end()
            return ends.to_physical().to_numpy()
        days: Days = getattr(self, name)
        return days


@dataclass(frozen=True)
class Duty:
    """One duty over items: the last day to do it (``NEVER``: there is none), the day it was done, and how it stands."""

    by: Days
    done: Days
    state: NDArray[np.int8]
    late: Days
    """By item, how many days after its last day it was done, or so far is not; 0 where it was not missed."""

    @property
    def missed(self) -> NDArray[np.bool_]:
        """Items it was not done for in time."""
        missed: NDArray[np.bool_] = self.state == MISSED
        return missed


@dataclass(frozen=True)
class Happened:
    """When something happened, by item and by customer."""

    item: Ids
    item_day: Days
    customer: Ids
    customer_day: Days
    """In the order of customer and day: what was about the customer as a whole."""

    def first(self, item: Ids, customer: Ids, since: Days) -> Days:
        """By item the day it first happened: to the item itself, or to its customer on a day from ``since`` on."""
        day = np.full(len(item), NEVER, dtype=np.int32)
        if len(self.customer):
            at = np.searchsorted(self.customer * _WIDE + self.customer_day, customer * _WIDE + since, side="left")
            there = np.minimum(at, len(self.customer) - 1)
            found = (at < len(self.customer)) & (self.customer[there] == customer)
            day[found] = self.customer_day[there[found]]
        if len(self.item):
            at = np.minimum(np.searchsorted(self.item, item), len(self.item) - 1)
            found = self.item[at] == item
            day[found] = np.minimum(day[found], self.item_day[at[found]])
        return day


def happened(events: pl.DataFrame, name: str) -> Happened:
    """The events of one name; ``events`` carry ``item_id`` (empty: the whole customer), ``customer_id`` and ``on``."""
    rows = events.filter(pl.col("event") == name)
    of_items = rows.filter(pl.col("item_id").is_not_null()).group_by("item_id").agg(pl.min("on")).sort("item_id")
    whole = rows.filter(pl.col("item_id").is_null(), pl.col("customer_id").is_not_null()).sort("customer_id", "on")
    return Happened(
        of_items["item_id"].cast(pl.Int64).to_numpy(), of_items["on"].to_physical().to_numpy(),
        whole["customer_id"].cast(pl.Int64).to_numpy(), whole["on"].to_physical().to_numpy(),
    )  # fmt: skip


def duty(
    term: str, versions: Versions, start: Days, done: Days, *, on: dt.date, exempt: NDArray[np.bool_] | None = None
) -> Duty:
    """How a duty stands for items still unpaid on the day; ``exempt``: those it is not asked for."""
    by = versions.days_after(term, start, lambda value: value["within"])
    if exempt is not None:
        by = np.where(exempt, NEVER, by)
    state = np.full(len(by), OPEN, dtype=np.int8)
    state[(done <= by) & (done != NEVER)] = DONE
    state[(by < number(on)) & (done > by)] = MISSED
    late = np.where(state == MISSED, np.minimum(done, number(on)) - by, 0)
    return Duty(by, done, state, late.astype(np.int32))


def start_of(
    term: str, versions: Versions, clocks: Clocks, notice: Days | None = None, waited: Days | None = None
) -> Days:
    """By item, the day from which a term's period runs.

    ``notice``: the day of the overdue notice, done or due; ``waited``: the end of the waiting period.
    """
    known = {"overdue_notice": notice, "waiting_period_end": waited}
    start = np.full(len(versions.shipped), NEVER, dtype=np.int32)
    for value, places in versions.each(term):
        if value is None:
            continue
        named = value["from"]
        days = known[named] if named in known else clocks.start(named)
        start[places] = NEVER if days is None else days[places]
    return start


def small(term: str, versions: Versions, minor: Minor) -> NDArray[np.bool_]:
    """Items too small for a duty, by the amount that the term excuses."""
    return versions.mark(term, lambda value, places: (
        minor[places] < value["small_amount"] if value.get("small_amount") is not None else False
    ))  # fmt: skip


def declared(versions: Versions, item: Ids, customer: Ids, events: pl.DataFrame) -> Days:
    """By item the day its sale was declared: by itself, or with the month it was shipped in.

    A declaration that names no item is for the month its ``detail`` names (2026-05), else for the month before it.
    """
    rows = events.filter(pl.col("event") == "declaration")
    by_item = happened(rows.filter(pl.col("item_id").is_not_null()), "declaration")
    day = by_item.first(item, customer, np.zeros(len(item), dtype=np.int32))
    months = rows.filter(pl.col("item_id").is_null())
    if months.is_empty():
        return day
    named = months["detail"].fill_null("").str.extract(r"(\d{4}-\d{2})", 1)
    before = months["on"].dt.offset_by("-1mo").dt.strftime("%Y-%m")
    months = months.with_columns(month=pl.select(pl.coalesce(named, before)).to_series())
    shipped = pl.Series(versions.shipped, dtype=pl.Int32).cast(pl.Date).dt.strftime("%Y-%m")
    items = pl.DataFrame({"month": shipped, "customer_id": pl.Series(customer, dtype=pl.Int32)})
    for keys in (["month"], ["month", "customer_id"]):
        general = months.filter(pl.col("customer_id").is_null() == (len(keys) == 1))
        first = general.group_by(keys).agg(pl.min("on"))
        found = items.join(first, on=keys, how="left", maintain_order="left")["on"].to_physical().fill_null(NEVER)
        day = np.minimum(day, found.to_numpy())
    return day


LOST: Final = {"declaration": "not_declared", "overdue_notice": "overdue_not_notified", "hand_over": "not_handed_over",
               "claim_filing": "claim_not_filed"}  # fmt: skip
"""Duty to the reason why something is not covered once it was missed."""


def all_duties(  # noqa: PLR0917 - columns of items, in their order
    facts: PolicyFacts, versions: Versions, clocks: Clocks, item: Ids, customer: Ids, minor: Minor,
    excused: NDArray[np.bool_], *, on: dt.date, waived: bool = False, cause: str | None = None,
) -> dict[str, Duty]:  # fmt: skip
    """Every duty of the policy over its open items; ``excused``: items in disputes small enough to need no notice."""
    found: dict[str, Duty] = {}
    after_due = clocks.due + 1
    for term in ("declaration", "overdue_notice", "hand_over", "claim_filing"):
        if not versions.has(term):
            continue
        if term == "declaration":
            done = declared(versions, item, customer, facts.events)
        else:
            done = happened(facts.events, EVENTS[term]).first(item, customer, after_due)
        if term == "claim_filing":
            done = np.minimum(done, _claimed(facts, customer, clocks.shipment))
        start = begun(term, versions, clocks, found, cause)
        exempt = small(term, versions, minor) | (excused if term != "declaration" else False)
        each = duty(term, versions, start, done, on=on, exempt=exempt)
        found[term] = replace(each, state=np.zeros_like(each.state)) if waived else each
    return found


def begun(term: str, versions: Versions, clocks: Clocks, found: Mapping[str, Duty], cause: str | None = None) -> Days:
    """By item, the day from which a duty's period runs; ``found``: the duties looked at before it."""
    notice = notified(found)
    return start_of(term, versions, clocks, notice, waiting_end(versions, clocks, notice, cause))


def notified(found: Mapping[str, Duty]) -> Days | None:
    """By item the day of the overdue notice: when it was given in time, else the last day for it."""
    notice = found.get("overdue_notice")
    return None if notice is None else np.minimum(notice.done, notice.by)


def waiting_end(versions: Versions, clocks: Clocks, notice: Days | None, cause: str | None = None) -> Days:
    """By item the end of the waiting period of a cause; ``NEVER`` where the policy has none for it.

    Without a cause that of protracted default, else the first to end of the others.
    """
    ends = np.full(len(versions.shipped), NEVER, dtype=np.int32)
    for value, places in versions.each("waiting_period"):
        if value is None:
            continue
        chosen = [cause] if cause else ["protracted_default"] if value["protracted_default"] else list(value)
        for name in chosen:
            rule = value[name]
            if rule is None:
                continue
            days = notice if rule["from"] == "overdue_notice" else clocks.start(rule["from"])
            begun = np.full(len(places), NEVER, dtype=np.int32) if days is None else days[places]
            ends[places] = np.minimum(ends[places], rule["length"].after_all(begun))
    return ends


def _claimed(facts: PolicyFacts, customer: Ids, shipped: Days) -> Days:
    """By item the day of the first claim on its customer since it was shipped."""
    claims = facts.claims.sort("customer_id", "date_of_loss")
    nothing = np.zeros(0, dtype=np.int64)
    told = Happened(nothing, nothing.astype(np.int32), claims["customer_id"].cast(pl.Int64).to_numpy(),
                    claims["date_of_loss"].to_physical().to_numpy())  # fmt: skip
    return told.first(nothing if not len(customer) else np.full(len(customer), -1), customer, shipped)


def lost(
    found: Mapping[str, Duty], versions: Versions, customer: Ids, shipped: Days
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Reasons with the items that have lost their cover because a duty was missed."""
    bars = []
    for term, each in found.items():
        gone = np.zeros(len(each.by), dtype=bool)
        for follows, places in following(term, each, versions):
            gone[places] = follows.kind == "lost"
        if gone.any():
            bars.append((LOST[term], _widened(term, gone, versions, customer, shipped)))
    return bars


def following(term: str, each: Duty, versions: Versions) -> Iterator[tuple[Consequence, Ids]]:
    """What follows for items whose duty was missed, with their places: by how late it was done, or is so far."""
    for value, places in versions.each(term):
        if value is None:
            continue
        left = places[each.missed[places]]
        for days, follows in value["missed"].by_days():
            reached = each.late[left] <= days if days is not None else np.ones(len(left), dtype=bool)
            yield follows, left[reached]
            left = left[~reached]


def _has_scope(name: str) -> Callable[[Any, Ids], bool]:
    return lambda value, _: value.get("scope") == name


def _widened(term: str, gone: NDArray[np.bool_], versions: Versions, customer: Ids, shipped: Days) -> NDArray[np.bool_]:
    """With the items for which more than themselves is lost: later shipments, or all of the customer's."""
    scope = {name: versions.mark(term, _has_scope(name))
             for name in ("later_items", "customer")}  # fmt: skip
    whole = gone.copy()
    size = int(customer.max(initial=-1)) + 1
    first = np.full(size, NEVER, dtype=np.int32)
    np.minimum.at(first, customer[gone & scope["later_items"]], shipped[gone & scope["later_items"]])
    whole |= shipped > first[customer]
    every = np.zeros(size, dtype=bool)
    every[customer[gone & scope["customer"]]] = True
    return whole | every[customer]


def lowered(found: Mapping[str, Duty], versions: Versions, rate: NDArray[np.float64], row: Ids) -> tuple[
    NDArray[np.float64], NDArray[np.int8]
]:  # fmt: skip
    """Percentages of parts of items (``row``) after missed duties, and by item the reason where one lowers them."""
    by_item = np.zeros(len(versions.shipped), dtype=np.int8)
    for term, each in found.items():
        most, times = np.ones(len(by_item)), np.ones(len(by_item))
        for follows, missed in following(term, each, versions):
            if follows.kind not in ("rate", "factor"):
                continue
            (most if follows.kind == "rate" else times)[missed] = follows.rate
            by_item[missed] = np.where(by_item[missed] == 0, NUMBER[LOST[term]], by_item[missed])
        rate = np.round(np.minimum(rate, most[row]) * times[row], 9)
    return rate, by_item


def as_date(day: Any) -> dt.date | None:
    """A day number as a date; None for a day that does not come."""
    return None if day in (NEVER, -1) else day_of(int(day))
