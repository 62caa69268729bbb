"""Below the headline figures, where the ledger is given: the largest customers and documents, each to its rows.

Only the ledger of the customers shown is looked into item by item, so that a large ledger answers at once.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from seawall.engine.explain_customer import Customer
from seawall.engine.explain_documents import Documents
from seawall.engine.explain_headline import TITLES
from seawall.engine.explain_rows import with_rest
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.ledger.items import Ledger
from seawall.engine.report import Report
from seawall.engine.risk.concentration import LARGEST

CUSTOMERS = 10
"""Customers spelt out below a total: as many as the table of the largest has."""
BUCKET_CUSTOMERS = 3
"""Customers spelt out below one bucket of a provision: there are as many buckets as the scheme has."""
ITEMS = 3
"""Items spelt out below each of these customers; its own explanation shows all."""

TOTALS = ("open_minor", "overdue_minor", "unapplied_minor", "disputed_minor", "default_minor")
"""Figures that are a column of the customers, summed."""
SHARES = {"cr1_rate": 1, "cr5_rate": 5, "cr10_rate": 10}


@dataclass(frozen=True)
class Down:
    """What stands below the tables of a report."""

    report: Report
    policies: Policies
    ledger: Ledger

    def figure(self, name: str, leaf: Step) -> Step:
        """A headline figure by customers or documents; the leaf itself where it is made of neither."""
        if name in TOTALS:
            return self._total(leaf, name, self.report.customers, CUSTOMERS)
        if name == "unpaid_default_minor":
            return self._unpaid_default(leaf)
        if name == "hhi":
            return self._concentration(leaf)
        if name in SHARES:
            return self._share(leaf, SHARES[name])
        return self._documents.step(name, leaf) if name.endswith("_12m_minor") else leaf

    def gross(self, row: Mapping[str, Any], leaf: Step) -> Step:
        """The gross amount of one row of the provision, where its bucket is one of the ageing's."""
        column, people = f"{row['bucket']}_minor", self._pooled(str(row["pool"]))
        if column not in people.columns or sum(people[column].to_list()) != leaf.value:
            return leaf
        return self._total(leaf, column, people, BUCKET_CUSTOMERS)

    def sold(self, leaf: Step, after: dt.date, upto: dt.date) -> Step:
        """Credit sales with tax of the days ``(after, upto]``."""
        return self._documents.sold(leaf, after, upto)

    @cached_property
    def _documents(self) -> Documents:
        return Documents(self.report, self.policies, self.ledger)

    @cached_property
    def _near(self) -> Ledger:
        """The ledger of every customer that any figure may show: cut out once, for all of them."""
        tops = [(self.report.customers, name, CUSTOMERS) for name in TOTALS]
        for row in self.report.provision.filter(pl.col("basis") != "individual").iter_rows(named=True):
            column, people = f"{row['bucket']}_minor", self._pooled(row["pool"])
            if column in people.columns:
                tops.append((people, column, BUCKET_CUSTOMERS))
        codes = {code for people, column, most in tops for code in _largest(people, column, most)["customer_code"]}
        return self.ledger.of_customers(codes)

    @cached_property
    def _found(self) -> dict[str, Customer]:
        return {}

    def _pooled(self, pool: str) -> pl.DataFrame:
        """The customers of one pool, without those assessed one by one."""
        by = self.policies.at("accounting.ecl_pools", self.report.as_of.on).value
        people = self.report.customers.filter(pl.col("assessed") != "individual")
        return people if by == "all" else people.filter(pl.col(by).fill_null("-") == pool)

    def _customer(self, row: Mapping[str, Any], column: str) -> Step:
        code = row["customer_code"]
        if code not in self._found:
            self._found[code] = Customer.of(self.report, self.policies, self._near, code, rows=ITEMS)
        step = self._found[code].step(column)
        return replace(step, label="Customer {customer}, {name}", params={"customer": code, "name": row["name"]})

    def _total(self, leaf: Step, column: str, people: pl.DataFrame, most: int) -> Step:
        """A sum over customers: the largest of them down to their rows, the others in one line."""
        holding = int((people[column] != 0).sum())
        if not holding or leaf.source is None:
            return leaf
        top = _largest(people, column, most)
        steps = with_rest(
            [self._customer(row, column) for row in top.iter_rows(named=True)], int(leaf.value or 0),
            holding - top.height, what="Other customers ({count})",
            source=Source("table", "customers", column), currency=leaf.currency,
        )  # fmt: skip
        return worked("sum", leaf.label, "money", steps, currency=leaf.currency, **leaf.params)

    def _unpaid_default(self, leaf: Step) -> Step:
        """What is in default, less its tax where the policy counts losses without."""
        whole = self._figure("default_minor")
        default = self._total(whole, "default_minor", self.report.customers, CUSTOMERS)
        if not default.inputs:
            return leaf
        tax = int(whole.value or 0) - int(leaf.value or 0)
        if not tax:
            return replace(default, label=leaf.label)
        refunded = Step("Tax in it", tax, "money", leaf.currency, source=Source("policy", "accounting.vat", "losses"))
        return worked("less", leaf.label, "money", [default, refunded], currency=leaf.currency)

    def _figure(self, name: str) -> Step:
        source = Source("table", "figures", name)
        return Step(TITLES[name], self.report.figure(name), "money", self.report.currency, source=source)

    def _concentration(self, leaf: Step) -> Step:
        """The largest shares squared one by one, those of the others together."""
        people, whole = self.report.customers, self._figure("open_minor")
        shares = [
            worked("ratio", "Share of customer {customer}", "rate", [self._customer(row, "open_minor"), whole],
                   customer=row["customer_code"])
            for row in _largest(people, "open_minor", LARGEST).iter_rows(named=True)
        ]  # fmt: skip
        others = int((people["open_minor"] > 0).sum()) - len(shares)
        rest = math.fsum([float(leaf.value or 0), *(-(float(step.value or 0) ** 2) for step in shares)])
        last = Step("Squared shares of other customers ({count})", rest, "number",
                    source=Source("table", "customers", "share_rate"), params={"count": str(others)})  # fmt: skip
        made = (
            worked("plus_squares", leaf.label, leaf.unit, [last, *shares])
            if others else worked("sum_of_squares", leaf.label, leaf.unit, shares)
        )  # fmt: skip
        return made if made.value == leaf.value else leaf

    def _share(self, leaf: Step, count: int) -> Step:
        top = _largest(self.report.customers, "open_minor", count)
        inputs = [self._customer(row, "open_minor") for row in top.iter_rows(named=True)]
        largest = worked("sum", "Open of the largest customers", "money", inputs, currency=self.report.currency)
        return worked("ratio", leaf.label, "rate", [largest, self._figure("open_minor")])


def _largest(people: pl.DataFrame, column: str, most: int) -> pl.DataFrame:
    """The customers with most in a column, largest first, then by code."""
    held = people.filter(pl.col(column) != 0)
    return held.sort(column, "customer_code", descending=[True, False]).head(most)
