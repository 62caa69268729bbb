"""Chats and telephones that are told of deadlines: their sealed addresses, what is put before them, and sending it."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from seawall.engine.kernel.errors import InputError, NotFound, Where
from seawall.engine.protection.deadlines import KINDS
from seawall.exchange import chat
from seawall.exchange.smtp import NotTaken
from seawall.services import access, mail, mail_sending, mail_words, outbox, reminders, subjects
from seawall.services.access import ALL, Actor
from seawall.services.command import Result, Write, execute
from seawall.services.reminders import Receiver
from seawall.services.source_opening import private
from seawall.store import points, seal
from seawall.store.models import AlertAddress, Outbox

PURPOSE: Final = "alert address"
NAME_MAX: Final = 60
LANGUAGES: Final = ("en", "zh-hans")
IN_A_ROUND: Final = 20
ROUND_SECONDS: Final = 30
"""After so long a round takes up no further message: services that hang keep nothing else waiting for minutes."""

KILLED_AFTER_MINUTES: Final = 5
HandOver = Callable[..., None]
Clock = Callable[[], float]
"""Seconds since some moment."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An address as shown, without what it is: that is a secret. ``state`` is that of its newest message."""

    alert_no: int
    name: str
    service: str
    entity: str
    language: str
    kinds: tuple[str, ...]
    created_at: dt.datetime
    state: str

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "alert_no": self.alert_no, "name": self.name, "service": self.service, "entity": self.entity,
            "language": self.language, "kinds": list(self.kinds), "created_at": self.created_at.isoformat(),
            "state": self.state,
        }  # fmt: skip


def listed(actor: Actor) -> list[Alert]:
    """The addresses of the entities where the actor keeps integrations.

    Raises:
        NotPermitted: the actor may not.
    """
    return [_view(row) for row in _seen(actor)]


def add(
    actor: Actor, *, name: str, address: str, entity: str = "", language: str = "en",
    kinds: Iterable[str] | None = None, key: str = "",
) -> int:  # fmt: skip
    """Have a chat or a telephone told of the deadlines of an entity, or of all; the address is sealed and not shown.

    Raises:
        NotPermitted: the actor may not, or not for every entity where none is named.
        NotFound: there is no such entity for the actor.
        InputError: no name, no such language or kind, or no address of a service that is let through.
        OutsideError: addresses cannot be looked at now.
    """
    owner = subjects.entity_of(actor, access.INTEGRATION_CHANGE, entity)
    said, chosen = name.strip(), reminders.kinds_of(kinds)
    if not said or len(said) > NAME_MAX or not said.isprintable():
        raise InputError("A name has 1 to {most} characters.", most=NAME_MAX, where=Where(column="name"))
    if language not in LANGUAGES:
        raise InputError("{text} is none of these.", hint="Choose one of: {known}.", text=language[:40],
                         known=", ".join(LANGUAGES), where=Where(column="language"))  # fmt: skip
    service, whole = chat.service_of(address), address.strip()

    def effect(write: Write) -> Result:
        row = AlertAddress.objects.create(
            entity=owner, name=said, service=service, sealed=seal.seal_text(whole, purpose=PURPOSE), language=language,
            kinds=chosen, created_at=write.at,
        )  # fmt: skip
        write.detail.update(alert=row.pk, changed="added", service=service, entity=entity)
        return {"alert_no": row.pk}

    asked = {"alert": said, "service": service, "entity": entity, "language": language, "kinds": chosen}
    asked["digest"] = seal.known_as(whole, purpose=PURPOSE)
    return int(execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key).result["alert_no"])


def remove(actor: Actor, alert_no: int, *, key: str = "") -> None:
    """End an address and forget it; what waits for it fails, and what was sent stays on record.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is none of this number for the actor.
    """
    access.require(actor, access.INTEGRATION_CHANGE)

    def effect(write: Write) -> Result:
        row = _found(actor, alert_no)
        _seen(actor).filter(pk=row.pk).update(ended_at=write.at, sealed="")
        waiting = Outbox.objects.filter(kind=mail.ALERT, payload__alert=row.pk, state=outbox.State.WAITING)
        waiting.update(state=outbox.State.FAILED)
        write.detail.update(alert=row.pk, changed="removed")
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request={"remove_alert": alert_no}, key=key)


def send_test(actor: Actor, alert_no: int, *, key: str = "") -> None:
    """Put a test message before an address.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is none of this number for the actor.
    """
    row = _found(actor, alert_no)

    def effect(write: Write) -> Result:
        put(write, row, "alert_test", {}, occasion=f"test {uuid.uuid4()}")
        write.detail.update(alert=row.pk, changed="test")
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request={"test_alert": row.pk}, key=key)


def put(write: Write, row: AlertAddress, template: str, params: Mapping[str, Any], *, occasion: str) -> bool:
    """Write one message for an address and an occasion into the outbox; False where it is there."""
    return mail.put(write, template, params, occasion=occasion, alert=row)


def receivers() -> Iterator[Receiver]:
    """Every address that is told, each with the entities it is told of."""
    rows = AlertAddress.objects.every_entity().filter(ended_at=None).select_related("entity").order_by("pk")
    for row in rows:
        places = ALL if row.entity is None else frozenset({row.entity.code})
        kinds = frozenset(KINDS if row.kinds is None else row.kinds)
        reads = Actor.of(f"alert {row.pk}", ["viewer"], places)
        yield Receiver(f"alert {row.pk}", row.name, reads, kinds, alert=row)


def send_due(*, now: dt.datetime, hand_over: HandOver = chat.hand_over, clock: Clock = time.monotonic) -> int:
    """Send what is due, each to its own service, as far as a round's time goes; returns how many were taken."""
    outbox.give_up_interrupted(KILLED_AFTER_MINUTES, mail.ALERT)
    taken, began = 0, clock()
    for _ in range(IN_A_ROUND):
        row = outbox.claim(mail.ALERT, now=now) if clock() - began < ROUND_SECONDS else None
        if row is None:
            break
        points.reached("alert claimed")
        state, _answers = mail_sending.attempted(row, now, lambda row=row: _hand_over(row, hand_over))  # type: ignore[misc]
        taken += state == outbox.State.SENT
    return taken


def _hand_over(row: Outbox, hand_over: HandOver) -> None:
    address = AlertAddress.objects.every_entity().get(pk=row.payload["alert"])
    if address.ended_at is not None:
        raise NotTaken("The address was ended.", is_passing=False)
    title, body = mail_words.said(row.payload["template"], mail.opened(row)["params"], language=address.language)
    hand_over(seal.unseal_text(address.sealed, purpose=PURPOSE), title=title, body=body, private=private())


def _seen(actor: Actor) -> QuerySet[AlertAddress]:
    access.require(actor, access.INTEGRATION_CHANGE)
    where = actor.where(access.INTEGRATION_CHANGE)
    rows = AlertAddress.objects.every_entity() if where is ALL else AlertAddress.objects.scoped(actor).filter(
        entity__code__in=where
    )  # fmt: skip
    found: QuerySet[AlertAddress] = rows.filter(ended_at=None).select_related("entity")
    return found


def _found(actor: Actor, alert_no: int) -> AlertAddress:
    row = _seen(actor).filter(pk=alert_no).first()
    if row is None:
        raise NotFound("There is no chat or telephone {number}.", number=alert_no)
    return row


def _view(row: AlertAddress) -> Alert:
    newest = Outbox.objects.filter(kind=mail.ALERT, payload__alert=row.pk).order_by("-id").first()
    return Alert(
        row.pk, row.name, row.service, row.entity.code if row.entity else "", row.language,
        tuple(KINDS if row.kinds is None else row.kinds), row.created_at, str(newest.state) if newest else "",
    )  # fmt: skip
