"""Cases: what payments left open, with who owes what next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from seawall.services import access
from seawall.services.access import Actor
from seawall.store.models import BankCase


@dataclass(frozen=True, slots=True)
class Case:
    """Something missing or over, of one payment; closed ones carry how and when."""

    case_id: int
    kind: str
    entity: str
    customer_code: str
    amount_minor: int
    currency: str
    next_step: str
    opened_on: dt.date
    entry_id: int
    numbers: tuple[str, ...]
    credit: str
    closed_on: dt.date | None
    resolution: str
    note: str


def cases(actor: Actor, *, is_open: bool = True, customer: str = "", limit: int = 500) -> list[Case]:
    """Cases the actor sees, the oldest first; with ``is_open`` False those that were settled.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    rows = BankCase.objects.scoped(actor).filter(end__isnull=is_open)
    if customer:
        rows = rows.filter(match__customer_code=customer)
    rows = rows.select_related("match__entry__account__entity", "end").order_by("opened_on", "id")
    return [_case(row) for row in rows[:limit]]


def _case(row: BankCase) -> Case:
    account, end = row.match.entry.account, getattr(row, "end", None)
    return Case(
        case_id=row.pk, kind=row.kind, entity=account.entity.code, customer_code=row.match.customer_code,
        amount_minor=row.amount_minor, currency=account.currency, next_step=row.next_step, opened_on=row.opened_on,
        entry_id=row.match.entry_id, numbers=tuple(part[0] for part in row.match.body.get("parts", [])),
        credit=next(iter(row.match.credits), ""), closed_on=end.closed_on if end else None,
        resolution=end.resolution if end else "", note=end.note if end else "",
    )  # fmt: skip
