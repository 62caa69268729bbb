"""What a bank statement says: one account, its balances and entries, and what could not be read of it.

Amounts are whole minor units, money in above zero. A problem is data: a line, a code, and what stands there;
its sentence is filled in by whoever shows it, in the reader's language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR, EXPONENTS, amount_text

PROBLEMS: Final[dict[str, str]] = {
    "amount": "{text} is not an amount: the entry was left out.",
    "decimals": "{text} has more decimals than {currency} allows: the entry was left out.",
    "day": "{text} is not a day: the entry was left out.",
    "day_ambiguous": "{text} can be read in two ways: the entry was left out.",
    "entry": "{text} is not an entry as banks write it: it was left out.",
    "balance": "{text} is not a balance: it was left out.",
    "currency": "{text} is not a currency of ISO 4217: what is in it was left out.",
    "no_currency": "The statement names no currency.",
    "no_account": "The statement names no account.",
    "difference": "Opening balance and entries come to {found}, the closing balance says {stated}.",
    "gap": "The statement opens with {found}; the one before closed with {stated}.",
    "running": "The balance beside the entry says {stated}; the rows up to it come to {found}.",
    "foreign": "An entry in {text} stands on an account in {currency}: it is not part of the balance.",
    "pending": "An entry that is not booked yet was left out.",
    "markup": "The file is not whole from here on ({text}); what stands before was read.",
    "encoding": "The file is text in no encoding that is certain; letters with accents may be wrong.",
}
"""Every code with its sentence."""

TEXT_LENGTH: Final = 80
"""Characters of what stands there that a problem keeps."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, or does not add up: where, what, and what stands there."""

    line: int | None
    code: str
    text: str = ""
    currency: str = ""
    found: str = ""
    stated: str = ""

    @property
    def params(self) -> dict[str, str]:
        """What its sentence is filled in with."""
        return {"text": self.text, "currency": self.currency, "found": self.found, "stated": self.stated}

    @property
    def what(self) -> str:
        """The sentence in English."""
        return PROBLEMS[self.code].format(**self.params)


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of the account."""

    booked_on: dt.date
    amount_minor: int
    currency: str
    counterparty: str = ""
    reference: str = ""
    counterparty_account: str = ""
    bank_reference: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What the account held on a day."""

    on: dt.date | None
    amount_minor: int
    currency: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """An unbroken run of statements of one account in one file."""

    account: str
    currency: str
    opening: Balance | None = None
    closing: Balance | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def last_day(self) -> dt.date | None:
        """The last day it tells of."""
        days = [entry.booked_on for entry in self.entries]
        days += [balance.on for balance in (self.opening, self.closing) if balance and balance.on]
        return max(days, default=None)

    @property
    def first_day(self) -> dt.date | None:
        """The first day it tells of."""
        days = [entry.booked_on for entry in self.entries]
        days += [balance.on for balance in (self.opening, self.closing) if balance and balance.on]
        return min(days, default=None)


@dataclass
class Draft:
    """A statement while it is being read."""

    line: int | None = None
    account: str = ""
    currency: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, line: int | None, code: str, text: str = "", **params: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(line, code, text.strip()[:TEXT_LENGTH], **params))

    def whole(self) -> Statement:
        """The statement as far as it was read, held against its own balances."""
        if not self.account:
            self.tell(self.line, "no_account")
        if not self.currency:
            self.tell(self.line, "no_currency")
        own = []
        for entry in self.entries:
            if self.currency and entry.currency and entry.currency != self.currency:
                self.tell(entry.line, "foreign", entry.currency, currency=self.currency)
            own.append(replace(entry, currency=entry.currency or self.currency))
        made = Statement(self.account, self.currency, self.opening, self.closing, tuple(own), ())
        self.problems.extend(differences(made))
        return replace(made, problems=tuple(self.problems))


def differences(statement: Statement) -> list[Problem]:
    """Where both balances are stated and the entries do not lead from one to the other."""
    opening, closing, currency = statement.opening, statement.closing, statement.currency
    if opening is None or closing is None:
        return []
    moved = sum(entry.amount_minor for entry in statement.entries if entry.currency == currency)
    found = opening.amount_minor + moved
    if found == closing.amount_minor:
        return []
    texts = {"found": shown(found, currency), "stated": shown(closing.amount_minor, currency)}
    return [Problem(closing.line, "difference", **texts)]


def joined(drafts: Iterable[Draft]) -> list[Statement]:
    """Statements that follow on from each other as one; where a balance is missing between two, each by itself."""
    runs: list[Statement] = []
    last: dict[tuple[str, str], int] = {}
    for statement in (draft.whole() for draft in drafts):
        key = (statement.account, statement.currency)
        before = runs[last[key]] if key in last else None
        if before is not None and _follows(before, statement):
            runs[last[key]] = _together(before, statement)
            continue
        gaps = [] if before is None else _gap(before, statement)
        runs.append(replace(statement, problems=(*gaps, *statement.problems)))
        last[key] = len(runs) - 1
    return runs


def _follows(before: Statement, after: Statement) -> bool:
    closing, opening = before.closing, after.opening
    return closing is not None and opening is not None and closing.amount_minor == opening.amount_minor


def _together(before: Statement, after: Statement) -> Statement:
    return replace(
        before, closing=after.closing, entries=before.entries + after.entries,
        problems=before.problems + after.problems,
    )  # fmt: skip


def _gap(before: Statement, after: Statement) -> list[Problem]:
    if before.closing is None or after.opening is None:
        return []
    stated, found = (shown(balance.amount_minor, after.currency) for balance in (before.closing, after.opening))
    return [Problem(after.opening.line, "gap", found=found, stated=stated)]


def minor(text: str, currency: str) -> int | None:
    """Minor units of a plain decimal text; None where it is no amount of that currency."""
    try:
        scaled = Decimal(text).scaleb(EXPONENTS.get(currency, 2))
    except InvalidOperation:
        return None
    is_one = scaled.is_finite() and scaled == scaled.to_integral_value() and abs(scaled) <= AMOUNT_LIMIT_MINOR
    return int(scaled) if is_one else None


def shown(amount_minor: int, currency: str) -> str:
    """An amount in decimals of its currency; of two where none is named."""
    return amount_text(amount_minor, currency if currency in EXPONENTS else "EUR")


def document(named: Iterable[tuple[str, Statement]], say: Callable[..., str] = str.format) -> dict[str, Any]:
    """Statements by the name of their file, in the published shape; ``say`` fills in a problem's sentence."""
    return {"files": [_as_json(name, statement, say) for name, statement in named]}


def _as_json(name: str, statement: Statement, say: Callable[..., str]) -> dict[str, Any]:
    def stated(balance: Balance | None) -> str | None:
        return None if balance is None else shown(balance.amount_minor, balance.currency)

    return {
        "file": name,
        "account": statement.account,
        "currency": statement.currency,
        "opening": stated(statement.opening),
        "closing": stated(statement.closing),
        "entries": [
            {
                "booked_on": entry.booked_on.isoformat(),
                "amount": shown(entry.amount_minor, entry.currency),
                "currency": entry.currency,
                "counterparty": entry.counterparty,
                "reference": entry.reference,
            }
            for entry in statement.entries
        ],
        "problems": [{"line": one.line, "what": say(PROBLEMS[one.code], **one.params)} for one in statement.problems],
    }
