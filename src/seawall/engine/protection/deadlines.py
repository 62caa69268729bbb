"""The calendar of a policy: every day on which something ends or must be done, and the item that sets it.

Derived from facts each time it is asked for. What was missed stays on it, with what it costs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_contract_rate
from seawall.engine.protection import duties, evidence
from seawall.engine.protection.clauses import NUMBER
from seawall.engine.protection.cover import Insurance, PolicyCover, cover
from seawall.engine.protection.cover_stops import EVENTS
from seawall.engine.protection.durations import NEVER, Days, number
from seawall.engine.protection.insured_debt import Ids
from seawall.engine.protection.insured_limit import REFUSED, WAITING_LIMIT, standing
from seawall.engine.protection.versions import Versions

KINDS: Final = ("mep_end", "stop_of_cover", "overdue_notice", "hand_over", "waiting_period_end", "claim_filing",
                "declaration", "limit_expiry", "evidence_expiry")  # fmt: skip
MET_BY: Final = {**duties.EVENTS, "mep_end": "extension_agreed", "evidence_expiry": "credit_report"}
"""Kind of deadline to the event that meets it, or puts it off."""

CONSEQUENCES: Final = ("extension_ends", "cover_stops", "cover_lost", "percentage_lowered", "nothing", "loss_counts",
                       "limit_ends", "limit_to_be_asked_again", "no_discretionary_limit")  # fmt: skip
"""What follows once the day has passed."""

DEADLINES: Final = {
    "kind": pl.String, "on": pl.Int32, "customer_id": pl.Int64, "item_id": pl.Int64, "consequence": pl.String,
    "clause": pl.String, "state": pl.String, "done_on": pl.Int32, "at_stake_minor": pl.Int64,
}  # fmt: skip
KEPT: Final = np.array([0, *(NUMBER[code] for code in duties.LOST.values())])
"""Reasons under which an item still has duties: none, or that one of them was missed."""


def deadlines(one: PolicyCover, waived: PolicyCover | None = None) -> pl.DataFrame:
    """The calendar of one policy, in rows of :data:`DEADLINES`, the earliest first.

    ``waived``: the same cover as if no duty had been missed; what a missed one costs is the difference.
    """
    rows = np.flatnonzero(np.isin(one.bar, KEPT))
    told = [term for term in ("overdue_notice", "hand_over", "claim_filing", "declaration") if term in one.duties]
    parts = [_mep_ends(one, rows), _stops(one), *(_duty(one, term, rows, waived or one) for term in told),
             _waiting(one, rows), _limits(one), _evidence(one)]  # fmt: skip
    return pl.concat(parts).filter(pl.col("on") != NEVER).sort("on", "kind", "customer_id", "item_id")


def as_if_done(insurance: Insurance, one: PolicyCover) -> PolicyCover:
    """The same cover as if every duty had been done in time."""
    found, _ = cover(insurance, replace(one.asked, waived=True))
    return next(each for each in found if each.wording is one.wording)


def _rows(
    one: PolicyCover, kind: str, rows: Ids, on: Days, *, consequence: Any, clause: str, state: Any,
    done: Days | None = None, at_stake: Any = None,
) -> pl.DataFrame:  # fmt: skip
    size = len(rows)
    columns = {
        "kind": [kind] * size, "on": on, "customer_id": one.customer[rows],
        "item_id": one.book.whole[one.item[rows]], "consequence": _many(consequence, size), "clause": [clause] * size,
        "state": _many(state, size), "done_on": np.full(size, NEVER) if done is None else done,
        "at_stake_minor": np.zeros(size, dtype=np.int64) if at_stake is None else at_stake,
    }  # fmt: skip
    frame = pl.DataFrame(columns, schema=DEADLINES)
    return frame.with_columns(pl.when(pl.col("done_on") != NEVER).then("done_on").alias("done_on"))


def _many(value: Any, size: int) -> list[str]:
    return [value] * size if isinstance(value, str) else list(value)


def _passed(on: Days, today: int, late: str = "missed") -> list[str]:
    return [late if gone else "open" for gone in (on < today).tolist()]


def _mep_ends(one: PolicyCover, rows: Ids) -> pl.DataFrame:
    ends, today = one.clocks.mep_end[rows], number(one.asked.known_on)
    stops = one.versions.mark("stop_of_cover", lambda value, _: "mep_end" in value["events"])[rows]
    return _rows(one, "mep_end", rows, ends, clause="mep", state=_passed(ends, today),
                 consequence=np.where(stops, "cover_stops", "extension_ends").tolist())  # fmt: skip


def _stops(one: PolicyCover) -> pl.DataFrame:
    """By customer the day on which cover for new shipments stops, by its oldest unpaid item, or stopped by an event."""
    stops = one.versions.mark("stop_of_cover", lambda value, _: "mep_end" in value["events"])
    tolerated = one.excused | duties.small("stop_of_cover", one.versions, one.open_minor)
    rows = np.flatnonzero(stops & ~tolerated & (one.clocks.mep_end != NEVER))
    order = rows[np.lexsort((one.item[rows], one.clocks.mep_end[rows], one.customer[rows]))]
    first = order[np.r_[True, one.customer[order[1:]] != one.customer[order[:-1]]]] if len(order) else order
    ends, today = one.clocks.mep_end[first], number(one.asked.known_on)
    by_item = _rows(one, "stop_of_cover", first, ends, consequence="cover_stops", clause="stop_of_cover",
                    state=_passed(ends, today))  # fmt: skip
    return pl.concat([by_item, *(_stopped_by(one, name, event, today) for name, event in EVENTS.items())])


def _stopped_by(one: PolicyCover, name: str, event: str, today: int) -> pl.DataFrame:
    """Customers to whom an event stopped cover."""
    stop = one.wording.get("stop_of_cover", one.term_day)
    happened = one.facts.customer_events(event)
    happened = happened.filter(pl.col("customer_id").is_in(np.unique(one.customer)))
    if stop is None or name not in stop["events"]:
        happened = happened.head(0)
    return _customer_rows("stop_of_cover", happened["customer_id"].cast(pl.Int64).to_numpy(),
                          happened["on"].to_physical().to_numpy(), "cover_stops", "stop_of_cover", today)  # fmt: skip


def _duty(one: PolicyCover, term: str, rows: Ids, waived: PolicyCover) -> pl.DataFrame:
    each, consequence = one.duties[term], consequences(one, term)
    states = np.array(duties.STATES)[each.state[rows]].tolist()
    at_stake = np.where(each.state == duties.MISSED, waived.indemnity_minor - one.indemnity_minor,
                        _would_lose(one, term))  # fmt: skip
    return _rows(one, term, rows, each.by[rows], consequence=consequence[rows], clause=term, state=states,
                 done=each.done[rows], at_stake=np.maximum(at_stake, 0)[rows])  # fmt: skip


def consequences(one: PolicyCover, term: str) -> NDArray[np.object_]:
    """By item what follows if a duty is missed: one of :data:`CONSEQUENCES`."""
    kinds = {"lost": "cover_lost", "rate": "percentage_lowered", "factor": "percentage_lowered", "nothing": "nothing"}
    consequence = np.full(len(one.item), "nothing", dtype=object)
    for value, places in one.versions.each(term):
        if value is not None:
            consequence[places] = kinds[value["missed"].first.kind]
    for follows, places in duties.following(term, one.duties[term], one.versions):
        consequence[places] = kinds[follows.kind]
    return consequence


def _would_lose(one: PolicyCover, term: str) -> NDArray[np.int64]:
    """By item, what of its indemnity goes if an open duty is missed."""
    kept = np.ones(len(one.item))
    for value, places in one.versions.each(term):
        if value is not None and value["missed"].first.kind == "lost":
            kept[places] = 0.0
        elif value is not None and value["missed"].first.kind == "factor":
            kept[places] = value["missed"].first.rate
    loses = one.indemnity_minor - apply_contract_rate(one.indemnity_minor, kept)
    for value, places in one.versions.each(term):
        if value is not None and value["missed"].first.kind == "rate":
            most = apply_contract_rate(one.covered_minor[places], value["missed"].first.rate)
            loses[places] = np.maximum(one.indemnity_minor[places] - most, 0)
    return np.where(one.duties[term].state == duties.OPEN, loses, 0)


def _waiting(one: PolicyCover, rows: Ids) -> pl.DataFrame:
    notice = duties.notified(one.duties)
    ends = duties.waiting_end(one.versions, one.clocks, notice)[rows]
    return _rows(one, "waiting_period_end", rows, ends, consequence="loss_counts", clause="waiting_period",
                 state=_passed(ends, number(one.asked.known_on), "done"))  # fmt: skip


def _limits(one: PolicyCover) -> pl.DataFrame:
    """Limits in force, or run out without another decision: their last days, and when they are due for review."""
    found, today = one.facts.decisions, number(one.asked.known_on)
    frame = found.rows.with_row_index("at").filter(pl.col("since") <= today)
    last = frame.group_by("rank", "customer_id").agg(pl.max("at"))["at"].sort().to_numpy()
    last = last[found.grants[last]]
    decided = found.rows["decided_on"].gather(last).to_physical().to_numpy()
    review = Versions(one.wording, decided).days_after("limit_review", decided, lambda value: value)
    parts = [
        _customer_rows("limit_expiry", found.customer[last], found.until[last], "limit_ends", "limit_needed", today),
        _customer_rows("limit_expiry", found.customer[last], review, "limit_to_be_asked_again", "limit_review", today),
    ]
    return pl.concat(parts)


def _evidence(one: PolicyCover) -> pl.DataFrame:
    """Until when payments or a report justify the discretionary limit of customers who have no other."""
    if not one.versions.has("discretionary_limit") or one.slices.justified is None:
        return pl.DataFrame(schema=DEADLINES)
    today = number(one.asked.known_on)
    customers = np.unique(one.customer)
    day = np.full(len(customers), today, dtype=np.int32)
    blank = pl.Series([None] * len(customers), dtype=pl.String)
    stands = standing(one.facts.decisions, 0, customers, day, term=np.zeros_like(day), method=blank)
    customers = customers[(stands.decision < 0) & ((stands.why <= WAITING_LIMIT) | (stands.why > REFUSED + 1))]
    day = day[: len(customers)]
    paid = evidence.paid_items(one.book, one.asked.on, one.wording, customers, one.facts.factor)
    held = evidence.justified(Versions(one.wording, day), customers, paid, one.facts.reports,
                              np.zeros(len(customers), dtype=np.int64))  # fmt: skip
    return _customer_rows("evidence_expiry", customers, np.where(held.until < 0, NEVER, held.until),
                          "no_discretionary_limit", "discretionary_limit", today)  # fmt: skip


def _customer_rows(  # noqa: PLR0917 - the columns in their order
    kind: str, customers: Ids, on: Days, consequence: str, clause: str, today: int
) -> pl.DataFrame:
    size = len(customers)
    columns = {
        "kind": [kind] * size, "on": on, "customer_id": customers, "item_id": pl.Series([None] * size, dtype=pl.Int64),
        "consequence": [consequence] * size, "clause": [clause] * size, "state": _passed(on, today),
        "done_on": pl.Series([None] * size, dtype=pl.Int32), "at_stake_minor": np.zeros(size, dtype=np.int64),
    }  # fmt: skip
    return pl.DataFrame(columns, schema=DEADLINES)
