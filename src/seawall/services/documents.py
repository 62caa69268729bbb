"""The protection report as one published document: everything a reader, a program or a renderer needs of a run."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

import polars as pl

import seawall
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger import ageing
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.report import Report
from seawall.services.figures import Document, ageing_rows, ageing_total, records

UNVERIFIED = "[K]"
"""Mark of a policy's source that was written from knowledge and not yet checked against the text itself."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file the facts came from: its name, the SHA-256 of its bytes, its size."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Basis:
    """Where the facts came from: files, or the store up to a batch."""

    sources: tuple[Source, ...] = ()
    batch: int | None = None
    known_at: dt.datetime | None = None
    rejected_rows: int = 0
    company: str = ""
    is_demo: bool = False
    notes: tuple[str, ...] = ()

    def as_json(self) -> Document:
        """The published shape."""
        return {
            "from": "files" if self.batch is None else "store",
            "files": [{"name": one.name, "sha256": one.sha256, "size_bytes": one.size_bytes} for one in self.sources],
            "batch": self.batch,
            "known_at": self.known_at and self.known_at.isoformat(),
            "rejected_rows": self.rejected_rows,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The ledger beside the control account of the general ledger; no rows = nothing to compare with."""

    rows: pl.DataFrame = field(default_factory=pl.DataFrame)

    def as_json(self) -> Document:
        """The published shape: ``status`` is reconciled, different or not_reconciled."""
        if not self.rows.height:
            return {"status": "not_reconciled", "rows": []}
        rows = [
            {
                name: amount_text(value, row["currency"]) if name.endswith("_minor") else _plain(value)
                for name, value in row.items()
            }
            for row in self.rows.iter_rows(named=True)
        ]
        rows = [{name.removesuffix("_minor"): value for name, value in row.items()} for row in rows]
        same = not self.rows["difference_minor"].any()
        return {"status": "reconciled" if same else "different", "rows": rows}


def protection(
    report: Report, ledger: Ledger, *, basis: Basis, policies: Policies, reconciliation: Reconciliation
) -> Document:
    """The whole report of a run, amounts as decimal texts in the reporting currency."""
    currency, on = report.currency, report.as_of.on
    tables = {
        name: records(frame, currency)
        for name, frame in report.tables().items()
        if name not in ("figures", "ageing", "roll_steps", "roll_flows", "worklist")
    }
    return {
        "report": "protection",
        "company": basis.company,
        "is_demo": basis.is_demo,
        "entities": sorted(ledger.accounts["entity"].unique()),
        "as_of": on.isoformat(),
        "currency": currency,
        "basis": basis.as_json(),
        "method": report.method,
        "standard": report.standard,
        "version": seawall.__version__,
        "policies_sha256": report.policies_digest,
        "figures_sha256": report.digest(),
        "rates": [
            {"currency": code, "rate": rate, "on": day.isoformat(), "source": source}
            for code, rate, day, source in report.rates_used
        ],
        "figures": figures(report.figures),
        "ageing": _ageing(report),
        "accounts": _accounts(report.ageing),
        **tables,
        "worklist": worklist(report.worklist, currency),
        "reconciliation": reconciliation.as_json(),
        "unverified": unverified(policies, on),
    }


def figures(frame: pl.DataFrame) -> Document:
    """The headline figures by name: value (a decimal text for money), unit, and where a loss rate comes from."""
    return {row["name"]: _figure(row) for row in frame.iter_rows(named=True)}


def _figure(row: dict[str, Any]) -> Document:
    if row["unit"] == "money":
        minor = row["value_minor"]
        value = None if minor is None else amount_text(minor, row["currency"])
    else:
        value = row["value_count"] if row["unit"] == "count" else row["value_number"]
    return {"value": value, "unit": row["unit"], "basis": row["basis"]}


def worklist(frame: pl.DataFrame, currency: str) -> list[Document]:
    """Whom to call first, with the reasons as codes and their parameters."""
    rows = records(frame.sort("rank", nulls_last=True), currency)
    return [row | {"reasons": json.loads(row["reasons"])} for row in rows]


def unverified(policies: Policies, on: dt.date) -> list[Document]:
    """The policies in force whose value nobody has checked against its source yet."""
    rows = []
    for policy_id, policy in sorted(policies.by_id.items()):
        values = [value for value in policy.values if value.from_day <= on]
        if values and values[-1].value is not None and UNVERIFIED in f"{values[-1].source} {values[-1].note}":
            source = values[-1].source.replace(UNVERIFIED, "").replace("  ", " ").strip()
            rows.append({"policy": policy_id, "title": policy.title, "title_zh": policy.title_zh, "source": source})
    return rows


def _ageing(report: Report) -> Document:
    amounts = [f"{name}_minor" for name in ageing.MEASURES]
    rows = report.customers.filter(pl.any_horizontal(pl.col("open_minor", "unapplied_minor") != 0))
    rows = rows.select("customer_code", *amounts, *(f"{name}_minor" for name in report.scheme.names))
    rows = rows.sort("customer_code")
    return {
        "scheme": _scheme_text(report.scheme),
        "by": report.scheme.by,
        "buckets": list(report.scheme.names),
        "total": ageing_total(rows, report.scheme, report.currency),
        "customers": ageing_rows(rows, "customer_code", report.scheme, report.currency),
    }


def _scheme_text(scheme: Scheme) -> str:
    return "/".join(str(edge) for edge in scheme.edges if edge)


def _accounts(frame: pl.DataFrame) -> list[Document]:
    """Open amounts by customer, entity and document currency, in that currency."""
    keys = ("customer_code", "entity", "currency")
    rows = frame.select(*keys, *(f"{name}_minor" for name in ageing.MEASURES)).iter_rows(named=True)
    return [
        {name: row[name] for name in keys}
        | {name: amount_text(row[f"{name}_minor"], row["currency"]) for name in ageing.MEASURES}
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
