"""Cover, leaks, deadlines and claims as pages: tables with each reason and consequence in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from seawall.engine.protection.terms import TERMS, WORDS
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Cell, Column, Layout, Table
from seawall.exchange.report_parts import money


def noop(text: str) -> str:
    """A sentence of the catalogue, said later."""
    return text


REASONS: Final = {
    "no_policy": noop("no policy is about it"),
    "document_not_insured": noop("kind of document not insured"),
    "customer_excluded": noop("customer left out by the policy"),
    "related_party": noop("related party"),
    "public_customer": noop("public customer"),
    "country_not_covered": noop("country not covered"),
    "sector_not_covered": noop("sector not covered"),
    "below_datum_line": noop("customer owes no more than the datum line"),
    "payment_method_not_covered": noop("way of payment not covered"),
    "cause_not_insured": noop("cause of loss not insured"),
    "term_too_long": noop("payment term too long"),
    "invoiced_too_late": noop("invoiced too late"),
    "not_declared": noop("not declared in time"),
    "stopped_by_overdue": noop("shipped after cover stopped: an older item was unpaid too long"),
    "stopped_by_insolvency": noop("shipped after insolvency"),
    "stopped_by_claim": noop("shipped after a claim was filed"),
    "stopped_by_adverse_information": noop("shipped after adverse information"),
    "overdue_not_notified": noop("overdue not notified in time"),
    "not_handed_over": noop("not handed over to collection in time"),
    "claim_not_filed": noop("claim not filed in time"),
    "disputed": noop("disputed"),
    "no_limit": noop("no limit"),
    "limit_pending": noop("limit asked for, not decided"),
    "limit_refused": noop("limit refused"),
    "limit_cancelled": noop("limit cancelled"),
    "limit_expired": noop("limit expired"),
    "limit_not_for_this": noop("limit is not for this term or way of payment"),
    "limit_not_justified": noop("discretionary limit not justified"),
    "above_limit": noop("above the limit"),
    "overdue_not_notified_yet": noop("overdue not notified yet"),
    "not_handed_over_yet": noop("not handed over to collection yet"),
    "not_declared_yet": noop("not declared yet"),
    "claim_not_filed_yet": noop("claim not filed yet"),
}
"""Reasons in words."""

CURES: Final = {
    "lower_debt": noop("collect older items, or ask for more limit for what is shipped next"),
    "settle_dispute": noop("settle the dispute"),
    "ask_limit": noop("ask for a limit from the day of shipment"),
    "notify_overdue": noop("notify the insurer"),
    "hand_over": noop("hand over to collection"),
    "declare": noop("declare the sale"),
    "file_claim": noop("file the claim"),
}
"""What saves the cover, in words."""

KINDS: Final = {
    "mep_end": noop("End of the extension period"),
    "stop_of_cover": noop("Stop of cover"),
    "overdue_notice": noop("Overdue notice"),
    "hand_over": noop("Hand-over to collection"),
    "waiting_period_end": noop("End of the waiting period"),
    "claim_filing": noop("Claim filing"),
    "declaration": noop("Declaration"),
    "limit_expiry": noop("Limit: expiry or review"),
    "evidence_expiry": noop("Evidence expires"),
}
"""Kinds of deadlines in words."""

CONSEQUENCES: Final = {
    "extension_ends": noop("The item may stay unpaid no longer."),
    "cover_stops": noop("New shipments to the customer are not covered."),
    "cover_lost": noop("Its cover is lost."),
    "percentage_lowered": noop("It is paid at a lower percentage."),
    "nothing": noop("Cover stays."),
    "loss_counts": noop("A claim counts from then on."),
    "limit_ends": noop("New shipments have no limit."),
    "limit_to_be_asked_again": noop("The limit must be asked for again."),
    "no_discretionary_limit": noop("The discretionary limit ends."),
}
"""What follows, in words."""

STATES: Final = {"open": noop("to do"), "done": noop("done"), "missed": noop("missed")}

STEPS: Final = {
    "gross": noop("Owed on the day of loss"),
    "vat": noop("VAT, not insured"),
    "covered": noop("Covered loss"),
    "insured_rate": noop("Own share"),
    "threshold": noop("Threshold"),
    "each_and_every": noop("Each-and-every first loss"),
    "deductible": noop("Deductible"),
    "aggregate_first_loss": noop("Aggregate first loss"),
    "minimum_retention": noop("Minimum retention"),
    "customer_maximum": noop("Above the maximum for one customer"),
    "annual_maximum": noop("Above the annual maximum"),
    "indemnity": noop("Indemnity"),
}
"""Lines of a claim in words; reasons stand for the rest."""


AFTER: Final = {
    "retained": noop("Retained"),
    "aggregate_first_loss_left": noop("Aggregate first loss left"),
    "annual_maximum_left": noop("Annual maximum left"),
    "recovery_insurer": noop("Of what was recovered: insurer"),
    "recovery_insured": noop("Of what was recovered: insured"),
    "supplementary": noop("Paid in addition once the disputes are won"),
}
"""What is said after a claim, in words."""


def cover(document: Mapping[str, Any], language: Language) -> Layout:
    """The cover of every open item, and the policies it is under."""
    return _page("cover", language.say("Cover of open items"), document, language, (
        cover_items(document["items"], language), policies(document["policies"], language),
    ), lead=language.say("Indemnity is what is paid if this customer alone fails: never add it up over customers."),
    )  # fmt: skip


def leaks(document: Mapping[str, Any], language: Language) -> Layout:
    """What is not covered: first what can be saved."""
    say = language.say
    totals = Table("lost_by_reason", say("Lost, by reason"), (
        Column("reason", say("Reason"), "words"), Column("currency", say("Currency")),
        Column("amount", say("Not covered"), "exact"),
    ), [
        (in_words(REASONS, row["reason"], language), row["currency"], money(row["amount"]))
        for row in document["lost_by_reason"]
    ], empty=say("Nothing is lost."))  # fmt: skip
    return _page("leaks", say("Cover leaks"), document, language, (
        leak_rows("leaks", say("Can still be saved"), document["curable"], language), totals,
        leak_rows("lost", say("Lost"), document["lost"], language),
    ))  # fmt: skip


def deadlines(document: Mapping[str, Any], language: Language) -> Layout:
    """The calendar of the policies."""
    return _page("deadlines", language.say("Deadlines of insurance policies"), document, language,
                 (deadline_rows(document["deadlines"], language),))  # fmt: skip


def claim(document: Mapping[str, Any], language: Language, *, in_full: int | None = None) -> Layout:
    """A claim line by line, and every further one; ``in_full``: so many only, the others stand in the list alone."""
    say = language.say
    whole = [document, *document.get("further", ())]
    sections = [claims_together(document, language), claims_in_order(document, language)] if len(whole) > 1 else []
    for number, one in enumerate(whole[:in_full]):
        sections += [*_claim_tables(one, language, number)]
    facts = ((say("Date of loss"), language.day(document["date_of_loss"])),
             (say("Cause"), word(document["cause"], language)))  # fmt: skip
    return Layout("claim", say("What a claim would come to"), language.day(document["date_of_loss"]), language,
                  Scale(1, 2, ""), facts, "", sections=tuple(sections))  # fmt: skip


def claims_together(document: Mapping[str, Any], language: Language) -> Table:
    """What several claims come to, a line for each policy."""
    say = language.say
    columns = (
        Column("policy", say("Insurance policy")), Column("currency", say("Currency")),
        Column("claims", say("Claims"), "count"), *_claimed(language),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (row["policy"], row["currency"], row["claims"], *(money(row[name]) for name in _CLAIMED))
        for row in document["together"]
    ]
    return Table("claims_together", say("Together"), columns, cells,
                 note=say("These may be added up: each claim is worked out after the ones before it."))  # fmt: skip


def claims_in_order(document: Mapping[str, Any], language: Language) -> Table:
    """Several claims, a line each, in the order of losses, and what each leaves of the terms of the period."""
    say = language.say
    columns = (
        Column("place", say("Place"), "count"), Column("customer_code", say("Customer")),
        Column("name", say("Name"), "words"), Column("policy", say("Insurance policy")),
        Column("currency", say("Currency")), *_claimed(language),
        Column("aggregate_first_loss_left", say("Aggregate first loss left"), "exact"),
        Column("annual_maximum_left", say("Annual maximum left"), "exact"),
    )  # fmt: skip
    places: dict[str, int] = {}
    cells: list[Sequence[Cell]] = []
    for row in (document, *document["further"]):
        places[row["policy"]] = places.get(row["policy"], 0) + 1
        cells.append((
            places[row["policy"]], *(row[name] for name in ("customer_code", "name", "policy", "currency")),
            *(money(row[name]) for name in _CLAIMED),
            *(money(row["balances"][name]) for name in ("aggregate_first_loss_left", "annual_maximum_left")),
        ))  # fmt: skip
    return Table("claims_in_order", say("In the order of losses"), columns, cells)


_CLAIMED: Final = ("gross", "indemnity", "retained")


def _claimed(language: Language) -> tuple[Column, ...]:
    titles = (language.say(STEPS["gross"]), language.say(STEPS["indemnity"]), language.say(AFTER["retained"]))
    return tuple(Column(name, title, "exact") for name, title in zip(_CLAIMED, titles, strict=True))


def cover_items(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """A line for each open item."""
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name"), "words"), Column("number", say("Number")),
        Column("policy", say("Insurance policy")),
        Column("currency", say("Currency")), Column("open", say("Open"), "exact"),
        Column("eligible", say("Eligible"), "exact"), Column("covered", say("Covered"), "exact"),
        Column("indemnity", say("Indemnity"), "exact"), Column("reason", say("Why not all"), "words"),
        Column("clause", say("Clause"), "words"), Column("cure", say("What helps"), "words"),
        Column("cure_by", say("Until"), "date"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["customer_code"], row["name"], row["number"], row["policy"], row["currency"],
            *(money(row[name]) for name in ("open", "eligible", "covered", "indemnity")),
            in_words(REASONS, row["reason"], language), _clause(row["clause"], language),
            in_words(CURES, row["cure"], language), row["cure_by"],
        )
        for row in rows
    ]  # fmt: skip
    return Table("cover", say("Open items"), columns, cells, empty=say("Nothing was open on that day."))


def policies(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """The policies, with what is left of the terms of their period: these belong to no item."""
    say = language.say
    title = "title_zh" if language.code == "zh" and not language.says_codes else "title"
    columns = (
        Column("policy", say("Insurance policy")), Column("title", say("Title"), "words"),
        Column("from", say("From"), "date"),
        Column("to", say("Until"), "date"), Column("currency", say("Currency")),
        Column("aggregate_first_loss_left", say("Aggregate first loss left"), "exact"),
        Column("annual_maximum_left", say("Annual maximum left"), "exact"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["policy"], row[title], row["from"], row["to"], row["currency"],
            *(money(row["balances"][name]) for name in ("aggregate_first_loss_left", "annual_maximum_left")),
        )
        for row in rows
    ]  # fmt: skip
    return Table("policies", say("Insurance policies"), columns, cells)


def leak_rows(name: str, title: str, rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """A line for each leak."""
    say = language.say
    columns = (
        Column("customer_code", say("Customer")), Column("name", say("Name"), "words"), Column("number", say("Number")),
        Column("policy", say("Insurance policy")),
        Column("currency", say("Currency")), Column("amount", say("Not covered"), "exact"),
        Column("at_stake", say("Money at stake"), "exact"), Column("reason", say("Reason"), "words"),
        Column("clause", say("Clause"), "words"), Column("cure", say("What helps"), "words"),
        Column("cure_by", say("Until"), "date"), Column("days_left", say("Days left"), "count"),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["customer_code"], row["name"], row["number"], row["policy"], row["currency"],
            money(row["amount"]), money(row["at_stake"]), in_words(REASONS, row["reason"], language),
            _clause(row["clause"], language), in_words(CURES, row["cure"], language), row["cure_by"], row["days_left"],
        )
        for row in rows
    ]  # fmt: skip
    return Table(name, title, columns, cells, empty=say("There is none."))


def deadline_rows(rows: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """A line for each deadline."""
    say = language.say
    columns = (
        Column("on", say("Day"), "date"), Column("days_left", say("Days left"), "count"),
        Column("kind", say("Deadline"), "words"), Column("customer_code", say("Customer")),
        Column("name", say("Name"), "words"), Column("number", say("Number")),
        Column("policy", say("Insurance policy")),
        Column("state", say("State"), "words"),
        Column("consequence", say("What follows"), "words"), Column("clause", say("Clause"), "words"),
        Column("at_stake", say("Money at stake"), "exact"), Column("currency", say("Currency")),
        Column("done_on", say("Done"), "date"), Column("done_by", say("Recorded by")),
    )  # fmt: skip
    cells: list[Sequence[Cell]] = [
        (
            row["on"], row["days_left"], in_words(KINDS, row["kind"], language), row["customer_code"], row["name"],
            row["number"], row["policy"],
            in_words(STATES, row["state"], language), in_words(CONSEQUENCES, row["consequence"], language),
            _clause(row["clause"], language),
            money(row["at_stake"]), row["currency"], row["done_on"], row["done_by"],
        )
        for row in rows
    ]  # fmt: skip
    return Table("deadlines", say("Deadlines"), columns, cells, empty=say("There is none."))


def deadline_lines(rows: Sequence[Mapping[str, Any]], language: Language) -> str:
    """Deadlines as plain text, a paragraph each: when and what, whose, what follows, the money, the clause."""
    return "\n\n".join(_deadline_line(row, language) for row in rows)


def _deadline_line(row: Mapping[str, Any], language: Language) -> str:
    say, day, left = language.say, language.day(row["on"]), row["days_left"]
    if row["state"] == "missed":
        when = say("Missed since {day}", day=day)
    else:
        when = say("Today") if not left else say("In {days} days, on {day}", days=left, day=day)
    whose = " ".join(part for part in (customer_text(row), row["number"]) if part)
    first = say("{when}: {kind}, {whose}", when=when, kind=say(KINDS[row["kind"]]), whose=whose)
    stake = Decimal(row["at_stake"])
    amount = language.number(stake, -int(stake.as_tuple().exponent)) if stake else ""
    money_ = say("Money at stake: {currency} {amount}.", currency=row["currency"], amount=amount) if stake else ""
    source = say("Policy {policy}, {clause}.", policy=row["policy"], clause=_clause(row["clause"], language) or "")
    return "\n  ".join(part for part in (first, say(CONSEQUENCES[row["consequence"]]), money_, source) if part)


def _claim_tables(one: Mapping[str, Any], language: Language, number: int) -> list[Table]:
    say = language.say
    title = f"{customer_text(one)} · {one['policy']} · {one['currency']}"
    columns = (Column("name", say("Calculation"), "words"), Column("amount", say("Amount"), "exact"))
    steps = [(step_text(row["name"], language), money(row["amount"])) for row in one["steps"]]
    amounts = {"retained": one["retained"], **one["balances"]}
    if "recovery" in one:
        amounts |= {f"recovery_{name}": one["recovery"][name] for name in ("insurer", "insured")}
    if "supplementary" in one:
        amounts["supplementary"] = one["supplementary"]["indemnity"]
    rest = [(in_words(AFTER, name, language), money(amount)) for name, amount in amounts.items()]
    first = "claim" if not number else f"claim_{number}"
    note = language.sentences(payment_lines(one, language))
    return [
        Table(first, title, columns, steps, note=note),
        Table(f"after_{number}", say("After it"), columns, rest),
        cover_items(one["items"], language),
    ]


def payment_lines(claim: Mapping[str, Any], language: Language) -> list[str]:
    """When a claim can be and has to be paid, to whom, and what the insurer calls the customer."""
    said = (
        ("payable_from", "Payable from {day}: the waiting period ends then."),
        ("pay_by", "The insurer has to pay by {day}."),
        ("loss_payee", "Paid to {payee}, to whom the proceeds are assigned."),
        ("insurer_code", "The insurer knows the customer as {code}."),
    )
    found = []
    for name, sentence in said:
        if (value := claim[name]) is not None:
            day = language.day(value) if name in ("payable_from", "pay_by") else ""
            found.append(language.say(sentence, day=day, payee=value, code=value))
    return found


def customer_text(row: Mapping[str, Any]) -> str:
    """A customer by its name with its code beside it; by its code alone where no name is known."""
    code, name = row["customer_code"], row["name"]
    return code if name in (code, None) else f"{name} ({code})"


def reason_text(code: str, language: Language) -> str:
    """A reason, or a line of a claim, in words."""
    return language.say(REASONS.get(code) or STEPS[code])


def step_text(name: str, language: Language) -> str:
    """A line of a claim in words, or its code where codes are asked for."""
    return name if language.says_codes else language.say(STEPS.get(name) or REASONS[name])


def _clause(term: str | None, language: Language) -> str | None:
    if not term or language.says_codes:
        return term or None
    field = TERMS[term].value
    return field.title_zh if language.code == "zh" else field.title


def word(code: str, language: Language) -> str:
    """What a choice of a policy is called."""
    return WORDS[code][language.code == "zh"]


def in_words(words: Mapping[str, str], code: str | None, language: Language) -> str | None:
    """What a code is called, or the code itself where codes are asked for; None where there is none."""
    if not code or language.says_codes:
        return code or None
    return language.say(words[code])


def _page(  # noqa: PLR0917 - the parts of a page, in their order
    name: str, title: str, document: Mapping[str, Any], language: Language, sections: tuple[Table, ...], lead: str = ""
) -> Layout:
    facts = ((language.say("As of"), language.day(document["as_of"])),)
    return Layout(
        name, title, language.day(document["as_of"]), language, Scale(1, 2, ""), facts, lead, sections=sections
    )
