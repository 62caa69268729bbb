"""Webhooks: which addresses hear of what in an entity, what was sent to them, and sending again."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from seawall.engine.kernel.errors import InputError, NotFound, Refused, Where
from seawall.exchange import webhook
from seawall.exchange.net import AddressRefused, Outside, host_named, is_public
from seawall.services import access, announcing
from seawall.services.access import ALL, Actor
from seawall.services.announcing import EVENTS, TEST, Event
from seawall.services.command import Done, Result, Write, execute, told_once
from seawall.store import seal
from seawall.store.models import AuditEntry, Entity, Outbox, OutboxAttempt, WebhookEndpoint

PURPOSE: Final = "webhook secret"
ADDRESS_MAX: Final = 500
_GOES_ON: Final[dict[str, None]] = {"paused_at": None, "failing_since": None}
State = Outbox.State


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as shown; its secret is shown once, when it is made."""

    endpoint_id: int
    entity: str
    address: str
    events: tuple[str, ...]
    created_at: dt.datetime
    failing_since: dt.datetime | None
    paused_at: dt.datetime | None
    waiting: int
    failed: int

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "endpoint_id": self.endpoint_id, "entity": self.entity, "address": self.address,
            "events": list(self.events), "created_at": self.created_at.isoformat(),
            "failing_since": self.failing_since and self.failing_since.isoformat(),
            "paused_at": self.paused_at and self.paused_at.isoformat(), "waiting": self.waiting, "failed": self.failed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: the status that was answered, or the sentence that says why there was none."""

    at: dt.datetime
    status: int | None
    template: str
    params: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For doors; the sentence in English."""
        said = self.template.format(**self.params) if self.template else ""
        return {"at": self.at.isoformat(), "status": self.status, "problem": said}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint, and how far it came."""

    delivery_no: int
    endpoint_id: int
    message_id: str
    event: str
    state: str
    attempts: int
    made_at: dt.datetime
    next_at: dt.datetime | None
    body: str
    tries: tuple[Try, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "delivery_no": self.delivery_no, "endpoint_id": self.endpoint_id, "message_id": self.message_id,
            "event": self.event, "state": self.state, "attempts": self.attempts, "made_at": self.made_at.isoformat(),
            "next_at": self.next_at and self.next_at.isoformat(), "body": self.body,
            "tries": [each.as_json() for each in self.tries],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint's number and its secret, which is shown this once."""

    endpoint_id: int
    secret: str


def endpoints(actor: Actor) -> list[Endpoint]:
    """The endpoints of the entities where the actor keeps integrations.

    Raises:
        NotPermitted: the actor may not.
    """
    return [_endpoint(row) for row in _seen(actor)]


def endpoint(actor: Actor, endpoint_id: int) -> Endpoint:
    """One endpoint.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is none of this number for the actor.
    """
    return _endpoint(_found(actor, endpoint_id))


def add(actor: Actor, *, entity: str, address: str, events: Sequence[str], key: str = "") -> Made:
    """Let an address hear of events in an entity; the secret is returned this once and kept sealed.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such entity for the actor.
        InputError: no event, or none of this name.
        AddressRefused: not an address that may be asked.
    """
    access.require(actor, access.INTEGRATION_CHANGE, [entity])
    said, wanted, secret = _address(address), _events(events), webhook.new_secret()
    owner = Entity.objects.scoped(actor).filter(code=entity).first()
    if owner is None:
        raise NotFound("There is no entity {entity} for you.", entity=entity)

    def effect(write: Write) -> Result:
        row = WebhookEndpoint.objects.create(
            entity=owner, address=said, events=wanted, secret=seal.seal_text(secret, purpose=PURPOSE),
            created_at=write.at,
        )  # fmt: skip
        write.detail.update(webhook=row.pk, changed="added", entity=entity, address=said, events=wanted)
        return {"endpoint_id": row.pk}

    asked = {"entity": entity, "address": said, "events": wanted}
    done = execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key)
    return Made(int(done.result["endpoint_id"]), "" if done.is_replay else secret)


def change(
    actor: Actor, endpoint_id: int, *, at: dt.datetime, address: str | None = None,
    events: Sequence[str] | None = None, is_paused: bool | None = None, key: str = "",
) -> None:  # fmt: skip
    """Send elsewhere, tell of other events, pause or go on, in one write; what is None stays.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
        InputError: no event, or none of this name.
        AddressRefused: not an address that may be asked.
    """
    row = _found(actor, endpoint_id)
    if address is None and events is None and is_paused is None:
        return
    said: dict[str, Any] = {
        "address": row.address if address is None else _address(address),
        "events": row.events if events is None else _events(events),
    }  # fmt: skip
    if is_paused is not None:
        said |= {"paused_at": at} if is_paused else _GOES_ON
    _update(actor, row, "changed", key=key, **said)


def pause(actor: Actor, endpoint_id: int, *, at: dt.datetime, key: str = "") -> None:
    """Send nothing for now; what happens meanwhile waits.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
    """
    _update(actor, _found(actor, endpoint_id), "paused", key=key, paused_at=at)


def resume(actor: Actor, endpoint_id: int, *, key: str = "") -> None:
    """Send again, and what has waited first.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
    """
    _update(actor, _found(actor, endpoint_id), "resumed", key=key, **_GOES_ON)


def new_secret(actor: Actor, endpoint_id: int, *, key: str = "") -> Made:
    """Give an endpoint another secret, at once; it is returned this once.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
    """
    secret = webhook.new_secret()
    told_once(_update(actor, _found(actor, endpoint_id), "secret", key=key, secret=secret))
    return Made(endpoint_id, secret)


def remove(actor: Actor, endpoint_id: int, *, at: dt.datetime, key: str = "") -> None:
    """End an endpoint; what still waits for it fails, and what was sent stays on record.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
    """
    row = _found(actor, endpoint_id, with_ended=True)

    def effect(write: Write) -> Result:
        if not WebhookEndpoint.objects.scoped(actor).filter(pk=row.pk, ended_at=None).update(ended_at=at):
            _found(actor, endpoint_id)
        Outbox.objects.filter(endpoint_id=row.pk, state=State.WAITING).update(state=State.FAILED)
        write.detail.update(webhook=row.pk, changed="removed")
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request={"webhook": row.pk, "changed": "removed"}, key=key)


def send_test(actor: Actor, endpoint_id: int, *, key: str = "") -> int:
    """Put a test message before an endpoint; returns the delivery's number.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
    """
    row = _found(actor, endpoint_id)

    def effect(write: Write) -> Result:
        test = announcing.message(row, Event(TEST, row.entity.code, {"test": True}), batch_no=0, at=write.at)
        test.save()
        write.detail.update(webhook=row.pk, changed="test")
        return {"delivery_no": test.pk}

    done = execute(actor, access.INTEGRATION_CHANGE, effect, request={"test": row.pk}, key=key)
    return int(done.result["delivery_no"])


def deliveries(
    actor: Actor, endpoint_id: int, *, state: str = "", before: int | None = None, limit: int = 100
) -> list[Delivery]:
    """What was put before an endpoint, newest first.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such endpoint for the actor.
    """
    rows = Outbox.objects.filter(endpoint_id=_found(actor, endpoint_id).pk).order_by("-id")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return [_delivery(row) for row in rows[:limit]]


def delivery(actor: Actor, delivery_no: int) -> Delivery:
    """One message with its attempts.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is none of this number for the actor.
    """
    row = _delivered(actor, delivery_no)
    tries = OutboxAttempt.objects.filter(outbox=row)
    return _delivery(row, tuple(Try(each.at, each.status, each.template, each.params) for each in tries))


def again(actor: Actor, delivery_no: int, *, key: str = "") -> None:
    """Send a message again that failed, or was delivered: with the same id, so that who receives can tell.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is none of this number for the actor.
        Refused: it waits or is being sent, or its endpoint is ended.
    """
    row = _delivered(actor, delivery_no)

    def effect(write: Write) -> Result:
        held = Outbox.objects.filter(
            pk=row.pk, state__in=[State.FAILED, State.SENT, State.UNCERTAIN], endpoint__ended_at=None
        )
        if not held.update(state=State.WAITING, attempts=0, next_at=None, changed_at=write.at):
            raise Refused("Only a message that failed or was delivered can be sent again.", code="delivery_state")
        write.detail.update(webhook=row.endpoint_id, changed="again", delivery=row.pk)
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request={"again": row.pk}, key=key)


def _update(actor: Actor, row: WebhookEndpoint, changed: str, *, key: str, **said: Any) -> Done:
    told: dict[str, Any] = {name: said[name] for name in ("address", "events") if name in said}
    if changed == "changed" and "paused_at" in said:
        told["is_paused"] = said["paused_at"] is not None

    def effect(write: Write) -> Result:
        sealed = {"secret": seal.seal_text(said["secret"], purpose=PURPOSE)} if "secret" in said else {}
        WebhookEndpoint.objects.scoped(actor).filter(pk=row.pk).update(**said | sealed)
        write.detail.update(webhook=row.pk, changed=changed, **told)
        return {}

    asked = {"webhook": row.pk, "changed": changed, **told}
    return execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key)


def _seen(actor: Actor, *, with_ended: bool = False) -> QuerySet[WebhookEndpoint]:
    access.require(actor, access.INTEGRATION_CHANGE)
    rows = WebhookEndpoint.objects.scoped(actor).select_related("entity")
    rows = rows if with_ended else rows.filter(ended_at=None)
    where = actor.where(access.INTEGRATION_CHANGE)
    if where is not ALL:
        rows = rows.filter(WebhookEndpoint.in_entities(where))
    return rows.annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state__in=[State.WAITING, State.SENDING])),
        failed=Count("deliveries", filter=Q(deliveries__state=State.FAILED)),
    )


def _found(actor: Actor, endpoint_id: int, *, with_ended: bool = False) -> WebhookEndpoint:
    row = _seen(actor, with_ended=with_ended).filter(pk=endpoint_id).first()
    if row is None:
        raise NotFound("There is no webhook {number}.", number=endpoint_id)
    return row


def _delivered(actor: Actor, delivery_no: int) -> Outbox:
    row = Outbox.objects.filter(pk=delivery_no, endpoint__in=_seen(actor).values("pk")).first()
    if row is None:
        raise NotFound("There is no delivery {number}.", number=delivery_no)
    return row


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        row.pk, row.entity.code, row.address, tuple(row.events), row.created_at, row.failing_since, row.paused_at,
        row.waiting, row.failed,
    )  # fmt: skip


def _delivery(row: Outbox, tries: tuple[Try, ...] = ()) -> Delivery:
    made = AuditEntry.objects.filter(batch_no=row.batch_no).values_list("recorded_at", flat=True).first()
    return Delivery(
        row.pk, int(row.endpoint_id or 0), row.payload["id"], row.payload["event"], str(row.state), row.attempts,
        made or row.changed_at, row.next_at, row.payload["body"], tries,
    )  # fmt: skip


def _address(text: str) -> str:
    """An address that may be asked, whatever its name leads to later.

    Raises:
        AddressRefused: it may not.
    """
    said = text.strip()
    if len(said) > ADDRESS_MAX:
        raise InputError("An address has at most {most} characters.", most=ADDRESS_MAX)
    outside = Outside(frozenset({host_named(said)}))
    try:
        host = (outside.checked(said).hostname or "").strip("[]")
    except AddressRefused as error:
        error.where = Where(column="address")
        raise
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return said
    if not is_public(literal):
        raise AddressRefused(
            "{host} leads to an address that is not public.", host=host[:100], where=Where(column="address")
        )
    return said


def _events(names: Sequence[str]) -> list[str]:
    unknown = sorted(set(names) - set(EVENTS))
    if unknown:
        raise InputError(
            "{text} is no event.",
            hint="Choose from: {known}.",
            text=", ".join(unknown)[:200],
            known=", ".join(EVENTS),
            where=Where(column="event"),
        )
    if not names:
        raise InputError("Choose at least one event.", where=Where(column="event"))
    return sorted(set(names))
