"""How people and programs come in: the lock-out after failures, passwords, languages and API tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, NotSignedIn, TooManyAttempts, UnknownCode
from seawall.services import access, deputies, origin, sessions
from seawall.services.access import ALL, ROLES, Actor, Within
from seawall.services.command import Result, Write, execute, told_once
from seawall.store.models import ApiToken, Entity, SignInFailure, User

WINDOW = dt.timedelta(minutes=15)
"""How long a failure counts: after so long without another one, everybody may try again."""

FAILURES_PAIR, FAILURES_USER, FAILURES_ADDRESS = 5, 30, 100
FAILURES_CODE = 10
"""Failures within the window that lock out a user at one address, a user anywhere, and a whole address.

The first is what a guesser meets; the honest user at another desk is still let in. The other two bound
guessing from many addresses at one user, and from one address at many users. Codes are short, and who
guesses one has the password already: ten wrong ones lock the codes of that user anywhere.
"""

CODES, LINKS, TOKENS = "code of ", "a link", "a token"
"""What failures are counted under that are no passwords."""

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


def is_code_locked_out(*, username: str, address: str, at: dt.datetime) -> bool:
    """Whether no second factor of this user is looked at for now."""
    recent = SignInFailure.objects.filter(at__gt=at - WINDOW, username=(CODES + username.casefold())[:150])
    return recent.count() >= FAILURES_CODE or is_address_locked_out(address=address, at=at)


def is_address_locked_out(*, address: str, at: dt.datetime) -> bool:
    """Whether an address failed so often that nothing from it is looked at for now."""
    return SignInFailure.objects.filter(at__gt=at - WINDOW, address=address).count() >= FAILURES_ADDRESS


def note_failure(*, username: str, address: str, at: dt.datetime) -> None:
    """Keep that an attempt failed, and throw away what no longer counts."""
    SignInFailure.objects.filter(at__lte=at - WINDOW).delete()
    SignInFailure.objects.create(username=username.casefold()[:150], address=address[:45], at=at)


def note_wrong_token(secret: str, *, address: str, at: dt.datetime, prefix: str = TOKEN_PREFIX) -> None:
    """Keep that a token was wrong, where it looks like one of ours: begins with ``prefix``.

    Raises:
        TooManyAttempts: so many came from this address that somebody is guessing. A right token is let in all
            the same: it has 256 bits, and programs behind one address share it with whoever guesses.
    """
    if not secret.startswith(prefix):
        return
    if is_address_locked_out(address=address, at=at):
        raise TooManyAttempts("Too many attempts.", hint="Wait a quarter of an hour, then try again.")
    note_failure(username=TOKENS, address=address, at=at)


def note_success(*, username: str, address: str) -> None:
    """Who came in starts afresh at this address."""
    SignInFailure.objects.filter(username=username.casefold(), address=address).delete()


def set_language(actor: Actor, *, language: str) -> None:
    """Remember the language of a user; a preference, not a fact, so nothing is written down about it."""
    User.objects.filter(pk=access.user_of(actor)).update(language=language)


def change_password(actor: Actor, *, old: str, new: str) -> None:
    """Give the actor another password; every session ends, and the door begins a new one for this browser.

    Raises:
        NotSignedIn: the actor is no user.
        InputError: the old one is wrong, or the new one too weak (the hint says why).
    """
    deputies.require_own_name(actor)
    user = User.objects.get(pk=access.user_of(actor))
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
        sessions.end_all(user.pk, at=write.at)
        write.detail.update(user_id=user.pk, changed="password")
        return {}

    execute(actor, access.SELF, effect, request={"password_of": user.pk})


def note_sign_in(actor: Actor, *, way: str) -> None:
    """Put on the record that somebody came in, and how; who has no role leaves no entry."""
    if not actor.may(access.SELF):
        return

    def effect(write: Write) -> Result:
        write.detail.update(changed="signed_in", by=way)
        return {}

    execute(actor, access.SELF, effect, request={"signed_in": way})


@dataclass(frozen=True, slots=True)
class Token:
    """A token as shown in a list; ``verbs`` and ``entities`` are None where it may all that its user may."""

    token_id: int
    name: str
    created_at: dt.datetime
    expires_at: dt.datetime
    is_revoked: bool
    verbs: tuple[str, ...] | None = None
    entities: tuple[str, ...] | None = None
    last_used_at: dt.datetime | None = None


def make_token(
    actor: Actor,
    *,
    name: str,
    days: int,
    at: dt.datetime,
    verbs: Iterable[str] | None = None,
    entities: Iterable[str] | None = None,
    username: str = "",
    key: str = "",
) -> str:
    """Make a token that acts as the actor for ``days`` days; it is returned once and kept as a hash only.

    ``verbs`` and ``entities`` narrow it; reading always belongs to it. Only the owner of the machine names
    another user.

    Raises:
        NotSignedIn: the actor is no user.
        InputError: no name, a life that is too long, or no such right.
        NotFound: an entity lies outside the actor's scope.
        NotPermitted: a right that the actor does not have.
        Conflict: the same request came under the key before: its token was told then.
    """
    if actor.within.is_token:
        raise NotPermitted("A token makes no tokens.", hint="Sign in, and make it under My account.")
    owner = token_owner(actor, username)
    if not name.strip() or not 1 <= days <= TOKEN_DAYS_MAX:
        raise InputError("A token needs a name and a life of 1 to {most} days.", most=TOKEN_DAYS_MAX)
    within = _within(owner, verbs, entities)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)

    def effect(write: Write) -> Result:
        made = ApiToken.objects.create(
            user_id=access.user_of(owner),
            name=name.strip()[:100],
            digest=digest_of(secret),
            created_at=at,
            expires_at=at + dt.timedelta(days=days),
            **within,
        )
        write.detail.update(token_id=made.pk, name=made.name, expires_at=made.expires_at.isoformat(), **within)
        return {"token_id": made.pk}

    verb = access.PEOPLE if username else access.SELF
    asked = {"token": name, "days": days, "user": owner.user_id, **within}
    told_once(execute(actor, verb, effect, request=asked, key=key))
    return secret


def tokens(actor: Actor, *, username: str = "") -> list[Token]:
    """The actor's own tokens, newest first; those of another user for the owner of the machine."""
    return [_token(each) for each in ApiToken.objects.filter(user_id=access.user_of(token_owner(actor, username)))]


def revoke_token(actor: Actor, *, token_id: int, at: dt.datetime, username: str = "", key: str = "") -> None:
    """End one of the actor's tokens at once.

    Raises:
        NotFound: it is none of the actor's.
    """
    owner = token_owner(actor, username)
    found = ApiToken.objects.filter(pk=token_id, user_id=access.user_of(owner)).first()
    if found is None:
        raise NotFound("There is no such token.")

    def effect(write: Write) -> Result:
        ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=at)
        write.detail.update(token_id=token_id, changed="revoked")
        return {}

    execute(actor, access.PEOPLE if username else access.SELF, effect, request={"revoke": token_id}, key=key)


def actor_of_token(secret: str, *, at: dt.datetime, acts_for: str = "", on: dt.date | None = None) -> Actor:
    """Who a token acts as, within what the token may do; ``acts_for`` names whom its user is a deputy of on a day.

    Raises:
        NotSignedIn: it is unknown, over or revoked, or its user was shut out.
        NotPermitted: its user has no grants any more, or is no deputy of the other on that day.
    """
    found = _valid(secret, at).select_related("user").first()
    if found is None:
        raise NotSignedIn("The token is not valid.", hint="Make a new one under My account, API tokens.")
    origin.refine(f"token {found.pk}")
    actor = deputies.acting_as(found.user, acts_for, on=on or at.date()) if acts_for else access.actor_of(found.user)
    if not actor.grants:
        raise NotPermitted("{actor} may not do this.", actor=actor.name)
    if found.last_used_at is None or at - found.last_used_at >= sessions.SEEN_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=at)
    return replace(actor, within=Within(_set(found.verbs), _set(found.entities), is_token=True))


def holder_of_token(secret: str, *, at: dt.datetime) -> int | None:
    """The user whose token it is; None where it was made up, is over or revoked, or its user was shut out."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    found = _valid(secret, at).first()
    return found.user_id if found else None


def _valid(secret: str, at: dt.datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(digest=digest_of(secret), expires_at__gt=at, revoked_at=None, user__is_active=True)


def token_owner(actor: Actor, username: str) -> Actor:
    """Whose tokens are meant: the actor's own, in its own name, or those of a user whom the owner of the machine names.

    Raises:
        NotSignedIn: the actor is no user.
        NotPermitted: the actor acts for somebody else, or names a user and does not own the machine.
        UnknownCode: there is no such user.
    """
    deputies.require_own_name(actor)
    if not username:
        return access.actor_of(User.objects.get(pk=access.user_of(actor)))
    if actor.user_id is not None:
        raise NotPermitted("{actor} may not do this.", actor=actor.name)
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise UnknownCode("There is no user {username}.", username=username)
    return access.actor_of(user)


def _within(owner: Actor, verbs: Iterable[str] | None, entities: Iterable[str] | None) -> dict[str, Any]:
    """What narrows a token, checked against what its user may do."""
    chosen = None if verbs is None else sorted({*verbs, access.READ})
    places = None if entities is None else sorted(set(entities))
    known = frozenset().union(*ROLES.values())
    for verb in chosen or ():
        if verb not in known:
            raise InputError("There is no right {verb}.", verb=verb)
        access.require(owner, verb)
    for place in places or ():
        if not owner.sees(place) or (owner.entities is ALL and not _is_entity(place)):
            raise NotFound("There is no entity {entity} for you.", entity=place)
    return {"verbs": chosen, "entities": places}


def _is_entity(code: str) -> bool:
    return Entity.objects.every_entity().filter(code=code).exists()


def _set(values: list[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _token(row: ApiToken) -> Token:
    return Token(
        row.pk, row.name, row.created_at, row.expires_at, row.revoked_at is not None,
        None if row.verbs is None else tuple(row.verbs), None if row.entities is None else tuple(row.entities),
        row.last_used_at,
    )  # fmt: skip


def digest_of(secret: str) -> str:
    """By what a token is kept and found again; it is random, so nobody finds it by that."""
    return hashlib.sha256(secret.encode()).hexdigest()


def user_half_way(user_id: int) -> User | None:
    """The user who gave the right password and has still to give a second factor; None once shut out."""
    return User.objects.filter(pk=user_id, is_active=True).first()
