"""Addresses at which a calendar program reads somebody's deadlines: whoever holds one reads what that person sees then.

The token in it is told once and kept as a hash; it opens the calendar and nothing else.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, Refused, TooManyAttempts, Where
from seawall.exchange.calendar_file import calendar
from seawall.exchange.language import Language
from seawall.services import access, organisation, protection, sign_in
from seawall.services.access import Actor, actor_of
from seawall.services.command import Result, Write, execute, told_once
from seawall.services.reading import open_reading
from seawall.store.models import CalendarAddress, User

PREFIX: Final = "cal_"
TOKEN_BYTES: Final = 32
NAME_MAX: Final = 60
OPEN_MAX: Final = 10
"""Addresses a person may have at a time."""

READS_AN_HOUR: Final = 30
"""A calendar program asks a few times an hour at most."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as shown; its token is told once, when it is made."""

    address_no: int
    name: str
    created_at: dt.datetime
    last_read_at: dt.datetime | None

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "address_no": self.address_no, "name": self.name, "created_at": self.created_at.isoformat(),
            "last_read_at": self.last_read_at and self.last_read_at.isoformat(),
        }  # fmt: skip


def path_of(token: str) -> str:
    """Where below the address of the pages a calendar is read."""
    return f"/calendar/{token}.ics"


def mine(actor: Actor, *, username: str = "") -> list[Address]:
    """The actor's own addresses, newest first; those of another user for the owner of the machine.

    Raises:
        NotSignedIn: the actor is no user.
        NotPermitted: the actor acts for somebody else, or names another user and does not own the machine.
        UnknownCode: there is no such user.
    """
    rows = CalendarAddress.objects.filter(user_id=_owner(actor, username), ended_at=None)
    return [Address(row.pk, row.name, row.created_at, row.last_read_at) for row in rows]


def make(actor: Actor, *, name: str, username: str = "", key: str = "") -> str:
    """Make an address; returns its token, this once. What is read there is in the language its owner has now.

    Raises:
        NotSignedIn: the actor is no user.
        NotPermitted: the actor acts for somebody else, is a token (more could be read there than it may, and for
            longer), or names another user and does not own the machine.
        UnknownCode: there is no such user.
        InputError: no name, or too long.
        Refused: there are too many.
        Conflict: the same request came under the key before: its token was told then.
    """
    user_id, said = _owner(actor, username), name.strip()
    if actor.within.is_token:
        raise NotPermitted(
            "A token makes no calendar addresses: they would outlive it.", hint="Sign in, and make it under Reminders."
        )
    if not said or len(said) > NAME_MAX or not said.isprintable():
        raise InputError("A name has 1 to {most} characters.", most=NAME_MAX, where=Where(column="name"))
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)

    def effect(write: Write) -> Result:
        if CalendarAddress.objects.filter(user_id=user_id, ended_at=None).count() >= OPEN_MAX:
            raise Refused("There are {most} calendar addresses already.", hint="End one of them.", most=OPEN_MAX)
        language = User.objects.values_list("language", flat=True).get(pk=user_id)
        row = CalendarAddress.objects.create(
            user_id=user_id, name=said, digest=sign_in.digest_of(token), language=language, created_at=write.at
        )
        write.detail.update(calendar=row.pk, changed="made")
        return {"address_no": row.pk}

    lock = [f"user {user_id}"]
    asked = {"calendar": said, "user": user_id}
    told_once(execute(actor, _verb(username), effect, request=asked, key=key, lock=lock))
    return token


def end(actor: Actor, address_no: int, *, username: str = "", key: str = "") -> None:
    """End an address at once.

    Raises:
        NotSignedIn: the actor is no user.
        NotPermitted: the actor acts for somebody else, or names another user and does not own the machine.
        UnknownCode: there is no such user.
        NotFound: it is none of the actor's, or was ended before.
    """
    user_id = _owner(actor, username)

    def effect(write: Write) -> Result:
        mine = CalendarAddress.objects.filter(pk=address_no, user_id=user_id, ended_at=None)
        if not mine.update(ended_at=write.at):
            raise NotFound("There is no calendar address {number}.", number=address_no)
        write.detail.update(calendar=address_no, changed="ended")
        return {}

    execute(actor, _verb(username), effect, request={"end_calendar": address_no}, key=key)


def read(token: str, *, address: str, at: dt.datetime, host: str) -> str:
    """The calendar behind a token, as its owner sees the deadlines at that moment (iCalendar).

    ``address`` is the caller's, ``host`` what entries are named after.

    Raises:
        NotFound: nobody has this token, it was ended, or its owner was shut out.
        TooManyAttempts: nobody has this token, as many others from the address; or this one is read too often.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    row = _row(token, address=address, at=at)
    _note_read(row, at)
    actor, language = actor_of(row.user), Language.named(row.language)
    if not protection.has_policies(actor):
        return calendar([], language, host=host)
    currency = organisation.about(actor).reporting_currency or None
    reading = open_reading(actor, on=organisation.day_of(at), currency=currency, details=True)
    return calendar(protection.deadlines(reading)["deadlines"], language, host=host)


def _row(token: str, *, address: str, at: dt.datetime) -> CalendarAddress:
    """Whose token it is. One nobody ever had is a guess; a program that still asks with an ended one does not guess."""
    row = CalendarAddress.objects.select_related("user").filter(digest=sign_in.digest_of(token)).first()
    if row is None:
        sign_in.note_wrong_token(token, address=address, at=at, prefix=PREFIX)
    elif row.ended_at is None and row.user.is_active and actor_of(row.user).may(access.READ):
        return row
    raise NotFound("There is no such calendar.")


def _note_read(row: CalendarAddress, at: dt.datetime) -> None:
    """Count a read within its hour.

    Raises:
        TooManyAttempts: it is read too often.
    """
    hour, mine = at.replace(minute=0, second=0, microsecond=0), CalendarAddress.objects.filter(pk=row.pk)
    if mine.filter(hour=hour, reads__lt=READS_AN_HOUR).update(reads=F("reads") + 1, last_read_at=at):
        return
    if not mine.exclude(hour=hour).update(hour=hour, reads=1, last_read_at=at):
        raise TooManyAttempts("This calendar is read too often.", hint="Have it read once an hour.")


def _owner(actor: Actor, username: str) -> int:
    return access.user_of(sign_in.token_owner(actor, username))


def _verb(username: str) -> str:
    return access.PEOPLE if username else access.SELF
