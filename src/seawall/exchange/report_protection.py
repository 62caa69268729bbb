"""The protection report on the page: the document a finance director hands to the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from seawall.exchange.language import NOTHING, Language
from seawall.exchange.report_concentration import concentration
from seawall.exchange.report_exposure import sections as exposure_sections
from seawall.exchange.report_insured import in_report as insured_sections
from seawall.exchange.report_layout import Cell, Chart, Column, Gauge, Layout, Lines, Section, Table, Tile, Tiles
from seawall.exchange.report_loss import METHODS, STANDARDS, allowance, journal, provision, roll_rates
from seawall.exchange.report_parts import ageing_by_bucket, money, scale_of
from seawall.exchange.report_worklist import SHOWN, worklist

HASH_SHOWN = 12


def protection(document: Mapping[str, Any], language: Language) -> Layout:
    """Head, the sentence that matters, and every part of the report."""
    say = language.say
    total = document["ageing"]["total"]
    sections: list[Section] = [
        gauge(document, language),
        tiles(document, language),
        ageing_by_bucket(document["ageing"], language),
        worklist(document, language),
        largest(document, language),
        dso_trend(document, language),
        months(document, language),
        roll_rates(document, language),
        provision(document, language),
        allowance(document, language),
        journal(document, language),
        concentration(document, language),
        *exposure_sections(document["exposure"], language),
        *insured_sections(document.get("insurance"), language),
        reconciliation(document, language),
        *_closing(document, language),
    ]
    company = document["company"] or ", ".join(document["entities"])
    demo = say("Invented data: this is the demonstration company.") if document["is_demo"] else ""
    return Layout(
        name="protection",
        title=say("Receivables protection report"),
        subtitle=" – ".join(part for part in (company, language.day(document["as_of"])) if part),
        language=language,
        scale=scale_of([total["open"]], document["currency"], language),
        facts=tuple(_facts(document, language)),
        lead=lead(document, language),
        warning=" ".join(part for part in (demo, single_user(document, language)) if part),
        sections=tuple(section for section in sections if not _is_void(section)),
        footer=say("Seawall {version}", version=document["version"]),
        currency=document["currency"],
    )


def single_user(document: Mapping[str, Any], language: Language) -> str:
    """That one person may approve alone, where that is so; empty where it takes two."""
    mode = document["basis"].get("single_user")
    if not mode:
        return ""
    sentence = "Single-user mode since {day}, set by {who}: one person may approve what they proposed."
    return language.say(sentence, day=language.day(mode["since"]), who=mode["by"])


def lead(document: Mapping[str, Any], language: Language) -> str:
    """The sentence that matters first: the net loss against the aim."""
    rate, aim = value(document, "loss_ratio_rate"), value(document, "loss_aim_rate")
    aimed = language.percent(aim, 2)
    if rate is None:
        return language.say("The net loss over turnover cannot be said yet: there are no sales of twelve months.")
    sentence = "Net loss {rate} of turnover, above the aim of {aim}." if rate > (aim or 0) else (
        "Net loss {rate} of turnover, within the aim of {aim}."
    )  # fmt: skip
    return language.say(sentence, rate=language.percent(rate, 2), aim=aimed)


def gauge(document: Mapping[str, Any], language: Language) -> Gauge:
    """Net loss over the credit sales of twelve months, against the aim."""
    rate, aim = value(document, "loss_ratio_rate"), value(document, "loss_aim_rate") or 0.0
    return Gauge(
        language.say("Net bad-debt loss over credit sales of the last 12 months, without VAT"), rate, aim,
        language.percent(rate, 2), language.say("aim {rate}", rate=language.percent(aim, 2)),
    )  # fmt: skip


def tiles(document: Mapping[str, Any], language: Language) -> Tiles:
    """The five numbers looked at first."""
    say, currency, total = language.say, document["currency"], document["ageing"]["total"]
    open_, overdue = Decimal(total["open"]), Decimal(total["overdue"])
    ecl, net = amount(document, "ecl"), amount(document, "net_loss_12m")
    dso = value(document, "dso_days")
    return Tiles((
        Tile(say("Open"), language.short_money(open_, currency), say("{count} customers", count=_owing(document))),
        Tile(say("Overdue"), language.short_money(overdue, currency), _share(overdue, open_, language)),
        Tile(say("DSO"), say("{days} days", days=language.number(dso, 1)), say("simple, last 3 months")),
        Tile(say("Expected credit loss"), language.short_money(ecl, currency), _share(ecl, open_, language)),
        Tile(say("Net loss, 12 months"), language.short_money(net, currency), say("realised and in default")),
    ))  # fmt: skip


def largest(document: Mapping[str, Any], language: Language) -> Table:
    """The customers that owe most."""
    say = language.say
    rows = sorted(document["customers"], key=lambda row: (-Decimal(row["open"]), row["customer_code"]))
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name")), Column("open", say("Open"), "money"),
        Column("share", say("Share"), "rate"), Column("overdue", say("Overdue"), "money"),
        Column("max_dpd_days", say("Oldest, days past due"), "count"),
        Column("beyond_terms_days", say("Pays days beyond terms"), "days"),
        Column("ecl", say("Expected loss"), "money"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["customer_code"], row["name"], money(row["open"]), row["share_rate"], money(row["overdue"]),
            row["max_dpd_days"], row["beyond_terms_days"], money(row["ecl"]),
        )
        for row in rows[:SHOWN] if Decimal(row["open"])
    ]  # fmt: skip
    return Table("largest", say("The largest customers"), columns, cells, empty=say("Nobody owes anything."))


def dso_trend(document: Mapping[str, Any], language: Language) -> Chart:
    """Days sales outstanding by month; the title is the answer."""
    rows = [row for row in document["months"] if row["dso_days"] is not None]
    say = language.say
    if not rows:
        return Chart("dso", "", (), (), ())
    first, last = rows[0]["dso_days"], rows[-1]["dso_days"]
    days = {"first": language.number(first, 1), "last": language.number(last, 1), "months": len(rows)}
    if round(last, 1) == round(first, 1):
        title = say("Days sales outstanding stand at {last}, as {months} months ago", **days)
    elif last > first:
        title = say("Days sales outstanding rose from {first} to {last} in {months} months", **days)
    else:
        title = say("Days sales outstanding fell from {first} to {last} in {months} months", **days)
    return Chart(
        "dso", title, tuple(language.month(row["on"]) for row in rows), tuple(row["dso_days"] for row in rows),
        tuple(say("{days} days", days=language.number(row["dso_days"], 1)) for row in rows),
    )  # fmt: skip


def months(document: Mapping[str, Any], language: Language) -> Table:
    """The last twelve month ends: sales, what was open, the DSO family, effectiveness, loss ratio."""
    say = language.say
    fields = (
        ("on", "Month end", "date"), ("sales", "Sales", "money"), ("open", "Open", "money"),
        ("overdue", "Overdue", "money"), ("dso_days", "DSO simple", "days"),
        ("dso_countback_days", "DSO countback", "days"), ("dso_best_days", "Best possible", "days"),
        ("dso_delinquent_days", "Delinquent", "days"), ("cei_rate", "CEI", "rate"),
        ("loss_ratio_rate", "Net loss", "rate"),
    )  # fmt: skip
    columns = tuple(Column(key, say(title), kind) for key, title, kind in fields)  # type: ignore[arg-type]
    amounts = {key for key, _, kind in fields if kind == "money"}
    cells = [
        tuple(money(row[key]) if key in amounts else row[key] for key, _, _ in fields)
        for row in _begun(document["months"])[-12:]
    ]
    note = say(
        "Simple: open over the sales of the last three months, times their days. Countback: days of the latest sales "
        "that make up what is open. Best possible: the simple figure of what is not overdue; delinquent: the rest. "
        "CEI: what was collected of what could have been. Sales and receivables with VAT; net loss over 12 months "
        "without."
    )
    return Table("months", say("Month by month"), columns, cells, None, note, say("There is no month end yet."))


def _begun(months: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The months from the first with anything in it."""
    first = next((k for k, row in enumerate(months) if Decimal(row["sales"]) or Decimal(row["open"])), len(months))
    return months[first:]


def reconciliation(document: Mapping[str, Any], language: Language) -> Section:
    """The tie to the general ledger, or that there is none."""
    say, found = language.say, document["reconciliation"]
    title = say("Reconciliation to the general ledger")
    if found["status"] == "not_reconciled":
        missing = say("Not reconciled to the general ledger: there is no control balance of this day.")
        return Lines("reconciliation", title, (missing,))
    columns = (
        Column("entity", say("Entity")), Column("currency", say("Currency")), Column("items", say("Items"), "exact"),
        Column("control", say("General ledger"), "exact"), Column("difference", say("Difference"), "exact"),
        Column("status", say("Result")),
    )  # fmt: skip
    rows = [
        (
            row["entity"], row["currency"], money(row["items"]), money(row["control"]), money(row["difference"]),
            say(_TIES[row["status"]]),
        )
        for row in found["rows"]
    ]  # fmt: skip
    note = say(_TIE_NOTES[found["status"]])
    return Table("reconciliation", title, columns, rows, None, note)


_TIES = {"reconciled": "ties", "different": "differs", "not_reconciled": "not reconciled"}
_TIE_NOTES = {
    "reconciled": "The items tie to the general ledger, to the cent.",
    "different": "The items do not tie to the general ledger: the report must not be signed until that is explained.",
    "partly": "The items tie to the general ledger where it gives a balance of this day; the rest is not reconciled.",
}


def value(document: Mapping[str, Any], name: str) -> float | None:
    """A headline figure that is a number; None where it cannot be said or is not there."""
    figure = document["figures"].get(name)
    return None if figure is None or figure["value"] is None else float(figure["value"])


def amount(document: Mapping[str, Any], name: str) -> Decimal | None:
    """A headline figure that is an amount."""
    figure = document["figures"].get(name)
    return None if figure is None else money(figure["value"])


def _share(part: Decimal | None, whole: Decimal, language: Language) -> str:
    return (
        ""
        if part is None or not whole
        else language.say("{rate} of what is open", rate=language.percent(float(part / whole), 2))
    )


def _owing(document: Mapping[str, Any]) -> int:
    return sum(1 for row in document["ageing"]["customers"] if Decimal(row["open"]))


def _is_void(section: Section) -> bool:
    if isinstance(section, Table):
        return not section.rows and not section.empty
    return isinstance(section, Chart) and not section.values


def _facts(document: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    say, basis = language.say, document["basis"]
    facts = [(say("Company"), document["company"])] if document["company"] else []
    facts += [
        (say("Entities"), ", ".join(document["entities"])),
        (say("As of"), language.day(document["as_of"])),
        (say("Known"), _known(basis, language)),
        (say("Amounts in"), scale_of([document["ageing"]["total"]["open"]], document["currency"], language).title),
        (say("Facts from"), _sources(basis, language)),
    ]
    if basis["rejected_rows"]:
        facts.append(
            (say("Left out"), say("{count} rejected rows are not in these figures", count=basis["rejected_rows"]))
        )
    return facts


def _known(basis: Mapping[str, Any], language: Language) -> str:
    if basis["from"] == "files":
        return language.say("what the files say")
    known = language.say("up to batch {batch}", batch=basis["batch"])
    return f"{known} ({basis['known_at'][:16].replace('T', ' ')} UTC)" if basis["known_at"] else known


def _sources(basis: Mapping[str, Any], language: Language) -> str:
    if basis["from"] == "store":
        return language.say("the store")
    named = [f"{one['name']} (SHA-256 {one['sha256'][:HASH_SHOWN]}…)" for one in basis["files"]]
    return language.listed(named) or NOTHING


def _closing(document: Mapping[str, Any], language: Language) -> list[Section]:
    say = language.say
    notes = [
        say("Method of the loss rates: {method}. Standard: {standard}.", method=say(METHODS[document["method"]]),
            standard=STANDARDS[document["standard"]]),
        *(say(note) for note in document["basis"]["notes"]),
        *(
            say("{currency} is converted at {rate}, the rate of {day} ({source}).", currency=one["currency"],
                rate=f"{one['rate']:.6g}", day=language.day(one["on"]), source=one["source"])
            for one in document["rates"] if one["currency"] != document["currency"]
        ),
        say("Amounts of all days are converted at the rate of the report's day."),
        say("Policies: SHA-256 {policies}…; figures: SHA-256 {figures}….",
            policies=document["policies_sha256"][:HASH_SHOWN], figures=document["figures_sha256"][:HASH_SHOWN]),
    ]  # fmt: skip
    titles = "title_zh" if language.code == "zh" else "title"
    doubts = [f"{row[titles]} ({row['policy']}): {row['source']}" for row in document["unverified"]]
    closing: list[Section] = [Lines("method", say("How these figures were made"), tuple(notes))]
    if doubts:
        first = say("These parameters were written from knowledge and not yet checked against their source:")
        closing.append(Lines("unverified", say("What is unverified"), (first, *doubts)))
    return closing
