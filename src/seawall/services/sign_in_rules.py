"""How people come in here: how long sessions last, how long links serve, and which roles need a second factor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from seawall.engine.kernel.errors import InputError, UnknownCode
from seawall.services import access
from seawall.services.access import ROLES, Actor
from seawall.services.command import Result, Write, execute
from seawall.services.governing import governing
from seawall.store.models import SecondFactor, SignInRules, User

POLICY = "house.sign_in"
IDLE_MINUTES_MAX, ABSOLUTE_HOURS_MAX = 24 * 60, 7 * 24
"""The longest a session may be set to last; the browser's cookie lasts as long as the second."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force."""

    idle: dt.timedelta
    absolute: dt.timedelta
    invitation: dt.timedelta
    reset: dt.timedelta
    second_factor_roles: frozenset[str]

    @property
    def idle_minutes(self) -> int:
        """Minutes without a request that end a session."""
        return int(self.idle.total_seconds()) // 60

    @property
    def absolute_hours(self) -> int:
        """Hours after which every session ends."""
        return int(self.absolute.total_seconds()) // 3600


def rules(on: dt.date) -> Rules:
    """The organisation's own rules, else those of the policy of the day.

    Raises:
        PolicyGap: no policy is in force on that day.
    """
    usual = governing().at(POLICY, on).value
    own = SignInRules.objects.first()
    roles = own.second_factor_roles if own else usual["second_factor_roles"]
    return Rules(
        idle=dt.timedelta(minutes=own.idle_minutes if own else usual["idle_minutes"]),
        absolute=dt.timedelta(hours=own.absolute_hours if own else usual["absolute_hours"]),
        invitation=dt.timedelta(hours=usual["invitation_hours"]),
        reset=dt.timedelta(hours=usual["reset_hours"]),
        second_factor_roles=frozenset(roles),
    )


def change_rules(
    actor: Actor, *, second_factor_roles: Iterable[str], idle_minutes: int, absolute_hours: int, key: str = ""
) -> None:
    """Set how people come in here.

    Raises:
        NotPermitted: the actor may not change the organisation, or not everywhere.
        UnknownCode: no such role.
        InputError: a session of no length, or one that hardly ends.
    """
    access.require_everywhere(actor, access.ORGANISATION)
    roles = sorted(set(second_factor_roles))
    for role in roles:
        require_role(role)
    if not 1 <= idle_minutes <= IDLE_MINUTES_MAX:
        raise InputError("Idle minutes are from 1 to {most}.", most=IDLE_MINUTES_MAX)
    if not 1 <= absolute_hours <= ABSOLUTE_HOURS_MAX:
        raise InputError("Hours of a session are from 1 to {most}.", most=ABSOLUTE_HOURS_MAX)
    said = {"second_factor_roles": roles, "idle_minutes": idle_minutes, "absolute_hours": absolute_hours}

    def effect(write: Write) -> Result:
        SignInRules.objects.update_or_create(id=1, defaults=said)
        write.detail.update(changed="sign_in_rules", **said)
        return {}

    execute(actor, access.ORGANISATION, effect, request=said, key=key, lock=["people"])


def require_role(role: str) -> None:
    """Pass where there is such a role.

    Raises:
        UnknownCode: there is none.
    """
    if role not in ROLES:
        raise UnknownCode("Unknown role {role}.", hint="Roles are: {roles}.", role=role, roles=", ".join(sorted(ROLES)))


def still_to_do(user: User, held: Rules) -> str:
    """What a user must do before anything else under the rules held: ``password``, ``second_factor`` or nothing."""
    if user.must_change_password:
        return "password"
    wanted = held.second_factor_roles
    if not wanted or SecondFactor.objects.filter(user=user).exists():
        return ""
    return "second_factor" if user.memberships.filter(role__in=wanted).exists() else ""
