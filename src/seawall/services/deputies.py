"""Deputies: someone acts for another from day to day, with the other's rights, and under both names on the record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, Refused, UnknownCode
from seawall.services import access
from seawall.services.access import Actor, Principal
from seawall.services.command import Result, Write, execute
from seawall.services.subjects import is_name
from seawall.store.models import Deputy, User

NO_DEPUTY = "There is no such deputy."


@dataclass(frozen=True, slots=True)
class Deputyship:
    """Who acts for whom, and when."""

    deputy_id: int
    principal: str
    deputy: str
    from_day: dt.date
    to_day: dt.date
    is_ended: bool


def appoint(actor: Actor, *, principal: str, deputy: str, from_day: dt.date, to_day: dt.date, key: str = "") -> int:
    """Let ``deputy`` act for ``principal`` from day to day; people appoint their own, administrators any.

    Raises:
        NotPermitted: it is somebody else's deputy, and the actor may not change people.
        UnknownCode: no such user.
        InputError: the last day lies before the first, or both are one person.
    """
    _require_may(actor, principal)
    first, second = _user(principal), _user(deputy)
    if first.pk == second.pk:
        raise InputError("Nobody is a deputy of oneself.")
    if to_day < from_day:
        raise InputError("The last day lies before the first.")

    def effect(write: Write) -> Result:
        made = Deputy.objects.create(principal=first, deputy=second, from_day=from_day, to_day=to_day, made_at=write.at)
        write.detail.update(
            changed="deputy", deputy_id=made.pk, principal_id=first.pk, user_id=second.pk,
            from_day=from_day.isoformat(), to_day=to_day.isoformat(),
        )  # fmt: skip
        return {"deputy_id": made.pk}

    asked = {"deputy": deputy, "principal": principal, "from": from_day.isoformat(), "to": to_day.isoformat()}
    done = execute(actor, _verb(actor, principal), effect, request=asked, key=key, lock=["people"])
    return int(done.result["deputy_id"])


def end(actor: Actor, *, deputy_id: int, key: str = "") -> None:
    """End a deputyship at once.

    Raises:
        NotFound: there is none of that number, or it is not the actor's to end.
    """
    found = Deputy.objects.select_related("principal").filter(pk=deputy_id).first()
    if found is None or not (_is_own(actor, found.principal.username) or _may_all(actor)):
        raise NotFound(NO_DEPUTY)

    def effect(write: Write) -> Result:
        if not Deputy.objects.filter(pk=deputy_id, ended_at=None).update(ended_at=write.at):
            raise NotFound(NO_DEPUTY)
        write.detail.update(changed="deputy_ended", deputy_id=deputy_id)
        return {}

    verb = _verb(actor, found.principal.username)
    execute(actor, verb, effect, request={"end_deputy": deputy_id}, key=key, lock=["people"])


def of(actor: Actor, *, username: str = "") -> list[Deputyship]:
    """Deputies a user has and is, newest last; without a name the actor's own.

    Raises:
        NotPermitted: another user's, and the actor may not see people.
    """
    if username and not _is_own(actor, username):
        access.require_everywhere(actor, access.PEOPLE if actor.may(access.PEOPLE) else access.AUDIT)
    who = Q(username__iexact=username) if username else Q(pk=actor.user_id)
    users = User.objects.filter(who)
    rows = Deputy.objects.filter(Q(principal__in=users) | Q(deputy__in=users)).select_related("principal", "deputy")
    return [_deputyship(row) for row in rows]


def principals(user_id: int, *, on: dt.date) -> list[Principal]:
    """For whom a user may act on a day."""
    rows = _running(on).filter(deputy_id=user_id).select_related("principal").order_by("principal__username")
    return list(dict.fromkeys(Principal(row.principal_id, row.principal.username) for row in rows))


def acting(user: User, principal_id: int, *, on: dt.date) -> Actor | None:
    """The actor a deputy is on a day: the principal's rights under both names; None where it is no deputy that day."""
    row = _running(on).filter(deputy=user, principal_id=principal_id).select_related("principal").first()
    if row is None or not user.is_active:
        return None
    principal = row.principal
    return Actor(
        user.pk, user.username, access.grants_of(principal), acts_for=Principal(principal.pk, principal.username)
    )


def acting_as(user: User, principal: str, *, on: dt.date) -> Actor:
    """The actor a deputy is on a day for whom it names.

    Raises:
        NotPermitted: it is no deputy of anybody of that name on that day.
    """
    named = [each for each in principals(user.pk, on=on) if each.name.casefold() == principal.strip().casefold()]
    actor = acting(user, named[0].user_id, on=on) if named else None
    if actor is None:
        raise NotPermitted(
            "{actor} is no deputy of {principal} on {day}.", hint="Have a deputy appointed under My account.",
            actor=user.username, principal=principal, day=on.isoformat(),
        )  # fmt: skip
    return actor


def require_own_name(actor: Actor) -> None:
    """Pass where the actor acts as itself: an account is changed by its owner alone.

    Raises:
        Refused: it acts for somebody else now.
    """
    if actor.acts_for:
        raise Refused(
            "You act for {principal} now; your own account is changed in your own name.",
            hint="Stop acting for {principal} first.",
            principal=actor.acts_for.name,
        )


def _running(on: dt.date) -> QuerySet[Deputy]:
    return Deputy.objects.filter(from_day__lte=on, to_day__gte=on, ended_at=None, principal__is_active=True)


def _require_may(actor: Actor, principal: str) -> None:
    require_own_name(actor)
    if not _is_own(actor, principal):
        access.require_everywhere(actor, access.PEOPLE)


def _may_all(actor: Actor) -> bool:
    return actor.where(access.PEOPLE) is access.ALL


def _verb(actor: Actor, principal: str) -> str:
    return access.SELF if _is_own(actor, principal) else access.PEOPLE


def _is_own(actor: Actor, username: str) -> bool:
    return actor.user_id is not None and actor.acts_for is None and actor.name.casefold() == username.casefold()


def _user(username: str) -> User:
    user = is_name(username) and User.objects.filter(username__iexact=username, is_active=True).first()
    if not user:
        raise UnknownCode("There is no user {username}.", username=username)
    return user


def _deputyship(row: Deputy) -> Deputyship:
    return Deputyship(
        row.pk, row.principal.username, row.deputy.username, row.from_day, row.to_day, row.ended_at is not None
    )
