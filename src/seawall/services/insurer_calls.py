"""Calls of insurers to our own address: believed only with the right signature, in time, and once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError

from seawall.client import Forged, require_signed
from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.exchange.insurers.masking import readable
from seawall.exchange.insurers.neutral import event_of
from seawall.exchange.insurers.port import parsed
from seawall.services import access, insurer_events
from seawall.services.command import Result, Write, execute
from seawall.services.insurer_opening import HOOK_PURPOSE, actor_of, plan_of, secrets_of
from seawall.store import seal
from seawall.store.models import InsurerCall, InsurerConnection, InsurerEvent

BODY_BYTES: Final = 64 * 1024


class CallRefused(Refused):
    """A call that is not believed."""

    code = "call_refused"


class CallRepeated(Refused):
    """The very same call came before."""

    code = "call_repeated"


def hear(connection_id: int, *, headers: Mapping[str, str], body: bytes, at: Any) -> str:
    """Take what an insurer tells; returns ``taken`` or ``known``. Nothing is written before the signature is right.

    Raises:
        NotFound: no such connection, or it hears no calls.
        InputError: it is too large.
        CallRefused: it is not believed: forged, changed on its way, or not of now.
        CallRepeated: the very same call came before.
    """
    rows = InsurerConnection.objects.every_entity().filter(pk=connection_id, removed_at=None).exclude(hook_secret="")
    row = rows.select_related("entity").first()
    if row is None:
        raise NotFound("There is no insurer {number}.", number=connection_id)
    if len(body) > BODY_BYTES:
        raise InputError("A call has at most {limit} bytes.", limit=BODY_BYTES)
    _require_true(row, headers, body, at)
    given = {name.lower(): value for name, value in headers.items()}
    try:
        return _taken(row, given["webhook-id"], int(given["webhook-timestamp"]), body)
    except IntegrityError as error:
        if "insurer_call_once" not in str(error):
            raise
        raise CallRepeated("This call came before.") from None


def _require_true(row: InsurerConnection, headers: Mapping[str, str], body: bytes, at: Any) -> None:
    secret = seal.unseal_text(row.hook_secret, purpose=HOOK_PURPOSE)
    within = int(plan_of(at.date())["webhook_seconds"])
    try:
        require_signed(headers, body, secret, at=at.timestamp(), within_seconds=within)
    except Forged as error:
        raise CallRefused("This call is not believed.") from error


def _taken(row: InsurerConnection, call_id: str, signed_at: int, body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        said: Any = readable(parsed(text), secrets_of(row))
    except ValueError:
        said = text

    def effect(write: Write) -> Result:
        InsurerCall.objects.create(connection=row, call_id=call_id[:200], signed_at=signed_at, recorded_at=write.at)
        taken = insurer_events.take(write, row, [event_of(said)], InsurerEvent.Way.CALL)
        write.detail.update(insurer=row.pk, call=call_id[:200], heard=taken)
        return {"taken": taken}

    asked = {"insurer": row.pk, "call": call_id}
    done = execute(actor_of(row), access.INSURER_RECEIVE, effect, request=asked, lock=[f"insurer {row.pk}"])
    return "taken" if done.result["taken"] else "known"
