"""What is open, indexed the way payments ask for it: by number, order, digits, customer, amount and name."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from seawall.engine.kernel.lazy import cached_property
from seawall.engine.ledger import references

_DISCOUNT: Final = re.compile(r"(\d{1,2}(?:\.\d+)?)\s*%?\s*/\s*(\d{1,3})\b")
_RAREST: Final = 6
"""Pairs of letters looked up for a name: the rarest say most, and the common ones cost most."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A debit document with something left to pay, in its own currency."""

    entity: str
    number: str
    customer_code: str
    currency: str
    left_minor: int
    issued_on: dt.date
    due_on: dt.date
    terms: str = ""
    order_number: str = ""
    contract_number: str = ""

    @property
    def order(self) -> tuple[dt.date, dt.date, str, str]:
        """The oldest debt first; what is equal stands by its number."""
        return (self.due_on, self.issued_on, self.number, self.entity)

    @property
    def discount(self) -> tuple[float, int] | None:
        """What the terms give for paying soon: per cent, and within how many days ("2/10 net 30")."""
        found = _DISCOUNT.search(self.terms)
        return (float(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Book:
    """The open items of one entity, however they were handed over, always in the same order."""

    items: tuple[OpenItem, ...]
    names: Mapping[str, str]
    """Customer code to name."""

    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    bodies: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_customer: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[tuple[int, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    companies: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    letters: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, items: Iterable[OpenItem], names: Mapping[str, str]) -> Book:
        """The book of these items and of the customers' names."""
        book = cls(tuple(sorted(items, key=lambda item: item.order)), names)
        for place, item in enumerate(book.items):
            book._add(place, item)
        for code in sorted(names):
            plain = references.company(names[code])
            if plain:
                book.companies[plain].append(code)
        for plain in book.companies:
            for pair in references.pairs(plain):
                book.letters[pair].append(plain)
        return book

    def _add(self, place: int, item: OpenItem) -> None:
        if number := references.compact(item.number):
            self.numbers[number].append(place)
        for text in {references.compact(item.order_number), references.compact(item.contract_number)} - {""}:
            self.orders[text].append(place)
        if body := references.digits(item.number):
            self.bodies[body].append(place)
        self.by_customer[item.customer_code, item.currency].append(place)
        self.by_amount[item.left_minor, item.currency].append(place)

    @cached_property
    def number_lengths(self) -> Sequence[int]:
        """How long numbers are, longest first."""
        return _lengths(self.numbers)

    @cached_property
    def order_lengths(self) -> Sequence[int]:
        """How long order and contract numbers are, longest first."""
        return _lengths(self.orders)

    def of_customer(self, code: str, currency: str) -> list[int]:
        """Places of a customer's items in a currency, oldest first."""
        return self.by_customer.get((code, currency), [])

    def named_alike(self, name: str, least: float) -> list[tuple[str, float]]:
        """Customers called much like ``name``, with how much; the most alike first."""
        plain = references.company(name)
        if not plain:
            return []
        mine = references.pairs(plain)
        rarest = sorted(
            (pair for pair in mine if pair in self.letters), key=lambda pair: (len(self.letters[pair]), pair)
        )
        near = {other for pair in rarest[:_RAREST] for other in self.letters[pair]}
        rated = [(references.alike(mine, references.pairs(other)), other) for other in sorted(near)]
        found = [(code, rate) for rate, other in rated if rate >= least for code in self.companies[other]]
        return sorted(found, key=lambda each: (-each[1], each[0]))


def _lengths(index: Mapping[str, object]) -> Sequence[int]:
    return sorted({len(key) for key in index}, reverse=True)
