"""The ageing page: what is open on a day by how old it is, by any key, narrowed by clicks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import polars as pl
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError
from seawall.engine.ledger.ageing import MEASURES
from seawall.exchange.report_layout import Column, Table
from seawall.services import reading as readings
from seawall.services.ledger import BY, UNNAMED, AgeingTable, By, ageing_table, control_tie
from seawall.web import numbers
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import amount_cells, exported, exports, headings, ordered, piece
from seawall.web.reader import Reader, changed, page
from seawall.web.templatetags.seawall import shade

WAYS: dict[By, str] = {
    "customer": noop("customer"),
    "group": noop("group"),
    "entity": noop("entity"),
    "sector": noop("sector"),
    "currency": noop("currency"),
}
BESIDE = (
    ("retention_minor", noop("of open: retention")),
    ("advance_minor", noop("of unapplied: advances")),
    ("exposure_minor", noop("Exposure")),
)
SCHEMES = ("30/60/90/180/365", "30/60/90", "30/60/90/120", "7/14/30/60/90", "365/730/1095")


@page("ledger/ageing.html", "ageing")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Ageing, as asked in the address."""
    if not reader.usual.currencies:
        return no_facts(_("Ageing"))
    by, only = _asked(reader)
    table = ageing_table(reader.reading, scheme=reader.question.scheme, by=by, only=only)
    table = _with_beside(reader, table, by)
    columns = _columns(table, by)
    asked, heads = headings(reader, columns, usual="-open_minor")
    rows = ordered(table.rows, asked, BY[by][0])
    title = _title(reader, table)
    if "export" in reader.request.GET:
        return exported(reader, _file(reader, table, rows.to_dicts(), columns), title)
    start, pager = piece(reader, rows.height)
    return {
        "title": title,
        "words": _words(reader, rows.height, by),
        "columns": heads,
        "rows": [_row(reader, row, table, by) for row in rows.slice(start, 100).iter_rows(named=True)],
        "total": _amounts(table.total, table),
        "shares": _shares(table),
        "tie": _tie(reader, only),
        "beside": _beside_words(reader, only),
        "ways": [
            {"words": _(text), "here": way == by, "query": changed(reader, group_by=way, sort="")}
            for way, text in WAYS.items()
        ],
        "narrowed": _narrowed(reader, only),
        "more_fields": render_to_string(
            "ledger/scheme_fields.html", {"question": reader.question, "schemes": _schemes(reader)}
        ),
        "pager": pager,
        "exports": exports(reader),
        "filter_words": " · ".join(only.values()),
        "foot": _(
            "Open is what debit items still owe. Money and credit notes not applied yet stand in a column of their own."
        ),
    }


def _asked(reader: Reader) -> tuple[By, dict[str, str]]:
    given = reader.request.GET
    by = given.get("group_by") or "customer"
    if by not in BY:
        raise InputError("Ageing is not given by {by}.", by=by)
    only = {name: given[f"only_{name}"] for name in BY if given.get(f"only_{name}")}
    return cast("By", by), only


def _with_beside(reader: Reader, table: AgeingTable, by: By) -> AgeingTable:
    """By customer: with retention money, advances and exposure as columns of their own, where there are any."""
    found = readings.exposure(reader.reading, scheme=reader.question.scheme)
    if by != "customer" or found.is_void:
        return table
    names = [name for name, _text in BESIDE]
    beside = found.customers.select("customer_code", *names)
    rows = table.rows.join(beside, on="customer_code", how="left", maintain_order="left").with_columns(
        pl.col("exposure_minor").fill_null(pl.col("open_minor")),
        pl.col("retention_minor", "advance_minor").fill_null(0),
    )
    return replace(table, rows=rows, total=table.total | {name: int(rows[name].sum()) for name in names})


def _beside_words(reader: Reader, only: dict[str, str]) -> str:
    """What stands beside the ageing, in one sentence; nothing where nothing does."""
    found = readings.exposure(reader.reading, scheme=reader.question.scheme)
    if only or found.is_void:
        return ""
    said = _("Bills held {held}, bills that can come back {recourse}: with what is open, exposure is {exposure}.")
    names = ("held", "recourse", "exposure")
    return said.format(**{name: numbers.money_words(found.total[f"{name}_minor"], found.currency) for name in names})


def _columns(table: AgeingTable, by: By) -> list[tuple[str, str, bool]]:
    buckets = [(f"{name}_minor", numbers.bucket_text(name), True) for name in table.buckets]
    key = BY[by][-1]
    return [
        (key, _(WAYS[by]).capitalize(), False),
        ("open_minor", _("Open"), True),
        ("overdue_minor", _("Overdue"), True),
        *buckets,
        ("unapplied_minor", _("Unapplied"), True),
        ("disputed_minor", _("In dispute"), True),
        *((name, _(text), True) for name, text in BESIDE if name in table.total),
    ]


def _amounts(row: dict[str, Any], table: AgeingTable) -> dict[str, Any]:
    amounts = {name: row[f"{name}_minor"] for name in MEASURES}
    beside = [row[name] for name, _text in BESIDE if name in table.total]
    return amounts | {"buckets": [row[f"{name}_minor"] for name in table.buckets], "beside": beside}


def _row(reader: Reader, row: dict[str, Any], table: AgeingTable, by: By) -> dict[str, Any]:
    code = row[BY[by][0]]
    name = row[BY[by][-1]] or _("not stated")
    if by == "customer":
        address = reverse("customer", args=[code]) + reader.question.carried()
    else:
        address = "?" + changed(reader, **{f"only_{by}": code or UNNAMED}, group_by="customer", sort="")
    return {"code": code or name, "name": name, "address": address, **_amounts(row, table)}


def _shares(table: AgeingTable) -> list[dict[str, Any]]:
    whole = table.total["open_minor"]
    count = len(table.buckets)
    return [
        {
            "words": numbers.bucket_text(name),
            "minor": table.total[f"{name}_minor"],
            "rate": table.total[f"{name}_minor"] / whole if whole else None,
            "shade": shade(k, count),
        }
        for k, name in enumerate(table.buckets)
    ]


def _title(reader: Reader, table: AgeingTable) -> str:
    open_, overdue = table.total["open_minor"], table.total["overdue_minor"]
    return _("{open} open, {share} of it overdue").format(
        open=numbers.money_words(open_, reader.reading.currency),
        share=numbers.percent_text(overdue / open_ if open_ else 0.0),
    )


def _words(reader: Reader, count: int, by: By) -> str:
    scheme = reader.question.scheme
    base = _("past the due day") if scheme.by == "due" else _("since the issue day")
    return _("As of {day}, by {by}: {count} rows; buckets are days {base}.").format(
        day=numbers.day_text(reader.question.on), by=_(WAYS[by]), count=numbers.decimal_text(count, 0), base=base
    )


def _narrowed(reader: Reader, only: dict[str, str]) -> dict[str, str] | None:
    if not only:
        return None
    shown = ", ".join(
        f"{_(WAYS[cast('By', name)])}: {_('not stated') if value == UNNAMED else value}" for name, value in only.items()
    )
    return {"words": shown, "query": changed(reader, **dict.fromkeys((f"only_{name}" for name in only), ""))}


def _schemes(reader: Reader) -> list[tuple[str, str]]:
    asked = reader.question.scheme_text
    return [(text, text.replace("/", " · ")) for text in dict.fromkeys((*SCHEMES, asked))]


def _tie(reader: Reader, only: dict[str, str]) -> dict[str, Any]:
    """Whether the total ties to the general ledger, in one sentence; each account below it."""
    sums = _("The buckets add up to the open amount, row by row and in the total.")
    if only:
        return {"ok": True, "words": sums, "lines": []}
    rows = control_tie(reader.reading).to_dicts()
    count = {status: sum(row["status"] == status for row in rows) for status in ("reconciled", "different")}
    if count["different"]:
        said = _("{count} of {all} totals differ from the general ledger: the report must not be signed.")
        words = said.format(count=count["different"], all=len(rows))
    elif count["reconciled"] == len(rows):
        words = _("Ties to the general ledger to the cent: {count} of {all} totals by entity and currency.").format(
            count=count["reconciled"], all=len(rows)
        )
    else:
        said = _(
            "Not reconciled to the general ledger: there is no control balance of this day for {count} of {all} totals."
        )
        words = said.format(count=len(rows) - count["reconciled"], all=len(rows))
    return {"ok": count["reconciled"] == len(rows), "words": f"{sums} {words}", "lines": [_tied(row) for row in rows]}


def _tied(row: dict[str, Any]) -> str:
    place, unit = f"{row['entity']} · {row['currency']}", numbers.Unit(row["currency"], 1)
    items = unit.text(row["items_minor"])
    if row["control_minor"] is None:
        return _("{place}: items {items}, no control balance").format(place=place, items=items)
    return _("{place}: items {items}, general ledger {control}, difference {difference}").format(
        place=place,
        items=items,
        control=unit.text(row["control_minor"]),
        difference=unit.text(row["difference_minor"]),
    )


def _file(
    reader: Reader, table: AgeingTable, rows: list[dict[str, Any]], columns: list[tuple[str, str, bool]]
) -> Table:
    currency = reader.reading.currency
    keys = [name for name in table.rows.columns if not name.endswith("_minor")]
    amounts = [key for key, _title_, num in columns if num]
    titles = {key: title for key, title, _num in columns}
    heads = [Column(key, _("Code") if key == "customer_code" else titles.get(key, key)) for key in keys]
    heads += [Column(key, titles[key], "exact") for key in amounts]
    cells = [[row[key] for key in keys] + amount_cells(row, amounts, currency) for row in rows]
    total = [_("Total"), *[""] * (len(keys) - 1), *amount_cells(table.total, amounts, currency)]
    return Table("ageing", _("Ageing"), tuple(heads), cells, total)
