"""The audit chain: each entry seals the one before it, and its number is the order of commits."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from seawall.engine.kernel.errors import InputError
from seawall.store.models import AuditEntry, ChainHead

GENESIS = hashlib.sha256(b"seawall").hexdigest()
"""What the first entry seals."""


def canonical(body: Mapping[str, Any]) -> str:
    """The one text of a body: sorted keys, no spaces, days and instants in ISO form."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def seal(previous: str, text: str) -> str:
    """The digest of an entry, given the digest of the one before."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def append(
    *,
    write_no: int,
    verb: str,
    actor: str,
    at: dt.datetime,
    detail: Mapping[str, Any],
    origin: str = "",
    changes: Sequence[Mapping[str, Any]] = (),
) -> AuditEntry:
    """Add the entry of one verb under the head's row lock, and draw its batch number.

    ``changes``: the rows touched, by kind and key, with hashes of before and after.

    The last step before commit: the lock is short, and numbers stand in the order of commits.
    """
    ChainHead.objects.bulk_create([ChainHead(id=1, batch_no=0, digest=GENESIS)], ignore_conflicts=True)
    head = ChainHead.objects.select_for_update().get(id=1)
    batch_no = head.batch_no + 1
    body = {"batch_no": batch_no, "write_no": write_no, "verb": verb, "actor": actor, "at": at, "origin": origin,
        "detail": detail, "changes": changes,
    }  # fmt: skip
    text = canonical(body)
    entry = AuditEntry.objects.create(
        batch_no=batch_no, write_no=write_no, verb=verb, actor=actor, origin=origin, recorded_at=at,
        body=text, digest=seal(head.digest, text),
    )  # fmt: skip
    ChainHead.objects.filter(id=1).update(batch_no=batch_no, digest=entry.digest)
    return entry


FACT_VERBS = (
    "ledger.import",
    "import.undo",
    "customer.change",
    "customer.merge",
    "dispute.change",
    "allocation.change",
    "bank.import",
    "match.confirm",
    "bill.change",
    "insured_limit.record",
    "insurance_event.record",
    "claim.record",
    "write_off.propose",
    "write_off.approve",
    "recovery.record",
    "policy.approve",
)
"""Verbs that bring facts of the ledger, or policies: only they change what figures are made from."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A chain head noted outside the database: what a cut tail or a rewritten chain cannot forge."""

    batch_no: int
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the chain does not hold, and why."""

    batch_no: int
    reason: str


def head() -> Anchor:
    """The last entry's number and digest."""
    found = ChainHead.objects.filter(id=1).first()
    return Anchor(found.batch_no, found.digest) if found else Anchor(0, GENESIS)


def faults(anchors: Iterable[Anchor] = (), *, after: int = 0, until: int | None = None) -> Iterator[Fault]:
    """Everything wrong with the chain, in order. A cut tail or a full rewrite shows only against an anchor.

    ``after`` and ``until`` cut out a stretch, from the entry behind the one to the other: stretches that meet
    are together the whole.
    """
    kept: dict[int, set[str]] = {}
    for anchor in anchors:
        kept.setdefault(anchor.batch_no, set()).add(anchor.digest)
    expected_no, previous = after + 1, _digest_at(after)
    for batch_no, write_no, verb, actor, origin, at, text, digest in _entries(after, until):
        if batch_no != expected_no:
            yield Fault(expected_no, "entry missing")
        if digest != seal(previous, text):
            yield Fault(batch_no, "digest does not fit")
        if not _agrees(text, batch_no=batch_no, write_no=write_no, verb=verb, actor=actor, origin=origin, at=at):
            yield Fault(batch_no, "columns differ from what was sealed")
        if kept.get(batch_no, {digest}) != {digest}:
            yield Fault(batch_no, "differs from the anchor")
        expected_no, previous = batch_no + 1, digest
    if until is None:
        yield from _faults_of_the_end(expected_no - 1, previous, kept)
    elif expected_no <= until:
        yield Fault(expected_no, "entry missing")


def _faults_of_the_end(last_no: int, digest: str, kept: Iterable[int]) -> Iterator[Fault]:
    last = head()
    if (last.batch_no, last.digest) != (last_no, digest):
        yield Fault(last.batch_no, "head differs from the last entry")
    for missing in sorted(number for number in kept if number > last_no):
        yield Fault(missing, "entry of the anchor missing")


def _digest_at(batch_no: int) -> str:
    """What the entry behind this one is sealed with; empty, which fits nothing, where it is missing."""
    if not batch_no:
        return GENESIS
    return AuditEntry.objects.filter(batch_no=batch_no).values_list("digest", flat=True).first() or ""


def _entries(after: int, until: int | None) -> Iterator[tuple[Any, ...]]:
    columns = "batch_no", "write_no", "verb", "actor", "origin", "recorded_at", "body", "digest"
    rows = AuditEntry.objects.filter(batch_no__gt=after).order_by("batch_no")
    if until is not None:
        rows = rows.filter(batch_no__lte=until)
    return rows.values_list(*columns).iterator(chunk_size=5000)


def _agrees(text: str, *, at: dt.datetime, origin: str, **columns: Any) -> bool:
    try:
        body = json.loads(text)
    except ValueError:
        return False
    if body.get("origin", "") != origin:  # entries of earlier versions do not say
        return False
    return all(body.get(name) == value for name, value in columns.items()) and body.get("at") == str(at)


def known_at(moment: dt.datetime) -> int:
    """The last batch number recorded up to a moment: how a time is turned into what was known, once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(batch_no), 0) FROM store_auditentry WHERE recorded_at <= %s", [moment])
        return int(cursor.fetchone()[0])


def facts_at(known: int | None = None) -> Anchor:
    """The last entry, up to a batch number, that brought facts of the ledger; without a number the newest.

    Raises:
        InputError: no entry has that number yet.
    """
    newest = head().batch_no
    if known is not None and not 0 <= known <= newest:
        raise InputError(
            "Nothing was recorded under the number {known}.", hint="The newest is {newest}.",
            code="not_known", known=known, newest=newest,
        )  # fmt: skip
    rows = AuditEntry.objects.filter(verb__in=FACT_VERBS, batch_no__lte=newest if known is None else known)
    last = rows.order_by("-batch_no").first()
    return Anchor(last.batch_no, last.digest) if last else Anchor(0, GENESIS)
