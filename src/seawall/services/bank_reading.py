"""What bank statements tell a reader: accounts, balances that follow on or not, entries, and how fresh all that is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Exists, OuterRef, QuerySet

from seawall.services import access
from seawall.services.access import Actor
from seawall.services.governing import governing
from seawall.store.models import BankAccount, BankEntry, BankMatch, BankStatement

FRESHNESS = "house.bank_freshness"
State = Literal["all", "unmatched", "matched", "aside", "out"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Two statements of an account that do not follow on: what one closed with and the next opens with."""

    after_on: dt.date
    before_on: dt.date
    closing_minor: int
    opening_minor: int


@dataclass(frozen=True, slots=True)
class Account:
    """One account of ours, how far its statements reach, and where they do not follow on."""

    account_id: int
    entity: str
    number: str
    currency: str
    last_on: dt.date | None
    closing_minor: int | None
    statements: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far bank data reaches on a day: the oldest last day of the accounts in use."""

    last_on: dt.date
    days: int
    is_stale: bool
    accounts: int


def accounts(actor: Actor) -> list[Account]:
    """The accounts the actor sees, by entity and number.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    rows = BankAccount.objects.scoped(actor).select_related("entity").order_by("entity__code", "number", "currency")
    by_account: dict[int, list[BankStatement]] = {}
    for each in BankStatement.objects.scoped(actor).order_by("last_on", "first_on", "id"):
        by_account.setdefault(each.account_id, []).append(each)
    return [_account(row, by_account.get(row.pk, [])) for row in rows]


def _account(row: BankAccount, statements: list[BankStatement]) -> Account:
    last = statements[-1] if statements else None
    return Account(
        row.pk, row.entity.code, row.number, row.currency, last.last_on if last else None,
        last.closing_minor if last else None, len(statements), tuple(_gaps(statements)),
    )  # fmt: skip


def _gaps(statements: list[BankStatement]) -> list[Gap]:
    """Where a statement that begins no earlier than the one before ended opens with another balance."""
    found: list[Gap] = []
    frontier: BankStatement | None = None
    for each in statements:
        if frontier is not None and each.first_on >= frontier.last_on and each.last_on > frontier.first_on:
            closing, opening = frontier.closing_minor, each.opening_minor
            if closing is not None and opening is not None and closing != opening:
                found.append(Gap(frontier.last_on, each.first_on, closing, opening))
        if frontier is None or each.last_on >= frontier.last_on:
            frontier = each
    return found


def statements(actor: Actor, *, limit: int = 200) -> list[dict[str, Any]]:
    """The newest statements first, each with its problems.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    rows = BankStatement.objects.scoped(actor).select_related("account", "account__entity").order_by("-id")[:limit]
    return [
        {
            "statement_id": row.pk, "entity": row.account.entity.code, "account": row.account.number,
            "currency": row.account.currency, "file": row.file_name, "first_on": row.first_on, "last_on": row.last_on,
            "opening_minor": row.opening_minor, "closing_minor": row.closing_minor, "entries": row.entries,
            "new_entries": row.new_entries, "problems": row.problems, "recorded_at": row.recorded_at,
        }
        for row in rows
    ]  # fmt: skip


def freshness(actor: Actor, on: dt.date, *, entity: str = "") -> Freshness | None:
    """How far bank data reaches, seen from a day; None where there are no statements.

    Raises:
        NotPermitted: the actor may not read.
        PolicyGap: the policy says nothing on the day.
    """
    access.require(actor, access.READ)
    policy = governing(entity=entity).at(FRESHNESS, on).value
    rows = BankStatement.objects.scoped(actor).order_by("last_on")
    if entity:
        rows = rows.filter(account__entity__code=entity)
    last = dict(rows.values_list("account_id", "last_on"))
    if not last:
        return None
    newest = max(last.values())
    used = [day for day in last.values() if (newest - day).days <= policy["unused_days"]]
    days = max((on - min(used)).days, 0)
    return Freshness(min(used), days, days > policy["stale_days"], len(used))


def live() -> Exists:
    """Whether an entry has a match that holds."""
    return Exists(BankMatch.objects.every_entity().filter(entry=OuterRef("pk"), end__isnull=True))


def entries(actor: Actor, *, state: State = "all", account_id: int | None = None) -> QuerySet[BankEntry]:
    """Entries the actor sees, newest first. ``unmatched``: money in that nothing was decided about.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    rows: QuerySet[BankEntry] = BankEntry.objects.scoped(actor).select_related("account", "account__entity")
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if state == "unmatched":
        rows = rows.filter(~live(), amount_minor__gt=0)
    elif state == "out":
        rows = rows.filter(amount_minor__lt=0)
    elif state != "all":
        held = BankMatch.objects.every_entity().filter(
            entry=OuterRef("pk"), end__isnull=True, is_aside=state == "aside"
        )
        rows = rows.filter(Exists(held))
    return rows.order_by("-booked_on", "id")
