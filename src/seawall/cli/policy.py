"""``seawall policy``: the numbers behind the figures, and how a company changes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, Question, asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Policies: list, show, preview, propose.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="POLICY", help="Its id, such as house.dso.")]
FileOption = Annotated[
    Path, typer.Option("--body", metavar="FILE", help="A YAML with the values; `policy draft` begins one.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The proposal's number.")]
FromOption = Annotated[str, typer.Option("--from", metavar="DATE", help="The day it is to hold from.")]


@app.callback()
def policy() -> None:
    """Policies: the numbers behind the figures."""


@app.command("list")
@asks
def listed(question: Question, output: Output) -> None:
    """Every policy as it stands on a day."""
    form = output.chosen("table", "json")
    on, entity = question.day(), _entity(question)
    actor = _opened()
    from seawall.services import policies

    rows = [each.as_json() for each in policies.listed(actor, on=on, entity=entity, known=_known(actor, question))]
    output.show({"as_of": on.isoformat(), "policies": rows}, _list, form)


@app.command()
@asks
def show(policy_id: IdArgument, question: Question, output: Output) -> None:
    """One policy: what holds when, from where, and the company's own versions."""
    form = output.chosen("table", "json")
    on, entity = question.day(), _entity(question)
    actor = _opened()
    from seawall.services import policies

    known = _known(actor, question)
    output.show(policies.shown(actor, policy_id, on=on, entity=entity, known=known).as_json(), _show, form)


@app.command()
@asks
def draft(policy_id: IdArgument, question: Question, output: Output, start: FromOption = "") -> None:
    """The YAML to begin a change with: what is in force, from a day on."""
    on, entity = question.day(), _entity(question)
    from_day = day_of(start) if start else on
    actor = _opened()
    from seawall.services import policies

    output.give(policies.draft_of(actor, policy_id, on=on, from_day=from_day, entity=entity))


@app.command()
@asks
def preview(policy_id: IdArgument, body: FileOption, question: Question, output: Output) -> None:
    """What a draft would change on the company's own figures of a day; nothing is written."""
    form = output.chosen("table", "json")
    on, entity = question.day(), _entity(question)
    text = _read(body)
    actor = _opened()
    from seawall.services import organisation, policies

    currency = question.currency or organisation.about(actor).reporting_currency or None
    seen = policies.preview(actor, policy_id, text, on=on, entity=entity, currency=currency)
    output.show(seen.as_json(), _preview, form)


@app.command()
@asks
def propose(
    policy_id: IdArgument, body: FileOption, question: Question, output: Output, reason: ReasonOption = ""
) -> None:
    """Put an own version before a second person."""
    entity, text = _entity(question), _read(body)
    actor = _opened()
    from seawall.services import policies

    made = policies.propose(actor, policy_id, text, reason=reason, entity=entity)
    if output.chosen("table", "json") == "json":
        output.show(made.as_json(), _show, "json")
    say(language().say("Proposed under number {number}: another person approves it.", number=made.number))


@app.command()
@asks
def approve(number: NumberArgument, output: Output, reason: ReasonOption = "") -> None:
    """Approve a proposed version, as `seawall approvals approve` does."""
    from seawall.cli import approvals

    approvals.approve(number=number, reason=reason, digest="", format=output.format, out=output.out, lang=output.lang,
                      explain=output.explain)  # fmt: skip


def _opened() -> Any:
    from seawall.cli.acting import opened

    return opened()


def _entity(question: Question) -> str:
    named = question.entity or []
    if question.paths or len(named) > 1:
        raise UsageError(
            "Policies are of the store: for one entity, or for all.", hint="Leave out files; name one entity."
        )
    return named[0] if named else ""


def _known(actor: Any, question: Question) -> int | None:
    from seawall.cli.asking import moment_of
    from seawall.services import snapshots

    moment = moment_of(question.known_at)
    return None if moment is None else snapshots.known_at(actor, moment)


def _read(path: Path) -> str:
    from seawall.policies.load import TEXT_MAX

    try:
        with path.open(encoding="utf-8") as file:
            return file.read(TEXT_MAX + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("{path} cannot be read: {reason}.", path=str(path), reason=str(error)) from error


def _list(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    title = "title_zh" if words.code == "zh" else "title"
    columns = (
        Column("policy_id", words.say("Policy")), Column(title, words.say("Title"), "words"),
        Column("value", words.say("Value"), "words"), Column("from_day", words.say("From")),
        Column("approved_by", words.say("Approved by"), "words"), Column("doubt", words.say("Doubt"), "words"),
    )  # fmt: skip
    rows = [
        (
            each["policy_id"], each[title], _short(each["value"]), each["from_day"] or "",
            each["approved_by"] or words.say("as shipped"),
            "" if each["is_verified"] else words.say("not checked yet"),
        )
        for each in document["policies"]
    ]  # fmt: skip
    table = Table("policies", words.say("Policies"), columns, rows)
    return Layout("policies", words.say("Policies"), words.day(document["as_of"]), words, Scale(1, 2, ""), (), "",
                  sections=(table,))  # fmt: skip


SHOWN = 48


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _show(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    title = "title_zh" if words.code == "zh" else "title"
    columns = (
        Column("from_day", words.say("From")), Column("until", words.say("Until")),
        Column("value", words.say("Value"), "words"), Column("source", words.say("Source"), "words"),
        Column("whose", words.say("Whose"), "words"),
    )  # fmt: skip
    rows = [
        (
            each["from_day"], each["until"] or "", each["value"], each["source"],
            words.say("own") if each["is_own"] else words.say("as shipped"),
        )
        for each in document["timeline"]
    ]  # fmt: skip
    kept = (
        Column("version", words.say("Version"), "words"), Column("valid_from", words.say("Valid from")),
        Column("entity", words.say("Entity"), "words"), Column("proposed_by", words.say("Proposed by"), "words"),
        Column("approved_by", words.say("Approved by"), "words"), Column("digest", "SHA-256", "words"),
    )  # fmt: skip
    versions = [
        (
            str(each["version"]),
            each["valid_from"],
            each["entity"],
            each["proposed_by"],
            each["approved_by"],
            each["digest"],
        )
        for each in document["versions"]
    ]
    sections = [Table("timeline", words.say("Timeline"), columns, rows)]
    if versions:
        sections.append(Table("versions", words.say("Own versions"), kept, versions))
    return Layout("policy", document[title], document["policy_id"], words, Scale(1, 2, ""), (), "",
                  sections=tuple(sections))  # fmt: skip


def _preview(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("name", words.say("Figure"), "words"), Column("active", words.say("In force"), "words"),
        Column("draft", words.say("Under the draft"), "words"),
    )  # fmt: skip
    rows = [
        (each["name"], str(each["active"]), str(each["draft"]))
        for each in document["figures"]
        if each["is_changed"]
    ]  # fmt: skip
    lead = (
        words.say("{count} figures change.", count=len(rows)) if rows else words.say("No figure of this day changes.")
    )
    facts = ((words.say("Currency"), document["currency"]),)
    sections = (Table("figures", words.say("What it would change"), columns, rows),) if rows else ()
    return Layout("preview", words.say("Preview"), words.day(document["as_of"]), words, Scale(1, 2, ""), facts, lead,
                  sections=sections)  # fmt: skip
