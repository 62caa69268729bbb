"""Webhooks on their way: signed, tried again with growing pauses under the same id, given up after days.

Who receives may get a message twice (the answer was lost on its way) and tells by its id. So a message that was
being sent when the worker was killed is simply sent again, unlike a mail.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Final

from django.db import connection

from seawall.engine.kernel.errors import SeawallError
from seawall.exchange import webhook
from seawall.exchange.net import Outside, host_named
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.announcing import KIND
from seawall.services.command import Result, Write, execute
from seawall.services.outbox import State, back_to_waiting
from seawall.services.webhooks import PURPOSE
from seawall.store import points, seal
from seawall.store.models import Outbox, OutboxAttempt, WebhookEndpoint

PAUSES: Final = (60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds between attempts: ten attempts over three days."""

PAUSED_AFTER: Final = dt.timedelta(days=3)
"""An endpoint that took nothing for so long is paused until a person looks."""

IN_A_ROUND: Final = 200
KILLED_AFTER_MINUTES: Final = 5
_SUCCESS: Final = range(200, 300)
_log = logging.getLogger(__name__)

CLAIM: Final = """
    UPDATE store_outbox SET state = 'sending', attempts = attempts + 1, changed_at = now()
    WHERE id = (
        SELECT o.id FROM store_outbox o JOIN store_webhookendpoint e ON e.id = o.endpoint_id
        WHERE o.kind = 'webhook' AND o.state = 'waiting' AND (o.next_at IS NULL OR o.next_at <= %s)
        AND e.paused_at IS NULL AND e.ended_at IS NULL AND NOT e.id = ANY(%s)
        ORDER BY o.id FOR UPDATE OF o SKIP LOCKED LIMIT 1)
    RETURNING id
"""


def outside_of(address: str) -> Outside:
    """The guard for an endpoint: its host and no other, and no redirect."""
    return Outside(frozenset({host_named(address)}), redirects_max=0, answer_bytes=webhook.ANSWER_BYTES)


def send_due(*, now: dt.datetime, outside: Callable[[str], Outside] = outside_of) -> int:
    """Send what is due; an endpoint that failed is left alone until the next round. Returns how many were taken."""
    back_to_waiting(KIND, KILLED_AFTER_MINUTES)
    _give_up_removed()
    resting: list[int] = []
    taken = 0
    for _ in range(IN_A_ROUND):
        row = _claimed(now, resting)
        if row is None:
            break
        points.reached("webhook claimed")
        if _sent(row, now, outside):
            taken += 1
        else:
            resting.append(int(row.endpoint_id or 0))
    return taken


def _give_up_removed() -> None:
    """Fail what was being sent, or put, while its endpoint was removed: it would wait for ever."""
    removed = WebhookEndpoint.objects.every_entity().exclude(ended_at=None)
    Outbox.objects.filter(kind=KIND, state=State.WAITING, endpoint__in=removed).update(state=State.FAILED)


def _claimed(now: dt.datetime, resting: list[int]) -> Outbox | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, resting])
        found = cursor.fetchone()
    return Outbox.objects.select_related("endpoint").get(pk=found[0]) if found else None


def _sent(row: Outbox, now: dt.datetime, outside: Callable[[str], Outside]) -> bool:
    """One attempt, and what came of it on record; whether it was taken."""
    endpoint = row.endpoint
    if endpoint is None:  # the claim joins it
        return False
    status, template, params = _attempt(endpoint, row, now, outside)
    points.reached("webhook sent")
    is_taken = status in _SUCCESS if status is not None else False
    OutboxAttempt.objects.create(outbox=row, at=now, status=status, template=template, params=params)
    _mark(row, endpoint, is_taken=is_taken, now=now)
    return is_taken


def _attempt(
    endpoint: WebhookEndpoint, row: Outbox, now: dt.datetime, outside: Callable[[str], Outside]
) -> tuple[int | None, str, dict[str, str]]:
    """The status that was answered, or the sentence that says why there was none."""
    body = row.payload["body"]
    try:
        secret = seal.unseal_text(endpoint.secret, purpose=PURPOSE)
        sent = webhook.headers(secret, message_id=row.payload["id"], at=int(now.timestamp()), body=body)
        guard = outside(endpoint.address)
        answer = guard.ask(endpoint.address, method="POST", headers=sent, content=body.encode())
    except SeawallError as error:
        return None, error.template, error.kept
    return answer.status, "", {}


def _mark(row: Outbox, endpoint: WebhookEndpoint, *, is_taken: bool, now: dt.datetime) -> None:
    held = Outbox.objects.filter(pk=row.pk, state=State.SENDING)
    mine = WebhookEndpoint.objects.every_entity().filter(pk=endpoint.pk)
    if is_taken:
        held.update(state=State.SENT, next_at=None, changed_at=now)
        mine.exclude(failing_since=None).update(failing_since=None)
        return
    if row.attempts > len(PAUSES):
        held.update(state=State.FAILED, next_at=None, changed_at=now)
    else:
        later = now + dt.timedelta(seconds=PAUSES[row.attempts - 1])
        held.update(state=State.WAITING, next_at=later, changed_at=now)
    mine.filter(failing_since=None).update(failing_since=now)
    since = mine.values_list("failing_since", flat=True).get()
    if since is not None and now - since >= PAUSED_AFTER:
        _pause(endpoint, now)


def _pause(endpoint: WebhookEndpoint, now: dt.datetime) -> None:
    """Stop sending to an address that takes nothing, on record."""

    def effect(write: Write) -> Result:
        rows = WebhookEndpoint.objects.every_entity().filter(pk=endpoint.pk, paused_at=None)
        if not rows.update(paused_at=now):
            write.change_nothing()
        write.detail.update(webhook=endpoint.pk, changed="paused", why="failing")
        return {}

    execute(Actor.system(), access.INTEGRATION_CHANGE, effect, request={"pause_failing": endpoint.pk})
    _log.warning("webhook paused", extra={"webhook": endpoint.pk})
