"""The journal of claims: what finance books of decisions, payments and recoveries in a period, posting by posting."""

from __future__ import annotations

import datetime as dt
from functools import partial
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.exchange.report_claim_journal import event, journal, table
from seawall.services import claim_journal
from seawall.web import journals, words
from seawall.web.paging import exported
from seawall.web.protection.cover import insured_page, shown_table
from seawall.web.reader import Reader


@insured_page("protection/claim_journal.html", "claims")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The postings of a period, without one of the year to the question's day, a piece at a time; or all as a file."""
    since, until = journals.period(reader, of_year=True)
    document = partial(claim_journal.journal, reader.detailed, since=since, until=until, entity=reader.question.entity)
    if kind := reader.request.GET.get("export", ""):
        if kind == "json":
            return journals.as_json(document(), "claim_journal")
        return exported(reader, table(document(), words.language()), _("Journal of claims"))
    shown = journals.shown(reader, document, since=since, until=until)
    found = shown["journal"]
    lines = groupby(found["lines"], key=lambda line: (line["posting"], line["policy"], line["date_of_loss"]))
    beside = [each for each in journal(found, words.language()).tables if each.name != "claim_journal"]
    return shown | {
        "postings": [_posting(reader, list(some)) for _key, some in lines],
        "tables": [shown_table(reader, each) for each in beside],
    }


def _posting(reader: Reader, lines: list[dict[str, Any]]) -> dict[str, Any]:
    first = lines[0]
    return {
        **{name: first[name] for name in ("posting", "customer_code", "policy", "is_reversal")},
        **{name: dt.date.fromisoformat(first[name]) for name in ("on", "date_of_loss")},
        "customer": reverse("insured", args=[first["customer_code"]]) + reader.question.carried(),
        "lines": journals.lines(lines, event),
    }
