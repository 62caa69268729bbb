"""``seawall check``: the conservation laws, on files or on the live store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from seawall.cli.options import Output, Question, asks
from seawall.engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from seawall.services.laws import CheckReport

app = typer.Typer()


@app.command()
@asks
def check(question: Question, output: Output) -> None:
    """Check that money is neither made nor lost: exit code 1 if a law does not hold."""
    form = output.chosen("table", "json")
    report = _files(question) if question.paths else _store(question)
    output.show(report.as_json(), _layout, form)
    raise typer.Exit(0 if report.holds else 1)


def _files(question: Question) -> CheckReport:
    from seawall.cli.asking import opened
    from seawall.services.laws import check

    book = opened(question)
    return check(book.ledger, as_of=book.as_of)


def _store(question: Question) -> CheckReport:
    """The store is checked whole, as it is known now: a part of it cannot show that nothing is missing."""
    if question.entity or question.known_at or question.currency:
        raise UsageError("The store is checked whole: leave out --entity, --currency and --known-at.")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services.checks import check

    return check(actor, on=question.day())


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    broken = {one["law"]: one for one in document["breaches"]}
    columns = (
        Column("law", words.say("Law")), Column("result", words.say("Result")),
        Column("count", words.say("Rows"), "count"),
        Column("sentence", words.say("In words"), "words"),
    )  # fmt: skip
    rows = [
        (
            one["law"], words.say("broken") if one["law"] in broken else words.say("holds"),
            broken[one["law"]]["count"] if one["law"] in broken else None, words.say(one["sentence"]),
        )
        for one in document["laws"]
    ]  # fmt: skip
    lead = words.say("All laws hold.") if document["holds"] else words.say("Not all laws hold.")
    return Layout(
        "check", words.say("Conservation of money"), words.day(document["as_of"]), words, Scale(1, 2, ""), lead=lead,
        sections=(Table("laws", words.say("Laws"), columns, rows),),
    )  # fmt: skip
