"""Cover: one customer's items, and leaks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.exchange import report_cover
from seawall.exchange.language import Language
from seawall.exchange.report_layout import Cell, Column, Table
from seawall.services import protection
from seawall.services.insurance import Document
from seawall.web import numbers, words
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import exported, exports
from seawall.web.protection.limit_acts import names_of
from seawall.web.reader import Reader, page

SHARES = ("use_rate", "insured_rate")
"""Rates that are shares of something and no tariff: one decimal says enough."""

SHOWN = 500
"""Rows of a table on a page; the files have all."""


def insured_page(template: str, here: str, **more: Any) -> Callable[[Callable[..., Any]], Any]:
    """A page that needs facts and a policy; it says how to get them where there are none."""

    def wrap(view: Callable[..., Any]) -> Any:
        @page(template, here, **more)
        def answer(reader: Reader, *args: Any, **kwargs: Any) -> Any:
            if not reader.usual.currencies:
                return no_facts(_("Insurance cover"))
            if not protection.has_policies(reader.actor):
                if "export" in reader.request.GET:
                    nothing = Table("cover", _("Insurance cover"), (Column("policy", _("Insurance policy")),), [])
                    return exported(reader, nothing, _("Insurance cover"))
                return {
                    "title": _("Insurance cover"),
                    "exports": exports(reader),
                    "empty": {
                        "picture": "policies",
                        "title": _("There is no insurance policy yet"),
                        "words": _(
                            "Begin one from a template; cover is computed once a second person has approved it."
                        ),
                        "address": reverse("insurance_policies"),
                        "step": _("Insurance policies"),
                    },
                }
            return view(reader, *args, **kwargs)

        return answer

    return wrap


@insured_page("protection/tables.html", "cover")
def one(reader: Reader, code: str) -> dict[str, Any] | HttpResponse:
    """One customer's open items: what is covered of each, what stops it and what helps; its leaks and deadlines."""
    language = words.language()
    document = protection.cover(reader.detailed, customer=code)
    items = said(report_cover.cover_items(document["items"], language))
    if "export" in reader.request.GET:
        return exported(reader, items, _("Cover of {customer}").format(customer=code))
    leaks = protection.leaks(reader.detailed, customer=code)
    dates = protection.deadlines(reader.detailed, customer=code)["deadlines"]
    tables = (
        items,
        said(report_cover.leak_rows("curable", language.say("Can still be saved"), leaks["curable"], language)),
        dates_table([row for row in dates if row["state"] != "done"], language),
    )
    return {
        "title": _("Cover of {customer}").format(customer=names_of(reader).get(code) or code),
        "crumbs": [(_("Cover map"), reverse("cover") + reader.question.carried()), (code, _customer(reader, code))],
        "words": _("As of {day}, as if this customer alone failed.").format(day=numbers.day_text(reader.question.on)),
        "tables": [
            shown_table(reader, table.without("customer_code", "name"), whys=each)
            for table, each in zip(tables, ([_why(reader, row) for row in document["items"]], [], []), strict=True)
        ],
        "exports": exports(reader),
        "ways": [(_("Insured limits"), reverse("insured", args=[code]) + reader.question.carried())],
    }


def _why(reader: Reader, row: Document) -> str:
    """Why an item is covered as it is; empty where no policy is about it."""
    if row["policy"] is None:
        return ""
    named = {"customer": row["customer_code"], "item": f"{row['entity']}/{row['number']}", "policy": row["policy"]}
    return f"{reverse('why_cover')}?{urlencode(reader.question.params() | named)}"


@insured_page("protection/tables.html", "cover_leaks")
def leaks(reader: Reader) -> dict[str, Any] | HttpResponse:
    """What is not covered: first what can still be saved, by money and urgency; then what is lost, by cause."""
    language = words.language()
    document = protection.leaks(reader.detailed)
    curable = said(report_cover.leak_rows("curable", language.say("Can still be saved"), document["curable"], language))
    lost = said(report_cover.leak_rows("lost", language.say("Lost"), document["lost"], language))
    layout = report_cover.leaks(document, language)
    title = _("{count} leaks can still be closed").format(count=numbers.decimal_text(len(document["curable"]), 0))
    by_reason = next(
        section for section in layout.sections if isinstance(section, Table) and section.name == "lost_by_reason"
    )
    if "export" in reader.request.GET:
        return exported(reader, curable, title, by_reason, lost)
    return {
        "title": title,
        "words": _("As of {day}, the most money and the nearest day first.").format(
            day=numbers.day_text(reader.question.on)
        ),
        "tables": [shown_table(reader, curable), shown_table(reader, by_reason), shown_table(reader, lost)],
        "exports": exports(reader),
        "ways": [(_("Over time"), reverse("cover_lost") + reader.question.carried())],
    }


def _customer(reader: Reader, code: str) -> str:
    return reverse("customer", args=[code]) + reader.question.carried()


def dates_table(rows: Sequence[Document], language: Language) -> Table:
    """Deadlines of one state: without what they have in common, the money beside the day."""
    order = (
        "on", "days_left", "kind", "customer_code", "name", "number", "at_stake", "currency", "consequence", "clause",
        "done_on", "done_by", "policy",
    )  # fmt: skip
    return said(report_cover.deadline_rows(rows, language).in_order(*order))


def said(table: Table) -> Table:
    """A table as people see it: columns that say nothing are left out."""
    return table.without_empty_columns()


Act = tuple[str, str]
"""What can be done about a row: its words, and the address where it is done."""


def shown_table(
    reader: Reader, table: Table, acts: Sequence[Sequence[Act]] = (), whys: Sequence[str] = ()
) -> dict[str, Any]:
    """A table for the page: texts of each cell, where its customer leads, and what can be done about each row.

    ``whys``: by row the address that says why it is so; empty where none does.
    """
    keys = [column.key for column in table.columns]
    rows = [
        [_cell(reader, column, value) for column, value in zip(table.columns, row, strict=True)]
        for row in table.rows[:SHOWN]
    ]  # fmt: skip
    if any(acts):
        rows = [[*row, {"acts": list(each)}] for row, each in zip(rows, acts, strict=False)]
    if any(whys):
        rows = [[*row, {"why": each}] for row, each in zip(rows, whys, strict=False)]
    return {
        "name": table.name, "title": table.title, "empty": table.empty, "rows": rows, "keys": keys,
        "columns": [{"words": column.title, "num": column.is_figure} for column in table.columns],
        "left": max(0, len(table.rows) - len(rows)), "has_acts": any(acts), "has_whys": any(whys),
    }  # fmt: skip


def _cell(reader: Reader, column: Column, value: Cell) -> dict[str, Any]:
    address = _customer(reader, str(value)) if column.key == "customer_code" and value else ""
    text = "" if value is None else str(value)
    if column.kind == "date" and value:
        text = numbers.day_text(value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)))
    elif column.kind == "exact" and value is not None:
        text = numbers.decimal_text(value, max(2, -int(value.as_tuple().exponent)))  # type: ignore[union-attr,arg-type]
    elif column.kind == "rate" and isinstance(value, float):
        text = numbers.percent_text(value, 1 if column.key in SHARES else 3)
    elif column.kind == "number" and isinstance(value, float):
        text = numbers.decimal_text(value, 4)
    elif column.kind == "count" and isinstance(value, int) and column.key != "days_left":
        text = numbers.decimal_text(value, 0)
    is_late = column.key == "days_left" and isinstance(value, int) and value < 0
    return {
        "text": text,
        "num": column.is_figure,
        "address": address,
        "is_late": is_late,
        "is_words": column.kind == "words",
    }
