"""No formula leaves the house: texts that a spreadsheet would run are made plain in every export.

A cell is run when its first character starts a formula. Spreadsheets look past white space, quotes
and invisible characters on some paths (opening, pasting, converting), and read the full-width forms
of East Asian keyboards like the plain ones, so all of these are looked past here too.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

_STARTS = frozenset("=+-@|%")
_QUOTES = frozenset("\"'`‘’“”«»")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet might run the text instead of showing it."""
    if text[:1] in ("\t", "\r", "\n", "\0"):
        return True
    for character in text:
        if character.isspace() or character in _QUOTES or unicodedata.category(character) in ("Cf", "Cc"):
            continue
        return unicodedata.normalize("NFKC", character)[:1] in _STARTS and not _PLAIN_NUMBER.fullmatch(text)
    return False


def printable(text: str) -> str:
    """The text without characters no file format can carry (NUL, other controls, lone surrogates)."""
    return _CONTROL.sub("", text)


def safe_text(text: str) -> str:
    """The text as a cell of a CSV file: an apostrophe in front where it might be run."""
    return f"'{printable(text)}" if is_dangerous(text) else printable(text)


def cell(value: Any) -> str:
    """One CSV cell. Numbers and days are written as they are: a real negative amount stays a number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal | dt.date):
        return str(value)
    return safe_text(str(value))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A whole CSV file: a header and rows, every text made safe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue()
