"""Why a figure of one customer is what it is: from its items, what settled them, and the rows they came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from seawall.engine.explain_headline import TITLES, Headline
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.ledger.items import Ledger
from seawall.engine.report import Report

ROWS = 500
"""Rows spelt out below one figure; the rest stands together in one line."""
UNITS = {
    "_minor": "money", "_rate": "rate", "_days": "days", "_on": "text",
    "is_default": "text", "is_pattern_broken": "text",
}  # fmt: skip
"""Units of a customer's columns by how their names end; anything else is a count."""


@dataclass(frozen=True)
class Customer:
    report: Report
    policies: Policies
    items: list[dict[str, Any]]
    """The customer's open items and credits, with what settled them."""
    row: dict[str, Any]

    @classmethod
    def of(cls, report: Report, policies: Policies, ledger: Ledger, code: str) -> Customer:
        rows = report.customers.filter(pl.col("customer_code") == code).rows(named=True)
        if not rows:
            raise UsageError("There is no customer {customer} in this report.", customer=code)
        mine = ledger.customers.filter(pl.col("customer_code") == code)["customer_id"]
        own = ledger.only(ledger.accounts["customer_id"].is_in(mine.implode()))
        return cls(report, policies, _items(own, report.as_of.on), rows[0])

    @property
    def late(self) -> list[dict[str, Any]]:
        """Debit items past their due day, oldest first."""
        return [item for item in self.items if item["is_debit"] and item["due_on"] < self.report.as_of.on]

    def step(self, name: str) -> Step:
        ways: dict[str, Callable[[], Step]] = {
            "open_minor": self.open_, "overdue_minor": self.overdue, "unapplied_minor": self.unapplied,
            "ecl_minor": self.ecl, "dso_days": self.dso, "max_dpd_days": self.max_dpd, "share_rate": self.share,
        }  # fmt: skip
        if name not in self.row or isinstance(self.row[name], str):
            raise UsageError("There is no figure {figure} of a customer.", figure=name)
        if name in ways and self.row[name] is not None:
            return ways[name]()
        return self.column(name)

    def column(self, name: str) -> Step:
        """A value as the table of customers has it."""
        unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "count")
        currency = self.report.currency if unit == "money" else ""
        value = self.row[name]
        shown = str(value) if isinstance(value, bool | dt.date) else value
        return Step(name, shown, unit, currency, source=Source("table", "customers", self.row["customer_code"]))

    def _amount(self, item: dict[str, Any]) -> Step:
        """What is left of one item: its amount less each settlement, converted where it is in another currency."""
        where = Source(
            "row", item.get("source_file") or "", str(item.get("source_row") or ""), item.get("number") or ""
        )
        amount = Step("Amount", item["amount_minor"], "money", item["currency"], source=where)
        paid = [
            Step("Settled on {on}", minor, "money", item["currency"], source=Source("row", "allocations", number or ""),
                 params={"on": str(on)})
            for on, minor, number in item["settlements"]
        ]  # fmt: skip
        left = worked("less", "Left of {number}, due {due}", "money", [amount, *paid],
                      currency=item["currency"], number=_number(item), due=str(item["due_on"]))  # fmt: skip
        if item["currency"] == self.report.currency:
            return left
        used = self._rate(item["currency"])
        return worked("converted", "In the reporting currency", "money", [left, used], currency=self.report.currency)

    def _rate(self, currency: str) -> Step:
        rate, on, source = next((r, d, s) for code, r, d, s in self.report.rates_used if code == currency)
        factor = rate * 10.0 ** (exponent(self.report.currency) - exponent(currency))
        label, where = "Minor units for one of {currency}", Source("rate", source, str(on))
        return Step(label, factor, "number", source=where, params={"currency": currency})

    def _sum(self, name: str, items: list[dict[str, Any]]) -> Step:
        """Items summed; beyond :data:`ROWS` the rest stands in one line."""
        steps = [self._amount(item) for item in items[:ROWS]]
        rest = self.row[name] - sum(int(step.value or 0) for step in steps)
        if rest:
            where = Source("table", "customers", self.row["customer_code"])
            steps.append(Step("Instalments and further items", rest, "money", self.report.currency, source=where))
        return worked("sum", TITLES[name], "money", steps, currency=self.report.currency)

    def open_(self) -> Step:
        return self._sum("open_minor", [item for item in self.items if item["is_debit"]])

    def overdue(self) -> Step:
        return self._sum("overdue_minor", self.late)

    def unapplied(self) -> Step:
        return self._sum("unapplied_minor", [item for item in self.items if not item["is_debit"]])

    def max_dpd(self) -> Step:
        days = [
            Step("Days past due of {number}", (self.report.as_of.on - item["due_on"]).days, "days",
                 source=_source(item), params={"number": _number(item)})
            for item in self.late[:1]
        ]  # fmt: skip
        made = worked("greatest", "Days past due of the oldest open part", "days", days)
        return made if made.value == self.row["max_dpd_days"] else self.column("max_dpd_days")

    def share(self) -> Step:
        whole = Headline(self.report, self.policies).open_()
        return worked("ratio", "Share of all that is open", "rate", [self.open_(), whole])

    def dso(self) -> Step:
        before = self.report.months["on"].to_list()
        year = before[-13] if len(before) > 12 else None  # noqa: PLR2004 - twelve months and the day before them
        if year is None:
            return self.column("dso_days")
        days = Step("Days of these months", (self.report.as_of.on - year).days, "days",
                    source=Source("table", "months", str(year)))  # fmt: skip
        return worked("customer_dso", TITLES["dso_days"], "days", [self.open_(), self.column("sales_12m_minor"), days])

    def ecl(self) -> Step:
        """Each bucket of the customer times the applied rate of its pool; an individual assessment stands alone."""
        if self.row["assessed"] == "individual" or self.report.method == "migration":
            return self.column("ecl_minor")
        headline = Headline(self.report, self.policies)
        rows = []
        for row in self.report.provision.filter(pl.col("pool") == self._pool()).iter_rows(named=True):
            name = f"{row['bucket']}_minor"
            gross = Step("Bucket {bucket}", self.row[name], "money", self.report.currency,
                         source=Source("table", "customers", f"{self.row['customer_code']}, {name}"),
                         params={"bucket": row["bucket"]})  # fmt: skip
            if self.row[name]:
                inputs = [gross, headline.applied_rate(row)]
                rows.append(
                    worked("row_loss", "Expected loss of {pool}, {bucket}", "money", inputs,
                           currency=self.report.currency, pool=row["pool"], bucket=row["bucket"])
                )  # fmt: skip
        return worked("sum", TITLES["ecl_minor"], "money", rows, currency=self.report.currency)

    def _pool(self) -> str:
        by = self.policies.at("accounting.ecl_pools", self.report.as_of.on).value
        return "all" if by == "all" else self.row[by] or "-"


def _number(item: dict[str, Any]) -> str:
    return str(item.get("number") or item["item_id"])


def _source(item: dict[str, Any]) -> Source:
    return Source("row", item.get("source_file") or "", str(item.get("source_row") or ""), _number(item))


def _items(ledger: Ledger, on: dt.date) -> list[dict[str, Any]]:
    """Items with something left on the day, oldest first, with ``settlements``: day, amount, number of the other."""
    items = ledger.items.join(ledger.accounts.select("account_id", "currency"), on="account_id")
    rows = items.sort("item_id").to_dicts()
    for row in rows:
        row["settlements"] = []
    for used in ledger.allocations.filter(pl.col("allocated_on") <= on).sort("allocated_on").iter_rows(named=True):
        debit, credit = rows[used["debit_id"]], rows[used["credit_id"]]
        debit["settlements"].append((used["allocated_on"], used["amount_minor"], _number(credit)))
        credit["settlements"].append((used["allocated_on"], used["credit_minor"], _number(debit)))
    left = [
        row for row in rows
        if row["issued_on"] <= on and row["amount_minor"] != sum(minor for _, minor, _ in row["settlements"])
    ]  # fmt: skip
    return sorted(left, key=lambda row: (row["due_on"], row["item_id"]))
