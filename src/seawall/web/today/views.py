"""Today: the net loss against its aim, five figures with their trend, and whom to call first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.report import Report
from seawall.exchange.report import rendered
from seawall.exchange.report_protection import protection
from seawall.services import protection as insured
from seawall.services import reading as readings
from seawall.services.reading import document
from seawall.web import numbers, words
from seawall.web.action.views import ranked, told
from seawall.web.ledger.empty import no_facts
from seawall.web.protection import glance
from seawall.web.reader import Reader, page
from seawall.web.today.charts import charts, losses
from seawall.web.today.gauge import gauge

WEEK = 7
CALLS = 10
"""Things to do now."""

TREND = 13
"""Month ends behind a small line: a year and the month it began with."""


@page("today/today.html", "today")
def view(reader: Reader) -> dict[str, Any]:
    """The first page."""
    if not reader.usual.currencies:
        return no_facts(_("Today"))
    report = reader.report
    work = ranked(reader, report)
    lead, note = _lead(report, work.height)
    return {
        "lead": lead,
        "lead_note": note.format(day=numbers.day_text(reader.question.on)),
        "gauge": gauge(report),
        "loss_lines": _loss_lines(report),
        "sales_12m": figure(report, "sales_12m_minor"),
        "allowance": figure(report, "ecl_minor"),
        "tiles": _tiles(reader, report),
        "bills": _bills(reader),
        "insurance": glance.of_the_day(reader),
        "work": _work(reader, work.head(CALLS)),
        "work_title": _("Call first"),
        "no_work": _("Nobody needs a call today"),
        "no_work_words": _("Nothing is overdue that is not covered, in dispute or small."),
        "loss_chart": losses(report),
        "charts": charts(reader, report),
        "foot": _basis(reader),
    }


def _bills(reader: Reader) -> str:
    """What bills need doing now: those that mature within a week or have matured; nothing where none does."""
    found = readings.exposure(reader.reading, scheme=reader.question.scheme)
    on = found.on
    soon = found.maturing.filter(pl.col("matures_on") <= on + dt.timedelta(days=WEEK))
    if soon.is_empty():
        return ""
    late = soon.filter(pl.col("matures_on") < on).height
    amount = numbers.money_words(int(soon["held_reporting_minor"].sum()), found.currency)
    said = _("Bills to present within a week: {count}, {amount}; {late} of them have matured.")
    return said.format(count=numbers.decimal_text(soon.height, 0), amount=amount, late=numbers.decimal_text(late, 0))


def figure(report: Report, name: str) -> Any:
    """A headline figure; None where it cannot be said."""
    return report.figure(name)


def _lead(report: Report, calls: int) -> tuple[str, str]:
    rate, aim = report.figure("loss_ratio_rate"), report.figure("loss_aim_rate")
    doing = _("{count} customers on the worklist, as of {{day}}.").format(count=numbers.decimal_text(calls, 0))
    if rate is None:
        return _("The net loss cannot be said yet: there are no credit sales of twelve months"), doing
    shown = {"rate": numbers.percent_text(rate, 2), "aim": numbers.percent_text(aim, 2)}
    if aim is not None and rate > aim:
        return _("Net loss {rate} of credit sales, above the aim of {aim}").format(**shown), doing
    return _("Net loss {rate} of credit sales, within the aim of {aim}").format(**shown), doing


def _loss_lines(report: Report) -> list[dict[str, Any]]:
    """Gross loss less what came back; signs as in a statement."""
    parts = (
        (_("Written off"), "write_offs_12m_minor", 1),
        (_("Indemnified by insurers"), "indemnified_12m_minor", 1),
        (_("Unpaid claims in default"), "unpaid_default_minor", 1),
        (_("Recoveries"), "recoveries_12m_minor", -1),
        (_("Indemnities"), "indemnity_12m_minor", -1),
    )
    lines = [{"words": name, "minor": sign * (figure(report, code) or 0)} for name, code, sign in parts]
    return [
        *lines,
        {
            "words": _("Net loss of 12 months"),
            "minor": figure(report, "net_loss_12m_minor"),
            "net": True,
            "why": "net_loss_12m_minor",
        },
    ]


def _tiles(reader: Reader, report: Report) -> list[dict[str, Any]]:
    unit, months = reader.question.unit, report.months.tail(TREND)
    carried = reader.question.carried()
    open_, overdue, ecl = (figure(report, name) or 0 for name in ("open_minor", "overdue_minor", "ecl_minor"))
    ageing = reverse("ageing") + carried
    share = numbers.percent_text(overdue / open_ if open_ else None)
    cover = numbers.percent_text(ecl / open_ if open_ else None, 2)
    return [
        {
            "title": _("Open"),
            "figure": "open_minor",
            "value": unit.text(open_),
            "unit": unit.label,
            "address": ageing,
            "trend": _change(months["open_minor"].to_list(), open_),
            "line": months["open_minor"].to_list(),
        },
        {
            "title": _("Overdue"),
            "figure": "overdue_minor",
            "value": unit.text(overdue),
            "unit": unit.label,
            "address": ageing,
            "trend": _("{share} of open").format(share=share),
            "line": months["overdue_minor"].to_list(),
        },
        {
            "title": _("DSO"),
            "figure": "dso_days",
            "value": numbers.days_text(report.figure("dso_days"), 1),
            "unit": _("days"),
            "address": reverse("turnover") + carried,
            "trend": _("best possible {days}").format(days=numbers.days_text(report.figure("dso_best_days"), 1)),
            "line": months["dso_days"].to_list(),
        },
        {
            "title": _("Collected of what could be"),
            "figure": "cei_rate",
            "value": numbers.percent_text(report.figure("cei_rate")),
            "unit": "",
            "address": reverse("turnover") + carried,
            "trend": _("collection effectiveness of the month"),
            "line": months["cei_rate"].to_list(),
        },
        {
            "title": _("Expected credit loss"),
            "figure": "ecl_minor",
            "value": unit.text(ecl),
            "unit": unit.label,
            "address": reverse("provision") + carried,
            "trend": _("{share} of open").format(share=cover),
            "line": [],
        },
    ]


def _change(values: list[int], now: int) -> str:
    """Against a year ago."""
    if len(values) < TREND or not values[0]:
        return ""
    change = now / values[0] - 1
    shown = numbers.percent_text(abs(change))
    return (
        _("{change} more than a year ago").format(change=shown)
        if change >= 0
        else _("{change} less than a year ago").format(change=shown)
    )


def _work(reader: Reader, rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [told(reader, row) for row in rows.iter_rows(named=True)]


def _basis(reader: Reader) -> str:
    return _(
        "Known up to entry {batch} of the audit log. Every figure is explained by the question mark beside it."
    ).format(batch=numbers.decimal_text(reader.reading.as_of.known, 0))


@page("today/today.html", "today")
def report(reader: Reader) -> HttpResponse:
    """The whole report as a PDF: the document that goes to the board."""
    made = document(
        reader.reading, scheme=reader.question.scheme, company=reader.about.name, is_demo=reader.about.is_demo,
        insured=insured.in_report(reader.reading),
    )  # fmt: skip
    response = HttpResponse(rendered(made, protection, "pdf", words.language()), content_type="application/pdf")
    name = f"seawall-report-{reader.question.on.isoformat()}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
