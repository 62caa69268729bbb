"""A claim file on the page: what is asked for and what is there, then each part of it as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final

from seawall.exchange import report_statement
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_cover import KINDS, REASONS, STATES, in_words, payment_lines, step_text, word
from seawall.exchange.report_insured import INSURANCE_EVENTS, LIMIT_KINDS, RECEIVERS
from seawall.exchange.report_layout import Cell, Column, Kind, Layout, Section, Table, Tile, Tiles
from seawall.exchange.report_parts import money


def noop(text: str) -> str:
    """A sentence of the catalogue, said later."""
    return text


CHECKS: Final = {
    "there": noop("there"), "partly": noop("partly there"), "missing": noop("missing"),
    "not_needed": noop("not needed"), "unsaid": noop("not looked at"),
}  # fmt: skip
"""States of the checklist in words."""

ACTS: Final = {
    "note written": noop("Note"), "task given": noop("Task"), "task changed": noop("Task changed"),
    "task done": noop("Task done"), "pause paused": noop("Chasing rests"), "pause resumed": noop("Chasing goes on"),
    "proposal proposed": noop("Write-off proposed"), "proposal approved": noop("Write-off approved"),
    "proposal rejected": noop("Write-off rejected"), "proposal withdrawn": noop("Write-off proposal withdrawn"),
}  # fmt: skip
"""Correspondence and notes in words."""

Columns = Sequence[tuple[str, str, Kind]]
Document = Mapping[str, Any]


def claim_file(document: Document, language: Language, paths: Mapping[str, str] | None = None) -> Layout:
    """The whole file; ``paths`` says by hash where in a ZIP each document stands: people are shown its number."""
    say, customer, policy = language.say, document["customer"], document["policy"]
    title = policy["title_zh"] if language.code == "zh" else policy["title"]
    facts = (
        (say("Customer"), f"{customer['name']} ({customer['customer_code']})"),
        (say("Insurance policy"), " · ".join(each for each in (policy["policy"], title, policy["insurer"]) if each)),
        (say("Date of loss"), language.day(document["date_of_loss"])),
        (say("Cause"), word(document["cause"], language)),
        (say("As of"), language.day(document["as_of"])),
    )
    warning = ""
    if document["is_demo"]:
        warning = say("Demonstration: this company, its customers and its figures are invented.")
    return Layout(
        "claim_file", say("Claim file"), document["company"], language, Scale(1, 2, ""), facts, "", warning,
        tuple(_sections(document, language, paths or {})), footer=f"{customer['name']} · {policy['policy']}",
    )  # fmt: skip


def _sections(document: Document, language: Language, paths: Mapping[str, str]) -> list[Section]:
    made: list[Section] = [_tiles(each, language) for each in document["claims"]]
    made.append(_checklist(document["checklist"], language))
    made += [_waterfall(each, language, number) for number, each in enumerate(document["claims"])]
    made.append(_items(document["items"], language))
    accounts = list(enumerate(document["statement"]))
    made += [report_statement.months(account, language, number) for number, account in accounts]
    made += [_duties(document["duties"], language), _events(document["events"], language)]
    made += [_disputes(document["disputes"], language), _limits(document["limits"], language)]
    made += _evidence(document["evidence"], language)
    made += _money(document, language)
    if document["correspondence"] is not None:
        made.append(_correspondence(document["correspondence"], language))
    if document["documents"] is not None:
        made.append(_documents(document["documents"], language, paths))
    made += [report_statement.movements(account, language, number) for number, account in accounts]
    return made


def _tiles(claim: Document, language: Language) -> Tiles:
    say = language.say

    def figure(name: str) -> str:
        amount = Decimal(claim[name])
        return f"{claim['currency']} {language.number(amount, max(0, -int(amount.as_tuple().exponent)))}"

    since = claim["payable_from"]
    note = "" if since is None else say("Payable from {day}", day=language.day(since))
    period = f"{claim['from']} – {claim['to']}"
    return Tiles((
        Tile(say("Owed on the day of loss"), figure("gross"), period), Tile(say("Covered loss"), figure("covered")),
        Tile(say("Indemnity"), figure("indemnity"), note), Tile(say("Retained"), figure("retained")),
    ))  # fmt: skip


def _checklist(rows: Sequence[Document], language: Language) -> Table:
    say, title = language.say, "title_zh" if language.code == "zh" else "title"
    columns: Columns = (
        ("code", say("What is asked for"), "words"), ("state", say("State"), "text"),
        ("there", say("On file"), "count"), ("wanted", say("Needed"), "count"),
    )  # fmt: skip
    cells = [
        (
            row["code"] if language.says_codes else row[title], in_words(CHECKS, row["state"], language),
            *((row["there"], row["wanted"]) if row["state"] in ("there", "partly", "missing") else (None, None)),
        )
        for row in rows
    ]  # fmt: skip
    return _table(
        "checklist", say("Checklist"), columns, cells, note=say("Documents are known by words in their names.")
    )


def _waterfall(claim: Document, language: Language, number: int) -> Table:
    say = language.say
    columns: Columns = (("name", say("Line of the calculation"), "words"), ("amount", say("Amount"), "exact"))
    cells = [(step_text(row["name"], language), money(row["amount"])) for row in claim["steps"]]
    period = f"{claim['from']} – {claim['to']}"
    note = language.sentences(payment_lines(claim, language))
    return _table(f"waterfall_{number}", f"{say('Claim')} · {period} · {claim['currency']}", columns, cells, note=note)


def _items(rows: Sequence[Document], language: Language) -> Table:
    say = language.say
    columns: Columns = (
        ("entity", say("Entity"), "text"), ("number", say("Number"), "text"), ("issued_on", say("Issued"), "date"),
        ("shipped_on", say("Shipped"), "date"), ("due_on", say("Due"), "date"),
        ("dpd_days", say("Days past due"), "count"), ("currency", say("Currency"), "text"),
        ("open", say("Open"), "exact"), ("covered", say("Covered"), "exact"),
        ("indemnity", say("Indemnity"), "exact"), ("reason", say("Why not all"), "words"),
    )  # fmt: skip
    cells = [
        (
            *(row[name] for name in ("entity", "number", "issued_on", "shipped_on", "due_on")),
            max(0, row["dpd_days"]), row["currency"], *(money(row[name]) for name in ("open", "covered", "indemnity")),
            in_words(REASONS, row["reason"], language),
        )
        for row in rows
    ]  # fmt: skip
    note = say("An item's indemnity is before what belongs to the whole period of the policy.")
    table = _table("items", say("Items claimed"), columns, cells, note=note)
    if len({row["currency"] for row in rows}) > 1:
        return table
    sums = [sum((Decimal(row[name]) for row in rows), Decimal(0)) for name in ("open", "covered")]
    return replace(table, total=(say("Total"), None, None, None, None, None, rows[0]["currency"], *sums, None, None))


def _duties(rows: Sequence[Document], language: Language) -> Table:
    say = language.say
    columns: Columns = (
        ("kind", say("Duty"), "words"), ("number", say("Number"), "text"), ("on", say("Until"), "date"),
        ("state", say("State"), "text"), ("done_on", say("Done"), "date"),
    )  # fmt: skip
    cells = [
        (
            in_words(KINDS, row["kind"], language), row["number"], row["on"],
            in_words(STATES, row["state"], language), row["done_on"],
        )
        for row in rows
    ]  # fmt: skip
    return _table("duties", say("Duties under the policy"), columns, cells, empty=say("There is none."))


def _events(rows: Sequence[Document], language: Language) -> Table:
    say = language.say
    columns: Columns = (
        ("on", say("Day"), "date"), ("event", say("What happened"), "words"), ("number", say("Number"), "text"),
        ("detail", say("Detail"), "words"),
    )  # fmt: skip
    cells = [
        (row["on"], in_words(INSURANCE_EVENTS, row["event"], language), row["number"], row["detail"]) for row in rows
    ]
    return _table("events", say("Told to the insurer, and what happened"), columns, cells,
                  empty=say("There is none."))  # fmt: skip


def _disputes(rows: Sequence[Document], language: Language) -> Table:
    say, title = language.say, "title_zh" if language.code == "zh" else "title"
    columns: Columns = (
        ("number", say("Number"), "text"), ("opened_on", say("From"), "date"), ("closed_on", say("Until"), "date"),
        ("currency", say("Currency"), "text"), ("amount", say("Amount"), "exact"), ("reason", say("Reason"), "words"),
    )  # fmt: skip
    cells = [
        (
            *(row[name] for name in ("number", "opened_on", "closed_on", "currency")), money(row["amount"]),
            row["reason"] if language.says_codes else row[title] or row["reason"],
        )
        for row in rows
    ]  # fmt: skip
    return _table("disputes", say("Disputes"), columns, cells, empty=say("There is none."))


def _limits(rows: Sequence[Document], language: Language) -> Table:
    say = language.say
    columns: Columns = (
        ("decided_on", say("Decided"), "date"), ("layer", say("Layer"), "text"), ("kind", say("Decision"), "words"),
        ("currency", say("Currency"), "text"), ("amount", say("Amount"), "exact"),
        ("effective_from", say("From"), "date"), ("expires_on", say("Until"), "date"),
        ("insured_rate", say("Insured percentage"), "rate"), ("max_term_days", say("Longest term, days"), "count"),
        ("payment_method", say("Payment method"), "text"), ("conditions", say("Conditions"), "words"),
    )  # fmt: skip
    cells = [
        tuple(
            in_words(LIMIT_KINDS, row[name], language) if name == "kind"
            else money(row[name]) if name == "amount" else row[name]
            for name, _title, _kind in columns
        )
        for row in rows
    ]  # fmt: skip
    return _table("limits", say("Decisions on the limit"), columns, cells, empty=say("There is none."))


def _evidence(found: Sequence[Document], language: Language) -> list[Table]:
    """What the limits of our own rest on; nothing where the claim needs none."""
    say = language.say
    if not found:
        return []
    shipped: Columns = (
        ("number", say("Number"), "text"), ("shipped_on", say("Shipped"), "date"),
        ("currency", say("Currency"), "text"), ("limit", say("Self-set limit"), "exact"),
        ("payments", say("Payments on time"), "count"), ("until_on", say("Justified until"), "date"),
        ("report_on", say("Credit report of"), "date"),
    )  # fmt: skip
    paid: Columns = (
        ("number", say("Number"), "text"), ("due_on", say("Due"), "date"), ("paid_on", say("Paid on"), "date"),
        ("currency", say("Currency"), "text"), ("amount", say("Amount"), "exact"),
    )  # fmt: skip
    shipments = [row for each in found for row in each["shipments"]]
    payments = [row for each in found for row in each["payments"]]
    return [
        _table("self_set_limits", say("Self-set limits by shipment"), shipped, _rows(shipments, shipped)),
        _table("payments_on_time", say("Payments that justify them"), paid, _rows(payments, paid),
               empty=say("There is none.")),
    ]  # fmt: skip


def _money(document: Document, language: Language) -> list[Table]:
    """What the insurer paid on this claim, and what came in after the loss; nothing where there is none."""
    say = language.say
    paid: Columns = (
        ("paid_on", say("Paid on"), "date"), ("currency", say("Currency"), "text"),
        ("indemnity", say("Indemnity"), "exact"),
    )  # fmt: skip
    received: Columns = (
        ("received_on", say("Received on"), "date"), ("received_by", say("Received"), "text"),
        ("currency", say("Currency"), "text"), ("amount", say("Amount"), "exact"), ("costs", say("Costs"), "exact"),
    )  # fmt: skip
    recoveries = [
        row | {"received_by": in_words(RECEIVERS, row["received_by"], language)} for row in document["recoveries"]
    ]
    made = [
        _table("payments", say("Payments of the insurer"), paid, _rows(document["payments"], paid)),
        _table("recoveries", say("Recoveries"), received, _rows(recoveries, received)),
    ]
    return [table for table in made if table.rows]


def _correspondence(rows: Sequence[Document], language: Language) -> Table:
    say = language.say
    columns: Columns = (
        ("on", say("Day"), "date"), ("act", say("What"), "text"), ("item", say("Item"), "text"),
        ("text", say("Words"), "words"), ("who", say("Who"), "text"),
    )  # fmt: skip
    cells = [
        (
            row["on"], in_words(ACTS, f"{row['kind']} {row['act']}", language), row["item"],
            row["what"].get("text") or None, row["who"],
        )
        for row in rows
    ]  # fmt: skip
    return _table("correspondence", say("Correspondence and notes"), columns, cells, empty=say("There is none."))


def _documents(rows: Sequence[Document], language: Language, paths: Mapping[str, str]) -> Table:
    say = language.say
    columns: Columns = (
        ("file", say("File"), "text"), ("name", say("Document"), "words"), ("number", say("Item"), "text"),
        ("added_on", say("Added"), "date"), ("bytes", say("Bytes"), "count"), ("sha256", "SHA-256", "words"),
    )  # fmt: skip
    places = paths if language.says_codes else {sha256: PurePath(path).name[:3] for sha256, path in paths.items()}
    cells = [
        (places.get(row["sha256"]), row["name"], row["number"], row["added_on"], row["bytes"], row["sha256"])
        for row in rows
    ]  # fmt: skip
    return _table("documents", say("Documents on file"), columns, cells, empty=say("There is none."))


def _table(
    name: str, title: str, columns: Columns, cells: Sequence[Sequence[Cell]], *, note: str = "", empty: str = ""
) -> Table:
    return Table(name, title, tuple(Column(*one) for one in columns), cells, note=note, empty=empty)


def _rows(rows: Sequence[Document], columns: Columns) -> list[Sequence[Cell]]:
    return [[money(row[key]) if kind == "exact" else row[key] for key, _title, kind in columns] for row in rows]
