"""How fast receivables turn into cash: the DSO family and collection effectiveness by month, each with its formula."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.exchange.report_layout import Column, Table
from seawall.web import numbers
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import amount_cells, exported, exports
from seawall.web.reader import Reader, page
from seawall.web.today.charts import dso_chart

FORMULAS = (
    (
        "dso_days",
        noop("Simple DSO"),
        noop("open receivables ÷ credit sales of the last three months × the days of those months"),
    ),
    (
        "dso_countback_days",
        noop("Countback DSO"),
        noop("the days of sales, counted back month by month, that the open receivables stand for"),
    ),
    (
        "dso_best_days",
        noop("Best possible DSO"),
        noop("receivables not yet due ÷ credit sales × days: what DSO would be if everybody paid in time"),
    ),
    ("dso_delinquent_days", noop("Average days delinquent"), noop("simple DSO − best possible DSO")),
    (
        "dso_sales_weighted_days",
        noop("Sales-weighted DSO"),
        noop("Σ over months of sales still open ÷ sales of that month × its days"),
    ),
    (
        "cei_rate",
        noop("Collection effectiveness (CEI)"),
        noop("(open at the start + sales − open at the end) ÷ (open at the start + sales − not yet due at the end)"),
    ),
)
DAYS = ("dso_days", "dso_countback_days", "dso_best_days", "dso_delinquent_days", "dso_sales_weighted_days")
MONEY = ("sales_minor", "receipts_minor", "open_minor", "overdue_minor")


@page("ledger/turnover.html", "turnover")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The figures of the day with their formulas, and the months behind them."""
    if not reader.usual.currencies:
        return no_facts(_("Turnover"))
    report = reader.report
    rows = report.months.sort("on", descending=True).to_dicts()
    title = _("Sales take {days} days to be paid").format(days=numbers.days_text(report.figure("dso_days"), 1))
    if "export" in reader.request.GET:
        return exported(reader, _file(reader, rows), title)
    chart = dso_chart(report.months)
    return {
        "title": title,
        "words": _("As of {day}, on credit sales with VAT.").format(day=numbers.day_text(reader.question.on)),
        "formulas": [
            {"name": _(name), "formula": _(formula), "figure": code, "value": _value(report.figure(code), code)}
            for code, name, formula in FORMULAS
        ],
        "columns": _columns(),
        "rows": [
            {
                "on": row["on"],
                "money": [row[name] for name in MONEY],
                "days": [numbers.days_text(row[name], 1) for name in DAYS],
                "cei": numbers.percent_text(row["cei_rate"]),
            }
            for row in rows
        ],
        "charts": [chart] if chart else [],
        "exports": exports(reader),
    }


def _value(value: float | None, code: str) -> str:
    return numbers.percent_text(value) if code == "cei_rate" else numbers.days_text(value, 1)


def _columns() -> list[str]:
    return [
        _("Sales"),
        _("Received"),
        _("Open"),
        _("Overdue"),
        _("DSO"),
        _("Countback"),
        _("Best possible"),
        _("Days delinquent"),
        _("Sales-weighted"),
        _("CEI"),
    ]


def _file(reader: Reader, rows: list[dict[str, Any]]) -> Table:
    names = _columns()
    heads = [Column("on", _("Month end"), "date")]
    heads += [Column(key, name, "exact") for key, name in zip(MONEY, names, strict=False)]
    heads += [Column(key, name, "days") for key, name in zip(DAYS, names[len(MONEY) :], strict=False)]
    heads.append(Column("cei_rate", names[-1], "rate"))
    cells = [
        [row["on"], *amount_cells(row, MONEY, reader.reading.currency), *(row[name] for name in DAYS), row["cei_rate"]]
        for row in rows
    ]
    return Table("turnover", _("Turnover"), tuple(heads), cells)
