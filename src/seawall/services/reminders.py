"""Who is reminded of which deadlines of insurance policies, and how many days before: choices and the plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from seawall.engine.kernel.errors import InputError, NotPermitted, Where
from seawall.engine.protection.deadlines import KINDS
from seawall.services import access, deputies
from seawall.services.access import ALL, Actor, Entities, Within, actor_of
from seawall.services.command import Result, Write, execute
from seawall.services.governing import governing
from seawall.store.models import AlertAddress, ReminderChoice, User

POLICY: Final = "house.insurance_reminders"
MISSED: Final = -1
"""The step after a deadline was missed; other steps are days before it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """By kind of deadline the days before it on which people are told; ``missed``: kinds told of once more after it."""

    days: Mapping[str, tuple[int, ...]]
    missed: frozenset[str]

    def step(self, row: Mapping[str, Any]) -> int | None:
        """The step a deadline has reached: its nearest day of the plan that is not past, or :data:`MISSED`; else None.

        ``row`` is one of ``insurance.deadlines_document``.
        """
        if row["state"] == "missed":
            return MISSED if row["kind"] in self.missed else None
        if row["state"] != "open" or row["days_left"] < 0:
            return None
        return min((day for day in self.days[row["kind"]] if day >= row["days_left"]), default=None)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether somebody is reminded, and of which kinds; ``is_own`` where it was chosen and not taken for granted."""

    is_on: bool
    kinds: tuple[str, ...]
    is_own: bool

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {"is_on": self.is_on, "kinds": list(self.kinds), "is_own": self.is_own}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody, or an address, that is reminded. ``actor`` reads within what it may act on; ``name`` is ``user 5``."""

    name: str
    called: str
    actor: Actor
    kinds: frozenset[str]
    user: User | None = None
    alert: AlertAddress | None = None


def plan(on: dt.date) -> Plan:
    """The plan in force on a day.

    Raises:
        PolicyGap: no plan is in force on that day.
    """
    value = governing().at(POLICY, on).value
    return Plan({kind: tuple(value[kind]) for kind in KINDS}, frozenset(value["missed"]))


def may_be_reminded(actor: Actor) -> bool:
    """Whether the actor may do anything about a deadline, anywhere."""
    return actor.may(access.INSURANCE_EVENT_RECORD)


def mine(actor: Actor) -> Choice:
    """What the actor chose; without a choice whoever deals with insurers is reminded of everything.

    Raises:
        NotSignedIn: the actor is no user.
        NotPermitted: the actor may do nothing about deadlines.
    """
    _require_own(actor)
    row = ReminderChoice.objects.filter(user_id=access.user_of(actor)).first()
    return _choice(actor, row)


def choose(actor: Actor, *, is_on: bool, kinds: Iterable[str] | None = None, key: str = "") -> Choice:
    """Be reminded or not, and of which kinds of deadlines; None is all of them, also those there are later.

    Raises:
        NotSignedIn: the actor is no user.
        NotPermitted: the actor may do nothing about deadlines, or acts for somebody else.
        InputError: there is no such kind, or none is chosen.
    """
    _require_own(actor)
    user_id, chosen = access.user_of(actor), kinds_of(kinds, is_on=is_on)

    def effect(write: Write) -> Result:
        before = ReminderChoice.objects.filter(user_id=user_id).first()
        if before is not None and (before.is_on, before.kinds) == (is_on, chosen):
            write.change_nothing()
        ReminderChoice.objects.update_or_create(user_id=user_id, defaults={"is_on": is_on, "kinds": chosen})
        write.detail.update(reminders=is_on, kinds=chosen)
        return {}

    execute(actor, access.SELF, effect, request={"reminders": is_on, "kinds": chosen}, key=key)
    return mine(actor)


def kinds_of(kinds: Iterable[str] | None, *, is_on: bool = True) -> list[str] | None:
    """Kinds of deadlines as chosen, in their order; None for all.

    Raises:
        InputError: there is no such kind, or none is chosen.
    """
    if kinds is None:
        return None
    wanted = set(kinds)
    if unknown := sorted(wanted - set(KINDS)):
        raise InputError("{text} is none of these.", hint="Choose one of: {known}.", text=unknown[0][:40],
                         known=", ".join(KINDS), where=Where(column="kinds"))  # fmt: skip
    if is_on and not wanted:
        raise InputError("Choose at least one kind of deadline.", where=Where(column="kinds"))
    return [kind for kind in KINDS if kind in wanted]


def people() -> Iterator[Receiver]:
    """Everybody who is reminded, each within the entities where it may act."""
    chosen = {row.user_id: row for row in ReminderChoice.objects.all()}
    for user in User.objects.filter(is_active=True).order_by("pk"):
        actor = actor_of(user)
        where = actor.where(access.INSURANCE_EVENT_RECORD)
        choice = _choice(actor, chosen.get(user.pk))
        if where and choice.is_on:
            reads = replace(actor, within=Within(entities=_only(where)))
            yield Receiver(f"user {user.pk}", user.username, reads, frozenset(choice.kinds), user)


def _only(where: Entities) -> frozenset[str] | None:
    return None if where is ALL else frozenset(where)


def _choice(actor: Actor, row: ReminderChoice | None) -> Choice:
    if row is None:
        return Choice(actor.may(access.INSURER_SEND), KINDS, is_own=False)
    kinds: Sequence[str] = KINDS if row.kinds is None else row.kinds
    return Choice(row.is_on, tuple(kinds), is_own=True)


def _require_own(actor: Actor) -> None:
    deputies.require_own_name(actor)
    access.user_of(actor)
    if not may_be_reminded(actor):
        raise NotPermitted(
            "{actor} may not do this.", hint="It needs the right {verb}.", actor=actor.name,
            verb=access.INSURANCE_EVENT_RECORD,
        )  # fmt: skip
