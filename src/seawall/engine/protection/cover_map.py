"""The cover map: by customer what stands of a policy's limits, what is used of them, and whether they fit the need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import RATE_SCALE, sum_by
from seawall.engine.protection.cover import PolicyCover, by_item
from seawall.engine.protection.cover_limits import heads, named_grades
from seawall.engine.protection.durations import number
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.top_ups import passed_on

FINDINGS: Final = {"above_now": "under", "above_before": "under", "unused": "idle", "far_above": "over"}
"""Why a limit does not fit its need, to what it then is: too small, not used at all, too large."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """How limits are held against their use, from the policy ``house.cover_map``."""

    months: int
    """So many past month ends are looked at."""

    over_times: float
    """From so many times the highest need on a limit is too large."""


def misfit(limit_minor: int, need_minor: int, above_minor: int, sizing: Sizing) -> str:
    """Why a limit does not fit, one of :data:`FINDINGS`; empty where it does.

    ``need_minor``: the highest need (``own_need``) of the day and the past month ends; ``above_minor``: what of the
    day's is above the limit. All in the policy's currency.
    """
    if above_minor > 0:
        return "above_now"
    if need_minor > limit_minor:
        return "above_before"
    if need_minor <= 0:
        return "unused"
    return "far_above" if limit_minor * RATE_SCALE >= round(sizing.over_times * RATE_SCALE) * need_minor else ""


def standing(one: PolicyCover, *, shared: bool = False) -> pl.DataFrame:
    """What stands of limits for goods shipped on the day asked about, all layers of a customer together.

    ``shared``: of the limits that groups share instead, under their heads. Columns: customer_id, limit_minor in the
    policy's currency, grade (that a decision names, else empty).
    """
    known, day = one.facts.decisions, number(one.asked.on)
    rows = pl.DataFrame({
        "customer_id": known.customer, "rank": known.rank, "since": known.since, "until": known.until,
        "limit_minor": known.minor, "grants": known.grants, "grade": named_grades(known),
    })  # fmt: skip
    rows = rows.filter(pl.col("rank").is_in(list(known.shared)) == shared)
    last = rows.filter(pl.col("since") <= day).group_by("customer_id", "rank", maintain_order=True).last()
    stands = last.filter(pl.col("grants") & (pl.col("until") >= day))
    return stands.group_by("customer_id", maintain_order=True).agg(
        pl.sum("limit_minor"), pl.col("grade").drop_nulls().first()
    )


def own_need(one: PolicyCover, covers: Sequence[PolicyCover]) -> Minor:
    """By item what its customer's own limits are needed for: eligible, less what others take over.

    That is what limits cover that a group shares, and what lies above the limits and is the business of a top-up that
    holds for the customer.
    """
    slices, shared = one.slices, _is_shared(one)
    others = sum_by(slices.row[shared], slices.minor[shared], len(one.item))
    upper, rest = passed_on(one, covers, _held)
    passed = np.where(np.isin(one.item, np.concatenate([upper, rest])), one.above_minor, 0)
    need: Minor = one.eligible_minor - others - passed
    return need


def _held(one: PolicyCover) -> Ids:
    """Items of a top-up whose customer has a limit in it, or of which it covers something."""
    limits = standing(one).filter(pl.col("limit_minor") > 0)["customer_id"].to_numpy()
    return one.item[np.isin(one.customer, limits) | (one.covered_minor > 0)]


def _is_shared(one: PolicyCover) -> NDArray[np.bool_]:
    """By slice whether a limit covers it that a group shares."""
    known = one.facts.decisions
    return np.isin(one.slices.decision, np.flatnonzero(np.isin(known.rank, list(known.shared))))


def shared_use(one: PolicyCover) -> pl.DataFrame:
    """What is covered under limits that groups share: customer_id, that of the head of its group, shared_minor."""
    slices, is_shared = one.slices, _is_shared(one)
    customer = one.customer[slices.row[is_shared]]
    head = heads(one.book.ledger.customers)[customer] if len(customer) else customer
    rows = pl.DataFrame({"customer_id": customer, "head_id": head, "shared_minor": slices.minor[is_shared]})
    return rows.group_by("customer_id", "head_id").agg(pl.sum("shared_minor"))


def limit_use(one: PolicyCover, covers: Sequence[PolicyCover]) -> pl.DataFrame:
    """The limits of a policy that stand on the day, own and shared, with what is used: limit_minor, used_minor.

    ``covers``: the policy's years. A row a limit, so that its rows may be added up; the use of a limit that a group
    shares counts there alone.
    """
    debts = pl.concat([
        pl.DataFrame({"customer_id": each.customer, "used_minor": each.covered_minor}) for each in covers
    ])  # fmt: skip
    shared = pl.concat([shared_use(each) for each in covers])
    less = shared.select("customer_id", used_minor=-pl.col("shared_minor"))
    used = pl.concat([debts.cast(less.schema), less]).group_by("customer_id").agg(pl.sum("used_minor"))
    heads_ = shared.group_by(customer_id="head_id").agg(used_minor=pl.sum("shared_minor"))
    rows = [
        standing(one, shared=is_shared).join(each.cast({"customer_id": pl.Int64}), on="customer_id", how="left")
        for is_shared, each in ((False, used), (True, heads_))
    ]
    return pl.concat(rows).select("limit_minor", pl.col("used_minor").fill_null(0))


def in_force(covers: Sequence[PolicyCover]) -> dict[str, PolicyCover]:
    """Of each policy the year that holds on the day asked about, else the last that began, else the first to come."""
    found: dict[str, PolicyCover] = {}
    for one in sorted(covers, key=lambda each: each.wording.first_on):
        if one.wording.code not in found or one.wording.first_on <= one.asked.on:
            found[one.wording.code] = one
    return found


def by_customer(covers: Sequence[PolicyCover]) -> pl.DataFrame:
    """What is open of each customer under one policy, and where it goes; ``covers``: its years.

    Columns: customer_id, the parts of ``by_item`` in ``…_minor``, reason (a number of ``REASONS``: the one by which
    most is not covered; 0: all is).
    """
    rows = pl.concat([by_item(one) for one in covers])
    amounts = rows.group_by("customer_id").agg(pl.selectors.ends_with("_minor").sum())
    short = rows.filter(pl.col("reason") > 0).group_by("customer_id", "reason").agg(
        lost=(pl.col("open_minor") - pl.col("covered_minor")).sum()
    )  # fmt: skip
    most = (
        short.sort(pl.col("lost"), -pl.col("reason").cast(pl.Int32)).group_by("customer_id", maintain_order=True).last()
    )
    return (
        amounts.join(most.select("customer_id", "reason"), on="customer_id", how="left")
        .with_columns(pl.col("reason").fill_null(0))
        .sort("customer_id")
    )
