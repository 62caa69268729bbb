"""Talking to insurers: send what waits, ask after what was taken, hear what is new. Nothing lost, nothing doubled.

A message goes out under its key until the insurer says that it has it. Where an insurer knows no keys, a message that
may have arrived is not sent again: it waits for a person. What comes in is written down in one write together with
the place where reading goes on, so a kill in between reads it again, and each thing is known by its key.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import SeawallError
from seawall.exchange.insurers.messages import OUTGOING, of_json
from seawall.exchange.insurers.port import (
    Again,
    AnswerMalformed,
    CannotSay,
    Exchanged,
    Incoming,
    Insurer,
    InsurerRefuses,
    Job,
    News,
    Taken,
    digest,
    pause_after,
)
from seawall.exchange.net import AddressRefused
from seawall.services import access, insurer_events, insurer_facts
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.insurer_log import logged
from seawall.services.insurer_opening import actor_of, adapter_of, opened, plan_of
from seawall.store import locks, points
from seawall.store.models import InsurerConnection, InsurerEvent, InsurerMessage, InsurerSending

State = InsurerSending.State
Way = InsurerEvent.Way
IN_A_ROW: Final = 3
"""After so many failures in a row the rest of a round is left for the next one."""

PAGES: Final = 200
WAITS_MAX: Final = 60
"""An insurer that decides slowly is asked after at most so many times the usual pause."""

UNHEARD: Final = gettext_noop(
    "The insurer took this, and since {since} does not say what became of it. Look at its portal, or ask on."
)
_log = logging.getLogger(__name__)
Counts = dict[str, int]


def exchange_now(actor: Actor, *, now: dt.datetime) -> Counts:
    """Talk to every insurer once, as the worker does every minute.

    Raises:
        NotPermitted: the actor may not deal with insurers in every entity.
    """
    access.require_everywhere(actor, access.INSURER_SEND)
    return exchange_due(now=now)


def exchange_due(*, now: dt.datetime) -> Counts:
    """Talk to every insurer once; returns what was sent, decided and heard."""
    rows = InsurerConnection.objects.every_entity().filter(removed_at=None, is_paused=False).select_related("entity")
    counts: Counts = {}
    for row in rows:
        found = _facts(row) if adapter_of(row.kind).is_file else exchange(row, now=now)
        for name, count in found.items():
            counts[name] = counts.get(name, 0) + count
    return counts


def exchange(row: InsurerConnection, *, now: dt.datetime) -> Counts:
    """Talk to one insurer, unless another worker is at it."""
    name = f"insurer {row.pk} line"
    if not locks.try_hold(name):
        return {}
    try:
        return _Round(row, now).done()
    except (
        SeawallError
    ) as error:  # it may not be asked, or somebody else writes: the next round comes, for it and others
        _log.warning("insurer round failed", extra={"insurer": row.pk, "code": error.code})
        return {"failed": 1}
    finally:
        locks.let_go(name)


def heard(row: InsurerConnection, *, now: dt.datetime) -> bool:
    """Read all that an insurer said and we have not read; False where some may be unread still.

    So it is where another is at its line, where there is more than is read at once, and where something of it cannot
    be read.

    Raises:
        OutsideError: it does not answer, or not so that it can be read.
        Refused: it may not be asked.
    """
    name = f"insurer {row.pk} line"
    if not locks.try_hold(name):
        return False
    try:
        row.refresh_from_db(fields=["place"])
        return _Round(row, now).hear()
    finally:
        locks.let_go(name)


def _facts(row: InsurerConnection) -> Counts:
    """What came by file, or waited for a link, and is no fact yet: nobody is asked."""
    try:
        posted = insurer_facts.post(row)
    except SeawallError as error:  # somebody else writes: the next round comes
        _log.warning("insurer facts failed", extra={"insurer": row.pk, "code": error.code})
        return {"failed": 1}
    return {"posted": posted} if posted else {}


class _Round:
    """One talk with one insurer."""

    def __init__(self, row: InsurerConnection, now: dt.datetime) -> None:
        self.row, self.now = row, now
        self.plan, self.actor = plan_of(now.date()), actor_of(row)
        self.counts: Counts = {}
        self.failures = 0

    def done(self) -> Counts:
        """Everything that is due."""
        can = adapter_of(self.row.kind).can
        mine = InsurerSending.objects.every_entity().filter(message__connection=self.row)
        killed = State.WAITING if can.is_idempotent else State.UNCERTAIN
        mine.filter(state=State.SENDING).update(state=killed, changed_at=self.now)
        due = mine.filter(next_at__lte=self.now).select_related("message")
        most = self.plan["round_messages"]
        for sending in due.filter(state=State.WAITING)[:most]:
            self._try(sending, self._send)
        for sending in due.filter(state=State.TAKEN)[:most]:
            self._try(sending, self._ask_after)
        if can.has_news:
            self._hear()
        self.counts["posted"] = insurer_facts.post(self.row)
        return self.counts

    def _port(self, message: InsurerMessage | None = None) -> Insurer:
        return opened(self.row, now=self.now, log=logged(self.row, self.now, message))

    def _count(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def _try(self, sending: InsurerSending, act: Any) -> None:
        if self.failures >= IN_A_ROW:
            return
        try:
            act(sending)
        except SeawallError as error:
            self.failures += 1
            self._failed(sending, error)
        else:
            self.failures = 0

    def _send(self, sending: InsurerSending) -> None:
        """Say one message; the mark that it is being sent comes before it leaves."""
        message = sending.message
        held = InsurerSending.objects.every_entity().filter(pk=sending.pk, state=State.WAITING)
        sending.attempts, sending.tried_at = sending.attempts + 1, sending.tried_at or self.now
        marks = {"attempts": sending.attempts, "tried_at": sending.tried_at, "changed_at": self.now}
        if not held.update(state=State.SENDING, **marks):
            return
        points.reached("insurer claimed")
        try:
            taken = said(self._port(message), message.kind, message.body, message.key)
        except (InsurerRefuses, CannotSay) as error:
            self._end(sending, Job("refused"), _problem(error))
            return
        points.reached("insurer sent")
        self._note(sending, State.TAKEN, job_ref=taken.job_ref[:200], attempts=0, next_at=self._later(0))
        self._count("sent")

    def _ask_after(self, sending: InsurerSending) -> None:
        try:
            job = self._port(sending.message).job_status(sending.job_ref)
        except InsurerRefuses as error:  # it knows nothing of the job: it is told again, under the same key
            can = adapter_of(self.row.kind).can
            state = self._unless_old(sending, State.WAITING) if can.is_idempotent else State.UNCERTAIN
            since = sending.silent_since or self.now
            self._note(
                sending, state, job_ref="", tried_at=None, silent_since=since, next_at=self._later(1),
                problem=_problem(error),
            )  # fmt: skip
            return
        if job.state == "pending":
            later, attempts = self._later(sending.attempts), sending.attempts + 1
            self._note(sending, State.TAKEN, attempts=attempts, next_at=later, silent_since=None, problem=None)
            return
        reason = {"template": "{reason}", "params": {"reason": job.reason}} if job.state == "refused" else None
        self._end(sending, job, reason)

    def _end(self, sending: InsurerSending, job: Job, problem: dict[str, Any] | None) -> None:
        """What came of a message, with the decisions it brought, in one write."""
        state = State.REFUSED if job.state == "refused" else State.DONE

        def effect(write: Write) -> Result:
            insurer_events.take(write, self.row, job.said, Way.JOB)
            mine = InsurerSending.objects.every_entity().filter(pk=sending.pk).exclude(state=State.REFUSED)
            ref = {"ref": job.ref[:200]} if job.ref else {}
            mine.update(state=state, slot=None, problem=problem, silent_since=None, changed_at=write.at, **ref)
            write.detail.update(insurer=self.row.pk, message=sending.message_id, state=str(state))
            return {}

        asked = {"insurer": self.row.pk, "end": sending.message_id}
        execute(self.actor, access.INSURER_RECEIVE, effect, request=asked, lock=[f"insurer {self.row.pk}"])
        self._count(str(state))

    def _failed(self, sending: InsurerSending, error: SeawallError) -> None:
        """Try again later, or leave it to a person."""
        self._count("failed")
        if isinstance(error, AnswerMalformed):
            self._keep(error)
        if sending.job_ref:
            self._not_told(sending, error)
            return
        can = adapter_of(self.row.kind).can
        is_sure = isinstance(error, AddressRefused) or getattr(error, "is_sure", False)
        later = pause_after(max(sending.attempts, 1), self.plan, getattr(error, "after_seconds", None))
        may_be_there = not can.is_idempotent and not is_sure
        state = State.UNCERTAIN if may_be_there else self._unless_old(sending, State.WAITING)
        self._note(sending, state, next_at=self.now + dt.timedelta(seconds=later), problem=_problem(error))

    def _not_told(self, sending: InsurerSending, error: SeawallError) -> None:
        """It was taken, and only asking after it failed: ask again later, or leave it to a person who asks on."""
        later = pause_after(sending.attempts + 1, self.plan, getattr(error, "after_seconds", None))
        more = {"attempts": sending.attempts + 1, "next_at": self.now + dt.timedelta(seconds=later)}
        state, since = self._unless_old(sending, State.TAKEN), sending.silent_since or self.now
        said = {"template": UNHEARD, "params": {"since": since.date().isoformat()}, "code": "insurer_unheard"}
        problem = said if state == State.FAILED else _problem(error)
        self._note(sending, state, silent_since=since, problem=problem, **more)

    def _unless_old(self, sending: InsurerSending, state: State) -> State:
        """The state, or given up where nothing came of it for so long: untold since it was first tried, or unheard."""
        since = (sending.silent_since if sending.job_ref else sending.tried_at) or self.now
        is_old = self.now - since >= dt.timedelta(days=self.plan["give_up_days"])
        return State.FAILED if is_old else state

    def _note(self, sending: InsurerSending, state: State, **more: Any) -> None:
        """How far a message came: the worker's own note, unless the insurer told more meanwhile by a call."""
        mine = InsurerSending.objects.every_entity().filter(pk=sending.pk, state__in=(sending.state, State.SENDING))
        mine.update(state=state, changed_at=self.now, **more)

    def _later(self, times: int) -> dt.datetime:
        return self.now + dt.timedelta(seconds=self.plan["poll_seconds"] * min(times + 1, WAITS_MAX))

    def _hear(self) -> None:
        """Read what is new, as far as it can be read."""
        try:
            self.hear()
        except (Again, InsurerRefuses):
            self._count("failed")

    def hear(self) -> bool:
        """Read what is new, page by page; False where that was not all.

        Raises:
            Again: it does not answer, or not so that it can be read; that is kept.
            InsurerRefuses: it says no.
        """
        try:
            for _ in range(PAGES):
                news, before = self._news(), self.row.place
                if not news.said:
                    return True
                if not self._heard(news):
                    return False
                if self.row.place == before:
                    return True
        except AnswerMalformed as error:
            self._keep(error)
            raise
        return False

    def _news(self) -> News:
        """A page of news; a question every minute to which there is nothing to say is not kept in the log."""
        asked: list[Exchanged] = []
        news = News()
        try:
            news = opened(self.row, now=self.now, log=asked.append).events(self.row.place)
        finally:
            note = logged(self.row, self.now)
            for each in asked:
                if news.said or each.status != HTTPStatus.OK or each.method != "GET":
                    note(each)
        return news

    def _heard(self, news: News) -> bool:
        """Take a page; where one in it cannot be read and is new, it is kept, and the page is read once more later.

        False where it is.
        """
        known = InsurerEvent.objects.every_entity().filter(connection=self.row)
        bad = [each.key for each in news.said if each.body is None]
        passes = known.filter(key__in=bad).count() == len(set(bad))
        goes_on = passes and news.next_place != self.row.place

        def effect(write: Write) -> Result:
            taken = insurer_events.take(write, self.row, news.said, Way.NEWS, place=self.row.place)
            if not taken and not goes_on:
                write.change_nothing()
            if passes:
                InsurerConnection.objects.every_entity().filter(pk=self.row.pk).update(place=news.next_place)
            write.detail.update(insurer=self.row.pk, heard=taken, place=news.next_place if passes else self.row.place)
            return {"taken": taken}

        asked = {"insurer": self.row.pk, "place": self.row.place}
        done = execute(self.actor, access.INSURER_RECEIVE, effect, request=asked, lock=[f"insurer {self.row.pk}"])
        self.counts["heard"] = self.counts.get("heard", 0) + int(done.result["taken"])
        if passes:
            self.row.place = news.next_place
        return passes

    def _keep(self, error: AnswerMalformed) -> None:
        """Keep an answer that cannot be read, for people to see."""
        if not error.raw:
            return
        problem = (error.template, error.kept)
        kept = Incoming("answer", f"bad {digest(error.raw)}", error.raw, None, "", 0, problem)

        def effect(write: Write) -> Result:
            if not insurer_events.take(write, self.row, [kept], Way.JOB):
                write.change_nothing()
            write.detail.update(insurer=self.row.pk, changed="set apart")
            return {}

        asked = {"insurer": self.row.pk, "keep": kept.key}
        execute(self.actor, access.INSURER_RECEIVE, effect, request=asked, lock=[f"insurer {self.row.pk}"])


def said(port: Insurer, kind: str, body: Mapping[str, Any], key: str) -> Taken:
    """Say a message of a kind.

    Raises:
        InsurerRefuses: the insurer says no.
        Again: not now.
    """
    taken: Taken = getattr(port, kind)(of_json(OUTGOING[kind][1], dict(body)), key=key)
    return taken


def _problem(error: SeawallError) -> dict[str, Any]:
    params = error.kept
    return {"template": error.template, "params": params, "code": error.code}
