"""Files sent in: kept by hash, looked at before anything is written, then imported in one transaction."""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Self

import polars as pl

from seawall.engine.kernel.errors import FileRejected, NotFound, SeawallError
from seawall.engine.ledger.rejects import empty
from seawall.exchange import heads, limits, mapping_guess
from seawall.exchange.heads import CANONICAL, Fit, Head
from seawall.exchange.intake import ReadFiles, Remark
from seawall.exchange.mapping import Mapping
from seawall.exchange.mapping_guess import Guess
from seawall.exchange.sources import TABLE_NAMES, Source, whole
from seawall.services import access, files, intake, mappings
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.intake import ImportResult
from seawall.services.intake_plan import Options, entities_of, plan, refuse_older_list
from seawall.store import files as kept_files
from seawall.store.models import Upload

NAME_CHARACTERS = 150
_CHANGED_SHOWN = 500

PHASES: Final = ("read", "wait", "compare", "keep")
"""How far an import is: reading its files, waiting for other writers, comparing with what is on file, writing down."""

Reached = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """How an upload is to be imported. ``mapping``: a name, ``canonical``, or empty to find out."""

    mapping: str = ""
    list_date: dt.date | None = None
    control_total: Decimal | None = None
    accept_rejects: bool = False
    apply_corrections: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the row of the upload."""
        return {name: value if isinstance(value, bool) else str(value or "") for name, value in asdict(self).items()}

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """What :meth:`as_json` wrote."""
        day, total = said.get("list_date"), said.get("control_total")
        return cls(
            str(said.get("mapping", "")), dt.date.fromisoformat(day) if day else None,
            Decimal(total) if total else None, bool(said.get("accept_rejects")),
            bool(said.get("apply_corrections")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload as its owner sees it."""

    upload_id: uuid.UUID
    files: tuple[tuple[str, str, int], ...]
    """Name, SHA-256 and bytes of each."""

    asked: Asked
    state: str
    result: dict[str, Any]
    import_no: int | None
    recorded_at: dt.datetime

    @property
    def job_id(self) -> int | None:
        """The background job that imports it, or did."""
        return self.result.get("job_id")

    @property
    def size_bytes(self) -> int:
        """All its files together."""
        return sum(size for _name, _sha256, size in self.files)


@dataclass(frozen=True)
class Preview:
    """What an import would do. Where the files cannot be read at all, ``problem`` says why and the rest is empty."""

    sent: Sent
    heads: tuple[Head, ...] = ()
    fits: tuple[Fit, ...] = ()
    mapping: Mapping | None = None
    read_as: str = ""
    problem: SeawallError | None = None
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    closed: int = 0
    control: list[dict[str, Any]] = field(default_factory=list)
    rejects: pl.DataFrame = field(default_factory=empty)
    corrections: pl.DataFrame = field(default_factory=empty)
    remarks: tuple[Remark, ...] = ()
    list_date: dt.date | None = None

    @property
    def has_news(self) -> bool:
        """Whether anything would be new, changed or closed."""
        return bool(self.closed) or any(count["new"] or count["changed"] for count in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "read_as": self.read_as, "counts": self.counts, "closed": self.closed, "control": self.control,
            "rejects": self.rejects.height, "corrections": self.corrections.height,
        }  # fmt: skip


def receive(actor: Actor, sent: Sequence[tuple[str, Iterable[bytes]]], *, key: str = "") -> uuid.UUID:
    """Take files in, by name and bytes; nothing of them is in the ledger yet.

    Raises:
        NotPermitted: the actor may not import.
        FileRejected: no file, too many, or one of a kind that is not read.
    """
    access.require(actor, access.IMPORT_UPLOAD)
    if not sent or len(sent) > limits.FILES:
        raise FileRejected("Send 1 to {limit} files.", code="no_file", limit=limits.FILES)
    sources = [whole(name, chunks) for name, chunks in _named(sent)]
    for source in sources:
        assert source.kind  # noqa: S101 - asked for its refusal
        kept_files.keep(source.original, source.sha256)
    described = [[source.name, source.sha256, len(source.original)] for source in sources]

    def effect(write: Write) -> Result:
        made = Upload.objects.create(
            id=uuid.uuid4(), owner_id=actor.user_id, files=described, options=Asked().as_json(), recorded_at=write.at
        )
        write.detail.update(upload=str(made.id), files=[each[:2] for each in described])
        return {"upload_id": str(made.id)}

    done = execute(actor, access.IMPORT_UPLOAD, effect, request={"files": described}, key=key)
    return uuid.UUID(done.result["upload_id"])


def shown(actor: Actor, *, upload_id: uuid.UUID) -> Sent:
    """One of the actor's own uploads.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such upload, or it is somebody else's.
    """
    access.require(actor, access.IMPORT_UPLOAD)
    return _sent(_row(actor, upload_id))


def waiting(actor: Actor) -> list[Sent]:
    """The actor's uploads that are not imported yet, the newest first, those too that are under way.

    Raises:
        NotPermitted: the actor may not import.
    """
    access.require(actor, access.IMPORT_UPLOAD)
    rows = Upload.objects.filter(owner_id=actor.user_id).exclude(state=Upload.State.DONE)
    return [_sent(row) for row in rows[:20]]


def preview(actor: Actor, *, upload_id: uuid.UUID, asked: Asked, by: Mapping | None = None) -> Preview:
    """What importing an upload would do; nothing is written. ``by``: a mapping that is not saved yet, to try it.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such upload, or it names an entity outside the actor's scope.
    """
    made = Preview(replace(shown(actor, upload_id=upload_id), asked=asked))
    try:
        sources = _sources(made.sent)
        seen = tuple(heads.head(source) for source in sources)
        made = replace(made, heads=seen, fits=tuple(mappings.fits(seen)))
        read, read_as = _read(sources, seen, asked, by)
        made = replace(made, read_as=read_as, mapping=read.mapping, remarks=read.remarks)
        return replace(made, list_date=read.tables.list_date, **_planned(actor, read))
    except NotFound:
        raise
    except SeawallError as error:
        return replace(made, problem=error)


def guessed(actor: Actor, *, upload_id: uuid.UUID, currency: str = "") -> tuple[Head, Guess]:
    """The head of an upload's first file that is no ledger file, and the mapping proposed for it.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such upload.
        FileRejected: it cannot be read, or nothing in it can be told apart.
    """
    sources = _sources(shown(actor, upload_id=upload_id))
    found = [heads.head(source) for source in sources]
    first = next((each for each in found if heads.canonical(each) is None), found[0])
    return first, mapping_guess.guess(first, currency=currency)


def commit(
    actor: Actor, *, upload_id: uuid.UUID, asked: Asked, key: str = "", reached: Reached = lambda _phase: None
) -> ImportResult:
    """Import an upload, wholly or not at all; an upload that was imported answers as it did.

    ``reached`` hears how far it is: one of ``PHASES``; what it raises stops the import.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such upload, or it names an entity outside the actor's scope.
        FileRejected: a file cannot be read.
        RowsRejected: rows cannot be taken, and that is not accepted.
        LockTimeout: somebody else is writing facts.
    """
    sent = shown(actor, upload_id=upload_id)
    if sent.state == Upload.State.DONE and sent.asked == asked:
        return _before(sent)
    reached("read")
    sources = _sources(sent)
    read, _ = read_as(sources, asked)
    options = Options(asked.accept_rejects, asked.apply_corrections, actor.where(access.IMPORT) is access.ALL)

    def imported(write: Write, result: Result) -> None:
        reached("keep")
        said = {name: result[name] for name in ("counts", "closed", "control")}
        _settle(upload_id, asked, said, write.write_no)

    note = {"upload": str(upload_id)}
    reached("wait")
    done = intake.commit_read(
        actor, read, options, key=key, note=note, beside=lambda _write: reached("compare"), then=imported
    )
    if done.batch_no is None:
        _nothing_new(actor, upload_id, asked, done)
        return _before(_sent(_row(actor, upload_id)))
    return done


def discard(actor: Actor, *, upload_id: uuid.UUID) -> None:
    """Let an upload go that is not wanted; its bytes stay by their hash only where an import took them.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such upload, or it is somebody else's.
    """
    access.require(actor, access.IMPORT_UPLOAD)
    row = _row(actor, upload_id)

    def effect(write: Write) -> Result:
        if not Upload.objects.filter(pk=row.pk).exclude(state=Upload.State.DONE).delete()[0]:
            write.change_nothing()
            return {"upload_id": str(upload_id)}
        write.detail.update(upload=str(upload_id), discarded=True)
        return {"upload_id": str(upload_id)}

    asked = {"discard": str(upload_id)}
    execute(actor, access.IMPORT_UPLOAD, effect, request=asked, lock=[f"upload {upload_id}"])


def plain_name(name: str) -> str:
    """The last part of a file's name as it was sent, without anything that is not a letter people see."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip().lstrip(".")
    stem, dot, ending = seen.partition(".")
    return (stem[: NAME_CHARACTERS - 20] + dot + ending[-20:])[:NAME_CHARACTERS] or "file"


def _named(sent: Sequence[tuple[str, Iterable[bytes]]]) -> list[tuple[str, Iterable[bytes]]]:
    """Files by names of their own: of two equal ones, the second gets a number behind its stem."""
    taken: set[str] = set()
    named = []
    for given, chunks in sent:
        stem, dot, ending = plain_name(given).partition(".")
        name, place = f"{stem}{dot}{ending}", 1
        while name.lower() in taken:
            place += 1
            name = f"{stem}.{place}{dot}{ending}"
        taken.add(name.lower())
        named.append((name, chunks))
    return named


def _row(actor: Actor, upload_id: uuid.UUID) -> Upload:
    row = Upload.objects.filter(pk=upload_id, owner_id=actor.user_id).first()
    if row is None:
        raise NotFound("There is no such upload.")
    return row


def _sent(row: Upload) -> Sent:
    return Sent(
        row.id, tuple((name, sha256, size) for name, sha256, size in row.files), Asked.of(row.options), row.state,
        row.result, row.import_no, row.recorded_at,
    )  # fmt: skip


def _sources(sent: Sent) -> list[Source]:
    # a file that was imported already is kept without addresses: it is still the file of its hash
    return [replace(whole(name, [kept_files.content(sha256)]), sha256=sha256) for name, sha256, _ in sent.files]


def read_as(sources: Sequence[Source], asked: Asked) -> tuple[ReadFiles, str]:
    """What files say, and by what they were read: a mapping's name, or ``canonical``.

    Raises:
        FileRejected: a file cannot be read.
        MappingInvalid: there is no such mapping.
    """
    return _read(sources, [heads.head(source) for source in sources], asked)


def _read(
    sources: Sequence[Source], seen: Sequence[Head], asked: Asked, by: Mapping | None = None
) -> tuple[ReadFiles, str]:
    """What the files say, and by what they were read: a mapping's name, or ``canonical``."""
    name = by.id if by else asked.mapping or _best(sources, seen)
    mapping = by or (None if name == CANONICAL else mappings.named(name))
    if mapping is None:
        sources = [_as_table(source, head) for source, head in zip(sources, seen, strict=True)]
    total, day = asked.control_total, asked.list_date
    return files.read_sources(sources, mapping=mapping, list_date=day, control_total=total), name


def _best(sources: Sequence[Source], seen: Sequence[Head]) -> str:
    """How the files are most likely meant: by their names, by canonical headers, else by the mapping that fits best."""
    if any(source.stem in TABLE_NAMES for source in sources) or any(heads.canonical(head) for head in seen):
        return CANONICAL
    usable = [fit for fit in mappings.fits(seen) if fit.is_usable]
    return usable[0].id if usable else CANONICAL


def _as_table(source: Source, head: Head) -> Source:
    """A file whose headers are those of a canonical table, under that table's name: ``items.export.csv``."""
    fit = None if source.stem in TABLE_NAMES or source.kind == "xlsx" else heads.canonical(head)
    return source if fit is None else replace(source, name=f"{fit.title}.{source.name}")


def _planned(actor: Actor, read: ReadFiles) -> dict[str, Any]:
    """The plan of an import that takes everything it can, worked out in a transaction that is taken back."""
    describes = actor.where(access.IMPORT) is access.ALL
    found: dict[str, Any] = {}

    def effect(write: Write) -> Result:
        access.require(actor, access.IMPORT, entities_of(read.tables))
        refuse_older_list(read.tables)
        made = plan(
            read, Options(accept_rejects=True, apply_corrections=True, describes_customers=describes), write.write_no
        )
        found.update(
            counts=made.counts, closed=made.closed, control=intake.control_of(made), rejects=made.rejects,
            corrections=made.corrections.head(_CHANGED_SHOWN),
        )  # fmt: skip
        return {}

    execute(actor, access.IMPORT_UPLOAD, effect, request={}, dry_run=True)
    return found


def _settle(upload_id: uuid.UUID, asked: Asked, result: dict[str, Any], import_no: int | None) -> None:
    Upload.objects.filter(pk=upload_id).update(
        state=Upload.State.DONE, result=result, options=asked.as_json(), import_no=import_no
    )


def _nothing_new(actor: Actor, upload_id: uuid.UUID, asked: Asked, done: ImportResult) -> None:
    """Note that an upload held nothing that was not on file."""

    def effect(write: Write) -> Result:
        if Upload.objects.filter(pk=upload_id, state=Upload.State.DONE).exists():  # by another, while this one waited
            write.change_nothing()
            return {}
        _settle(upload_id, asked, {"counts": done.counts, "closed": 0, "control": done.control}, None)
        write.detail.update(upload=str(upload_id), nothing_new=True)
        return {}

    execute(actor, access.IMPORT_UPLOAD, effect, request={"upload": str(upload_id)}, lock=[f"upload {upload_id}"])


def _before(sent: Sent) -> ImportResult:
    said = sent.result
    return ImportResult(said["counts"], said["closed"], None, sent.import_no, control=said["control"])
