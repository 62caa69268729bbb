"""Roll rates (how much of a bucket moves on to the next) and concentration (how much hangs on few)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from django.http import HttpResponse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError
from seawall.engine.report import Report
from seawall.exchange.report_layout import Column, Table
from seawall.web import numbers, words
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import exported, exports
from seawall.web.reader import Reader, changed, page

HEAT = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
"""Borders of the eight shades of the map; below the first there is none."""

STEPS = ("month", "year")
SHOWN = 12
"""Steps shown in the map, newest first."""


@page("risk/roll_rates.html", "roll_rates")
def roll_rates(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Roll rates by month (30-day buckets) or by year (years since invoice)."""
    if not reader.usual.currencies:
        return no_facts(_("Roll rates"))
    step = reader.request.GET.get("step") or "month"
    if step not in STEPS:
        raise InputError("There are no roll rates by {step}.", step=step)
    report = reader.report
    rates = report.roll_rates.filter(pl.col("step") == step).sort("ordinal")
    title = _("Roll rates: how much moves on instead of being paid")
    if "export" in reader.request.GET:
        return exported(reader, _file(rates), title)
    names = {"month": _("months, 30-day buckets"), "year": _("years since invoice")}
    return {
        "title": title,
        "words": _sentence(rates),
        "ways": [{"words": names[way], "here": way == step, "query": changed(reader, step=way)} for way in STEPS],
        "rates": [_rate(row) for row in rates.iter_rows(named=True)],
        "map": _map(report, step, rates),
        "flows": _flows(report, step, rates),
        "exports": exports(reader),
    }


def _sentence(rates: pl.DataFrame) -> str:
    known = rates.filter(pl.col("roll_rate").is_not_null())
    if known.is_empty():
        return _("The ledger is too young: no step from one bucket to the next is known yet.")
    first = known.row(0, named=True)
    line = _("Of what is in “{first}”, {rate} moves on to the next bucket; mean of {steps} steps.")
    said = line.format(
        first=numbers.bucket_text(first["bucket"]), rate=numbers.percent_text(first["roll_rate"]), steps=first["steps"]
    )
    if first["loss_rate"] is None:
        return said
    lost = _("{loss} of it is lost in the end.").format(loss=numbers.percent_text(first["loss_rate"], 2))
    return f"{said} {lost}"


def _rate(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "bucket": numbers.bucket_text(row["bucket"]),
        "next": _("written off") if row["next_bucket"] == "written_off" else numbers.bucket_text(row["next_bucket"]),
        "steps": row["steps"],
        "roll": numbers.percent_text(row["roll_rate"], 1),
        "heat": heat(row["roll_rate"]),
        "loss": numbers.percent_text(row["loss_rate"], 2),
        "item": numbers.percent_text(row["item_loss_rate"], 2),
    }


def heat(rate: float | None) -> int:
    """Which shade of the map a rate has, 0 to 8."""
    return 0 if rate is None else sum(rate >= border for border in HEAT)


def _map(report: Report, step: str, rates: pl.DataFrame) -> dict[str, Any]:
    """One row a step, one column a bucket."""
    rows = report.roll_steps.filter(pl.col("step") == step)
    days = rows["on"].unique().sort(descending=True).to_list()[:SHOWN]
    ordinals = rates["ordinal"].to_list()
    by_day = {(row["on"], row["ordinal"]): row["roll_rate"] for row in rows.iter_rows(named=True)}
    cells = [
        {
            "on": day,
            "cells": [
                {"words": numbers.percent_text(rate, 0), "heat": heat(rate)}
                for rate in (by_day.get((day, k)) for k in ordinals)
            ],
        }
        for day in days
    ]
    return {"heads": [numbers.bucket_text(name) for name in rates["bucket"]], "rows": cells}


def _flows(report: Report, step: str, rates: pl.DataFrame) -> dict[str, Any]:
    """Where a bucket's amount stands one step later, over all steps known: shares by row."""
    rows = (
        report.roll_flows.filter(pl.col("step") == step).group_by("bucket", "state").agg(pl.col("amount_minor").sum())
    )
    if rows.is_empty():
        return {}
    amounts = {(row["bucket"], row["state"]): row["amount_minor"] for row in rows.iter_rows(named=True)}
    buckets = [name for name in rates["bucket"] if any(bucket == name for bucket, _state in amounts)]
    last = [name for name in rates["next_bucket"] if name not in (*buckets, "written_off")]
    found = {state for _bucket, state in amounts}
    states = ["paid", *[name for name in (*buckets, *last) if name in found], "written_off"]
    states += sorted(found - set(states))
    made = []
    for bucket in buckets:
        whole = sum(amounts.get((bucket, state), 0) for state in states)
        shares = [amounts.get((bucket, state), 0) / whole if whole else None for state in states]
        cells = [{"words": numbers.percent_text(share) if share else "", "heat": heat(share)} for share in shares]
        made.append({"bucket": numbers.bucket_text(bucket), "cells": cells})
    own = {"paid": _("paid"), "written_off": _("written off")}
    return {"heads": [own.get(state) or numbers.bucket_text(state) for state in states], "rows": made}


def _file(rates: pl.DataFrame) -> Table:
    heads = (
        Column("step", _("Step")),
        Column("bucket", _("From")),
        Column("next_bucket", _("To")),
        Column("steps", _("Steps"), "count"),
        Column("roll_rate", _("Roll rate"), "number"),
        Column("loss_rate", _("Loss rate from here on"), "number"),
        Column("item_loss_rate", _("Loss rate by item"), "number"),
    )
    cells = []
    for row in rates.select([column.key for column in heads]).to_dicts():
        shown = _rate(row)
        cells.append(list((row | {"bucket": shown["bucket"], "next_bucket": shown["next"]}).values()))
    return Table("roll-rates", _("Roll rates"), heads, cells)


@page("risk/concentration.html", "concentration")
def concentration(reader: Reader) -> dict[str, Any] | HttpResponse:
    """How much of the receivables hangs on few customers, groups, sectors or countries."""
    if not reader.usual.currencies:
        return no_facts(_("Concentration"))
    report = reader.report
    title, names = _concentration_title(report), _names(report)
    if "export" in reader.request.GET:
        return exported(reader, _largest_file(report, names), title)
    return {
        "title": title,
        "blocks": [_block(report, name, names) for name in words.DIMENSIONS],
        "exports": exports(reader),
    }


def _concentration_title(report: Report) -> str:
    rows = report.concentration.filter(pl.col("dimension") == "customer")
    values = dict(rows.select("measure", "value").iter_rows())
    if values.get("cr10") is None:
        return _("Nothing is open, so nothing is concentrated")
    return _("The ten largest customers owe {share} of what is open").format(share=numbers.percent_text(values["cr10"]))


def _block(report: Report, dimension: str, names: Mapping[str, str]) -> dict[str, Any]:
    measures = report.concentration.filter(pl.col("dimension") == dimension)
    values = dict(measures.select("measure", "value").iter_rows())
    effective = values.get("effective_number")
    line = _("HHI {hhi}: as concentrated as {number} of equal size.")
    return {
        "title": words.word(words.DIMENSIONS, dimension),
        "is_customer": dimension == "customer",
        "words": ""
        if effective is None
        else line.format(hhi=numbers.decimal_text(values["hhi"], 4), number=numbers.decimal_text(effective, 1)),
        "rows": [
            {
                "code": row["code"],
                "name": _name_of(names, dimension, row["code"]),
                "open": row["open_minor"],
                "share": numbers.percent_text(row["share_rate"]),
                "limit": numbers.percent_text(row["limit"], 0) if row["limit"] is not None else "",
                "is_over": row["is_over"],
            }
            for row in _largest(report, dimension).iter_rows(named=True)
        ],
    }


def _largest(report: Report, dimension: str) -> pl.DataFrame:
    return report.largest.filter(pl.col("dimension") == dimension).sort("rank")


def _names(report: Report) -> dict[str, str]:
    """What people call the customers among the largest."""
    named = report.customers.select("customer_code", "name")
    among = report.largest.filter(pl.col("dimension") == "customer").select(pl.col("code").alias("customer_code"))
    return dict(named.join(among, on="customer_code", how="semi").iter_rows())


def _name_of(names: Mapping[str, str], dimension: str, code: str) -> str:
    """A customer's name, else the code itself."""
    return (names.get(code) if dimension == "customer" else "") or (_("not stated") if code == "-" else code)


def _largest_file(report: Report, names: Mapping[str, str]) -> Table:
    heads = (
        Column("dimension", _("Dimension")),
        Column("rank", "#", "count"),
        Column("code", _("Code")),
        Column("name", _("Name")),
        Column("open_minor", _("Open"), "exact"),
        Column("share_rate", _("Share"), "number"),
        Column("limit", _("Limit"), "number"),
    )
    cells = [
        [
            dimension, row["rank"], row["code"], _name_of(names, dimension, row["code"]),
            numbers.money_decimal(row["open_minor"], report.currency), row["share_rate"], row["limit"],
        ]
        for dimension in words.DIMENSIONS for row in _largest(report, dimension).iter_rows(named=True)
    ]  # fmt: skip
    return Table("concentration", _("Concentration"), heads, cells)
