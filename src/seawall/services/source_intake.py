"""Looking into a source: what is whole and new is taken once, what cannot be taken is kept and said.

A source acts with the rights of finance within its own scope, never with those of whoever added it. Its files are
known by their hash: the same file twice is one effect, under whatever name. A connector's answer is held against
its last one, so that what was so before may be so again.
"""

from __future__ import annotations

import datetime as dt
import re
import time
import zoneinfo
from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import (
    AccessError,
    FileRejected,
    InputError,
    PolicyError,
    Refused,
    SeawallError,
    UsageError,
)
from seawall.exchange import connectors, limits, places
from seawall.exchange import sources as files_of
from seawall.exchange.places import Place, Seen
from seawall.exchange.sources import Source
from seawall.exchange.tables import FIELDS
from seawall.services import access, bank, intake, jobs, sources, uploads
from seawall.services.access import ALL, Actor
from seawall.services.command import Result, Write, execute
from seawall.services.intake_plan import Options
from seawall.services.jobs_work import Working
from seawall.services.source_opening import Opened, opened
from seawall.services.uploads import Asked
from seawall.store import files as kept_files
from seawall.store import locks
from seawall.store.models import IntakeSource, Job, Organisation, SourceFile

KIND: Final = "source"
SETTLE_SECONDS = 10.0
"""So long must a file of late lie still before it is read."""

LATE_SECONDS: Final = 60
"""A file that changed within so long may still be being written."""

REJECTS_KEPT: Final = 200
_REFUSALS: Final = (InputError, Refused, AccessError, PolicyError, UsageError)
Outcome = SourceFile.Outcome
Group = list[tuple[Source, str]]
"""Files that are taken together, each with the mark it had where it lay."""


class SourceRefused(FileRejected):
    """Files of a source were not taken; they are kept, with the reasons."""

    code = "source_refused"


def run(actor: Actor, *, source_id: int, key: str = "") -> int:
    """Have a source looked into now, what was refused before too; returns the number of the job.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: no such source, or it was removed.
    """
    row = sources.found(actor, source_id, verb=access.IMPORT)
    if row.removed_at is not None:
        raise Refused("The source was removed.", code="source_removed")
    return jobs.enqueue(actor, KIND, {"source_id": row.pk, "again": True}, key=key)


def enqueue_due(*, now: dt.datetime) -> list[int]:
    """Put into the queue the sources whose time has come; a look that still goes on is not doubled."""
    organisation = Organisation.objects.first()
    local = now.astimezone(zoneinfo.ZoneInfo(organisation.time_zone if organisation else "UTC")).replace(tzinfo=None)
    minutes = int((local - dt.datetime(1970, 1, 1)).total_seconds()) // 60  # noqa: DTZ001 - the clock on the wall
    made = []
    for row in IntakeSource.objects.every_entity().filter(removed_at=None, is_paused=False, every_minutes__gt=0):
        key = f"source {row.pk} {row.every_minutes} {minutes // row.every_minutes}"
        moving = Job.objects.filter(kind=KIND, state__in=["waiting", "running"], arguments__source_id=row.pk)
        if not moving.exists() and not Job.objects.filter(key=key).exists():
            made.append(jobs.enqueue(Actor.system(), KIND, {"source_id": row.pk}, key=key))
    return made


def work(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Look into one source.

    Raises:
        SourceRefused: files were not taken.
        OutsideError: it cannot be reached, or not now; nothing was taken.
    """
    row = sources.found(actor, arguments["source_id"], verb=access.IMPORT)
    again = bool(arguments.get("again"))
    if row.removed_at or (row.is_paused and not again):
        working.say("The source is paused or was removed.")
        return {"taken": 0}
    name = f"source {row.pk}"
    if not locks.try_hold(name):
        working.say("Another look into this source goes on.")
        return {"taken": 0}
    try:
        return _Look(row, working, again=again).done()
    finally:
        locks.let_go(name)


class _Look:
    """One look into one source."""

    def __init__(self, row: IntakeSource, working: Working, *, again: bool) -> None:
        self.row, self.working, self.again = row, working, again
        scope = frozenset({row.entity.code}) if row.entity else ALL
        self.actor = Actor.of(f"source {row.name}", ["finance"], scope)
        self.counts = dict.fromkeys(("taken", "same", "refused"), 0)

    def done(self) -> Result:
        """Take what is new.

        Raises:
            SourceRefused: files were not taken.
        """
        place = opened(sources.settings_of(self.row))
        for group in self._of_connector(place) if place.connector else self._of_place(place):
            self._take(group)
        if self.counts["refused"]:
            raise SourceRefused(
                "Files of the source {source} that were not taken: {count}.",
                hint="The reasons stand on the source's page and in the job's log.",
                count=self.counts["refused"], source=self.row.name,
            )  # fmt: skip
        if not any(self.counts.values()):
            self.working.say("There is nothing new.")
        return dict(self.counts)

    def _of_connector(self, place: Opened) -> list[Group]:
        """Everything a system holds, as ledger files; nothing where it is what it was the last time."""
        assert place.connector is not None  # noqa: S101 - the caller looked
        tables = place.connector.read(place.asked(lambda rows: self.working.progress(rows, 0)))
        origin = re.sub(r"[^a-z0-9]+", "-", self.row.name.lower()).strip("-") or self.row.kind
        group = [
            (files_of.of_rows(table, rows, origin=origin, columns=tuple(FIELDS.get(table, ()))), "")
            for table, rows in sorted(tables.items())
            if rows or (table == "allocations" and tables.get("items"))  # that nothing is settled any more is said too
        ]
        last = [self._newest(name=source.name) for source, _ in group]
        is_known = all(
            row is not None and row.sha256 == source.sha256 and self._is_done(row)
            for row, (source, _) in zip(last, group, strict=True)
        )
        return [] if is_known else [group]

    def _of_place(self, place: Opened) -> list[Group]:
        """The files that are whole and were not seen before: one by one, or the tables of a ledger together."""
        assert place.place is not None  # noqa: S101 - the caller looked
        settled = self._settled(place)
        marks = self._marks({uploads.plain_name(seen.name) for seen in settled})
        found = [seen for seen in settled if not self._is_done(marks.get((uploads.plain_name(seen.name), seen.mark)))]
        if len(found) > limits.FILES:
            self.working.say("There are {count} files; the first {limit} are taken now.",
                             count=len(found), limit=limits.FILES)  # fmt: skip
        group: Group = []
        for place_no, seen in enumerate(found[: limits.FILES]):
            self.working.progress(place_no, len(found))
            source = self._read(place.place, seen)
            if source and not self._is_done(self._newest(sha256=source.sha256)):
                group.append((source, seen.mark))
        is_ledger = self.row.brings == IntakeSource.Brings.LEDGER and not self.row.mapping
        return [group] if is_ledger and group else [[each] for each in group]

    def _read(self, place: Place, seen: Seen) -> Source | None:
        """A file's bytes; None where it cannot be read (too large, gone): that is said and stops no other file."""
        try:
            return files_of.whole(uploads.plain_name(seen.name), [place.content(seen)])
        except InputError as error:
            self.counts["refused"] += 1
            self.working.say(error.template, **error.kept)
            return None

    def _settled(self, place: Opened) -> list[Seen]:
        """The files nobody is writing: unchanged for a minute, or still for a while."""
        found = place.wanted()
        late = self.working.now().timestamp() - LATE_SECONDS
        if all(seen.changed < late for seen in found):
            return found
        time.sleep(SETTLE_SECONDS)
        return places.still(found, place.wanted())

    def _is_done(self, row: SourceFile | None) -> bool:
        """Whether nothing is left to do with a file that came before, if it did."""
        return row is not None and (row.outcome != Outcome.REFUSED or not self.again)

    def _marks(self, names: set[str]) -> dict[tuple[str, str], SourceFile]:
        """The newest that is known of each file of these names, by name and mark."""
        rows = SourceFile.objects.every_entity().filter(source=self.row, name__in=names).exclude(mark="")
        return {(row.name, row.mark): row for row in rows.only("name", "mark", "outcome").order_by("id")}

    def _newest(self, **what: str) -> SourceFile | None:
        return SourceFile.objects.every_entity().filter(source=self.row, **what).first()

    def _take(self, group: Group) -> None:
        try:
            outcome, import_no = self._bank(group) if self.row.brings == "bank" else self._ledger(group)
        except _REFUSALS as error:
            self._refuse(group, error)
            return
        self._count(group, outcome)
        if import_no is not None:
            self.working.say("Taken as import {number}.", number=import_no)

    def _ledger(self, group: Group) -> tuple[str, int | None]:
        read, _ = uploads.read_as([source for source, _ in group], Asked(mapping=self.row.mapping))
        describes = self.actor.where(access.IMPORT) is ALL
        is_connector = self.row.kind in connectors.known()
        options = Options(self.row.accept_rejects, self.row.apply_corrections, describes, says_all=is_connector)

        def taken(write: Write, result: Result) -> None:
            self._record(write, group, Outcome.TAKEN, import_no=result["import_no"])

        done = intake.commit_read(self.actor, read, options, note={"source": self.row.pk}, then=taken)
        if done.batch_no is None:
            self._note(group, Outcome.SAME)
        return ("same" if done.batch_no is None else "taken"), done.import_no

    def _bank(self, group: Group) -> tuple[str, int | None]:
        entity = self.row.entity.code if self.row.entity else ""
        done = bank.import_files(self.actor, [(source.name, source.original) for source, _ in group], entity=entity)
        self._note(group, Outcome.TAKEN if done.new_entries else Outcome.SAME)
        if not done.new_entries:
            return "same", None
        self.working.say("{count} entries are new.", count=done.new_entries)
        return "taken", None

    def _refuse(self, group: Group, error: SeawallError) -> None:
        """Say why files are not taken; what came before and after them is taken all the same."""
        rejects = getattr(error, "rejects", None)
        params = error.kept
        problem = {"template": error.template, "hint": error.hint_template, "params": params, "code": error.code,
                   "rejects": [] if rejects is None else _plain(rejects.head(REJECTS_KEPT).to_dicts())}  # fmt: skip
        self._note(group, Outcome.REFUSED, problem)
        self._count(group, "refused")
        self.working.say(error.template, **params)

    def _count(self, group: Group, outcome: str) -> None:
        self.counts[outcome] += len(group)
        said = {"taken": gettext_noop("{file}: taken."), "same": gettext_noop("{file}: nothing in it is new."),
                "refused": gettext_noop("{file}: not taken.")}  # fmt: skip
        for source, _ in group:
            self.working.say(said[outcome], file=source.name)

    def _note(self, group: Group, outcome: str, problem: dict[str, Any] | None = None) -> None:
        """Write down what became of files that brought no fact, and keep them."""
        for source, _ in group:
            kept_files.keep(source.original, source.sha256)

        def effect(write: Write) -> Result:
            self._record(write, group, outcome, problem=problem)
            write.detail.update(source=self.row.pk, outcome=outcome, files=_named(group))
            return {}

        verb = access.BANK_IMPORT if self.row.brings == "bank" else access.IMPORT
        execute(self.actor, verb, effect, request={"source": self.row.pk})

    def _record(
        self, write: Write, group: Group, outcome: str, *, import_no: int | None = None,
        problem: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        SourceFile.objects.bulk_create(
            SourceFile(
                source=self.row, name=source.name, bytes=len(source.original), mark=mark, sha256=source.sha256,
                outcome=outcome, import_no=import_no, problem=problem, recorded_at=write.at,
            )
            for source, mark in group
        )  # fmt: skip


def _named(group: Sequence[tuple[Source, str]]) -> list[list[str]]:
    return [[source.name, source.sha256] for source, _ in group]


def _plain(rejects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rejects as they are kept: an address of a person is not."""
    return [{**row, "value": "" if row["column"] == "email" else row["value"]} for row in rejects]


jobs.register(KIND, work, title=gettext_noop("Look into a source"), verb=access.IMPORT)
