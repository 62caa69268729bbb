"""Where facts come from: imported files by hash, and the rows of them that were not taken."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.scope import ScopedModel


class ImportFile(ScopedModel):
    """One file of one import; its bytes lie in the home's ``files`` folder under ``sha256``."""

    import_no = models.BigIntegerField(db_index=True)
    """The write that took it: files imported together share the number."""

    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.TextField()
    bytes = models.BigIntegerField()
    mapping = models.TextField(blank=True)
    mapping_digest = models.CharField(max_length=64, blank=True)
    basis = models.CharField(max_length=20)
    listed_on = models.DateField(null=True)
    """The day a list of open items is about."""

    rows = models.BigIntegerField()
    control = models.JSONField(default=dict)
    """Control totals: what the file says, what was taken, the difference, by currency, in minor units."""

    entities = ArrayField(models.TextField())
    recorded_at = models.DateTimeField()

    class Meta:
        """Newest last."""

        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """A file is seen by who sees every entity in it."""
        return models.Q(entities__contained_by=sorted(codes))


class KeptFile(models.Model):
    """A file of which less was kept than came in: what it says of persons is left out."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    kept_sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.sha256


class ImportReject(ScopedModel):
    """A row that was not taken, kept on file because the importer accepted that."""

    file = models.ForeignKey(ImportFile, models.PROTECT, related_name="rejects")
    row = models.BigIntegerField(null=True)
    column = models.TextField(blank=True)
    code = models.CharField(max_length=40)
    value = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    hint = models.TextField(blank=True)

    class Meta:
        """In the file's order."""

        ordering = ["file", "row"]

    def __str__(self) -> str:
        return f"{self.code} in row {self.row}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """As its file."""
        return models.Q(file__entities__contained_by=sorted(codes))
