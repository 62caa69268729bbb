"""Why a headline figure is what it is: from the report's own tables and the policies in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import polars as pl

from seawall.engine import explain_formulas  # noqa: F401 - registers what traces name
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.report import Report

TITLES = {
    "open_minor": "Open receivables", "overdue_minor": "Overdue", "unapplied_minor": "Received and not applied",
    "disputed_minor": "Disputed", "overdue_rate": "Share overdue", "customers": "Customers that owe something",
    "customers_overdue": "Customers overdue", "customers_default": "Customers in default",
    "default_minor": "In default",
    "dso_days": "Days sales outstanding", "dso_countback_days": "Days sales outstanding, countback",
    "dso_best_days": "Best possible days sales outstanding", "dso_delinquent_days": "Average days delinquent",
    "dso_sales_weighted_days": "Days sales outstanding, weighted by sales", "cei_rate": "Collection effectiveness",
    "beyond_terms_days": "Days beyond terms, weighted", "beyond_terms_clipped_days": "Days beyond terms, early as 0",
    "on_time_rate": "Paid on time, by value", "customers_pattern_broken": "Customers that broke their habit",
    "ecl_minor": "Expected credit loss", "ecl_rate": "Expected credit loss over receivables",
    "ecl_rounding_minor": "Rounding difference of the customers' losses",
    "allowance_opening_minor": "Allowance at the beginning", "allowance_charge_minor": "Charge of the period",
    "sales_12m_minor": "Credit sales of twelve months", "write_offs_12m_minor": "Written off in twelve months",
    "indemnified_12m_minor": "Claims settled by insurers in twelve months",
    "unpaid_default_minor": "Unpaid claims in default", "recoveries_12m_minor": "Recovered in twelve months",
    "indemnity_12m_minor": "Indemnities of twelve months", "gross_loss_12m_minor": "Gross loss of twelve months",
    "net_loss_12m_minor": "Net loss of twelve months", "loss_ratio_rate": "Net loss over credit sales",
    "loss_ratio_realised_rate": "Realised net loss over credit sales",
    "loss_ratio_expected_rate": "Expected loss of what is sold", "loss_aim_rate": "Aim for the net loss",
    "hhi": "Herfindahl index of receivables", "effective_number": "Effective number of customers",
    "cr1_rate": "Share of the largest customer", "cr5_rate": "Share of the five largest customers",
    "cr10_rate": "Share of the ten largest customers", "worklist_customers": "Customers to call",
    "worklist_minor": "At stake in the worklist", "worklist_worth_minor": "Expected loss in the worklist",
}  # fmt: skip
"""Titles of the headline figures, to be translated."""


class Below(Protocol):
    """What the ledger adds below a leaf; each gives the leaf itself where it has nothing to add."""

    def figure(self, name: str, leaf: Step) -> Step:
        """Below a headline figure."""

    def gross(self, row: Mapping[str, Any], leaf: Step) -> Step:
        """Below the gross amount of a row of the provision."""

    def sold(self, leaf: Step, after: dt.date, upto: dt.date) -> Step:
        """Below the credit sales of a month."""


@dataclass(frozen=True)
class Headline:
    report: Report
    policies: Policies
    below: Below | None = None
    """The way down to customers and documents; without it a trace ends at the report's tables."""

    def step(self, name: str) -> Step:
        """The figure by the way it was made; one without a way of its own stands for its table's row."""
        ways: dict[str, Callable[[], Step]] = {
            "ecl_minor": self.ecl, "ecl_rate": self.ecl_rate, "overdue_rate": self.overdue_rate,
            "open_minor": self.open_, "loss_ratio_rate": self.loss_ratio, "net_loss_12m_minor": self.net_loss,
            "gross_loss_12m_minor": self.gross_loss, "loss_ratio_realised_rate": self.realised,
            "loss_ratio_expected_rate": self.expected, "dso_days": self.dso, "dso_best_days": self.dso_best,
            "dso_delinquent_days": self.dso_delinquent, "dso_countback_days": self.countback, "cei_rate": self.cei,
            "allowance_charge_minor": self.charge, "loss_aim_rate": self.aim,
            "effective_number": self.effective_number,
        }  # fmt: skip
        if name not in self.report.figures["name"].to_list():
            raise UsageError("There is no figure {figure}.", figure=name)
        return ways[name]() if name in ways and self.report.figure(name) is not None else self.figure(name)

    def figure(self, name: str) -> Step:
        """The figure down to customers or documents, where there is a ledger and it is made of them."""
        leaf = self.leaf(name)
        return leaf if self.below is None or leaf.value is None else self.below.figure(name, leaf)

    def leaf(self, name: str) -> Step:
        row = self.report.figures.filter(pl.col("name") == name).row(0, named=True)
        source = Source("table", "figures", name)
        return Step(TITLES[name], self.report.figure(name), row["unit"], row["currency"] or "", source=source)

    def money(self, label: str, minor: int, table: str, at: str) -> Step:
        return Step(label, minor, "money", self.report.currency, source=Source("table", table, at))

    def policy(self, policy_id: str, *, part: str = "", unit: str = "rate") -> Step:
        found = self.policies.at(policy_id, self.report.as_of.on)
        value = found.value[part] if part else found.value
        source = Source("policy", policy_id, str(found.from_day), found.source)
        return Step(self.policies.by_id[policy_id].title, value, unit, source=source)

    def aim(self) -> Step:
        return self.policy("house.loss_aim")

    def effective_number(self) -> Step:
        return worked("one_over", TITLES["effective_number"], "number", [self.figure("hhi")])

    def open_(self) -> Step:
        """By customer; by bucket where there is no ledger to go down into."""
        if self.below is not None:
            return self.figure("open_minor")
        rows = [
            self.money("Bucket {bucket}", _total(self.report.customers, f"{name}_minor"), "customers", f"{name}_minor")
            for name in self.report.scheme.names
        ]
        named = [_with(step, bucket=name) for step, name in zip(rows, self.report.scheme.names, strict=True)]
        return worked("sum", TITLES["open_minor"], "money", named, currency=self.report.currency)

    def overdue_rate(self) -> Step:
        return worked("ratio", TITLES["overdue_rate"], "rate", [self.figure("overdue_minor"), self.open_()])

    def ecl(self) -> Step:
        rows = [self.provision_row(row) for row in self.report.provision.iter_rows(named=True)]
        return worked("sum", TITLES["ecl_minor"], "money", rows, currency=self.report.currency)

    def ecl_rate(self) -> Step:
        gross = self.money("Gross amount", _total(self.report.provision, "gross_minor"), "provision", "gross_minor")
        return worked("ratio", TITLES["ecl_rate"], "rate", [self.ecl(), gross])

    def provision_row(self, row: dict[str, Any]) -> Step:
        at, currency = f"{row['pool']}, {row['bucket']}", self.report.currency
        if row["basis"] == "individual":
            return Step("Individual assessment", row["ecl_minor"], "money", currency,
                        source=Source("table", "provision", at))  # fmt: skip
        rate = self.applied_rate(row)
        gross = self.money("Gross amount", row["gross_minor"], "provision", at)
        if self.below is not None:
            gross = self.below.gross(row, gross)
        return worked(
            "row_loss", "Expected loss of {pool}, {bucket}", "money", [gross, rate],
            currency=currency, pool=row["pool"], bucket=row["bucket"],
        )  # fmt: skip

    def applied_rate(self, row: dict[str, Any]) -> Step:
        factor = Step("Forward-looking factor", row["forward_factor"], "number",
                      source=self.policy("accounting.forward_looking", part="factor").source)  # fmt: skip
        return worked("applied_rate", "Applied loss rate", "rate", [self.loss_rate(row), factor])

    def loss_rate(self, row: dict[str, Any]) -> Step:
        """The rate by its basis; of the cohort method down to what reached the bucket and what was lost."""
        if self.report.method != "cohort_loss_rate":
            given = "final_loss" if self.report.method == "migration" else "ageing_percentages"
            policy = {"own": None, "floor": "accounting.ecl_floor", "policy": f"accounting.{given}"}[row["basis"]]
            source = Source("policy", policy, row["bucket"]) if policy else Source("table", "roll_rates", row["bucket"])
            return Step("Loss rate", row["rate"], "rate", source=source)
        at = (pl.col("pool") == row["pool"]) & (pl.col("ordinal") == row["ordinal"])
        return self.cohort_rate(self.report.loss_rates.filter(at).row(0, named=True))

    def cohort_rate(self, found: dict[str, Any]) -> Step:
        at = f"{found['pool']}, {found['bucket']}"
        floor = Step("Floor", found["floor_rate"], "rate", source=self._floor_source())
        if found["basis"] == "floor":
            return floor
        final = self.policy("accounting.final_loss")
        lost = self.money("Lost of the cohort", found["lost_minor"], "loss_rates", at)
        reached = self.money("Cohort that reached the bucket", found["reached_minor"], "loss_rates", at)
        if found["basis"] == "own":
            return worked("own_rate", "Loss rate of the cohort", "rate", [lost, reached, final])
        own = worked("ratio", "Own loss rate", "rate", [lost, reached])
        weight = Step("Weight of the own rate", found["weight_rate"], "rate",
                      source=Source("policy", "accounting.shrinkage", at))  # fmt: skip
        return worked("shrunk_rate", "Loss rate drawn towards the floor", "rate", [own, weight, floor, final])

    def _floor_source(self) -> Source:
        found = self.policies.at("accounting.ecl_floor", self.report.as_of.on)
        return Source("policy", found.policy_id, str(found.from_day), found.source)

    def gross_loss(self) -> Step:
        names = ("write_offs_12m_minor", "indemnified_12m_minor", "unpaid_default_minor")
        inputs = [self.figure(name) for name in names]
        return worked("sum", TITLES["gross_loss_12m_minor"], "money", inputs, currency=self.report.currency)

    def net_loss(self) -> Step:
        back = [self.figure(name) for name in ("recoveries_12m_minor", "indemnity_12m_minor")]
        inputs = [self.gross_loss(), *back]
        return worked("less", TITLES["net_loss_12m_minor"], "money", inputs, currency=self.report.currency)

    def loss_ratio(self) -> Step:
        inputs = [self.net_loss(), self.figure("sales_12m_minor")]
        return worked("share_of_sales", TITLES["loss_ratio_rate"], "rate", inputs)

    def realised(self) -> Step:
        inputs = [self.net_loss(), self.leaf("unpaid_default_minor")]
        label, currency = "Net loss without claims that may still be paid", self.report.currency
        lost = worked("less", label, "money", inputs, currency=currency)
        return worked(
            "share_of_sales", TITLES["loss_ratio_realised_rate"], "rate", [lost, self.figure("sales_12m_minor")]
        )

    def expected(self) -> Step:
        first = (pl.col("pool") == "all") & (pl.col("ordinal") == 0)
        rate = self.cohort_rate(self.report.loss_rates.filter(first).row(0, named=True))
        factors = self.report.provision.filter(pl.col("basis") != "individual")["forward_factor"]
        factor = Step("Forward-looking factor", factors[0], "number",
                      source=self.policy("accounting.forward_looking", part="factor").source)  # fmt: skip
        return worked("applied_rate", TITLES["loss_ratio_expected_rate"], "rate", [rate, factor])

    def charge(self) -> Step:
        """Closing less opening, write-offs and recoveries: the other lines of the roll-forward."""
        rows = {row["movement"]: row for row in self.report.allowance.iter_rows(named=True)}
        names = ("closing", "opening", "write_off", "recovery")
        inputs = [
            _with(self.money("Allowance: {movement}", rows[name]["amount_minor"], "allowance", name), movement=name)
            for name in names
        ]
        return worked("less", TITLES["allowance_charge_minor"], "money", inputs, currency=self.report.currency)

    def _months(self) -> list[dict[str, Any]]:
        """The report's periods, latest first."""
        return self.report.months.reverse().rows(named=True)

    def _sales(self) -> tuple[Step, Step]:
        """Sales and days of the months behind the simple reading."""
        count = self.policies.at("house.dso", self.report.as_of.on).value["months"]
        months = self._months()
        sold = [self._sold(row, before["on"]) for row, before in pairwise(months[: count + 1])]
        days = (months[0]["on"] - months[count]["on"]).days
        label, currency = "Credit sales of {count} months", self.report.currency
        return (
            worked("sum", label, "money", sold, currency=currency, count=str(count)),
            Step("Days of these months", days, "days", source=Source("policy", "house.dso", "months")),
        )

    def _sold(self, row: dict[str, Any], after: dt.date, label: str = "Credit sales up to {on}") -> Step:
        on = str(row["on"])
        leaf = _with(self.money(label, row["sales_minor"], "months", on), on=on)
        return leaf if self.below is None else self.below.sold(leaf, after, row["on"])

    def _simple(self, name: str, open_step: Step) -> Step:
        count = self.policies.at("house.dso", self.report.as_of.on).value["months"]
        if self.report.months.height <= count:
            return self.figure(name)
        return worked("simple_dso", TITLES[name], "days", [open_step, *self._sales()])

    def dso(self) -> Step:
        return self._simple("dso_days", self.open_())

    def dso_best(self) -> Step:
        current = worked("less", "Open and not overdue", "money", [self.open_(), self.figure("overdue_minor")],
                         currency=self.report.currency)  # fmt: skip
        return self._simple("dso_best_days", current)

    def dso_delinquent(self) -> Step:
        return self._simple("dso_delinquent_days", self.figure("overdue_minor"))

    def countback(self) -> Step:
        months, inputs = self._months(), [self.open_()]
        for now, before in pairwise(months):
            on = str(now["on"])
            sold = self.money("Credit sales up to {on}", now["sales_minor"], "months", on)
            days = Step(
                "Days of the month", (now["on"] - before["on"]).days, "days", source=Source("table", "months", on)
            )
            inputs += [_with(sold, on=on), days]
        made = worked("countback_dso", TITLES["dso_countback_days"], "days", inputs)
        return made if made.value == self.report.figure("dso_countback_days") else self.figure("dso_countback_days")

    def cei(self) -> Step:
        if self.report.months.height < 2:  # noqa: PLR2004 - a month and the one before it
            return self.figure("cei_rate")
        now, before = self._months()[:2]
        on = str(now["on"])
        inputs = [
            self.money("Open when the month began", before["open_minor"], "months", str(before["on"])),
            self._sold(now, before["on"], "Credit sales of the month"),
            self.money("Open when it ended", now["open_minor"], "months", on),
            self.money("Of it not overdue", now["open_minor"] - now["overdue_minor"], "months", on),
        ]
        return worked("cei", TITLES["cei_rate"], "rate", inputs)


def _with(step: Step, **params: str) -> Step:
    return Step(step.label, step.value, step.unit, step.currency, step.formula_id, step.inputs, step.source, params)


def _total(frame: pl.DataFrame, column: str) -> int:
    return sum(frame[column].to_list())
