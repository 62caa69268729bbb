"""Cover leaks: what is open and not covered, what of it can still be saved and until when, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_contract_rate
from seawall.engine.protection import duties
from seawall.engine.protection.clauses import NUMBER, REASONS
from seawall.engine.protection.cover import PolicyCover
from seawall.engine.protection.durations import NEVER, Days, number
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.top_ups import passed_on
from seawall.engine.protection.wording import Consequence

DO_DUTY: Final = {"overdue_notice": "notify_overdue", "hand_over": "hand_over", "declaration": "declare",
                  "claim_filing": "file_claim"}  # fmt: skip
"""Duty to what saves the cover that would be lost without it."""

PENDING: Final = {"overdue_notice": "overdue_not_notified_yet", "hand_over": "not_handed_over_yet",
                  "declaration": "not_declared_yet", "claim_filing": "claim_not_filed_yet"}  # fmt: skip
"""Duty to the reason why cover is about to be lost."""

NOTHING: Final = Consequence("nothing")

LEAKS: Final = {
    "customer_id": pl.Int64, "item_id": pl.Int64, "reason": pl.String, "clause": pl.String, "cure": pl.String,
    "cure_by": pl.Int32, "amount_minor": pl.Int64, "at_stake_minor": pl.Int64,
}  # fmt: skip
"""Columns of :func:`leaks`; ``cure`` is empty where nothing helps, ``cure_by`` a day number or empty."""


def cure_days(one: PolicyCover, reason: NDArray[np.int8]) -> Days:
    """By item, the last day on which what the reason names can be cured; ``NEVER`` where no day is set."""
    days = np.full(len(reason), NEVER, dtype=np.int32)
    back = one.versions.days_after("limit_backdating", one.clocks.shipment, lambda value: value)
    asks = np.isin(reason, _CURED_BY["ask_limit"])
    days[asks] = back[asks]
    if "claim_filing" in one.duties:
        disputed = reason == NUMBER["disputed"]
        days[disputed] = one.duties["claim_filing"].by[disputed]
    return days


_CURED_BY: Final = {
    cure: np.array([number for number, reason in enumerate(REASONS) if reason.cure == cure])
    for cure in ("ask_limit", "settle_dispute", "lower_debt")
}


def is_curable(one: PolicyCover, reason: NDArray[np.int8], days: Days) -> NDArray[np.bool_]:
    """By item whether what the reason names can still be cured: a limit only where the policy lets it reach back."""
    today = number(one.asked.known_on)
    asks = np.isin(reason, _CURED_BY["ask_limit"]) & ((days != NEVER) | (reason == NUMBER["limit_pending"]))
    other = np.isin(reason, np.concatenate([_CURED_BY["settle_dispute"], _CURED_BY["lower_debt"]]))
    curable: NDArray[np.bool_] = (asks | other) & (days >= today)
    return curable


def leaks(one: PolicyCover, covers: Sequence[PolicyCover] = ()) -> pl.DataFrame:
    """Every part of an open item that is not covered or about to be lost, in rows of :data:`LEAKS`.

    ``amount_minor`` is what is not covered; ``at_stake_minor`` that at the insured percentage. ``covers``: all policies
    in their order, this one among them: what a top-up after it is about is that one's business.
    """
    every = np.arange(len(one.item))
    upper, rest = passed_on(one, covers) if covers else (every[:0], every[:0])
    left = ~np.isin(one.item, rest)
    above = left & ~np.isin(one.item, upper)
    disputed = np.full(len(every), NUMBER["disputed"], dtype=np.int8)
    parts = [
        _rows(one, every, np.where(left, one.barred_minor, 0), one.bar),
        _rows(one, every, np.where(left, one.disputed_minor, 0), disputed),
        _rows(one, every, np.where(above, one.above_minor, 0), one.above_code),
        *(_about_to_be_lost(one, term) for term in one.duties),
    ]
    return pl.concat(parts)


def stake_of(rows: pl.DataFrame) -> int:
    """What is at stake in rows of :data:`LEAKS`, in minor units of the policy's currency.

    What several open duties could each lose of an item is counted once.
    """
    each = rows.group_by("item_id", "reason").agg(pl.sum("at_stake_minor"))
    is_duty = pl.col("reason").is_in(list(PENDING.values()))
    duties_ = each.filter(is_duty).group_by("item_id").agg(pl.max("at_stake_minor"))
    return int(each.filter(~is_duty)["at_stake_minor"].sum()) + int(duties_["at_stake_minor"].sum())


def base_rates(one: PolicyCover) -> NDArray[np.float64]:
    """By item the percentage that the policy pays where no decision and no rule says otherwise."""
    rates = np.zeros(len(one.item))
    for value, places in one.versions.each("insured_rate"):
        rates[places] = value["rate"]
    return rates


def _rows(one: PolicyCover, rows: Ids, minor: Minor, reason: NDArray[np.int8]) -> pl.DataFrame:
    days = cure_days(one, reason)
    curable = is_curable(one, reason, days)
    rows = rows[minor > 0]
    cures = np.array([each.cure for each in REASONS], dtype=object)
    return _frame(
        one, rows, [REASONS[k].code for k in reason[rows].tolist()], [REASONS[k].term for k in reason[rows].tolist()],
        np.where(curable[rows], cures[reason[rows]], "").tolist(), np.where(curable, days, NEVER)[rows], minor[rows],
    )  # fmt: skip


def _about_to_be_lost(one: PolicyCover, term: str) -> pl.DataFrame:
    """Covered items whose cover ends, or shrinks, with a duty that is still open."""
    duty = one.duties[term]
    bites = one.versions.mark(term, lambda value, _: value["missed"] != NOTHING)
    start = duties.begun(term, one.versions, one.clocks, one.duties)
    if term == "claim_filing":  # there is nothing to file before the loss counts
        waited = duties.waiting_end(one.versions, one.clocks, duties.notified(one.duties))
        start = np.maximum(start, np.where(waited == NEVER, start, waited))
    begun = start <= number(one.asked.known_on)
    rows = np.flatnonzero(bites & begun & (duty.state == duties.OPEN) & (duty.by != NEVER) & (one.covered_minor > 0))
    size = len(rows)
    return _frame(one, rows, [PENDING[term]] * size, [term] * size, [DO_DUTY[term]] * size, duty.by[rows],
                  one.covered_minor[rows])  # fmt: skip


def _frame(  # noqa: PLR0917 - the columns in their order
    one: PolicyCover, rows: Ids, reason: list[str], clause: list[str], cure: list[str], by: Days, minor: Minor
) -> pl.DataFrame:
    columns = {
        "customer_id": one.customer[rows], "item_id": one.book.whole[one.item[rows]], "reason": reason,
        "clause": clause, "cure": cure, "cure_by": by, "amount_minor": minor,
        "at_stake_minor": apply_contract_rate(minor, base_rates(one)[rows]),
    }  # fmt: skip
    frame = pl.DataFrame(columns, schema=LEAKS)
    return frame.with_columns(pl.when(pl.col("cure_by") != NEVER).then("cure_by").alias("cure_by"))


def by_urgency(rows: pl.DataFrame, today: int) -> pl.DataFrame:
    """Leaks that can be cured: those with a last day by money for each day left, then those without by money."""
    left = (pl.col("cure_by") - today + 1).cast(pl.Float64)
    return (
        rows.filter(pl.col("cure") != "")
        .with_columns(urgency=pl.col("at_stake_minor") / left)
        .sort(
            pl.col("cure_by").is_null(), -pl.col("urgency").fill_null(0.0), -pl.col("at_stake_minor"), "customer_id",
            "item_id",
        )
        .drop("urgency")
    )  # fmt: skip
