"""Links that serve once: an invitation lets a new person set a password, a reset lets one who lost it."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from seawall.engine.kernel.errors import InputError, NotFound, Refused
from seawall.services import access, mail, people, second_factors, sessions
from seawall.services.access import Actor, Grant
from seawall.services.command import Result, Write, execute, told_once
from seawall.services.sign_in_rules import rules
from seawall.store.models import OneTimeLink, User

SECRET_BYTES = 32
LINK_LOST = "This link serves no more: it was used, is too old, or was never made."
LINK_HINT = "Ask an administrator for a new one."


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is given to the administrator, once."""

    secret: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whom a link is for."""

    username: str
    name: str
    purpose: str


def invite(
    actor: Actor,
    *,
    username: str,
    grants: Iterable[Grant],
    at: dt.datetime,
    name: str = "",
    email: str = "",
    language: str = "en",
    key: str = "",
) -> Link:
    """Make a user who comes in by a link and chooses a password there; the link is returned once.

    Raises:
        NotPermitted: the actor may not, or not everywhere.
        InputError: the name is taken or cannot be one.
        UnknownCode: no such role or entity.
        Conflict: the same request came under the key before: its link was told then.
    """
    people.create(actor, username=username, grants=grants, name=name, email=email, language=language, key=key)
    return _link(actor, username, OneTimeLink.Purpose.INVITE, at, key=f"{key} link" if key else "")


def reset(actor: Actor, *, username: str, at: dt.datetime, key: str = "") -> Link:
    """Give a user a new start: the old password, second factors, sessions and links end; the link is returned once.

    Raises:
        NotPermitted: the actor may not, or not everywhere.
        UnknownCode: there is no such user.
        Refused: the user was deactivated.
        Conflict: the same request came under the key before: its link was told then.
    """
    access.require_everywhere(actor, access.PEOPLE)
    user = people.named(username)
    if not user.is_active:
        raise Refused("{username} is deactivated.", hint="Reactivate the user first.", username=username)
    return _link(actor, username, OneTimeLink.Purpose.RESET, at, key=key)


def welcome(secret: str, *, at: dt.datetime) -> Welcome:
    """Whom a link is for.

    Raises:
        NotFound: the link serves no more.
    """
    link = _found(secret, at)
    return Welcome(link.user.username, link.user.name, link.purpose)


def accept(secret: str, *, new: str, at: dt.datetime) -> str:
    """Set the password a link is for; the link has served then. Returns the user's sign-in name.

    Raises:
        NotFound: the link serves no more.
        InputError: the password is too weak (the sentence says why).
    """
    link = _found(secret, at)
    user = link.user
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise InputError(" ".join(error.messages), code="weak_password") from error

    def effect(write: Write) -> Result:
        if not OneTimeLink.objects.filter(pk=link.pk, used_at=None).update(used_at=write.at):
            raise NotFound(LINK_LOST, hint=LINK_HINT)
        user.set_password(new)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        sessions.end_all(user.pk, at=write.at)
        write.detail.update(user_id=user.pk, changed="password", by=link.purpose)
        return {}

    execute(_bearer(user), access.SELF, effect, request={"accept": link.pk}, lock=["people"])
    return user.username


def _link(actor: Actor, username: str, purpose: OneTimeLink.Purpose, at: dt.datetime, *, key: str) -> Link:
    user, secret, held = people.named(username), secrets.token_urlsafe(SECRET_BYTES), rules(at.date())
    is_reset = purpose == OneTimeLink.Purpose.RESET
    expires_at = at + (held.reset if is_reset else held.invitation)

    def effect(write: Write) -> Result:
        OneTimeLink.objects.filter(user=user, used_at=None).update(used_at=write.at)
        if is_reset:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            second_factors.reset(user.pk)
            sessions.end_all(user.pk, at=write.at)
        row = OneTimeLink.objects.create(
            user=user, purpose=purpose, digest=_digest(secret), created_at=write.at, expires_at=expires_at
        )
        _mail(write, row, secret)
        write.detail.update(changed=purpose.value, user_id=user.pk, expires_at=expires_at.isoformat())
        return {"user_id": user.pk}

    asked = {"link": purpose.value, "username": username}
    told_once(execute(actor, access.PEOPLE, effect, request=asked, key=key, lock=["people"]))
    return Link(secret, expires_at)


def _mail(write: Write, link: OneTimeLink, secret: str) -> None:
    """Have the link sent too, where mail can leave, the person has an address, and it is known where the pages are."""
    found, user = mail.server(), link.user
    if found is None or not found[1] or not user.email:
        return
    params = {
        "name": user.name or user.username, "username": user.username, "link": f"{found[1]}/welcome/{secret}/",
        "until": link.expires_at.astimezone(dt.UTC).isoformat(" ", "minutes")[:16],
    }  # fmt: skip
    template = "reset" if link.purpose == OneTimeLink.Purpose.RESET else "invitation"
    write.detail["mailed"] = mail.put(write, template, params, occasion=f"link {link.pk}", user=user)


def _found(secret: str, at: dt.datetime) -> OneTimeLink:
    link = (
        OneTimeLink.objects.select_related("user")
        .filter(digest=_digest(secret), used_at=None, expires_at__gt=at, user__is_active=True)
        .first()
    )
    if link is None:
        raise NotFound(LINK_LOST, hint=LINK_HINT)
    return link


def _bearer(user: User) -> Actor:
    """Whoever holds the link is the user, also one who has no role yet."""
    own = access.actor_of(user)
    return own if own.may(access.SELF) else Actor(user.pk, user.username, frozenset({Grant("viewer")}))


def _digest(secret: str) -> str:
    return hashlib.sha256(f"link {secret}".encode()).hexdigest()
