"""The journal of claims: what finance books of decisions, payments and recoveries in a period, posting by posting."""

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
from seawall.exchange.report_claim_journal import event, journal, table
from seawall.services import claim_journal
from seawall.web import numbers, words
from seawall.web.paging import PAGE, exported, exports, piece
from seawall.web.protection.cover import insured_page, shown_table
from seawall.web.reader import Reader, changed


@insured_page("protection/claim_journal.html", "claims")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The postings of a period, without one of the year to the question's day, a piece at a time; or all as a file."""
    until = _day(reader, "to") or reader.question.on
    since = _day(reader, "from") or until.replace(month=1, day=1)
    entity = reader.question.entity
    document = partial(claim_journal.journal, reader.detailed, since=since, until=until, entity=entity)
    if kind := reader.request.GET.get("export", ""):
        return _file(reader, document(), kind)
    start, _pager = piece(reader, 10**9)
    shown = document(after=start, limit=PAGE)
    _start, pager = piece(reader, shown["postings"])
    lines = groupby(shown["lines"], key=lambda line: (line["posting"], line["policy"], line["date_of_loss"]))
    beside = [each for each in journal(shown, words.language()).tables if each.name != "claim_journal"]
    return {
        "since": since, "until": until, "entity": entity, "count": shown["postings"],
        "postings": [_posting(reader, list(some)) for _key, some in lines],
        "totals": [_both(each) for each in shown["totals"]], "pager": pager,
        "tables": [shown_table(reader, each) for each in beside],
        "exports": exports(reader) | {"json": "?" + changed(reader, export="json")},
    }  # fmt: skip


def _day(reader: Reader, name: str) -> dt.date | None:
    text = reader.request.GET.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError("{day} is not a date.", hint="Write it as 2026-06-30.", day=text[:40]) from None


def _file(reader: Reader, document: dict[str, Any], kind: str) -> HttpResponse:
    if kind != "json":
        return exported(reader, table(document, words.language()), _("Journal of claims"))
    response = HttpResponse(rendered(document, journal, "json", words.language()), content_type="application/json")
    name = f"seawall-claim_journal-{document['until_on']}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _posting(reader: Reader, lines: list[dict[str, Any]]) -> dict[str, Any]:
    first, speech = lines[0], words.language()
    named = "account_name_zh" if speech.code == "zh" else "account_name"
    return {
        **{name: first[name] for name in ("posting", "customer_code", "policy", "is_reversal")},
        **{name: dt.date.fromisoformat(first[name]) for name in ("on", "date_of_loss")},
        "customer": reverse("insured", args=[first["customer_code"]]) + reader.question.carried(),
        "lines": [{**line, "name": line[named], "said": event(line, speech), **_both(line)} for line in lines],
    }


def _both(row: dict[str, Any]) -> dict[str, str]:
    """Debit and credit as people read them; what is none is left empty."""
    unit = numbers.Unit(row["currency"], 1)
    return {"currency": row["currency"]} | {
        side: numbers.decimal_text(Decimal(row[side]), unit.decimals) if Decimal(row[side]) else ""
        for side in ("debit", "credit")
    }
