"""What will be lost, on the page: provision by age, the allowance's movement, its entries, roll rates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language
from seawall.exchange.report_layout import Column, Layout, Table
from seawall.exchange.report_parts import bucket_title, facts_of, money, scale_of

METHODS = {
    "cohort_loss_rate": "loss rates by cohort", "migration": "migration (roll rates)",
    "ageing_percentages": "ageing percentages",
}  # fmt: skip
STANDARDS = {"ifrs9": "IFRS 9", "cas22": "CAS 22", "cecl": "CECL (ASC 326)"}
BASES = {
    "own": "own history", "shrunk": "own history, drawn to the floor", "floor": "floor, no usable history",
    "policy": "percentage set by policy", "individual": "assessed individually",
}  # fmt: skip
"""Where a loss rate comes from, in words."""


def provision(document: Mapping[str, Any], language: Language) -> Table:
    """Expected credit loss by bucket: base, rate, where the rate comes from, amount."""
    say, rows = language.say, document["provision"]
    pools = {row["pool"] for row in rows}
    columns = (
        *([Column("pool", say("Pool"))] if len(pools) > 1 else []),
        Column("bucket", say("Age")), Column("gross", say("Open"), "money"), Column("rate", say("Loss rate"), "rate"),
        Column("forward_factor", say("Forward factor"), "number"), Column("applied_rate", say("Applied"), "rate"),
        Column("ecl", say("Expected loss"), "money"), Column("basis", say("Basis of the rate")),
    )  # fmt: skip
    cells = [
        (
            *([say(_POOLS.get(row["pool"], row["pool"]))] if len(pools) > 1 else []),
            bucket_title(row["bucket"], language),
            money(row["gross"]), row["rate"], row["forward_factor"], row["applied_rate"], money(row["ecl"]),
            say(BASES[row["basis"]]),
        )
        for row in rows
    ]  # fmt: skip
    gross, ecl = (sum((Decimal(row[name]) for row in rows), Decimal(0)) for name in ("gross", "ecl"))
    lead = (None,) * (len(columns) - 7)
    total = (*lead, say("Total"), gross, None, None, float(ecl / gross) if gross else None, ecl, None)
    return Table(
        "provision", say("Expected credit loss by age"), columns, cells, total,
        _basis_note(document, language), say("Nothing is open to provide for."),
    )  # fmt: skip


_POOLS = {"all": "all", "individual": "individual"}


def _basis_note(document: Mapping[str, Any], language: Language) -> str:
    """Says plainly whether the figure rests on the company's own losses or on a floor."""
    say = language.say
    bases = {row["basis"] for row in document["provision"] if Decimal(row["gross"])}
    named = say(
        "Method: {method}; standard: {standard}.",
        method=say(METHODS[document["method"]]),
        standard=STANDARDS[document["standard"]],
    )
    if bases <= {"own", "individual"}:
        return named
    if "floor" in bases and not bases & {"own", "shrunk"}:
        floor = say("The rates are floors set by policy: the own history cannot give them.")
        return language.sentences([named, floor])
    if bases & {"floor", "shrunk"}:
        return language.sentences(
            [named, say("Where the own history is thin, the rate is drawn to a floor set by policy.")]
        )
    return named


def allowance(document: Mapping[str, Any], language: Language) -> Table:
    """The movement of the allowance from its opening to the closing balance."""
    say = language.say
    columns = (
        Column("movement", say("Movement")),
        Column("on", say("Day"), "date"),
        Column("amount", say("Amount"), "exact"),
    )
    rows = [
        (say(_MOVEMENTS.get(row["movement"], row["movement"])), row["on"], money(row["amount"]))
        for row in document["allowance"]
    ]
    return Table("allowance", say("Movement of the allowance"), columns, rows)


_MOVEMENTS = {
    "opening": "Opening balance", "charge": "Charge or release", "write_off": "Written off", "recovery": "Recovered",
    "closing": "Closing balance",
}  # fmt: skip


def journal(document: Mapping[str, Any], language: Language) -> Table:
    """The entries that book the change of the allowance."""
    say, named = language.say, "account_name_zh" if language.code == "zh" else "account_name"
    columns = (
        Column("line", "#", "count"), Column("event", say("Event")), Column("account", say("Account")),
        Column("debit", say("Debit"), "exact"), Column("credit", say("Credit"), "exact"),
    )  # fmt: skip
    cells = [
        (
            row["line"], say(_EVENTS.get(row["event"], row["event"])), row[named],
            _unless_zero(row["debit"]), _unless_zero(row["credit"]),
        )
        for row in document["journal"]
    ]  # fmt: skip
    debit, credit = (
        sum((Decimal(row[side]) for row in document["journal"]), Decimal(0)) for side in ("debit", "credit")
    )
    total = (None, None, say("Total"), debit, credit) if cells else None
    return Table(
        "journal",
        say("Journal entries"),
        columns,
        cells,
        total,
        empty=say("The allowance does not change: nothing to book."),
    )


_EVENTS = {"charge": "Charge", "release": "Release", "write_off": "Write-off", "recovery": "Recovery"}


def roll_rates(document: Mapping[str, Any], language: Language, step: str = "month") -> Table:
    """How much of each bucket rolls on to the next in a step, and what is lost of it in the end."""
    say = language.say
    rows = [row for row in document["roll_rates"] if row["step"] == step and row["steps"]]
    columns = (
        Column("bucket", say("Age")), Column("next_bucket", say("Rolls on to")), Column("steps", say("Steps"), "count"),
        Column("roll_rate", say("Roll rate"), "rate"), Column("loss_rate", say("Lost in the end"), "rate"),
        Column("item_loss_rate", say("Lost, by item"), "rate"),
    )  # fmt: skip
    cells = [
        (
            bucket_title(row["bucket"], language), bucket_title(row["next_bucket"], language), row["steps"],
            row["roll_rate"], row["loss_rate"], row["item_loss_rate"],
        )
        for row in rows
    ]  # fmt: skip
    note = say(
        "Mean of the steps' ratios; what was written off counts as rolled on, not as collected. "
        "By item: the share that ended written off, paid items leaving."
    )
    title = say("Roll rates by month") if step == "month" else say("Roll rates by year since invoice")
    return Table("roll_rates", title, columns, cells, None, note, say("The history is too short for roll rates."))


def _unless_zero(amount: str) -> Decimal | None:
    return Decimal(amount) or None


def provision_layout(document: Mapping[str, Any], language: Language) -> Layout:
    """The provision alone: by age, where its rates come from, what is booked."""
    scale = scale_of([row["gross"] for row in document["provision"]], document["currency"], language)
    sections = (
        provision(document, language), loss_rates(document, language), allowance(document, language),
        journal(document, language),
    )  # fmt: skip
    return Layout(
        name="provision", title=language.say("Provision for expected credit losses"),
        subtitle=language.day(document["as_of"]), language=language, scale=scale,
        facts=facts_of(document, scale, language), sections=sections, currency=document["currency"],
    )  # fmt: skip


def loss_rates(document: Mapping[str, Any], language: Language) -> Table:
    """Where each rate comes from: what reached the bucket, what was lost of it, the floor, the rate used."""
    say, rows = language.say, document["loss_rates"]
    columns = (
        Column("pool", say("Pool")), Column("bucket", say("Age")), Column("reached", say("Reached"), "money"),
        Column("lost", say("Lost"), "money"), Column("customers_lost", say("Customers lost"), "count"),
        Column("own_rate", say("Own rate"), "rate"), Column("low_rate", say("95 % from"), "rate"),
        Column("high_rate", say("95 % to"), "rate"), Column("floor_rate", say("Floor"), "rate"),
        Column("weight_rate", say("Weight of own"), "rate"), Column("rate", say("Rate used"), "rate"),
    )  # fmt: skip
    cells = [
        (
            say(_POOLS.get(row["pool"], row["pool"])), bucket_title(row["bucket"], language), money(row["reached"]),
            money(row["lost"]), row["customers_lost"], row["own_rate"], row["low_rate"], row["high_rate"],
            row["floor_rate"], row["weight_rate"], row["rate"],
        )
        for row in rows
    ]  # fmt: skip
    return Table("loss_rates", say("Where the rates come from"), columns, cells)


def roll_rates_layout(document: Mapping[str, Any], language: Language) -> Layout:
    """Roll rates alone: the mean of the steps, and each step beneath."""
    scale = scale_of([row["from"] for row in document["steps"]], document["currency"], language)
    return Layout(
        name="roll_rates", title=language.say("Roll rates"), subtitle=language.day(document["as_of"]),
        language=language, scale=scale, facts=facts_of(document, scale, language),
        sections=(roll_rates(document, language, document["step"]), roll_steps(document, language)),
        currency=document["currency"],
    )  # fmt: skip


def roll_steps(document: Mapping[str, Any], language: Language) -> Table:
    """Each step's ratio: a line for each day, a column for each bucket."""
    say, steps = language.say, document["steps"]
    buckets = list(dict.fromkeys(row["bucket"] for row in steps))
    rates = {(row["on"], row["bucket"]): row["roll_rate"] for row in steps}
    by_bucket = (Column(name, bucket_title(name, language), "rate") for name in buckets)
    days = dict.fromkeys(row["on"] for row in steps)
    cells = [(on, *(rates.get((on, name)) for name in buckets)) for on in days]
    return Table("roll_steps", say("Step by step"), (Column("on", say("Step to"), "date"), *by_bucket), cells)
