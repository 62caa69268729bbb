"""Cover at the month ends before a day: how far limits were needed, and what was lost, by cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from seawall.engine.kernel.asof import month_ends
from seawall.engine.kernel.errors import NotKnown, PolicyGap
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover, Uninsured, cover
from seawall.engine.protection.cover_map import own_need
from seawall.engine.protection.leaks import leaks

USE: Final = {"on": pl.Date, "policy": pl.String, "customer_id": pl.Int64, "need_minor": pl.Int64}
"""Columns of ``Past.use``. ``need_minor``: what own limits were needed for, in the policy's currency."""

LOST: Final = {"on": pl.Date, "currency": pl.String, "reason": pl.String, "amount_minor": pl.Int64}
"""Columns of ``Past.lost``. ``amount_minor``: what was open, not covered, and could not be saved any more."""


@dataclass(frozen=True)
class Past:
    """The day asked about and the month ends before it, oldest first."""

    days: tuple[dt.date, ...]
    use: pl.DataFrame
    lost: pl.DataFrame
    covers: tuple[PolicyCover, ...]
    """The cover of the day itself, by policy, and ``rest`` what no policy is about."""

    rest: Uninsured
    gap: PolicyGap | NotKnown | None = None
    """Why nothing is said of month ends before the first of ``days``; None where all that were asked for are there."""

    def now(self) -> dict[tuple[str, int], int]:
        """By policy and customer the need of the day asked about."""
        rows = self.use.filter(pl.col("on") == self.days[-1]).select("policy", "customer_id", "need_minor")
        return {(policy, customer): need for policy, customer, need in rows.iter_rows()}

    def highest(self) -> dict[tuple[str, int], tuple[int, dt.date]]:
        """By policy and customer the highest need, and the last day on which it was so high."""
        rows = self.use.sort("need_minor", "on").group_by("policy", "customer_id", maintain_order=True).last()
        return {(policy, customer): (need, on) for policy, customer, on, need in
                rows.select("policy", "customer_id", "on", "need_minor").iter_rows()}  # fmt: skip


def past(insurance: Insurance, on: dt.date, months: int) -> Past:
    """Cover on a day and at so many month ends before it: as each was then, with what is known now.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed on the day itself.
        NotKnown: the day itself lies before what the ledger knows.
    """
    covers, rest = cover(insurance, Asked(on))
    days, found = [on], [_of(insurance, covers, rest, on)]
    gap: PolicyGap | NotKnown | None = None
    for day in reversed([end for end in month_ends(on, months + 1) if end < on][-months:]):
        try:
            found.append(_of(insurance, *cover(insurance, Asked(day)), day))
        except (PolicyGap, NotKnown) as error:
            gap = error
            break
        days.append(day)
    use, lost = (pl.concat(frames) for frames in zip(*reversed(found), strict=True))
    return Past(tuple(reversed(days)), use, lost, covers, rest, gap)


def _of(
    insurance: Insurance, covers: Sequence[PolicyCover], rest: Uninsured, on: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    use = pl.concat([pl.DataFrame(schema=USE), *(_use(one, covers) for one in covers)])
    lost = pl.concat([pl.DataFrame(schema=LOST), *(_lost(one, covers) for one in covers), _rest(insurance, rest, on)])
    return (
        use.group_by("on", "policy", "customer_id", maintain_order=True).agg(pl.sum("need_minor")),
        lost.group_by("on", "currency", "reason", maintain_order=True).agg(pl.sum("amount_minor")),
    )


def _use(one: PolicyCover, covers: Sequence[PolicyCover]) -> pl.DataFrame:
    customer, place = np.unique(one.customer, return_inverse=True)
    need = sum_by(place, own_need(one, covers), len(customer))
    size = len(customer)
    return pl.DataFrame(
        {"on": [one.asked.on] * size, "policy": [one.wording.code] * size, "customer_id": customer, "need_minor": need},
        schema=USE,
    )


def _lost(one: PolicyCover, covers: Sequence[PolicyCover]) -> pl.DataFrame:
    rows = leaks(one, covers).filter(pl.col("cure") == "")
    return rows.select(
        on=pl.lit(one.asked.on), currency=pl.lit(one.wording.currency), reason="reason", amount_minor="amount_minor"
    )


def _rest(insurance: Insurance, rest: Uninsured, on: dt.date) -> pl.DataFrame:
    book = insurance.book
    codes = book.ledger.accounts["currency"].cast(pl.String).gather(book.account[rest.item])
    rows = pl.DataFrame({"currency": codes, "amount_minor": rest.open_minor})
    return rows.select(on=pl.lit(on), currency="currency", reason=pl.lit("no_policy"), amount_minor="amount_minor")
