"""The store's sealing key changed for a new one: everything is sealed anew, then the old key is gone.

The new key is put before the old one, so that it seals and both open; rows and files are sealed anew, each at once or
not at all; the old key goes last. Whatever stops it, the same command goes on: two keys in the home say so.
Digests by which things are known again keep keys of their own, derived from the oldest key before it goes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import Conflict
from seawall.services import (
    access,
    alerts,
    backups,
    insurer_opening,
    jobs,
    mail,
    people,
    second_factors,
    single_sign_on,
    source_opening,
    webhooks,
)
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.jobs_work import Working
from seawall.store import contact_keys, disk, files, locks, points, seal
from seawall.store.home import Home, home
from seawall.store.models import (
    AlertAddress,
    Contact,
    InsurerConnection,
    IntakeSource,
    MailServer,
    Outbox,
    SecondFactor,
    SignInProvider,
    WebhookEndpoint,
)
from seawall.store.scope import ScopedQuerySet
from seawall.store.seal import KeyState, Ring


@dataclass(frozen=True, slots=True)
class Column:
    """A column of sealed texts."""

    model: type[Model]
    name: str
    purpose: str

    @property
    def rows(self) -> QuerySet[Any]:
        """All rows of its table."""
        held = self.model._default_manager.all()  # noqa: SLF001 - as Django's own generic code
        return held.every_entity() if isinstance(held, ScopedQuerySet) else held

    def sealed_before(self, ring: Ring) -> QuerySet[Any]:
        """Rows that another key than the ring's first sealed."""
        first = base64.urlsafe_b64encode(seal.MAGIC + seal.key_id_of(ring.first)).decode()
        return self.rows.exclude(**{self.name: ""}).exclude(**{f"{self.name}__startswith": first}).order_by("pk")


COLUMNS: Final = (
    Column(SecondFactor, "secret", second_factors.PURPOSE),
    Column(SignInProvider, "secret", single_sign_on.PURPOSE),
    Column(Contact, "key", contact_keys.KEY_PURPOSE),
    Column(WebhookEndpoint, "secret", webhooks.PURPOSE),
    Column(MailServer, "password", mail.PURPOSE),
    Column(Outbox, "sealed", mail.CONTENT),
    Column(AlertAddress, "sealed", alerts.PURPOSE),
    Column(IntakeSource, "secret", source_opening.PURPOSE),
    Column(InsurerConnection, "secret", insurer_opening.PURPOSE),
    Column(InsurerConnection, "hook_secret", insurer_opening.HOOK_PURPOSE),
)
"""Every column that the store's key seals; what a room seals besides stands here."""

DIGESTS: Final = (
    contact_keys.DIGEST_PURPOSE, people.ABOUT, single_sign_on.PURPOSE, mail.CONTENT, alerts.PURPOSE, mail.PURPOSE,
    source_opening.PURPOSE, insurer_opening.PURPOSE,
)  # fmt: skip
"""Purposes of keyed digests, which stay as they are."""

BATCH: Final = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a change of keys came to."""

    key_id: str
    retired: tuple[str, ...]
    rows: int
    files: int

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {"key_id": self.key_id, "retired": list(self.retired), "rows": self.rows, "files": self.files}


def state(actor: Actor) -> KeyState:
    """Where the keys are, how many, and which one seals; never a key itself.

    Raises:
        NotPermitted: the actor may not keep the system.
    """
    access.require_everywhere(actor, access.JOB_CHANGE)
    return seal.key_state(home())


def rotate(actor: Actor, *, progress: Progress = lambda _done, _total: None) -> Rotated:
    """Change the sealing key; one that was begun goes on.

    Raises:
        NotPermitted: the actor may not keep the system.
        Refused: the only key comes from outside, where a new one is to be put before it.
        Conflict: another change, or a backup, is under way.
    """
    access.require_everywhere(actor, access.JOB_CHANGE)
    place = home()
    folder = backups.folder_of(None)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    taken = Conflict("The sealing key is being changed.")
    with disk.alone(place.path / "seal.lock", taken), backups.alone(folder):
        if len(seal.ring(place).keys) == 1:
            seal.add_key(place)
        points.reached("seal key added")
        return _carried_out(actor, place, progress)


def _carried_out(actor: Actor, place: Home, progress: Progress) -> Rotated:
    keys = seal.ring(place)
    total = sum(column.sealed_before(keys).count() for column in COLUMNS) + len(files.sealed_before(keys))
    rows, count = _sealed_anew(actor, keys, lambda done: progress(done, total))
    seal.keep_digest_keys(place, DIGESTS)
    points.reached("seal digest keys kept")
    retired = tuple(seal.key_id_of(key).hex() for key in keys.keys[1:])
    done = Rotated(seal.key_id_of(keys.first).hex(), retired, rows, count)
    _note(actor, done)
    points.reached("seal noted")
    while not _dropped(place, keys):
        rows, count = _sealed_anew(actor, keys, lambda _done: None)
        done = Rotated(done.key_id, retired, done.rows + rows, done.files + count)
    return done


def _dropped(place: Home, keys: Ring) -> bool:
    """Let the old keys go, unless something is left that they sealed.

    Whoever sealed with one has committed before the lock is free, so it is seen here; who seals next reads the new one.
    """
    with locks.alone(seal.IN_USE):
        if _is_left(keys):
            return False
        seal.drop_old_keys(place)
    return True


def _sealed_anew(actor: Actor, keys: Ring, progress: Callable[[int], None]) -> tuple[int, int]:
    rows = count = 0
    for column in COLUMNS:
        while batch := list(column.sealed_before(keys).values_list("pk", flat=True)[:BATCH]):
            rows += _rows(actor, column, batch)
            points.reached("seal batch")
            progress(rows)
    for path in files.sealed_before(keys):
        files.seal_anew(path)
        points.reached("seal file")
        count += 1
        progress(rows + count)
    return rows, count


def _rows(actor: Actor, column: Column, batch: list[Any]) -> int:
    def effect(write: Write) -> Result:
        held = column.rows.select_for_update().filter(pk__in=batch)
        for pk, text in held.values_list("pk", column.name):
            if text:  # erased meanwhile
                anew = seal.seal_text(seal.unseal_text(text, purpose=column.purpose), purpose=column.purpose)
                held.filter(pk=pk).update(**{column.name: anew})
        write.detail.update(changed="sealed_anew", table=column.model._meta.db_table, rows=len(batch))  # noqa: SLF001
        return {"rows": len(batch)}

    asked = {"seal_anew": column.model._meta.db_table}  # noqa: SLF001
    return int(execute(actor, access.JOB_CHANGE, effect, request=asked).result["rows"])


def _note(actor: Actor, done: Rotated) -> None:
    def effect(write: Write) -> Result:
        write.detail.update(changed="seal_key", **done.as_json())
        return {}

    execute(actor, access.JOB_CHANGE, effect, request={"seal_key": done.key_id})


def _is_left(keys: Ring) -> bool:
    return bool(files.sealed_before(keys)) or any(column.sealed_before(keys).exists() for column in COLUMNS)


def _job(actor: Actor, _arguments: dict[str, Any], working: Working) -> Result:
    done = rotate(actor, progress=working.progress)
    working.say("Sealed anew: {rows} rows, {files} files. The key is {key} now.",
                rows=done.rows, files=done.files, key=done.key_id)  # fmt: skip
    return done.as_json()


jobs.register("reseal", _job, title=gettext_noop("Change of the sealing key"), verb=access.JOB_CHANGE)
