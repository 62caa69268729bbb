"""The audit record for programs: searching it, one entry, and keeping its head outside."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import Day, Limit, Text
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import anchoring, audit

router = Router(tags=["audit"])


class AuditAsked(Schema):
    """Which entries; what is empty asks nothing. `after`: the `next` of the page before."""

    who: Text = ""
    verb: Text = ""
    from_day: Day = Field(None, description="From this day of the organisation's.")
    to_day: Day = Field(None, description="To this day, with it.")
    subject: Text = Field("", description="A kind of row, or a kind and its key: `user 7`.")
    text: Text = Field("", description="Stands anywhere in the entry.")
    after: int | None = Field(None, ge=1, le=2**62)
    limit: Limit = 100


class AuditChange(Schema):
    """A row, or a range of rows, with its hash before and after."""

    kind: str
    key: str = ""
    rows: int | None = None
    first: Any = None
    last: Any = None
    before: str = ""
    after: str = ""


class AuditEntry(Schema):
    """One verb that was carried out."""

    batch_no: int
    at: dt.datetime
    verb: str
    actor: str
    origin: str
    subjects: list[str]
    detail: dict[str, Any]
    changes: list[AuditChange]
    digest: str


class AuditEntries(Schema):
    """A page of entries, newest first; `next` is empty on the last."""

    entries: list[AuditEntry]
    next: int | None


class VerifyAsked(Schema):
    """How far the chain is recomputed in one answer. `after`: the `next` of the answer before."""

    anchor: str = Field(
        "", max_length=200, description="A head kept outside, as `12:ab34…`: only that shows a cut tail."
    )
    after: int = Field(0, ge=0, le=2**62)
    limit: int = Field(10_000, ge=1, le=50_000, description="As many entries.")


class AuditHead(Schema):
    """The last entry's number and digest."""

    batch_no: int
    digest: str


class AuditFault(Schema):
    """An entry that does not fit."""

    batch_no: int
    reason: str


class AuditVerified(Schema):
    """Whether the entries that were looked at hold; `next` is null once the end was reached."""

    holds: bool
    entries: int
    head: AuditHead
    faults: list[AuditFault]
    next: int | None


class AnchorKept(Schema):
    """The head that was kept, and where."""

    batch_no: int
    digest: str
    file: str
    mailed: int


@router.get("/audit", response=problems.responses(AuditEntries), operation_id="audit_search")
def search(request: HttpRequest, asked: Query[AuditAsked]) -> dict[str, Any]:
    """The audit record, newest first."""
    wanted = audit.Search(asked.who, asked.verb, asked.from_day, asked.to_day, asked.subject, asked.text)
    found = audit.search(actor_of(request), wanted, before=asked.after, limit=asked.limit + 1)
    shown = found[: asked.limit]
    more = len(found) > asked.limit
    return {"entries": [each.as_json() for each in shown], "next": shown[-1].batch_no if more else None}


@router.get("/audit/verify", response=problems.responses(AuditVerified), operation_id="audit_verify")
def verify(request: HttpRequest, asked: Query[VerifyAsked]) -> dict[str, Any]:
    """Recompute the chain, a stretch at a time: an entry that was changed, removed or put in is found."""
    kept = [anchoring.head_named(asked.anchor)] if asked.anchor else []
    state = audit.verify(actor_of(request), anchors=kept, after=asked.after, most=asked.limit)
    return state.as_json() | {"next": state.next}


@router.get("/audit/{int:batch_no}", response=problems.responses(AuditEntry, 404), operation_id="audit_entry")
def one(request: HttpRequest, batch_no: int) -> dict[str, Any]:
    """One entry with its detail."""
    return audit.entry(actor_of(request), batch_no=min(batch_no, 2**62)).as_json()


@router.post("/audit/anchor", response=problems.responses(AnchorKept, 409), operation_id="audit_anchor")
def anchor(request: HttpRequest, key: Key = "") -> dict[str, Any]:
    """Keep the head of the record outside the database, now."""
    return anchoring.anchor(actor_of(request), key=key_of(request, key)).as_json()
