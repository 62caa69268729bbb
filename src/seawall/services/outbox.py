"""What waits to be sent: taken one at a time, marked before it leaves, never sent again unasked.

A crash between sending and marking cannot be told from a crash before sending; such a row becomes
``uncertain`` and waits for a person.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from seawall.store.models import Outbox

State = Outbox.State

CLAIM = """
    UPDATE store_outbox SET state = 'sending', changed_at = now(), attempts = attempts + 1
    WHERE id = (SELECT id FROM store_outbox WHERE state = 'waiting' AND kind = ANY(%s)
                AND (next_at IS NULL OR next_at <= coalesce(%s, now()))
                ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING id
"""


def claim(*kinds: str, now: dt.datetime | None = None) -> Outbox | None:
    """The next due row of these kinds, marked ``sending`` before it is given out; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [list(kinds), now])
        found = cursor.fetchone()
    return Outbox.objects.get(pk=found[0]) if found else None


def mark(row: Outbox, state: Outbox.State) -> bool:
    """Say what became of a row that was being sent; False where somebody else already said."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE store_outbox SET state = %s, changed_at = now() WHERE id = %s AND state = 'sending'",
            [str(state), row.pk],
        )
        return bool(cursor.rowcount)


def give_up_interrupted(minutes: int, kind: str = "mail") -> int:
    """Mark what has been ``sending`` for longer as ``uncertain``; returns how many."""
    return _interrupted(kind, minutes, State.UNCERTAIN)


def back_to_waiting(kind: str, minutes: int) -> int:
    """Have sent again what has been ``sending`` for longer, where who receives can tell; returns how many."""
    return _interrupted(kind, minutes, State.WAITING)


def _interrupted(kind: str, minutes: int, state: Outbox.State) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE store_outbox SET state = %s, changed_at = now() "
            "WHERE kind = %s AND state = 'sending' AND changed_at < now() - make_interval(mins => %s)",
            [str(state), kind, minutes],
        )
        return int(cursor.rowcount)
