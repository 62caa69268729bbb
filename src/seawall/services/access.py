"""Who asks, what they may do and where: roles give verbs, memberships give entities."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from seawall.engine.kernel.errors import NotFound, NotPermitted
from seawall.store.models import User
from seawall.store.scope import ALL, Entities

READ: Final = "read"
SELF: Final = "self.change"
VIEW_SAVE: Final = "view.save"
NOTE_WRITE: Final = "note.write"
TASK_WRITE: Final = "task.write"
DOCUMENT_ADD: Final = "document.add"
CONTACT_CHANGE: Final = "contact.change"
CONTACT_ERASE: Final = "contact.erase"
CUSTOMER_CHANGE: Final = "customer.change"
CUSTOMER_MERGE: Final = "customer.merge"
DISPUTE_CHANGE: Final = "dispute.change"
ALLOCATION_CHANGE: Final = "allocation.change"
IMPORT: Final = "ledger.import"
IMPORT_UNDO: Final = "import.undo"
MAPPING_CHANGE: Final = "mapping.change"
BANK_IMPORT: Final = "bank.import"
MATCH_CONFIRM: Final = "match.confirm"
BILL_CHANGE: Final = "bill.change"
WRITE_OFF_PROPOSE: Final = "write_off.propose"
WRITE_OFF_APPROVE: Final = "write_off.approve"
RECOVERY_RECORD: Final = "recovery.record"
POLICY_PROPOSE: Final = "policy.propose"
POLICY_APPROVE: Final = "policy.approve"
RUN: Final = "run.start"
PERIOD_SIGN: Final = "period.sign"
AUDIT: Final = "audit.read"
PEOPLE: Final = "people.change"
ORGANISATION: Final = "organisation.change"
INTEGRATION_CHANGE: Final = "integration.change"
JOB_CHANGE: Final = "job.change"

TABLE: Final = Path(__file__).with_name("roles.csv")
"""Role by verb (and band of amounts, where a verb has bands); ``docs/roles.csv`` is the same file."""


def _roles() -> dict[str, frozenset[str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("verb", "band")]
    said = {name: [banded(row["verb"], row["band"]) for row in rows if row[name] == "yes"] for name in names}
    return {name: frozenset(may) | {verb.partition(":")[0] for verb in may} for name, may in said.items()}


def banded(verb: str, band: str) -> str:
    """The verb within a band of amounts: ``write_off.approve:large``."""
    return f"{verb}:{band}" if band else verb


ROLES: Final[dict[str, frozenset[str]]] = _roles()
"""What each role may do: verbs, and verbs within a band of amounts."""

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
