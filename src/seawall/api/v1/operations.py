"""The operations: each asks one service and shapes its answer."""

from __future__ import annotations

import uuid
from typing import Any, Literal

import polars as pl
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query

import seawall
from seawall.api.v1 import (
    approvals,
    audit,
    bank,
    bills,
    claim_files,
    claim_journal,
    claims,
    contacts,
    cover,
    figures,
    imports,
    insurance,
    insurers,
    jobs,
    limit_evidence,
    mail,
    mappings,
    people,
    periods,
    policies,
    premium,
    problems,
    push,
    reminders,
    saved_views,
    seal,
    shapes,
    sources,
    webhooks,
)
from seawall.api.v1.asking import After, Buckets, Limit, Question, Text, cut, filled, opened
from seawall.api.v1.auth import Session, Token, actor_of
from seawall.api.v1.desk import router as desk
from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.ageing import MEASURES
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.services import bank_documents, runs, snapshots
from seawall.services import reading as readings
from seawall.services.customer_files import customer_file
from seawall.services.ledger import BY, By, ageing_table, customers_found
from seawall.services.organisation import about, day_of
from seawall.services.reading import Reading

api = problems.ProblemAPI(
    title="Seawall",
    version="1",
    description="Figures of a receivables ledger, and what programs bring into it. Amounts are decimal texts.",
    auth=[Token(), Session()],
    urls_namespace="api-v1",
    docs_url=None,
    parser=problems.Keepable(),
)
problems.install(api)
for room in (
    approvals,
    audit,
    bills,
    claim_files,
    claim_journal,
    claims,
    contacts,
    cover,
    figures,
    insurance,
    insurers,
    jobs,
    limit_evidence,
    mail,
    people,
    periods,
    policies,
    premium,
    push,
    reminders,
    saved_views,
    seal,
    sources,
    webhooks,
):
    api.add_router("", room.router)
api.add_router("/bank", bank.router)
api.add_router("/imports", imports.router)
api.add_router("/mappings", mappings.router)


class AgeingQuestion(Buckets):
    """A question about ageing."""

    group_by: Literal["customer", "group", "entity", "sector", "currency"] = "customer"
    after: After = ""
    limit: Limit = 100


class CustomersQuestion(Question):
    """A question about customers."""

    search: Text = ""
    after: After = ""
    limit: Limit = 100


@api.get("/meta", response=problems.responses(shapes.Meta), tags=["meta"])
def meta(request: HttpRequest) -> dict[str, Any]:
    """Which store answers: version, organisation, what the caller sees, and what is known now."""
    actor = actor_of(request)
    facts = about(actor)
    return {
        "version": seawall.__version__,
        "organisation": facts.name,
        "is_demo": facts.is_demo,
        "known": snapshots.current(actor),
        "usual_day": facts.usual_day,
        "reporting_currency": facts.reporting_currency,
        "entities": list(facts.entities),
        "currencies": list(facts.currencies),
        "bank": bank_documents.freshness(actor, on=day_of(timezone.now())),
    }


@api.get("/ageing", response=problems.responses(shapes.Ageing, 404), tags=["ledger"])
def ageing(request: HttpRequest, question: Query[AgeingQuestion]) -> dict[str, Any]:
    """What is open on a day by how old it is, by customer, group, entity, sector or currency."""
    scheme, by = question.buckets, question.group_by
    opened_reading = filled(opened(request, question))
    table = ageing_table(opened_reading, scheme=scheme, by=by)
    key = BY[by][0]
    rows = table.rows.sort(pl.col(key).fill_null(""))
    keys = [value or "" for value in rows[key]]
    shown, following = cut(rows.to_dicts(), keys, question.after, question.limit)
    currency = opened_reading.currency
    return {
        **_head(opened_reading),
        **_fresh(request, opened_reading, question.entity),
        "scheme": "/".join(str(edge) for edge in scheme.edges if edge),
        "by": scheme.by,
        "group_by": by,
        "buckets": list(table.buckets),
        "total": _aged(table.total, None, table.buckets, currency, by),
        "rows": [_aged(row, row[key], table.buckets, currency, by) for row in shown],
        "next": following,
    }


@api.get("/customers", response=problems.responses(shapes.Customers, 404), tags=["ledger"])
def customers(request: HttpRequest, question: Query[CustomersQuestion]) -> dict[str, Any]:
    """Customers by code with their figures of the day; `search` looks in code and name."""
    opened_reading = filled(opened(request, question))
    rows = readings.report(opened_reading, scheme=DEFAULT_SCHEME).customers.sort("customer_code")
    if question.search:
        found = customers_found(opened_reading, text=question.search)
        rows = rows.join(found.select("customer_code"), on="customer_code", how="semi").sort("customer_code")
    shown, following = cut(rows.to_dicts(), rows["customer_code"].to_list(), question.after, question.limit)
    currency = opened_reading.currency
    told = [_customer(row, currency) for row in shown]
    fresh = _fresh(request, opened_reading, question.entity)
    return {**_head(opened_reading), **fresh, "rows": told, "next": following}


@api.get("/customers/{path:code}", response=problems.responses(shapes.CustomerFile, 404), tags=["ledger"])
def customer(request: HttpRequest, code: str, question: Query[Question]) -> dict[str, Any]:
    """One customer with its open items, down to the file and row each was read from."""
    opened_reading = filled(opened(request, question, details=True))
    file = customer_file(opened_reading, code=code)
    made = readings.report(opened_reading, scheme=DEFAULT_SCHEME)
    row = made.customers.filter(pl.col("customer_code") == code).row(0, named=True)
    items = [_item(each) for each in file.open_items.iter_rows(named=True)]
    fresh = _fresh(request, opened_reading, question.entity)
    return {**_head(opened_reading), **fresh, **_customer(row, opened_reading.currency), "items": items}


@api.get("/provision", response=problems.responses(shapes.Provision, 404), tags=["protection"])
def provision(request: HttpRequest, question: Query[Buckets]) -> dict[str, Any]:
    """Expected credit loss of the day, by pool and bucket, with the basis of each rate."""
    opened_reading = filled(opened(request, question))
    made = readings.report(opened_reading, scheme=question.buckets)
    currency = opened_reading.currency
    money = ("gross", "default", "ecl")
    plain = ("pool", "bucket", "rate", "forward_factor", "applied_rate", "basis")
    return {
        **_head(opened_reading),
        "method": made.method,
        "standard": made.standard,
        "ecl": amount_text(int(made.provision["ecl_minor"].sum()), currency),
        "rows": [
            {name: row[name] for name in plain} | {name: amount_text(row[f"{name}_minor"], currency) for name in money}
            for row in made.provision.iter_rows(named=True)
        ],
    }


@api.get("/runs", response=problems.responses(shapes.Runs), tags=["runs"])
def run_list(request: HttpRequest, limit: Limit = 100, after: After = "") -> dict[str, Any]:
    """Protection runs the caller sees, newest first."""
    rows = sorted(runs.listed(actor_of(request), limit=RUNS_MAX), key=_newest)
    shown, following = cut(rows, [_newest(row) for row in rows], after, limit)
    return {"rows": shown, "next": following}


# One address is answered by one router; the work itself is a job.
api.post("/runs", response=jobs.accepted(jobs.Job, 404, 409), tags=["runs"])(jobs.start_run)
api.post("/runs/{uuid:run_id}/resume", response=jobs.accepted(jobs.Job, 404, 409), tags=["runs"])(jobs.resume_run)


@api.get("/runs/{uuid:run_id}", response=problems.responses(shapes.RunFile, 404), tags=["runs"])
def run(request: HttpRequest, run_id: uuid.UUID) -> Any:
    """One run with its manifest, steps and hashes."""
    return runs.shown(actor_of(request), run_id=run_id)


RUNS_MAX = 10_000


def _newest(row: Any) -> str:
    """A text that sorts newer runs first."""
    return f"{10**17 - int(row.started_at.timestamp() * 10**6):018d}{row.run_id}"


def _head(reading: Reading) -> dict[str, Any]:
    return {"as_of": reading.as_of.on, "known": reading.as_of.known, "currency": reading.currency}


def _fresh(request: HttpRequest, reading: Reading, entity: str | None) -> dict[str, Any]:
    """How old bank data is on the day, for whoever chases by these figures; null before the policy begins."""
    try:
        return {"bank": bank_documents.freshness(actor_of(request), on=reading.as_of.on, entity=entity or "")}
    except PolicyGap:
        return {"bank": None}


def _aged(row: dict[str, Any], key: str | None, buckets: tuple[str, ...], currency: str, by: By) -> dict[str, Any]:
    return {
        "key": key,
        "name": row.get(BY[by][-1]),
        **{name: amount_text(row[f"{name}_minor"], currency) for name in MEASURES},
        "by_bucket": {name: amount_text(row[f"{name}_minor"], currency) for name in buckets},
    }


def _customer(row: dict[str, Any], currency: str) -> dict[str, Any]:
    plain = (
        "customer_code", "name", "country", "sector", "group_code", "max_dpd_days", "beyond_terms_days",
        "on_time_rate", "is_default",
    )  # fmt: skip
    money = (*MEASURES, "ecl")
    return {name: row[name] for name in plain} | {name: amount_text(row[f"{name}_minor"], currency) for name in money}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    plain = ("entity", "number", "issued_on", "due_on", "currency", "dpd_days", "source_file", "source_row")
    return {name: row[name] for name in plain} | {
        "kind": str(row["kind"]),
        "amount": amount_text(row["amount_minor"], row["currency"]),
        "left": amount_text(row["left_minor"], row["currency"]),
    }


api.add_router("", desk)
