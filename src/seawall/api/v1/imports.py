"""Imports by programs: send files in, see what they would do, import them, list what was imported, take it back."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import After, Day, Limit, Text, cut
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.jobs import accepted
from seawall.api.v1.keys import Key
from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import amount_text
from seawall.exchange import inert, report_intake
from seawall.services import commits, import_undo, imports, uploads
from seawall.services.uploads import Asked, Preview

router = Router(tags=["imports"])
IMPORTS_MAX = 10_000

Amount = Annotated[str, Field(pattern=r"^-?\d{1,16}(\.\d{1,4})?$")]


class How(Schema):
    """How an upload is to be read and taken."""

    mapping: Text = Field("", description="A mapping's name, `canonical`, or empty to find out by the headers.")
    list_date: Day = Field(None, description="The day a list of open items is about.")
    control_total: Amount | None = Field(None, description="What the items come to, debit less credit.")
    accept_rejects: bool = Field(False, description="Take the good rows and keep the bad on file.")
    apply_corrections: bool = Field(False, description="Take changed rows as new versions.")

    @property
    def asked(self) -> Asked:
        """The same, as the service is asked."""
        total = None if self.control_total is None else Decimal(self.control_total)
        return Asked(self.mapping, self.list_date, total, self.accept_rejects, self.apply_corrections)


class SentFile(Schema):
    """A file that was sent in."""

    name: str
    sha256: str
    bytes: int


class Upload(Schema):
    """Files that wait to be imported, or were."""

    upload_id: uuid.UUID
    state: str
    files: list[SentFile]
    import_no: int | None
    recorded_at: dt.datetime


class Counts(Schema):
    """Rows of a table by what they are beside what is on file."""

    same: int
    new: int
    changed: int
    vanished: int


class Total(Schema):
    """What the rows taken come to in a currency, beside what was said they would."""

    currency: str
    taken: str
    expected: str | None
    difference: str | None


class Reject(Schema):
    """A row that cannot be taken, or that would correct what is on file."""

    file: str
    row: int | None
    column: str
    code: str
    value: str
    expected: str
    hint: str


class FitShown(Schema):
    """How well a mapping fits the headers."""

    name: str
    title: str
    is_usable: bool
    found: int
    missing: list[str]


class PreviewShown(Schema):
    """What an import would do; nothing was written."""

    upload: Upload
    read_as: str
    list_date: dt.date | None
    problem: str | None
    counts: dict[str, Counts]
    closed: int
    totals: list[Total]
    rejects: list[Reject]
    corrections: list[Reject]
    mappings: list[FitShown]


class CommitStarted(Schema):
    """An import that goes on in the background."""

    job_id: int | None
    upload: Upload


class Outcome(Schema):
    """What an import did; `batch_no` is empty where nothing was new."""

    batch_no: int | None
    import_no: int | None
    counts: dict[str, Counts]
    closed: int
    totals: list[Total]
    rejects: int


class Imported(Schema):
    """One imported file."""

    file_id: int
    import_no: int
    name: str
    sha256: str
    mapping: str
    basis: str
    listed_on: dt.date | None
    rows: int
    rejects: int
    is_undone: bool
    recorded_at: dt.datetime


class Imports(Schema):
    """Imported files, newest first."""

    rows: list[Imported]
    next: str | None


class ImportShown(Schema):
    """One import: its files, whether it was taken back, and what stands against that."""

    import_no: int
    files: list[Imported]
    entities: list[str]
    undone_at: dt.datetime | None
    undone_by: str
    undone_because: str
    may_undo: bool
    against: list[str]


class Because(Schema):
    """Why an import is taken back."""

    reason: str = Field("", max_length=500)


class Undone(Schema):
    """What taking an import back did."""

    import_no: int
    batch_no: int | None
    facts: dict[str, dict[str, int]]


class Rejects(Schema):
    """Rows of a file that were not taken."""

    rows: list[Reject]


@router.post("/uploads", response=problems.responses(Upload, 409))
def send(request: HttpRequest, files: File[list[UploadedFile]], key: Key = "") -> dict[str, Any]:
    """Send files in; what importing them would do is asked next, and nothing is in the ledger yet."""
    actor = actor_of(request)
    upload_id = uploads.receive(actor, [(each.name or "", each.chunks()) for each in files], key=key_of(request, key))
    return _upload(uploads.shown(actor, upload_id=upload_id))


@router.get("/uploads/{uuid:upload_id}", response=problems.responses(PreviewShown, 404, 409))
def look(request: HttpRequest, upload_id: uuid.UUID, how: Query[How]) -> dict[str, Any]:
    """What importing an upload would do: same, new, changed and vanished rows, totals, rows that cannot be taken."""
    return _preview(uploads.preview(actor_of(request), upload_id=upload_id, asked=how.asked))


@router.post("/uploads/{uuid:upload_id}/commit", response=problems.responses(Outcome, 404, 409))
def commit(request: HttpRequest, upload_id: uuid.UUID, how: How, key: Key = "") -> dict[str, Any]:
    """Import an upload, wholly or not at all; committed again, it answers the same and changes nothing."""
    done = uploads.commit(actor_of(request), upload_id=upload_id, asked=how.asked, key=key_of(request, key))
    return {
        "batch_no": done.batch_no, "import_no": done.import_no, "counts": done.counts, "closed": done.closed,
        "totals": _totals(done.control), "rejects": done.rejects.height,
    }  # fmt: skip


@router.post("/uploads/{uuid:upload_id}/start", response=accepted(CommitStarted, 404, 409))
def start(request: HttpRequest, upload_id: uuid.UUID, how: How, key: Key = "") -> Any:
    """Import an upload in the background; asked again while that goes on, it is the job there is.

    `job_id` is empty where it was imported at once: no worker is running, or the token is narrower than its user.
    """
    actor = actor_of(request)
    started = commits.start(actor, upload_id=upload_id, asked=how.asked, key=key_of(request, key))
    return Status(202, {"job_id": started.job_id, "upload": _upload(uploads.shown(actor, upload_id=upload_id))})


@router.get("", response=problems.responses(Imports))
def listed(request: HttpRequest, after: After = "", limit: Limit = 100) -> dict[str, Any]:
    """Imported files, newest first."""
    found = imports.imports(actor_of(request), limit=IMPORTS_MAX)
    shown, following = cut(found, [f"{10**17 - each.file_id:018d}" for each in found], after, limit)
    return {"rows": shown, "next": following}


@router.get("/{int:import_no}", response=problems.responses(ImportShown, 404))
def one(request: HttpRequest, import_no: int) -> dict[str, Any]:
    """One import with its files, and whether it can be taken back."""
    found = imports.one(actor_of(request), import_no=_number(import_no))
    return {
        "import_no": found.import_no, "files": found.files, "entities": list(found.entities),
        "undone_at": found.undone_at, "undone_by": found.undone_by, "undone_because": found.undone_because,
        "may_undo": found.may_undo, "against": [each.template.format(**each.params) for each in found.against],
    }  # fmt: skip


@router.post("/{int:import_no}/undo", response=problems.responses(Undone, 404, 409))
def undo(request: HttpRequest, import_no: int, because: Because, key: Key = "") -> dict[str, Any]:
    """Take an import back: its facts no longer count, what they replaced does; refused where others build on it."""
    done = import_undo.undo(
        actor_of(request), import_no=_number(import_no), reason=because.reason, key=key_of(request, key)
    )
    return {**done.result, "batch_no": done.batch_no}


@router.get("/files/{int:file_id}/rejects", response=problems.responses(Rejects, 404))
def rejects(request: HttpRequest, file_id: int) -> dict[str, Any]:
    """The rows of an imported file that were not taken."""
    file, rows = imports.rejects(actor_of(request), file_id=_number(file_id))
    return {"rows": [{"file": file.name, **row, "hint": _filled(row)} for row in rows]}


BYTES = {"200": {"content": {inert.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}
"""How the description says that an answer is a file."""


@router.get(
    "/files/{int:file_id}/original",
    response=problems.responses(problems.NOTHING, 404),
    openapi_extra={"responses": BYTES},
)
def original(request: HttpRequest, file_id: int) -> HttpResponse:
    """An imported file as it came, to be saved and never shown."""
    name, content = imports.original(actor_of(request), file_id=_number(file_id))
    return HttpResponse(content, headers=inert.headers(name))


def _number(number: int) -> int:
    if number >= 2**63:
        raise InputError("{text} is not a whole number.", text=str(number))
    return number


def _upload(sent: uploads.Sent) -> dict[str, Any]:
    return {
        "upload_id": sent.upload_id, "state": sent.state, "import_no": sent.import_no, "recorded_at": sent.recorded_at,
        "files": [{"name": name, "sha256": sha256, "bytes": size} for name, sha256, size in sent.files],
    }  # fmt: skip


def _preview(found: Preview) -> dict[str, Any]:
    return {
        "upload": _upload(found.sent), "read_as": found.read_as, "list_date": found.list_date,
        "problem": found.problem and found.problem.message, "counts": found.counts, "closed": found.closed,
        "totals": _totals(found.control), "rejects": report_intake.rejects_json(found.rejects),
        "corrections": report_intake.rejects_json(found.corrections),
        "mappings": [
            {"name": fit.id, "title": fit.title, "is_usable": fit.is_usable, "found": fit.found, "missing": fit.missing}
            for fit in found.fits
        ],
    }  # fmt: skip


def _totals(control: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = {"taken": "taken_minor", "expected": "expected_minor", "difference": "difference_minor"}
    return [
        {"currency": row["currency"]}
        | {name: _text(row.get(column), row["currency"]) for name, column in names.items()}
        for row in control
    ]


def _text(minor: int | None, currency: str) -> str | None:
    return None if minor is None else amount_text(minor, currency)


def _filled(row: dict[str, Any]) -> str:
    filled: str = row["hint"].format(column=row["column"], value=row["value"], expected=row["expected"])
    return filled
