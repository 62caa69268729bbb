"""``seawall seal``: the key that secrets and files at rest are sealed with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from seawall.cli.options import asks, language, say

app = typer.Typer(help="The key that secrets and files are sealed with.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or zh.")]


@app.callback()
def seal() -> None:
    """The key that secrets and files are sealed with."""


@app.command()
@asks
def show(json: JsonOption = False, lang: LangOption = None) -> None:  # noqa: ARG001 - typer names it
    """Which key seals, by its id."""
    service, actor = _opened()
    found = service.state(actor)
    if json:
        _print(asdict(found))
        return
    say(language().say("Key {key} seals, from {source}; keys in all: {count}.",
                       key=found.key_id, source=found.source, count=found.count))  # fmt: skip


@app.command()
@asks
def rotate(json: JsonOption = False, lang: LangOption = None) -> None:  # noqa: ARG001
    """Change the key: everything is sealed anew, then the old key is gone. Stopped, it goes on when called again."""
    service, actor = _opened()
    done = service.rotate(actor)
    if json:
        _print(done.as_json())
        return
    say(language().say("Sealed anew: {rows} rows, {files} files. The key is {key} now.",
                       rows=done.rows, files=done.files, key=done.key_id))  # fmt: skip
    say(language().say("Keep the new {file} apart from the backups, and the old one as long as the old backups.",
                       file="seal_key"))  # fmt: skip


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import sealing

    return sealing, actor


def _print(said: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(said))
