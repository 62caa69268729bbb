"""MT940 and MT942: fields by line, each entry by the `mt-940` library, and what it refuses by a lenient reading.

The library reads one entry at a time, so a dialect that breaks it costs no other entry, and every problem has
its line. It stops at a whole file's first unknown line, and keeps only the last statement's balances.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import mt940

from seawall.engine.kernel.money import EXPONENTS
from seawall.exchange.bank import narrative
from seawall.exchange.bank.narrative import Told
from seawall.exchange.bank.statement import Balance, Draft, Entry, minor

logging.getLogger("mt940").setLevel(logging.CRITICAL)  # what it cannot read is a problem of ours, not a log line

_TAGS: Final = ("13", "13D", "20", "21", "25", "25P", "28", "28C", "34F", "60F", "60M", "61", "62F", "62M", "64", "65",
                "86", "90C", "90D", "NS", "940", "942")  # fmt: skip
_FIELD: Final = re.compile(rf"^:({'|'.join(_TAGS)}):(.*)$")
_END: Final = re.compile(r"^-\}?(\{5:.*)?$|^-\s*$")
_BALANCE: Final = re.compile(r"^([CD])(\d{6})([A-Z]{3})\s*([\d.,]+)")
_LIMIT: Final = re.compile(r"^([A-Z]{3})[CD ]?[\d.,]*$|^\d+([A-Z]{3})[\d.,]*$")
_ENTRY: Final = re.compile(
    r"^(?P<value>\d{6})(?P<entry>\d{4})?(?P<mark>R?[CD])(?P<fund>[A-Z])?\s?(?P<amount>\d[\d.,]*)"
    r"(?P<kind>[A-Z][A-Z0-9]{3})?(?P<rest>.*)$"
)
_LONGEST: Final = 4_000
"""Characters of one field that are looked at: `:86:` holds six lines of 65, and dialects a few times that."""

_YEAR_APART: Final = 180
"""Days between value day and entry day beyond which the entry belongs to the year before or after."""


@dataclass(frozen=True, slots=True)
class _Field:
    tag: str
    text: str
    line: int


def looks_like(text: str) -> bool:
    """Whether a text has the fields of an MT940 or MT942."""
    return any((found := _FIELD.match(line)) and found[1] in ("25", "60F", "60M", "61") for line in text.splitlines())


def read(text: str) -> list[Draft]:
    """Every statement of the text, as far as it can be read."""
    drafts: list[Draft] = []
    fields = list(_fields(text))
    for place, field in enumerate(fields):
        if not drafts or field.tag == "20" or (field.tag in ("25", "25P") and drafts[-1].account):
            drafts.append(Draft(field.line))
        after = fields[place + 1] if place + 1 < len(fields) else None
        _take(drafts[-1], field, after if after is not None and after.tag == "86" else None)
    return [draft for draft in drafts if draft.account or draft.entries or draft.opening or draft.closing]


def _fields(text: str) -> Iterator[_Field]:
    """Fields with their continuation lines; nothing after a statement's end belongs to it."""
    tag, lines, first = "", [""], 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.lstrip("\x00\x01\ufeff").rstrip("\x03\x1a")
        found = _FIELD.match(line[line.find("{4:") + 3 :] if "{4:" in line and ":20:" in line else line)
        if found or _END.match(line):
            if tag:
                yield _Field(tag, "\n".join(lines)[:_LONGEST], first)
            tag, lines, first = (found[1], [found[2]], number) if found else ("", [""], number)
        elif tag:
            lines.append(line)
    if tag:
        yield _Field(tag, "\n".join(lines)[:_LONGEST], first)


def _take(draft: Draft, field: _Field, about: _Field | None) -> None:
    if field.tag in ("25", "25P"):
        draft.account = field.text.split("\n")[0].strip()
    elif field.tag in ("60F", "60M"):
        draft.opening = _balance(draft, field) or draft.opening
    elif field.tag in ("62F", "62M"):
        draft.closing = _balance(draft, field) or draft.closing
    elif field.tag in ("34F", "90C", "90D") and not draft.currency:
        found = _LIMIT.match(field.text.strip())
        draft.currency = (found[1] or found[2]) if found else ""
    elif field.tag == "61":
        _add_entry(draft, field, about)


def _balance(draft: Draft, field: _Field) -> Balance | None:
    found = _BALANCE.match(field.text.strip())
    if found is None:
        draft.tell(field.line, "balance", field.text)
        return None
    if found[3] not in EXPONENTS:
        draft.tell(field.line, "currency", found[3])
        return None
    amount = minor(_decimal(found[4]), found[3])
    if amount is None:
        draft.tell(field.line, "balance", field.text)
        return None
    draft.currency = draft.currency or found[3]
    return Balance(_day(found[2]), amount if found[1] == "C" else -amount, found[3], field.line)


def _add_entry(draft: Draft, field: _Field, about: _Field | None) -> None:
    found = _ENTRY.match(field.text.split("\n")[0])
    if found is None:
        return draft.tell(field.line, "entry", field.text)
    on = _booked_on(found["value"], found["entry"])
    if on is None:
        return draft.tell(field.line, "day", found["value"])
    amount = minor(_decimal(found["amount"]), draft.currency)
    if amount is None:
        return draft.tell(field.line, "decimals" if draft.currency else "amount", found["amount"],
                          currency=draft.currency)  # fmt: skip
    credit = found["mark"] in ("C", "RD")  # the reversal of a debit gives money back
    told = _told(field.text, about.text if about else "")
    entry = Entry(on, amount if credit else -amount, draft.currency, line=field.line)
    return draft.entries.append(_named(entry, told))


def _named(entry: Entry, told: Told) -> Entry:
    return replace(
        entry, counterparty=told.name, reference=told.reference, counterparty_account=told.account,
        bank_reference=told.bank_reference,
    )  # fmt: skip


def _told(entry: str, about: str) -> Told:
    """Who, what for and under which reference: by the library, else by what stands there."""
    said = _by_library(entry, about)
    if said is not None and ("purpose" in said or "transaction_details" in said or not about):
        return narrative.of_fields(said, about)
    first, _, extra = entry.partition("\n")
    rest = ((found := _ENTRY.match(first)) and found["rest"]) or ""
    customer, _, bank = rest.partition("//")
    fields = {"customer_reference": customer, "bank_reference": bank, "extra_details": extra}
    return narrative.of_fields(fields, about)


def _by_library(entry: str, about: str) -> dict[str, Any] | None:
    """One entry as the library reads it; None where it does not."""
    found = mt940.models.Transactions(options=mt940.Options.all())
    try:
        found.parse(f":61:{entry}\n:86:{about}" if about else f":61:{entry}")
    except Exception:  # noqa: BLE001 - a library's way of saying that a dialect is unknown to it
        return None
    return found.transactions[0].data if found.transactions else None


def _decimal(text: str) -> str:
    """The comma is the decimal sign; a dialect's points between thousands go."""
    if "," in text:
        whole, _, cents = text.replace(".", "").partition(",")
        return f"{whole}.{cents or '0'}"
    return text


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None


def _booked_on(value: str, entry: str | None) -> dt.date | None:
    """The entry day, in the year nearest to the value day; the value day where none is given.

    Value days may be of a 30-day month (30 February): the last day of that month is meant.
    """
    valued = _day(value) or (_day(f"{value[:4]}28") if value[4:] in ("29", "30", "31") else None)
    if entry is None or valued is None:
        return valued
    near = [_day(f"{(valued.year + step) % 100:02d}{entry}") for step in (0, -1, 1)]
    return next((day for day in near if day and abs((day - valued).days) <= _YEAR_APART), valued)
