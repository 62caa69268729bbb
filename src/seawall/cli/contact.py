"""``seawall contact``: whom to speak to at a customer, and erasing them for good."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from seawall.cli.options import asks, language, say

app = typer.Typer(help="Whom to speak to at a customer.")

CodeArgument = Annotated[str, typer.Argument(help="The customer's code.")]
NumberArgument = Annotated[int, typer.Argument(help="The contact's number, as `seawall contact list` shows it.")]
NameOption = Annotated[str | None, typer.Option("--name")]
EmailOption = Annotated[str | None, typer.Option("--email")]
PhoneOption = Annotated[str | None, typer.Option("--phone")]
RoleOption = Annotated[str | None, typer.Option("--role", help="What the person does there.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="en or zh-hans.")]


@app.callback()
def contact() -> None:
    """Whom to speak to at a customer."""


@app.command("list")
@asks
def listed(code: CodeArgument) -> None:
    """The contacts of a customer, as JSON lines."""
    service, actor = _opened()
    for each in service.listed(actor, code):
        typer.echo(json.dumps(each.as_json(), ensure_ascii=False))


@app.command()
@asks
def add(  # noqa: PLR0917 - options of a command
    code: CodeArgument,
    name: NameOption = None,
    email: EmailOption = None,
    phone: PhoneOption = None,
    role: RoleOption = None,
    lang: LanguageOption = None,
) -> None:
    """Note a person at a customer."""
    service, actor = _opened()
    made = service.add(actor, code, _said(name, email, phone, role, lang))
    typer.echo(json.dumps(made.as_json(), ensure_ascii=False))


@app.command()
@asks
def change(  # noqa: PLR0917 - options of a command
    number: NumberArgument,
    name: NameOption = None,
    email: EmailOption = None,
    phone: PhoneOption = None,
    role: RoleOption = None,
    lang: LanguageOption = None,
) -> None:
    """Say something else of a person; what is not named stays."""
    service, actor = _opened()
    made = service.change(actor, number, _said(name, email, phone, role, lang))
    typer.echo(json.dumps(made.as_json(), ensure_ascii=False))


@app.command()
@asks
def erase(number: NumberArgument) -> None:
    """Erase a person for good: the key is destroyed, and what was sealed under it with it."""
    service, actor = _opened()
    service.erase(actor, number)
    say(language().say("The contact {number} is erased.", number=number))


def _said(*values: str | None) -> dict[str, str]:
    names = ("name", "email", "phone", "role", "language")
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import contacts

    return contacts, actor
