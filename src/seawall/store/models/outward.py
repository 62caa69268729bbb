"""What leaves the house: endpoints of webhooks, and what came of each attempt to send something."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.models.organisation import Entity
from seawall.store.scope import ScopedModel


class WebhookEndpoint(ScopedModel):
    """An address that hears of events in one entity. ``secret`` is sealed; ``ended_at`` is the end of it."""

    entity = models.ForeignKey(Entity, models.PROTECT, related_name="+")
    address = models.TextField()
    events = ArrayField(models.TextField())
    secret = models.TextField()
    failing_since = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """In the order in which they were made."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.address}"


class OutboxAttempt(models.Model):
    """One attempt to send a row of the outbox, and what came of it; kept as long as the row."""

    outbox = models.ForeignKey("store.Outbox", models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.IntegerField(null=True)
    template = models.TextField(blank=True)
    params = models.JSONField(default=dict)

    class Meta:
        """In order."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.outbox_id} {self.at} {self.status}"
