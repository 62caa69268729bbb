"""Roll rates (迁徙率): how much of a bucket moves on to the next one in a step, and what is lost in the end.

Only buckets exactly as wide as the step say this: 30-day buckets by month, years since the invoice by year.
On wider buckets the ratio understates the loss many times over, so any other scheme is refused. What was
written off counts as migrated, not as collected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.asof import add_months, month_end
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.rounding import ratio, sum_by
from seawall.engine.ledger.scheme import Base, Scheme
from seawall.engine.risk.walk import EPOCH, WRITE_OFF, Arrays, Ids, Minor, State, day_number

Step = Literal["month", "year"]
MONTHLY = Scheme((0, *range(30, 361, 30)))
YEARS = 5
"""Whole years told apart; older invoices stand together."""
YEAR_NAMES = ("0_1_year", *(f"{n}_{n + 1}_years" for n in range(1, YEARS)), f"over_{YEARS}_years")
MONTH_STEPS = 24
PAID, WRITTEN_OFF = "paid", "written_off"

FLOWS_SCHEMA = {
    "step": pl.String, "on": pl.Date, "bucket": pl.Int32, "state": pl.Int32,
    "amount_minor": pl.Int64, "items": pl.Int64,
}  # fmt: skip
"""Integers a partition hands over; state ``n`` (after the last bucket) is paid, ``n + 1`` written off."""
BALANCES_SCHEMA = {
    "step": pl.String, "on": pl.Date, "bucket": pl.Int32, "open_minor": pl.Int64, "written_off_minor": pl.Int64,
}  # fmt: skip
"""Open in each bucket on the day; written off in the step that ends on it, by bucket when the step began."""


def bucket_names(step: Step) -> tuple[str, ...]:
    """The buckets of a step, the open-ended one last."""
    return MONTHLY.names if step == "month" else YEAR_NAMES


def step_of(scheme: Scheme) -> Step:
    """The step whose buckets ``scheme`` has.

    Raises:
        UsageError: its buckets are not exactly one step wide.
    """
    if scheme == MONTHLY:
        return "month"
    if scheme == Scheme((0, *(365 * n for n in range(1, YEARS + 1))), "issue"):
        return "year"
    raise UsageError(
        "Roll rates need buckets exactly one step wide; these are not.",
        hint="Use 30/60/90/120/150/180/210/240/270/300/330/360 by due day, or 365/730/1095/1460/1825 by issue day.",
        code="scheme_not_one_step_wide",
    )


def base_of(step: Step) -> Base:
    """What the buckets of a step count from."""
    return "due" if step == "month" else "issue"


def buckets_on(arrays: Arrays, item: Ids, day: int, step: Step) -> NDArray[np.int64]:
    """The bucket of each item on a day. Years are whole calendar years, so a year moves every item by one bucket."""
    if step == "month":
        return MONTHLY.bucket(day - arrays.due[item])
    on = EPOCH + dt.timedelta(days=day)
    limits = [day_number(years_before(on, years)) for years in range(YEARS, 0, -1)]
    return YEARS - np.searchsorted(np.asarray(limits), arrays.issued[item], side="left")


def years_before(on: dt.date, years: int) -> dt.date:
    """The same day so many years earlier; of a month end the month end, whatever February does."""
    earlier = add_months(on, -12 * years)
    return month_end(earlier) if month_end(on) == on else earlier


@dataclass
class Flows:
    """Follows every open item from one stop of its step to the next."""

    arrays: Arrays
    step: Step
    rows: list[pl.DataFrame] = field(default_factory=list)
    balances: list[pl.DataFrame] = field(default_factory=list)
    _item: Ids | None = None
    _bucket: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _open: Minor = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _lost: Minor = field(init=False)

    def __post_init__(self) -> None:
        self._lost = np.zeros(self.arrays.ledger.items.height, dtype=np.int64)

    def pass_by(self, state: State) -> None:
        """Remember what was written off on the way to a stop; needed at every stop of the walk."""
        lost = state.since[self.arrays.how[state.since] == WRITE_OFF]
        np.add.at(self._lost, self.arrays.debit[lost], self.arrays.settled[lost])

    def stop(self, state: State) -> None:
        """End one step here and begin the next."""
        width = len(bucket_names(self.step))
        bucket = buckets_on(self.arrays, state.item, state.day, self.step)
        written_off = np.zeros(width, dtype=np.int64)
        if self._item is not None:
            cells = self._cells(state, self._item)
            written_off = cells[0].reshape(width, width + 2)[:, width + 1]
            self.rows.append(self._frame(state.day, *cells))
        on = pl.lit(EPOCH + dt.timedelta(days=state.day))
        self.balances.append(
            pl.DataFrame(
                {
                    "bucket": np.arange(width, dtype=np.int32),
                    "open_minor": sum_by(bucket, state.reporting_minor, width),
                    "written_off_minor": written_off,
                }
            ).select(pl.lit(self.step).alias("step"), on.alias("on"), "bucket", "open_minor", "written_off_minor")
        )
        self._item, self._bucket, self._open = state.item, bucket, state.reporting_minor
        self._lost[:] = 0

    def _cells(self, state: State, item: Ids) -> tuple[Minor, Minor]:
        """Amounts and counts by bucket then and state now, flat."""
        arrays, width = self.arrays, len(bucket_names(self.step))
        left = arrays.amount[item] - state.settled[item]
        now = arrays.reporting(left, item)
        settled = self._open - now
        lost = np.minimum(arrays.reporting(self._lost[item], item), settled)
        row = self._bucket * (width + 2)
        to = buckets_on(arrays, item, state.day, self.step)
        size = width * (width + 2)
        amounts = sum_by(row + to, now, size)
        amounts += sum_by(row + width, settled - lost, size) + sum_by(row + width + 1, lost, size)
        end = np.where(left > 0, to, np.where(lost > 0, width + 1, width))
        return amounts, np.bincount(row + end, minlength=size).astype(np.int64)

    def _frame(self, day: int, amounts: Minor, counts: Minor) -> pl.DataFrame:
        width = len(bucket_names(self.step))
        cell = np.flatnonzero((amounts != 0) | (counts != 0))
        return pl.DataFrame(
            {
                "bucket": (cell // (width + 2)).astype(np.int32),
                "state": (cell % (width + 2)).astype(np.int32),
                "amount_minor": amounts[cell],
                "items": counts[cell],
            }
        ).select(
            pl.lit(self.step).alias("step"), pl.lit(EPOCH + dt.timedelta(days=day)).alias("on"),
            "bucket", "state", "amount_minor", "items",
        )  # fmt: skip


@dataclass(frozen=True)
class Migration:
    """Roll rates of one step: each ratio by step and bucket, their simple mean, and the loss rate of each bucket."""

    into: NDArray[np.int64]
    """By step and bucket: open in the next bucket at the end of the step (of the last one only the increase)."""
    added: NDArray[np.int64]
    """By step and bucket: written off on the way, added back."""
    ratios: list[list[float | None]]
    roll: list[float | None]
    steps: list[int]
    loss: list[float | None]


def migration(balances: NDArray[np.int64], written_off: NDArray[np.int64], *, final_loss: float) -> Migration:
    """Roll and loss rates from balances by stop and bucket, and write-offs by step and bucket when it began.

    The ratio of a bucket is what stands in the next one a step later plus what was written off on the way,
    over what stood in it. What flows into the open-ended last bucket is its increase plus its own write-offs.
    The loss rate of the last bucket is ``final_loss``; of any other one the product of the mean ratios from
    it on, times ``final_loss``. A mean is capped at 1 and taken over the steps that have something to divide by.
    Where the history covers as many steps as there are buckets, and nothing ever stood in the oldest ones long
    enough to divide by, what reaches them counts as lost: nobody was seen to pay from there.
    """
    width = balances.shape[1]
    into = balances[1:, 1:].copy()
    into[:, -1] -= balances[:-1, -1]
    added = written_off[:, :-1].copy()
    added[:, -1] += written_off[:, -1]
    numerators = np.maximum(into + added, 0)
    ratios = [
        [ratio(int(numerators[t, k]), int(balances[t, k])) for k in range(width - 1)] for t in range(len(into))
    ]  # fmt: skip
    roll: list[float | None] = []
    steps = []
    for k in range(width - 1):
        known = [row[k] for row in ratios]
        values = [value for value in known if value is not None]
        steps.append(len(values))
        roll.append(min(sum(values) / len(values), 1.0) if values else None)
    return Migration(into, added, ratios, roll, steps, _loss_rates(roll, steps, final_loss))


def _loss_rates(roll: Sequence[float | None], steps: Sequence[int], final_loss: float) -> list[float | None]:
    """:func:`loss_rates`, with what reaches the oldest buckets, that a long history never saw, counted as lost."""
    seen = max((k + 1 for k, rate in enumerate(roll) if rate is not None), default=0)
    if seen == len(roll) or max(steps, default=0) < len(roll):
        return loss_rates(roll, final_loss=final_loss)
    return [*loss_rates(roll[:seen], final_loss=final_loss), *[final_loss] * (len(roll) - seen)]


def loss_rates(roll: Sequence[float | None], *, final_loss: float) -> list[float | None]:
    """Product of the roll rates from each bucket on, times the final loss; one more than there are roll rates."""
    losses: list[float | None] = [final_loss]
    for rate in reversed(roll):
        losses.append(None if rate is None or losses[-1] is None else rate * losses[-1])
    return losses[::-1]


def absorbed(flows: NDArray[np.int64]) -> list[float | None]:
    """By bucket: the share of it that ends written off, if every step goes as these flows (bucket × state) did.

    Paid and written off are absorbing. A bucket nothing ever stood in has no answer, and neither has one
    that nothing ever left.
    """
    width = len(flows)
    total = flows.sum(axis=1)
    seen = np.flatnonzero(total > 0)
    chance = flows[seen] / np.maximum(total[seen, None], 1)
    matrix = np.eye(len(seen)) - chance[:, seen]
    endless = np.flatnonzero(np.abs(matrix).max(axis=1, initial=0.0) == 0)
    matrix[endless, endless] = 1.0
    answer = np.linalg.solve(matrix, chance[:, width + 1])
    out: list[float | None] = [None] * width
    for place, k in enumerate(seen.tolist()):
        out[k] = None if place in endless else float(min(max(answer[place], 0.0), 1.0))
    return out
