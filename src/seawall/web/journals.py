"""What the pages of journals share: the period, a piece of its postings, both sides of a line, and all as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from seawall.exchange.report import as_json as document_json
from seawall.web import numbers, words
from seawall.web.ledger.acts import day_if_any
from seawall.web.paging import PAGE, exports, piece
from seawall.web.reader import Reader, changed

if TYPE_CHECKING:
    from seawall.exchange.language import Language

Document = dict[str, Any]


def period(reader: Reader, *, of_year: bool = False) -> tuple[dt.date, dt.date]:
    """From when to when is asked for; without days, the month (or the year) up to the question's day.

    Raises:
        InputError: not a date.
    """
    until = day_if_any(reader.request.GET, "to") or reader.question.on
    begin = until.replace(month=1, day=1) if of_year else until.replace(day=1)
    return day_if_any(reader.request.GET, "from") or begin, until


def shown(reader: Reader, document: Callable[..., Document], *, since: dt.date, until: dt.date) -> Document:
    """A piece of a journal, under ``journal``, and what its page shows around the postings."""
    start, _pager = piece(reader, 10**9)
    found = document(after=start, limit=PAGE)
    _start, pager = piece(reader, found["postings"])
    return {
        "journal": found, "since": since, "until": until, "entity": reader.question.entity, "count": found["postings"],
        "totals": [both(each) for each in found["totals"]], "pager": pager,
        "exports": exports(reader) | {"json": "?" + changed(reader, export="json")},
    }  # fmt: skip


def as_json(document: Mapping[str, Any], name: str) -> HttpResponse:
    """A journal, its days as texts, as a JSON file."""
    response = HttpResponse(document_json(document), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="seawall-{name}-{document["until_on"]}.json"'
    return response


def lines(rows: Sequence[Document], event: Callable[[Document, Language], str]) -> list[Document]:
    """The lines of a posting, with the account and the event in the reader's words."""
    speech = words.language()
    named = "account_name_zh" if speech.code == "zh" else "account_name"
    return [{**row, "name": row[named], "said": event(row, speech), **both(row)} for row in rows]


def both(row: Mapping[str, Any]) -> dict[str, str]:
    """Debit and credit as people read them; what is none is left empty."""
    unit = numbers.Unit(row["currency"], 1)
    return {"currency": row["currency"]} | {
        side: numbers.decimal_text(Decimal(row[side]), unit.decimals) if Decimal(row[side]) else ""
        for side in ("debit", "credit")
    }
