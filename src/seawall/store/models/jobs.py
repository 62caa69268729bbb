"""Work in the background: what was asked, how far it is, what it said, and what is done every day at what time."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import User


class Job(models.Model):
    """One piece of background work. The queue only wakes the worker; what people see stands here."""

    class State(models.TextChoices):
        """A job whose worker was killed is ``waiting`` again once that is noticed."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=40)
    key = models.TextField(unique=True)
    arguments = models.JSONField()
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    acts_for = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Whom the user acted for, as a deputy."""

    within = models.JSONField(null=True)
    """What narrowed the user's rights when it was asked for (a token's verbs and entities); null: nothing did."""

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(default=0)
    is_cancel_asked = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True)
    process = models.TextField(blank=True)
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "id"], name="job_state")]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.state}"


class JobLine(models.Model):
    """One line of a job's log: a sentence and what is filled in, so that every reader sees it in their language."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="lines")
    at = models.DateTimeField()
    template = models.TextField()
    params = models.JSONField(default=dict)

    class Meta:
        """In the order in which they were said."""

        ordering = ["id"]

    def __str__(self) -> str:
        return self.template


class Schedule(models.Model):
    """An administrator's word on when a kind of job is done every day; without a row the product's own time holds."""

    kind = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField()
    at = models.TimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


class BackupNote(models.Model):
    """A backup that was made, or a drill that tried one, and what came of it."""

    class Kind(models.TextChoices):
        """Made, or tried."""

        BACKUP = "backup"
        DRILL = "drill"

    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    name = models.TextField()
    folder = models.TextField()
    is_good = models.BooleanField()
    detail = models.JSONField()

    class Meta:
        """Oldest first."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
