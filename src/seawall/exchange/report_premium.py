"""Declarations, premium, the audit of an invoice and the choice of cover as pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from seawall.engine.protection.terms import WORDS
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_cover import REASONS, noop
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import money

LINES: Final = {
    "sales": noop("Invoices and debit notes"),
    "credit_notes": noop("Credit notes"),
    "other_policy": noop("Customers of other policies"),
    "vat": noop("VAT, not insured"),
}
"""Lines of a reconciliation in words; reasons stand for the rest."""

STEPS: Final = {
    "on_declared": noop("Premium on what is declared"),
    "bonus": noop("Bonus or malus"),
    "minimum": noop("Up to the minimum premium"),
    "premium": noop("Premium"),
    "fees": noop("Fees for limits"),
    "tax": noop("Tax"),
    "deposit": noop("Deposit"),
    "adjustment": noop("Still due"),
}
"""Steps of a premium in words."""

BECAUSE: Final = {
    "rate": noop("another rate than the policy's"),
    "declared": noop("charged on another amount than is to be declared"),
    "rounding": noop("rounding"),
    "amount": noop("amount and rate agree, their product does not"),
    "missing": noop("not on the invoice"),
    "strange": noop("the policy knows no such charge"),
}
"""Why an invoice differs, in words."""

LIMITS: Final = {
    "current": noop("limits as they stand today"),
    "recorded": noop("limits as they were"),
    "quarterly": noop("limits set anew each quarter"),
    "free": noop("no limits needed"),
}
"""Which limits past losses meet, in words."""


def declare(document: Mapping[str, Any], language: Language) -> Layout:
    """What is to be declared, month by month, and how it follows from the ledger."""
    say = language.say
    sections: list[Table] = []
    for one in document["policies"]:
        sections += [
            months(one, language),
            lines(one, language),
            *([documents(one["documents"], language)] if "documents" in one else []),
        ]
    return _page("declaration", say("What is to be declared"), document, language, sections)


def months(one: Mapping[str, Any], language: Language) -> Table:
    """What is to be declared of each month, and what was."""
    say = language.say
    columns = (
        Column("month", say("Month")), Column("declared", say("To be declared"), "exact"),
        Column("told", say("Declared"), "exact"), Column("missing", say("Not declared yet"), "exact"),
        Column("missing_documents", say("Documents not declared"), "count"),
    )  # fmt: skip
    rows = [
        (row["month"], money(row["declared"]), money(row["told"]), money(row["missing"]), row["missing_documents"])
        for row in one["months"]
    ]
    return Table(f"months_{one['policy']}", _title(one, say("Months"), language), columns, rows,
                 empty=say("No month had ended."))  # fmt: skip


def lines(one: Mapping[str, Any], language: Language) -> Table:
    """How each month's amount follows from the ledger."""
    say = language.say
    columns = (
        Column("month", say("Month")), Column("line", say("From the ledger"), "words"),
        Column("amount", say("Amount"), "exact"),
    )  # fmt: skip
    rows = [
        (month["month"], say(LINES.get(row["line"]) or REASONS[row["line"]]), money(row["amount"]))
        for month in one["months"] for row in month["lines"]
    ]  # fmt: skip
    return Table(f"lines_{one['policy']}", say("Reconciliation with the ledger"), columns, rows,
                 empty=say("There is none."))  # fmt: skip


def documents(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """The documents behind the lines."""
    say = language.say
    columns = (
        Column("month", say("Month")), Column("customer_code", say("Customer")),
        Column("insurer_code", say("The insurer's code")), Column("number", say("Number")),
        Column("amount", say("Amount"), "exact"), Column("other_policy", say("Other policies"), "exact"),
        Column("vat", say("VAT"), "exact"), Column("excluded", say("Not insured"), "exact"),
        Column("reason", say("Reason"), "words"), Column("declared", say("To be declared"), "exact"),
        Column("rate", say("Premium rate"), "rate"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["month"], row["customer_code"], row["insurer_code"], row["number"],
            *(money(row[name]) for name in ("amount", "other_policy", "vat", "excluded")),
            say(REASONS[row["reason"]]) if row["reason"] else None, money(row["declared"]), row["rate"],
        )
        for row in rows
    ]  # fmt: skip
    return Table("documents", say("Documents"), columns, cells, empty=say("There is none."))


def due(document: Mapping[str, Any], language: Language) -> Layout:
    """What each policy costs so far, and by its end."""
    sections = [table for one in document["policies"] for table in due_tables(one, language)]
    return _page("premium", language.say("Premium so far and expected"), document, language, sections)


def due_tables(one: Mapping[str, Any], language: Language) -> list[Table]:
    """The tables of one policy: steps so far and expected, rates, instalments, fees, months."""
    say = language.say
    return [
        _steps(one, language),
        rates(one, language),
        Table("instalments", say("Instalments of the deposit"),
              (Column("on", say("Day"), "date"), Column("amount", say("Amount"), "exact")),
              [(row["on"], money(row["amount"])) for row in one["instalments"]], empty=say("There is none.")),
        Table("fees", say("Fees for limits"),
              (Column("customer_code", say("Customer")), Column("layer", say("Layer")),
               Column("amount", say("Amount"), "exact")),
              [(row["customer_code"], row["layer"], money(row["amount"])) for row in one["fees"]],
              empty=say("There is none.")),
        Table("forecast", say("Declared, month by month"),
              (Column("month", say("Month")), Column("declared", say("To be declared"), "exact"),
               Column("is_forecast", say("Ended or expected"), "words")),
              [(row["month"], money(row["declared"]), say("expected") if row["is_forecast"] else say("month ended"))
               for row in one["forecast"]["months"]], empty=say("There is none.")),
    ]  # fmt: skip


def _steps(one: Mapping[str, Any], language: Language) -> Table:
    say = language.say
    columns = (
        Column("name", say("Line of the premium"), "words"), Column("so_far", say("So far"), "exact"),
        Column("at_end", say("Expected by the end"), "exact"),
    )  # fmt: skip
    both = zip(one["steps"], one["forecast"]["steps"], strict=True)
    rows = [(say(STEPS[now["name"]]), money(now["amount"]), money(later["amount"])) for now, later in both]
    note = ""
    if money(one["indemnity"]):
        note = say("Paid for losses of the period {paid}; the insurer's part of what was recovered {recovered}.",
                   paid=f"{money(one['indemnity']):,}", recovered=f"{money(one['recovered']):,}")  # fmt: skip
    return Table(f"steps_{one['policy']}", _title(one, say("Premium"), language), columns, rows, note=note)


def rates(one: Mapping[str, Any], language: Language) -> Table:
    """The premium by rate."""
    say = language.say
    columns = (
        Column("rule", say("Rule"), "count"), Column("rate", say("Premium rate"), "rate"),
        Column("declared", say("To be declared"), "exact"), Column("premium", say("Premium"), "exact"),
    )  # fmt: skip
    rows = [(row["rule"], row["rate"], money(row["declared"]), money(row["premium"])) for row in one["rates"]]
    return Table("rates", say("By rate"), columns, rows, empty=say("There is none."))


def audit(document: Mapping[str, Any], language: Language) -> Layout:
    """The insurer's invoice against our own figure."""
    say = language.say
    lead = say("The invoice agrees with the policy.") if document["agrees"] else ""
    return _page("audit", say("Audit of the insurer's invoice"), document, language,
                 [differences(document, language), rates(document, language)], lead)  # fmt: skip


def differences(document: Mapping[str, Any], language: Language) -> Table:
    """A line for each difference."""
    say = language.say
    columns = (
        Column("step", say("Line of the premium"), "words"), Column("rate", say("Premium rate"), "rate"),
        Column("ours", say("By the policy"), "exact"), Column("charged", say("Charged"), "exact"),
        Column("difference", say("Difference"), "exact"), Column("because", say("Why"), "words"),
    )  # fmt: skip
    rows = [
        (
            say(STEPS[row["step"]]) if row["step"] in STEPS else row["step"], row["rate"], money(row["ours"]),
            money(row["charged"]), money(row["difference"]), say(BECAUSE[row["because"]]),
        )
        for row in document["differences"]
    ]  # fmt: skip
    return Table("differences", _title(document, say("Differences"), language), columns, rows,
                 empty=say("There is none."))  # fmt: skip


def whatif(document: Mapping[str, Any], language: Language) -> Layout:
    """What past years would have cost under each option."""
    say = language.say
    best = document["cheapest"]
    lead = (
        say("No option stays within the appetite.")
        if best is None
        else say("Cheapest: {option}.", option=option_name(best, language))
    )
    sections = [options(document, language), option_years(document, language)]
    if document["shadow_prices"]:
        sections.append(shadow_prices(document, language))
    return _page("whatif", say("What cover would have cost"), document, language, sections, lead)


OWN_NAMES = (noop("as it is"), noop("without top-ups"))
"""Options that the product adds itself."""


def option_name(name: str, language: Language) -> str:
    """An option as people call it."""
    return language.say(name) if name in OWN_NAMES else name


def options(document: Mapping[str, Any], language: Language) -> Table:
    """A line for each option: its mean yearly cost, and what a bad year leaves."""
    say = language.say
    names = ("mean_premium", "mean_fees", "mean_retained", "mean_cost", "tail_retained")
    titles = (say("Premium"), say("Fees"), say("Retained loss"), say("Cost"), say("Retained in a bad year"))
    columns = (
        Column("name", say("Option"), "words"), Column("limits", say("Limits"), "words"),
        *(Column(name, title, "exact") for name, title in zip(names, titles, strict=True)),
    )  # fmt: skip
    rows = [
        (option_name(row["name"], language), say(LIMITS[row["limits"]]), *(money(row[name]) for name in names))
        for row in document["options"]
    ]
    title = say("Mean of the years asked: {years}", years=document["years"])
    note = say("A bad year: not exceeded in {rate} of years drawn from these losses.",
               rate=f"{document['tail_rate']:.0%}")  # fmt: skip
    return Table("options", f"{document['policy']} · {document['currency']} · {title}", columns, rows, note=note)


def option_years(document: Mapping[str, Any], language: Language) -> Table:
    """A line for each option and year."""
    say = language.say
    names = ("declared", "premium", "fees", "gross", "indemnity", "recovered", "retained", "cost")
    titles = (say("To be declared"), say("Premium"), say("Fees"), say("Gross loss"), say("Indemnity"),
              say("Recovered"), say("Retained loss"), say("Cost"))  # fmt: skip
    columns = (
        Column("name", say("Option"), "words"), Column("to", say("Year to"), "date"),
        Column("failures", say("Failures"), "count"),
        *(Column(name, title, "exact") for name, title in zip(names, titles, strict=True)),
    )  # fmt: skip
    rows = [
        (option_name(row["name"], language), year["to"], year["failures"], *(money(year[name]) for name in names))
        for row in document["options"] for year in row["years"]
    ]  # fmt: skip
    return Table("years", say("Year by year"), columns, rows)


def shadow_prices(document: Mapping[str, Any], language: Language) -> Table:
    """What more limit would have paid for each customer that failed."""
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("price", say("Paid a year for each unit more"), "number"),
        Column("gain", say("Paid more in all years"), "exact"),
    )  # fmt: skip
    rows = [(row["customer_code"], row["price"], money(row["gain"])) for row in document["shadow_prices"]]
    title = say("Limits higher by {amount}", amount=f"{money(document['more_limit']):,}")
    return Table("shadow_prices", title, columns, rows)


def _title(one: Mapping[str, Any], what: str, language: Language) -> str:
    basis = WORDS[one["basis"]][language.code == "zh"] if "basis" in one else ""
    return " · ".join(part for part in (one["policy"], one["currency"], basis, what) if part)


def _page(  # noqa: PLR0917 - the parts of a page, in their order
    name: str, title: str, document: Mapping[str, Any], language: Language, sections: Sequence[Table], lead: str = ""
) -> Layout:
    day = language.day(document["as_of"])
    facts = ((language.say("As of"), day),)
    return Layout(name, title, day, language, Scale(1, 2, ""), facts, lead, sections=tuple(sections))
