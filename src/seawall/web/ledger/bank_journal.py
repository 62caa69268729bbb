"""The bank's journal: what finance books of the money that was decided about in a period, posting by posting."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.exchange.report_bank_journal import event, table
from seawall.services import bank_journal
from seawall.web import journals, words
from seawall.web.paging import exported
from seawall.web.reader import Reader, page


@page("ledger/bank_journal.html", "bank")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The postings of a period, without one of the month of the question's day, a piece at a time; or all as a file."""
    since, until = journals.period(reader)
    document = partial(bank_journal.document, reader.actor, since=since, until=until, entity=reader.question.entity)
    if kind := reader.request.GET.get("export", ""):
        return _file(reader, document(), kind)
    shown = journals.shown(reader, document, since=since, until=until)
    postings = groupby(shown["journal"]["lines"], key=lambda line: (line["posting"], line["entry_id"]))
    return shown | {"postings": [_posting(list(lines)) for _key, lines in postings]}


def _file(reader: Reader, document: dict[str, Any], kind: str) -> HttpResponse:
    if kind != "json":
        return exported(reader, table(document, words.language()), _("Bank journal"))
    days = {name: document[name].isoformat() for name in ("from_on", "until_on")}
    lines = [line | {"on": line["on"].isoformat()} for line in document["lines"]]
    return journals.as_json(document | days | {"lines": lines}, "bank_journal")


def _posting(lines: list[dict[str, Any]]) -> dict[str, Any]:
    first = lines[0]
    return {
        **{name: first[name] for name in ("posting", "on", "entity", "customer_code", "bank_account", "is_reversal")},
        "address": reverse("entry", args=[first["entry_id"]]),
        "customer": reverse("customer", args=[first["customer_code"]]),
        "lines": journals.lines(lines, event),
    }
