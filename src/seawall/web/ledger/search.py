"""The box in the bar: pages, customers and documents by what is being typed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from seawall.services import saved_views
from seawall.services.ledger import customers_found
from seawall.services.search import items_found
from seawall.web import menu, numbers
from seawall.web.paging import sought
from seawall.web.reader import Reader, page
from seawall.web.views import address_of

FOUND = 6
"""Of each sort as many are shown."""


@page("ledger/found.html", "customers")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The first pages whose title, customers whose code or name, and documents whose number fits."""
    text = sought(reader)
    if not text:
        return HttpResponse("")
    rows = customers_found(reader.reading, text=text) if reader.usual.currencies else None
    count = 0 if rows is None else rows.height
    pages = [page for page in menu.PAGES if text.casefold() in str(page.title).casefold()]
    shown = {
        "pages": pages[:FOUND],
        "rows": [] if rows is None else rows.head(FOUND).to_dicts(),
        "views": [
            {"name": each.name, "title": _(each.title), "address": address_of(each)}
            for each in saved_views.listed(reader.actor, text=text)[:FOUND]
        ],
        "items": items_found(reader.actor, text=text, limit=FOUND),
        "search": text,
        "more": numbers.decimal_text(count, 0) if count > FOUND else "",
        "carried": reader.question.carried(),
    }
    return render(reader.request, "ledger/found.html", shown)
