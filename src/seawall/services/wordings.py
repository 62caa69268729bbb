"""Insurance policies of the store as they were approved: the newest version of each code."""

from __future__ import annotations

from seawall.exchange.policy_texts import PolicyText
from seawall.exchange.policy_texts import currencies as said_currencies
from seawall.services import access
from seawall.services.access import Actor
from seawall.store.models import AuditEntry, InsurancePolicyVersion


def texts(actor: Actor, *, known: int | None = None) -> tuple[PolicyText, ...]:
    """The wordings that hold, as known at a batch number (now, without one), as far as the actor sees them.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    rows = InsurancePolicyVersion.objects.scoped(actor)
    if known is not None:
        rows = rows.filter(write_no__in=AuditEntry.objects.filter(batch_no__lte=known).values("write_no"))
    newest = rows.order_by("policy", "-version").distinct("policy")
    return tuple(PolicyText(row.policy, row.body) for row in newest)


def currencies() -> dict[str, str]:
    """By code of each policy that was approved: its currency."""
    newest = InsurancePolicyVersion.objects.every_entity().order_by("policy", "-version").distinct("policy")
    return said_currencies(PolicyText(row.policy, row.body) for row in newest)
