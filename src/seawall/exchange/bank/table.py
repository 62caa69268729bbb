"""Tables of transactions as banks export them (CSV): columns by header, amounts and days as the column shows them."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from seawall.engine.kernel.money import EXPONENTS
from seawall.exchange import limits
from seawall.exchange.bank.columns import Headers, placed
from seawall.exchange.bank.narrative import LONGEST, plain
from seawall.exchange.bank.statement import Balance, Draft, Entry, minor, shown
from seawall.exchange.csv import sniffed

_YEAR_FIRST: Final = re.compile(r"^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:\D.*)?$")
_YEAR_LAST: Final = re.compile(r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(?:\D.*)?$")
_AMOUNT: Final = re.compile(r"^[+-]?\d[\d.,' ]*$")
_ABOVE: Final = re.compile(
    r"(账号|账户|币种|Account(?: number)?|Currency|Konto)\s*[:：,;\t]+\s*([\w *-]{2,40})", re.IGNORECASE
)
_NAMES: Final = {
    "人民币": "CNY", "rmb": "CNY", "美元": "USD", "欧元": "EUR", "港币": "HKD", "日元": "JPY", "英镑": "GBP",
}  # fmt: skip
_MONTHS: Final = 12
_GROUP: Final = 3
_OUT: Final = ("借", "支出", "支", "d", "dr", "debit", "dbit", "-", "出")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]


def read(text: str, headers: Headers) -> list[Draft]:
    """The statements of a table, one for each account and currency; none where no line holds headers."""
    csv.field_size_limit(limits.LINE_BYTES)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=sniffed(text[: limits.LINE_BYTES].encode()))
    above, places = "", None
    for cells in reader:
        places = placed(cells, headers)
        if places is not None or reader.line_num >= limits.HEADER_WITHIN:
            break
        above += ",".join(cells) + "\n"
    if places is None:
        return []
    first = reader.line_num
    rows = [_Row(reader.line_num, {name: cells[at].strip() for name, at in places.items() if at < len(cells)})
            for cells in reader if any(cell.strip() for cell in cells)]  # fmt: skip
    heads = [(found[1].lower(), found[2].strip()) for found in _ABOVE.finditer(above)]
    named = {"currency" if head in ("币种", "currency") else "account": value for head, value in heads}
    return _by_account(rows, named, first)


def _by_account(rows: list[_Row], named: dict[str, str], first: int) -> list[Draft]:
    reads = _Reads.of(rows)
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        if row.cells.get("booked_on") and any(row.cells.get(name) for name in ("amount", "credit", "debit")):
            key = (row.cells.get("account") or named.get("account", ""), _currency(row, named))
            groups.setdefault(key, []).append(row)
    if not groups:
        return [Draft(first, account=named.get("account", ""), currency=_currency(_Row(first, {}), named))]
    return [_draft(key, mine, reads, first) for key, mine in groups.items()]


def _currency(row: _Row, named: dict[str, str]) -> str:
    said = row.cells.get("currency") or named.get("currency", "")
    return _NAMES.get(said.lower(), said.upper()[:3])


@dataclass(frozen=True, slots=True)
class _Reads:
    """How a column's cells are meant: by those that can be read in one way only."""

    point: str
    """The decimal sign."""

    is_day_first: bool | None

    @classmethod
    def of(cls, rows: Sequence[_Row]) -> _Reads:
        amounts = [row.cells.get(name, "") for row in rows for name in ("amount", "credit", "debit", "balance")]
        commas = any(re.search(r",\d{1,2}$", text) for text in amounts)
        points = any(re.search(r"\.\d{1,2}$", text) for text in amounts)
        point = "," if commas and not points else "."
        days = [found for row in rows if (found := _YEAR_LAST.match(row.cells.get("booked_on", "")))]
        first, second = ([int(found[group]) for found in days] for group in (1, 3))
        if any(found[2] == "." for found in days) or max(first, default=0) > _MONTHS:
            return cls(point, is_day_first=True)
        return cls(point, is_day_first=False if max(second, default=0) > _MONTHS else None)

    def amount(self, text: str, currency: str) -> int | None:
        """Minor units of a cell; None where it is no amount."""
        if not _AMOUNT.match(text):
            return None
        other = "." if self.point == "," else ","
        whole, _, cents = text.partition(self.point)
        groups = re.split(rf"[{other}' ]", whole.lstrip("+-"))
        if len(groups) > 1 and any(len(group) != _GROUP for group in groups[1:]):
            return None
        return minor(f"{'-' if text[0] == '-' else ''}{''.join(groups)}.{cents or '0'}", currency)

    def day(self, text: str) -> tuple[dt.date | None, str]:
        """The day of a cell, or why it is none."""
        found = _YEAR_FIRST.match(text)
        parts = (int(found[1]), int(found[2]), int(found[3])) if found else None
        last = _YEAR_LAST.match(text)
        if parts is None and last:
            if self.is_day_first is None and last[1] != last[3]:
                return None, "day_ambiguous"
            year = int(last[4]) + (2000 if len(last[4]) == 2 else 0)  # noqa: PLR2004 - the year's last two digits
            first, second = int(last[1]), int(last[3])
            parts = (year, second, first) if self.is_day_first else (year, first, second)
        try:
            return (dt.date(*parts), "") if parts else (None, "day")
        except ValueError:
            return None, "day"


def _draft(key: tuple[str, str], rows: list[_Row], reads: _Reads, first: int) -> Draft:
    draft = Draft(first, *key)
    if draft.currency and draft.currency not in EXPONENTS:
        draft.tell(first, "currency", draft.currency)
        draft.currency = ""
    for row in rows:
        entry = _entry(draft, row, reads)
        if entry is not None:
            draft.entries.append(entry)
    _balances(draft, rows, reads)
    return draft


def _entry(draft: Draft, row: _Row, reads: _Reads) -> Entry | None:
    said = row.cells
    on, fault = reads.day(said["booked_on"])
    if on is None:
        draft.tell(row.line, fault, said["booked_on"])
        return None
    amount = _signed(said, reads, draft.currency)
    if amount is None:
        shown_text = next((said[name] for name in ("amount", "credit", "debit") if said.get(name)), "")
        draft.tell(row.line, "amount", shown_text)
        return None
    return Entry(
        on, amount, draft.currency, plain(said.get("counterparty")), plain(said.get("reference"))[:LONGEST],
        plain(said.get("counterparty_account")), plain(said.get("bank_reference")), row.line,
    )  # fmt: skip


def _signed(said: dict[str, str], reads: _Reads, currency: str) -> int | None:
    """Money in above zero. One column with a sign or a side, or one for each side."""
    if said.get("amount"):
        amount = reads.amount(said["amount"], currency)
        is_out = said.get("side", "").lower() in _OUT
        return None if amount is None else -abs(amount) if is_out else amount
    both = [reads.amount(said.get(name) or "0", currency) for name in ("credit", "debit")]
    if None in both or (both[0] and both[1]):
        return None
    return (both[0] or 0) - abs(both[1] or 0) if both[1] else both[0]


def _balances(draft: Draft, rows: Iterable[_Row], reads: _Reads) -> None:
    """Opening and closing balance from the running one, whichever way the rows run; where it breaks is noted."""
    by_line = {row.line: reads.amount(row.cells.get("balance", ""), draft.currency) for row in rows}
    entries = [entry for entry in draft.entries if by_line.get(entry.line or 0) is not None]
    if not entries or len(entries) < len(draft.entries):
        return
    runs = [[(entry, by_line[entry.line or 0] or 0) for entry in order] for order in (entries, entries[::-1])]
    broken = [list(_broken(run)) for run in runs]
    is_newest_first = len(broken[1]) < len(broken[0])
    run = runs[is_newest_first]
    draft.entries = [entry for entry, _ in run]
    first, stated = run[0]
    draft.opening = Balance(first.booked_on, stated - first.amount_minor, draft.currency, first.line)
    draft.closing = Balance(run[-1][0].booked_on, run[-1][1], draft.currency, run[-1][0].line)
    for entry, found, said in broken[is_newest_first]:
        texts = {"found": shown(found, draft.currency), "stated": shown(said, draft.currency)}
        draft.tell(entry.line, "running", **texts)


def _broken(run: Sequence[tuple[Entry, int]]) -> Iterator[tuple[Entry, int, int]]:
    for (_, before), (entry, stated) in pairwise(run):
        if before + entry.amount_minor != stated:
            yield entry, before + entry.amount_minor, stated
