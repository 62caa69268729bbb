"""Who may work here: users and their roles, and what ends when a role, a password or a person goes."""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, Max, Q, QuerySet

from seawall.engine.kernel.errors import InputError, Refused, UnknownCode
from seawall.services import access, sessions, single_user
from seawall.services.access import Actor, Grant
from seawall.services.command import Result, Write, execute
from seawall.services.sign_in_rules import require_role
from seawall.store import seal
from seawall.store.models import Entity, Membership, User

NAME_MAX = 150
LANGUAGES = ("en", "zh-hans")
ADMINISTRATOR = Grant("administrator")

PASSWORD_BYTES = 12
ABOUT = "what a request says of a person"
"""Purpose of the digest by which such a request is known again."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user as shown in a list."""

    user_id: int
    username: str
    name: str
    language: str
    is_active: bool
    grants: tuple[Grant, ...]
    email: str = ""
    factors: int = 0
    has_come: bool = False
    last_seen_at: dt.datetime | None = None


def create(
    actor: Actor,
    *,
    username: str,
    grants: Iterable[Grant],
    name: str = "",
    email: str = "",
    language: str = "en",
    key: str = "",
) -> str:
    """Make a user; the one-time password is returned and kept nowhere but as a hash.

    Raises:
        NotPermitted: the actor may not, or not everywhere.
        InputError: the name is taken.
        UnknownCode: no such role or entity.
    """
    access.require_everywhere(actor, access.PEOPLE)
    wanted = sorted(set(grants), key=lambda each: (each.role, each.entity or ""))
    username = _username(username)
    _require_sound(name=name, email=email, language=language)
    password = secrets.token_urlsafe(PASSWORD_BYTES)

    def effect(write: Write) -> Result:
        if User.objects.filter(username__iexact=username).exists():
            raise InputError("There is a user {username} already.", username=username)
        user = User.objects.create_user(
            username, password, name=name, email=email, language=language, must_change_password=True
        )
        Membership.objects.bulk_create(_membership(user, each) for each in wanted)
        single_user.end_where_two(write)
        write.detail.update(user_id=user.pk, grants=[[each.role, each.entity] for each in wanted])
        return {"user_id": user.pk}

    asked = {"username": username, "grants": [[each.role, each.entity] for each in wanted], "language": language}
    asked |= {"about": seal.keyed_digest(repr([name, email]).encode(), purpose=ABOUT)} if key else {}
    execute(actor, access.PEOPLE, effect, request=asked, key=key, lock=["people"])
    return password


def renew_password(actor: Actor, *, username: str) -> str:
    """Give a user a new one-time password, which ends what the old one was good for; it is kept nowhere.

    Raises:
        NotPermitted: the actor may not.
        UnknownCode: there is no such user.
    """
    access.require_everywhere(actor, access.PEOPLE)
    password = secrets.token_urlsafe(PASSWORD_BYTES)

    def effect(write: Write) -> Result:
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            raise UnknownCode("There is no user {username}.", username=username)
        user.set_password(password)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
        sessions.end_all(user.pk, at=write.at)
        write.detail.update(user_id=user.pk, renewed=True)
        return {"user_id": user.pk}

    execute(actor, access.PEOPLE, effect, request={"username": username, "renew": True}, lock=["people"])
    return password


def first_administrator(actor: Actor, *, username: str) -> str:
    """Make the first user, who may do everything; the one-time password, or nothing where there is a user already.

    Raises:
        NotPermitted: the actor may not.
    """
    if User.objects.exists():
        return ""
    return create(actor, username=username, grants=[ADMINISTRATOR])


def everyone(actor: Actor) -> list[Person]:
    """All users, by name: for who administers people, and for auditors.

    Raises:
        NotPermitted: the actor may neither.
    """
    _require_may_see(actor)
    return [_person(user) for user in _users().order_by("username")]


def person(actor: Actor, *, username: str) -> Person:
    """One user.

    Raises:
        NotPermitted: the actor may not see people.
        UnknownCode: there is no such user.
    """
    _require_may_see(actor)
    return _person(named(username))


def change(
    actor: Actor,
    *,
    username: str,
    name: str | None = None,
    email: str | None = None,
    language: str | None = None,
    key: str = "",
) -> None:
    """Change what a user is called, where mail goes and which language is spoken; what is None stays.

    Raises:
        NotPermitted: the actor may not.
        UnknownCode: there is no such user.
        InputError: the address cannot be one, the name is too long, or the language is not spoken here.
    """
    access.require_everywhere(actor, access.PEOPLE)
    user = named(username)
    given = {"name": name, "email": email, "language": language}
    said = {field: getattr(user, field) if value is None else value.strip() for field, value in given.items()}
    _require_sound(**said)

    def effect(write: Write) -> Result:
        changed = sorted(field for field, value in said.items() if getattr(user, field) != value)
        if not changed:
            write.change_nothing()
        User.objects.filter(pk=user.pk).update(**said)
        write.detail.update(user_id=user.pk, changed=changed)
        return {"user_id": user.pk}

    asked = {"change": user.pk} | (
        {"about": seal.keyed_digest(repr(sorted(given.items())).encode(), purpose=ABOUT)} if key else {}
    )
    execute(actor, access.PEOPLE, effect, request=asked, key=key, lock=["people"])


def grant(actor: Actor, *, username: str, given: Grant, key: str = "") -> None:
    """Give a user a role in an entity, or everywhere; the user signs in anew to have it.

    Raises:
        NotPermitted: the actor may not.
        UnknownCode: no such user, role or entity.
    """
    access.require_everywhere(actor, access.PEOPLE)
    user = named(username)

    def effect(write: Write) -> Result:
        membership = _membership(user, given)
        _, is_new = Membership.objects.get_or_create(user=user, entity=membership.entity, role=given.role)
        if not is_new:
            write.change_nothing()
        single_user.end_where_two(write)
        sessions.end_all(user.pk, at=write.at)
        write.detail.update(user_id=user.pk, granted=[given.role, given.entity])
        return {"user_id": user.pk}

    asked = {"grant": user.pk, "role": given.role, "entity": given.entity}
    execute(actor, access.PEOPLE, effect, request=asked, key=key, lock=["people"])


def revoke(actor: Actor, *, username: str, taken: Grant, key: str = "") -> None:
    """Take a role from a user, at once: the user's sessions end.

    Raises:
        NotPermitted: the actor may not.
        UnknownCode: no such user, or the user does not have that role there.
        Refused: nobody would be left to administer people.
    """
    access.require_everywhere(actor, access.PEOPLE)
    user = named(username)

    def effect(write: Write) -> Result:
        membership = _membership(user, taken)
        rows = Membership.objects.filter(user=user, entity=membership.entity, role=taken.role)
        if not rows.delete()[0]:
            raise UnknownCode("{username} does not have this role there.", username=user.username)
        if taken == ADMINISTRATOR:
            _require_an_administrator()
        sessions.end_all(user.pk, at=write.at)
        write.detail.update(user_id=user.pk, revoked=[taken.role, taken.entity])
        return {"user_id": user.pk}

    asked = {"revoke": user.pk, "role": taken.role, "entity": taken.entity}
    execute(actor, access.PEOPLE, effect, request=asked, key=key, lock=["people"])


def set_active(actor: Actor, *, username: str, is_active: bool, key: str = "") -> None:
    """Shut a user out, at once and with all sessions, tokens and deputies; or let the user back in.

    Raises:
        NotPermitted: the actor may not.
        UnknownCode: no such user.
        Refused: nobody would be left to administer people, or it is the actor's own account.
    """
    access.require_everywhere(actor, access.PEOPLE)
    user = named(username)
    if not is_active and user.pk in actor.persons:
        raise Refused("Nobody shuts oneself out.", hint="Ask another administrator.")

    def effect(write: Write) -> Result:
        if user.is_active == is_active:
            write.change_nothing()
        User.objects.filter(pk=user.pk).update(is_active=is_active)
        single_user.end_where_two(write)
        if not is_active and ADMINISTRATOR in _grants(user):
            _require_an_administrator()
        sessions.end_all(user.pk, at=write.at)
        write.detail.update(user_id=user.pk, changed="reactivated" if is_active else "deactivated")
        return {"user_id": user.pk}

    execute(actor, access.PEOPLE, effect, request={"active": is_active, "user": user.pk}, key=key, lock=["people"])


def named(username: str) -> User:
    """The user of a sign-in name, whatever its case.

    Raises:
        UnknownCode: there is none.
    """
    user = _users().filter(username__iexact=username).first()
    if user is None:
        raise UnknownCode("There is no user {username}.", username=username)
    return user


def _users() -> QuerySet[User]:
    return User.objects.prefetch_related("memberships__entity").annotate(
        seen=Max("signed_in__seen_at"), factors=Count("second_factors", distinct=True)
    )


def _person(user: User) -> Person:
    grants = sorted(_grants(user), key=lambda each: (each.entity or "", each.role))
    seen, factors = getattr(user, "seen", None), getattr(user, "factors", 0)
    return Person(
        user.pk, user.username, user.name, user.language, user.is_active, tuple(grants), user.email, factors,
        has_come=not user.must_change_password, last_seen_at=seen,
    )  # fmt: skip


def _require_may_see(actor: Actor) -> None:
    access.require_everywhere(actor, access.AUDIT if not actor.may(access.PEOPLE) else access.PEOPLE)


def _require_an_administrator() -> None:
    rows = Membership.objects.filter(role=ADMINISTRATOR.role, entity=None, user__is_active=True)
    if not rows.exists():
        raise Refused(
            "Nobody would be left to administer people.", hint="Make somebody else administrator everywhere first."
        )


def _username(text: str) -> str:
    """A sign-in name as it is kept: no spaces at its ends, one form of each letter, nothing invisible.

    Raises:
        InputError: it is empty, too long, or holds what cannot be seen.
    """
    name = unicodedata.normalize("NFKC", text).strip()
    if (
        not 1 <= len(name) <= NAME_MAX
        or not name.isprintable()
        or any(letter.isspace() or letter == "/" for letter in name)
    ):
        raise InputError("A sign-in name has 1 to {most} letters, without spaces and slashes.", most=NAME_MAX)
    return name


def _require_sound(*, name: str, email: str, language: str) -> None:
    if len(name) > NAME_MAX or not name.isprintable():
        raise InputError("A name has at most {most} letters.", most=NAME_MAX)
    if language not in LANGUAGES:
        raise InputError("{language} is not a language of this product.", language=language)
    if email:
        try:
            validate_email(email.strip())
        except ValidationError:
            raise InputError("{text} is not an e-mail address.", text=email) from None


def _grants(user: User) -> tuple[Grant, ...]:
    return tuple(Grant(each.role, each.entity.code if each.entity else None) for each in user.memberships.all())


def _membership(user: User, wanted: Grant) -> Membership:
    require_role(wanted.role)
    entity = Entity.objects.every_entity().filter(Q(code=wanted.entity)).first() if wanted.entity else None
    if wanted.entity and entity is None:
        raise UnknownCode("Unknown entity {entity}.", entity=wanted.entity)
    return Membership(user=user, entity=entity, role=wanted.role)
