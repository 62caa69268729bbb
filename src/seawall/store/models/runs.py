"""Protection runs: what was asked, the steps done, and which run's figures are shown."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.scope import ScopedModel


class Run(ScopedModel):
    """One run of the engine. ``manifest`` says everything the figures depend on."""

    class State(models.TextChoices):
        """A run that was stopped stays ``started`` and is taken up again."""

        STARTED = "started"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    manifest = models.JSONField()
    manifest_digest = models.CharField(max_length=64, unique=True)
    on = models.DateField()
    known = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    entities = ArrayField(models.TextField())
    state = models.CharField(max_length=10, choices=State, default=State.STARTED)
    result_digest = models.CharField(max_length=64, blank=True)
    problem = models.TextField(blank=True)
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.on} {self.currency} {self.state}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """A run is seen by who sees every entity in it."""
        return models.Q(entities__contained_by=sorted(codes))


class RunStep(models.Model):
    """A step that is done; its file lies in the home's ``results`` folder under its hash."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    done_at = models.DateTimeField()

    class Meta:
        """A step is done once."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_step_once")]

    def __str__(self) -> str:
        return self.name


class RunPointer(models.Model):
    """Which run's figures are current for a scope (entities and currency)."""

    scope = models.TextField(unique=True)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.scope
