"""The second half of a run: the integers of all partitions summed, divided once, and laid out as the report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine import report as tables
from seawall.engine.action.worklist import worklist
from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.rounding import ratio
from seawall.engine.ledger import turnover
from seawall.engine.ledger.flows import Flows
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.partition import Accumulators
from seawall.engine.protection import expected_loss, journal
from seawall.engine.protection.loss_ratio import Losses, loss_ratio
from seawall.engine.question import YEAR, Question
from seawall.engine.risk import concentration, loss_rates, roll_rates

INDIVIDUAL = "individual"
Rows = list[dict[str, Any]]


def summed(frames: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """Rows of all partitions added up under their keys, in the order of the keys.

    The sums are made in 128 bits; the cast back raises where one does not fit 64.
    """
    whole = pl.concat(frames)
    values = [name for name in whole.columns if name not in keys]
    return (
        whole.group_by(keys).agg(pl.col(name).cast(pl.Int128).sum() for name in values)
        .with_columns(pl.col(name).cast(pl.Int64) for name in values)
        .sort(keys, nulls_last=True)
    )  # fmt: skip


@dataclass(frozen=True)
class Combined:
    """All partitions of one run together; every property is one table or one step towards it."""

    question: Question
    parts: Sequence[Accumulators]

    # -- sums -------------------------------------------------------------------------------------------

    @cached_property
    def series(self) -> dict[tuple[str, dt.date, dt.date | None], int]:
        rows = summed([part.series for part in self.parts], ("measure", "on", "month"))
        return {(name, on, month): minor for name, on, month, minor in rows.iter_rows()}

    def sum_of(self, measure: str, on: dt.date, month: dt.date | None = None) -> int:
        """One sum; 0 where no partition had any."""
        return self.series.get((measure, on, month), 0)

    def year_sum(self, measure: str, at: int) -> int:
        """A sum over the twelve periods that end with ``ends[at]``."""
        return sum(self.sum_of(measure, end) for end in self.question.ends[max(at - YEAR + 1, 0) : at + 1])

    @cached_property
    def ageing(self) -> pl.DataFrame:
        return pl.concat([part.ageing for part in self.parts]).sort("customer_code", "entity", "currency")

    @cached_property
    def cohorts(self) -> pl.DataFrame:
        return summed([part.cohorts for part in self.parts], ("on", "pool", "bucket", "replicate"))

    @cached_property
    def gross(self) -> pl.DataFrame:
        return summed([part.gross for part in self.parts], ("on", "pool", "bucket"))

    @cached_property
    def balances(self) -> pl.DataFrame:
        return summed([part.balances for part in self.parts], ("step", "on", "bucket"))

    @cached_property
    def flows(self) -> pl.DataFrame:
        return summed([part.flows for part in self.parts], ("step", "on", "bucket", "state"))

    # -- months -----------------------------------------------------------------------------------------

    @cached_property
    def known_ends(self) -> list[dt.date]:
        """Period ends the ledger says something about, and the one before them."""
        question = self.question
        ends = [end for end in question.ends if question.is_known(end)]
        active = {on for name, on, _ in self.series if name in ("invoiced", "open", "receipts")}
        first = next((k for k, end in enumerate(ends) if end in active), len(ends) - 1)
        return ends[max(first - 1, 0) :]

    @cached_property
    def flow_sums(self) -> Flows:
        """The sums behind days sales outstanding, as the ledger room divides them."""
        ends = self.known_ends

        def row(measure: str) -> NDArray[np.int64]:
            return np.array([[self.sum_of(measure, end) for end in ends]], dtype=np.int64)

        by_issue = [[self.sum_of("open_by_issue", on, month) for month in ends] for on in ends]
        tax = row("invoiced_tax") - row("credit_notes_tax")
        return Flows(
            keys=pl.DataFrame({"currency": [self.question.rates.reporting]}), ends=tuple(ends),
            invoiced=row("invoiced"), credit_notes=row("credit_notes"),
            sales_ex_vat=row("invoiced") - row("credit_notes") - tax,
            open=row("open"), overdue=row("overdue"), open_by_issue=np.array([by_issue], dtype=np.int64),
        )  # fmt: skip

    @cached_property
    def months(self) -> pl.DataFrame:
        shown = [end for end in self.question.shown if end in self.known_ends]
        months = self.question.policy("house.dso")["months"]
        ratios = turnover.figures(self.flow_sums, trend=len(shown), months=months).filter(pl.col("on").is_in(shown))
        names = {"dso_days": "simple_days", "dso_countback_days": "countback_days", "dso_best_days": "best_days",
                 "dso_delinquent_days": "delinquent_days", "dso_sales_weighted_days": "sales_weighted_days",
                 "cei_rate": "cei_rate"}  # fmt: skip
        rows: Rows = [
            self._month(end) | {name: found[column] for name, column in names.items()}
            for end, found in zip(shown, ratios.iter_rows(named=True), strict=True)
        ]
        return tables.MONTHS.frame(rows)

    def _month(self, end: dt.date) -> dict[str, Any]:
        sold, notes = self.sum_of("invoiced", end), self.sum_of("credit_notes", end)
        tax = self.sum_of("invoiced_tax", end) - self.sum_of("credit_notes_tax", end)
        same = ("receipts", "open", "overdue", "default", "write_offs", "indemnified", "recoveries", "indemnity")
        net, sales = self.losses(end).net_minor, self.year_sales(end)
        return {
            "on": end, "sales_minor": sold - notes, "sales_ex_vat_minor": sold - notes - tax,
            **{f"{name}_minor": self.sum_of(name, end) for name in same},
            "sales_12m_ex_vat_minor": self.year_sales(end, with_tax=False), "net_loss_12m_minor": net,
            "loss_ratio_rate": loss_ratio(net, sales) if self.year_is_known(end) else None,
        }  # fmt: skip

    def year_is_known(self, end: dt.date) -> bool:
        return self.question.is_known(self.question.ends[max(self.question.ends.index(end) - YEAR, 0)])

    def losses(self, end: dt.date) -> Losses:
        """Losses of the twelve periods up to one of the period ends."""
        at = self.question.ends.index(end)
        names = ("write_offs", "indemnified", "recoveries", "indemnity")
        sums = {f"{name}_minor": self.year_sum(name, at) for name in names}
        return Losses(unpaid_default_minor=self.sum_of("default", end), **sums)

    def year_sales(self, end: dt.date, *, with_tax: bool | None = None) -> int:
        """Credit sales of twelve periods; tax as the policy has it for the loss ratio, unless said."""
        at = self.question.ends.index(end)
        taxed = self.question.policy("accounting.vat")["sales"] == "with" if with_tax is None else with_tax
        sold = self.year_sum("invoiced", at) - self.year_sum("credit_notes", at)
        return sold if taxed else sold - self.year_sum("invoiced_tax", at) + self.year_sum("credit_notes_tax", at)

    # -- roll rates -------------------------------------------------------------------------------------

    def _migration(self, step: roll_rates.Step, upto: dt.date) -> tuple[list[dt.date], roll_rates.Migration, Any]:
        """Stops, rates and balances of one step, seen from a day."""
        limit = self.question.month_stops if step == "month" else self.question.year_stops
        stops = [stop for stop in limit if stop <= upto][-(roll_rates.MONTH_STEPS + 1) :]
        width = len(roll_rates.bucket_names(step))
        rows = self.balances.filter(pl.col("step") == step)
        value = {(on, k): (open_, lost) for _, on, k, open_, lost in rows.iter_rows()}
        cells = np.array([[value.get((on, k), (0, 0)) for k in range(width)] for on in stops], dtype=np.int64)
        cells = cells.reshape(len(stops), width, 2)
        final_loss = self.question.policy("accounting.final_loss", upto)
        return stops, roll_rates.migration(cells[:, :, 0], cells[1:, :, 1], final_loss=final_loss), cells

    @cached_property
    def roll_steps(self) -> pl.DataFrame:
        rows: Rows = []
        for step in ("month", "year"):
            stops, found, cells = self._migration(step, self.question.on)
            names = roll_rates.bucket_names(step)
            rows += [
                {
                    "step": step, "on": stops[t + 1], "ordinal": k, "bucket": names[k],
                    "from_minor": int(cells[t, k, 0]), "to_minor": int(found.into[t, k]),
                    "written_off_minor": int(found.added[t, k]),
                    "roll_rate": found.ratios[t][k],
                }
                for t in range(len(stops) - 1)
                for k in range(len(names) - 1)
            ]  # fmt: skip
        return tables.ROLL_STEPS.frame(rows)

    @cached_property
    def roll_rates(self) -> pl.DataFrame:
        rows: Rows = []
        for step in ("month", "year"):
            stops, found, _ = self._migration(step, self.question.on)
            names = roll_rates.bucket_names(step)
            by_item = roll_rates.absorbed(self._flow_matrix(step, stops[1:], len(names)))
            rows += [
                {
                    "step": step, "ordinal": k, "bucket": name,
                    "next_bucket": names[k + 1] if k < len(names) - 1 else roll_rates.WRITTEN_OFF,
                    "steps": found.steps[k] if k < len(found.steps) else 0,
                    "roll_rate": found.roll[k] if k < len(found.roll) else None,
                    "loss_rate": found.loss[k], "item_loss_rate": by_item[k],
                }
                for k, name in enumerate(names)
            ]  # fmt: skip
        return tables.ROLL_RATES.frame(rows)

    def _flow_matrix(self, step: str, stops: Sequence[dt.date], width: int) -> NDArray[np.int64]:
        matrix = np.zeros((width, width + 2), dtype=np.int64)
        rows = self.flows.filter(pl.col("step") == step, pl.col("on").is_in(list(stops)))
        np.add.at(matrix, (rows["bucket"].to_numpy(), rows["state"].to_numpy()), rows["amount_minor"].to_numpy())
        return matrix

    @cached_property
    def roll_flows(self) -> pl.DataFrame:
        frames = [tables.ROLL_FLOWS.empty()]
        for step in ("month", "year"):
            names = [*roll_rates.bucket_names(step), roll_rates.PAID, roll_rates.WRITTEN_OFF]
            stops = self._migration(step, self.question.on)[0]
            mine = self.flows.filter(pl.col("step") == step, pl.col("on").is_in(stops[1:]))
            frames.append(
                mine.select(
                    "step", "on",
                    *(pl.Series(name, [names[k] for k in mine[name]], dtype=pl.String) for name in ("bucket", "state")),
                    "amount_minor", "items",
                )
            )  # fmt: skip
        return pl.concat(frames).sort("step", "on", "bucket", "state")

    # -- loss rates and provision -----------------------------------------------------------------------

    def _loss_rows(self, on: dt.date) -> Rows:
        """Loss rates by cohort as of a day, of all pools together and of each."""
        question, scheme = self.question, self.question.scheme
        floors = loss_rates.by_days(
            question.policy("accounting.ecl_floor", on), scheme, policy_id="accounting.ecl_floor"
        )
        rule = question.policy("accounting.shrinkage", on)
        final_loss = question.policy("accounting.final_loss", on)
        rows: Rows = []
        for pool in self._pools():
            for k, own in enumerate(self._observed(on, pool)):
                used = loss_rates.used(
                    own, floor=floors[k], enough=rule["enough_customers"],
                    half_weight=rule["half_weight_customers"], final_loss=final_loss,
                )  # fmt: skip
                rows.append({
                    "pool": pool, "ordinal": k, "bucket": scheme.names[k],
                    "reached_minor": own.reached_minor, "lost_minor": own.lost_minor,
                    "customers": own.customers, "customers_lost": own.customers_lost,
                    "own_rate": own.rate, "low_rate": own.low, "high_rate": own.high, "floor_rate": floors[k],
                    "weight_rate": used.weight, "rate": used.rate, "basis": used.basis,
                })  # fmt: skip
        return rows

    def _pools(self) -> list[str]:
        found = {*self.gross["pool"].to_list(), *self.cohorts["pool"].to_list()} - {loss_rates.ALL}
        return [loss_rates.ALL, *sorted(found)]

    def _observed(self, on: dt.date, pool: str) -> list[loss_rates.Observed]:
        rows = self.cohorts.filter(pl.col("on") == on)
        if pool != loss_rates.ALL:
            rows = rows.filter(pl.col("pool") == pool)
        sums = summed([rows.drop("on", "pool")], ("bucket", "replicate"))
        width = len(self.question.scheme.names)
        cell = (sums["bucket"].to_numpy(), sums["replicate"].to_numpy())
        grids = np.zeros((4, width, loss_rates.REPLICATES), dtype=np.int64)
        for grid, name in zip(grids, ("ended_minor", "lost_minor", "customers", "customers_lost"), strict=True):
            grid[cell] = sums[name].to_numpy()
        return loss_rates.observed(grids[0], grids[1], grids[2].sum(axis=1), grids[3].sum(axis=1))

    @cached_property
    def loss_rates(self) -> pl.DataFrame:
        return tables.LOSS_RATES.frame(self._loss_rows(self.question.on))

    def _rates(self, on: dt.date) -> dict[tuple[str, int], tuple[float, str]]:
        """Rate and basis by pool and bucket, by the method of the run and the policies of a day."""
        question = self.question
        if question.method == "cohort_loss_rate":
            return {(row["pool"], row["ordinal"]): (row["rate"], row["basis"]) for row in self._loss_rows(on)}
        if question.method == "ageing_percentages":
            percent = loss_rates.by_days(
                question.policy("accounting.ageing_percentages", on), question.scheme,
                policy_id="accounting.ageing_percentages",
            )  # fmt: skip
            each = [(rate, "policy") for rate in percent]
        else:
            each = self._migration_rates(on)
        return {(pool, k): found for pool in self._pools() for k, found in enumerate(each)}

    def _migration_rates(self, on: dt.date) -> list[tuple[float, str]]:
        step = self.question.loss_step or "month"
        floor_policy = self.question.policy("accounting.ecl_floor", on)
        edges = roll_rates.MONTHLY.edges if step == "month" else tuple(365 * n for n in range(1, roll_rates.YEARS + 1))
        floors = loss_rates.by_days(
            floor_policy, Scheme(edges, roll_rates.base_of(step)), policy_id="accounting.ecl_floor"
        )
        found = self._migration(step, on)[1]
        has_loss = any(found.steps) and all(rate is not None for rate in found.roll)
        return [
            (rate, "own") if rate is not None and has_loss else (floors[k], "floor")
            for k, rate in enumerate(found.loss)
        ]  # fmt: skip

    def factor(self, on: dt.date) -> float:
        question = self.question
        return expected_loss.forward_factor(
            float(question.policy("accounting.forward_looking", on)["factor"]),
            standard=question.standard, standards=question.policy("accounting.standards", on),
        )  # fmt: skip

    def _provision_rows(self, on: dt.date) -> Rows:
        names, rates, factor = self.question.loss_buckets, self._rates(on), self.factor(on)
        gross = {(pool, k): row for pool, k, *row in self.gross.filter(pl.col("on") == on).drop("on").iter_rows()}
        rows: Rows = []
        for pool in sorted({pool for pool, _ in gross} or {loss_rates.ALL}):
            amounts = [gross.get((pool, k), [0, 0]) for k in range(len(names))]
            used = [rates[pool, k] for k in range(len(names))]
            matrix = expected_loss.matrix([a[0] for a in amounts], [rate for rate, _ in used], factor=factor)
            rows += [
                {
                    "pool": pool, "ordinal": k, "bucket": names[k], "gross_minor": row.gross_minor,
                    "default_minor": amounts[k][1], "rate": row.rate, "forward_factor": row.forward_factor,
                    "applied_rate": row.applied_rate, "ecl_minor": row.ecl_minor, "basis": used[k][1],
                }
                for k, row in enumerate(matrix)
            ]  # fmt: skip
        return rows

    @cached_property
    def provision(self) -> pl.DataFrame:
        rows = self._provision_rows(self.question.on)
        own = self.customers.filter(pl.col("assessed") == INDIVIDUAL)
        if own.height:
            gross, loss = sum(own["open_minor"].to_list()), sum(own["ecl_minor"].to_list())
            rows.append({
                "pool": INDIVIDUAL, "ordinal": 0, "bucket": loss_rates.ALL, "gross_minor": gross,
                "default_minor": sum(own["default_minor"].to_list()), "rate": ratio(loss, gross) or 0.0,
                "forward_factor": 1.0, "applied_rate": ratio(loss, gross) or 0.0, "ecl_minor": loss,
                "basis": INDIVIDUAL,
            })  # fmt: skip
        return tables.PROVISION.frame(rows)

    @property
    def ecl_minor(self) -> int:
        return sum(self.provision["ecl_minor"].to_list())

    # -- customers --------------------------------------------------------------------------------------

    @cached_property
    def customers(self) -> pl.DataFrame:
        """Everything known of each customer: the columns of the report's table, and those the worklist needs."""
        people = pl.concat([part.customers for part in self.parts]).sort("customer_code")
        people = people.join(self._aged(), on="customer_code", how="left", maintain_order="left")
        minor = pl.selectors.ends_with("_minor")
        people = people.with_columns(minor.fill_null(0), *self._losses_of(people))
        rule = self.question.policy("accounting.default_definition")
        whole = sum(people["open_minor"].to_list())
        days = (self.question.on - self.question.year_before).days
        return people.with_columns(
            share_rate=pl.Series(people["open_minor"].to_numpy() / max(whole, 1), dtype=pl.Float64),
            dso_days=pl.when(pl.col("sales_12m_minor") > 0).then(
                pl.col("open_minor") / pl.col("sales_12m_minor") * days
            ),
            is_default=pl.col("default_minor") > pl.col("open_minor") * rule["materiality_rate"],
        )  # fmt: skip

    def _aged(self) -> pl.DataFrame:
        names = ("open", "overdue", "unapplied", "disputed", *self.question.scheme.names)
        columns = {f"{name}_reporting_minor": f"{name}_minor" for name in names}
        rows = self.ageing.select("customer_code", *columns).rename(columns)
        return summed([rows], ("customer_code",))

    def _losses_of(self, people: pl.DataFrame) -> list[pl.Series]:
        """Expected loss of each customer, and of what is overdue of it; individual assessments go first."""
        question = self.question
        width = len(question.loss_buckets)
        buckets = people.select(f"loss_bucket_{k}" for k in range(width)).to_numpy().astype(np.int64)
        rates, factor = self._rates(question.on), self.factor(question.on)
        names = self._pools()
        by_pool = np.array(
            [[expected_loss.applied(rates[pool, k][0], factor=factor) for k in range(width)] for pool in names]
        )
        pool = people["pool"].replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).to_numpy()
        cells = expected_loss.by_cell(buckets, by_pool[pool])
        ecl = cells.sum(axis=1)
        worth = cells[:, self._first_late_bucket() :].sum(axis=1)
        single = people["customer_code"].is_in(list(question.individual)).to_numpy()
        for row in np.flatnonzero(single).tolist():
            ecl[row] = question.individual[people["customer_code"][row]].ecl_minor
        assessed = np.where(single, INDIVIDUAL, "collective").tolist()
        return [
            pl.Series("ecl_minor", ecl), pl.Series("worth_minor", worth),
            pl.Series("assessed", assessed, dtype=pl.String),
        ]  # fmt: skip

    def _first_late_bucket(self) -> int:
        """The first bucket of overdue amounts; 0 where buckets count from the issue day."""
        if self.question.loss_step == "year" or self.question.scheme.by == "issue":
            return 0
        edges = roll_rates.MONTHLY.edges if self.question.loss_step else self.question.scheme.edges
        return sum(edge <= 0 for edge in edges)

    @cached_property
    def customer_table(self) -> pl.DataFrame:
        buckets = [f"{name}_minor" for name in self.question.scheme.names]
        return self.customers.select(*tables.CUSTOMERS.columns, *buckets)

    @cached_property
    def worklist(self) -> pl.DataFrame:
        rows = worklist(
            self.customers, policy=self.question.policy("house.worklist"),
            minor_per_major=10 ** exponent(self.question.rates.reporting),
        )  # fmt: skip
        return rows.select(*tables.WORKLIST.columns)

    # -- concentration ----------------------------------------------------------------------------------

    def _amounts(self, dimension: str) -> pl.DataFrame:
        if dimension in ("entity", "currency"):
            rows = self.ageing.select(dimension, open_minor="open_reporting_minor")
            return concentration.by_code(rows, dimension)
        column = {"customer": "customer_code", "group": "group_code"}.get(dimension, dimension)
        return concentration.by_code(self.customers, column)

    @cached_property
    def concentration(self) -> pl.DataFrame:
        limits = self.question.policy("house.concentration")
        found = [concentration.measures(name, self._amounts(name), limits) for name in concentration.DIMENSIONS]
        return pl.concat(found).sort("dimension", "measure")

    @cached_property
    def largest(self) -> pl.DataFrame:
        limits = self.question.policy("house.concentration")
        found = [concentration.largest(name, self._amounts(name), limits) for name in concentration.DIMENSIONS]
        return pl.concat(found).sort("dimension", "rank")

    # -- allowance --------------------------------------------------------------------------------------

    @cached_property
    def movement(self) -> journal.Movement | None:
        """The allowance's movement; None where the ledger knows nothing about the opening."""
        question = self.question
        if not question.is_known(question.opening):
            return None
        opening = sum(row["ecl_minor"] for row in self._provision_rows(question.opening))
        opening += sum(found.opening_minor for found in question.individual.values())
        return journal.Movement(
            opening_minor=opening,
            write_offs_minor=self.sum_of("write_offs booked", question.on),
            recoveries_minor=self.sum_of("recoveries booked", question.on),
            closing_minor=self.ecl_minor,
        )

    @cached_property
    def allowance(self) -> pl.DataFrame:
        rows = self.movement.rows(self.question.opening, self.question.on) if self.movement else []
        return tables.ALLOWANCE.frame(rows)

    @cached_property
    def journal(self) -> pl.DataFrame:
        accounts = self.question.policy("accounting.journal_accounts")
        return tables.JOURNAL.frame(journal.entries(self.movement, accounts) if self.movement else [])
