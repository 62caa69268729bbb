"""Why the bank's figures are what they are: unmatched money entry by entry, the age of bank data account by account."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db.models import Count, QuerySet, Sum

from seawall.engine.explain import figure_named
from seawall.engine.explain_exposure import BANK_AGE, BANK_TITLES, UNMATCHED
from seawall.engine.kernel.errors import NotFound, UsageError
from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.services import access, bank_reading, subjects
from seawall.services.access import Actor
from seawall.services.governing import governing
from seawall.services.organisation import about
from seawall.store.models import BankEntry, BankStatement

ROWS: Final = 100
"""Entries spelt out below one figure, the largest; the rest stands together in one line."""


def explained(actor: Actor, figure: str, *, on: dt.date, entity: str = "", currency: str = "") -> Step:
    """The trace of a figure of the bank, down to the statement's file and the entry in it.

    Its name may leave out its unit, as ``unmatched`` does. Without a currency: in that of reports.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: there is no such entity for the actor.
        UnknownCode: there is no such currency.
        UsageError: there is no such figure, or nothing of the bank is on file.
    """
    access.require(actor, access.READ)
    if entity and not subjects.is_entity(actor, entity):
        raise NotFound("There is no entity {entity}.", entity=entity)
    name = figure_named(figure)
    if currency:
        exponent(currency)
    if name == UNMATCHED:
        return _unmatched(actor, entity, currency or about(actor).reporting_currency)
    if name == BANK_AGE:
        return _age(actor, on, entity)
    raise UsageError("There is no figure {figure}.", figure=figure)


def sums(actor: Actor, *, entity: str = "") -> dict[str, int]:
    """Unmatched money by currency of the account.

    Raises:
        NotPermitted: the actor may not read.
    """
    rows = _rows(actor, entity).order_by("account__currency").values("account__currency")
    return {row["account__currency"]: row["minor"] for row in rows.annotate(minor=Sum("amount_minor"))}


def _rows(actor: Actor, entity: str) -> QuerySet[BankEntry]:
    rows = bank_reading.entries(actor, state="unmatched")
    return rows.filter(account__entity__code=entity) if entity else rows


def _unmatched(actor: Actor, entity: str, currency: str) -> Step:
    rows = _rows(actor, entity).filter(account__currency=currency).order_by("-amount_minor", "pk")
    shown = [_entry(row, currency) for row in rows.select_related("statement")[:ROWS]]
    rest = rows[ROWS:].aggregate(count=Count("pk"), minor=Sum("amount_minor"))
    if rest["count"]:
        source = Source("table", "bank entries")
        params = {"count": str(rest["count"])}
        shown.append(Step("Others ({count})", rest["minor"], "money", currency, source=source, params=params))
    return worked("sum", BANK_TITLES[UNMATCHED], "money", shown, currency=currency)


def _entry(row: BankEntry, currency: str) -> Step:
    said = " ".join(part for part in (row.counterparty, row.reference) if part)
    params = {"number": str(row.pk), "on": row.booked_on.isoformat(), "account": row.account.number}
    source = Source("row", row.statement.file_name, str(row.statement.place + 1), said[:80] or row.bank_reference)
    label = "Entry {number} of {on}, account {account}"
    return Step(label, row.amount_minor, "money", currency, source=source, params=params)


def _age(actor: Actor, on: dt.date, entity: str) -> Step:
    rows = BankStatement.objects.scoped(actor).select_related("account").order_by("last_on", "id")
    if entity:
        rows = rows.filter(account__entity__code=entity)
    newest = {row.account_id: row for row in rows}
    if not newest:
        raise UsageError("There are no bank statements on file.", hint="Bring the statements of your bank.")
    policy = governing(entity=entity).at(bank_reading.FRESHNESS, on)
    days = policy.value["unused_days"]
    source = Source("policy", bank_reading.FRESHNESS, policy.from_day.isoformat(), policy.source)
    leaves = [
        Step("The day", on.isoformat(), "text", source=Source("table", "question")),
        Step("An account without news for longer counts as closed", days, "days", source=source),
        *(_account(row) for row in newest.values()),
    ]
    return worked("days_since_oldest", BANK_TITLES[BANK_AGE], "days", leaves)


def _account(row: BankStatement) -> Step:
    source = Source("row", row.file_name, str(row.place + 1), f"{row.first_on} – {row.last_on}")
    return Step(
        "Account {account}", row.last_on.isoformat(), "text", source=source, params={"account": row.account.number}
    )
