"""The bank's journal of a period: what finance books of the money that was decided about, and of what was taken back.

A posting is one decision about one entry, on the day the bank booked it. A decision that was taken back has a second
posting, on the day of that: what was handed over before stays true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.bank_journal import Booked, Line, lines
from seawall.engine.ledger.matching_amounts import Adjustment, Part
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.governing import governing
from seawall.services.organisation import day_of
from seawall.store.models import AuditEntry, BankMatch, Entity, Item

ACCOUNTS = "accounting.bank_journal_accounts"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Posting:
    """One decision, or its being taken back, with the day it is posted on and its balanced lines."""

    match: BankMatch
    on: dt.date
    is_reversal: bool
    lines: tuple[Line, ...]

    @property
    def number(self) -> str:
        """The number of the receipt that was made; the posting that takes it back ends in ``R``."""
        return f"{self.match.credits[0]}-R" if self.is_reversal else str(self.match.credits[0])

    @property
    def entity(self) -> str:
        """Whose books it is for."""
        return str(self.match.entry.account.entity.code)

    @property
    def order(self) -> tuple[dt.date, int, bool]:
        """By day; then as it was decided, and what takes it back behind it."""
        return self.on, self.match.pk, self.is_reversal


def document(
    actor: Actor, *, since: dt.date, until: dt.date, entity: str = "", after: int = 0, limit: int | None = None
) -> Document:
    """Journal lines from one day to another, both counted, with the totals of the whole period by currency.

    ``after`` postings are left out, and the next ``limit`` shown; ``next`` is where the rest begins.

    Raises:
        NotPermitted: the actor may not read.
        InputError: the period ends before it begins.
        NotFound: there is no such entity.
        PolicyGap: no accounts are named for a day.
    """
    access.require(actor, access.READ)
    if since > until:
        raise InputError("The period ends before it begins: {until} is before {since}.", hint="Swap the two days.",
                         since=since, until=until)  # fmt: skip
    if entity and not Entity.objects.scoped(actor).filter(code=entity).exists():
        raise NotFound("There is no entity {entity}.", entity=entity)
    found = postings(actor, since=since, until=until, entity=entity)
    shown = found[after : None if limit is None else after + limit]
    reached = after + len(shown)
    policies = {code: governing(entity=code) for code in {each.entity for each in shown}}
    rows = [row for posting in shown for row in _rows(posting, policies[posting.entity])]
    return {
        "from_on": since, "until_on": until, "entity": entity or None, "postings": len(found), "lines": rows,
        "totals": _totals(found), "next": reached if reached < len(found) else None,
    }  # fmt: skip


def postings(actor: Actor, *, since: dt.date, until: dt.date, entity: str = "") -> list[Posting]:
    """The postings of a period, by day."""
    rows = BankMatch.objects.scoped(actor).filter(is_aside=False)
    if entity:
        rows = rows.filter(entry__account__entity__code=entity)
    ended = _ended(rows, since, until)
    wanted = rows.filter(Q(entry__booked_on__range=(since, until)) | Q(pk__in=ended))
    matches = list(wanted.select_related("entry__account__entity"))
    booked = _booked(matches)
    made = []
    for match in matches:
        if since <= match.entry.booked_on <= until:
            made.append(Posting(match, match.entry.booked_on, False, booked[match.pk]))
        if match.pk in ended:
            made.append(Posting(match, ended[match.pk], True, tuple(line.reversed() for line in booked[match.pk])))
    return sorted(made, key=lambda posting: posting.order)


def _ended(rows: QuerySet[BankMatch], since: dt.date, until: dt.date) -> dict[int, dt.date]:
    """Matches that were taken back within the period, each with the day of it where the organisation is."""
    by_write = dict(rows.filter(end__isnull=False).values_list("pk", "end__write_no"))
    entries = AuditEntry.objects.filter(write_no__in=by_write.values()).values_list("write_no", "recorded_at")
    days = {write_no: day_of(at) for write_no, at in entries}
    return {match: days[write] for match, write in by_write.items() if since <= days[write] <= until}


def _booked(matches: Iterable[BankMatch]) -> dict[int, tuple[Line, ...]]:
    """The lines of each match."""
    matches = list(matches)
    currencies = _currencies(matches)
    return {match.pk: tuple(lines(_of(match, currencies))) for match in matches}


def _of(match: BankMatch, currencies: Mapping[tuple[int, str], str]) -> Booked:
    account = match.entry.account
    parts = tuple(
        Part(number, amount, credit, currencies.get((account.entity_id, number), account.currency))
        for number, amount, credit in match.body.get("parts", [])
    )
    beside = tuple(Adjustment(*each) for each in match.body.get("adjustments", []))
    rated = [each["amount_minor"] for each in match.body.get("reasons", []) if each["code"] == "rate"]
    return Booked(match.entry.amount_minor, account.currency, parts, beside, sum(rated))


def _currencies(matches: Iterable[BankMatch]) -> dict[tuple[int, str], str]:
    """Of each item that is paid, by entity and number, its currency."""
    numbers = {part[0] for match in matches for part in match.body.get("parts", [])}
    entities = {match.entry.account.entity_id for match in matches}
    rows = Item.objects.every_entity().filter(entity__in=entities, is_debit=True, number__in=numbers)
    named = rows.order_by("version").values_list("entity_id", "number", "account__currency")
    return {(entity, number): currency for entity, number, currency in named}


def _rows(posting: Posting, policies: Policies) -> Iterator[Document]:
    match, account = posting.match, posting.match.entry.account
    names = policies.at(ACCOUNTS, match.entry.booked_on).value
    for place, line in enumerate(posting.lines, start=1):
        yield {
            "posting": posting.number, "line": place, "on": posting.on, "entity": posting.entity,
            "customer_code": match.customer_code, "entry_id": match.entry_id, "bank_account": account.number,
            "is_reversal": posting.is_reversal, "event": line.event, "account": line.account,
            "account_name": names[line.account]["name"], "account_name_zh": names[line.account]["name_zh"],
            "number": line.number, "currency": line.currency, "debit": amount_text(line.debit_minor, line.currency),
            "credit": amount_text(line.credit_minor, line.currency),
        }  # fmt: skip


def _totals(found: Iterable[Posting]) -> list[Document]:
    sums: dict[str, list[int]] = {}
    for line in (line for posting in found for line in posting.lines):
        both = sums.setdefault(line.currency, [0, 0])
        both[0] += line.debit_minor
        both[1] += line.credit_minor
    return [
        {"currency": code, "debit": amount_text(debit, code), "credit": amount_text(credit, code)}
        for code, (debit, credit) in sorted(sums.items())
    ]
