"""What a person speaks of: a customer or one document of the ledger as it stands now, found through its scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.kernel.text import is_keepable
from seawall.services import access
from seawall.services.access import ALL, Actor
from seawall.store.asof import current
from seawall.store.models import Account, Allocation, Customer, CustomerMerge, Entity, Item
from seawall.store.models.ledger import KIND_NUMBERS

_KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}
TEXT_MAX = 4000


@dataclass(frozen=True, slots=True)
class Subject:
    """One document as it stands now. ``left_minor`` is its amount less all its allocations."""

    document_id: int
    entity: str
    is_debit: bool
    number: str
    kind: str
    customer: Customer
    currency: str
    amount_minor: int
    left_minor: int

    @property
    def side(self) -> str:
        """As addresses say it."""
        return "debit" if self.is_debit else "credit"

    @property
    def name(self) -> str:
        """What names it: entity, side and number."""
        return f"{self.entity}/{self.side}/{self.number}"

    @property
    def open_text(self) -> str:
        """What is left of it, as files say amounts."""
        return amount_text(self.left_minor, self.currency)


def item_of(actor: Actor, entity: str, side: str, number: str) -> Subject:
    """A document the actor sees.

    Raises:
        NotFound: there is none, or its entity lies outside the actor's scope.
    """
    is_one = side in ("debit", "credit") and is_name(entity, number)
    rows = Item.objects.scoped(actor).filter(entity__code=entity, is_debit=side == "debit", number=number)
    row = current(rows).select_related("account__customer", "entity").first() if is_one else None
    if row is None:
        raise NotFound("There is no item {number}.", number=number)
    mine, amount = ("debit_id", "amount_minor") if row.is_debit else ("credit_id", "credit_minor")
    used = current(Allocation.objects.scoped(actor).filter(**{mine: row.document_id}))
    settled = used.aggregate(total=Sum(amount))["total"] or 0
    return Subject(
        row.document_id, entity, row.is_debit, number, _KINDS[row.kind], row.account.customer, row.account.currency,
        row.amount_minor, row.amount_minor - int(settled),
    )  # fmt: skip


def item_with(actor: Actor, document_id: int) -> Subject:
    """A document by the number it has in the store.

    Raises:
        NotFound: there is none for the actor.
    """
    row = current(Item.objects.scoped(actor).filter(document_id=document_id)).select_related("entity").first()
    if row is None:
        raise NotFound("There is no item {number}.", number=document_id)
    return item_of(actor, row.entity.code, "debit" if row.is_debit else "credit", row.number)


def is_name(*texts: str) -> bool:
    """Whether the database could hold these texts at all."""
    return all(map(is_keepable, texts))


def entity_of(actor: Actor, verb: str, code: str) -> Entity | None:
    """The entity something is kept for; none is every entity's, which takes the right everywhere.

    Raises:
        NotPermitted: the actor has not the right there.
        NotFound: no such entity for the actor.
    """
    if not code:
        access.require_everywhere(actor, verb)
        return None
    access.require(actor, verb, [code])
    found = Entity.objects.scoped(actor).filter(code=code).first() if is_name(code) else None
    if found is None:
        raise NotFound("There is no entity {entity} for you.", entity=code)
    return found


def is_entity(actor: Actor, code: str) -> bool:
    """Whether there is an entity of this code within what the actor sees."""
    return is_name(code) and Entity.objects.scoped(actor).filter(code=code).exists()


def item_named(actor: Actor, name: str) -> Subject:
    """A document by ``entity/side/number``.

    Raises:
        InputError: not such a name.
        NotFound: no such document for the actor.
    """
    parts = name.split("/", 2)
    if len(parts) != 3:  # noqa: PLR2004 - the three parts of the name
        raise InputError("{text} names no item.", hint="Write ENTITY/debit/NUMBER or ENTITY/credit/NUMBER.", text=name)
    return item_of(actor, *parts)


def customer_of(actor: Actor, code: str) -> Customer:
    """A customer of which the actor sees an account.

    Raises:
        NotFound: there is none.
    """
    found = Customer.objects.filter(code=code).first() if is_name(code) else None
    if found is None or not is_seen(actor, found):
        raise NotFound("There is no customer {customer}.", customer=code)
    return found


def known_codes(actor: Actor, codes: Iterable[str]) -> set[str]:
    """Which of these are codes of customers, for who sees all; else of customers of which the actor sees an account."""
    asked = [code for code in codes if is_name(code)]
    if actor.entities is ALL:
        return set(Customer.objects.filter(code__in=asked).values_list("code", flat=True))
    return set(Account.objects.scoped(actor).filter(customer__code__in=asked).values_list("customer__code", flat=True))


def is_seen(actor: Actor, customer: Customer) -> bool:
    """Whether the actor sees an account of a customer."""
    return bool(_accounts(actor, customer).exists())


def families_of(customers: Iterable[int]) -> set[int]:
    """The numbers of all codes that are one of these customers now, whichever code of a family is named."""
    merged = dict(current(CustomerMerge.objects.all()).values_list("customer_id", "into_id"))
    roots = {merged.get(each, each) for each in customers}
    return roots | {each for each, root in merged.items() if root in roots}


def entities_of(actor: Actor, customer: Customer) -> list[str]:
    """Whose a remark on a customer is: none (every entity) from who sees all, else where its author deals with it."""
    if actor.entities is ALL:
        return []
    return sorted(_accounts(actor, customer).values_list("entity__code", flat=True).distinct())


def about(actor: Actor, verb: str, subject: Customer | Subject) -> dict[str, Any]:
    """The columns by which a remark names its subject, once the actor may do ``verb`` there.

    Raises:
        NotPermitted: the actor may not, or not in these entities.
    """
    if isinstance(subject, Subject):
        access.require(actor, verb, [subject.entity])
        return {"customer": subject.customer, "document_id": subject.document_id, "entities": [subject.entity]}
    entities = entities_of(actor, subject)
    access.require(actor, verb, entities)
    return {"customer": subject, "document_id": None, "entities": entities}


def minor(text: str, currency: str) -> int:
    """An amount as a person types it, in minor units; above zero.

    Raises:
        InputError: not an amount, not above zero, or with more decimals than the currency has.
    """
    plain = text.strip().replace("\u202f", "").replace(" ", "")
    try:
        amount = minor_of(plain, currency) if Decimal(plain).is_finite() else 0
    except (ArithmeticError, ValueError):
        amount = 0
    if amount <= 0:
        raise InputError("{text} is not an amount above zero.", hint="Write it as 1234.50.", text=text)
    return amount


def said(text: str) -> str:
    """A text that must say something.

    Raises:
        InputError: it is empty, or too long.
    """
    plain = text.strip()
    if not plain or len(plain) > TEXT_MAX or not is_name(plain):
        raise InputError("Write between 1 and {most} characters.", most=TEXT_MAX)
    return plain


def codes_of(customer: Customer) -> list[str]:
    """All codes that are this customer: its own, then those merged into it."""
    return [customer.code, *Customer.objects.filter(pk__in=customer.family[1:]).values_list("code", flat=True)]


def _accounts(actor: Actor, customer: Customer) -> Any:
    return Account.objects.scoped(actor).filter(customer_id__in=customer.family)
