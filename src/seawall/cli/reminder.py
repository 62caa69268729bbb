"""``seawall reminder``: what somebody is reminded of, and the addresses for calendar programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

if TYPE_CHECKING:
    from seawall.services.access import Actor

app = typer.Typer(help="Reminders of deadlines, and calendars to subscribe to.", no_args_is_help=True)

KindOption = Annotated[list[str] | None, typer.Option("--kind", help="Only this kind of deadline; may be repeated.")]
OffOption = Annotated[bool, typer.Option("--off", help="Send no reminders.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What to call the address.")]
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, as the list says.")]
EntityOption = Annotated[str, typer.Option("--entity", help="Only of this entity's deadlines.")]
SaidInOption = Annotated[str, typer.Option("--said-in", help="The language of what is sent: en or zh-hans.")]
UserOption = Annotated[str, typer.Option("--user", help="Whose, by sign-in name; only for the owner of the machine.")]


@app.callback()
def reminder() -> None:
    """Reminders of deadlines, and calendars to subscribe to."""


@app.command()
@asks
def show(output: Output) -> None:
    """What the person whose token is set is reminded of."""
    form = output.chosen("table", "json")
    actor = _acting()
    from seawall.services import reminders

    output.show(reminders.mine(actor).as_json(), _choice, form)


@app.command()
@asks
def choose(kind: KindOption = None, off: OffOption = False) -> None:
    """Have deadlines mailed to the person whose token is set, of all kinds or of some, or none with --off."""
    actor = _acting()
    from seawall.services import reminders

    reminders.choose(actor, is_on=not off, kinds=kind or None)
    say(language().say("Your choice is kept."))


@app.command("calendar")
@asks
def make(name: NameArgument, user: UserOption = "") -> None:
    """Make an address at which a calendar program reads the deadlines, and print it; it is shown this once."""
    actor = _acting()
    from seawall.services import calendar_addresses, mail

    token = calendar_addresses.make(actor, name=name, username=user)
    typer.echo(mail.pages_address() + calendar_addresses.path_of(token))
    say(language().say("It is shown this once. Whoever has it reads these deadlines."))


@app.command("calendars")
@asks
def listed(output: Output, user: UserOption = "") -> None:
    """The addresses there are, without their tokens."""
    form = output.chosen("table", "json")
    actor = _acting()
    from seawall.services import calendar_addresses

    rows = [each.as_json() for each in calendar_addresses.mine(actor, username=user)]
    output.show({"calendars": rows}, _layout, form)


@app.command("end-calendar")
@asks
def end(number: NumberArgument, user: UserOption = "") -> None:
    """End an address at once."""
    actor = _acting()
    from seawall.services import calendar_addresses

    calendar_addresses.end(actor, number, username=user)
    say(language().say("The calendar address is ended."))


@app.command()
@asks
def chats(output: Output) -> None:
    """Chats and telephones that are told of deadlines, without their addresses."""
    form = output.chosen("table", "json")
    actor = _acting()
    from seawall.services import alerts

    output.show({"chats": [each.as_json() for each in alerts.listed(actor)]}, _chats, form)


@app.command("add-chat")
@asks
def add(name: NameArgument, entity: EntityOption = "", said_in: SaidInOption = "en", kind: KindOption = None) -> None:
    """Have a chat or a telephone told of deadlines; its address (such as slack://…) is read from standard input."""
    import getpass
    import sys

    actor = _acting()
    from seawall.services import alerts

    address = getpass.getpass("") if sys.stdin.isatty() else sys.stdin.readline()
    number = alerts.add(actor, name=name, address=address, entity=entity, language=said_in, kinds=kind or None)
    say(language().say("It is number {number}, and told of deadlines from now on.", number=number))


@app.command("test-chat")
@asks
def test(number: NumberArgument) -> None:
    """Put a test message before a chat or a telephone."""
    actor = _acting()
    from seawall.services import alerts

    alerts.send_test(actor, number)
    say(language().say("The test waits; the worker sends it within a minute."))


@app.command("end-chat")
@asks
def end_chat(number: NumberArgument) -> None:
    """End a chat or a telephone, and forget its address."""
    actor = _acting()
    from seawall.services import alerts

    alerts.remove(actor, number)
    say(language().say("The address is ended and forgotten."))


def _acting() -> Actor:
    from seawall.cli.acting import opened

    return opened()


def _choice(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_cover import KINDS
    from seawall.exchange.report_layout import Layout, Lines

    lines = tuple(words.say(KINDS[kind]) for kind in document["kinds"]) if document["is_on"] else ()
    title = words.say("You are reminded of") if document["is_on"] else words.say("You are not reminded.")
    return Layout("reminders", words.say("Reminders"), "", words, Scale(1, 2, ""),
                  sections=(Lines("kinds", title, lines),))  # fmt: skip


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    heads = (("number", "Number"), ("name", "Name"), ("created_at", "Made"), ("last_read_at", "Last used"))
    rows = [
        (row["address_no"], row["name"], row["created_at"][:19], (row["last_read_at"] or "")[:19])
        for row in document["calendars"]
    ]
    columns = tuple(Column(name, words.say(said)) for name, said in heads)
    title = words.say("Calendar addresses")
    return Layout("calendars", title, "", words, Scale(1, 2, ""), sections=(Table("calendars", title, columns, rows),))


def _chats(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.chat import SERVICES
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    heads = (("number", "Number"), ("name", "Name"), ("service", "Service"), ("entity", "Entity"), ("state", "State"))
    rows = [
        (row["alert_no"], row["name"], SERVICES[row["service"]], row["entity"], words.say(row["state"]))
        for row in document["chats"]
    ]
    columns = tuple(Column(name, words.say(said)) for name, said in heads)
    title = words.say("Chats and telephones")
    return Layout("chats", title, "", words, Scale(1, 2, ""), sections=(Table("chats", title, columns, rows),))
