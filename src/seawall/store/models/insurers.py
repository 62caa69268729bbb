"""Insurers' systems: connections with sealed secrets, what is said to them and by them, the log, both compared."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import Entity
from seawall.store.scope import ScopedModel


class InsurerConnection(ScopedModel):
    """The way to one insurer's system for one policy; its secrets are sealed and never shown again."""

    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="+")
    """Whose policy it is; null: every entity's."""

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    policy = models.CharField(max_length=100)
    """The policy's number at the insurer, which messages name."""

    told = models.JSONField(default=dict)
    """What its kind must be told; nothing secret."""

    secret = models.TextField(blank=True)
    hook_secret = models.TextField(blank=True)
    """What calls to our own address are signed with."""

    place = models.TextField(blank=True)
    """Where reading its news goes on."""

    is_paused = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """By name."""

        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class InsuredCompany(ScopedModel):
    """Which of an insurer's companies a customer is; a later row of a customer stands before an earlier one."""

    entity_code_path = "connection__entity__code"

    connection = models.ForeignKey(InsurerConnection, models.PROTECT, related_name="companies")
    customer_code = models.CharField(max_length=100)
    company_ref = models.CharField(max_length=100)
    name = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        indexes = [models.Index(fields=["connection", "company_ref"], name="insured_company_ref")]

    def __str__(self) -> str:
        return f"{self.customer_code} {self.company_ref}"


class InsurerMessage(ScopedModel):
    """Something said to an insurer: what, about whom, and the key it goes out under. Never changed."""

    entity_code_path = "connection__entity__code"

    connection = models.ForeignKey(InsurerConnection, models.PROTECT, related_name="messages")
    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20)
    customer_code = models.CharField(max_length=100, blank=True)
    item_number = models.CharField(max_length=100, blank=True)
    body = models.JSONField()
    batch_no = models.BigIntegerField()
    said_by = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class InsurerSending(ScopedModel):
    """How far a message came. ``slot`` is held while a request is open, so that there is one a company and type."""

    entity_code_path = "message__connection__entity__code"

    class State(models.TextChoices):
        """``uncertain``: it may have arrived, and the insurer cannot tell by its key."""

        WAITING = "waiting"
        SENDING = "sending"
        TAKEN = "taken"
        DONE = "done"
        REFUSED = "refused"
        FAILED = "failed"
        UNCERTAIN = "uncertain"
        WITHDRAWN = "withdrawn"

    message = models.OneToOneField(InsurerMessage, models.PROTECT, related_name="sending")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    slot = models.CharField(max_length=300, null=True, unique=True)  # noqa: DJ001 - only what is held is unique
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    """When it was first tried."""

    silent_since = models.DateTimeField(null=True)
    """Since when the insurer, who took it, does not say what became of it."""

    job_ref = models.CharField(max_length=200, blank=True)
    ref = models.CharField(max_length=200, blank=True)
    """The insurer's own number of what came of it."""

    problem = models.JSONField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        """In the order in which they were said."""

        ordering = ["id"]
        indexes = [models.Index(fields=["state", "next_at"], name="insurer_sending_due")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class InsurerEvent(ScopedModel):
    """Something an insurer said, once, whatever way it came; what cannot be read is kept as it came, and shown."""

    entity_code_path = "connection__entity__code"

    class State(models.TextChoices):
        """``replaced``: the same came later, and could be read."""

        TAKEN = "taken"
        QUARANTINED = "quarantined"
        REPLACED = "replaced"
        DISMISSED = "dismissed"

    class Way(models.TextChoices):
        """How it came."""

        JOB = "job"
        NEWS = "news"
        CALL = "call"
        COVERS = "covers"
        FILE = "file"

    connection = models.ForeignKey(InsurerConnection, models.PROTECT, related_name="events")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=200, blank=True)
    sequence = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State)
    way = models.CharField(max_length=10, choices=Way)
    customer_code = models.CharField(max_length=100, blank=True)
    body = models.JSONField(null=True)
    raw = models.TextField()
    problem = models.JSONField(null=True)
    batch_no = models.BigIntegerField(default=0)
    posted_no = models.BigIntegerField(null=True)
    """The write that made a fact of it, or saw that there is none to make."""

    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        """Newest first; each thing once."""

        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="insurer_event_once")]
        indexes = [models.Index(fields=["connection", "kind", "state"], name="insurer_event_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class InsurerCall(models.Model):
    """A signed call to our address that was believed, so that the very same one is not believed again."""

    connection = models.ForeignKey(InsurerConnection, models.PROTECT, related_name="+")
    call_id = models.CharField(max_length=200)
    signed_at = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """Each once."""

        constraints = [models.UniqueConstraint(fields=["connection", "call_id", "signed_at"], name="insurer_call_once")]

    def __str__(self) -> str:
        return self.call_id


class InsurerExchange(ScopedModel):
    """One question to an insurer's system and its answer, secrets masked: the log."""

    entity_code_path = "connection__entity__code"

    connection = models.ForeignKey(InsurerConnection, models.PROTECT, related_name="+")
    message = models.ForeignKey(InsurerMessage, models.PROTECT, null=True, related_name="exchanges")
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.TextField()
    status = models.IntegerField(null=True)
    sent = models.TextField(blank=True)
    answered = models.TextField(blank=True)
    template = models.TextField(blank=True)
    params = models.JSONField(default=dict)

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class InsurerComparison(ScopedModel):
    """Both sides held against each other on a day: what differs, each with what we hold and what they hold."""

    entity_code_path = "connection__entity__code"

    connection = models.ForeignKey(InsurerConnection, models.PROTECT, related_name="comparisons")
    on = models.DateField()
    counts = models.JSONField()
    differences = models.JSONField()
    batch_no = models.BigIntegerField(default=0)
    recorded_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.on}"
