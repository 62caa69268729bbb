"""Who asks, what they may do and where: roles give verbs, memberships give entities."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from seawall.engine.kernel.errors import NotFound, NotPermitted, NotSignedIn
from seawall.engine.kernel.money import minor_of
from seawall.engine.kernel.policy import Policies
from seawall.policies.load import shipped
from seawall.services.origin import Origin, current
from seawall.store.models import User
from seawall.store.scope import ALL, Entities

READ: Final = "read"
SELF: Final = "self.change"
VIEW_SAVE: Final = "view.save"
NOTE_WRITE: Final = "note.write"
TASK_WRITE: Final = "task.write"
DOCUMENT_ADD: Final = "document.add"
CONTACT_READ: Final = "contact.read"
CONTACT_CHANGE: Final = "contact.change"
CONTACT_ERASE: Final = "contact.erase"
CUSTOMER_CHANGE: Final = "customer.change"
CUSTOMER_MERGE: Final = "customer.merge"
DISPUTE_CHANGE: Final = "dispute.change"
ALLOCATION_CHANGE: Final = "allocation.change"
IMPORT: Final = "ledger.import"
IMPORT_UPLOAD: Final = "import.upload"
IMPORT_UNDO: Final = "import.undo"
MAPPING_CHANGE: Final = "mapping.change"
BANK_IMPORT: Final = "bank.import"
MATCH_CONFIRM: Final = "match.confirm"
BILL_CHANGE: Final = "bill.change"
LIMIT_RECORD: Final = "insured_limit.record"
INSURANCE_EVENT_RECORD: Final = "insurance_event.record"
CLAIM_RECORD: Final = "claim.record"
WRITE_OFF_PROPOSE: Final = "write_off.propose"
WRITE_OFF_APPROVE: Final = "write_off.approve"
RECOVERY_RECORD: Final = "recovery.record"
POLICY_PROPOSE: Final = "policy.propose"
POLICY_APPROVE: Final = "policy.approve"
RUN: Final = "run.start"
PERIOD_SIGN: Final = "period.sign"
AUDIT: Final = "audit.read"
AUDIT_ANCHOR: Final = "audit.anchor"
PEOPLE: Final = "people.change"
ORGANISATION: Final = "organisation.change"
INSURER_SEND: Final = "insurer.send"
INSURER_RECEIVE: Final = "insurer.receive"
INTEGRATION_CHANGE: Final = "integration.change"
JOB_CHANGE: Final = "job.change"

TABLE: Final = Path(__file__).with_name("roles.csv")
"""Role by verb (and band of amounts, where a verb has bands); ``docs/roles.csv`` is the same file."""

BANDS: Final = "house.amount_bands"
SMALL, LARGE = "small", "large"
"""Bands of amounts: up to the policy's limit, and above it."""


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def banded(verb: str, band: str) -> str:
    """The verb within a band of amounts: ``write_off.approve:large``."""
    return f"{verb}:{band}" if band else verb


def _roles(rows: list[dict[str, str]]) -> dict[str, frozenset[str]]:
    names = [name for name in rows[0] if name not in ("verb", "band")]
    said = {name: [banded(row["verb"], row["band"]) for row in rows if row[name] == "yes"] for name in names}
    return {name: frozenset(may) | {verb.partition(":")[0] for verb in may} for name, may in said.items()}


VERBS: Final = tuple(banded(row["verb"], row["band"]) for row in _rows())
"""Every right there is, in the table's order."""

ROLES: Final[dict[str, frozenset[str]]] = _roles(_rows())
"""What each role may do: verbs, and verbs within a band of amounts."""

__all__ = ["ALL", "ROLES", "Actor", "Entities", "actor_of", "require", "require_amount"]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in one entity, or in all of them (``entity`` is None)."""

    role: str
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """What narrows an actor's rights: some verbs (None = all of its own), some entities (None = all of its own)."""

    verbs: frozenset[str] | None = None
    entities: frozenset[str] | None = None
    is_token: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the row of a job, which is done within it."""
        return {
            "verbs": None if self.verbs is None else sorted(self.verbs),
            "entities": None if self.entities is None else sorted(self.entities), "is_token": self.is_token,
        }  # fmt: skip

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """What :meth:`as_json` wrote."""
        verbs, entities = (
            (said[name] if said[name] is None else frozenset(said[name])) for name in ("verbs", "entities")
        )
        return cls(verbs, entities, is_token=said["is_token"])

    def narrowed(self, verb: str, where: Entities) -> Entities:
        """What of ``where`` is left for ``verb``."""
        if self.verbs is not None and not self.verbs & {verb, verb.partition(":")[0]}:
            return frozenset()
        if self.entities is None:
            return where
        return self.entities if where is ALL else where & self.entities


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a deputy acts for."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who asks. ``user_id`` is None for the owner of the machine, who works without signing in.

    A deputy has its principal's grants and its own ``user_id``; ``within`` narrows what a token may do.
    """

    user_id: int | None
    name: str
    grants: frozenset[Grant]
    within: Within = Within()
    acts_for: Principal | None = None
    origin: Origin = field(default_factory=current, compare=False)
    """From where it asks; the door says so before it makes the actor."""

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
        where: Entities = ALL if None in places else frozenset(place for place in places if place is not None)
        return self.within.narrowed(verb, where)

    def where_any(self, verbs: Iterable[str]) -> Entities:
        """The entities where it may do one of ``verbs``."""
        places: set[str] = set()
        for verb in verbs:
            where = self.where(verb)
            if where is ALL:
                return ALL
            places |= where
        return frozenset(places)

    @property
    def persons(self) -> frozenset[int]:
        """Users behind it: itself, and whom it acts for. Four eyes are four only where these do not meet."""
        users = {self.user_id, self.acts_for.user_id if self.acts_for else None}
        return frozenset(user for user in users if user is not None)

    def may(self, verb: str) -> bool:
        """Whether it may do ``verb`` anywhere."""
        return bool(self.where(verb))

    def sees(self, entity: str) -> bool:
        """Whether an entity lies in its scope."""
        return self.entities is ALL or entity in self.entities

    def __str__(self) -> str:
        own = self.name if self.user_id is None else f"{self.name} (#{self.user_id})"
        return f"{own} for {self.acts_for.name} (#{self.acts_for.user_id})" if self.acts_for else own


def actor_of(user: User) -> Actor:
    """The actor a signed-in user is; one who was shut out has no grants."""
    return Actor(user.pk, user.username, grants_of(user))


def user_of(actor: Actor) -> int:
    """The user behind an actor.

    Raises:
        NotSignedIn: it is the owner of the machine, who needs none.
    """
    if actor.user_id is None:
        raise NotSignedIn("Nobody is signed in.")
    return actor.user_id


def grants_of(user: User) -> frozenset[Grant]:
    """A user's roles and where they hold; none once the user was shut out."""
    memberships = user.memberships.select_related("entity") if user.is_active else []
    return frozenset(Grant(each.role, each.entity.code if each.entity else None) for each in memberships)


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


def require_any(actor: Actor, verbs: Sequence[str]) -> Entities:
    """Let through who may do one of ``verbs``; returns where.

    Raises:
        NotPermitted: the actor's roles allow none of them.
    """
    where = actor.where_any(verbs)
    if not where:
        require(actor, verbs[0])
    return where


def require_everywhere(actor: Actor, verb: str) -> None:
    """Let through who may do ``verb`` in every entity.

    Raises:
        NotPermitted: the actor's right ends at some entities.
    """
    require(actor, verb)
    if actor.where(verb) is not ALL:
        raise NotPermitted("This concerns every entity, and {actor} sees some only.", actor=actor.name)


def require_amount(
    actor: Actor,
    verb: str,
    *,
    amount_minor: int,
    currency: str,
    on: dt.date,
    entities: Iterable[str] = (),
    policies: Policies | None = None,
) -> None:
    """Let through who may do ``verb`` for this amount on this day: some roles end at a limit.

    Raises:
        NotPermitted: the role does not allow the verb, or not for so much.
        NotFound: an entity lies outside the actor's scope.
        PolicyGap: no limits are in force on that day.
    """
    require(actor, verb, entities)
    band = band_of(amount_minor, currency, on=on, policies=policies or shipped(), verb=verb)
    try:
        require(actor, banded(verb, band), entities)
    except NotFound:  # sees the entity, and may do the verb there, but for less
        raise _too_much(actor, verb) from None
    except NotPermitted:
        raise _too_much(actor, verb) from None


def band_of(amount_minor: int, currency: str, *, on: dt.date, policies: Policies, verb: str) -> str:
    """The band an amount lies in. A currency without a limit of its own is always in the large band.

    Raises:
        PolicyGap: no limits are in force on that day.
    """
    limit = policies.at(BANDS, on).value.get(verb, {}).get(currency)
    is_small = limit is not None and abs(amount_minor) <= minor_of(str(limit), currency)
    return SMALL if is_small else LARGE


def _too_much(actor: Actor, verb: str) -> NotPermitted:
    return NotPermitted(
        "{actor} may not do this for so large an amount.",
        hint="It needs the right {verb}, or another person.",
        actor=actor.name,
        verb=banded(verb, LARGE),
    )
