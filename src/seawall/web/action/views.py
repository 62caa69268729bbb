"""The worklist: whom to call, in which order, why, and what is at stake; and who was left out, and why."""

from __future__ import annotations

from typing import Any

import polars as pl
from django.http import HttpResponse
from django.utils.translation import gettext as _

from seawall.engine.action.worklist import EXCLUDED
from seawall.engine.report import Report
from seawall.exchange.report_layout import Column, Table
from seawall.web import numbers, words
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import amount_cells, exported, exports, piece
from seawall.web.reader import Reader, page

LEFT_OUT = 50
"""Of those left out, so many are listed: the largest."""


@page("action/worklist.html", "worklist")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The whole list."""
    if not reader.usual.currencies:
        return no_facts(_("Worklist"))
    rows = ranked(reader, reader.report)
    title = _("{count} customers to call").format(count=numbers.decimal_text(rows.height, 0))
    if "export" in reader.request.GET:
        return exported(reader, _file(reader, rows), title)
    start, pager = piece(reader, rows.height)
    return {
        "title": title,
        "words": _("Ranked by what is overdue times how urgent it is; the reason stands beside each."),
        "rows": [told(reader, row) for row in rows.slice(start, 100).iter_rows(named=True)],
        "left_out": _left_out(reader.report),
        "pager": pager,
        "exports": exports(reader),
        "empty": {
            "title": _("Nobody needs a call today"),
            "words": _("Nothing is overdue that is not covered, in dispute or small."),
        },
        "foot": _("Worth of a call: the loss expected on what is overdue."),
    }


def ranked(_reader: Reader, report: Report) -> pl.DataFrame:
    """Those to call, first first."""
    return report.worklist.filter(pl.col("rank").is_not_null()).sort("rank")


def told(reader: Reader, row: dict[str, Any]) -> dict[str, Any]:
    """One row in words."""
    days = _("{days} days").format(days=numbers.decimal_text(row["max_dpd_days"], 0))
    return {
        "code": row["customer_code"],
        "name": row["name"],
        "rank": row["rank"],
        "overdue": row["overdue_minor"],
        "worth": row["worth_minor"],
        "days": row["max_dpd_days"],
        "note": days,
        "reasons": words.reasons(row["reasons"], reader.reading.currency),
    }


def _left_out(report: Report) -> list[dict[str, Any]]:
    rows = report.worklist.filter(pl.col("rank").is_null()).sort("overdue_minor", descending=True).head(LEFT_OUT)
    return [
        {
            "code": row["customer_code"],
            "name": row["name"],
            "overdue": row["overdue_minor"],
            "reason": words.word(EXCLUDED, row["excluded"]),
        }
        for row in rows.iter_rows(named=True)
    ]


def _file(reader: Reader, rows: pl.DataFrame) -> Table:
    heads = (
        Column("rank", "#", "count"),
        Column("customer_code", _("Code")),
        Column("name", _("Customer")),
        Column("reasons", _("Why now")),
        Column("max_dpd_days", _("Days past due"), "count"),
        Column("overdue_minor", _("Overdue"), "exact"),
        Column("worth_minor", _("Worth of a call"), "exact"),
    )
    currency = reader.reading.currency
    cells = [
        [
            row["rank"],
            row["customer_code"],
            row["name"],
            words.reasons(row["reasons"], currency),
            row["max_dpd_days"],
            *amount_cells(row, ("overdue_minor", "worth_minor"), currency),
        ]
        for row in rows.iter_rows(named=True)
    ]
    return Table("worklist", _("Worklist"), heads, cells)
