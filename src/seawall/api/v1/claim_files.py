"""The claim file over the API: one PDF or ZIP, to be saved, or kept with the customer under its hash."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import Any, Literal

from django.http import FileResponse, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, Question, opened
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.cover import Cause, Code
from seawall.api.v1.keys import Key
from seawall.engine.protection.claim_facts import Key as Case
from seawall.exchange import claim_file, inert
from seawall.exchange.language import Language
from seawall.services import claim_files
from seawall.services.organisation import about

router = Router(tags=["insurance"])
BYTES = {"200": {"content": {
    kind: {"schema": {"type": "string", "format": "binary"}} for kind in claim_file.CONTENT_TYPES.values()
}}}  # fmt: skip
"""How the description says that an answer is a file."""


class FileQuestion(Question):
    """What is claimed for; `as_of` is the day of the file, not before the loss."""

    customer: Code
    policy: Code
    cause: Cause = "insolvency"
    date_of_loss: dt.date = Field(ge=FIRST_DAY, le=LAST_DAY)
    format: Literal["pdf", "zip"] = "pdf"
    language: Literal["en", "zh"] = "en"

    @property
    def loss(self) -> Case:
        """The loss asked about."""
        return Case(self.customer, self.policy, self.date_of_loss, self.cause)


class KeptFile(Schema):
    """A claim file that was kept: the document of the customer, and the hash that names it."""

    document: int
    name: str
    sha256: str
    bytes: int


@router.get("/claims/file", response=problems.responses(problems.NOTHING, 404), openapi_extra={"responses": BYTES})
def file(request: HttpRequest, question: Query[FileQuestion]) -> FileResponse:
    """The claim file: checklist, waterfall, statement by month, duties, limits, notes; in a ZIP also documents."""
    reading = opened(request, question, details=True)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer that streams it
    try:
        name = claim_files.write(
            reading, question.loss, about=about(actor_of(request)), form=question.format,
            language=Language(question.language), target=target,
        )  # fmt: skip
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return FileResponse(target, content_type=claim_file.CONTENT_TYPES[question.format], headers=inert.beside(name))


@router.post("/claims/file", response=problems.responses(KeptFile, 404))
def keep(request: HttpRequest, asked: FileQuestion, key: Key = "") -> dict[str, Any]:
    """Make the claim file and keep it with the customer: what was filed is known by its hash."""
    reading = opened(request, asked, details=True)
    kept = claim_files.keep(
        reading, asked.loss, about=about(actor_of(request)), form=asked.format, language=Language(asked.language),
        key=key_of(request, key),
    )  # fmt: skip
    return {"document": kept.number, "name": kept.name, "sha256": kept.sha256, "bytes": kept.bytes}
