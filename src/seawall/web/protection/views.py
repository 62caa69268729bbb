"""The provision: what is expected to be lost, by bucket, on which basis, and the entries that book it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from seawall.engine.report import Report
from seawall.exchange.report_layout import Column, Table
from seawall.web import numbers, words
from seawall.web.ledger.empty import no_facts
from seawall.web.paging import amount_cells, exported, exports
from seawall.web.reader import Reader, page


@page("protection/provision.html", "provision")
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Expected credit loss of the day."""
    if not reader.usual.currencies:
        return no_facts(_("Provision"))
    report = reader.report
    rows = [_row(row) for row in report.provision.iter_rows(named=True)]
    title = _title(report)
    if "export" in reader.request.GET:
        return exported(reader, _file(reader, report), title)
    return {
        "title": title,
        "words": _("Method: {method}. Standard: {standard}. As of {day}.").format(
            method=words.word(words.METHODS, report.method),
            standard=words.STANDARDS.get(report.standard, report.standard),
            day=numbers.day_text(reader.question.on),
        ),
        "basis": _basis(report),
        "rows": rows,
        "many_pools": report.provision["pool"].n_unique() > 1,
        "total": {name: int(report.provision[f"{name}_minor"].sum()) for name in ("gross", "default", "ecl")},
        "cohorts": [_cohort(row) for row in report.loss_rates.iter_rows(named=True)],
        "movements": [
            {"words": words.word(words.EVENTS, row["movement"]), "on": row["on"], "minor": row["amount_minor"]}
            for row in report.allowance.iter_rows(named=True)
        ],
        "journal": [_line(row) for row in report.journal.iter_rows(named=True)],
        "exports": exports(reader),
        "foot": _("Each row is rounded and then added, so the total does not depend on the order of the rows."),
    }


def _title(report: Report) -> str:
    ecl, open_ = report.figure("ecl_minor") or 0, report.figure("open_minor") or 0
    return _("{ecl} expected to be lost, {share} of what is open").format(
        ecl=numbers.money_words(int(ecl), report.currency), share=numbers.percent_text(ecl / open_ if open_ else 0.0, 2)
    )


def _basis(report: Report) -> list[str]:
    """How much of the rates is the ledger's own history and how much the policy's floor, said plainly."""
    total = int(report.provision["ecl_minor"].sum())
    said = []
    for code in ("own", "shrunk", "floor", "policy", "individual"):
        rows = report.provision.filter(report.provision["basis"] == code)
        if rows.is_empty():
            continue
        share = int(rows["ecl_minor"].sum()) / total if total else 0.0
        line = _("{buckets} of {all} rows, {share} of the expected loss: {basis}.")
        said.append(
            line.format(
                buckets=rows.height,
                all=report.provision.height,
                share=numbers.percent_text(share),
                basis=words.word(words.BASES, code),
            )
        )
    return said


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "pool": _("all") if row["pool"] == "all" else row["pool"],
        "bucket": numbers.bucket_text(row["bucket"]),
        "gross": row["gross_minor"],
        "default": row["default_minor"],
        "rate": numbers.percent_text(row["rate"], 2),
        "factor": numbers.decimal_text(row["forward_factor"], 2),
        "applied": numbers.percent_text(row["applied_rate"], 2),
        "ecl": row["ecl_minor"],
        "basis": words.word(words.BASES, row["basis"]),
        "is_own": row["basis"] == "own",
    }


def _cohort(row: dict[str, Any]) -> dict[str, Any]:
    low, high = row["low_rate"], row["high_rate"]
    interval = numbers.NOTHING
    if low is not None and high is not None:
        interval = f"{numbers.percent_text(low, 2)} – {numbers.percent_text(high, 2)}"
    return {
        "bucket": numbers.bucket_text(row["bucket"]),
        "pool": _("all") if row["pool"] == "all" else row["pool"],
        "reached": row["reached_minor"],
        "lost": row["lost_minor"],
        "customers": row["customers"],
        "customers_lost": row["customers_lost"],
        "own": numbers.percent_text(row["own_rate"], 2),
        "interval": interval,
        "floor": numbers.percent_text(row["floor_rate"], 2),
        "weight": numbers.percent_text(row["weight_rate"], 0),
        "rate": numbers.percent_text(row["rate"], 2),
        "basis": words.word(words.BASES, row["basis"]),
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    chinese = numbers.babel_locale().startswith("zh")
    return {
        "event": words.word(words.EVENTS, row["event"]),
        "account": row["account_name_zh"] if chinese else row["account_name"],
        "debit": row["debit_minor"],
        "credit": row["credit_minor"],
    }


def _file(reader: Reader, report: Report) -> Table:
    heads = (
        Column("pool", _("Pool")),
        Column("bucket", _("Days past due")),
        Column("gross", _("Open"), "exact"),
        Column("default", _("of it in default"), "exact"),
        Column("rate", _("Loss rate"), "number"),
        Column("factor", _("Looking forward"), "number"),
        Column("applied", _("Rate applied"), "number"),
        Column("ecl", _("Expected loss"), "exact"),
        Column("basis", _("Basis")),
    )
    cells = []
    for row in report.provision.iter_rows(named=True):
        gross, default, ecl = amount_cells(row, ("gross_minor", "default_minor", "ecl_minor"), reader.reading.currency)
        rates = (row["rate"], row["forward_factor"], row["applied_rate"])
        basis, bucket = words.word(words.BASES, row["basis"]), numbers.bucket_text(row["bucket"])
        cells.append([row["pool"], bucket, gross, default, *rates, ecl, basis])
    sums = {name: int(report.provision[name].sum()) for name in ("gross_minor", "default_minor", "ecl_minor")}
    gross, default, ecl = amount_cells(sums, tuple(sums), reader.reading.currency)
    total = ["", _("Total"), gross, default, "", "", "", ecl, ""]
    return Table("provision", _("Provision"), heads, cells, total)
