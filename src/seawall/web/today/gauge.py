"""The gauge: net bad-debt loss over the credit sales of twelve months, on one line with its aim."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from seawall.engine.report import Report
from seawall.web import numbers
from seawall.web.charts import INK

LEAST_SCALE = 2.0
"""The line reaches at least this many aims, so that the aim never stands at its end."""

ROOM = 1.15
NEAR = 0.15
"""Words under the line keep this far from its beginning, where the zero stands."""


def gauge(report: Report) -> dict[str, Any]:
    """Where the bar, the aim and the ticks stand, and the same in words."""
    rate, aim = report.figure("loss_ratio_rate"), report.figure("loss_aim_rate") or 0.0
    realised = report.figure("loss_ratio_realised_rate")
    expected = report.figure("loss_ratio_expected_rate")
    end = max(aim * LEAST_SCALE, *((value or 0.0) * ROOM for value in (rate, realised, expected))) or 1.0
    over = rate is not None and rate > aim
    return {
        "aim_x": _x(aim, end),
        "value_x": None if rate is None else _x(max(0.0, rate), end),
        "expected_x": None if expected is None else _x(expected, end),
        "expected_text_x": None if expected is None else _x(max(expected, end * NEAR), end),
        "expected_anchor": "end" if expected is not None and expected > end * (1 - 2 * NEAR) else "middle",
        "value_words": numbers.percent_text(rate, 2),
        "over": over,
        "expected_words": _("expected {rate}").format(rate=numbers.percent_text(expected, 2)),
        "colour": INK["danger"] if over else INK["accent"],
        "aim_words": _("aim {rate}").format(rate=numbers.percent_text(aim, 2)),
        "last_words": numbers.percent_text(end, 1),
        "words": _words(rate, realised),
    }


def _x(rate: float, end: float) -> str:
    return f"{100 * rate / end:.2f}"


def _words(rate: float | None, realised: float | None) -> str:
    if rate is None:
        return _("Without credit sales of twelve months there is no ratio.")
    if realised is None:
        return _("with claims in default counted as lost")
    return _("with claims in default counted as lost; {realised} realised so far").format(
        realised=numbers.percent_text(realised, 2)
    )
