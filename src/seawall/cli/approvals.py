"""``seawall approvals``: what waits for a second person, and the second person's word."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say, today

app = typer.Typer(help="What waits for a second person.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The proposal's number, as `list` shows it.")]
AllOption = Annotated[bool, typer.Option("--all", help="Also what was decided.")]
DigestOption = Annotated[
    str, typer.Option("--digest", help="The SHA-256 of what you looked at, as `show` prints it; else the newest.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; needed to reject.")]


@app.callback()
def approvals() -> None:
    """What waits for a second person. Decide as a person: put your API token into SEAWALL_TOKEN."""


@app.command("list")
@asks
def listed(output: Output, decided: AllOption = False) -> None:
    """What waits, newest first."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.services import proposals

    rows = [each for each in proposals.listed(actor) if decided or each.decision is None]
    output.show({"proposals": [each.as_json() for each in rows]}, _layout, form)


@app.command()
@asks
def show(number: NumberArgument, output: Output) -> None:
    """One proposal: everything the second person agrees to."""
    form = output.chosen("table", "json")
    actor = _opened()
    from seawall.services import proposals

    output.show(proposals.seen(actor, number).as_json(), _one, form)


@app.command()
@asks
def approve(number: NumberArgument, output: Output, digest: DigestOption = "", reason: ReasonOption = "") -> None:
    """Agree, as another person than who proposed it: it happens now, or nothing does."""
    actor = _opened()
    from seawall.services import approvals as service

    seen = digest or _digest(actor, number)
    done = service.approve(actor, number, digest=seen, on=today(), reason=reason)
    _said(done.as_json(), output, language().say("Approved: {number}.", number=number))


@app.command()
@asks
def reject(number: NumberArgument, output: Output, digest: DigestOption = "", reason: ReasonOption = "") -> None:
    """Say no, with a reason."""
    actor = _opened()
    from seawall.services import approvals as service

    done = service.reject(actor, number, digest=digest or _digest(actor, number), reason=reason)
    _said(done.as_json(), output, language().say("Rejected: {number}.", number=number))


@app.command()
@asks
def withdraw(number: NumberArgument, output: Output, reason: ReasonOption = "") -> None:
    """Take back what you proposed."""
    actor = _opened()
    from seawall.services import approvals as service

    done = service.withdraw(actor, number, reason=reason)
    _said(done.as_json(), output, language().say("Withdrawn: {number}.", number=number))


def _opened() -> Any:
    from seawall.cli.acting import opened

    return opened()


def _digest(actor: Any, number: int) -> str:
    from seawall.services import proposals

    return proposals.seen(actor, number).digest


def _said(document: dict[str, Any], output: Output, sentence: str) -> None:
    if output.chosen("table", "json") == "json":
        output.show(document, _one, "json")
    say(sentence)


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    names = ("Number", "Kind", "About", "Amount", "Reason", "Proposed by", "State")
    columns = tuple(
        Column(name, title, "words")
        for name, title in zip(names, _titles(words), strict=True)
    )  # fmt: skip
    rows = [
        (
            str(each["number"]), each["kind"], each["subject"], _amount(each), each["reason"], each["author"],
            each["decision"]["outcome"] if each["decision"] else words.say("waiting"),
        )
        for each in document["proposals"]
    ]  # fmt: skip
    lead = "" if rows else words.say("Nothing waits.")
    table = Table("proposals", words.say("Proposals"), columns, rows)
    return Layout("approvals", words.say("Approvals"), "", words, Scale(1, 2, ""), (), lead, sections=(table,))


def _titles(words: Any) -> tuple[str, ...]:
    return (
        words.say("No."), words.say("What"), words.say("About"), words.say("Amount"), words.say("Reason"),
        words.say("Proposed by"), words.say("State"),
    )  # fmt: skip


def _amount(each: dict[str, Any]) -> str:
    from seawall.engine.kernel.money import amount_text

    if each["amount_minor"] is None:
        return ""
    return f"{amount_text(each['amount_minor'], each['currency'])} {each['currency']}"


def _one(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout, Lines

    facts = (
        (words.say("What"), document["kind"]),
        (words.say("Amount"), _amount(document)),
        (words.say("Entities"), words.listed(document["entities"]) or words.say("the whole organisation")),
        (words.say("Reason"), document["reason"]),
        (words.say("Proposed by"), f"{document['author']}, {document['proposed_at']}"),
        (words.say("State"), document["decision"]["outcome"] if document["decision"] else words.say("waiting")),
        ("SHA-256", document["digest"]),
    )
    body = tuple(
        line
        for name, value in document["body"].items()
        for line in ([f"{name}:", *str(value).splitlines()] if "\n" in str(value) else [f"{name}: {value}"])
    )
    sections = (Lines("body", words.say("What is proposed"), body),)
    return Layout("approval", document["subject"], "", words, Scale(1, 2, ""), facts, "", sections=sections)
