"""``seawall period``: signing month ends, and holding them against what came later."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, Question, asks, language, say, today
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Signed periods.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The signature's number, as `list` shows it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="A note; needed to take a signature back.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only show the figures and what stands against signing.")]


@app.callback()
def period() -> None:
    """Signed periods. Sign as a person: put your API token into SEAWALL_TOKEN."""


@app.command("list")
@asks
def listed(output: Output) -> None:
    """Signed periods, newest first."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.services import periods

    output.show({"periods": [each.as_json() for each in periods.listed(actor)]}, _list, form)


@app.command()
@asks
def sign(question: Question, output: Output, reason: ReasonOption = "", dry_run: DryOption = False) -> None:
    """Sign the report of the month end given by --as-of; exit code 1 if it may not be signed."""
    form = output.chosen("table", "json")
    named = question.entity or []
    if question.paths or question.known_at or len(named) > 1:
        raise UsageError("A period is signed over the store as known now, for one entity or for all.")
    on, entity = question.day(), named[0] if named else ""
    actor = _opened()
    from seawall.services import periods

    if dry_run:
        seen = periods.candidate(actor, on=on, today=today(), currency=question.currency, entity=entity)
        output.show(seen.as_json(), _candidate, form)
        raise typer.Exit(1 if seen.blocks else 0)
    signed = periods.sign(
        actor, on=on, today=today(), currency=question.currency, entity=entity, reason=reason, lang=language().code
    )
    output.show(signed.as_json(), _one, form)


@app.command()
@asks
def show(number: NumberArgument, output: Output) -> None:
    """One signed period; with --format pdf or xlsx its file, as it was signed."""
    form = output.chosen("table", "json", "pdf", "xlsx")
    actor = _opened()
    from seawall.services import periods

    if form in ("pdf", "xlsx"):
        return output.give(periods.content_of(actor, number, form))
    return output.show(periods.shown(actor, number).as_json(), _one, form)


@app.command()
@asks
def verify(number: NumberArgument, output: Output) -> None:
    """Are the files whole, and does the report as known then come out the same? Exit code 1 if not."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.services import periods

    found = periods.verify(actor, number)
    output.show(found.as_json(), _verified, form)
    raise typer.Exit(0 if found.holds else 1)


@app.command()
@asks
def difference(number: NumberArgument, output: Output) -> None:
    """What came later: the signed figures beside those known now."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.services import period_difference

    output.show(period_difference.difference(actor, number).as_json(), _difference, form)


@app.command()
@asks
def withdraw(number: NumberArgument, output: Output, reason: ReasonOption = "") -> None:
    """Take a signature back, with a reason; it stays on record."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.services import periods

    taken = periods.withdraw(actor, number, reason=reason)
    if form == "json":
        output.show(taken.as_json(), _one, form)
    say(language().say("The signature is taken back; it stays on record."))


def _opened() -> Any:
    from seawall.cli.acting import opened

    return opened()


def _state(each: dict[str, Any], words: Any) -> str:
    signed, taken = "signed", "taken back"
    return str(words.say(signed if each["stands"] else taken))


def _list(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("number", words.say("No."), "words"), Column("on", words.say("Month end")),
        Column("state", words.say("State"), "words"), Column("entities", words.say("Entities"), "words"),
        Column("currency", words.say("Currency")), Column("signer", words.say("Signed by"), "words"),
    )  # fmt: skip
    rows = [
        (str(each["number"]), each["on"], _state(each, words), words.listed(each["entities"]), each["currency"],
         each["signer"])
        for each in document["periods"]
    ]  # fmt: skip
    lead = "" if rows else words.say("No period is signed yet.")
    sections = (Table("periods", words.say("Signed"), columns, rows),) if rows else ()
    return Layout("periods", words.say("Periods"), "", words, Scale(1, 2, ""), (), lead, sections=sections)


def _one(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    facts = (
        (words.say("No."), str(document["number"])),
        (words.say("State"), _state(document, words)),
        (words.say("Entities"), words.listed(document["entities"])),
        (words.say("Currency"), document["currency"]),
        (words.say("Known"), words.say("up to batch {batch}", batch=document["known"])),
        (words.say("Signed by"), f"{document['signer']}, {document['signed_at']}"),
        (words.say("Policies"), document["policies_digest"]),
        (words.say("Figures"), document["figures_digest"]),
    )
    columns = (Column("kind", words.say("File")), Column("sha256", "SHA-256", "words"))
    rows = [(each["kind"], each["sha256"]) for each in document["files"]]
    return Layout(
        "period", words.say("Signed period"), words.day(document["on"]), words, Scale(1, 2, ""), facts, "",
        sections=(Table("files", words.say("Files, as signed"), columns, rows),),
    )  # fmt: skip


BLOCKS = {
    "not_month_end": "This day is not the end of a month.",
    "not_over": "The month is not over yet.",
    "different": "The items differ from the control account.",
    "signed": "This month is signed already.",
}


def _candidate(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Lines, Table

    blocks = tuple(words.say(BLOCKS[code]) for code in document["blocks"])
    lead = words.say("Nothing stands against signing it.") if not blocks else " ".join(blocks)
    columns = (Column("name", words.say("Figure"), "words"), Column("value", words.say("Value"), "words"))
    rows = [(name, str(each["value"])) for name, each in document["figures"].items()]
    differs = tuple(
        f"{each['entity']} {each['difference']} {each['currency']}"
        for each in document["reconciliation"]["rows"] if each["status"] == "different"
    )  # fmt: skip
    sections: list[Any] = [Table("figures", words.say("Figures"), columns, rows)]
    if differs:
        sections.append(Lines("control", words.say("Control account"), differs))
    facts = ((words.say("Currency"), document["currency"]), (words.say("Entities"), words.listed(document["entities"])))
    return Layout(
        "candidate", words.say("Period"), words.day(document["on"]), words, Scale(1, 2, ""), facts, lead,
        sections=tuple(sections),
    )  # fmt: skip


def _verified(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("kind", words.say("File")), Column("whole", words.say("Kept whole"), "words"),
        Column("same", words.say("Made again"), "words"),
    )  # fmt: skip
    yes, no = words.say("yes"), words.say("no")
    rows = [
        (kind, yes if whole else no, "–" if document["same"] is None else yes if document["same"][kind] else no)
        for kind, whole in document["whole"].items()
    ]
    holds, broken = "The signed report holds.", "The signed report does not hold: do not trust it."
    return Layout(
        "verified", words.say("Signed period"), "", words, Scale(1, 2, ""), (),
        words.say(holds if document["holds"] else broken),
        sections=(Table("files", words.say("Files, as signed"), columns, rows),),
    )  # fmt: skip


def _difference(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("name", words.say("Figure"), "words"), Column("then", words.say("As signed"), "words"),
        Column("now", words.say("As known now"), "words"),
    )  # fmt: skip
    rows = [(each["name"], str(each["then"]), str(each["now"])) for each in document["figures"]]
    names = ("open_by", "overdue_by", "unapplied_by", "disputed_by", "ecl_by")
    titles = ("Open", "Overdue", "Unapplied", "Disputed", "Expected credit loss")
    heads = (
        Column("customer_code", words.say("Customer"), "words"),
        *(Column(name, words.say(title), "words") for name, title in zip(names, titles, strict=True)),
    )
    people = [(each["customer_code"], *(each[name] for name in names)) for each in document["customers"]]
    lead = "" if rows or people else words.say("Nothing that came later changes this month.")
    sections = (
        Table("figures", words.say("Figures"), columns, rows),
        Table("customers", words.say("Customers: now less then"), heads, people),
    )
    facts = (
        (words.say("Currency"), document["currency"]),
        (words.say("As signed"), words.say("up to batch {batch}", batch=document["known_then"])),
        (words.say("As known now"), words.say("up to batch {batch}", batch=document["known_now"])),
    )
    return Layout(
        "difference", words.say("What came later"), words.day(document["on"]), words, Scale(1, 2, ""), facts, lead,
        sections=sections if not lead else (),
    )  # fmt: skip
