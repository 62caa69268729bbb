"""Intake: files waiting to be imported, imports that were taken back, saved mappings."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.scope import ScopedModel


class Upload(models.Model):
    """Files someone sent in and has not imported yet, or has; only they see it. The bytes lie with the originals."""

    class State(models.TextChoices):
        """``waiting`` for the person, ``queued`` and ``working`` for the import, then what came of it."""

        WAITING = "waiting"
        QUEUED = "queued"
        WORKING = "working"
        DONE = "done"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey("store.User", models.PROTECT, null=True, related_name="+")
    files = models.JSONField()
    """``[name, sha256, bytes]`` of each file."""

    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    result = models.JSONField(default=dict)
    import_no = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-recorded_at"]

    def __str__(self) -> str:
        return f"{self.id}"


class ImportUndo(ScopedModel):
    """An import that was taken back: from this write on, its facts no longer count."""

    import_no = models.BigIntegerField(unique=True)
    write_no = models.BigIntegerField()
    actor = models.TextField()
    reason = models.TextField()
    entities = ArrayField(models.TextField())
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.import_no}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """As the files of the import."""
        return models.Q(entities__contained_by=sorted(codes))


class SavedMapping(models.Model):
    """One version of a mapping that the company made; the newest counts, and none once it ``is_ended``."""

    name = models.CharField(max_length=60)
    version = models.IntegerField()
    title = models.TextField()
    body = models.TextField()
    digest = models.CharField(max_length=64)
    is_ended = models.BooleanField(default=False)
    write_no = models.BigIntegerField()
    actor = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        """Two writers of one version collide."""

        ordering = ["name", "version"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="saved_mapping_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
