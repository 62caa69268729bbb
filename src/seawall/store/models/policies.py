"""The company's own policies: each version is a row, and stays as it was approved."""

from __future__ import annotations

from django.db import models

from seawall.store.scope import ScopedModel


class PolicyVersion(ScopedModel):
    """One approved version of one policy: what it says from its days on. Never changed."""

    policy_id = models.CharField(max_length=80)
    entity = models.TextField(blank=True)
    """The selling entity it is for; empty for the whole organisation."""

    version = models.SmallIntegerField()
    valid_from = models.DateField()
    body = models.TextField()
    """YAML: ``values``, by the day each begins, with value, source and note."""

    digest = models.CharField(max_length=64)
    proposal_no = models.BigIntegerField()
    proposed_by = models.TextField()
    approved_by = models.TextField()
    is_alone = models.BooleanField()
    reason = models.TextField()
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """A version is approved once."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["policy_id", "entity", "version"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.version}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """The organisation's policies are seen by everybody, an entity's by who sees the entity."""
        return models.Q(entity__in=[*sorted(codes), ""])
