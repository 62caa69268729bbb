"""``seawall drill``: restore the newest backup into an empty store of its own, and ask it everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.options import asks, language, say

app = typer.Typer()

FromOption = Annotated[
    Path | None, typer.Option("--from", metavar="DIR", help="Where backups lie; else SEAWALL_BACKUP, else in the home.")
]
NameOption = Annotated[str, typer.Option("--backup", metavar="NAME", help="Which one; else the newest.")]


@app.command()
@asks
def drill(from_: FromOption = None, backup: NameOption = "") -> None:
    """Try a backup: restore, check, audit verify, one report; exit 1 where it does not come back whole."""
    from seawall.cli.acting import opened_by_owner

    actor = opened_by_owner()
    from seawall.services import backups

    note = backups.drill(actor, to=from_, name=backup)
    typer.echo(json.dumps(note.as_json(), indent=1, ensure_ascii=False))
    if note.is_good:
        say(language().say("The backup {name} came back whole.", name=note.name))
    else:
        say(language().say("The backup {name} did not come back whole.", name=note.name))
    raise typer.Exit(0 if note.is_good else 1)
