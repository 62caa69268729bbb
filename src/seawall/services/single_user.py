"""Single-user mode: a dated, audited setting under which one person may approve what they proposed themselves.

It is for a company of one. It is printed on every report and page, and ends by itself once a second person
could approve: whoever then wants it back must switch it on again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Final

from seawall.engine.kernel.errors import Refused
from seawall.services import access, reasons
from seawall.services.access import ROLES, Actor, Grant
from seawall.services.command import Result, Write, execute
from seawall.store.models import Membership, SingleUserChange

APPROVING: Final = ".approve"
"""How the verbs of a second person end."""

APPROVER_ROLES: Final = frozenset(role for role, verbs in ROLES.items() if any(v.endswith(APPROVING) for v in verbs))
OWNER_ROLE: Final = "finance"
"""What the machine's owner, who may administer only, may also do while working alone."""

LOCK: Final = "people"


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether one person may work alone: since when, and who said so."""

    is_on: bool
    from_day: dt.date | None = None
    actor: str = ""
    reason: str = ""
    history: tuple[Mode, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        said = {"is_on": self.is_on, "from_day": self.from_day and self.from_day.isoformat(), "actor": self.actor}
        past = [{name: value for name, value in each.as_json().items() if name != "history"} for each in self.history]
        return {**said, "reason": self.reason, "history": past}


def mode() -> Mode:
    """Whether single-user mode is in force now, with all its changes, newest first."""
    rows = list(SingleUserChange.objects.order_by("-id"))
    changes = tuple(Mode(row.is_on, row.from_day, row.actor, row.reason) for row in rows)
    if not changes or not changes[0].is_on or approvers() > 1:
        return Mode(is_on=False, history=changes)
    return replace(changes[0], history=changes)


def is_on() -> bool:
    """Whether single-user mode is in force now."""
    last = SingleUserChange.objects.order_by("-id").first()
    return last is not None and last.is_on and approvers() <= 1


def said() -> dict[str, str] | None:
    """The mode as every report prints it: since when and by whom; None where it is not in force."""
    now = mode()
    return {"since": str(now.from_day), "by": now.actor} if now.is_on else None


def approvers() -> int:
    """How many people could be a second person: active users with a right to approve, anywhere."""
    held = Membership.objects.filter(role__in=APPROVER_ROLES, user__is_active=True)
    return held.values("user").distinct().count()


def switch(actor: Actor, *, is_on: bool, on: dt.date, reason: str, key: str = "") -> Mode:
    """Switch the mode on or off, from this day.

    Raises:
        NotPermitted: the actor may not change the organisation.
        InputError: no reason is given.
        Refused: there is a second person who may approve.
    """
    access.require_everywhere(actor, access.ORGANISATION)
    said = reasons.needed(reason)

    def effect(write: Write) -> Result:
        if is_on and approvers() > 1:
            raise Refused(
                "{count} people may approve: single-user mode is for a company of one.",
                hint="Let the other person approve.", count=approvers(),
            )  # fmt: skip
        if is_on == mode().is_on:
            write.change_nothing()
        _note(write, is_on=is_on, on=on, reason=said)
        return {}

    request = {"single_user": is_on, "on": str(on), "reason": said}
    execute(actor, access.ORGANISATION, effect, request=request, key=key, lock=[LOCK])
    return mode()


def end_where_two(write: Write) -> None:
    """End the mode within a write that may have made a second approver; called where people and roles change."""
    last = SingleUserChange.objects.order_by("-id").first()
    if last is not None and last.is_on and approvers() > 1:
        _note(write, is_on=False, on=write.at.date(), reason="A second person may approve.")


def standing(actor: Actor) -> Actor:
    """The actor as it stands: the machine's owner may also approve while single-user mode is in force."""
    if actor.user_id is None and actor.acts_for is None and actor == Actor.system() and is_on():
        return replace(actor, grants=actor.grants | {Grant(OWNER_ROLE)})
    return actor


def _note(write: Write, *, is_on: bool, on: dt.date, reason: str) -> None:
    SingleUserChange.objects.create(
        is_on=is_on, from_day=on, actor=str(write.actor), reason=reason, write_no=write.write_no, recorded_at=write.at
    )
    write.detail.update(single_user={"is_on": is_on, "from_day": on.isoformat(), "reason": reason})
