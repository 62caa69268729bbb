"""Backups: made of one moment, restored into an empty store only, and tried in a drill that proves them."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext_noop

import seawall
from seawall.engine.kernel.errors import Broken, Conflict, InputError, Refused
from seawall.services import access, audit, checks, founding, jobs, runs
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.jobs_work import Working
from seawall.store import backup, chain, disk, drafts, dump, grants, points, results
from seawall.store.backup import Manifest
from seawall.store.home import Home, home
from seawall.store.models import BackupNote, Job, Outbox, Run
from seawall.store.seal import KEY_NAME, VARIABLE

RESTORE: Final = "restore"
KEEP: Final = 14
"""Backups kept where nobody says otherwise: two weeks of nights."""

FOLDER: Final = "SEAWALL_BACKUP"
"""Names the folder of the backups; without it they lie in the home, which a broken disk takes with it."""

Kind = BackupNote.Kind


@dataclass(frozen=True, slots=True)
class Note:
    """What is remembered of a backup or a drill."""

    kind: str
    at: dt.datetime
    name: str
    folder: str
    is_good: bool
    detail: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {"kind": self.kind, "at": self.at.isoformat(), "name": self.name, "folder": self.folder,
                "is_good": self.is_good, "detail": self.detail}  # fmt: skip


def folder_of(to: Path | None = None) -> Path:
    """Where backups lie: the folder asked for, else ``SEAWALL_BACKUP``, else in the home."""
    named = os.environ.get(FOLDER)
    return (to or (Path(named) if named else home().path / "backups")).expanduser().absolute()


def make(actor: Actor, *, at: dt.datetime, to: Path | None = None, keep: int = KEEP) -> Note:
    """Back up the database and every file it points to, as of one moment; old backups beyond ``keep`` go.

    Raises:
        NotPermitted: the actor is no administrator of every entity.
        Broken: the database points to a file that is gone: the backup would not be whole.
        Conflict: another backup of this folder is being made.
    """
    access.require_everywhere(actor, access.JOB_CHANGE)
    target, place = folder_of(to), home()
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(target):
        manifest = _made(target, place, at)
        gone = backup.prune(target, keep)
    detail = {"bytes": manifest.size, "files": len(manifest.files), "head": manifest.about["head"]["batch_no"],
              "removed": len(gone), "is_same_disk": target.stat().st_dev == place.path.stat().st_dev}  # fmt: skip
    return _note(actor, Kind.BACKUP, manifest.name, target, is_good=True, detail=detail)


def _made(target: Path, place: Home, at: dt.datetime) -> Manifest:
    """Dump and files of one moment: the files are copied after the snapshot, and none is ever changed or removed."""
    owner = place.database().owner.of(dbname=connections["owner"].settings_dict["NAME"])
    draft = Path(tempfile.mkdtemp(prefix=drafts.PREFIX, dir=target))
    with dump.snapshot(owner) as (held, name):
        about = _about(held, at)
        needed = dump.pointers(held)
        dump.dump(owner, name, draft / backup.DUMP)
    points.reached("backup dumped")
    files = backup.keep_objects(place.path, target)
    points.reached("backup files")
    lost = _lost(needed, files)
    if lost:
        shutil.rmtree(draft)
        raise Broken(
            "The database points to files that are gone: {files}.",
            hint="Run `seawall check`.",
            files=", ".join(lost[:5]),
        )
    dumped = draft / backup.DUMP
    kept = backup.Kept(backup.DUMP, backup.sha256_of(dumped), dumped.stat().st_size)
    manifest = Manifest(f"{at:%Y%m%dT%H%M%S}Z-{about['head']['batch_no']}", about, kept, files)
    if manifest.name in backup.names(target):
        shutil.rmtree(draft)
        return backup.read(target, manifest.name)
    backup.finish(draft, target, manifest)
    return manifest


def _about(held: Any, at: dt.datetime) -> dict[str, Any]:
    head = held.execute("SELECT batch_no, digest FROM store_chainhead").fetchone() or (0, chain.GENESIS)
    applied = held.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    newest = held.execute(
        "SELECT id::text, result_digest FROM store_run WHERE state = 'done' ORDER BY done_at DESC LIMIT 1"
    ).fetchone()
    return {
        "made_at": at.isoformat(), "version": seawall.__version__, "head": {"batch_no": head[0], "digest": head[1]},
        "migrations": [row[0] for row in applied],
        "run": {"run_id": newest[0], "result_digest": newest[1]} if newest else None,
    }  # fmt: skip


def _lost(needed: dict[str, list[str]], files: tuple[backup.Kept, ...]) -> list[str]:
    """What the database points to and the files do not hold."""
    there = {tuple(Path(file.path).parts[:2]) for file in files}
    return [f"{folder}/{name}" for folder, hashes in needed.items() for name in hashes if (folder, name) not in there]


def listed(folder: Path) -> list[Manifest]:
    """The backups of a folder, newest first."""
    return [backup.read(folder, name) for name in reversed(backup.names(folder))]


def newest(folder: Path, name: str = "") -> Manifest:
    """One backup, or the newest.

    Raises:
        InputError: there is none.
    """
    names = backup.names(folder)
    if not names:
        raise InputError("There is no backup in {folder}.", hint="Make one: seawall backup", folder=str(folder))
    return backup.read(folder, name or names[-1])


def restore(folder: Path, manifest: Manifest, place: Home) -> dict[str, Any]:
    """Bring a backup into an empty store: files, then the database in one transaction, then every pointer checked.

    What waited to be sent or done when the backup was made may have been sent or done since: it is not done again
    unasked. Called where no store is yet, so by the owner of the machine.

    Raises:
        Refused: there is a store here, or the backup is of a newer version.
        Broken: the backup is damaged; nothing was restored.
    """
    owner = place.database().owner
    if not is_going_on(place, manifest) and not dump.is_empty(owner):
        raise Refused(
            "There is a store here already.", hint="Restore into an empty home or database.", code="not_empty"
        )
    unknown = _unknown(manifest)
    if unknown:
        raise Refused(
            "The backup is of a newer version of Seawall.", hint="Restore it with that version.", code="newer"
        )
    damaged = backup.damaged(folder, manifest)
    if damaged:
        raise Broken("The backup is damaged: {files}.", hint="Use an earlier one.", files=", ".join(damaged[:5]))
    place.begin(RESTORE, manifest.name)
    backup.bring_back(folder, manifest, place.path)
    points.reached("restore files")
    dump.load(owner, folder / manifest.name / backup.DUMP)
    points.reached("restore loaded")
    grants.grant(using="owner")
    founding.bring_up_to_date()
    points.reached("restore brought up")
    lost = _pointing_nowhere(owner)
    if lost:
        raise Broken(
            "The restored database points to files that are gone: {files}.",
            hint="Empty the home and the database, and restore an earlier backup.", files=", ".join(lost[:5]),
        )  # fmt: skip
    stopped = _stand_still(manifest)
    points.reached("restore stands still")
    return {"name": manifest.name, "files": len(manifest.files), "bytes": manifest.size, **stopped}


def is_going_on(place: Home, manifest: Manifest) -> bool:
    """Whether the restore of this very backup was stopped in the middle, and goes on."""
    return place.unfinished == {"command": RESTORE, "of": manifest.name}


def _unknown(manifest: Manifest) -> list[str]:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    return [name for name in manifest.about["migrations"] if name not in known]


def _pointing_nowhere(owner: Any) -> list[str]:
    from seawall.store import files  # noqa: PLC0415 - beside its only use

    with dump.snapshot(owner) as (held, _name):
        needed = dump.pointers(held)
    lost = [name for name in needed["files"] if not files.place(name).is_file()]
    return lost + [name for name in needed["results"] if not results.is_whole(name)]


def _stand_still(manifest: Manifest) -> Result:
    """Let nothing that waited go out by itself: after a restore nobody knows what went out since the backup."""

    def effect(write: Write) -> Result:
        unsent = Outbox.objects.filter(state__in=["waiting", "sending"]).update(state="uncertain", changed_at=write.at)
        undone = Job.objects.filter(state__in=["waiting", "running"]).update(state="cancelled", done_at=write.at)
        with connections["default"].cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        write.detail.update(restored=manifest.name, head=manifest.about["head"], uncertain=unsent, cancelled=undone)
        return {"uncertain": unsent, "cancelled": undone}

    return execute(
        Actor.system(), access.JOB_CHANGE, effect, request={"restored": manifest.name}, key=f"restored {manifest.name}"
    ).result


def prove(manifest: Manifest, *, on: dt.date) -> dict[str, Any]:
    """Ask a restored store everything: its laws, its chain against the backup's head, its newest report anew."""
    actor, head = Actor.system(), manifest.about["head"]
    report = checks.check(actor, on=on)
    verified = audit.verify(actor, anchor=chain.Anchor(head["batch_no"], head["digest"]))
    run = manifest.about["run"]
    return {
        "check": report.holds, "breaches": [failure.name for failure in report.failures],
        "audit": verified.holds, "entries": verified.entries,
        "report": _same_report(actor, run) if run else None,
    }  # fmt: skip


def _same_report(actor: Actor, run: dict[str, str]) -> bool:
    """Whether the newest run's report comes out the same: computed anew by the same version, else as it was kept."""
    row = Run.objects.every_entity().get(pk=run["run_id"])
    if row.manifest["engine"] == seawall.__version__ and row.manifest["sees_all"]:
        return runs.recomputed(actor, run_id=row.pk) == run["result_digest"]
    return runs.load_report(actor, row.pk).digest() == run["result_digest"]


def drill(actor: Actor, *, to: Path | None = None, name: str = "") -> Note:
    """Restore a backup into an empty store of its own, ask it everything, and keep the answer with its date.

    Raises:
        NotPermitted: the actor is no administrator of every entity.
        InputError: there is no backup.
    """
    access.require_everywhere(actor, access.JOB_CHANGE)
    folder = folder_of(to)
    manifest = newest(folder, name)
    detail = _tried(folder, manifest.name)
    proof = detail.get("proof") or {}
    is_good = bool(proof.get("check") and proof.get("audit") and proof.get("report") is not False)
    return _note(actor, Kind.DRILL, manifest.name, folder, is_good=is_good, detail=detail)


def _tried(folder: Path, name: str) -> dict[str, Any]:
    """The whole restore as its user would do it, in a process and a database of its own; both are gone afterwards."""
    room = Path(tempfile.mkdtemp(prefix="seawall-drill-"))
    environ = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    key = home().path / KEY_NAME
    if key.exists():  # originals are sealed; a backup holds no key, whoever restores brings it
        environ.setdefault(VARIABLE, key.read_text(encoding="utf-8"))
    command = [sys.executable, "-m", "seawall.cli.main", "restore", str(folder), "--backup", name, "--prove", "--json"]
    try:
        ended = subprocess.run(
            command, env={**environ, "SEAWALL_HOME": str(room / "home"), "SEAWALL_LANG": "en"},
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if not ended.stdout.strip():
            return {"problem": ended.stderr.strip()[-600:]}
        return dict(json.loads(ended.stdout))
    finally:
        from seawall.store import embedded  # noqa: PLC0415 - beside its only use

        embedded.remove(Home(room / "home", environ={}))
        shutil.rmtree(room, ignore_errors=True)


def last(actor: Actor) -> dict[str, Note | None]:
    """The last backup and the last drill.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    return {kind.value: _last(kind) for kind in (Kind.BACKUP, Kind.DRILL)}


def _last(kind: BackupNote.Kind) -> Note | None:
    row = BackupNote.objects.filter(kind=kind).order_by("-id").first()
    return Note(str(row.kind), row.at, row.name, row.folder, row.is_good, row.detail) if row else None


def _note(
    actor: Actor, kind: BackupNote.Kind, name: str, folder: Path, *, is_good: bool, detail: dict[str, Any]
) -> Note:
    def effect(write: Write) -> Result:
        BackupNote.objects.create(kind=kind, at=write.at, name=name, folder=str(folder), is_good=is_good, detail=detail)
        write.detail.update(kind=str(kind), name=name, is_good=is_good)
        return {"at": write.at.isoformat()}

    done = execute(actor, access.JOB_CHANGE, effect, request={"kind": str(kind), "name": name})
    return Note(str(kind), dt.datetime.fromisoformat(done.result["at"]), name, str(folder), is_good, detail)


def alone(target: Path) -> AbstractContextManager[None]:
    """Nobody else writes into a folder of backups meanwhile; a Conflict where somebody does."""
    return disk.alone(target / ".lock", Conflict("A backup into {folder} is being made.", folder=str(target)))


def _backup_job(actor: Actor, _arguments: dict[str, Any], working: Working) -> Result:
    note = make(actor, at=working.now())
    working.say("Backup {name}: {files} files, {bytes} bytes.", name=note.name, **_of(note, "files", "bytes"))
    if note.detail["is_same_disk"]:
        working.say("It lies on the disk of the store: name another in SEAWALL_BACKUP.")
    return note.as_json()


def _drill_job(actor: Actor, _arguments: dict[str, Any], working: Working) -> Result:
    note = drill(actor)
    if not note.is_good:
        raise Broken("The backup {name} did not come back whole.", hint="See its drill on the page.", name=note.name)
    working.say("The backup {name} came back whole.", name=note.name)
    return note.as_json()


def _of(note: Note, *names: str) -> dict[str, Any]:
    return {name: note.detail[name] for name in names}


SUNDAY: Final = 6
jobs.register("backup", _backup_job, title=gettext_noop("Backup"), verb=access.JOB_CHANGE, daily=dt.time(3, 0))
jobs.register(
    "drill",
    _drill_job,
    title=gettext_noop("Restore drill"),
    verb=access.JOB_CHANGE,
    daily=dt.time(5, 0),
    weekday=SUNDAY,
)
