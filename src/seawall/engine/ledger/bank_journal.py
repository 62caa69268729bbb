"""The entries (分录) that book money a bank received: receipt, discount, bank charge, exchange difference.

Each event balances by itself in each currency. Where money of one currency pays an item in another, a clearing
account stands between them; what was received less or more than the rate of the day says is the difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from seawall.engine.kernel.rounding import split
from seawall.engine.ledger.matching_amounts import Adjustment, Part

_BESIDE: Final = {"discount": "cash_discounts", "bank_charge": "bank_charges"}
"""What is booked beside a receipt, to the account that bears it."""


@dataclass(frozen=True, slots=True)
class Booked:
    """Money as it was decided about: what of it pays which items, and what is booked beside it.

    ``difference_minor`` is what was received over the rate of the day, in the receipt's currency; below zero, under it.
    """

    amount_minor: int
    currency: str
    parts: tuple[Part, ...]
    beside: tuple[Adjustment, ...] = ()
    difference_minor: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal: an account's debit or credit in one currency; ``number`` is the item it is about.

    ``event`` is ``receipt``, ``discount``, ``bank_charge`` or ``fx_difference``.
    """

    event: str
    account: str
    number: str
    currency: str
    debit_minor: int
    credit_minor: int

    def reversed(self) -> Line:
        """The line that takes it back."""
        return replace(self, debit_minor=self.credit_minor, credit_minor=self.debit_minor)


def lines(booked: Booked) -> list[Line]:
    """The journal lines of a receipt, debit first; what is left over stays a credit of the customer's receivables."""
    return [*_receipt(booked), *_beside(booked), *_difference(booked)]


def _receipt(booked: Booked) -> Iterator[Line]:
    mine = booked.currency
    yield Line("receipt", "bank", "", mine, booked.amount_minor, 0)
    for part in booked.parts:
        account = "receivables" if part.currency == mine else "exchange_clearing"
        yield Line("receipt", account, part.number, mine, 0, part.credit_minor)
    if over := booked.amount_minor - sum(part.credit_minor for part in booked.parts):
        yield Line("receipt", "receivables", "", mine, 0, over)
    for part in _foreign(booked):
        yield Line("receipt", "exchange_clearing", part.number, part.currency, part.amount_minor, 0)
        yield Line("receipt", "receivables", part.number, part.currency, 0, part.amount_minor)


def _beside(booked: Booked) -> Iterator[Line]:
    for each in booked.beside:
        yield Line(each.kind, _BESIDE[each.kind], each.number, booked.currency, each.amount_minor, 0)
        yield Line(each.kind, "receivables", each.number, booked.currency, 0, each.amount_minor)


def _difference(booked: Booked) -> Iterator[Line]:
    """A loss is a debit of exchange differences, a gain a credit; the clearing account then holds the day's worth."""
    foreign = _foreign(booked)
    if not foreign or not booked.difference_minor:
        return
    shares = split(abs(booked.difference_minor), [part.credit_minor for part in foreign])
    is_gain = booked.difference_minor > 0
    sides = ("exchange_clearing", "exchange_differences") if is_gain else ("exchange_differences", "exchange_clearing")
    for part, share in zip(foreign, shares, strict=True):
        if share:
            yield Line("fx_difference", sides[0], part.number, booked.currency, share, 0)
            yield Line("fx_difference", sides[1], part.number, booked.currency, 0, share)


def _foreign(booked: Booked) -> list[Part]:
    return [part for part in booked.parts if part.currency != booked.currency]
