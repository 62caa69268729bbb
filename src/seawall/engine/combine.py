"""The second half of a run: the integers of all partitions summed, divided once, and laid out as the report."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine import report as tables
from seawall.engine.action.worklist import worklist
from seawall.engine.combine_rates import RatesOfRun, Rows, summed
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.rounding import ratio
from seawall.engine.ledger import turnover
from seawall.engine.ledger.flows import Flows
from seawall.engine.protection import expected_loss, journal
from seawall.engine.protection.loss_ratio import Losses, loss_ratio
from seawall.engine.question import YEAR
from seawall.engine.risk import concentration, loss_rates, roll_rates

INDIVIDUAL = "individual"


@dataclass(frozen=True)
class Combined(RatesOfRun):
    """All partitions of one run together; every property is one table or one step towards it."""

    # -- sums -------------------------------------------------------------------------------------------

    def year_sum(self, measure: str, at: int) -> int:
        """A sum over the twelve periods that end with ``ends[at]``."""
        return sum(self.sum_of(measure, end) for end in self.question.ends[max(at - YEAR + 1, 0) : at + 1])

    @cached_property
    def ageing(self) -> pl.DataFrame:
        return pl.concat([part.ageing for part in self.parts]).sort("customer_code", "entity", "currency")

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
