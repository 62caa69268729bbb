"""``seawall webhook``: addresses that hear of what happens, what was sent to them, and sending again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

app = typer.Typer(help="Addresses that hear of what happens here.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="WEBHOOK", help="The webhook's number, as `webhook list` says.")]
DeliveryArgument = Annotated[int, typer.Argument(metavar="DELIVERY", help="The delivery's number.")]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to send: https://host/path.")]
AddressOption = Annotated[str | None, typer.Option("--address", help="Where to send from now on.")]
EntityOption = Annotated[str, typer.Option("--entity", help="Whose events it hears of.", show_default=False)]
EventOption = Annotated[list[str] | None, typer.Option("--event", help="An event to hear of; may be repeated.")]
StateOption = Annotated[str, typer.Option("--state", help="Only these: waiting, sending, sent or failed.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="As many of the newest.")]


@app.callback()
def webhook() -> None:
    """Addresses that hear of what happens here."""


@app.command("list")
@asks
def listed(output: Output) -> None:
    """All webhooks and how they stand."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    output.show({"webhooks": [row.as_json() for row in service.endpoints(actor)]}, _layout, form)


@app.command()
@asks
def add(address: AddressArgument, entity: EntityOption, event: EventOption = None) -> None:
    """Let an address hear of events (all of them unless some are named); prints the secret this once."""
    service, actor = _opened()
    from seawall.services.announcing import EVENTS

    made = service.add(actor, entity=entity, address=address, events=event or list(EVENTS))
    typer.echo(made.secret)
    say(language().say("The webhook {number} is added. Its secret is shown this once.", number=made.endpoint_id))


@app.command()
@asks
def change(number: NumberArgument, address: AddressOption = None, event: EventOption = None) -> None:
    """Send elsewhere, or tell of other events; what is not named stays."""
    service, actor = _opened()
    service.change(actor, number, at=dt.datetime.now(dt.UTC), address=address, events=event)
    say(language().say("The webhook is changed."))


@app.command()
@asks
def pause(number: NumberArgument) -> None:
    """Send nothing for now; what happens meanwhile waits."""
    service, actor = _opened()
    service.pause(actor, number, at=dt.datetime.now(dt.UTC))
    say(language().say("The webhook is changed."))


@app.command()
@asks
def resume(number: NumberArgument) -> None:
    """Go on sending, with what has waited first."""
    service, actor = _opened()
    service.resume(actor, number)
    say(language().say("The webhook is changed."))


@app.command()
@asks
def secret(number: NumberArgument) -> None:
    """Make a new secret, which holds at once, and print it this once."""
    service, actor = _opened()
    typer.echo(service.new_secret(actor, number).secret)


@app.command()
@asks
def remove(number: NumberArgument) -> None:
    """End a webhook; what still waits for it fails."""
    service, actor = _opened()
    service.remove(actor, number, at=dt.datetime.now(dt.UTC))
    say(language().say("The webhook is removed."))


@app.command()
@asks
def test(number: NumberArgument) -> None:
    """Put a test message before a webhook; prints the delivery's number."""
    service, actor = _opened()
    typer.echo(service.send_test(actor, number))


@app.command()
@asks
def deliveries(number: NumberArgument, output: Output, state: StateOption = "", limit: LimitOption = 50) -> None:
    """What was put before a webhook, newest first."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    rows = [row.as_json() for row in service.deliveries(actor, number, state=state, limit=limit)]
    output.show({"deliveries": rows}, _deliveries_layout, form)


@app.command()
@asks
def log(delivery: DeliveryArgument, output: Output) -> None:
    """The attempts of one message."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    output.show(service.delivery(actor, delivery).as_json(), _log_layout, form)


@app.command()
@asks
def again(delivery: DeliveryArgument) -> None:
    """Send a message again that failed or was delivered, under the same id."""
    service, actor = _opened()
    service.again(actor, delivery)
    say(language().say("It is sent again within a minute."))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import webhooks

    return webhooks, actor


def _table(title: str, heads: Any, rows: Any, words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    columns = tuple(Column(name, words.say(said)) for name, said in heads)
    table = Table("webhooks", title, columns, rows)
    return Layout("webhooks", words.say("Webhooks"), "", words, Scale(1, 2, ""), sections=(table,))


def _layout(document: dict[str, Any], words: Any) -> Any:
    heads = (
        ("number", "Number"), ("entity", "Entity"), ("address", "Address"), ("state", "State"), ("waiting", "Waiting"),
        ("failed", "Failed"), ("events", "Events"),
    )  # fmt: skip
    rows = [
        (
            row["endpoint_id"], row["entity"], row["address"],
            words.say("paused" if row["paused_at"] else "failing" if row["failing_since"] else "active"),
            row["waiting"], row["failed"], ", ".join(row["events"]),
        )
        for row in document["webhooks"]
    ]  # fmt: skip
    return _table(words.say("Addresses"), heads, rows, words)


def _deliveries_layout(document: dict[str, Any], words: Any) -> Any:
    heads = (
        ("number", "Number"), ("event", "Event"), ("state", "State"), ("attempts", "Attempts"), ("made", "Made"),
        ("next", "Next attempt"),
    )  # fmt: skip
    rows = [
        (
            row["delivery_no"], row["event"], words.say("delivered" if row["state"] == "sent" else row["state"]),
            row["attempts"], row["made_at"][:19], (row["next_at"] or "")[:19],
        )
        for row in document["deliveries"]
    ]  # fmt: skip
    return _table(words.say("Deliveries"), heads, rows, words)


def _log_layout(document: dict[str, Any], words: Any) -> Any:
    heads = (("at", "At"), ("status", "Answer"), ("problem", "Problem"))
    rows = [(each["at"][:19], each["status"], each["problem"]) for each in document["tries"]]
    return _table(f"{document['event']} {document['message_id']}", heads, rows, words)
