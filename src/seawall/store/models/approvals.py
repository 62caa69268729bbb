"""What waits for a second person, what was decided about it, and whether one person may work alone."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from seawall.store.scope import ScopedModel


class Proposal(ScopedModel):
    """One version of something proposed. It is never changed: a change is the next version, with its own author."""

    proposal_no = models.BigIntegerField()
    version = models.SmallIntegerField()
    kind = models.CharField(max_length=40)
    subject = models.TextField()
    subject_state = models.CharField(max_length=64)
    """Digest of what the subject was when this was proposed."""

    body = models.JSONField()
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    entities = ArrayField(models.TextField())
    """The entities it concerns; none means the whole organisation."""

    reason = models.TextField()
    digest = models.CharField(max_length=64)
    """SHA-256 over everything a second person agrees to."""

    author = models.TextField()
    author_id = models.BigIntegerField(null=True)
    acts_for_id = models.BigIntegerField(null=True)
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """A version is written once."""

        ordering = ["proposal_no", "version"]
        constraints = [models.UniqueConstraint(fields=["proposal_no", "version"], name="proposal_version_once")]
        indexes = [models.Index(fields=["kind", "subject"], name="proposal_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.proposal_no}.{self.version}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """A proposal is seen by who sees every entity it concerns."""
        return models.Q(entities__contained_by=sorted(codes))


class ProposalDecision(ScopedModel):
    """How a proposal ended. There is one decision for a proposal, whoever else was deciding."""

    class Outcome(models.TextChoices):
        """A proposal is withdrawn by who made it, and approved or rejected by somebody else."""

        APPROVED = "approved"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    proposal_no = models.BigIntegerField(unique=True)
    version = models.SmallIntegerField()
    digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=Outcome)
    entities = ArrayField(models.TextField())
    reason = models.TextField(blank=True)
    decider = models.TextField()
    decider_id = models.BigIntegerField(null=True)
    acts_for_id = models.BigIntegerField(null=True)
    is_alone = models.BooleanField()
    """Whether one person decided alone, in single-user mode."""

    result = models.JSONField()
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """In the order of writes."""

        ordering = ["write_no"]

    def __str__(self) -> str:
        return f"{self.proposal_no} {self.outcome}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """As its proposal."""
        return models.Q(entities__contained_by=sorted(codes))


class SingleUserChange(models.Model):
    """Single-user mode was switched on or off, or ended by itself; the newest row says which holds."""

    is_on = models.BooleanField()
    from_day = models.DateField()
    actor = models.TextField()
    reason = models.TextField(blank=True)
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """In the order of writes."""

        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_day} {'on' if self.is_on else 'off'}"
