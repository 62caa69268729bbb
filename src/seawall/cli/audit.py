"""``seawall audit``: the sealed record of every write."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="The sealed record of every write.")

AnchorOption = Annotated[
    str | None,
    typer.Option("--anchor", metavar="BATCH:DIGEST", help="A head kept outside: without one a cut tail goes unseen."),
]

FileOption = Annotated[
    Path | None,
    typer.Option("--anchor-file", help="A file of heads, as `seawall audit anchor` writes it."),
]


@app.callback()
def audit() -> None:
    """The sealed record of every write."""


@app.command()
@asks
def verify(output: Output, anchor: AnchorOption = None, anchor_file: FileOption = None) -> None:
    """Recompute the whole chain: an entry that was changed, removed or put in is found. Exit code 1 if any was."""
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import anchoring
    from seawall.services import audit as service

    kept = anchoring.read(anchor_file) if anchor_file else []
    found = service.verify(actor, anchor=_anchor(anchor, service.Anchor), anchors=kept).as_json()
    output.show(found, _layout, form)
    say(language().say("Keep the head outside, and give it back with --anchor: only that shows a cut tail."))
    raise typer.Exit(0 if found["holds"] else 1)


def _layout(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout, Lines

    holds, tampered = "{count} entries hold.", "The record was tampered with: do not trust it."
    head = f"{found['head']['batch_no']}:{found['head']['digest']}"
    faults = tuple(
        words.say("Batch {batch}: {reason}", batch=fault["batch_no"], reason=fault["reason"])
        for fault in found["faults"]
    )
    return Layout(
        "audit", words.say("Audit record"), "", words, Scale(1, 2, ""), ((words.say("Head"), head),),
        words.say(holds if found["holds"] else tampered, count=found["entries"]),
        sections=(Lines("faults", words.say("Faults"), faults),) if faults else (),
    )  # fmt: skip


def _anchor(text: str | None, kind: Any) -> Any:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise UsageError(
            "{anchor} is not a head.", hint="Write it as 12:ab34…, as audit verify prints it.", anchor=text
        )
    return kind(int(number), digest)


@app.command()
@asks
def search(  # noqa: PLR0917 - options of a command
    output: Output,
    who: Annotated[str, typer.Option("--who", help="Part of a name.")] = "",
    verb: Annotated[str, typer.Option("--verb", help="A verb, such as people.change.")] = "",
    from_day: Annotated[str, typer.Option("--from", metavar="DAY", help="From this day.")] = "",
    to_day: Annotated[str, typer.Option("--to", metavar="DAY", help="To this day, with it.")] = "",
    subject: Annotated[str, typer.Option("--subject", help="A kind of row, or kind and key: 'user 7'.")] = "",
    text: Annotated[str, typer.Option("--text", help="Stands anywhere in the entry.")] = "",
    before: Annotated[int | None, typer.Option("--before", metavar="N", help="Entries before this number.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="As many entries.")] = 50,
) -> None:
    """Search the record, newest first."""
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import audit as service

    asked = service.Search(
        who, verb, day_of(from_day) if from_day else None, day_of(to_day) if to_day else None, subject, text
    )
    found = service.search(actor, asked, before=before, limit=limit)
    output.show({"entries": [entry.as_json() for entry in found]}, _entries, form)


@app.command()
@asks
def show(output: Output, number: Annotated[int, typer.Argument(help="The entry's number.")]) -> None:
    """One entry with its detail and what changed."""
    output.chosen("json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import audit as service

    output.show(service.entry(actor, batch_no=number).as_json(), _layout, "json")


@app.command()
@asks
def anchor(output: Output) -> None:
    """Keep the head of the record outside the database: in SEAWALL_ANCHOR_FILE, by mail to SEAWALL_ANCHOR_MAIL."""
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import anchoring

    kept = anchoring.anchor(actor)
    if form == "json":
        output.show(kept.as_json(), _layout, form)
    else:
        typer.echo(kept.text)
        say(language().say("The head is kept in {file}, and mailed to {count}.", file=kept.file, count=kept.mailed))


def _entries(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    rows = [
        [each["batch_no"], each["at"][:19], each["actor"], each["verb"], ", ".join(each["subjects"]), each["origin"]]
        for each in found["entries"]
    ]
    columns = (
        Column("batch_no", "#"), Column("at", words.say("When")), Column("actor", words.say("Who")),
        Column("verb", words.say("What")), Column("subjects", words.say("Subject")),
        Column("origin", words.say("From where")),
    )  # fmt: skip
    table = Table("entries", words.say("Audit entries"), columns, tuple(rows))
    return Layout("audit", words.say("Audit record"), "", words, Scale(1, 2, ""), (), sections=(table,))
