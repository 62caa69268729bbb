"""Deadlines as a calendar file (RFC 5545): whole days, one entry a deadline that is to be met."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from seawall.exchange.language import Language
from seawall.exchange.report_cover import CONSEQUENCES, KINDS, customer_text

LINE: Final = 75
"""Bytes of a line; a longer one goes on in the next."""


def calendar(rows: Sequence[Mapping[str, Any]], language: Language, *, host: str) -> str:
    """The deadlines that are open or were missed, in the shape of ``insurance.deadlines_document``."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Seawall//Deadlines//EN", "CALSCALE:GREGORIAN"]
    for row in rows:
        if row["state"] != "done":
            lines += _event(row, language, host)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(row: Mapping[str, Any], language: Language, host: str) -> Iterator[str]:
    day = dt.date.fromisoformat(row["on"])
    about = " ".join(part for part in (customer_text(row), row["number"] or "") if part)
    name = "|".join(str(row[key]) for key in ("kind", "on", "customer_code", "number", "policy"))
    yield "BEGIN:VEVENT"
    yield f"UID:{hashlib.sha256(name.encode()).hexdigest()[:32]}@{_text(host)}"
    yield f"DTSTAMP:{day:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day + dt.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(language.say(KINDS[row['kind']]))} · {_text(about)}"
    yield f"DESCRIPTION:{_text(language.say(CONSEQUENCES[row['consequence']]))} {_text(row['policy'])}"
    yield "END:VEVENT"


def _text(text: str) -> str:
    """A text in which nothing ends a line or a field."""
    plain = "".join(letter for letter in text if letter == "\n" or letter >= " ")
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 bytes; each further one begins with a blank."""
    piece, size = "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LINE:
            yield piece
            piece, size = " ", 1
        piece, size = piece + letter, size + width
    yield piece
