"""Commands of the ledger's desk that share how they name things: a customer by its code, an item by its three parts."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from seawall.cli.options import language, say

About = Annotated[
    str, typer.Argument(metavar="CUSTOMER|ITEM", help="A customer's code, or ENTITY/debit/NUMBER of an item.")
]
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's code.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="ENTITY/debit/NUMBER or ENTITY/credit/NUMBER.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")]
OnOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day it holds from; without it today.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept.", show_default=False)]
AmountOption = Annotated[str, typer.Option("--amount", help="In the item's currency, as 1234.50.", show_default=False)]
NoteOption = Annotated[str, typer.Option("--note", help="A word on it.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or zh.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
KeyOption = Annotated[str, typer.Option("--key", help="An idempotency key: the same command again changes nothing.")]


def opened() -> Any:
    """The store opened, and who acts."""
    from seawall.cli import acting

    return acting.opened()


def named(actor: Any, name: str) -> Any:
    """The customer or item of that name; what has slashes is an item."""
    from seawall.services import subjects

    return subjects.item_named(actor, name) if "/" in name else subjects.customer_of(actor, name)


def done(batch_no: int | None, *, is_dry_run: bool = False) -> None:
    """Say that it is written, under which number, or that nothing was."""
    if is_dry_run:
        say(language().say("Nothing was written: a dry run."))
    elif batch_no is None:
        say(language().say("There was nothing to change."))
    else:
        say(language().say("Written as batch {number}.", number=batch_no))


def reading(actor: Any, on: dt.date, currency: str | None = None) -> Any:
    """The ledger of a day with details."""
    from seawall.services.organisation import about
    from seawall.services.reading import open_reading

    return open_reading(actor, on=on, currency=currency or about(actor).reporting_currency or None, details=True)
