"""Webhooks over the API: which addresses hear of what, what was sent to them, and sending again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from seawall.api.v1 import problems
from seawall.api.v1.asking import After, Limit, number_after, page_of
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.api.v1.shapes import Page
from seawall.services import webhooks

router = Router(tags=["webhooks"])
Number = Annotated[int, Field(ge=1, le=2**53)]
EventName = Annotated[str, Field(max_length=40)]
State = Literal["waiting", "sending", "sent", "uncertain", "failed"]


class Webhook(Schema):
    """An address that hears of events in an entity; `failing_since`: nothing was taken since then."""

    endpoint_id: int
    entity: str
    address: str
    events: list[str]
    created_at: dt.datetime
    failing_since: dt.datetime | None
    paused_at: dt.datetime | None
    waiting: int
    failed: int


class Webhooks(Schema):
    """The webhooks of the entities where the caller keeps integrations."""

    rows: list[Webhook]


class WebhookAsked(Schema):
    """An address and what it shall hear of."""

    entity: Annotated[str, Field(min_length=1, max_length=60)]
    address: Annotated[str, Field(min_length=1, max_length=500)]
    events: Annotated[list[EventName], Field(min_length=1, max_length=50)]


class WebhookChange(Schema):
    """What to change; what is null stays. `is_paused`: send nothing for now, or go on."""

    address: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    events: Annotated[list[EventName], Field(min_length=1, max_length=50)] | None = None
    is_paused: bool | None = None


class WebhookSecret(Schema):
    """A secret, told this once; empty where the same Idempotency-Key came before."""

    endpoint_id: int
    secret: str


class DeliveryTry(Schema):
    """One attempt: the status answered, or why there was none."""

    at: dt.datetime
    status: int | None
    problem: str


class Delivery(Schema):
    """One message: `body` is what is signed and sent, under the same `message_id` at each attempt."""

    delivery_no: int
    endpoint_id: int
    message_id: str
    event: str
    state: State
    attempts: int
    made_at: dt.datetime
    next_at: dt.datetime | None
    body: str
    tries: list[DeliveryTry]


class Deliveries(Page):
    """What was put before a webhook, newest first."""

    rows: list[Delivery]


class DeliveryNumber(Schema):
    """A message put before a webhook."""

    delivery_no: int


@router.get("/webhooks", response=problems.responses(Webhooks))
def listed(request: HttpRequest) -> dict[str, Any]:
    """The webhooks of the caller's entities."""
    return {"rows": [row.as_json() for row in webhooks.endpoints(actor_of(request))]}


@router.post("/webhooks", response=problems.responses(WebhookSecret, 404, 409))
def add(request: HttpRequest, asked: WebhookAsked, key: Key = "") -> Any:
    """Let an address hear of events; its secret is told this once."""
    actor = actor_of(request)
    return webhooks.add(
        actor, entity=asked.entity, address=asked.address, events=asked.events, key=key_of(request, key)
    )


@router.get("/webhooks/{endpoint_id}", response=problems.responses(Webhook, 404))
def one(request: HttpRequest, endpoint_id: Number) -> Any:
    """One webhook."""
    return webhooks.endpoint(actor_of(request), endpoint_id).as_json()


@router.patch("/webhooks/{endpoint_id}", response=problems.responses(Webhook, 404, 409))
def change(request: HttpRequest, endpoint_id: Number, asked: WebhookChange, key: Key = "") -> Any:
    """Send elsewhere, tell of other events, pause, or go on."""
    actor = actor_of(request)
    webhooks.change(actor, endpoint_id, at=timezone.now(), **asked.model_dump(), key=key_of(request, key))
    return webhooks.endpoint(actor, endpoint_id).as_json()


@router.delete("/webhooks/{endpoint_id}", response=problems.responses(Webhooks, 404, 409))
def remove(request: HttpRequest, endpoint_id: Number, key: Key = "") -> Any:
    """End a webhook; what still waits for it fails."""
    webhooks.remove(actor_of(request), endpoint_id, at=timezone.now(), key=key_of(request, key))
    return listed(request)


@router.post("/webhooks/{endpoint_id}/secret", response=problems.responses(WebhookSecret, 404, 409))
def secret(request: HttpRequest, endpoint_id: Number, key: Key = "") -> Any:
    """Make a new secret, which holds at once and is told this once."""
    return webhooks.new_secret(actor_of(request), endpoint_id, key=key_of(request, key))


@router.post("/webhooks/{endpoint_id}/test", response=problems.responses(DeliveryNumber, 404, 409))
def test(request: HttpRequest, endpoint_id: Number, key: Key = "") -> Any:  # noqa: PT028 - no test of ours
    """Put a test message before a webhook."""
    return {"delivery_no": webhooks.send_test(actor_of(request), endpoint_id, key=key_of(request, key))}


@router.get("/webhooks/{endpoint_id}/deliveries", response=problems.responses(Deliveries, 404))
def deliveries(
    request: HttpRequest, endpoint_id: Number, state: State | None = None, limit: Limit = 100, after: After = ""
) -> Any:
    """What was put before a webhook, newest first."""
    before = number_after(after)
    rows = webhooks.deliveries(actor_of(request), endpoint_id, state=state or "", before=before, limit=limit + 1)
    return page_of(rows, limit, "delivery_no")


@router.get("/deliveries/{delivery_no}", response=problems.responses(Delivery, 404))
def delivery(request: HttpRequest, delivery_no: Number) -> Any:
    """One message with its attempts."""
    return webhooks.delivery(actor_of(request), delivery_no).as_json()


@router.post("/deliveries/{delivery_no}/again", response=problems.responses(Delivery, 404, 409))
def again(request: HttpRequest, delivery_no: Number, key: Key = "") -> Any:
    """Send a message again, under the same id."""
    webhooks.again(actor_of(request), delivery_no, key=key_of(request, key))
    return delivery(request, delivery_no)
