"""``seawall backup``: the database and every file it points to, as of one moment, in one folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

app = typer.Typer()

ToOption = Annotated[
    Path | None, typer.Option("--to", metavar="DIR", help="Where backups lie; else SEAWALL_BACKUP, else in the home.")
]
KeepOption = Annotated[int, typer.Option("--keep", min=1, help="As many of the newest stay; older ones go.")]
ListOption = Annotated[bool, typer.Option("--list", help="Only list the backups there are.")]


@app.command()
@asks
def backup(output: Output, to: ToOption = None, keep: KeepOption = 14, listing: ListOption = False) -> None:
    """Back up the store; files that an earlier backup holds are not copied again."""
    form = output.chosen("table", "json")
    from seawall.cli.acting import opened_by_owner

    actor = opened_by_owner()
    from seawall.services import backups

    folder = backups.folder_of(to)
    if not listing:
        note = backups.make(actor, at=dt.datetime.now(dt.UTC), to=to, keep=keep)
        say(language().say("Backup {name} in {folder}.", name=note.name, folder=folder))
        if note.detail["is_same_disk"]:
            say(language().say("It lies on the disk of the store: name another in SEAWALL_BACKUP."))
        say(language().say("The keys of the home are not in it: keep them in another place."))
    rows = [
        {"name": each.name, "made_at": each.about["made_at"], "files": len(each.files), "bytes": each.size,
         "batch_no": each.about["head"]["batch_no"], "version": each.about["version"]}
        for each in backups.listed(folder)
    ]  # fmt: skip
    output.show({"folder": str(folder), "backups": rows}, _layout, form)


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = (
        Column("name", words.say("Name")), Column("made", words.say("Made")),
        Column("files", words.say("Files"), "count"), Column("bytes", words.say("Bytes"), "count"),
        Column("batch", words.say("Known"), "count"),
    )  # fmt: skip
    rows = [
        (row["name"], row["made_at"][:19], row["files"], row["bytes"], row["batch_no"]) for row in document["backups"]
    ]
    table = Table("backups", words.say("Newest first"), columns, rows)
    return Layout("backups", words.say("Backups"), document["folder"], words, Scale(1, 2, ""), sections=(table,))
