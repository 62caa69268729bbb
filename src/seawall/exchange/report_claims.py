"""Claims under way as pages: the list of them, and one with its steps, its money and its claim file, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from seawall.engine.protection.terms import TERMS
from seawall.exchange import report_cover
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_cover import in_words
from seawall.exchange.report_insured import CAUSES, RECEIVERS
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import money


def noop(text: str) -> str:
    """A sentence of the catalogue, said later."""
    return text


STEPS: Final = {
    "opened": noop("Notice of the loss"),
    "overdue_report": noop("Overdue report"),
    "hand_over": noop("Hand-over of the debt to collection"),
    "claim_file": noop("Claim file"),
    "filed": noop("Filing of the claim"),
    "decided": noop("The insurer's decision"),
    "paid": noop("Indemnity paid"),
    "recovered": noop("Recoveries after the loss"),
    "subrogated": noop("Subrogation"),
}
"""Steps of a claim in words."""

MOVES: Final = {
    "opened": noop("Notice of the loss"),
    "overdue_report": noop("Overdue report"),
    "hand_over": noop("Hand-over of the debt to collection"),
    "gathered": noop("Document gathered"),
    "file_complete": noop("Claim file complete"),
    "filed": noop("Filing of the claim"),
    "decided": noop("The insurer's decision"),
    "paid": noop("Indemnity paid"),
    "recovered": noop("Money recovered"),
    "subrogated": noop("Rights passed on to the insurer"),
    "withdrawn": noop("Claim withdrawn"),
}
"""What may be recorded of a claim, in words."""

STATES: Final = {
    "opened": noop("opened"),
    "filed": noop("filed"),
    "decided": noop("decided by the insurer"),
    "refused": noop("refused"),
    "paid": noop("indemnity paid"),
    "subrogated": noop("paid, rights passed on"),
    "withdrawn": noop("withdrawn"),
}
"""Where a claim stands, in words."""

STEP_STATES: Final = {
    "done": noop("done"),
    "due": noop("to do"),
    "late": noop("late"),
    "waiting": noop("later"),
    "not_needed": noop("not needed"),
}

DECISIONS: Final = {
    "accepted": noop("accepted"),
    "partly": noop("accepted in part"),
    "refused": noop("refused"),
}

REPORTS: Final = {
    "OVD": noop("OVD: overdue"),
    "EXP": noop("EXP: extension agreed"),
    "RES": noop("RES: debt rescheduled"),
}

CONSEQUENCES: Final = {
    **report_cover.CONSEQUENCES,
    "insurer_late": noop("The insurer has to pay by then."),
}
"""What follows once the last day of a step has passed, in words."""

DIFFERENCES: Final = {
    "decided_below": noop("The insurer decided on less than the policy brings."),
    "decided_above": noop("The insurer decided on more than the policy brings."),
    "paid_below": noop("Less was paid than was decided or expected."),
    "paid_above": noop("More was paid than was decided or expected."),
    "above_maximum": noop("It is more than was left of the annual maximum."),
    "first_loss_differs": noop("The insurer took another part of the annual first loss."),
}
"""How the insurer's figures differ from ours, in words."""

MONEY: Final = {
    "gross": noop("Owed on the day of loss"),
    "expected": noop("Expected"),
    "decided": noop("Decided by the insurer"),
    "paid": noop("Paid by the insurer"),
    "retained": noop("Retained"),
    "recovered": noop("Recovered in all"),
    "insurers_part": noop("of it the insurer's"),
    "own_part": noop("of it ours"),
}
"""Figures of a claim in words."""

DOCUMENTS: Final = {
    "claim_form": noop("claim form"),
    "invoices": noop("invoices"),
    "statement_of_account": noop("statement of account by month"),
    "contract": noop("contract and order"),
    "delivery_proof": noop("proof of delivery"),
    "correspondence": noop("correspondence"),
    "limit_history": noop("limit history"),
    "discretionary_evidence": noop("evidence for the discretionary limit"),
    "notice_copy": noop("copy of the overdue notice"),
    "debt_confirmation": noop("confirmation of the debt by a third party"),
    "securities": noop("papers of securities"),
    "insolvency_confirmation": noop("confirmation of the insolvency"),
    "refusal_statement": noop("statement that the goods were refused"),
    "political_evidence": noop("evidence of the political event"),
}
"""Documents of a claim file in words."""


def listed(document: Mapping[str, Any], language: Language) -> Layout:
    """`seawall claim cases`: every claim with where it stands and what is next."""
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("policy", say("Insurance policy")),
        Column("date_of_loss", say("Date of loss"), "date"), Column("cause", say("Cause"), "words"),
        Column("state", say("State"), "words"), Column("next_step", say("Next step"), "words"),
        Column("next_by", say("Last day"), "date"), Column("days_left", say("Days left"), "count"),
        Column("currency", say("Currency")), *_money_columns(language),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            row["customer_code"], row["policy"], row["date_of_loss"], in_words(CAUSES, row["cause"], language),
            in_words(STATES, row["state"], language), in_words(STEPS, row["next_step"], language), row["next_by"],
            row["days_left"], row["currency"], *(money(row[name]) for name in MONEY),
        )
        for row in document["cases"]
    ]  # fmt: skip
    table = Table("claims", say("Claims"), columns, rows, empty=say("No claim is under way."))
    return _layout("claims", say("Claims"), document, language, (table,))


def shown(document: Mapping[str, Any], language: Language) -> Layout:
    """`seawall claim show`: one claim, its steps from top to bottom, then its money, file and recoveries."""
    say = language.say
    sections = (_steps(document["steps"], language), _money(document, language), _file(document["checklist"], language),
                _recoveries(document["recoveries"], language), *_records(document, language))  # fmt: skip
    facts = (
        (say("Insurance policy"), document["policy"]), (say("Date of loss"), language.day(document["date_of_loss"])),
        (say("Cause"), say(CAUSES[document["cause"]])), (say("State"), say(STATES[document["state"]])),
    )  # fmt: skip
    lead = " ".join(say(DIFFERENCES[each["kind"]]) for each in document["differences"])
    return Layout(
        "claim_case", say("Claim on {customer}", customer=document["customer_code"]), language.day(document["as_of"]),
        language, Scale(1, 2, ""), facts, lead, sections=sections, currency=document["currency"],
    )  # fmt: skip


def _layout(
    name: str, title: str, document: Mapping[str, Any], language: Language, sections: tuple[Table, ...]
) -> Layout:
    return Layout(name, title, language.day(document["as_of"]), language, Scale(1, 2, ""), sections=sections)


def _money_columns(language: Language) -> tuple[Column, ...]:
    return tuple(Column(name, language.say(title), "exact") for name, title in MONEY.items())


def _steps(steps: Sequence[Mapping[str, Any]], language: Language) -> Table:
    say = language.say
    columns = (
        Column("name", say("Step of the claim"), "words"), Column("state", say("State"), "words"),
        Column("on", say("Done"), "date"),
        Column("last_on", say("Last day"), "date"), Column("days_left", say("Days left"), "count"),
        Column("clause", say("Clause"), "words"), Column("consequence", say("What follows"), "words"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            in_words(STEPS, step["name"], language), in_words(STEP_STATES, step["state"], language), step["on"],
            step["last_on"], step["days_left"], _clause(step["clause"], language),
            in_words(CONSEQUENCES, _threatens(step), language),
        )
        for step in steps
    ]  # fmt: skip
    return Table("claim_steps", say("Steps of the claim"), columns, rows)


def _clause(term: str | None, language: Language) -> str | None:
    if not term or language.says_codes:
        return term
    return TERMS[term].value.title_zh if language.code == "zh" else TERMS[term].value.title


def _threatens(step: Mapping[str, Any]) -> str | None:
    """What follows, where it still may, or does."""
    consequence: str | None = step["consequence"]
    return consequence if step["is_late"] or step["state"] != "done" else None


def _money(document: Mapping[str, Any], language: Language) -> Table:
    say = language.say
    columns = (Column("name", say("Money"), "words"), Column("amount", say("Amount"), "exact"))
    rows: list[Sequence[Cell]] = [
        (in_words(MONEY, name, language), money(amount))
        for name, amount in document["money"].items()
        if amount is not None
    ]  # fmt: skip
    rows += [(in_words(DIFFERENCES, each["kind"], language), money(each["amount"])) for each in document["differences"]]
    return Table("claim_money", say("Money"), columns, rows)


def _file(checklist: Sequence[Mapping[str, Any]], language: Language) -> Table:
    say = language.say
    columns = (
        Column("document", say("Document"), "words"), Column("gathered_on", say("Gathered"), "date"),
        Column("detail", say("In detail"), "words"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (in_words(DOCUMENTS, each["document"], language), each["gathered_on"], each["detail"]) for each in checklist
    ]
    empty = say("The policy does not say which documents a claim needs.")
    return Table("claim_file", say("Claim file"), columns, rows, empty=empty)


def _recoveries(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    say = language.say
    columns = (
        Column("received_on", say("Received on"), "date"), Column("received_by", say("Received"), "words"),
        Column("amount", say("Amount"), "exact"), Column("costs", say("Costs"), "exact"),
        Column("insurer", say("Insurer"), "exact"), Column("insured", say("Insured"), "exact"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["received_on"], in_words(RECEIVERS, row["received_by"], language),
            *(money(row[name]) for name in ("amount", "costs", "insurer", "insured")),
        )
        for row in rows
    ]  # fmt: skip
    return Table("recoveries", say("Recoveries after the loss"), columns, cells, empty=say("Nothing has come in."))


def _records(document: Mapping[str, Any], language: Language) -> tuple[Table, ...]:
    """The facts it is made of, where they come out of a store: by table and number one is taken back."""
    say = language.say
    if "records" not in document:
        return ()
    columns = (
        Column("on", say("On"), "date"), Column("move", say("Step of the claim")), Column("table", say("Table")),
        Column("number", say("Number"), "text"), Column("by", say("Who")),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (row["on"], in_words(MOVES, row["move"], language), row["table"], str(row["number"]), row["by"])
        for row in document["records"]
    ]
    return (Table("records", say("On file"), columns, rows),)
