"""Who asks, what they may do and where: roles give verbs, memberships give entities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from seawall.engine.kernel.errors import NotFound, NotPermitted
from seawall.store.models import User
from seawall.store.scope import ALL, Entities

READ: Final = "read"
SELF: Final = "self.change"
IMPORT: Final = "ledger.import"
RUN: Final = "run.start"
AUDIT: Final = "audit.read"
PEOPLE: Final = "people.change"
ORGANISATION: Final = "organisation.change"

ROLES: Final[dict[str, frozenset[str]]] = {
    "reader": frozenset({READ, SELF}),
    "accountant": frozenset({READ, SELF, IMPORT, RUN}),
    "auditor": frozenset({READ, SELF, AUDIT}),
    "administrator": frozenset({READ, SELF, IMPORT, RUN, AUDIT, PEOPLE, ORGANISATION}),
}
"""What each role may do."""

__all__ = ["ALL", "ROLES", "Actor", "Entities", "actor_of", "require"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in one entity, or in all of them (``entity`` is None)."""

    role: str
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who asks. ``user_id`` is None for the owner of the machine, who works without signing in."""

    user_id: int | None
    name: str
    grants: frozenset[Grant]

    @classmethod
    def system(cls) -> Self:
        """The owner of the machine: whoever can read the database may do everything."""
        return cls(None, "system", frozenset({Grant("administrator")}))

    @classmethod
    def of(cls, name: str, roles: Iterable[str], entities: Entities = ALL, *, user_id: int | None = None) -> Self:
        """An actor with the same roles in each of its entities."""
        places: Iterable[str | None] = [None] if entities is ALL else entities
        return cls(user_id, name, frozenset(Grant(role, place) for role in roles for place in places))

    @property
    def entities(self) -> Entities:
        """Where it may read."""
        return self.where(READ)

    @property
    def roles(self) -> frozenset[str]:
        """The roles it has anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def where(self, verb: str) -> Entities:
        """The entities where it may do ``verb``."""
        places = {grant.entity for grant in self.grants if verb in ROLES.get(grant.role, ())}
        return ALL if None in places else frozenset(place for place in places if place is not None)

    def may(self, verb: str) -> bool:
        """Whether it may do ``verb`` anywhere."""
        return bool(self.where(verb))

    def sees(self, entity: str) -> bool:
        """Whether an entity lies in its scope."""
        return self.entities is ALL or entity in self.entities

    def __str__(self) -> str:
        return self.name if self.user_id is None else f"{self.name} (#{self.user_id})"


def actor_of(user: User) -> Actor:
    """The actor a signed-in user is; one who was shut out has no grants."""
    memberships = user.memberships.select_related("entity") if user.is_active else []
    grants = frozenset(Grant(each.role, each.entity.code if each.entity else None) for each in memberships)
    return Actor(user.pk, user.username, grants)


def require(actor: Actor, verb: str, entities: Iterable[str] = ()) -> None:
    """Let through who may do ``verb`` (in all of ``entities``, where any are named).

    Raises:
        NotPermitted: the role does not allow it.
        NotFound: an entity lies outside the actor's scope: it is not said that it exists.
    """
    where = actor.where(verb)
    if not where:
        raise NotPermitted("{actor} may not do this.", hint="It needs the right {verb}.", actor=actor.name, verb=verb)
    if where is ALL:
        return
    for entity in sorted(set(entities) - set(where)):
        raise NotFound("There is no entity {entity} for you.", entity=entity)


def require_everywhere(actor: Actor, verb: str) -> None:
    """Let through who may do ``verb`` in every entity.

    Raises:
        NotPermitted: the actor's right ends at some entities.
    """
    require(actor, verb)
    if actor.where(verb) is not ALL:
        raise NotPermitted("This concerns every entity, and {actor} sees some only.", actor=actor.name)
