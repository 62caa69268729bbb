"""Why an exposure is what it is: what is open, and each bill, part and receipt down to the row it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from seawall.engine.explain_rows import in_reporting, number_of, source_of, with_rest
from seawall.engine.kernel.policy import Policies
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.engine.ledger.bills import bill_states
from seawall.engine.ledger.exposure import advances, retention
from seawall.engine.ledger.items import Ledger
from seawall.engine.report import Report

EXPOSURE_TITLES = {
    "exposure_minor": "Exposure", "bills_held_minor": "Bills held", "bills_recourse_minor": "Bills that can come back",
    "retention_minor": "Retention money", "advance_minor": "Advance receipts",
}  # fmt: skip
"""Titles of what stands beside the headline figures, to be translated."""
UNMATCHED, BANK_AGE = "unmatched_minor", "bank_age_days"
BANK_TITLES = {UNMATCHED: "Unmatched receipts", BANK_AGE: "Age of bank data"}
"""Titles of what the bank says, to be translated; explained from the store's statements alone."""

ROWS = 100
"""Rows spelt out below one figure; the rest stands together in one line."""
POLICY = "house.bills"


@dataclass(frozen=True)
class Exposure:
    """The exposure of a report's day, of everybody or of one customer (``open_step`` is what is open)."""

    report: Report
    policies: Policies
    ledger: Ledger
    open_step: Step

    def step(self, name: str) -> Step:
        """One of :data:`EXPOSURE_TITLES`."""
        if name == "exposure_minor":
            parts = [self.open_step, self.step("bills_held_minor"), self.step("bills_recourse_minor")]
            return self._sum(name, parts)
        if name == "bills_held_minor":
            return self._bills(name, "held_minor")
        if name == "bills_recourse_minor":
            return self._bills(name, "recourse_minor")
        rows, column = self._beside(name)
        leaves = [self._leaf("{number}, due on {on}", row, row[column], row["day"]) for row in rows]
        return self._sum(name, leaves)

    def _beside(self, name: str) -> tuple[list[dict[str, Any]], str]:
        if name == "retention_minor":
            held = retention(self.ledger, as_of=self.report.as_of)
            return held.rename({"due_on": "day"}).to_dicts(), "open_minor"
        early = advances(self.ledger, as_of=self.report.as_of)
        return early.rename({"issued_on": "day"}).to_dicts(), "unapplied_minor"

    def _bills(self, name: str, column: str) -> Step:
        policy = self.policies.at(POLICY, self.report.as_of.on)
        states = bill_states(self.ledger, as_of=self.report.as_of, recourse_days=policy.value["recourse_days"])
        rows = states.filter(pl.col(column) != 0).to_dicts()
        return self._sum(name, [self._leaf(_BILL, row, row[column], row["matures_on"]) for row in rows])

    def _leaf(self, label: str, row: Mapping[str, Any], minor: int, day: object) -> Step:
        item = self.ledger.items.row(row["item_id"], named=True)
        currency = self.ledger.accounts["currency"][item["account_id"]]
        params = {"number": number_of(item), "on": str(day)}
        if label == _BILL:
            params |= {"acceptor": row["acceptor"], "state": str(row["state"])}
        return in_reporting(self.report, Step(label, minor, "money", currency, source=source_of(item), params=params))

    def _sum(self, name: str, steps: list[Step]) -> Step:
        source, currency = Source("table", "bills"), self.report.currency
        if not steps:
            return Step(EXPOSURE_TITLES[name], 0, "money", currency, source=source)
        whole = sum(int(step.value or 0) for step in steps)
        largest = sorted(steps, key=lambda step: -abs(int(step.value or 0)))[:ROWS]
        shown = with_rest(
            largest, whole, len(steps) - len(largest), what="Others ({count})", source=source, currency=currency
        )
        return worked("sum", EXPOSURE_TITLES[name], "money", shown, currency=currency)


_BILL = "Bill {number} on {acceptor}, maturing on {on}: {state}"
