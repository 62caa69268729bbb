"""Two codes that are one customer: merged by a dated fact, split again by superseding it; what was known stays.

A merge changes no document. Questions put from its write on see the accounts of both codes as one customer's;
questions as known before see two, and so do all once it is split.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from seawall.engine.kernel.errors import Conflict, NotFound, Refused
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.command import Done, Result, Write, execute
from seawall.store import locks
from seawall.store.append import Appender
from seawall.store.asof import Of, current
from seawall.store.models import Customer, CustomerMerge


@dataclass(frozen=True, slots=True)
class Merged:
    """A code that is another customer now."""

    code: str
    into: str
    merged_on: dt.date
    reason: str
    author: str


def merge(
    actor: Actor, code: str, into: str, *, on: dt.date, reason: str, key: str = "", dry_run: bool = False
) -> Done:
    """Say that ``code`` is the same customer as ``into``, under which it is shown from now on.

    Raises:
        NotPermitted: the actor may not, or not everywhere.
        NotFound: there is no such customer.
        Refused: both are one code, or another merge stands in the way.
        InputError: no reason is given.
    """
    why = subjects.said(reason)
    access.require_everywhere(actor, access.CUSTOMER_MERGE)

    def effect(write: Write) -> Result:
        one, other = subjects.customer_of(actor, code), subjects.customer_of(actor, into)
        _require_apart(one, other)
        row = CustomerMerge.objects.create(
            customer=one, into=other, merged_on=on, reason=why, author=str(write.actor), write_no=write.write_no,
            recorded_at=write.at,
        )  # fmt: skip
        write.detail.update(merge=row.pk, customer_id=one.pk, into_id=other.pk, merged_on=on, reason=why)
        return {"merge": row.pk}

    request = {"merge": code, "into": into, "on": on}
    return execute(
        actor, access.CUSTOMER_MERGE, effect, request=request, key=key, lock=[locks.LEDGER], dry_run=dry_run
    )  # fmt: skip


def split(actor: Actor, code: str, *, reason: str, key: str = "", dry_run: bool = False) -> Done:
    """Take a merge back: every figure of every day is again what it would be without it.

    Raises:
        NotPermitted: the actor may not, or not everywhere.
        NotFound: the code is not merged.
        InputError: no reason is given.
    """
    why = subjects.said(reason)
    access.require_everywhere(actor, access.CUSTOMER_MERGE)

    def effect(write: Write) -> Result:
        found = current(CustomerMerge.objects.filter(customer__code=code))
        row = found.first() if subjects.is_name(code) else None
        if row is None:
            raise NotFound("{customer} is not merged into another customer.", customer=code)
        Appender(write.write_no, {}).supersede(Of.MERGE, [row.pk], "split")
        write.detail.update(split=row.pk, customer_id=row.customer_id, from_id=row.into_id, reason=why)
        return {"split": row.pk}

    return execute(
        actor, access.CUSTOMER_MERGE, effect, request={"split": code}, key=key, lock=[locks.LEDGER], dry_run=dry_run
    )  # fmt: skip


def merged_into(actor: Actor, code: str) -> Merged | None:
    """What a code was merged into, where it was and the actor sees it."""
    access.require(actor, access.READ)
    rows = current(CustomerMerge.objects.filter(customer__code=code)).select_related("customer", "into")
    row = rows.first() if subjects.is_name(code) else None
    if row is None:
        return None
    subjects.customer_of(actor, row.customer.code)
    return _shown(row)


def members(actor: Actor, customer: Customer) -> list[Merged]:
    """The codes merged into a customer of which the actor sees an account."""
    # Most customers have none: then nothing is asked.
    merged = CustomerMerge.objects.filter(into=customer, customer__in=customer.family[1:])
    rows = current(merged).select_related("customer", "into").order_by("pk")
    return [_shown(row) for row in rows if subjects.is_seen(actor, row.customer)]


def _require_apart(one: Customer, other: Customer) -> None:
    if one == other:
        raise Refused("A customer cannot be merged into itself.")
    standing = current(CustomerMerge.objects.all())
    if standing.filter(customer=one).exists():
        raise Conflict("{customer} is merged already.", hint="Split it first.", customer=one.code)
    for customer, in_the_way in ((other, standing.filter(customer=other)), (one, standing.filter(into=one))):
        if in_the_way.exists():
            raise Refused("{customer} is part of another merge.", hint="Split that one first.", customer=customer.code)


def _shown(row: CustomerMerge) -> Merged:
    return Merged(row.customer.code, row.into.code, row.merged_on, row.reason, row.author)
