"""Why a figure of one customer is what it is: from its items, what settled them, and the rows they came from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from seawall.engine.explain_headline import TITLES, Headline
from seawall.engine.explain_rows import cut, in_reporting, number_of, source_of, with_rest
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.ledger.ageing import aged_parts
from seawall.engine.ledger.balance import open_amounts
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
    parts: list[dict[str, Any]]
    """The customer's open debit items, each instalment by itself, with what settled them; oldest first."""
    credits: list[dict[str, Any]]
    """Its credits with something not applied yet."""
    row: dict[str, Any]
    rows: int = ROWS

    @classmethod
    def of(cls, report: Report, policies: Policies, ledger: Ledger, code: str, *, rows: int = ROWS) -> Customer:
        found = report.customers.filter(pl.col("customer_code") == code).rows(named=True)
        if not found:
            raise UsageError("There is no customer {customer} in this report.", customer=code)
        return cls(report, policies, *_open(ledger.of_customers([code]), report), found[0], rows)

    @property
    def late(self) -> list[dict[str, Any]]:
        """Parts past their due day, oldest first."""
        return [part for part in self.parts if part["dpd_days"] > 0]

    def step(self, name: str) -> Step:
        ways: dict[str, Callable[[], Step]] = {
            "open_minor": self.open_, "overdue_minor": self.overdue, "unapplied_minor": self.unapplied,
            "disputed_minor": self.disputed, "default_minor": self.default,
            "ecl_minor": self.ecl, "dso_days": self.dso, "max_dpd_days": self.max_dpd, "share_rate": self.share,
        }  # fmt: skip
        if name not in self.row or isinstance(self.row[name], str):
            raise UsageError("There is no figure {figure} of a customer.", figure=name)
        if name.removesuffix("_minor") in self.report.scheme.names:
            return self.bucket(name)
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

    def _left(self, item: dict[str, Any]) -> Step:
        """What is left of one item: its amount less each settlement; of an instalment what it was reckoned to."""
        params = {"number": number_of(item), "due": str(item["due_on"])}
        if item["is_instalment"]:
            return Step("Open of the instalment of {number}, due {due}", item["open_minor"], "money", item["currency"],
                        source=source_of(item), params=params)  # fmt: skip
        amount = Step("Amount", item["amount_minor"], "money", item["currency"], source=source_of(item))
        paid = [
            Step("Settled on {on}", minor, "money", item["currency"], source=Source("row", "allocations", number),
                 params={"on": str(on)})
            for on, minor, number in item["settlements"]
        ]  # fmt: skip
        return worked("less", "Left of {number}, due {due}", "money", [amount, *paid],
                      currency=item["currency"], **params)  # fmt: skip

    def _in_dispute(self, part: dict[str, Any]) -> Step:
        return Step("Disputed of {number}", part["disputed_minor"], "money", part["currency"],
                    source=source_of(part), params={"number": number_of(part)})  # fmt: skip

    def _sum(self, name: str, label: str, steps: list[Step], **params: str) -> Step:
        """Amounts of items summed, in the reporting currency; the largest of many, the rest in one line."""
        shown = cut([in_reporting(self.report, step) for step in steps], self.rows)
        where = Source("table", "customers", f"{self.row['customer_code']}, {name}")
        inputs = with_rest(
            shown, self.row[name], len(steps) - len(shown),
            what="Other items ({count})", source=where, currency=self.report.currency,
        )  # fmt: skip
        return worked("sum", label, "money", inputs, currency=self.report.currency, **params)

    def open_(self) -> Step:
        return self._sum("open_minor", TITLES["open_minor"], [self._left(part) for part in self.parts])

    def bucket(self, name: str) -> Step:
        """What is open in one bucket of the ageing."""
        bucket = name.removesuffix("_minor")
        at = self.report.scheme.names.index(bucket)
        inside = [self._left(part) for part in self.parts if part["bucket"] == at]
        return self._sum(name, "Bucket {bucket}", inside, bucket=bucket)

    def overdue(self) -> Step:
        return self._sum("overdue_minor", TITLES["overdue_minor"], [self._left(part) for part in self.late])

    def unapplied(self) -> Step:
        return self._sum("unapplied_minor", TITLES["unapplied_minor"], [self._left(item) for item in self.credits])

    def disputed(self) -> Step:
        steps = [self._in_dispute(part) for part in self.parts if part["disputed_minor"]]
        return self._sum("disputed_minor", TITLES["disputed_minor"], steps)

    def default(self) -> Step:
        """What is past due for as long as the definition of default says, disputed parts as it says."""
        rule = self.policies.at("accounting.default_definition", self.report.as_of.on).value
        steps = []
        for part in self.parts:
            left_out = rule["disputed"] == "left_out" and part["disputed_minor"]
            if part["dpd_days"] < rule["days"] or (left_out and part["disputed_minor"] == part["open_minor"]):
                continue
            inputs = [self._left(part), self._in_dispute(part)] if left_out else []
            less = worked("less", "Of it not disputed", "money", inputs, currency=part["currency"]) if inputs else None
            steps.append(less or self._left(part))
        return self._sum("default_minor", TITLES["default_minor"], steps)

    def max_dpd(self) -> Step:
        days = [
            Step("Days past due of {number}", (self.report.as_of.on - item["due_on"]).days, "days",
                 source=source_of(item), params={"number": number_of(item)})
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
            if self.row[name]:
                inputs = [self.bucket(name), headline.applied_rate(row)]
                rows.append(
                    worked("row_loss", "Expected loss of {pool}, {bucket}", "money", inputs,
                           currency=self.report.currency, pool=row["pool"], bucket=row["bucket"])
                )  # fmt: skip
        return worked("sum", TITLES["ecl_minor"], "money", rows, currency=self.report.currency)

    def _pool(self) -> str:
        by = self.policies.at("accounting.ecl_pools", self.report.as_of.on).value
        return "all" if by == "all" else self.row[by] or "-"


def _open(own: Ledger, report: Report) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Debit parts and credits with something left on the day, oldest first.

    Beside the item's own columns: currency, ``settlements`` (day, amount, number of the other), and of a debit
    part what :func:`aged_parts` says of it; ``is_instalment`` where it is one of several.
    """
    left = pl.Series("open_minor", open_amounts(own, as_of=report.as_of))
    items = own.items.join(own.accounts.select("account_id", "currency"), on="account_id", maintain_order="left")
    touched = {row["item_id"]: row for row in items.with_columns(left).filter(left != 0).iter_rows(named=True)}
    settlements = _settlements(own, report.as_of.on, list(touched))
    planned = set(own.instalments["item_id"])
    for item_id, row in touched.items():
        row |= {"settlements": settlements.get(item_id, []), "is_instalment": item_id in planned}
    aged = aged_parts(own, as_of=report.as_of, scheme=report.scheme).drop("account_id")
    parts = [touched[row["item_id"]] | row for row in aged.iter_rows(named=True)]
    credits_ = [row for row in touched.values() if not row["is_debit"]]
    return sorted(parts, key=_age), sorted(credits_, key=_age)


def _age(item: dict[str, Any]) -> tuple[dt.date, int]:
    return item["due_on"], item["item_id"]


def _settlements(own: Ledger, on: dt.date, wanted: list[int]) -> dict[int, list[tuple[dt.date, int, str]]]:
    """By item: the day, the amount in its currency and the number of the other item, in the order of days."""
    found: dict[int, list[tuple[dt.date, int, str]]] = {item_id: [] for item_id in wanted}
    rows = own.allocations.filter(
        pl.col("allocated_on") <= on,
        pl.any_horizontal(pl.col("debit_id", "credit_id").is_in(wanted)),
    )  # fmt: skip
    for used in rows.sort("allocated_on", maintain_order=True).iter_rows(named=True):
        for near, far, minor in (("debit_id", "credit_id", "amount_minor"), ("credit_id", "debit_id", "credit_minor")):
            if used[near] in found:
                other = number_of(own.items.row(used[far], named=True))
                found[used[near]].append((used["allocated_on"], used[minor], other))
    return found
