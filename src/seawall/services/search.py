"""Finding documents by the beginning of their number, live, by the key they are stored under."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from seawall.services.access import READ, Actor, require
from seawall.store.models import Item, Supersession

NUMBER_MAX = 100


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A document a search found."""

    entity: str
    side: str
    number: str
    customer_code: str


def items_found(actor: Actor, *, text: str, limit: int) -> list[FoundItem]:
    """Documents whose number begins with ``text`` as it stands or in capitals, by number; at most ``limit``.

    Raises:
        NotPermitted: the actor may not read.
    """
    require(actor, READ)
    begins = Q(number__startswith=text) | Q(number__startswith=text.upper())
    ended = Supersession.objects.filter(of=Supersession.Of.ITEM, fact_id=OuterRef("id"))
    rows = (
        Item.objects.scoped(actor)
        .filter(begins, ~Exists(ended))
        .order_by("number", "entity__code", "-is_debit")
        .values_list("entity__code", "is_debit", "number", "account__customer__code")[:limit]
    )
    return [
        FoundItem(entity, "debit" if is_debit else "credit", number, code) for entity, is_debit, number, code in rows
    ]
