"""Intake sources by programs: list, add, change, test, run, pause and remove them; the files they gave."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import Limit, Text
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.jobs import Job, accepted
from seawall.api.v1.keys import Key
from seawall.services import jobs, source_changes, source_intake, sources
from seawall.services.sources import FileView, Given, SourceView

router = Router(tags=["sources"])
SourceNumber = Annotated[int, Field(ge=1, le=2**53)]
Value = Annotated[str, Field(max_length=20_000)]


class SourceAsked(Schema):
    """A source to add. `settings` is what its kind must be told; `secret` is sealed and never shown again."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Annotated[str, Field(max_length=40, examples=["folder", "sftp", "https", "odoo", "erpnext"])]
    settings: dict[str, Value] = Field(default_factory=dict, max_length=20)
    secret: Value = ""
    entity: Text = Field("", description="Whose facts it may bring; empty: every entity's.")
    brings: Literal["ledger", "bank"] = "ledger"
    mapping: Text = ""
    accept_rejects: bool = False
    apply_corrections: bool = False
    every_minutes: Literal[0, 5, 15, 60, 1440] = Field(0, description="0: only when somebody says so.")


class SourceChange(Schema):
    """What is to be another of a source; what is not named stays, but another address needs the secret again."""

    name: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    settings: Annotated[dict[str, Value] | None, Field(max_length=20, description="Field by field.")] = None
    secret: Annotated[Value | None, Field(description="In place of the one that is kept.")] = None
    entity: Text | None = Field(None, description="Whose facts it may bring; empty: every entity's.")
    brings: Literal["ledger", "bank"] | None = None
    mapping: Text | None = None
    accept_rejects: bool | None = None
    apply_corrections: bool | None = None
    every_minutes: Literal[0, 5, 15, 60, 1440] | None = None


class SourceShown(Schema):
    """A source."""

    source_id: int
    name: str
    kind: str
    entity: str
    brings: str
    settings: dict[str, str]
    has_secret: bool
    mapping: str
    accept_rejects: bool
    apply_corrections: bool
    every_minutes: int
    state: str
    recorded_at: dt.datetime
    removed_at: dt.datetime | None


class SourceList(Schema):
    """Sources by name."""

    rows: list[SourceShown]


class SourceTried(Schema):
    """What a look at a source found: it answers and lets us in; of a place of files, how many there are."""

    count: int
    names: list[str]


class SourceFileShown(Schema):
    """A file that a source gave, and what became of it."""

    name: str
    bytes: int
    sha256: str
    outcome: str
    import_no: int | None
    problem: str
    rejects: list[dict[str, Any]]
    recorded_at: dt.datetime


class SourceFiles(Schema):
    """Files of a source, newest first."""

    rows: list[SourceFileShown]


@router.get("/sources", response=problems.responses(SourceList))
def listed(request: HttpRequest, *, removed: bool = False) -> dict[str, Any]:
    """Intake sources by name; with `removed` those too that are no more."""
    found = sources.listed(actor_of(request), with_removed=removed)
    return {"rows": [_source(each) for each in found]}


@router.post("/sources", response=problems.responses(SourceShown, 404, 409))
def add(request: HttpRequest, asked: SourceAsked, key: Key = "") -> dict[str, Any]:
    """Add a source; nobody is asked yet."""
    given = asked.dict()
    told = given.pop("settings")
    actor = actor_of(request)
    return _source(
        sources.shown(actor, source_id=sources.add(actor, Given(told=told, **given), key=key_of(request, key)))
    )


@router.get("/sources/{source_id}", response=problems.responses(SourceShown, 404))
def one(request: HttpRequest, source_id: SourceNumber) -> dict[str, Any]:
    """One source."""
    return _source(sources.shown(actor_of(request), source_id=source_id))


@router.patch("/sources/{source_id}", response=problems.responses(SourceShown, 404, 409))
def change(request: HttpRequest, source_id: SourceNumber, asked: SourceChange, key: Key = "") -> dict[str, Any]:
    """Change what is named of a source: its address, schedule, mapping, scope, or its secret."""
    changes = {name: value for name, value in asked.dict().items() if value is not None}
    if "settings" in changes:
        changes["told"] = changes.pop("settings")
    actor = actor_of(request)
    source_changes.change(actor, source_id=source_id, changes=changes, key=key_of(request, key))
    return _source(sources.shown(actor, source_id=source_id))


@router.delete("/sources/{source_id}", response=problems.responses(SourceShown, 404, 409))
def remove(request: HttpRequest, source_id: SourceNumber, key: Key = "") -> dict[str, Any]:
    """Look into a source no more and forget its secret; what it gave, and its history, stay."""
    actor = actor_of(request)
    sources.remove(actor, source_id=source_id, key=key_of(request, key))
    return _source(sources.shown(actor, source_id=source_id))


@router.post("/sources/{source_id}/test", response=problems.responses(SourceTried, 404, 409, 502))
def test(request: HttpRequest, source_id: SourceNumber) -> Any:
    """Look what a source has, without taking anything."""
    return sources.try_it(actor_of(request), source_id=source_id)


@router.post("/sources/{source_id}/run", response=accepted(Job, 404, 409))
def run(request: HttpRequest, source_id: SourceNumber, key: Key = "") -> Any:
    """Have a source looked into now, what was refused before too."""
    actor = actor_of(request)
    job_id = source_intake.run(actor, source_id=source_id, key=key_of(request, key))
    return Status(202, jobs.shown(actor, job_id=job_id).as_json())


@router.post("/sources/{source_id}/pause", response=problems.responses(SourceShown, 404, 409))
def pause(request: HttpRequest, source_id: SourceNumber, key: Key = "") -> dict[str, Any]:
    """Stop looking into a source by schedule."""
    return _paused(request, source_id, is_paused=True, key=key)


@router.post("/sources/{source_id}/resume", response=problems.responses(SourceShown, 404, 409))
def resume(request: HttpRequest, source_id: SourceNumber, key: Key = "") -> dict[str, Any]:
    """Go on looking into a source."""
    return _paused(request, source_id, is_paused=False, key=key)


@router.get("/sources/{source_id}/files", response=problems.responses(SourceFiles, 404))
def files(request: HttpRequest, source_id: SourceNumber, limit: Limit = 100) -> dict[str, Any]:
    """The files a source gave, and what became of each."""
    found = sources.files(actor_of(request), source_id=source_id, limit=limit)
    return {"rows": [_file(each) for each in found]}


def _paused(request: HttpRequest, source_id: int, *, is_paused: bool, key: str) -> dict[str, Any]:
    actor = actor_of(request)
    sources.pause(actor, source_id=source_id, is_paused=is_paused, key=key_of(actor, key))
    return _source(sources.shown(actor, source_id=source_id))


def _source(view: SourceView) -> dict[str, Any]:
    names = (
        "source_id", "name", "kind", "entity", "brings", "has_secret", "mapping", "accept_rejects",
        "apply_corrections", "every_minutes", "state", "recorded_at", "removed_at",
    )  # fmt: skip
    return {name: getattr(view, name) for name in names} | {"settings": view.told}


def _file(view: FileView) -> dict[str, Any]:
    names = ("name", "bytes", "sha256", "outcome", "import_no", "rejects", "recorded_at")
    return {name: getattr(view, name) for name in names} | {"problem": view.template.format(**view.params)}
