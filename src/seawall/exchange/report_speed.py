"""How fast receivables turn into cash, on the page: the DSO family by month, and by customer or entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall.exchange.language import Language
from seawall.exchange.report_layout import Cell, Column, Kind, Layout, Lines, Table
from seawall.exchange.report_parts import GROUP_TITLES, facts_of, money, scale_of

FIELDS: tuple[tuple[str, str, Kind], ...] = (
    ("sales", "Sales", "money"), ("open", "Open", "money"), ("overdue", "Overdue", "money"),
    ("dso_days", "DSO simple", "days"), ("dso_best_days", "Best possible", "days"),
    ("dso_delinquent_days", "Delinquent", "days"), ("dso_countback_days", "DSO countback", "days"),
    ("dso_sales_weighted_days", "Sales-weighted", "days"), ("cei_rate", "CEI", "rate"),
    ("turnover_ratio", "Turnover ratio", "number"), ("overdue_rate", "Overdue share", "rate"),
    ("dilution_rate", "Dilution", "rate"),
)  # fmt: skip


def dso(document: Mapping[str, Any], language: Language) -> Layout:
    """The family by month end, by what it was asked by, and how each figure is made."""
    say, months = language.say, document["months"]
    scale = scale_of([row["open"] for row in months], document["currency"], language)
    tables = [_table("dso", say("Month by month"), Column("on", say("Month end"), "date"), months, language)]
    if document.get("groups"):
        key = next(name for name in GROUP_TITLES if name in document["groups"][0])
        first = Column(key, say(GROUP_TITLES[key]))
        title = say("By {dimension}", dimension=first.title.lower())
        tables.append(_table("groups", title, first, document["groups"], language))
    return Layout(
        name="dso", title=say("Days sales outstanding"), subtitle=language.day(document["as_of"]), language=language,
        scale=scale, facts=facts_of(document, scale, language), sections=(*tables, _formulas(document, language)),
        currency=document["currency"] or "",
    )  # fmt: skip


def _table(name: str, title: str, first: Column, rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    say = language.say
    named = [Column("name", say("Name"))] if rows and "name" in rows[0] else []
    columns = (first, *named, *(Column(key, say(words), kind) for key, words, kind in FIELDS))

    def cells(row: Mapping[str, Any]) -> Sequence[Cell]:
        figures = (money(row[key]) if kind == "money" else row[key] for key, _, kind in FIELDS)
        return (row[first.key], *(row[column.key] for column in named), *figures)

    return Table(name, title, columns, [cells(row) for row in rows], empty=say("There is no month end yet."))


def _formulas(document: Mapping[str, Any], language: Language) -> Lines:
    say = language.say
    return Lines("formulas", say("How these figures were made"), (
        say("Sales: invoices and debit notes less credit notes, with VAT."),
        say("DSO simple: open over the sales of the last {months} months, times their days. Best possible: the same of "
            "what is not overdue. Delinquent: the difference.", months=document["sales_months"]),
        say("DSO countback: days of the latest sales that make up what is open, month by month backwards."),
        say("Sales-weighted: for each month the share of its invoices still open, times its days; summed."),
        say("CEI: what was collected in the month over what could have been collected."),
        say("Turnover: sales of twelve months over the mean of thirteen month ends. "
            "Dilution: credit notes over what was invoiced in twelve months."),
    ))  # fmt: skip
