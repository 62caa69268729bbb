"""Loss rates by cohort: of what reached a bucket unpaid, the share that was lost in the end.

A cohort is what fell due (or was issued) long enough ago for its fate to be known. What it lost is what was
written off or indemnified, and what is still open. Where the own history is thin it is drawn towards a
dated floor, and where it shows no loss at all the floor stands alone; every rate says which.
"""

from __future__ import annotations

import datetime as dt
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.asof import add_months
from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.rounding import ratio, sum_by
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.risk.walk import INDEMNIFIED, WRITE_OFF, Arrays, Ids, State, day_number

REPLICATES = 32
"""Customers are dealt into so many groups; leaving out one after the other gives the interval."""
T_95 = 2.0395
"""97.5 % point of Student's t with 31 degrees of freedom."""
Z_95 = 1.9600
"""97.5 % point of the normal distribution."""
ALL = "all"

COHORT_SCHEMA = {
    "on": pl.Date, "pool": pl.String, "bucket": pl.Int32, "replicate": pl.Int32,
    "ended_minor": pl.Int64, "lost_minor": pl.Int64, "customers": pl.Int64, "customers_lost": pl.Int64,
}  # fmt: skip
"""Integers a partition hands over. ``ended`` is what was settled or is still open in the bucket and went no
further, ``lost`` the part of it that was lost; customers are counted in the last bucket they came to."""


def pools(ledger_customers: pl.DataFrame, by: str) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the pools, and the pool of each customer; ``-`` where the customer says nothing."""
    if by == ALL:
        return [ALL], np.zeros(ledger_customers.height, dtype=np.int64)
    named = ledger_customers[by].fill_null("-")
    names = named.unique().sort().to_list()
    return names, named.replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).to_numpy()


def replicate_of(group_codes: pl.Series) -> NDArray[np.int64]:
    """The group each customer is dealt into: by its corporate group's code, so one failure stays in one."""
    return np.array([zlib.crc32(code.encode()) % REPLICATES for code in group_codes], dtype=np.int64)


@dataclass(frozen=True)
class Window:
    """The days a cohort's base day lies in, ``(after, upto]``, seen from ``on``."""

    on: dt.date
    after: int
    upto: int

    @classmethod
    def of(cls, policies: Policies, on: dt.date) -> Window:
        """The window the policy gives for ``on``."""
        value = policies.at("accounting.loss_cohort", on).value
        upto = on - dt.timedelta(days=value["matured_days"])
        return cls(on, day_number(add_months(upto, -value["months"])), day_number(upto))


def cohort(
    arrays: Arrays, state: State, *, window: Window, scheme: Scheme, pool: NDArray[np.int64], names: Sequence[str],
    replicate: NDArray[np.int64],
) -> pl.DataFrame:  # fmt: skip
    """What ended where, of the items of one cohort; ``state`` is what is open on the window's day."""
    ends = [_settled(arrays, window, scheme), _still_open(arrays, state, window, scheme)]
    item, bucket, minor, lost = (np.concatenate([end[k] for end in ends]) for k in range(4))
    customer = arrays.customer_of[arrays.account[item]].astype(np.int64)
    minor = arrays.reporting(minor, item)
    width = len(scheme.names)
    lane = pool * width * REPLICATES + replicate
    cell = lane[customer] + bucket * REPLICATES
    size = len(names) * width * REPLICATES
    counts = [_last_bucket_counts(customer[rows], bucket[rows], lane, size) for rows in (slice(None), lost)]
    frame = pl.DataFrame(
        {
            "ended_minor": sum_by(cell, minor, size), "lost_minor": sum_by(cell[lost], minor[lost], size),
            "customers": counts[0], "customers_lost": counts[1],
        }
    )  # fmt: skip
    at = np.arange(size)
    return frame.select(
        pl.lit(window.on).alias("on"),
        pl.Series("pool", np.asarray(names, dtype=object)[at // (width * REPLICATES)].tolist(), dtype=pl.String),
        pl.Series("bucket", at // REPLICATES % width, dtype=pl.Int32),
        pl.Series("replicate", at % REPLICATES, dtype=pl.Int32),
        *frame.columns,
    ).filter((pl.col("ended_minor") != 0) | (pl.col("customers") != 0))


_Ends = tuple[Ids, Ids, NDArray[np.int64], NDArray[np.bool_]]
"""Item, bucket, amount, whether it was lost."""


def _settled(arrays: Arrays, window: Window, scheme: Scheme) -> _Ends:
    base_of_item = arrays.due if scheme.by == "due" else arrays.issued
    base = base_of_item[arrays.debit]
    mine = (base > window.after) & (base <= window.upto) & (arrays.allocated <= day_number(window.on))
    keep = np.flatnonzero(mine & arrays.stands(day_number(window.on)))
    how = arrays.how[keep]
    bucket = scheme.bucket(arrays.allocated[keep] - base[keep])
    return arrays.debit[keep], bucket, arrays.settled[keep], (how == WRITE_OFF) | (how == INDEMNIFIED)


def _still_open(arrays: Arrays, state: State, window: Window, scheme: Scheme) -> _Ends:
    base = (arrays.due if scheme.by == "due" else arrays.issued)[state.item]
    keep = np.flatnonzero((base > window.after) & (base <= window.upto))
    bucket = scheme.bucket(state.day - base[keep])
    return state.item[keep], bucket, state.open_minor[keep], np.ones(len(keep), dtype=bool)


def _last_bucket_counts(customer: Ids, bucket: Ids, lane: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Customers by cell of the last bucket they came to; ``lane`` is each customer's cell of bucket 0."""
    last = np.full(len(lane), -1, dtype=np.int64)
    np.maximum.at(last, customer, bucket)
    who = np.flatnonzero(last >= 0)
    return np.bincount(lane[who] + last[who] * REPLICATES, minlength=size).astype(np.int64)


@dataclass(frozen=True)
class Observed:
    """What one cohort shows of one bucket."""

    reached_minor: int
    lost_minor: int
    customers: int
    customers_lost: int
    rate: float | None
    low: float | None
    high: float | None


def observed(ended: NDArray[np.int64], lost: NDArray[np.int64], customers: Any, customers_lost: Any) -> list[Observed]:
    """By bucket, from sums by bucket and replicate and from customers by last bucket."""
    reached, gone = ended[::-1].cumsum(axis=0)[::-1], lost[::-1].cumsum(axis=0)[::-1]
    many, few = (np.asarray(counts)[::-1].cumsum()[::-1].tolist() for counts in (customers, customers_lost))
    out = []
    for k in range(len(ended)):
        rate = ratio(int(gone[k].sum()), int(reached[k].sum()))
        low, high = (None, None) if rate is None else _interval(reached[k], gone[k], rate, many[k])
        out.append(Observed(int(reached[k].sum()), int(gone[k].sum()), many[k], few[k], rate, low, high))
    return out


def _interval(reached: NDArray[np.int64], lost: NDArray[np.int64], rate: float, customers: int) -> tuple[float, float]:
    """95 %: leave one group of customers out after the other; Wilson's by customers where that shows no spread."""
    rest, rest_lost = int(reached.sum()) - reached, int(lost.sum()) - lost
    without = rest_lost[rest > 0] / rest[rest > 0]
    count = len(without)
    spread = math.sqrt((count - 1) / count * math.fsum((without - math.fsum(without) / count) ** 2)) if count else 0.0
    if rate in (0.0, 1.0) or spread == 0.0:
        return wilson(rate, customers)
    # On the scale of log odds: losses are few and large, so the interval must lean upwards.
    odds, width = math.log(rate / (1 - rate)), T_95 * spread / (rate * (1 - rate))
    return _from_log_odds(odds - width), _from_log_odds(odds + width)


def _from_log_odds(value: float) -> float:
    """The share of these log odds; beyond 700 the exponential would overflow."""
    return 1 / (1 + math.exp(-max(min(value, 700.0), -700.0)))


def wilson(rate: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share seen in ``count`` cases; (0, 1) where there are none."""
    if not count:
        return 0.0, 1.0
    z2 = Z_95**2
    middle = (rate + z2 / (2 * count)) / (1 + z2 / count)
    half = Z_95 / (1 + z2 / count) * math.sqrt(rate * (1 - rate) / count + z2 / (4 * count**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def by_days(table: Mapping[str, Mapping[int, float]], scheme: Scheme, *, policy_id: str) -> list[float]:
    """A rate for each bucket from a table of rates by first day: the one of the greatest day not above the bucket's.

    Raises:
        PolicyGap: the table says nothing for what the scheme counts from.
    """
    if scheme.by not in table:
        raise PolicyGap("The policy {policy} has no rates by {by} day.", policy=policy_id, by=scheme.by)
    rates = table[scheme.by]
    firsts = [0, *(max(edge + 1, 0) for edge in scheme.edges)]
    return [float(rates[max(day for day in rates if day <= first)]) for first in firsts]


@dataclass(frozen=True)
class Used:
    """The rate used for a bucket, the weight of the own rate in it, and its basis."""

    rate: float
    weight: float
    basis: str


def used(own: Observed, *, floor: float, enough: int, half_weight: int, final_loss: float) -> Used:
    """Own rate, own rate drawn towards the floor, or the floor.

    No loss seen, or nothing seen at all: the floor. Fewer than ``enough`` customers: weight
    n / (n + ``half_weight``) for the own rate. ``final_loss`` is the share of a loss that stays lost.
    """
    if own.rate is None or own.lost_minor <= 0:
        return Used(floor, 0.0, "floor")
    mine = own.rate * final_loss
    if own.customers >= enough:
        return Used(mine, 1.0, "own")
    weight = own.customers / (own.customers + half_weight)
    return Used(weight * mine + (1 - weight) * floor, weight, "shrunk")
