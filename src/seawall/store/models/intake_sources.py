"""Where files come from by themselves: sources as data, and every file they gave with what became of it."""

from __future__ import annotations

from django.db import models

from seawall.store.models.organisation import Entity
from seawall.store.scope import ScopedModel


class IntakeSource(ScopedModel):
    """A folder, a server or a system that is looked into by schedule; its secret is sealed and never shown again."""

    class Brings(models.TextChoices):
        """What its files are."""

        LEDGER = "ledger"
        BANK = "bank"

    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="+")
    """Whose facts it may bring; null: everybody's."""

    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    brings = models.CharField(max_length=10, choices=Brings, default=Brings.LEDGER)
    told = models.JSONField(default=dict)
    """What its kind must be told: a folder, an address, a user; nothing secret."""

    secret = models.TextField(blank=True)
    mapping = models.CharField(max_length=60, blank=True)
    accept_rejects = models.BooleanField(default=False)
    apply_corrections = models.BooleanField(default=False)
    every_minutes = models.IntegerField(default=0)
    """How often it is looked into; 0: when somebody says so."""

    is_paused = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """By name."""

        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class SourceFile(ScopedModel):
    """A file that a source gave, and what became of it; one that was tried again has a later row."""

    entity_code_path = "source__entity__code"

    class Outcome(models.TextChoices):
        """``same``: nothing in it was new. ``refused``: kept, and not in the ledger."""

        TAKEN = "taken"
        SAME = "same"
        REFUSED = "refused"

    source = models.ForeignKey(IntakeSource, models.PROTECT, related_name="files")
    name = models.TextField()
    bytes = models.BigIntegerField()
    mark = models.TextField(blank=True)
    """Size and last change as it lay there, by which it is known without being read again."""

    sha256 = models.CharField(max_length=64, db_index=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    import_no = models.BigIntegerField(null=True)
    problem = models.JSONField(null=True)
    """Why it was refused: the sentence, what is filled in, and the rows that cannot be taken."""

    recorded_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        indexes = [models.Index(fields=["source", "sha256"], name="source_file_hash")]

    def __str__(self) -> str:
        return self.name
