"""The smaller documents on the page: ageing and its siblings, each from its published shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Cell, Column, Layout, Table

MEASURES = (("open", "Open"), ("overdue", "Overdue"), ("disputed", "Disputed"), ("unapplied", "Unapplied"))
_GROUP_TITLES = {
    "customer_code": "Customer", "group_code": "Group", "entity": "Entity", "currency": "Currency", "sector": "Sector",
}  # fmt: skip


def bucket_title(name: str, language: Language) -> str:
    """What people call a bucket: ``1_30`` → 1–30 days."""
    if name in _BUCKETS:
        return language.say(_BUCKETS[name])
    if name.endswith(("_year", "_years")):
        return _years_title(name, language)
    kind, _, rest = name.partition("_")
    if kind == "over":
        return language.say("Over {days} days", days=rest)
    if kind == "due":
        return language.say("Due in {days}", days=rest.removeprefix("in_").replace("_or_more", "+").replace("_", "–"))
    return language.say("{low}–{high} days", low=kind, high=rest)


_BUCKETS = {"not_due": "Not due", "due_today": "Due today", "paid": "Paid", "written_off": "Written off"}


def _years_title(name: str, language: Language) -> str:
    low, high = name.rsplit("_", 1)[0].split("_")
    if low == "over":
        return language.say("Over {years} years", years=high)
    return language.say("Within 1 year") if low == "0" else language.say("{low}–{high} years", low=low, high=high)


def scale_of(amounts: Sequence[str | None], currency: str | None, language: Language) -> Scale:
    """The scale that suits the largest of these amounts."""
    largest = max((abs(Decimal(amount)) for amount in amounts if amount is not None), default=Decimal(0))
    decimals = max((len(amount.partition(".")[2]) for amount in amounts if amount), default=2)
    return language.scale(largest, currency, decimals) if currency else Scale(1, decimals, "")


def money(amount: str | None) -> Decimal | None:
    """An amount of a published document as a number."""
    return None if amount is None else Decimal(amount)


def ageing(document: Mapping[str, Any], language: Language, names: Mapping[str, str] | None = None) -> Layout:
    """An ageing by customer, or by what it was asked by; ``names`` of customers go beside their codes."""
    say = language.say
    total, currency = document["total"], document["currency"]
    scale = scale_of([total["open"], total["unapplied"]], currency, language)
    by = document.get("by", "due")
    facts = [
        (say("As of"), language.day(document["as_of"])),
        (say("Amounts in"), scale.title),
        (say("Aged by"), say("days past the due day") if by == "due" else say("days since the day of issue")),
    ]
    tables = [ageing_by_bucket(document, language), ageing_rows(document, language, names)]
    return Layout(
        name="ageing", title=say("Ageing of receivables"), subtitle=language.day(document["as_of"]),
        language=language, scale=scale, facts=tuple(facts), sections=tuple(tables), currency=currency or "",
    )  # fmt: skip


def ageing_by_bucket(document: Mapping[str, Any], language: Language) -> Table:
    """The total by bucket, with each bucket's share."""
    say, total = language.say, document["total"]
    whole = Decimal(total["open"])
    amounts = [(name, Decimal(total["by_bucket"][name])) for name in document["buckets"]]
    rows: list[Sequence[Cell]] = [
        (bucket_title(name, language), amount, float(amount / whole) if whole else None) for name, amount in amounts
    ]
    notes = [
        say("Unapplied receipts and credit notes of {amount} stand apart; they reduce no bucket.", amount=text)
        for text in [language.number(Decimal(total["unapplied"]), len(total["unapplied"].partition(".")[2]))]
        if Decimal(total["unapplied"])
    ]
    columns = (
        Column("bucket", say("Age")),
        Column("open", say("Open"), "money"),
        Column("share", say("Share"), "rate"),
    )
    total_row = (say("Total"), whole, 1.0 if whole else None)
    longest = max((amount for _, amount in amounts), default=whole) or Decimal(1)
    bars = tuple(float(max(amount, Decimal(0)) / longest) for _, amount in amounts)
    return Table("ageing_by_bucket", say("By age"), columns, rows, total_row, language.sentences(notes), bars=bars)


def ageing_rows(document: Mapping[str, Any], language: Language, names: Mapping[str, str] | None = None) -> Table:
    """One line for each customer, or group, entity, currency, sector."""
    say, buckets = language.say, document["buckets"]
    rows = document.get("groups", document["customers"])
    key = next((name for name in _GROUP_TITLES if rows and name in rows[0]), "customer_code")
    named = names if key == "customer_code" else None
    columns = (
        Column(key, say(_GROUP_TITLES[key])),
        *([Column("name", say("Name"))] if named else []),
        *(Column(name, say(title), "money") for name, title in MEASURES),
        *(Column(name, bucket_title(name, language), "money") for name in buckets),
    )

    def cells(row: Mapping[str, Any], first: Cell) -> Sequence[Cell]:
        amounts = [money(row[name]) for name, _ in MEASURES]
        return (
            first,
            *([named.get(str(first), "")] if named else []),
            *amounts,
            *(money(row["by_bucket"][name]) for name in buckets),
        )

    return Table(
        "ageing", say("By {dimension}", dimension=say(_GROUP_TITLES[key]).lower()), columns,
        [cells(row, row[key]) for row in rows], cells(document["total"], say("Total")),
        empty=say("Nothing was open on that day."),
    )  # fmt: skip


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
        floor = say("The rates are floors set by policy: the ledger holds no losses to take rates from.")
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
        "Mean of the steps' ratios over 24 month ends; what was written off counts as rolled on, not as collected. "
        "By item: the share that ended written off, paid items leaving."
    )
    title = say("Roll rates by month") if step == "month" else say("Roll rates by year since invoice")
    return Table("roll_rates", title, columns, cells, None, note, say("The history is too short for roll rates."))


def _unless_zero(amount: str) -> Decimal | None:
    return Decimal(amount) or None
