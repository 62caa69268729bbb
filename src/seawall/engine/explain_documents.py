"""Sales and losses of twelve months down to their documents: the largest by number, day and source row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.explain_rows import factor_of, in_reporting, number_of, source_of, with_rest
from seawall.engine.kernel.calendar import period_ends
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.marks import INDEMNITY, RECOVERY, SET_OFF
from seawall.engine.question import YEAR
from seawall.engine.report import Report

DOCUMENTS = 10
"""Documents spelt out below a figure of losses: more than a reader checks by hand, few enough for one page."""
SALES = 3
"""Documents spelt out of a month's sales: there are twelve months, and one follows them to see how it is done."""
OTHERS = "Other documents ({count})"


@dataclass(frozen=True)
class Documents:
    """The documents behind a report's sales and losses."""

    report: Report
    policies: Policies
    ledger: Ledger

    @cached_property
    def ends(self) -> list[dt.date]:
        """The days that bound the twelve periods, oldest first."""
        return period_ends(self.report.as_of.on, YEAR + 1)

    @cached_property
    def _vat(self) -> Mapping[str, str]:
        value: Mapping[str, str] = self.policies.at("accounting.vat", self.report.as_of.on).value
        return value

    @cached_property
    def _factor(self) -> NDArray[np.float64]:
        """By account: minor units of the reporting currency for one."""
        return np.array([factor_of(self.report, code) for code in self.ledger.accounts["currency"]], dtype=np.float64)

    def step(self, name: str, leaf: Step) -> Step:
        """A figure of sales or losses by its documents; the leaf itself where there is none."""
        if name == "sales_12m_minor":
            return self._year_of_sales(leaf)
        rows = self._received() if name == "indemnity_12m_minor" else self._settled(name)
        return self._summed(leaf, rows, DOCUMENTS, self._one)

    def sold(self, leaf: Step, after: dt.date, upto: dt.date) -> Step:
        """Credit sales with tax of the days ``(after, upto]`` by their documents."""
        return self._month(leaf, self._sales(after, upto, taxed=True), taxed=True)

    # -- losses -----------------------------------------------------------------------------------------

    def _settled(self, name: str) -> pl.DataFrame:
        """Allocations of the twelve months by what they are: day, both items, amount; ``minor`` to sort by."""
        within = self.ledger.allocations.filter(
            pl.col("allocated_on").is_between(self.ends[0], self.ends[-1], closed="right")
        )
        debit, credit = within["debit_id"], within["credit_id"]
        kind, method = self.ledger.items["kind"].gather(credit), self.ledger.items["payment_method"]
        if name == "write_offs_12m_minor":
            mine = kind == "write_off"
        elif name == "indemnified_12m_minor":
            mine = (kind == "receipt") & (method.gather(credit).fill_null("") == INDEMNITY)
        else:
            cash = (kind == "receipt") & ~method.gather(credit).fill_null("").is_in([INDEMNITY, SET_OFF])
            mine = cash & (method.gather(debit).fill_null("") == RECOVERY)
        rows = within.filter(mine).select("debit_id", "allocated_on", "amount_minor", item_id="credit_id")
        return rows.with_columns(minor=self._reporting(rows["amount_minor"], rows["debit_id"]))

    def _received(self) -> pl.DataFrame:
        """Indemnities of the twelve months."""
        rows = self.ledger.items.lazy().filter(
            pl.col("issued_on").is_between(self.ends[0], self.ends[-1], closed="right"),
            pl.col("kind") == "receipt",
            pl.col("payment_method") == INDEMNITY,
        )
        found = rows.select("item_id", "amount_minor").collect()
        return found.with_columns(minor=self._reporting(found["amount_minor"], found["item_id"]))

    def _one(self, row: Mapping[str, Any]) -> Step:
        """One settlement, or one indemnity."""
        item = self._item(row["item_id"])
        if "debit_id" not in row:
            params = {"number": number_of(item), "on": str(item["issued_on"])}
            return in_reporting(self.report, _leaf("{number} of {on}", row["amount_minor"], item, params))
        debit = self._item(row["debit_id"])
        params = {"number": number_of(item), "on": str(row["allocated_on"]), "other": number_of(debit)}
        booked = _leaf("{number} of {on}, for {other}", row["amount_minor"], item, params, debit["currency"])
        if self._vat["losses"] == "with":
            return in_reporting(self.report, booked)
        inputs = [booked, _leaf("Amount", debit["amount_minor"], debit), _leaf("Tax", debit["tax_minor"], debit)]
        lost = worked("without_tax", "Without tax", "money", inputs, currency=debit["currency"])
        return in_reporting(self.report, lost)

    # -- sales ------------------------------------------------------------------------------------------

    def _year_of_sales(self, leaf: Step) -> Step:
        taxed = self._vat["sales"] == "with"
        months = []
        rows = self._sales(self.ends[0], self.ends[-1], taxed=taxed)
        for after, upto in pairwise(self.ends):
            mine = rows.filter(pl.col("issued_on").is_between(after, upto, closed="right"))
            if mine.height:
                sold = Step("Credit sales up to {on}", int(mine["minor"].sum()), "money", leaf.currency,
                            source=Source("table", "months", str(upto)), params={"on": str(upto)})  # fmt: skip
                months.append(self._month(sold, mine, taxed=taxed))
        if not months or leaf.source is None:
            return leaf
        inputs = with_rest(months, int(leaf.value or 0), 0, what=OTHERS, source=leaf.source, currency=leaf.currency)
        return worked("sum", leaf.label, "money", inputs, currency=leaf.currency)

    def _sales(self, after: dt.date, upto: dt.date, *, taxed: bool) -> pl.DataFrame:
        """Invoices, debit notes and credit notes of the days ``(after, upto]``; ``minor`` is what each adds."""
        sale = pl.col("kind").is_in(["invoice", "debit_note"])
        recovery = (pl.col("kind") == "debit_note") & (pl.col("payment_method").fill_null("") == RECOVERY)
        rows = self.ledger.items.lazy().filter(
            pl.col("issued_on").is_between(after, upto, closed="right"),
            (sale & ~recovery) | (pl.col("kind") == "credit_note"),
        )
        sign = pl.when("is_debit").then(1).otherwise(-1)
        found = rows.select("item_id", "issued_on", sign=sign, amount="amount_minor", tax="tax_minor").collect()
        minor = self._reporting(found["amount"], found["item_id"])
        if not taxed:
            minor = minor - self._reporting(found["tax"], found["item_id"])
        return found.with_columns(minor=minor * found["sign"])

    def _month(self, leaf: Step, rows: pl.DataFrame, *, taxed: bool) -> Step:
        return self._summed(leaf, rows, SALES, lambda row: self._sale(row, taxed=taxed))

    def _sale(self, row: Mapping[str, Any], *, taxed: bool) -> Step:
        item = self._item(row["item_id"])
        params = {"number": number_of(item), "on": str(item["issued_on"])}
        amount = in_reporting(self.report, _leaf("{number} of {on}", row["sign"] * row["amount"], item, params))
        if taxed or not row["tax"]:
            return amount
        tax = in_reporting(self.report, _leaf("Tax", row["sign"] * row["tax"], item))
        return worked("less", "{number} without tax", "money", [amount, tax],
                      currency=self.report.currency, number=params["number"])  # fmt: skip

    # -- both -------------------------------------------------------------------------------------------

    def _reporting(self, minor: pl.Series, item_id: pl.Series) -> pl.Series:
        """Amounts of items in the reporting currency, each rounded by itself."""
        account = self.ledger.items["account_id"].gather(item_id).to_numpy()
        return pl.Series("minor", apply_rate(minor.to_numpy(), self._factor[account]), dtype=pl.Int64)

    def _item(self, item_id: int) -> dict[str, Any]:
        item = self.ledger.items.row(item_id, named=True)
        return item | {"currency": self.ledger.accounts["currency"][item["account_id"]]}

    def _summed(self, leaf: Step, rows: pl.DataFrame, most: int, one: Any) -> Step:
        """The largest rows as steps of their own and the rest in one line; the leaf where there are no rows."""
        if rows.is_empty() or leaf.source is None:
            return leaf
        size = pl.col("minor").abs()
        largest = rows.sort(size, "item_id", descending=[True, False], maintain_order=True).head(most)
        steps = with_rest(
            [one(row) for row in largest.iter_rows(named=True)], int(leaf.value or 0), rows.height - largest.height,
            what=OTHERS, source=leaf.source, currency=leaf.currency,
        )  # fmt: skip
        return worked("sum", leaf.label, "money", steps, currency=leaf.currency, **leaf.params)


def _leaf(
    label: str, minor: int, item: Mapping[str, Any], params: Mapping[str, str] | None = None, currency: str = ""
) -> Step:
    return Step(label, minor, "money", currency or item["currency"], source=source_of(item), params=params or {})
