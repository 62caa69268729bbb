"""What is done every day at what time: the product's own times, and an administrator's word on them.

A job of a day carries the day in its key, so it is put into the queue once, whatever the clock does: where a
time falls into the hour that a change to summer time leaves out it is done right after, and where an hour
comes twice it is done the first time. A worker that was off makes up for the present day only.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.services import access, jobs
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store.models import AuditEntry, Job, Organisation, Schedule


@dataclass(frozen=True, slots=True)
class Planned:
    """A kind of job in the schedule. ``since`` is when its time was last set: earlier moments are not made up for."""

    kind: str
    title: str
    is_on: bool
    at: dt.time
    since: dt.datetime | None
    next_at: dt.datetime | None
    last: jobs.JobView | None

    def as_json(self) -> dict[str, object]:
        """For doors."""
        return {
            "kind": self.kind, "title": self.title, "is_on": self.is_on, "at": f"{self.at:%H:%M}",
            "next_at": self.next_at and self.next_at.isoformat(), "last": self.last and self.last.as_json(),
        }  # fmt: skip


def planned(actor: Actor, *, now: dt.datetime) -> list[Planned]:
    """Every kind of job that has a time of day, with its next moment and its last job.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    zone = _zone()
    return [_planned(actor, kind, row, now, zone) for kind, row in _rows()]


def _planned(actor: Actor, kind: jobs.Kind, row: Schedule, now: dt.datetime, zone: zoneinfo.ZoneInfo) -> Planned:
    today = now.astimezone(zone).date()
    is_made = Job.objects.filter(key=_key(kind.name, today)).exists()
    day = today + dt.timedelta(days=is_made or _moment(today, row.at, zone) <= now)
    while not _is_day(kind, day):
        day += dt.timedelta(days=1)
    moment = _moment(day, row.at, zone)
    last = jobs.listed(actor, kind=kind.name, limit=1)
    return Planned(
        kind=kind.name, title=kind.title, is_on=row.is_on, at=row.at, since=row.changed_at,
        next_at=moment if row.is_on else None, last=last[0] if last else None,
    )  # fmt: skip


def change(actor: Actor, *, kind: str, is_on: bool, at: dt.time, key: str = "") -> None:
    """Say whether and when a kind of job is done every day.

    Raises:
        NotPermitted: the actor is no administrator of every entity.
        NotFound: no such kind has a time of day.
    """
    access.require_everywhere(actor, access.JOB_CHANGE)
    found = jobs.kinds().get(kind)
    if found is None or found.daily is None:
        raise NotFound("There is no daily job {kind}.", kind=kind)

    def effect(write: Write) -> Result:
        said = {"is_on": is_on, "at": at, "changed_at": write.at}
        Schedule.objects.update_or_create(kind=kind, defaults=said)
        write.detail.update(kind=kind, is_on=is_on, at=at.isoformat("minutes"))
        return {}

    asked = {"kind": kind, "is_on": is_on, "at": at.isoformat("minutes")}
    execute(actor, access.JOB_CHANGE, effect, request=asked, key=key, lock=["schedule"])


def time_of(text: str) -> dt.time:
    """The time of day that a text says.

    Raises:
        InputError: it is none.
    """
    try:
        return dt.datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise InputError("{text} is not a time of day.", hint="Write it as 02:30.", text=text) from None


def enqueue_due(*, now: dt.datetime) -> list[int]:
    """Put into the queue what is due today and was not put there yet; returns the numbers of the jobs."""
    zone = _zone()
    today = now.astimezone(zone).date()
    made = []
    for kind, row in _rows():
        moment, key = _moment(today, row.at, zone), _key(kind.name, today)
        if (
            row.is_on
            and _is_day(kind, today)
            and row.changed_at <= moment <= now
            and not Job.objects.filter(key=key).exists()
        ):
            made.append(jobs.enqueue(Actor.system(), kind.name, {"on": today.isoformat()}, key=key))
    return made


def _rows() -> list[tuple[jobs.Kind, Schedule]]:
    """Each daily kind with what holds for it; the demo does nothing unasked: its days lie in the past."""
    said = {row.kind: row for row in Schedule.objects.all()}
    organisation = Organisation.objects.first()
    founded = AuditEntry.objects.order_by("pk").values_list("recorded_at", flat=True).first()
    is_on = organisation is not None and not organisation.is_demo
    since = founded or dt.datetime.max.replace(tzinfo=dt.UTC)
    daily = sorted((kind.daily, kind.name, kind) for kind in jobs.kinds().values() if kind.daily)
    return [
        (kind, said.get(name) or Schedule(kind=name, is_on=is_on, at=at, changed_at=since)) for at, name, kind in daily
    ]


def _is_day(kind: jobs.Kind, day: dt.date) -> bool:
    return kind.weekday is None or kind.weekday == day.weekday()


def _key(kind: str, day: dt.date) -> str:
    return f"daily {kind} {day.isoformat()}"


def _zone() -> zoneinfo.ZoneInfo:
    organisation = Organisation.objects.first()
    return zoneinfo.ZoneInfo(organisation.time_zone if organisation else "UTC")


def _moment(day: dt.date, at: dt.time, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """The instant of a local time; one that a change of the clock leaves out is the instant right after."""
    return dt.datetime.combine(day, at, tzinfo=zone).astimezone(dt.UTC)
