"""How people and programs come in: the lock-out after failures, passwords, languages and API tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, NotSignedIn
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store.models import ApiToken, SignInFailure, User

WINDOW = dt.timedelta(minutes=15)
"""How long a failure counts: after so long without another one, everybody may try again."""

FAILURES_PAIR, FAILURES_USER, FAILURES_ADDRESS = 5, 30, 100
"""Failures within the window that lock out a user at one address, a user anywhere, and a whole address.

The first is what a guesser meets; the honest user at another desk is still let in. The other two bound
guessing from many addresses at one user, and from one address at many users.
"""

TOKEN_BYTES = 32
TOKEN_PREFIX = "seawall_"  # noqa: S105 - a mark by which scanners find leaked tokens
TOKEN_DAYS_MAX = 366


def is_locked_out(*, username: str, address: str, at: dt.datetime) -> bool:
    """Whether no password of this user from this address is looked at for now."""
    recent = SignInFailure.objects.filter(at__gt=at - WINDOW)
    by_user, by_address = Q(username=username.casefold()), Q(address=address)
    counts = (
        (recent.filter(by_user & by_address).count(), FAILURES_PAIR),
        (recent.filter(by_user).count(), FAILURES_USER),
        (recent.filter(by_address).count(), FAILURES_ADDRESS),
    )
    return any(count >= most for count, most in counts)


def note_failure(*, username: str, address: str, at: dt.datetime) -> None:
    """Keep that an attempt failed, and throw away what no longer counts."""
    SignInFailure.objects.filter(at__lte=at - WINDOW).delete()
    SignInFailure.objects.create(username=username.casefold()[:150], address=address[:45], at=at)


def note_success(*, username: str, address: str) -> None:
    """Who came in starts afresh at this address."""
    SignInFailure.objects.filter(username=username.casefold(), address=address).delete()


def set_language(actor: Actor, *, language: str) -> None:
    """Remember the language of a user; a preference, not a fact, so nothing is written down about it."""
    User.objects.filter(pk=_user_id(actor)).update(language=language)


def change_password(actor: Actor, *, old: str, new: str) -> None:
    """Give the actor another password.

    Raises:
        NotSignedIn: the actor is no user.
        InputError: the old one is wrong, or the new one too weak (the hint says why).
    """
    user = User.objects.get(pk=_user_id(actor))
    if not user.check_password(old):
        raise InputError("The present password is not right.", code="wrong_password")
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise InputError(" ".join(error.messages), code="weak_password") from error

    def effect(write: Write) -> Result:
        user.set_password(new)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
        write.detail.update(user_id=user.pk, changed="password")
        return {}

    execute(actor, access.SELF, effect, request={"password_of": user.pk})


@dataclass(frozen=True, slots=True)
class Token:
    """A token as shown in a list."""

    token_id: int
    name: str
    created_at: dt.datetime
    expires_at: dt.datetime
    is_revoked: bool


def make_token(actor: Actor, *, name: str, days: int, at: dt.datetime) -> str:
    """Make a token that acts as the actor for ``days`` days; it is returned once and kept as a hash only.

    Raises:
        NotSignedIn: the actor is no user.
        InputError: no name, or a life that is too long.
    """
    user_id = _user_id(actor)
    if not name.strip() or not 1 <= days <= TOKEN_DAYS_MAX:
        raise InputError("A token needs a name and a life of 1 to {most} days.", most=TOKEN_DAYS_MAX)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)

    def effect(write: Write) -> Result:
        made = ApiToken.objects.create(
            user_id=user_id,
            name=name.strip()[:100],
            digest=_digest(secret),
            created_at=at,
            expires_at=at + dt.timedelta(days=days),
        )
        write.detail.update(token_id=made.pk, name=made.name, expires_at=made.expires_at.isoformat())
        return {"token_id": made.pk}

    execute(actor, access.SELF, effect, request={"token": name, "days": days})
    return secret


def tokens(actor: Actor) -> list[Token]:
    """The actor's own tokens, newest first."""
    rows = ApiToken.objects.filter(user_id=_user_id(actor))
    return [Token(each.pk, each.name, each.created_at, each.expires_at, each.revoked_at is not None) for each in rows]


def revoke_token(actor: Actor, *, token_id: int, at: dt.datetime) -> None:
    """End one of the actor's tokens at once.

    Raises:
        NotFound: it is none of the actor's.
    """
    found = ApiToken.objects.filter(pk=token_id, user_id=_user_id(actor)).first()
    if found is None:
        raise NotFound("There is no such token.")

    def effect(write: Write) -> Result:
        ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=at)
        write.detail.update(token_id=token_id, changed="revoked")
        return {}

    execute(actor, access.SELF, effect, request={"revoke": token_id})


def actor_of_token(secret: str, *, at: dt.datetime) -> Actor:
    """Who a token acts as.

    Raises:
        NotSignedIn: it is unknown, over or revoked.
        NotPermitted: its user has no grants any more.
    """
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(secret), expires_at__gt=at, revoked_at=None)
        .first()
    )
    if found is None:
        raise NotSignedIn("The token is not valid.", hint="Make a new one under Organisation, API tokens.")
    actor = access.actor_of(found.user)
    if not actor.grants:
        raise NotPermitted("{actor} may not do this.", actor=actor.name)
    return actor


def _user_id(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotSignedIn("Nobody is signed in.")
    return actor.user_id


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
