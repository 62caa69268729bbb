"""The bank's journal: what finance books of the money that was decided about in a period, posting by posting."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError
from seawall.exchange.report import rendered
from seawall.exchange.report_bank_journal import event, journal, table
from seawall.services import bank_journal
from seawall.web import numbers, words
from seawall.web.paging import PAGE, exported, exports, piece
from seawall.web.reader import Reader, changed, page


@page("ledger/bank_journal.html", "bank")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The postings of a period, without one of the month of the question's day, a piece at a time; or all as a file."""
    until = _day(reader, "to") or reader.question.on
    since = _day(reader, "from") or until.replace(day=1)
    entity = reader.question.entity
    document = partial(bank_journal.document, reader.actor, since=since, until=until, entity=entity)
    if kind := reader.request.GET.get("export", ""):
        return _file(reader, document(), kind)
    start, _pager = piece(reader, 10**9)
    shown = document(after=start, limit=PAGE)
    _start, pager = piece(reader, shown["postings"])
    postings = groupby(shown["lines"], key=lambda line: (line["posting"], line["entry_id"]))
    return {
        "since": since,
        "until": until,
        "entity": entity,
        "count": shown["postings"],
        "postings": [_posting(list(lines)) for _key, lines in postings],
        "totals": [_both(each) for each in shown["totals"]],
        "pager": pager,
        "exports": exports(reader) | {"json": "?" + changed(reader, export="json")},
    }


def _day(reader: Reader, name: str) -> dt.date | None:
    text = reader.request.GET.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError("{day} is not a date.", hint="Write it as 2026-06-30.", day=text) from None


def _file(reader: Reader, document: dict[str, Any], kind: str) -> HttpResponse:
    if kind != "json":
        return exported(reader, table(document, words.language()), _("Bank journal"))
    days = {name: document[name].isoformat() for name in ("from_on", "until_on")}
    lines = [line | {"on": line["on"].isoformat()} for line in document["lines"]]
    content = rendered(document | days | {"lines": lines}, journal, "json", words.language())
    response = HttpResponse(content, content_type="application/json")
    name = f"seawall-bank_journal-{days['until_on']}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _posting(lines: list[dict[str, Any]]) -> dict[str, Any]:
    first, speech = lines[0], words.language()
    named = "account_name_zh" if speech.code == "zh" else "account_name"
    return {
        **{name: first[name] for name in ("posting", "on", "entity", "customer_code", "bank_account", "is_reversal")},
        "address": reverse("entry", args=[first["entry_id"]]),
        "customer": reverse("customer", args=[first["customer_code"]]),
        "lines": [{**line, "name": line[named], "said": event(line, speech), **_both(line)} for line in lines],
    }


def _both(row: dict[str, Any]) -> dict[str, str]:
    """Debit and credit as people read them; what is none is left empty."""
    unit = numbers.Unit(row["currency"], 1)
    return {"currency": row["currency"]} | {
        side: numbers.decimal_text(Decimal(row[side]), unit.decimals) if Decimal(row[side]) else ""
        for side in ("debit", "credit")
    }
