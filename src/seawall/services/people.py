"""Who may work here: users with their roles, made with a password that serves once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from seawall.engine.kernel.errors import InputError, UnknownCode
from seawall.services import access, single_user
from seawall.services.access import ROLES, Actor, Grant
from seawall.services.command import Result, Write, execute
from seawall.store.models import Entity, Membership, User

PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True)
class Person:
    """A user as shown in a list."""

    user_id: int
    username: str
    name: str
    language: str
    is_active: bool
    grants: tuple[Grant, ...]


def create(
    actor: Actor, *, username: str, grants: Iterable[Grant], name: str = "", email: str = "", language: str = "en"
) -> str:
    """Make a user; the one-time password is returned and kept nowhere but as a hash.

    Raises:
        NotPermitted: the actor may not, or not everywhere.
        InputError: the name is taken.
        UnknownCode: no such role or entity.
    """
    access.require_everywhere(actor, access.PEOPLE)
    wanted = sorted(set(grants), key=lambda grant: (grant.role, grant.entity or ""))
    password = secrets.token_urlsafe(PASSWORD_BYTES)

    def effect(write: Write) -> Result:
        if User.objects.filter(username__iexact=username).exists():
            raise InputError("There is a user {username} already.", username=username)
        user = User.objects.create_user(
            username, password, name=name, email=email, language=language, must_change_password=True
        )
        Membership.objects.bulk_create(_membership(user, grant) for grant in wanted)
        single_user.end_where_two(write)
        write.detail.update(user_id=user.pk, grants=[[grant.role, grant.entity] for grant in wanted])
        return {"user_id": user.pk}

    execute(actor, access.PEOPLE, effect, request={"username": username}, lock=["people"])
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
    return create(actor, username=username, grants=[Grant("administrator")])


def everyone(actor: Actor) -> list[Person]:
    """All users, by name.

    Raises:
        NotPermitted: the actor may not administer people.
    """
    access.require_everywhere(actor, access.PEOPLE)
    users = User.objects.order_by("username").prefetch_related("memberships__entity")
    return [Person(user.pk, user.username, user.name, user.language, user.is_active, _grants(user)) for user in users]


def _grants(user: User) -> tuple[Grant, ...]:
    return tuple(Grant(each.role, each.entity.code if each.entity else None) for each in user.memberships.all())


def _membership(user: User, grant: Grant) -> Membership:
    if grant.role not in ROLES:
        raise UnknownCode(
            "Unknown role {role}.", hint="Roles are: {roles}.", role=grant.role, roles=", ".join(sorted(ROLES))
        )
    entity = Entity.objects.every_entity().filter(Q(code=grant.entity)).first() if grant.entity else None
    if grant.entity and entity is None:
        raise UnknownCode("Unknown entity {entity}.", entity=grant.entity)
    return Membership(user=user, entity=entity, role=grant.role)
