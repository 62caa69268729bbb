"""The headline figures of a report, each under a stable name with its unit."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import polars as pl

from seawall.engine.combine import Combined
from seawall.engine.kernel.rounding import ratio
from seawall.engine.protection.loss_ratio import loss_ratio
from seawall.engine.report import FIGURES
from seawall.engine.risk import loss_rates

Row = dict[str, Any]
DSO = ("dso_days", "dso_countback_days", "dso_best_days", "dso_delinquent_days", "dso_sales_weighted_days")


def headline(combined: Combined) -> pl.DataFrame:
    """The figures table of a run."""
    rows = [*_owed(combined), *_speed(combined), *_habits(combined), *_allowance(combined), *_losses(combined),
            *_spread(combined), *_to_do(combined)]  # fmt: skip
    return FIGURES.frame(rows).sort("name")


def _money(combined: Combined, name: str, minor: int | None) -> Row:
    return {"name": name, "unit": "money", "value_minor": minor, "currency": combined.question.rates.reporting}


def _rate(name: str, value: float | None, basis: str | None = None) -> Row:
    return {"name": name, "unit": "rate", "value_number": value, "basis": basis}


def _days(name: str, value: float | None) -> Row:
    return {"name": name, "unit": "days", "value_number": value}


def _number(name: str, value: float | None) -> Row:
    return {"name": name, "unit": "number", "value_number": value}


def _count(name: str, value: int) -> Row:
    return {"name": name, "unit": "count", "value_count": value}


def _owed(combined: Combined) -> Iterator[Row]:
    people = combined.customers
    totals = {name: sum(people[f"{name}_minor"].to_list()) for name in ("open", "overdue", "unapplied", "disputed")}
    for name, minor in totals.items():
        yield _money(combined, f"{name}_minor", minor)
    yield _rate("overdue_rate", ratio(totals["overdue"], totals["open"]))
    yield _count("customers", int((people["open_minor"] != 0).sum()))
    yield _count("customers_overdue", int((people["overdue_minor"] > 0).sum()))
    yield _count("customers_default", int(people["is_default"].sum()))
    yield _money(combined, "default_minor", sum(people["default_minor"].to_list()))


def _last_month(combined: Combined) -> Row:
    shown = combined.months.filter(pl.col("on") == combined.question.on).rows(named=True)
    return shown[0] if shown else {}


def _speed(combined: Combined) -> Iterator[Row]:
    last = _last_month(combined)
    for name in DSO:
        yield _days(name, last.get(name))
    yield _rate("cei_rate", last.get("cei_rate"))


def _habits(combined: Combined) -> Iterator[Row]:
    people = combined.customers
    names = ("paid_minor", "late_minor_days", "clipped_minor_days", "on_time_minor")
    paid, late, clipped, prompt = (sum(people[name].to_list()) for name in names)
    yield _days("beyond_terms_days", ratio(late, paid))
    yield _days("beyond_terms_clipped_days", ratio(clipped, paid))
    yield _rate("on_time_rate", ratio(prompt, paid))
    yield _count("customers_pattern_broken", int(people["is_pattern_broken"].sum()))


def _allowance(combined: Combined) -> Iterator[Row]:
    ecl, gross = combined.ecl_minor, sum(combined.provision["gross_minor"].to_list())
    yield _money(combined, "ecl_minor", ecl)
    yield _rate("ecl_rate", ratio(ecl, gross))
    yield _money(combined, "ecl_rounding_minor", sum(combined.customers["ecl_minor"].to_list()) - ecl)
    movement = combined.movement
    yield _money(combined, "allowance_opening_minor", movement.opening_minor if movement else None)
    yield _money(combined, "allowance_charge_minor", movement.charge_minor if movement else None)


def _losses(combined: Combined) -> Iterator[Row]:
    on: dt.date = combined.question.on
    losses, sales = combined.losses(on), combined.year_sales(on)
    yield _money(combined, "sales_12m_minor", sales)
    yield _money(combined, "write_offs_12m_minor", losses.write_offs_minor)
    yield _money(combined, "indemnified_12m_minor", losses.indemnified_minor)
    yield _money(combined, "unpaid_default_minor", losses.unpaid_default_minor)
    yield _money(combined, "recoveries_12m_minor", losses.recoveries_minor)
    yield _money(combined, "indemnity_12m_minor", losses.indemnity_minor)
    yield _money(combined, "gross_loss_12m_minor", losses.gross_minor)
    yield _money(combined, "net_loss_12m_minor", losses.net_minor)
    known = combined.year_is_known(on)
    yield _rate("loss_ratio_rate", loss_ratio(losses.net_minor, sales) if known else None)
    yield _rate("loss_ratio_realised_rate", loss_ratio(losses.realised_minor, sales) if known else None)
    yield _rate("loss_ratio_expected_rate", *_expected(combined))
    yield _rate("loss_aim_rate", float(combined.question.policy("house.loss_aim")))


def _expected(combined: Combined) -> tuple[float, str]:
    """What is expected to be lost of each sale: the loss rate of the first bucket, of all pools together."""
    first = combined.loss_rates.filter(pl.col("pool") == loss_rates.ALL, pl.col("ordinal") == 0).row(0, named=True)
    return min(first["rate"] * combined.factor(combined.question.on), 1.0), str(first["basis"])


def _spread(combined: Combined) -> Iterator[Row]:
    rows = combined.concentration.filter(pl.col("dimension") == "customer")
    found = dict(rows.select("measure", "value").iter_rows())
    yield _number("hhi", found["hhi"])
    yield _number("effective_number", found["effective_number"])
    for name in ("cr1", "cr5", "cr10"):
        yield _rate(f"{name}_rate", found[name])


def _to_do(combined: Combined) -> Iterator[Row]:
    listed = combined.worklist.filter(pl.col("rank").is_not_null())
    yield _count("worklist_customers", listed.height)
    yield _money(combined, "worklist_minor", sum(listed["overdue_minor"].to_list()))
    worth = math.fsum(listed["worth_minor"].to_list())
    yield _money(combined, "worklist_worth_minor", int(worth))
