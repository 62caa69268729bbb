"""``seawall people``: who works here, with which roles, and who acts for whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, day_of, language, say

app = typer.Typer(help="Who works here, with which roles.")

User = Annotated[str, typer.Argument(metavar="USER", help="Sign-in name.", show_default=False)]
RoleOption = Annotated[str, typer.Option("--role", help="A role, such as collector.")]
RolesOption = Annotated[list[str] | None, typer.Option("--role", help="A role, such as collector; repeat it for more.")]
EntityOption = Annotated[str, typer.Option("--entity", help="The entity the role is for; without it every one.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: en or zh.")]
NameOption = Annotated[str, typer.Option("--name", help="The person's name.")]
MailOption = Annotated[str, typer.Option("--email", help="Where mail goes.")]
ForOption = Annotated[str, typer.Option("--for", help="Sign-in name of whom the deputy acts for.", show_default=False)]
FromOption = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.", show_default=False)]
ToOption = Annotated[str, typer.Option("--to", metavar="DATE", help="The last day.", show_default=False)]

DeputyNumber = Annotated[
    int, typer.Argument(metavar="NUMBER", help="As `people deputies` prints it.", show_default=False)
]
ProviderNumber = Annotated[
    int, typer.Argument(metavar="NUMBER", help="As `people providers` prints it.", show_default=False)
]


ALONE = "Single-user mode since {day}, set by {who}: one person may approve what they proposed."


@app.callback()
def people() -> None:
    """Who works here, with which roles."""


@app.command("list")
@asks
def list_(output: Output) -> None:
    """Everybody, with roles."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    found = [_plain(person) for person in service.everyone(actor)]
    output.show({"people": found}, _layout, form)


@app.command()
@asks
def invite(  # noqa: PLR0917 - typer names every option
    user: User,
    role: RolesOption = None,
    entity: EntityOption = "",
    name: NameOption = "",
    email: MailOption = "",
    lang: LangOption = None,  # noqa: ARG001 - read by @asks
) -> None:
    """Make a user, and print the link by which the person chooses a password. It serves once."""
    _, actor = _opened()
    from seawall.services import invitations
    from seawall.services.access import Grant

    grants = [Grant(each, entity or None) for each in role or []]
    link = invitations.invite(actor, username=user, name=name, email=email, grants=grants, at=_now())
    _print(link)


@app.command()
@asks
def reset(user: User, lang: LangOption = None) -> None:  # noqa: ARG001
    """End a user's password, second factors and sessions, and print a link to choose a new password."""
    _, actor = _opened()
    from seawall.services import invitations

    _print(invitations.reset(actor, username=user, at=_now()))


@app.command()
@asks
def deactivate(user: User, lang: LangOption = None) -> None:  # noqa: ARG001
    """Shut a user out at once: sessions, tokens and deputies end."""
    service, actor = _opened()
    service.set_active(actor, username=user, is_active=False)
    say(language().say("{user} is deactivated.", user=user))


@app.command()
@asks
def reactivate(user: User, lang: LangOption = None) -> None:  # noqa: ARG001
    """Let a user in again."""
    service, actor = _opened()
    service.set_active(actor, username=user, is_active=True)
    say(language().say("{user} may sign in again.", user=user))


@app.command()
@asks
def grant(user: User, role: RoleOption, entity: EntityOption = "", lang: LangOption = None) -> None:  # noqa: ARG001
    """Give a role, in one entity or in all."""
    service, actor = _opened()
    from seawall.services.access import Grant

    service.grant(actor, username=user, given=Grant(role, entity or None))
    say(language().say("{user} is given the role {role}.", user=user, role=role))


@app.command()
@asks
def revoke(user: User, role: RoleOption, entity: EntityOption = "", lang: LangOption = None) -> None:  # noqa: ARG001
    """Take a role; the user's sessions end."""
    service, actor = _opened()
    from seawall.services.access import Grant

    service.revoke(actor, username=user, taken=Grant(role, entity or None))
    say(language().say("The role {role} is taken from {user}.", user=user, role=role))


@app.command()
@asks
def deputy(
    user: User,
    for_: ForOption,
    from_: FromOption,
    to: ToOption,
    lang: LangOption = None,  # noqa: ARG001
) -> None:
    """Let USER act for another from one day to another."""
    _, actor = _opened()
    from seawall.services import deputies

    deputies.appoint(actor, principal=for_, deputy=user, from_day=day_of(from_), to_day=day_of(to))
    say(language().say("{user} acts for {other} from {start} to {end}.", user=user, other=for_, start=from_, end=to))


@app.command()
@asks
def deputies(user: User, output: Output) -> None:
    """Whom USER acts for, and who acts for USER."""
    form = output.chosen("table", "json")
    _, actor = _opened()
    from seawall.services import deputies as service

    found = [asdict(each) for each in service.of(actor, username=user)]
    output.show({"deputies": found}, _deputy_layout, form)


@app.command("end-deputy")
@asks
def end_deputy(number: DeputyNumber, lang: LangOption = None) -> None:  # noqa: ARG001
    """End a deputyship at once."""
    _, actor = _opened()
    from seawall.services import deputies as service

    service.end(actor, deputy_id=number)
    say(language().say("The deputyship is ended."))


@app.command()
@asks
def providers(output: Output) -> None:
    """By whom people may come in (OpenID Connect)."""
    form = output.chosen("table", "json")
    _, actor = _opened()
    from seawall.services import single_sign_on as service

    found = [asdict(each) for each in service.providers(actor)]
    output.show({"providers": found}, _provider_layout, form)


@app.command("remove-provider")
@asks
def remove_provider(number: ProviderNumber, lang: LangOption = None) -> None:  # noqa: ARG001
    """Remove a provider of identities: nobody comes in by it any more."""
    _, actor = _opened()
    from seawall.services import single_sign_on as service

    service.remove_provider(actor, provider_id=number)
    say(language().say("The provider is removed."))


@app.command("single-user")
@asks
def single_user(
    output: Output,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Switch it; without, only say how it stands.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is written down.")] = "",
) -> None:
    """Whether one person may approve what they proposed: for a company of one. Ends once a second may."""
    form = output.chosen("table", "json")
    _, actor = _opened()
    from seawall.services import organisation
    from seawall.services import single_user as service

    if on is not None:
        service.switch(actor, is_on=on, on=organisation.day_of(_now()), reason=reason)
    output.show(service.mode().as_json(), _single_user_layout, form)


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import people as service

    return service, actor


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _print(link: Any) -> None:
    from django.conf import settings

    origin = next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://localhost:8000")
    typer.echo(f"{origin}/welcome/{link.secret}/")
    say(language().say("The link serves once, until {until}.", until=f"{link.expires_at:%Y-%m-%d %H:%M} UTC"))


def _plain(person: Any) -> dict[str, Any]:
    return {
        "username": person.username,
        "name": person.name,
        "email": person.email,
        "is_active": person.is_active,
        "has_second_factor": person.factors > 0,
        "roles": [{"role": each.role, "entity": each.entity} for each in person.grants],
    }


def _layout(found: dict[str, Any], words: Any) -> Any:
    from seawall.services.role_words import ROLE_WORDS

    def line(person: dict[str, Any]) -> str:
        roles = [
            f"{words.say(ROLE_WORDS[each['role']][0])}{' · ' + each['entity'] if each['entity'] else ''}"
            for each in person["roles"]
            if each["role"] in ROLE_WORDS
        ]
        state = "" if person["is_active"] else f" ({words.say('deactivated')})"
        return f"{person['username']}{state}: {words.listed(roles) or words.say('no role')}"

    return _lines("people", words.say("People"), words.say("{count} people", count=len(found["people"])), words, [
        line(person) for person in found["people"]
    ])  # fmt: skip


def _deputy_layout(found: dict[str, Any], words: Any) -> Any:
    lines = [
        words.say(
            "{number}: {user} acts for {other} from {start} to {end}", number=each["deputy_id"], user=each["deputy"],
            other=each["principal"], start=str(each["from_day"]), end=str(each["to_day"]),
        ) + (f" ({words.say('ended')})" if each["is_ended"] else "")
        for each in found["deputies"]
    ]  # fmt: skip
    return _lines("deputies", words.say("Deputies"), words.say("{count} deputyships", count=len(lines)), words, lines)


def _provider_layout(found: dict[str, Any], words: Any) -> Any:
    lines = [
        f"{each['provider_id']} {each['name']}: {each['issuer']}"
        + ("" if each["is_active"] else f" ({words.say('switched off')})")
        for each in found["providers"]
    ]
    title = words.say("Providers of identities")
    return _lines("providers", title, words.say("{count} providers", count=len(lines)), words, lines)


def _single_user_layout(found: dict[str, Any], words: Any) -> Any:
    def line(change: dict[str, Any]) -> str:
        state = words.say("switched on") if change["is_on"] else words.say("switched off")
        return f"{words.day(change['from_day'])}: {state}, {change['actor']}: {change['reason']}"

    told = (
        words.say(ALONE, day=words.day(found["from_day"]), who=found["actor"])
        if found["is_on"]
        else words.say("It takes two people to approve.")
    )
    return _lines("single_user", words.say("Single-user mode"), told, words, [line(each) for each in found["history"]])


def _lines(name: str, title: str, told: str, words: Any, lines: list[str]) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout, Lines

    return Layout(name, title, "", words, Scale(1, 2, ""), (), told, sections=(Lines(name, title, tuple(lines)),))
