"""Insurers met by files: what waits leaves as one, which can be had again; what they decided comes as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.exchange.insurers import exchange_file
from seawall.exchange.insurers.messages import OUTGOING
from seawall.exchange.insurers.port import Incoming, incoming
from seawall.services import access, insurer_events, insurer_facts, insurers
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.insurer_opening import adapter_of
from seawall.store.models import InsurerConnection, InsurerEvent, InsurerSending

State = InsurerSending.State


@dataclass(frozen=True, slots=True)
class File:
    """A file that leaves. ``batch`` is the name by which it can be had again."""

    name: str
    content: bytes
    count: int
    batch: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a file brought: rows that were new, rows set apart, facts that came of it."""

    taken: int
    apart: int
    facts: int


def export(actor: Actor, *, connection_id: int, kind: str, form: str = "csv", key: str = "") -> File:
    """All messages of a kind that wait, as one file; they count as handed over.

    Raises:
        NotFound: no such connection for the actor.
        InputError: no such kind or format.
        Refused: nothing waits, or the insurer has a line of its own.
    """
    row = _by_file(actor, connection_id, access.INSURER_SEND)
    _require_form(kind, form)

    def effect(write: Write) -> Result:
        waits = _of(row).filter(message__kind=kind, state=State.WAITING).order_by("id")
        numbers = list(waits.values_list("pk", flat=True))
        if not numbers:
            raise Refused("Nothing of this kind waits to be handed over.", code="nothing_waits")
        batch = f"{row.pk}-{write.write_no}"
        mine = InsurerSending.objects.every_entity().filter(pk__in=numbers)
        mine.update(state=State.TAKEN, job_ref=batch, attempts=1, changed_at=write.at)
        write.detail.update(insurer=row.pk, handed_over=kind, batch=batch, count=len(numbers))
        return {"batch": batch}

    asked = {"export": row.pk, "kind": kind, "form": form}
    done = execute(actor, access.INSURER_SEND, effect, request=asked, key=key, lock=[f"insurer {row.pk} say"])
    return again(actor, connection_id=connection_id, batch=done.result["batch"], form=form)


def again(actor: Actor, *, connection_id: int, batch: str, form: str = "csv") -> File:
    """A file that left, the same once more.

    Raises:
        NotFound: no such connection or file for the actor.
        InputError: no such format.
    """
    row = _by_file(actor, connection_id, access.INSURER_SEND)
    _require_form("", form)
    rows = list(_of(row).filter(job_ref=batch).select_related("message").order_by("id")) if batch else []
    if not rows:
        raise NotFound("There is no file {name}.", name=batch[:60])
    kind = rows[0].message.kind
    said = [(each.message.key, each.message.customer_code, each.message.body) for each in rows]
    headers, lines = exchange_file.table(said)
    name = f"{kind}-{batch}.{form}"
    return File(name, exchange_file.rendered(headers, lines, form), len(rows), batch)


def batches(actor: Actor, *, connection_id: int, limit: int = 30) -> list[dict[str, Any]]:
    """The files that left, newest first.

    Raises:
        NotFound: no such connection for the actor.
    """
    row = insurers.found(actor, connection_id)
    seen: dict[str, dict[str, Any]] = {}
    for each in _of(row).exclude(job_ref="").select_related("message").order_by("-id")[:5000]:
        made = seen.setdefault(each.job_ref, {"batch": each.job_ref, "kind": each.message.kind, "count": 0,
                                              "at": each.changed_at})  # fmt: skip
        made["count"] += 1
    return list(seen.values())[:limit]


def waiting(actor: Actor, *, connection_id: int) -> dict[str, int]:
    """How many messages of each kind wait to be handed over.

    Raises:
        NotFound: no such connection for the actor.
    """
    row = insurers.found(actor, connection_id)
    counts: dict[str, int] = {}
    for kind in _of(row).filter(state=State.WAITING).values_list("message__kind", flat=True):
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def take(actor: Actor, *, connection_id: int, name: str, content: bytes, key: str = "") -> Heard:
    """What an insurer's file says: decisions and answers, each once; a row that cannot be taken is set apart.

    Raises:
        NotFound: no such connection for the actor.
        FileRejected: it is no table.
    """
    row = insurers.found(actor, connection_id, verb=access.INSURER_RECEIVE)
    said = exchange_file.read(content, file=name[:100], policy=row.policy)
    codes = {each.customer_code: each.company_ref for each in insurers.links(actor, connection_id=connection_id)}
    said = [_with_company(each, codes) for each in said]

    def effect(write: Write) -> Result:
        before = InsurerEvent.objects.every_entity().filter(connection=row, state=InsurerEvent.State.QUARANTINED)
        apart = before.count()
        taken = insurer_events.take(write, row, said, InsurerEvent.Way.FILE)
        for each in said:
            _answered(write, row, each)
        write.detail.update(insurer=row.pk, file=name[:100], rows=len(said), new=taken)
        return {"taken": taken, "apart": before.count() - apart}

    asked = {"take": row.pk, "rows": [each.key for each in said]}
    done = execute(actor, access.INSURER_RECEIVE, effect, request=asked, key=key, lock=[f"insurer {row.pk}"])
    return Heard(int(done.result["taken"]), int(done.result["apart"]), insurer_facts.post(row))


def _with_company(said: Incoming, codes: dict[str, str]) -> Incoming:
    """A decision that names our customer instead of the insurer's company, with the company that is linked."""
    if said.body is not None or said.kind != "decision":
        return said
    raw = json.loads(said.raw)
    code = raw.get("customer_code", "")
    if raw.get("company_ref") or code not in codes:
        return said
    return incoming("decision", {**raw, "company_ref": codes[code]})


def _answered(write: Write, row: InsurerConnection, said: Incoming) -> None:
    """End the open requests of a company on which a decision came."""
    if said.kind != "decision" or said.body is None or said.body["kind"] == "referred":
        return
    waits = _of(row).filter(state=State.TAKEN, message__kind__in=("request_cover", "change_cover"))
    waits = waits.filter(message__body__company_ref=said.body["company_ref"])
    waits.update(state=State.DONE, slot=None, changed_at=write.at)


def _of(row: InsurerConnection) -> Any:
    return InsurerSending.objects.every_entity().filter(message__connection=row)


def _by_file(actor: Actor, connection_id: int, verb: str) -> InsurerConnection:
    row = insurers.found(actor, connection_id, verb=verb)
    if not adapter_of(row.kind).is_file:
        raise Refused("This insurer has a line of its own: nothing leaves as a file.", code="insurer_by_line")
    return row


def _require_form(kind: str, form: str) -> None:
    if kind and kind not in OUTGOING:
        raise InputError("There is no message named {kind}.", kind=kind[:40], column="kind")
    if form not in exchange_file.FORMATS:
        raise InputError("There is no format {format} here.", format=form[:20], column="form")
