"""Signed periods: whose word stands for which report, and what was taken back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.scope import ScopedModel


class PeriodSignature(ScopedModel):
    """The report of a month end, signed: its bytes by hash, and all it takes to make it again. Never changed."""

    on = models.DateField()
    known = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    entities = ArrayField(models.TextField())
    scheme = models.JSONField()
    frame = models.JSONField()
    """What the report says besides its figures: company, language, single-user mode."""

    engine = models.TextField()
    policies_digest = models.CharField(max_length=64)
    figures_digest = models.CharField(max_length=64)
    files = models.JSONField()
    """Kind, SHA-256 and length of each file; the bytes lie in the home's ``files`` folder."""

    signer = models.TextField()
    reason = models.TextField(blank=True)
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """In the order of writes."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.on} {self.signer}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """A signature is seen by who sees every entity in it."""
        return models.Q(entities__contained_by=sorted(codes))


class PeriodWithdrawal(ScopedModel):
    """A signature taken back, with the reason. The signature and its files stay."""

    signature_id = models.BigIntegerField(unique=True)
    entities = ArrayField(models.TextField())
    reason = models.TextField()
    actor = models.TextField()
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """In the order of writes."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.signature_id}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """As its signature."""
        return models.Q(entities__contained_by=sorted(codes))
