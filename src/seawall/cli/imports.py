"""``seawall imports``: what was imported, and taking an import back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="What was imported, and taking an import back.", invoke_without_command=True)

NumberArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", help="The import's number, as `seawall imports` says.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept on record.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Do it all and undo it: say what would happen.")]
FileArgument = Annotated[int, typer.Argument(metavar="FILE", help="The file's number, as `seawall imports` says.")]


@app.callback()
def imports(ctx: typer.Context) -> None:
    """What was imported, the newest first."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, output=Output())


@app.command("list")
@asks
def list_(output: Output) -> None:
    """What was imported, the newest first."""
    form = output.chosen("table", "json", "csv")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import imports as service

    names = ("import_no", "file_id", "name", "mapping", "rows", "rejects", "is_undone", "sha256")
    rows = [{name: getattr(each, name) for name in names} for each in service.imports(actor, limit=1000)]
    output.show({"imports": rows}, _listed, form)


@app.command()
@asks
def undo(output: Output, number: NumberArgument, reason: ReasonOption = "", dry_run: DryOption = False) -> None:
    """Take an import back; nothing is deleted, its files can be imported again. Exit code 1 if others build on it."""
    take_back(output, number, reason=reason, dry_run=dry_run)


@app.command()
@asks
def original(output: Output, file: FileArgument) -> None:
    """Write an imported file as it came, byte for byte, to --out."""
    if output.out is None:
        raise UsageError("An original is written to a file.", hint="Add --out PATH.")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import imports as service

    output.give(service.original(actor, file_id=file)[1])


def take_back(output: Output, number: int, *, reason: str, dry_run: bool) -> None:
    """Take an import back and say what that did.

    Raises:
        CannotUndo: later writes build on it; each reason is said.
    """
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import import_undo

    try:
        done = import_undo.undo(actor, import_no=number, reason=reason, dry_run=dry_run)
    except import_undo.CannotUndo as refused:
        for each in refused.reasons[1:]:
            say(language().say(each.template, **each.params))
        raise
    found = {"import_no": number, "batch_no": done.batch_no, "is_dry_run": dry_run, "facts": done.result["facts"]}
    output.show(found, _undone, form)


def _listed(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("import_no", words.say("Import")), Column("file_id", words.say("File no.")),
        Column("name", words.say("File")), Column("mapping", words.say("Mapping")),
        Column("rows", words.say("Rows"), "count"),
        Column("rejects", words.say("Not taken"), "count"), Column("state", words.say("State")),
        Column("sha256", "SHA-256"),
    )  # fmt: skip
    rows = [
        (
            str(row["import_no"]), str(row["file_id"]), row["name"], row["mapping"], row["rows"], row["rejects"],
            words.say("taken back") if row["is_undone"] else words.say("counts"), row["sha256"][:12],
        )
        for row in found["imports"]
    ]  # fmt: skip
    return Layout(
        "imports", words.say("Imports"), "", words, Scale(1, 2, ""),
        sections=(Table("imports", words.say("Imports"), columns, rows),),
    )  # fmt: skip


def _undone(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    lead = "This is what taking it back would do; nothing was written."
    if not found["is_dry_run"]:
        lead = "The import {number} is taken back, as batch {batch}."
    columns = (
        Column("table", words.say("Table")), Column("ended", words.say("No longer count"), "count"),
        Column("restored", words.say("Count again"), "count"),
    )  # fmt: skip
    rows = [(table, each["ended"], each["restored"]) for table, each in found["facts"].items()]
    return Layout(
        "import_undo", words.say("Import taken back"), "", words, Scale(1, 2, ""),
        lead=words.say(lead, number=found["import_no"], batch=found["batch_no"]),
        sections=(Table("facts", words.say("Facts by table"), columns, rows),),
    )  # fmt: skip
