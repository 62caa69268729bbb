"""``seawall audit``: the sealed record of every write."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from seawall.cli.options import asks, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="The sealed record of every write.")

AnchorOption = Annotated[
    str | None,
    typer.Option("--anchor", metavar="BATCH:DIGEST", help="A head kept outside: without one a cut tail goes unseen."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@app.callback()
def audit() -> None:
    """The sealed record of every write."""


@app.command()
@asks
def verify(anchor: AnchorOption = None, as_json: JsonOption = False, lang: LangOption = None) -> None:  # noqa: ARG001
    """Recompute the whole chain: an entry that was changed, removed or put in is found. Exit code 1 if any was."""
    from seawall.cli.opening import open_store

    open_store()
    from seawall.services import audit as service
    from seawall.services.access import Actor

    found = service.verify(Actor.system(), anchor=_anchor(anchor, service.Anchor)).as_json()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(0 if found["holds"] else 1)


def _print(found: dict[str, Any]) -> None:
    words = language()
    for fault in found["faults"]:
        typer.echo(words.say("Batch {batch}: {reason}", batch=fault["batch_no"], reason=fault["reason"]))
    head = found["head"]
    sentence = "{count} entries hold." if found["holds"] else "The record was tampered with: do not trust it."
    typer.echo(words.say(sentence, count=found["entries"]))
    typer.echo(words.say("Head: {head}", head=f"{head['batch_no']}:{head['digest']}"))
    say(words.say("Keep the head outside, and give it back with --anchor: only that shows a cut tail."))


def _anchor(text: str | None, kind: Any) -> Any:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise UsageError(
            "{anchor} is not a head.", hint="Write it as 12:ab34…, as audit verify prints it.", anchor=text
        )
    return kind(int(number), digest)
