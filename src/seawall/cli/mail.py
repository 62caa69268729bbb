"""``seawall mail``: the mail server, what waits, was sent or is uncertain, and a person's word on it."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

app = typer.Typer(help="Mail: what waits, was sent or is uncertain.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="MAIL", help="The mail's number, as `mail list` says.")]
StateOption = Annotated[str, typer.Option("--state", help="Only these: waiting, sending, sent, uncertain or failed.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="As many of the newest.")]
AgainOption = Annotated[
    bool, typer.Option("--again/--sent", help="Send it again, or: it was sent.", show_default=False)
]
ToArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="To whom.")]
HostOption = Annotated[str, typer.Option("--host", show_default=False)]
SenderOption = Annotated[str, typer.Option("--sender", help="The address mails come from.", show_default=False)]
PortOption = Annotated[int, typer.Option("--port")]
SecurityOption = Annotated[str, typer.Option("--security", help="starttls, tls or none.")]
UserOption = Annotated[str, typer.Option("--user", help="Who comes in; the password is read from standard input.")]
PagesOption = Annotated[str, typer.Option("--pages", help="Address of the pages, for links in mails.")]


@app.callback()
def mail() -> None:
    """Mail: what waits, was sent or is uncertain."""


@app.command("list")
@asks
def listed(output: Output, state: StateOption = "", limit: LimitOption = 50) -> None:
    """The newest mails and how far they are."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    output.show({"mail": [row.as_json() for row in service.listed(actor, state=state, limit=limit)]}, _layout, form)


@app.command()
@asks
def settle(number: NumberArgument, again: AgainOption) -> None:
    """Decide about a mail that is uncertain or failed."""
    service, actor = _opened()
    service.settle(actor, number, how="again" if again else "sent")
    say(language().say("It is sent again within a minute.") if again else language().say("Written down."))


@app.command()
@asks
def test(address: ToArgument) -> None:
    """Put a test mail into the outbox."""
    service, actor = _opened()
    service.send_test(actor, to=address)
    say(language().say("The test waits; the worker sends it within a minute."))


@app.command()
@asks
def server(  # noqa: PLR0917 - options of a command
    host: HostOption,
    sender: SenderOption,
    port: PortOption = 587,
    security: SecurityOption = "starttls",
    user: UserOption = "",
    pages: PagesOption = "",
) -> None:
    """Set the mail server."""
    service, actor = _opened()
    password = ""
    if user:
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    service.keep(
        actor, host=host, port=port, security=security, sender=sender, username=user, password=password,
        pages_address=pages,
    )  # fmt: skip
    say(language().say("The mail server is set."))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import mail as service

    return service, actor


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Table

    heads = (
        ("number", "Number"), ("mail", "Mail"), ("to", "Recipient"), ("state", "State"), ("attempts", "Attempts"),
        ("since", "At"), ("problem", "Problem"),
    )  # fmt: skip
    from seawall.services.mail_words import TEMPLATES

    rows = [
        (
            row["mail_no"], words.say(TEMPLATES[row["template"]][0]), row["to"], words.say(row["state"]),
            row["attempts"], row["changed_at"][:19], row["problem"],
        )
        for row in document["mail"]
    ]  # fmt: skip
    table = Table("mail", words.say("Newest first"), tuple(Column(name, words.say(said)) for name, said in heads), rows)
    return Layout("mail", words.say("Mail"), "", words, Scale(1, 2, ""), sections=(table,))
