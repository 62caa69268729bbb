"""What insurers decided and paid, and what happened under their policies; they only grow, like all facts.

A row without an entity is of the whole company: it is seen by who sees everything, or an account of its customer.
"""

from __future__ import annotations

from django.db import models

from seawall.store.models.ledger import Account, Customer, Fact
from seawall.store.scope import ScopedModel


class InsuredFact(Fact, ScopedModel):
    """What all of them carry. ``policy`` is the code of an insurance policy."""

    entity = models.ForeignKey(
        "store.Entity", models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+", db_constraint=False)
    policy = models.TextField()

    class Meta:
        """Abstract: each has its own table."""

        abstract = True

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """Theirs, and the company's about customers of theirs."""
        customers = Account.objects.every_entity().filter(entity__code__in=codes).values("customer_id")
        return models.Q(entity__code__in=codes) | models.Q(entity=None, customer_id__in=customers)


class InsuredLimit(InsuredFact):
    """One decision on one layer of a limit: asked for, granted, cut or ended."""

    version = models.SmallIntegerField(default=1)
    layer = models.TextField()
    kind = models.TextField()
    amount_minor = models.BigIntegerField(null=True)
    currency = models.TextField(null=True)  # noqa: DJ001 - not said is not empty
    payment_method = models.TextField(null=True)  # noqa: DJ001
    max_term_days = models.IntegerField(null=True)
    insured_rate = models.FloatField(null=True)
    bank = models.TextField(null=True)  # noqa: DJ001
    decided_on = models.DateField()
    effective_from = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    notice_days = models.IntegerField(null=True)
    conditions = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        """Two writers of one version collide."""

        constraints = [
            models.UniqueConstraint(
                fields=["customer", "policy", "layer", "kind", "decided_on", "version"], name="insured_limit_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.layer} {self.kind}"


class InsuranceEvent(InsuredFact):
    """Something that happened under a policy; ``item_document_id`` is the debit item it is about."""

    item_document_id = models.BigIntegerField(null=True, db_index=True)
    event = models.TextField()
    on = models.DateField()
    detail = models.TextField(null=True)  # noqa: DJ001 - not said is not empty

    def __str__(self) -> str:
        return f"{self.event} {self.on}"


class InsuranceClaim(InsuredFact):
    """One payment of a claim, or that it is still waited for."""

    version = models.SmallIntegerField(default=1)
    date_of_loss = models.DateField()
    cause = models.TextField()
    paid_on = models.DateField(null=True)
    currency = models.TextField()
    indemnity_minor = models.BigIntegerField()
    aggregate_first_loss_used_minor = models.BigIntegerField()

    class Meta:
        """Two writers of one version collide."""

        constraints = [
            models.UniqueConstraint(
                fields=["customer", "policy", "date_of_loss", "cause", "paid_on", "version"],
                name="insurance_claim_once", nulls_distinct=False,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.policy} {self.date_of_loss}"


class ClaimRecovery(InsuredFact):
    """What came in after a loss."""

    date_of_loss = models.DateField()
    cause = models.TextField()
    received_on = models.DateField()
    received_by = models.TextField()
    currency = models.TextField()
    amount_minor = models.BigIntegerField()
    costs_minor = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.received_on} {self.amount_minor}"


class ClaimStep(InsuredFact):
    """One step of a claim that no event and no payment says."""

    version = models.SmallIntegerField(default=1)
    date_of_loss = models.DateField()
    cause = models.TextField()
    step = models.TextField()
    document = models.TextField(null=True)  # noqa: DJ001 - not said is not empty
    on = models.DateField()
    decision = models.TextField(null=True)  # noqa: DJ001
    currency = models.TextField(null=True)  # noqa: DJ001
    amount_minor = models.BigIntegerField(null=True)
    aggregate_first_loss_used_minor = models.BigIntegerField(null=True)
    reference = models.TextField(null=True)  # noqa: DJ001
    detail = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        """Two writers of one version collide."""

        constraints = [
            models.UniqueConstraint(
                fields=["customer", "policy", "date_of_loss", "cause", "step", "document", "on", "version"],
                name="claim_step_once", nulls_distinct=False,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.step} {self.on}"


class InsurancePolicyVersion(ScopedModel):
    """A wording of an insurance policy as a second person approved it; the newest of a code holds."""

    policy = models.TextField()
    entity = models.TextField(blank=True)
    """Code of the entity whose policy it is; empty for the whole company."""

    version = models.IntegerField()
    valid_from = models.DateField()
    body = models.TextField()
    digest = models.CharField(max_length=64)
    proposal_no = models.BigIntegerField()
    proposed_by = models.TextField()
    approved_by = models.TextField()
    is_alone = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    write_no = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        """A version is approved once."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["policy", "version"], name="insurance_policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy} {self.version}"

    @classmethod
    def in_entities(cls, codes: frozenset[str]) -> models.Q:
        """The company's policies are seen by everybody, an entity's by who sees the entity."""
        return models.Q(entity__in=[*sorted(codes), ""])
