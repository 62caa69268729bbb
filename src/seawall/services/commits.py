"""Importing an upload in the background: a job does it while its page shows how far it is.

Where no worker lives, a small upload is imported within the request, as it always was; a large one waits, and its
page says how to start a worker. One of somebody who acts by a token or as a deputy is imported within the request too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.exchange import limits
from seawall.services import access, jobs, uploads
from seawall.services.access import Actor, Within
from seawall.services.command import Result, Write, execute
from seawall.services.intake import ImportResult
from seawall.services.jobs import JobView
from seawall.services.jobs_work import Working
from seawall.services.uploads import PHASES, Asked
from seawall.store.models import Upload

KIND: Final = "import"
AT_ONCE_BYTES: Final = 16 * limits.MIB
"""So much is imported within a request where there is no worker: some hundred thousand rows, a few seconds."""

_MOVING: Final = ("waiting", "running")
SAID: Final[dict[str, str]] = {
    "read": gettext_noop("Reading the files."),
    "wait": gettext_noop("Waiting for the ledger: somebody else may be writing."),
    "compare": gettext_noop("Comparing the rows with what is on file."),
    "keep": gettext_noop("Writing down what is new."),
}


@dataclass(frozen=True, slots=True)
class Started:
    """What became of the wish to import: done at once, or a job that does it."""

    done: ImportResult | None
    job_id: int | None


def start(actor: Actor, *, upload_id: uuid.UUID, asked: Asked, key: str = "") -> Started:
    """Have an upload imported; asked again while that goes on, it is the job there is.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such upload.
        FileRejected: it was imported at once, and a file cannot be read.
        RowsRejected: it was imported at once, and rows cannot be taken.
    """
    access.require(actor, access.IMPORT)
    sent = uploads.shown(actor, upload_id=upload_id)
    if _is_done_here(actor, sent):
        _end_waiting(actor, sent)
        return Started(uploads.commit(actor, upload_id=upload_id, asked=asked, key=key), None)

    def effect(write: Write) -> Result:
        found = uploads.shown(actor, upload_id=upload_id)
        if found.state == Upload.State.DONE or ((moving := job_of(actor, found)) and moving.state in _MOVING):
            write.change_nothing()
            return {"job_id": found.job_id}
        arguments = {"upload_id": str(upload_id), "asked": asked.as_json()}
        job_id = jobs.enqueue(actor, KIND, arguments)
        Upload.objects.filter(pk=upload_id).update(
            state=Upload.State.QUEUED, options=asked.as_json(), result={"job_id": job_id}
        )
        write.detail.update(upload=str(upload_id), job=job_id)
        return {"job_id": job_id}

    request = {"start": str(upload_id), "asked": asked.as_json()}
    done = execute(actor, access.IMPORT, effect, request=request, key=key, lock=[f"upload {upload_id}"])
    return Started(None, done.result["job_id"])


def job_of(actor: Actor, sent: uploads.Sent) -> JobView | None:
    """The job that imports an upload, or did, or failed to."""
    return None if sent.job_id is None else jobs.shown(actor, job_id=sent.job_id)


def is_moving(actor: Actor, sent: uploads.Sent) -> bool:
    """Whether an upload is being imported, or waits for its turn."""
    job = None if sent.state != Upload.State.QUEUED else job_of(actor, sent)
    return job is not None and job.state in _MOVING


def can_be_at_once(sent: uploads.Sent) -> bool:
    """Whether an upload is small enough for a request."""
    return sent.size_bytes <= AT_ONCE_BYTES


def _is_done_here(actor: Actor, sent: uploads.Sent) -> bool:
    """Whether an upload is imported within the request: a token or a deputy asks, or nobody else would do it."""
    is_narrow = actor.within != Within() or actor.acts_for is not None
    return is_narrow or (can_be_at_once(sent) and not jobs.has_worker())


def _end_waiting(actor: Actor, sent: uploads.Sent) -> None:
    """End a job that waits for a worker that is not there; one that runs meets the import under the ledger's lock."""
    job = job_of(actor, sent)
    if job is not None and job.state == "waiting":
        jobs.cancel(actor, job_id=job.job_id)


def work(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Import one upload; done again after a kill, it answers as it did.

    Raises:
        SeawallError: as of :func:`uploads.commit`; the upload's page names the rows that cannot be taken.
    """
    upload_id, asked = uuid.UUID(arguments["upload_id"]), Asked.of(arguments["asked"])

    def reached(phase: str) -> None:
        working.progress(PHASES.index(phase), len(PHASES))
        working.say(SAID[phase])

    done = uploads.commit(actor, upload_id=upload_id, asked=asked, reached=reached)
    return {"upload_id": str(upload_id), "import_no": done.import_no, "counts": done.counts}


jobs.register(KIND, work, title=gettext_noop("Import of files"), verb=access.IMPORT)
