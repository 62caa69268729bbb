"""Why the bank's figures are what they are: unmatched money entry by entry, the age of bank data account by account."""

from __future__ import annotations

import datetime as dt
from typing import Final

from seawall.engine.explain_exposure import BANK_TITLES
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.trace import Source, Step, worked
from seawall.services import bank_reading
from seawall.services.access import Actor
from seawall.services.governing import governing
from seawall.store.models import BankEntry, BankStatement

ROWS: Final = 100
"""Entries spelt out below one figure, the largest; the rest stands together in one line."""


def explained(actor: Actor, figure: str, *, on: dt.date, entity: str = "", currency: str = "") -> Step:
    """The trace of a figure of the bank, down to the statement's file and the entry in it.

    Raises:
        UsageError: there is no such figure, or nothing of the bank is on file.
        NotPermitted: the actor may not read.
    """
    if figure == "unmatched_minor":
        return _unmatched(actor, entity, currency)
    if figure == "bank_age_days":
        return _age(actor, on, entity)
    raise UsageError("There is no figure {figure}.", figure=figure)


def sums(actor: Actor, *, entity: str = "") -> dict[str, int]:
    """Unmatched money by currency of the account.

    Raises:
        NotPermitted: the actor may not read.
    """
    found: dict[str, int] = {}
    for row in _rows(actor, entity):
        found[row.account.currency] = found.get(row.account.currency, 0) + row.amount_minor
    return dict(sorted(found.items()))


def _rows(actor: Actor, entity: str) -> list[BankEntry]:
    rows = bank_reading.entries(actor, state="unmatched").select_related("statement")
    return list(rows.filter(account__entity__code=entity) if entity else rows)


def _unmatched(actor: Actor, entity: str, currency: str) -> Step:
    rows = [row for row in _rows(actor, entity) if row.account.currency == currency]
    rows.sort(key=lambda row: (-row.amount_minor, row.pk))
    shown = [_entry(row, currency) for row in rows[:ROWS]]
    if rest := rows[ROWS:]:
        others = sum(row.amount_minor for row in rest)
        source = Source("table", "bank entries")
        params = {"count": str(len(rest))}
        shown.append(Step("Others ({count})", others, "money", currency, source=source, params=params))
    return worked("sum", BANK_TITLES["unmatched_minor"], "money", shown, currency=currency)


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
    return worked("days_since_oldest", BANK_TITLES["bank_age_days"], "days", leaves)


def _account(row: BankStatement) -> Step:
    source = Source("row", row.file_name, str(row.place + 1), f"{row.first_on} – {row.last_on}")
    return Step(
        "Account {account}", row.last_on.isoformat(), "text", source=source, params={"account": row.account.number}
    )
