"""What unmatched money may pay: proposals over the open items of its entity, as known now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import NotFound, PolicyGap
from seawall.engine.kernel.fx import rates_for
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.ledger import references
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.matching import Learnt, Proposal, Receipt, proposals
from seawall.engine.ledger.matching_book import Book, OpenItem
from seawall.services import access, bank_reading, figures, snapshots
from seawall.services.access import Actor
from seawall.services.governing import governing
from seawall.services.reading import Shelf
from seawall.store import chain
from seawall.store.models import BankEntry, BankMatch

MATCHING = "house.matching"
_books, _rated = Shelf(8), Shelf(200)
_TEXTS = ("terms", "order_number", "contract_number")


@dataclass(frozen=True)
class Unmatched:
    """One entry with what it may pay, the best first."""

    entry: BankEntry
    proposals: tuple[Proposal, ...]

    @property
    def entity(self) -> str:
        """Whose account it came to."""
        return self.entry.account.entity.code

    @property
    def currency(self) -> str:
        """The currency of the account."""
        return self.entry.account.currency

    @cached_property
    def digest(self) -> str:
        """What was proposed, in short: whoever confirms says which proposals were seen."""
        return chain.digest_of({"entry": self.entry.pk, "proposals": [_plain(each) for each in self.proposals]})


def policy(on: dt.date, entity: str) -> Mapping[str, Any]:
    """The rules of matching of an entity on a day.

    Raises:
        PolicyGap: the policy says nothing on the day.
    """
    value: Mapping[str, Any] = governing(entity=entity).at(MATCHING, on).value
    return value


def unmatched(
    actor: Actor, *, on: dt.date, start: int = 0, limit: int = 50, entity: str = ""
) -> tuple[list[Unmatched], int]:
    """A piece of the money that nothing was decided about, newest first, with proposals; and how much there is.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: the entity lies outside what the actor sees, or does not exist.
        PolicyGap: the policy says nothing on the day.
    """
    if entity and not actor.sees(entity):
        raise NotFound("There is no entity {entity}.", entity=entity)
    rows = bank_reading.entries(actor, state="unmatched")
    if entity:
        rows = rows.filter(account__entity__code=entity)
    learnt = _learnt(actor)
    return [_asked(actor, row, on, learnt) for row in rows[start : start + limit]], rows.count()


def one(actor: Actor, entry_id: int, *, on: dt.date) -> Unmatched:
    """One entry with what it may pay.

    Raises:
        NotFound: there is no such entry for the actor.
    """
    return _asked(actor, entry_of(actor, entry_id), on, _learnt(actor))


def entry_of(actor: Actor, entry_id: int) -> BankEntry:
    """An entry of the actor's.

    Raises:
        NotFound: there is none.
    """
    access.require(actor, access.READ)
    found = BankEntry.objects.scoped(actor).select_related("account", "account__entity").filter(pk=entry_id).first()
    if found is None:
        raise NotFound("There is no bank entry {entry}.", entry=entry_id)
    return found


def open_items(actor: Actor, entry: BankEntry, *, on: dt.date, customer: str) -> list[OpenItem]:
    """What a customer has open with the entry's entity in its currency, oldest first."""
    book = _book(actor, entry, on)
    return [book.items[place] for place in book.of_customer(customer, entry.account.currency)]


def names(actor: Actor, entry: BankEntry, *, on: dt.date) -> Mapping[str, str]:
    """Customer code to name, of the entry's entity."""
    return _book(actor, entry, on).names


def _asked(actor: Actor, entry: BankEntry, on: dt.date, learnt: Learnt) -> Unmatched:
    if entry.amount_minor <= 0:
        return Unmatched(entry, ())
    receipt = Receipt(
        entry.amount_minor, entry.account.currency, entry.booked_on, entry.counterparty, entry.counterparty_account,
        entry.reference,
    )  # fmt: skip
    book = _book(actor, entry, on)
    return Unmatched(
        entry,
        proposals(
            receipt, book, policy=policy(on, entry.account.entity.code), learnt=learnt, rates=_rates(actor, entry, book)
        ),
    )


def _book(actor: Actor, entry: BankEntry, on: dt.date) -> Book:
    """The open items of the entry's entity, as known now and open on the day; kept in memory while nothing changes."""
    facts = chain.facts_at()
    entity = entry.account.entity.code
    name = (facts.batch_no, facts.digest, entity, on)
    book: Book = _books.get(name, lambda: _made(actor, entity, on))
    return book


def _made(actor: Actor, entity: str, on: dt.date) -> Book:
    ledger, known = snapshots.open_ledger(actor, details=True)
    ledger = ledger.only(ledger.accounts["entity"] == entity)
    left = open_amounts(ledger, as_of=AsOf(on, known))
    people = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    labels = people.select("account_id", "customer_code", "currency")
    rows = ledger.items.with_columns(pl.Series("left_minor", left))
    rows = rows.filter(pl.col("is_debit") & (pl.col("left_minor") > 0))
    rows = rows.join(labels, on="account_id", how="left").with_columns(pl.col(_TEXTS).fill_null(""))
    columns = ("number", "customer_code", "currency", "left_minor", "issued_on", "due_on", *_TEXTS)
    items = [OpenItem(entity, *row) for row in rows.select(columns).iter_rows()]
    return Book.of(items, dict(people.select("customer_code", "name").unique().iter_rows()))


def _rates(actor: Actor, entry: BankEntry, book: Book) -> Mapping[str, float]:
    """Rates of the booking day into the entry's currency; of those currencies only that have one."""
    mine, on, known = entry.account.currency, entry.booked_on, chain.facts_at().batch_no
    found: dict[str, float] = {}
    for currency in sorted({item.currency for item in book.items} - {mine}):
        rate = _rated.get((known, currency, mine, on), partial(_rate, actor, currency, mine, on))
        if rate is not None:
            found[currency] = rate
    return found


def _rate(actor: Actor, currency: str, reporting: str, on: dt.date) -> float | None:
    age = governing().at(figures.RATE_AGE, on).value["max_age_days"]
    tables = snapshots.rate_tables(actor, known=chain.facts_at().batch_no)
    try:
        return float(rates_for([currency], reporting, on, tables, age).per_minor([currency])[0])
    except PolicyGap:
        return None


def _learnt(actor: Actor) -> Learnt:
    """Who paid before, from matches a person or a rule confirmed; the newest word counts."""
    rows = BankMatch.objects.scoped(actor).filter(end__isnull=True, is_aside=False).order_by("id")
    accounts: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for account, name, code in rows.values_list(
        "entry__counterparty_account", "entry__counterparty", "customer_code"
    ):  # fmt: skip
        if account:
            accounts[account] = code
        if plain := references.company(name):
            by_name[plain] = code
    return Learnt(accounts, by_name)


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        "customer_code": proposal.customer_code, "score": proposal.score,
        "parts": [[part.number, part.amount_minor, part.credit_minor] for part in proposal.parts],
        "adjustments": [[each.kind, each.number, each.amount_minor] for each in proposal.adjustments],
    }  # fmt: skip
