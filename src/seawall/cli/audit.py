"""``seawall audit``: the sealed record of every write."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="The sealed record of every write.")

AnchorOption = Annotated[
    str | None,
    typer.Option("--anchor", metavar="BATCH:DIGEST", help="A head kept outside: without one a cut tail goes unseen."),
]


@app.callback()
def audit() -> None:
    """The sealed record of every write."""


@app.command()
@asks
def verify(output: Output, anchor: AnchorOption = None) -> None:
    """Recompute the whole chain: an entry that was changed, removed or put in is found. Exit code 1 if any was."""
    form = output.chosen("table", "json")
    from seawall.cli.opening import open_store

    open_store()
    from seawall.services import audit as service
    from seawall.services.access import Actor

    found = service.verify(Actor.system(), anchor=_anchor(anchor, service.Anchor)).as_json()
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
