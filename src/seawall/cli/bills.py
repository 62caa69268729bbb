"""``seawall bills``: bills receivable, where each stands, and what happened to one."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import Output, Question, asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Bills receivable: where each stands, and what happened to one.", no_args_is_help=True)

StateOption = Annotated[str, typer.Option("--state", help="Only bills in this state, such as received or endorsed.")]
NumberArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="The bill's number.")]
EventArgument = Annotated[
    str, typer.Argument(metavar="EVENT", help="endorsed, discounted, presented, paid, bounced, returned; or take-back.")
]
EntityOption = Annotated[str, typer.Option("--entity", help="The selling entity the bill belongs to.")]
OnOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day it happened.")]
WithOption = Annotated[str, typer.Option("--with", help="Whom it was endorsed to, or who discounted it.")]
NoteOption = Annotated[str, typer.Option("--note", help="A note for the record.")]
KeyOption = Annotated[str, typer.Option("--key", help="The same key with the same request is one effect.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Do everything and take it back.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@app.callback()
def bills() -> None:
    """Bills receivable: where each stands, and what happened to one."""


@app.command("list")
@asks
def listing(question: Question, output: Output, state: StateOption = "") -> None:
    """Bills by maturity, and the exposure by customer and by acceptor: from the store, or from files."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened, why
    from seawall.engine.ledger.items import BILL_STATES
    from seawall.exchange import report_exposure
    from seawall.services import exposures

    if state and state not in BILL_STATES:
        raise UsageError(
            "There is no state {state} of a bill.", hint="Choose one of: {known}.", state=state,
            known=", ".join(BILL_STATES),
        )  # fmt: skip
    book = opened(question)
    found = exposures.exposures(book.ledger, as_of=book.as_of, rates=book.rates, policies=book.policies)
    output.show(exposures.document(found, state=state), report_exposure.listed, form, lambda: why(book, "exposure"))


@app.command()
@asks
def event(  # noqa: PLR0917 - the framework passes options by name
    number: NumberArgument,
    event: EventArgument,
    entity: EntityOption = "main",
    on: OnOption = None,
    counterparty: WithOption = "",
    note: NoteOption = "",
    key: KeyOption = "",
    dry_run: DryOption = False,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Record what happened to a bill on a day; take-back takes back the last event that was recorded."""
    day = day_of(on)
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import bills as service

    if event == "take-back":
        taken = service.take_back(actor, entity=entity, number=number, dry_run=dry_run, key=key)
        say(language().say("Taken back: {event} of the bill {number}.", event=taken.event, number=number))
        return
    done = service.record_event(
        actor, entity=entity, number=number, event=event, on=day, counterparty=counterparty, note=note,
        dry_run=dry_run, key=key,
    )  # fmt: skip
    sentence = "Recorded: {event} of the bill {number} on {day}." if done.new_rows else "This was on record already."
    say(language().say(sentence, event=event, number=number, day=day))
