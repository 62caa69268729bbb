"""``seawall token``: tokens of the API, made by the owner of the machine for a user."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

app = typer.Typer(help="Tokens by which programs use the API.")

UserOption = Annotated[str, typer.Option("--user", help="Sign-in name of whom the token acts as.", show_default=False)]
DaysOption = Annotated[int, typer.Option("--days", help="How many days it lives.")]
VerbOption = Annotated[list[str] | None, typer.Option("--verb", help="Reading and only this right; may be repeated.")]
EntityOption = Annotated[list[str] | None, typer.Option("--entity", help="Only this entity; may be repeated.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or zh.")]


@app.callback()
def token() -> None:
    """Tokens by which programs use the API."""


@app.command()
@asks
def make(  # noqa: PLR0917 - typer names every option
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for.", show_default=False)],
    user: UserOption,
    days: DaysOption = 90,
    verb: VerbOption = None,
    entity: EntityOption = None,
    lang: LangOption = None,  # noqa: ARG001 - read by @asks
) -> None:
    """Make a token and print it; it is shown this once."""
    service, actor = _opened()
    at = dt.datetime.now(dt.UTC)
    secret = service.make_token(
        actor, name=name, days=days, at=at, verbs=verb or None, entities=entity or None, username=user
    )
    typer.echo(secret)
    say(language().say("It is shown this once, and ends after {days} days.", days=days))


@app.command("list")
@asks
def list_(user: UserOption, output: Output) -> None:
    """A user's tokens, without their secrets."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    found = [_plain(each) for each in service.tokens(actor, username=user)]
    output.show({"tokens": found}, _layout, form)


@app.command()
@asks
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="NUMBER", help="The token's number.", show_default=False)],
    user: UserOption,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """End a token at once."""
    service, actor = _opened()
    service.revoke_token(actor, token_id=token_id, at=dt.datetime.now(dt.UTC), username=user)
    say(language().say("The token is ended."))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import sign_in

    return sign_in, actor


def _plain(each: Any) -> dict[str, Any]:
    return {
        "token_id": each.token_id,
        "name": each.name,
        "expires_at": each.expires_at.isoformat(),
        "is_revoked": each.is_revoked,
        "verbs": each.verbs,
        "entities": each.entities,
    }


def _layout(found: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout, Lines

    lines = tuple(
        f"{each['token_id']} {each['name']}: {', '.join(each['verbs'] or ()) or words.say('all rights of the user')}, "
        f"{words.say('ended') if each['is_revoked'] else each['expires_at'][:10]}"
        for each in found["tokens"]
    )
    return Layout(
        "tokens", words.say("API tokens"), "", words, Scale(1, 2, ""), (),
        words.say("{count} tokens", count=len(lines)), sections=(Lines("tokens", words.say("API tokens"), lines),),
    )  # fmt: skip
