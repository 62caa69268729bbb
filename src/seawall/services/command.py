"""The one write path: access, key, locks, rule, facts, audit, outbox, and the number drawn last.

Every verb that changes anything goes through :func:`execute`. The idempotency key lives in the same
transaction as its effect, so a crash leaves neither. The audit entry comes last and holds the head of
the chain only until the commit that follows at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from seawall.engine.kernel.errors import Conflict, IdempotencyMismatch
from seawall.services import access, announcing
from seawall.services.access import Actor
from seawall.services.announcing import Event
from seawall.store import chain, locks, points, touch
from seawall.store.models import IdempotencyKey, Outbox

Result = dict[str, Any]
"""What a verb answers: plain JSON, so that a repeated request gets the same answer."""


@dataclass
class Write:
    """One write under way. Facts carry ``write_no``; ``detail`` goes into the audit entry."""

    actor: Actor
    write_no: int
    at: dt.datetime
    detail: dict[str, Any] = field(default_factory=dict)
    outgoing: list[tuple[str, str, Mapping[str, Any], str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    """Rows appended in bulk, as ranges; rows touched one by one are noted by the database itself."""

    is_void: bool = False

    def send(self, kind: str, key: str, payload: Mapping[str, Any], *, sealed: str = "") -> None:
        """Have something sent once the write is safe; the same ``key`` is never sent twice."""
        self.outgoing.append((kind, key, payload, sealed))

    def announce(self, name: str, *entities: str, **data: Any) -> None:
        """Have the webhooks of entities told, once the write is safe. Ids and codes only, nothing of persons."""
        self.events.extend(Event(name, entity, data) for entity in entities)

    def change_nothing(self) -> None:
        """Say that there was nothing to do: no entry, no number."""
        self.is_void = True


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. ``batch_no`` is None where nothing was written (dry run, nothing to do)."""

    result: Result
    batch_no: int | None
    is_replay: bool = False


Effect = Callable[[Write], Result]


def execute(
    actor: Actor,
    verb: str,
    effect: Effect,
    *,
    request: Mapping[str, Any],
    key: str = "",
    lock: Iterable[str] = (),
    dry_run: bool = False,
) -> Done:
    """Carry out one verb, wholly or not at all.

    ``request`` is what was asked, in plain values; with a ``key``, the same request again answers as the
    first time and changes nothing. ``dry_run`` does everything and then takes it back.

    Raises:
        NotPermitted: the actor's role does not allow the verb.
        IdempotencyMismatch: the key came before with another request, or from somebody else.
        LockTimeout: somebody else is writing; nothing was changed.
    """
    access.require(actor, verb)
    asked = chain.digest_of({"actor": actor.user_id, "verb": verb, "request": request})
    with locks.patience(), transaction.atomic(durable=True):
        locks.take(())
        if key and (before := _claim(key, asked)):
            return Done(before.result or {}, before.batch_no, is_replay=True)
        locks.take(lock)
        write = _begin(actor)
        result = effect(write)
        points.reached("facts")
        if dry_run or write.is_void:
            transaction.set_rollback(True)
            return Done(result, None)
        batch_no = _conclude(write, verb, key, result)
        points.reached("commit")
    points.reached("committed")
    return Done(result, batch_no)


def told_once(done: Done) -> None:
    """Pass where a write was carried out now: what it made is told once, and is kept as a hash only.

    Raises:
        Conflict: the same request came before under its key, and was answered then.
    """
    if done.is_replay:
        raise Conflict(
            "This was done already, and its secret was told then.", hint="Make a new one under a new key.",
            code="told_once",
        )  # fmt: skip


def repeated(actor: Actor, verb: str, *, request: Mapping[str, Any], key: str) -> Done | None:
    """The first answer, where this very request came before under its key; None where it is new.

    For verbs whose request meets its own effect on the way: they ask before they look at what is there now.

    Raises:
        NotPermitted: the actor's role does not allow the verb.
        IdempotencyMismatch: the key came before with another request, or from somebody else.
    """
    access.require(actor, verb)
    if not key or not IdempotencyKey.objects.filter(key=key).exists():
        return None
    before = _same(key, chain.digest_of({"actor": actor.user_id, "verb": verb, "request": request}))
    return Done(before.result or {}, before.batch_no, is_replay=True)


def _claim(key: str, asked: str) -> IdempotencyKey | None:
    """The key's earlier use, or None once it is ours. Waits for a concurrent use of it to end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO store_idempotencykey (key, request_digest, recorded_at) VALUES (%s, %s, now()) "
            "ON CONFLICT (key) DO NOTHING",
            [key, asked],
        )
        if cursor.rowcount:
            return None
    return _same(key, asked)


def _same(key: str, asked: str) -> IdempotencyKey:
    found = IdempotencyKey.objects.get(key=key)
    if found.request_digest != asked:
        raise IdempotencyMismatch(
            "The key {key} was used for another request.", hint="Use a new key for a new request.", key=key
        )
    return found


def _begin(actor: Actor) -> Write:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('seawall_write_no'), now()")
        write_no, at = cursor.fetchone()
    return Write(actor, write_no, at)


def _conclude(write: Write, verb: str, key: str, result: Result) -> int:
    """Audit entry, what is to be sent, and the key's answer. Returns the batch number."""
    entry = chain.append(
        write_no=write.write_no, verb=verb, actor=str(write.actor), at=write.at, detail=write.detail,
        origin=str(write.actor.origin), changes=[*write.changes, *touch.taken()],
    )  # fmt: skip
    points.reached("audit")
    Outbox.objects.bulk_create(
        Outbox(kind=kind, key=each, payload=dict(payload), sealed=sealed, batch_no=entry.batch_no, changed_at=write.at)
        for kind, each, payload, sealed in write.outgoing
    )
    announcing.put(write.events, batch_no=entry.batch_no, at=write.at)
    if key:
        IdempotencyKey.objects.filter(key=key).update(batch_no=entry.batch_no, result=result)
    return entry.batch_no
