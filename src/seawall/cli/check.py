"""``seawall check``: the conservation laws, on files or on the live store."""

from __future__ import annotations

from typing import Any

import typer

from seawall.cli.options import Output, Question, asks

app = typer.Typer()


@app.command()
@asks
def check(question: Question, output: Output) -> None:
    """Check that money is neither made nor lost: exit code 1 if a law does not hold."""
    form = output.chosen("table", "json")
    from seawall.cli.asking import opened
    from seawall.engine.ledger.laws import LAWS, breaches

    book = opened(question)
    found = breaches(book.ledger, as_of=book.as_of)
    document = {
        "as_of": book.as_of.on.isoformat(),
        "holds": not found,
        "laws": [{"law": law, "sentence": sentence} for law, sentence in LAWS.items()],
        "breaches": [
            {"law": one.law, "subject": one.subject, "count": one.count, "examples": list(one.examples)}
            for one in found
        ],
    }
    output.show(document, _layout, form)
    raise typer.Exit(1 if found else 0)


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
