"""Events that other programs hear of: their names, and a row of the outbox for each webhook that asked for one.

The row is written in the transaction of what happened: there is no event without its effect, and no effect without
its events. A message says what happened where, in ids and codes; who wants more asks the API.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop as noop

from seawall.store.models import Outbox, WebhookEndpoint

KIND: Final = "webhook"

EVENTS: Final[dict[str, str]] = {
    "ledger.changed": noop("Facts of the ledger came in or were corrected"),
    "allocation.changed": noop("Items were settled by hand, or a settlement was taken back"),
    "dispute.changed": noop("A dispute was opened, changed or closed"),
    "receipt.matched": noop("A bank receipt was matched, or a match was taken back"),
    "bill.changed": noop("A bill was taken in, or something happened to one"),
    "insurance.changed": noop("An insured limit was decided, or something happened under a policy"),
    "write_off.changed": noop("Something was written off, or recovered"),
    "import.undone": noop("An import was taken back"),
    "approval.proposed": noop("Something waits for a second person"),
    "approval.decided": noop("A second person decided"),
    "period.signed": noop("A period was signed, or a signature was taken back"),
    "run.done": noop("A protection run is done"),
}
"""What can be heard of, with the sentence people read."""

TEST: Final = "webhook.test"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in an entity."""

    name: str
    entity: str
    data: Mapping[str, Any]


def put(events: Iterable[Event], *, batch_no: int, at: dt.datetime) -> int:
    """Write a row for each endpoint that asked for an event; returns how many."""
    wanted = list(events)
    if not wanted:
        return 0
    entities = sorted({event.entity for event in wanted})
    heard = WebhookEndpoint.objects.every_entity().filter(ended_at=None, entity__code__in=entities)
    endpoints = list(heard.select_related("entity"))
    rows = [
        message(endpoint, event, batch_no=batch_no, at=at)
        for event in wanted
        for endpoint in endpoints
        if endpoint.entity.code == event.entity and event.name in endpoint.events
    ]
    return len(Outbox.objects.bulk_create(rows))


def message(endpoint: WebhookEndpoint, event: Event, *, batch_no: int, at: dt.datetime) -> Outbox:
    """The row of one message. Its body is made here, once: each attempt sends the same bytes under the same id."""
    message_id = f"msg_{secrets.token_hex(12)}"
    said = {
        "type": event.name, "timestamp": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "data": {"entity": event.entity, "batch_no": batch_no, **event.data},
    }  # fmt: skip
    body = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Outbox(
        kind=KIND, key=f"webhook {endpoint.pk} {message_id}", endpoint=endpoint, batch_no=batch_no, changed_at=at,
        payload={"id": message_id, "event": event.name, "body": body},
    )  # fmt: skip
