"""``seawall restore``: a backup into an empty store."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.options import asks, language, say
from seawall.engine.kernel.errors import Refused

app = typer.Typer()

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the backups.")]
NameOption = Annotated[str, typer.Option("--backup", metavar="NAME", help="Which one; else the newest.")]
ProveOption = Annotated[
    bool, typer.Option("--prove", help="Then check it, verify its record and compute its newest report.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@app.command()
@asks
def restore(
    folder: FolderArgument, backup: NameOption = "", prove: ProveOption = False, as_json: JsonOption = False
) -> None:
    """Restore a backup into SEAWALL_HOME (or DATABASE_URL), which must be empty; exit 1 if it proves bad."""
    from seawall.cli.acting import owner_only
    from seawall.cli.opening import connect
    from seawall.store.home import home

    owner_only()
    place, began = home(), time.monotonic()
    if place.record is not None and place.unfinished is None:
        raise Refused(
            "There is a store here already.", hint="Restore into an empty home or database.", code="not_empty"
        )
    connect(place)
    from seawall.services import backups, founding

    manifest = backups.newest(folder.expanduser().absolute(), backup)
    done = backups.restore(folder.expanduser().absolute(), manifest, place)
    place.write_record("demo" if founding.is_demo() else "store")
    place.end()
    done["seconds"] = round(time.monotonic() - began, 1)
    say(language().say("The backup {name} is restored in {home}.", name=manifest.name, home=place.path))
    if done["uncertain"] or done["cancelled"]:
        say(language().say("{mails} messages and {jobs} jobs that waited were not sent or done: look at the page Jobs.",
                           mails=done["uncertain"], jobs=done["cancelled"]))  # fmt: skip
    proof = backups.prove(manifest, on=dt.datetime.now(dt.UTC).date()) if prove else {}
    if as_json:
        typer.echo(json.dumps({**done, "seconds": round(time.monotonic() - began, 1), "proof": proof}))
    is_good = not proof or (proof["check"] and proof["audit"] and proof["report"] is not False)
    if proof and is_good:
        say(language().say("All laws hold, the record is whole, and the newest report comes out the same."))
    raise typer.Exit(0 if is_good else 1)
