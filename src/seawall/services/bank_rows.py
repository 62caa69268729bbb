"""A decision about money that came in, in the words of the ledger files: a receipt, and what it pays.

A discount is a credit note (`discount`): it takes back a part of the sale and counts as dilution. A bank's charge is a
receipt (`bank_charge`): the customer paid it, and it is neither dilution nor a loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.matching_amounts import Adjustment, Part
from seawall.store.models import BankEntry


@dataclass(frozen=True)
class Choice:
    """What an entry shall pay: a customer's items, each with what of the money pays it."""

    customer_code: str
    parts: tuple[Part, ...]
    adjustments: tuple[Adjustment, ...] = ()
    score: float | None = None
    reasons: Sequence[Mapping[str, Any]] = ()
    is_rule: bool = False
    short_minor: int = 0


@dataclass(frozen=True)
class Rows:
    """A choice in the words of the ledger files."""

    entry: BankEntry
    choice: Choice
    number: str
    beside: list[tuple[str, Adjustment]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number what is booked beside the receipt."""
        numbered = enumerate(self.choice.adjustments, start=1)
        self.beside.extend((f"{self.number}-{count}", each) for count, each in numbered)

    @property
    def credits(self) -> tuple[str, ...]:
        """Numbers of the documents that are made."""
        return (self.number, *(number for number, _ in self.beside))

    def tables(self) -> dict[str, list[dict[str, str]]]:
        """Items and allocations."""
        entry, currency = self.entry, self.entry.account.currency
        receipt = self._item("receipt", self.number, entry.amount_minor, "bank")
        kinds = {"discount": "credit_note", "bank_charge": "receipt"}
        items = [receipt] + [
            self._item(kinds[each.kind], number, each.amount_minor, each.kind) for number, each in self.beside
        ]
        allocations = [self._allocation(self.number, part) for part in self.choice.parts]
        allocations += [
            self._allocation(number, Part(each.number, each.amount_minor, each.amount_minor, currency))
            for number, each in self.beside
        ]
        return {"items": items, "allocations": allocations} if allocations else {"items": items}

    def _item(self, kind: str, number: str, amount: int, method: str) -> dict[str, str]:
        account = self.entry.account
        text = " ".join(filter(None, (self.entry.counterparty, self.entry.reference)))
        return {
            "entity": account.entity.code, "customer_code": self.choice.customer_code, "kind": kind, "number": number,
            "issued_on": self.entry.booked_on.isoformat(), "currency": account.currency,
            "amount": amount_text(amount, account.currency), "payment_method": method, "description": text,
        }  # fmt: skip

    def _allocation(self, credit: str, part: Part) -> dict[str, str]:
        account = self.entry.account
        row = {
            "entity": account.entity.code, "customer_code": self.choice.customer_code, "debit_number": part.number,
            "credit_number": credit, "allocated_on": self.entry.booked_on.isoformat(),
        }  # fmt: skip
        amounts = {"amount": amount_text(part.amount_minor, part.currency)}
        if part.currency != account.currency:
            amounts["credit_amount"] = amount_text(part.credit_minor, account.currency)
        return row | amounts
