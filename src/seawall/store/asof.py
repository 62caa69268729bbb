"""The one predicate of what was known: facts of writes up to a batch number, less what was superseded by then."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet

from seawall.engine.kernel.asof import AsOf
from seawall.store.models import (
    Allocation,
    AuditEntry,
    Bill,
    BillEvent,
    ClaimRecovery,
    ClaimStep,
    ControlBalance,
    CustomerMerge,
    CustomerVersion,
    Dispute,
    Instalment,
    InsuranceClaim,
    InsuranceEvent,
    InsuredLimit,
    Item,
    Rate,
    Supersession,
)

Of = Supersession.Of
OF: dict[type[Model], Supersession.Of] = {
    Item: Of.ITEM,
    Allocation: Of.ALLOCATION,
    Instalment: Of.INSTALMENT,
    Dispute: Of.DISPUTE,
    ControlBalance: Of.CONTROL,
    CustomerMerge: Of.MERGE,
    CustomerVersion: Of.CUSTOMER,
    Rate: Of.RATE,
    Bill: Of.BILL,
    BillEvent: Of.BILL_EVENT,
    InsuredLimit: Of.INSURED_LIMIT,
    InsuranceEvent: Of.INSURANCE_EVENT,
    InsuranceClaim: Of.CLAIM,
    ClaimRecovery: Of.RECOVERY,
    ClaimStep: Of.CLAIM_STEP,
}
"""How a supersession names the table of the fact it ends."""

_M = TypeVar("_M", bound=Model)


def known(facts: QuerySet[_M], as_of: AsOf) -> QuerySet[_M]:
    """The facts that count for a question: learnt up to ``as_of.known`` and not superseded by then."""
    told = AuditEntry.objects.filter(batch_no__lte=as_of.known).values("write_no")
    ended = Supersession.objects.filter(of=OF[facts.model], fact_id=OuterRef("id"), write_no__in=told)
    return facts.filter(~Exists(ended), write_no__in=told)


def current(facts: QuerySet[_M]) -> QuerySet[_M]:
    """The facts that count now, as they stand inside the transaction that asks."""
    return facts.filter(~Exists(Supersession.objects.filter(of=OF[facts.model], fact_id=OuterRef("id"))))


def known_sql(table: str, of: Supersession.Of, *, known: int, is_head: bool) -> str:
    """The same as a condition on ``table`` for bulk reads.

    With ``is_head`` nothing later can be visible, so the numbers of writes need not be looked at.
    """
    told = f"SELECT write_no FROM store_auditentry WHERE batch_no <= {int(known)}"  # noqa: S608 - a number
    within = "" if is_head else f" AND s.write_no IN ({told})"
    ended = f"SELECT FROM store_supersession s WHERE s.of = {int(of)} AND s.fact_id = {table}.id{within}"
    return f"NOT EXISTS ({ended})" + ("" if is_head else f" AND {table}.write_no IN ({told})")
