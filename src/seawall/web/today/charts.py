"""The charts of Today: each answers one question, and its title is the answer."""

from __future__ import annotations

from typing import Any

import polars as pl
from django.utils.translation import gettext as _

from seawall.engine.kernel.money import exponent
from seawall.engine.report import Report
from seawall.web import numbers
from seawall.web.charts import AGES, INK, Chart
from seawall.web.reader import Reader
from seawall.web.templatetags.seawall import shade

MONTHS = 24


def charts(reader: Reader, report: Report) -> list[Chart]:
    """What can be drawn from the months the ledger knows."""
    months = report.months.tail(MONTHS)
    made = [_overdue(months), _ages(reader, report)]
    return [chart for chart in made if chart is not None]


def _labels(months: pl.DataFrame) -> list[str]:
    return [numbers.month_text(day) for day in months["on"]]


def losses(report: Report) -> Chart | None:
    """Was the net loss within its aim, month after month?"""
    known = report.months.tail(MONTHS).filter(pl.col("loss_ratio_rate").is_not_null())
    aim = report.figure("loss_aim_rate")
    if known.height < 2 or aim is None:  # noqa: PLR2004
        return None
    rates, labels = known["loss_ratio_rate"].to_list(), _labels(known)
    within = sum(rate <= aim for rate in rates)
    title = _("Net loss was within the aim in {within} of {all} months").format(within=within, all=len(rates))
    return Chart(
        "chart-loss",
        title,
        {
            "labels": labels,
            "unit": "%",
            "digits": 2,
            "axis_digits": 1,
            "bars": False,
            "min": 0,
            "right": 56,
            "series": [
                {
                    "name": _("Net loss over credit sales"),
                    "type": "line",
                    "color": INK["accent"],
                    "data": [_cent(rate) for rate in rates],
                },
                {
                    "name": _("Aim"),
                    "type": "line",
                    "dash": True,
                    "width": 1,
                    "color": INK["faint"],
                    "data": [_cent(aim)] * len(rates),
                    "end_label": _("Aim"),
                },
            ],
        },
        _("Month end"),
        [_("Net loss over credit sales")],
        [(label, [numbers.percent_text(rate, 2)]) for label, rate in zip(labels, rates, strict=True)],
        note=_("rolling 12 months"),
    )


def _overdue(months: pl.DataFrame) -> Chart | None:
    known = months.filter(pl.col("open_minor") > 0)
    if known.height < 2:  # noqa: PLR2004
        return None
    shares = (known["overdue_minor"] / known["open_minor"]).to_list()
    labels = _labels(known)
    words = {
        "first": numbers.percent_text(shares[0]),
        "last": numbers.percent_text(shares[-1]),
        "months": known.height - 1,
    }
    rose = _("The overdue share rose from {first} to {last} in {months} months")
    fell = _("The overdue share fell from {first} to {last} in {months} months")
    title = (rose if shares[-1] > shares[0] else fell).format(**words)
    return Chart(
        "chart-overdue",
        title,
        {
            "labels": labels,
            "unit": "%",
            "digits": 1,
            "bars": False,
            "min": 0,
            "series": [
                {
                    "name": _("Overdue share"),
                    "type": "line",
                    "color": INK["accent"],
                    "data": [_cent(share) for share in shares],
                },
            ],
        },
        _("Month end"),
        [_("Overdue share")],
        [(label, [numbers.percent_text(share)]) for label, share in zip(labels, shares, strict=True)],
    )


def _ages(reader: Reader, report: Report) -> Chart | None:
    names = report.scheme.names[1:]
    amounts = [int(report.customers[f"{name}_minor"].sum()) for name in names]
    if not sum(amounts):
        return None
    unit = reader.question.unit
    shown = [unit.text(amount) for amount in amounts]
    scale = 10 ** exponent(report.currency) * unit.factor
    share = numbers.percent_text(amounts[0] / sum(amounts), 0)
    title = _("{share} of what is past due is in the first bucket ({days} days)").format(
        share=share, days=numbers.bucket_text(names[0])
    )
    bars = [
        {"value": amount / scale, "itemStyle": {"color": AGES[shade(k + 1, len(names) + 1)]}}
        for k, amount in enumerate(amounts)
    ]
    return Chart(
        "chart-ages",
        title,
        {
            "labels": [numbers.bucket_text(name) for name in names],
            "across": True,
            "pointer": "shadow",
            "digits": unit.decimals,
            "right": 96,
            "series": [
                {"name": unit.label, "type": "bar", "color": INK["accent"], "data": bars, "labels": shown},
            ],
        },
        _("Days"),
        [unit.label],
        [(numbers.bucket_text(name), [text]) for name, text in zip(names, shown, strict=True)],
        note=unit.label,
    )


def dso_chart(months: pl.DataFrame) -> Chart | None:
    """Do customers take longer to pay?"""
    known = months.filter(pl.col("dso_days").is_not_null())
    if known.height < 2:  # noqa: PLR2004
        return None
    days, best, labels = known["dso_days"].to_list(), known["dso_best_days"].to_list(), _labels(known)
    words: dict[str, Any] = {
        "first": numbers.days_text(days[0]),
        "last": numbers.days_text(days[-1]),
        "months": len(days) - 1,
    }
    slower = _("Customers take longer to pay: DSO went from {first} to {last} days in {months} months")
    faster = _("Customers do not take longer to pay: DSO went from {first} to {last} days in {months} months")
    title = (slower if round(days[-1]) > round(days[0]) else faster).format(**words)
    return Chart(
        "chart-dso",
        title,
        {
            "labels": labels,
            "digits": 1,
            "bars": False,
            "scale": True,
            "right": 110,
            "series": [
                {"name": _("DSO"), "type": "line", "color": INK["accent"], "data": days, "end_label": _("DSO")},
                {
                    "name": _("Best possible DSO"),
                    "type": "line",
                    "dash": True,
                    "width": 1,
                    "color": INK["faint"],
                    "data": best,
                    "end_label": _("Best possible"),
                },
            ],
        },
        _("Month end"),
        [_("DSO"), _("Best possible DSO")],
        [
            (label, [numbers.days_text(now, 1), numbers.days_text(least, 1)])
            for label, now, least in zip(labels, days, best, strict=True)
        ],
        note=_("days; simple DSO on three months' sales"),
    )


def _cent(rate: float) -> float:
    return round(rate * 100, 4)
