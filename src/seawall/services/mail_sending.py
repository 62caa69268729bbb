"""Mail on its way: taken one at a time, handed over once, and never again unasked where it may have left.

``sending`` is written before the server hears of the mail. Killed before the server took it, or after: the row says
the same, so it becomes ``uncertain`` and a person decides. What the server surely refused is tried again later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import SeawallError
from seawall.exchange import smtp
from seawall.services import access, mail, mail_words, outbox
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.jobs import kinds
from seawall.services.mail import KIND
from seawall.services.outbox import State
from seawall.store import points
from seawall.store.models import Job, Membership, Outbox, OutboxAttempt, User

PAUSES: Final = (60, 5 * 60, 15 * 60, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
"""Seconds between attempts at a server that says: not now."""

IN_A_ROUND: Final = 50
KILLED_AFTER_MINUTES: Final = 5
ALERT_WITHIN: Final = dt.timedelta(days=2)
HandOver = Callable[[smtp.Server, Any], None]
_NO_ADDRESS: Final = noop("The recipient has no e-mail address, or was shut out.")


def send_due(*, now: dt.datetime, hand_over: HandOver = smtp.hand_over) -> int:
    """Send what is due, as long as the server answers; returns how many mails were taken."""
    outbox.give_up_interrupted(KILLED_AFTER_MINUTES, KIND)
    found = mail.server()
    if found is None:
        return 0
    server, taken = found[0], 0
    for _ in range(IN_A_ROUND):
        row = outbox.claim(KIND, now=now)
        if row is None:
            break
        points.reached("mail claimed")
        state, is_server_there = _sent(row, server, now, hand_over)
        taken += state == State.SENT
        if not is_server_there:
            break
    return taken


def _sent(row: Outbox, server: smtp.Server, now: dt.datetime, hand_over: HandOver) -> tuple[Outbox.State, bool]:
    """One attempt; the state it is in afterwards, and whether the server answers at all."""
    return attempted(row, now, lambda: hand_over(server, _message(row, server)))


def attempted(row: Outbox, now: dt.datetime, act: Callable[[], None]) -> tuple[Outbox.State, bool]:
    """Carry out one attempt to send a row and keep what came of it; its state, and whether the server answers at all.

    ``act`` raises ``smtp.NotTaken`` or ``smtp.MayHaveLeft``; what else it raises is wrong before anything leaves.
    """
    try:
        act()
    except smtp.NotTaken as error:
        is_over = not error.is_passing or row.attempts > len(PAUSES)
        return _noted(row, State.FAILED if is_over else State.WAITING, now, error), not error.is_server
    except smtp.MayHaveLeft as error:
        return _noted(row, State.UNCERTAIN, now, error), True
    except SeawallError as error:
        return _noted(row, State.FAILED, now, error), True
    points.reached("mail accepted")
    outbox.mark(row, State.SENT)
    points.reached("mail marked")
    _forget(row)
    return State.SENT, True


def _message(row: Outbox, server: smtp.Server) -> Any:
    to, language = mail.recipient(row)
    if not to:
        raise smtp.NotTaken(_NO_ADDRESS, is_passing=False)
    params = mail.opened(row)["params"]
    subject, body = mail_words.said(row.payload["template"], params, language=language)
    host = server.sender.rpartition("@")[2]
    return smtp.composed(
        sender=server.sender, to=to, subject=subject, body=body, message_id=f"<seawall.{row.pk}.{row.batch_no}@{host}>"
    )


def _noted(row: Outbox, state: Outbox.State, now: dt.datetime, error: SeawallError) -> Outbox.State:
    """Keep why it was not taken, and when it is tried again."""
    params = error.kept
    OutboxAttempt.objects.create(outbox=row, at=now, template=error.template, params=params)
    if state == State.WAITING:
        later = now + dt.timedelta(seconds=PAUSES[row.attempts - 1])
        Outbox.objects.filter(pk=row.pk, state=State.SENDING).update(next_at=later)
    outbox.mark(row, state)
    return state


def _forget(row: Outbox) -> None:
    """What a mail said is not needed once it was taken: a link in it may still open a door."""
    kept = mail.sealed_of({"to": mail.opened(row)["to"], "params": {}})
    Outbox.objects.filter(pk=row.pk, state=State.SENT).update(sealed=kept)


def alert(*, now: dt.datetime) -> int:
    """Put a mail to each administrator for each scheduled job that failed lately; returns how many were put."""
    if not mail.is_set():
        return 0
    failed = Job.objects.filter(state=Job.State.FAILED, user=None, done_at__gte=now - ALERT_WITHIN).order_by("id")
    told = set(Outbox.objects.filter(kind=KIND, key__startswith="mail job ").values_list("key", flat=True))
    users = _administrators()
    return sum(_alerted(job, user, told) for job in failed for user in users)


def _administrators() -> list[User]:
    everywhere = Membership.objects.filter(role="administrator", entity=None).values("user_id")
    return list(User.objects.filter(pk__in=everywhere, is_active=True).exclude(email="").order_by("pk"))


def _alerted(job: Job, user: User, told: set[str]) -> bool:
    at = job.done_at
    occasion = f"job {job.pk} {at and at.timestamp()}"
    if f"mail {occasion} user {user.pk}" in told:
        return False
    kind = kinds().get(job.kind)
    problem = job.problem or {"template": "", "params": {}}
    params = {
        "name": user.name or user.username, "job": [kind.title, {}] if kind else job.kind, "number": job.pk,
        "at": at.isoformat(" ", "minutes")[:16] if at else "", "problem": [problem["template"], problem["params"]],
    }  # fmt: skip

    def effect(write: Write) -> Result:
        if not mail.put(write, "job_failed", params, occasion=occasion, user=user):
            write.change_nothing()
        write.detail.update(mail="job_failed", job=job.pk, user_id=user.pk)
        return {}

    execute(Actor.system(), access.JOB_CHANGE, effect, request={"alert": job.pk, "user": user.pk}, lock=["mail"])
    return True
