"""The protection report as one published document: everything a reader, a program or a renderer needs of a run."""

from __future__ import annotations

import datetime as dt
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import polars as pl

import seawall
from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies, PolicyValue
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.ledger.statement import tie
from seawall.engine.ledger.turnover import turnover
from seawall.engine.report import Report
from seawall.engine.run import protection_run
from seawall.policies.load import shipped
from seawall.services import exposures
from seawall.services.figures import Document, ageing_rows, ageing_total, records, unknown_group

Choices: TypeAlias = Mapping[str, Any]
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
    single_user: Document | None = None
    """Since when, and by whom, one person may approve alone; None where two are needed."""

    def as_json(self) -> Document:
        """The published shape."""
        return {
            "from": "files" if self.batch is None else "store",
            "files": [{"name": one.name, "sha256": one.sha256, "size_bytes": one.size_bytes} for one in self.sources],
            "batch": self.batch,
            "known_at": self.known_at and self.known_at.isoformat(),
            "rejected_rows": self.rejected_rows,
            "notes": list(self.notes),
            "single_user": self.single_user,
        }


class Asked(Protocol):
    """An opened question: the ledger as far as it may be seen, the day, the rates of the day."""

    @property
    def ledger(self) -> Ledger:
        """The facts."""

    @property
    def as_of(self) -> AsOf:
        """The day, and what was known."""

    @property
    def rates(self) -> Rates:
        """Into the reporting currency."""


def protection_report(
    asked: Asked, *, scheme: Scheme | None = None, policies: Policies | None = None, choices: Choices | None = None
) -> Report:
    """The protection run over the ledger of a question, in one piece.

    ``scheme`` defaults to the buckets of the house, ``policies`` to those shipped; ``choices`` replaces values
    by policy id for this one answer, as ``--method`` does.

    Raises:
        InputError: the ledger is empty.
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: a policy says nothing on a day it is needed.
    """
    if not asked.rates.reporting:
        raise InputError("The ledger is empty: there is nothing to report on.")
    governed = chosen(policies or shipped(), choices or {}, asked.as_of.on)
    return protection_run(asked.ledger, as_of=asked.as_of, policies=governed, rates=asked.rates, scheme=scheme)


def chosen(policies: Policies, choices: Choices, on: dt.date) -> Policies:
    """The policies with some values replaced by what was asked for.

    Raises:
        PolicyGap: there is no such policy.
    """
    changed = {}
    for policy_id, value in choices.items():
        policies.at(policy_id, on)
        asked = PolicyValue(policy_id, dt.date.min, value, "asked for in the question")
        changed[policy_id] = replace(policies.by_id[policy_id], values=(asked,))
    return Policies({**policies.by_id, **changed}) if changed else policies


def protection(
    report: Report, ledger: Ledger, *, basis: Basis, policies: Policies, insured: Document | None = None
) -> Document:
    """The whole report of a run, amounts as decimal texts in the reporting currency.

    ``insured`` is what ``cover_maps.in_report`` says, in each policy's own currency; left out where there is no policy.
    """
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
        "entities": ledger.entities,
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
        "exposure": exposures.in_report(exposures.of_report(report, ledger, policies)),
        "reconciliation": reconciliation(ledger, report.as_of),
        "unverified": unverified(policies, on),
        **({} if insured is None else {"insurance": insured}),
    }


def provision(report: Report) -> Document:
    """The provision of a run alone: by bucket, the rates behind it, the movement and its entries."""
    currency = report.currency
    tables = ("provision", "loss_rates", "allowance", "journal")
    return {
        "as_of": report.as_of.on.isoformat(),
        "currency": currency,
        "method": report.method,
        "standard": report.standard,
        "scheme": _scheme_text(report.scheme),
        "by": report.scheme.by,
        "total": {
            "gross": amount_text(int(report.provision["gross_minor"].sum()), currency),
            "ecl": amount_text(int(report.provision["ecl_minor"].sum()), currency),
        },
        **{name: records(getattr(report, name), currency) for name in tables},
    }


def roll_rates(report: Report, step: str) -> Document:
    """The roll rates of a run alone, in steps of a ``month`` or a ``year``: the means, each step, the flows."""
    tables = {"roll_rates": report.roll_rates, "steps": report.roll_steps, "flows": report.roll_flows}
    return {
        "as_of": report.as_of.on.isoformat(),
        "currency": report.currency,
        "step": step,
        **{name: records(frame.filter(pl.col("step") == step), report.currency) for name, frame in tables.items()},
    }


def concentration(report: Report) -> Document:
    """How much hangs on few of a run alone: the measures by dimension, and the largest of each."""
    tables = ("concentration", "largest")
    return {
        "as_of": report.as_of.on.isoformat(),
        "currency": report.currency,
        **{name: records(getattr(report, name), report.currency) for name in tables},
    }


def whom_to_call(report: Report) -> Document:
    """The worklist of a run alone: those to call by rank, then those left out, and why."""
    currency = report.currency
    return {"as_of": report.as_of.on.isoformat(), "currency": currency, "worklist": worklist(report.worklist, currency)}


DSO_GROUPS = {"customer": "customer_code", "group": "group_code", "entity": "entity", "sector": "sector"}
"""What the speed of collection can be asked by, and the column that names it."""

_SPEED = {
    "simple_days": "dso_days", "best_days": "dso_best_days", "delinquent_days": "dso_delinquent_days",
    "countback_days": "dso_countback_days", "sales_weighted_days": "dso_sales_weighted_days",
}  # fmt: skip
_MONTH = ("on", "sales_minor", "receipts_minor", "open_minor", "overdue_minor", *_SPEED.values(), "cei_rate")
_BESIDE = ("turnover_ratio", "overdue_rate", "dilution_rate")


def dso(report: Report, asked: Asked, *, policies: Policies, months: int = 13, group_by: str = "") -> Document:
    """How fast receivables turn into cash: the DSO family, effectiveness, turnover and dilution by month end.

    The last ``months`` month ends of the report; with ``group_by`` (customer, group, entity or sector) also the
    figures of the day by it.

    Raises:
        UsageError: ``group_by`` is none of these.
    """
    if group_by and group_by not in DSO_GROUPS:
        raise unknown_group(group_by, DSO_GROUPS)
    behind = policies.at("house.dso", asked.as_of.on).value["months"]
    beside = turnover(asked.ledger, as_of=asked.as_of, rates=asked.rates, trend=months, months=behind)
    rows = report.months.select(_MONTH).tail(months).join(beside.select("on", *_BESIDE), on="on", how="left")
    document: Document = {
        "as_of": asked.as_of.on.isoformat(),
        "currency": report.currency,
        "sales_months": behind,
        "months": records(rows.sort("on"), report.currency),
    }
    if group_by:
        document["group_by"] = group_by
        document["groups"] = records(_speed_by(asked, group_by, behind), report.currency)
    return document


def _speed_by(asked: Asked, by: str, months: int) -> pl.DataFrame:
    """The day's figures by key; what is open and overdue as the ageing has it, converted row by row."""
    key = DSO_GROUPS[by]
    rows = turnover(asked.ledger, as_of=asked.as_of, by=by, months=months, rates=asked.rates)  # type: ignore[arg-type]
    aged = room.ageing(asked.ledger, as_of=asked.as_of, scheme=DEFAULT_SCHEME, rates=asked.rates)
    owed = room.grouped(aged, asked.ledger, by=by, in_reporting=True)  # type: ignore[arg-type]  # checked before
    names = [name for name in (key, "name") if name in rows.columns]
    speed = rows.select(*names, "sales_minor", *_SPEED, "cei_rate", *_BESIDE).rename(_SPEED)
    found = speed.join(owed.select(key, "open_minor", "overdue_minor"), on=key, how="left", nulls_equal=True)
    return found.with_columns(pl.col("open_minor", "overdue_minor").fill_null(0)).sort(key, nulls_last=True)


def figures(frame: pl.DataFrame) -> Document:
    """The headline figures by name: value (a decimal text for money), unit, and where a loss rate comes from."""
    return {row["name"].removesuffix("_minor"): _figure(row) for row in frame.iter_rows(named=True)}


def _figure(row: dict[str, Any]) -> Document:
    if row["unit"] == "money":
        minor = row["value_minor"]
        value = None if minor is None else amount_text(minor, row["currency"])
    else:
        value = row["value_count"] if row["unit"] == "count" else row["value_number"]
    return {"value": value, "unit": row["unit"], "basis": row["basis"]}


def worklist(frame: pl.DataFrame, currency: str) -> list[Document]:
    """Whom to call first, with the reasons as codes and their parameters."""
    rows = records(frame.sort("rank", nulls_last=True, maintain_order=True), currency)
    return [row | {"reasons": [_reason(one, currency) for one in json.loads(row["reasons"])]} for row in rows]


def call_key(row: Document) -> str:
    """A text that stands in the order of the worklist, for the place a page ended: who comes or goes moves nothing.

    The bits of numbers that are not below zero, as scores are, stand in the order of the numbers.
    """
    (bits,) = struct.unpack(">Q", struct.pack(">d", row["score"]))
    return f"{row['rank'] is None:d} {2**64 - 1 - bits:016x} {row['customer_code']}"


def _reason(said: Document, currency: str) -> Document:
    return {
        name.removesuffix("_minor"): amount_text(value, currency) if name.endswith("_minor") else value
        for name, value in said.items()
    }


def reconciliation(ledger: Ledger, as_of: AsOf) -> Document:
    """The tie to the general ledger: ``status`` is reconciled, partly, different or not_reconciled."""
    rows = tie(ledger, as_of=as_of)
    found = set(rows["status"].cast(pl.String))
    status = (
        "different" if "different" in found else "partly" if len(found) > 1 else next(iter(found), "not_reconciled")
    )
    return {"status": status, "rows": [_tied(row) for row in rows.iter_rows(named=True)]}


def _tied(row: Document) -> Document:
    amounts = {
        name: None if row[f"{name}_minor"] is None else amount_text(row[f"{name}_minor"], row["currency"])
        for name in ("items", "control", "difference")
    }
    return {"entity": row["entity"], "currency": row["currency"], **amounts, "status": row["status"]}


def unverified(policies: Policies, on: dt.date) -> list[Document]:
    """The policies in force whose value nobody has checked against its source yet."""
    rows = []
    for policy_id, policy in sorted(policies.by_id.items()):
        values = [value for value in policy.values if value.from_day <= on]
        if values and values[-1].value is not None and UNVERIFIED in f"{values[-1].source} {values[-1].note}":
            source = values[-1].source.replace(f" {UNVERIFIED}", "").strip()
            rows.append({"policy": policy_id, "title": policy.title, "title_zh": policy.title_zh, "source": source})
    return rows


def _ageing(report: Report) -> Document:
    amounts = [f"{name}_minor" for name in room.MEASURES]
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
    rows = frame.select(*keys, *(f"{name}_minor" for name in room.MEASURES)).iter_rows(named=True)
    return [
        {name: row[name] for name in keys}
        | {name: amount_text(row[f"{name}_minor"], row["currency"]) for name in room.MEASURES}
        for row in rows
    ]
