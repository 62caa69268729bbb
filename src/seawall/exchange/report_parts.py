"""The smaller documents on the page: ageing and its siblings, each from its published shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Cell, Column, Layout, Table

MEASURES = (("open", "Open"), ("overdue", "Overdue"), ("disputed", "Disputed"), ("unapplied", "Unapplied"))
GROUP_TITLES = {
    "customer_code": "Customer", "group_code": "Group", "entity": "Entity", "currency": "Currency", "sector": "Sector",
    "country": "Country",
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
    key = next((name for name in GROUP_TITLES if rows and name in rows[0]), "customer_code")
    named = names if key == "customer_code" else None
    own = any("document" in row for row in rows)
    columns = (
        Column(key, say(GROUP_TITLES[key])),
        *([Column("name", say("Name"))] if named else []),
        *([Column("open_document", say("Open, own currency"), "exact")] if own else []),
        *(Column(name, say(title), "money") for name, title in MEASURES),
        *(Column(name, bucket_title(name, language), "money") for name in buckets),
    )

    def cells(row: Mapping[str, Any], first: Cell) -> Sequence[Cell]:
        before = [named.get(str(first), "")] if named else []
        beside = [money(row["document"]["open"]) if "document" in row else None] if own else []
        amounts = [money(row[name]) for name, _ in MEASURES]
        return (first, *before, *beside, *amounts, *(money(row["by_bucket"][name]) for name in buckets))

    return Table(
        "ageing", say("By {dimension}", dimension=say(GROUP_TITLES[key]).lower()), columns,
        [cells(row, row[key]) for row in rows], cells(document["total"], say("Total")),
        empty=say("Nothing was open on that day."),
    )  # fmt: skip


def facts_of(document: Mapping[str, Any], scale: Scale, language: Language) -> tuple[tuple[str, str], ...]:
    """The head of a smaller document: its day and the unit of its amounts."""
    return ((language.say("As of"), language.day(document["as_of"])), (language.say("Amounts in"), scale.title))
