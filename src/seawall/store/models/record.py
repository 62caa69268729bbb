"""What was done: the hash-chained audit log, idempotency keys and what is still to be sent."""

from __future__ import annotations

from django.db import models


class ChainHead(models.Model):
    """The one row every write ends at: the last batch number and its digest."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    batch_no = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)

    class Meta:
        """One row only."""

        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="chain_head_is_one")]

    def __str__(self) -> str:
        return f"{self.batch_no}"


class AuditEntry(models.Model):
    """One verb that was carried out. ``body`` is the canonical text that ``digest`` seals.

    ``batch_no`` is the order of commits; ``write_no`` is what the facts of this write carry.
    """

    batch_no = models.BigIntegerField(primary_key=True)
    write_no = models.BigIntegerField(unique=True)
    verb = models.CharField(max_length=60)
    actor = models.TextField()
    origin = models.TextField(default="")
    """From where: a door and a place. Entries of earlier versions do not say."""

    recorded_at = models.DateTimeField()
    body = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        """In the order of commits."""

        ordering = ["batch_no"]

    def __str__(self) -> str:
        return f"{self.batch_no} {self.verb}"


class Touch(models.Model):
    """A row that the transaction under way touched, noted by a trigger; taken into its audit entry and removed."""

    xact = models.BigIntegerField(db_index=True)
    kind = models.TextField()
    key = models.TextField()
    before = models.TextField()
    after = models.TextField()

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class IdempotencyKey(models.Model):
    """A key a caller gave for a request, what the request was, and what came of it."""

    key = models.CharField(max_length=200, unique=True)
    request_digest = models.CharField(max_length=64)
    batch_no = models.BigIntegerField(null=True)
    result = models.JSONField(null=True)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Outbox(models.Model):
    """Something to be sent outside once the write is safe; ``key`` makes a repeat impossible."""

    class State(models.TextChoices):
        """``uncertain``: it may have left before a crash; it is never sent again unasked."""

        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"
        UNCERTAIN = "uncertain"
        FAILED = "failed"

    key = models.TextField(unique=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    sealed = models.TextField(blank=True)
    """What of it only the store may read, sealed: addresses and what a mail says."""

    batch_no = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    changed_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    """Not before then; at once where it is null."""

    endpoint = models.ForeignKey("store.WebhookEndpoint", models.PROTECT, null=True, related_name="deliveries")

    class Meta:
        """In the order of writes."""

        ordering = ["id"]
        indexes = [
            models.Index(fields=["kind", "id"], condition=models.Q(state__in=["waiting", "sending"]), name="outbox_due")
        ]
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return self.key
