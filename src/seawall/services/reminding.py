"""Reminders of deadlines, every day: for each receiver one digest of what has reached a further step of the plan.

What was told stands in the same transaction as the mail that tells it, so a killed or repeated job tells nothing
twice and leaves nothing out. Where a day was left out, the next one tells what was due since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import SeawallError
from seawall.services import access, alerts, jobs, mail, organisation, protection, reminders
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.insurance import Document
from seawall.services.jobs_work import Working
from seawall.services.reading import open_reading
from seawall.services.reminders import Plan, Receiver
from seawall.store import chain, points
from seawall.store.models import Reminded

KIND: Final = "reminders"
SHOWN, AT_ONCE = 40, 8
"""Deadlines that a mail names, and a message to a chat; of more it says how many, and the page has all."""

LEFT: Final = gettext_noop("\n\nand {left} more.")
PAGE: Final = "/protection/deadlines/"
"""Where the page of deadlines is, below the address of the pages."""

_IDENTITY: Final = ("kind", "on", "entity", "customer_code", "number", "policy", "consequence")
Due = tuple[str, int, Document]
"""The digest of a deadline, the step it has reached, and what is known of it."""


def remind(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Tell every receiver what of its deadlines has reached a further step; whom it cannot tell, the job's log says.

    Raises:
        NotPermitted: the actor may not.
        SeawallError: the deadlines of some entities cannot be said; everybody else is told before.
    """
    access.require_everywhere(actor, access.JOB_CHANGE)
    on = dt.date.fromisoformat(arguments["on"])
    plan, calendars, told = reminders.plan(on), _Calendars(on), 0
    everybody = [*reminders.people(), *alerts.receivers()]
    for done, receiver in enumerate(everybody):
        working.progress(done, len(everybody))
        rows = calendars.of(receiver.actor)
        due = list(_due(receiver, rows, plan))
        if due and (why := _unreached(receiver)):
            working.say(why, name=receiver.called, count=len(due))
        elif due:
            told += _tell(receiver, due, on=on)
            points.reached("reminded")
    working.say("{count} digests of deadlines are on their way.", count=told)
    if calendars.failed:
        raise calendars.failed[0]
    return {"receivers": len(everybody), "digests": told}


class _Calendars:
    """The deadlines of a day, once for each set of entities that somebody sees."""

    def __init__(self, on: dt.date) -> None:
        """Nobody's yet."""
        self.on, self.failed, self._made = on, list[SeawallError](), dict[Any, list[Document]]()

    def of(self, actor: Actor) -> list[Document]:
        """What an actor sees; nothing where it cannot be said, which is kept in ``failed``."""
        if actor.entities not in self._made:
            self._made[actor.entities] = self._rows(actor)
        return self._made[actor.entities]

    def _rows(self, actor: Actor) -> list[Document]:
        try:
            if not protection.has_policies(actor):
                return []
            currency = organisation.about(actor).reporting_currency or None
            reading = open_reading(actor, on=self.on, currency=currency, details=True)
            rows: list[Document] = protection.deadlines(reading)["deadlines"]
        except SeawallError as error:
            self.failed.append(error)
            return []
        return rows


def digest_of(row: Document) -> str:
    """What makes a deadline that deadline: its kind, day, item, customer and policy."""
    return chain.digest_of({name: row[name] for name in _IDENTITY})


def _due(receiver: Receiver, rows: Iterable[Document], plan: Plan) -> Iterator[Due]:
    """Deadlines that have reached a step the receiver was not told of."""
    reached = [
        (digest_of(row), step, row)
        for row in rows
        if row["kind"] in receiver.kinds and (step := plan.step(row)) is not None
    ]
    told = _told(receiver, [digest for digest, _, _ in reached])
    yield from (each for each in reached if told.get(each[0], each[1] + 1) > each[1])


def _told(receiver: Receiver, digests: Sequence[str]) -> dict[str, int]:
    rows = Reminded.objects.filter(receiver=receiver.name, deadline__in=digests)
    return dict(rows.values_list("deadline", "step"))


def _unreached(receiver: Receiver) -> str:
    """Why a receiver cannot be told; it is told once it can."""
    if receiver.alert is not None:
        return ""
    if receiver.user is None or not receiver.user.email:
        return gettext_noop("{name} has no e-mail address and was not reminded of {count} deadlines.")
    if not mail.is_set():
        return gettext_noop("No mail server is set; {name} was not reminded of {count} deadlines.")
    return ""


def _tell(receiver: Receiver, due: Sequence[Due], *, on: dt.date) -> bool:
    """Put one digest before a receiver and note what it says; False where that day's was put before."""
    rows = [row for _, _, row in due]

    def effect(write: Write) -> Result:
        told = _told(receiver, [digest for digest, _, _ in due])
        is_new = all(told.get(digest, step + 1) > step for digest, step, _ in due)
        if not is_new or not _put(write, receiver, rows, on):
            write.change_nothing()
            return {"told": 0}
        Reminded.objects.bulk_create(
            [
                Reminded(receiver=receiver.name, deadline=digest, step=step, on=on, write_no=write.write_no)
                for digest, step, _ in {each[0]: each for each in due}.values()
            ],
            update_conflicts=True, unique_fields=["receiver", "deadline"], update_fields=["step", "on", "write_no"],
        )  # fmt: skip
        write.detail.update(reminded=receiver.name, deadlines=len(due))
        return {"told": len(due)}

    asked = {"remind": receiver.name, "on": on.isoformat()}
    done = execute(Actor.system(), access.JOB_CHANGE, effect, request=asked, lock=["reminders"])
    return done.batch_no is not None


def _put(write: Write, receiver: Receiver, rows: Sequence[Document], on: dt.date) -> bool:
    """Write the digest into the outbox."""
    occasion, user = f"deadlines {on.isoformat()}", receiver.user
    if user is None:
        return mail.put(write, "alert", said(rows, on, AT_ONCE), occasion=occasion, alert=receiver.alert)
    params = {"name": user.name or user.username, **said(rows, on, SHOWN)}
    return mail.put(write, "deadlines", params, occasion=occasion, user=user)


def said(rows: Sequence[Document], on: dt.date, shown: int) -> dict[str, Any]:
    """What a digest is made of, which names so many deadlines; the words come with the language."""
    ordered = sorted(rows, key=lambda row: (row["on"], -Decimal(row["at_stake"])))
    kept = ("kind", "on", "state", "days_left", "customer_code", "name", "number", "policy", "clause", "consequence",
            "currency", "at_stake")  # fmt: skip
    pages, left = mail.pages_address(), max(0, len(rows) - shown)
    return {
        "count": len(rows), "day": {"day": on.isoformat()}, "left": [LEFT, {"left": left}] if left else "",
        "lines": {"deadlines": [{name: row[name] for name in kept} for row in ordered[:shown]]},
        "link": f"{pages}{PAGE}" if pages else "",
    }  # fmt: skip


jobs.register(KIND, remind, title=gettext_noop("Reminders of deadlines"), verb=access.JOB_CHANGE, daily=dt.time(6, 30))
