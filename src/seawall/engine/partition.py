"""The first half of a run: one partition of the ledger turned into integers that add up.

Whatever crosses partitions is an Int64 sum under a key; ratios are formed once, in the second half. What
concerns one customer is whole here, because a partition holds whole corporate groups.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.items import KINDS, Ledger
from seawall.engine.question import Question
from seawall.engine.risk import behaviour, loss_rates, roll_rates
from seawall.engine.risk.walk import (
    CASH,
    EPOCH,
    INDEMNIFIED,
    WRITE_OFF,
    Arrays,
    Ids,
    Minor,
    State,
    arrays_of,
    day_number,
    walk,
)

SUM_LIMIT = 2.0**62
SERIES_SCHEMA = {"measure": pl.String, "on": pl.Date, "month": pl.Date, "minor": pl.Int64}
GROSS_SCHEMA = {
    "on": pl.Date, "pool": pl.String, "bucket": pl.Int32, "gross_minor": pl.Int64, "default_minor": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Accumulators:
    """What :func:`protect` hands over: tables of integers (ratios only of single customers)."""

    customers: pl.DataFrame
    ageing: pl.DataFrame
    series: pl.DataFrame
    balances: pl.DataFrame
    flows: pl.DataFrame
    cohorts: pl.DataFrame
    gross: pl.DataFrame

    def frames(self) -> dict[str, pl.DataFrame]:
        """Every table by name, to be kept as files between the halves of a run."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def measure(ledger: Ledger, question: Question) -> Accumulators:
    """All integers of one partition."""
    return _Partition(ledger, question).measured()


@dataclass
class _Partition:
    ledger: Ledger
    question: Question
    arrays: Arrays = field(init=False)
    series: list[pl.DataFrame] = field(default_factory=list)
    gross: list[pl.DataFrame] = field(default_factory=list)
    cohorts: list[pl.DataFrame] = field(default_factory=list)
    last: State | None = None

    def __post_init__(self) -> None:
        self.arrays = arrays_of(self.ledger, self.question.rates)
        self.pool_names, self.pool = loss_rates.pools(
            self.ledger.customers, self.question.policy("accounting.ecl_pools")
        )
        self.replicate = loss_rates.replicate_of(self.ledger.customers["group_code"])
        self.customer = self.arrays.customer_of.astype(np.int64)[self.arrays.account]
        self.is_sale = self._is_sale()

    def measured(self) -> Accumulators:
        flows = self._walk()
        self._sales()
        self._cash()
        self._losses()
        return Accumulators(
            customers=self._customers(),
            ageing=self._ageing(),
            series=_stacked(SERIES_SCHEMA, self.series),
            balances=_stacked(roll_rates.BALANCES_SCHEMA, [*flows[0].balances, *flows[1].balances]),
            flows=_stacked(roll_rates.FLOWS_SCHEMA, [*flows[0].rows, *flows[1].rows]),
            cohorts=_stacked(loss_rates.COHORT_SCHEMA, self.cohorts),
            gross=_stacked(GROSS_SCHEMA, self.gross),
        )  # fmt: skip

    def _walk(self) -> tuple[roll_rates.Flows, roll_rates.Flows]:
        question = self.question
        flows = (roll_rates.Flows(self.arrays, "month"), roll_rates.Flows(self.arrays, "year"))
        stops = ({*question.month_stops}, {*question.year_stops})
        for state, on in self._states():
            for flow, mine in zip(flows, stops, strict=True):
                flow.pass_by(state)
                if on in mine:
                    flow.stop(state)
            if on in question.open_stops:
                self._open(state, on)
            if on in (question.on, question.opening):
                self._exposure(state, on)
        return flows

    def _states(self) -> Iterator[tuple[State, dt.date]]:
        for state in walk(self.arrays, self.question.days):
            self.last = state
            yield state, EPOCH + dt.timedelta(days=state.day)

    def _is_sale(self) -> NDArray[np.bool_]:
        kind = self.arrays.kind
        invoiced = (kind == KINDS.index("invoice")) | (kind == KINDS.index("debit_note"))
        sale: NDArray[np.bool_] = invoiced & ~self.arrays.is_recovery
        return sale

    def _add(self, measure_name: str, on: dt.date, minor: Minor, month: dt.date | None = None) -> None:
        row = {"measure": measure_name, "on": on, "month": month, "minor": total(minor)}
        self.series.append(pl.DataFrame([row], schema=SERIES_SCHEMA))

    def _open(self, state: State, on: dt.date) -> None:
        """What is open and overdue on a month end, past the definition of default, and by month of issue."""
        late = self.arrays.due[state.item] < state.day
        self._add("open", on, state.reporting_minor)
        self._add("overdue", on, state.reporting_minor[late])
        self._add("default", on, self._lost_default(state, on))
        sale = self.is_sale[state.item]
        month = self._month_of(self.arrays.issued[state.item[sale]])
        by_month = sum_by(month, state.reporting_minor[sale], len(self.question.ends) + 1)
        for end, minor in zip(self.question.ends, by_month.tolist(), strict=False):
            if minor:
                self._add("open_by_issue", on, np.array([minor]), end)

    def _in_default(self, state: State, on: dt.date, policy_on: dt.date) -> Minor:
        """Of each open item, what counts as in default by the definition of a day; in the item's currency."""
        policy = self.question.policy("accounting.default_definition", policy_on)
        minor = state.open_minor
        if policy["disputed"] == "left_out":
            minor = np.maximum(minor - self._disputed(on)[state.item], 0)
        past = state.day - self.arrays.due[state.item] >= policy["days"]
        return np.where(past, minor, 0)

    def _default(self, state: State, on: dt.date) -> Minor:
        return self.arrays.reporting(self._in_default(state, on, on), state.item)

    def _lost_default(self, state: State, on: dt.date) -> Minor:
        """The same as a loss, with or without tax; every month by today's definition, so that months compare."""
        minor = self._lost(self._in_default(state, on, self.question.on), state.item)
        return self.arrays.reporting(minor, state.item)

    def _disputed(self, on: dt.date) -> Minor:
        rows = self.arrays.ledger.disputes.filter(
            pl.col("opened_on") <= on, pl.col("closed_on").is_null() | (pl.col("closed_on") > on)
        )
        undated = self.arrays.ledger.items["disputed_minor"].to_numpy()
        if not rows.height:
            return undated
        return undated + sum_by(rows["item_id"].to_numpy(), rows["amount_minor"].to_numpy(), len(undated))

    def _exposure(self, state: State, on: dt.date) -> None:
        """Open amounts by pool and bucket, and the cohort behind the loss rates, as of one day."""
        names = self.question.loss_buckets
        customer = self.customer[state.item]
        cell = self.pool[customer] * len(names) + self._loss_bucket(state)
        size = len(self.pool_names) * len(names)
        pooled = ~self._individually()[customer]
        at = np.arange(size)
        rows = pl.DataFrame({
            "pool": pl.Series([self.pool_names[k] for k in (at // len(names)).tolist()], dtype=pl.String),
            "bucket": pl.Series(at % len(names), dtype=pl.Int32),
            "gross_minor": sum_by(cell[pooled], state.reporting_minor[pooled], size),
            "default_minor": sum_by(cell[pooled], self._default(state, on)[pooled], size),
        })  # fmt: skip
        self.gross.append(rows.select(pl.lit(on).alias("on"), *rows.columns).filter(pl.col("gross_minor") != 0))
        window = loss_rates.Window.of(self.question.policies, on)
        self.cohorts.append(
            loss_rates.cohort(
                self.arrays, state, window=window, scheme=self.question.scheme, pool=self.pool, names=self.pool_names,
                replicate=self.replicate,
            )
        )  # fmt: skip

    def _individually(self) -> NDArray[np.bool_]:
        """Customers assessed one by one, outside the pools."""
        codes = list(self.question.individual)
        return self.ledger.customers["customer_code"].is_in(codes).to_numpy()

    def _loss_bucket(self, state: State) -> NDArray[np.int64]:
        step = self.question.loss_step
        if step:
            return roll_rates.buckets_on(self.arrays, state.item, state.day, step)
        base = self.arrays.due if self.question.scheme.by == "due" else self.arrays.issued
        return self.question.scheme.bucket(state.day - base[state.item])

    def _lost(self, minor: Minor, item: Ids) -> Minor:
        """Losses with or without tax, as the policy says."""
        if self.question.policy("accounting.vat")["losses"] == "without":
            return self.arrays.without_tax(minor, item)
        return minor

    def _month_of(self, day: NDArray[np.int32]) -> Ids:
        """The month end each day belongs to, as a number; the first one takes everything earlier."""
        return np.searchsorted([day_number(end) for end in self.question.ends], day, side="left")

    def _by_month(self, measure_name: str, day: NDArray[np.int32], minor: Minor) -> None:
        """Sums by period."""
        by_month = sum_by(self._month_of(day), minor, len(self.question.ends) + 1)
        for end, amount in zip(self.question.ends, by_month.tolist(), strict=False):
            if amount:
                self._add(measure_name, end, np.array([amount]))

    def _sales(self) -> None:
        arrays = self.arrays
        notes = np.flatnonzero(arrays.kind == KINDS.index("credit_note"))
        sales = np.flatnonzero(self.is_sale)
        for name, items in (("invoiced", sales), ("credit_notes", notes)):
            self._by_month(name, arrays.issued[items], arrays.reporting(arrays.amount[items], items))
            self._by_month(f"{name}_tax", arrays.issued[items], arrays.reporting(arrays.tax[items], items))

    def _cash(self) -> None:
        arrays = self.arrays
        receipt = arrays.kind == KINDS.index("receipt")
        cash = receipt & ~arrays.is_indemnity & ~arrays.is_set_off
        back = arrays.is_bill_ended & (arrays.kind == KINDS.index("refund"))
        for name, mine in (("receipts", cash | back), ("indemnity", receipt & arrays.is_indemnity)):
            items = np.flatnonzero(mine)
            minor = arrays.reporting(arrays.amount[items], items)
            self._by_month(name, arrays.issued[items], np.where(back[items], -minor, minor))

    def _losses(self) -> None:
        arrays = self.arrays
        recovered = (arrays.how == CASH) & arrays.is_recovery[arrays.debit]
        write_offs, indemnified = arrays.how == WRITE_OFF, arrays.how == INDEMNIFIED
        for name, mine in (("write_offs", write_offs), ("indemnified", indemnified), ("recoveries", recovered)):
            rows = np.flatnonzero(mine)
            item = arrays.debit[rows]
            booked = arrays.reporting(arrays.settled[rows], item)
            lost = arrays.reporting(self._lost(arrays.settled[rows], item), item)
            self._by_month(name, arrays.allocated[rows], lost)
            after = day_number(self.question.opening)
            inside = (arrays.allocated[rows] > after) & (arrays.allocated[rows] <= day_number(self.question.on))
            self._add(f"{name} booked", self.question.on, booked[inside])

    def _ageing(self) -> pl.DataFrame:
        rows = ageing(self.ledger, as_of=self.question.as_of, scheme=self.question.scheme, rates=self.question.rates)
        named = rows.drop("customer_id").join(
            self.ledger.accounts.join(self.ledger.customers.select("customer_id", "customer_code"), on="customer_id"),
            on="account_id",
        )
        amounts = [name for name in rows.columns if name.endswith("_minor")]
        return named.select("customer_code", "entity", "currency", *amounts)

    def _customers(self) -> pl.DataFrame:
        question, state = self.question, self.last
        if state is None:
            raise Broken("The walk has no last day.")
        policy = question.policy("house.behaviour")
        window = behaviour.Window.of(question.on, policy)
        sums = behaviour.payments(self.arrays, state, window=window, grace_days=policy["grace_days"])
        size, width = self.ledger.customers.height, len(question.loss_buckets)
        customer = self.customer[state.item]
        cells = sum_by(customer * width + self._loss_bucket(state), state.reporting_minor, size * width)
        pools = pl.Series("pool", [self.pool_names[k] for k in self.pool.tolist()], dtype=pl.String)
        return self.ledger.customers.select(
            "customer_code", "name", "country", "sector", "group_code"
        ).with_columns(
            pools,
            *behaviour.habits(sums, on=question.on, policy=policy).get_columns(),
            pl.Series("sales_12m_minor", self._year_sales(size)),
            pl.Series("loss_12m_minor", self._year_losses(size)),
            pl.Series("disputed_late_minor", self._disputed_late(state, size)),
            pl.Series("default_minor", sum_by(customer, self._default(state, question.on), size)),
            *(pl.Series(f"loss_bucket_{k}", cells.reshape(size, width)[:, k].copy()) for k in range(width)),
        )  # fmt: skip

    def _disputed_late(self, state: State, size: int) -> Minor:
        """By customer: of what is overdue, what is disputed."""
        late = np.flatnonzero(self.arrays.due[state.item] < state.day)
        item = state.item[late]
        minor = np.minimum(self._disputed(self.question.on)[item], state.open_minor[late])
        return sum_by(self.customer[item], self.arrays.reporting(minor, item), size)

    def _year_sales(self, size: int) -> Minor:
        arrays, after, upto = self.arrays, day_number(self.question.year_before), day_number(self.question.on)
        inside = (arrays.issued > after) & (arrays.issued <= upto)
        signed = self.is_sale.astype(np.int64) - (arrays.kind == KINDS.index("credit_note"))
        items = np.flatnonzero(inside & (signed != 0))
        return sum_by(self.customer[items], arrays.reporting(arrays.amount[items], items) * signed[items], size)

    def _year_losses(self, size: int) -> Minor:
        arrays, after, upto = self.arrays, day_number(self.question.year_before), day_number(self.question.on)
        inside = (arrays.allocated > after) & (arrays.allocated <= upto)
        rows = np.flatnonzero(inside & ((arrays.how == WRITE_OFF) | (arrays.how == INDEMNIFIED)))
        item = arrays.debit[rows]
        return sum_by(self.customer[item], arrays.reporting(arrays.settled[rows], item), size)


def _stacked(schema: Mapping[str, Any], frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def total(minor: Minor) -> int:
    """A sum as a Python integer.

    Raises:
        Broken: it could leave the range of 64-bit integers.
    """
    if float(np.abs(minor.astype(np.float64)).sum()) >= SUM_LIMIT:
        raise Broken("A sum of amounts is beyond the range of 64-bit integers.")
    return int(minor.sum())
