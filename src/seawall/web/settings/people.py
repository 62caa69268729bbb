"""People: who works here with which roles, one person, invitations, the table of roles, and how people come in."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError
from seawall.services import access, deputies, invitations, people, sign_in_rules, single_sign_on
from seawall.services.access import ALL, Grant
from seawall.services.role_words import ROLE_WORDS, table
from seawall.web.paging import row_number
from seawall.web.question import day_of
from seawall.web.reader import Reader, page
from seawall.web.settings.account import whole


@page("settings/people.html", "people", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Everybody; POST sets how people come in."""
    if reader.request.method == "POST":
        return _change_rules(reader)
    if not _may_see(reader):
        return {"people": None}
    return {
        "people": [shown(person) for person in people.everyone(reader.actor)],
        "may_change": _may_change(reader),
        "rules": sign_in_rules.rules(cast("Any", reader.request).seawall_on),
        "roles": roles(),
        "providers": single_sign_on.providers(reader.actor) if _may_integrate(reader) else None,
        "back": reader.request.build_absolute_uri(reverse("provider_back")),
    }


@page("settings/people.html", "people", methods=("POST",), home="people")
def providers(reader: Reader) -> HttpResponse:
    """Add, change or remove a provider of identities."""
    given = reader.request.POST
    if given.get("do") == "remove":
        return _remove_provider(reader, given.get("provider", ""))
    single_sign_on.keep_provider(
        reader.actor, name=given.get("name", ""), issuer=given.get("issuer", ""),
        client_id=given.get("client_id", ""), secret=given.get("secret", ""),
        is_active=bool(given.get("is_active")),
    )  # fmt: skip
    messages.success(reader.request, _("The provider is kept."), extra_tags="good")
    return redirect("people")


def _remove_provider(reader: Reader, number: str) -> HttpResponse:
    single_sign_on.remove_provider(reader.actor, provider_id=row_number(number) or 0)
    messages.success(reader.request, _("The provider is removed."), extra_tags="good")
    return redirect("people")


@page("settings/person.html", "people", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, username: str) -> dict[str, Any] | HttpResponse:
    """One person; POST changes what the form names."""
    if reader.request.method == "POST":
        return _change(reader, username)
    person = people.person(reader.actor, username=username)
    return {
        "person": shown(person),
        "may_change": _may_change(reader),
        "deputies": [each for each in deputies.of(reader.actor, username=username) if not each.is_ended],
        "roles": roles(),
        "entities": reader.about.names,
        "on": cast("Any", reader.request).seawall_on,
    }


@page("settings/invite.html", "people", methods=("GET", "HEAD", "POST"))
def invite(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Invite somebody; the link is shown once."""
    access.require_everywhere(reader.actor, access.PEOPLE)
    given = reader.request.POST
    form: dict[str, Any] = {"roles": roles(), "entities": reader.about.names, "given": {}}
    if reader.request.method != "POST":
        return form
    link = invitations.invite(
        reader.actor, username=given.get("username", ""), name=given.get("name", ""),
        email=given.get("email", ""), language=given.get("language", "en"),
        grants=[_grant(given)] if given.get("role") else [], at=timezone.now(),
    )  # fmt: skip
    return {"link": _link(reader, link), "until": link.expires_at, "username": given.get("username", "").strip()}


@page("settings/roles.html", "people")
def matrix(reader: Reader) -> dict[str, Any]:  # noqa: ARG001 - a page's form; everybody may read what roles may do
    """The table of roles, as it is enforced."""
    rows = [
        {"verb": right.verb, "words": _(right.words), "marks": [(role, role in right.roles) for role in ROLE_WORDS]}
        for right in table()
    ]
    return {"roles": roles(), "rows": rows}


def roles() -> list[dict[str, str]]:
    """Roles with their words, in the table's order."""
    return [{"role": role, "name": _(name), "about": _(said)} for role, (name, said) in ROLE_WORDS.items()]


def shown(person: people.Person) -> dict[str, Any]:
    """A person with roles in words."""
    named = [
        {"role": each.role, "entity": each.entity, "name": _(ROLE_WORDS[each.role][0])}
        for each in person.grants
        if each.role in ROLE_WORDS
    ]
    return {name: getattr(person, name) for name in person.__slots__} | {"roles": named}


def _change(reader: Reader, username: str) -> dict[str, Any] | HttpResponse:
    given, actor = reader.request.POST, reader.actor
    ways = {
        "change": _change_person, "grant": _give, "revoke": _take, "appoint": _appoint, "end_deputy": _end_deputy,
        "deactivate": _activity, "reactivate": _activity,
    }  # fmt: skip
    if given.get("do") == "reset":
        link = invitations.reset(actor, username=username, at=timezone.now())
        return {"link": _link(reader, link), "until": link.expires_at, "person": {"username": username}}
    way = ways.get(given.get("do", ""))
    if way is None:
        raise InputError("{text} is not something to do here.", text=given.get("do", "")[:40])
    messages.success(reader.request, way(reader, username), extra_tags="good")
    return redirect("person", username=username)


def _change_person(reader: Reader, username: str) -> str:
    given = reader.request.POST
    people.change(
        reader.actor, username=username, name=given.get("name", ""), email=given.get("email", ""),
        language=given.get("language", ""),
    )  # fmt: skip
    return _("The person is changed.")


def _give(reader: Reader, username: str) -> str:
    people.grant(reader.actor, username=username, given=_grant(reader.request.POST))
    return _("The role is given. It holds from the next signing in.")


def _take(reader: Reader, username: str) -> str:
    people.revoke(reader.actor, username=username, taken=_grant(reader.request.POST))
    return _("The role is taken. All sessions of this person are ended.")


def _activity(reader: Reader, username: str) -> str:
    is_active = reader.request.POST["do"] == "reactivate"
    people.set_active(reader.actor, username=username, is_active=is_active)
    return _("The person may sign in again.") if is_active else _("The person is shut out, and all sessions are ended.")


def _appoint(reader: Reader, username: str) -> str:
    given, today = reader.request.POST, cast("Any", reader.request).seawall_on
    deputies.appoint(
        reader.actor, principal=username, deputy=given.get("deputy", "").strip(),
        from_day=day_of(given.get("from", ""), today), to_day=day_of(given.get("to", ""), today),
    )  # fmt: skip
    return _("The deputy is appointed.")


def _end_deputy(reader: Reader, username: str) -> str:  # noqa: ARG001 - one form of all ways
    number = reader.request.POST.get("deputy_id", "")
    deputies.end(reader.actor, deputy_id=row_number(number) or 0)
    return _("The deputy is ended.")


def _change_rules(reader: Reader) -> HttpResponse:
    given = reader.request.POST
    sign_in_rules.change_rules(
        reader.actor,
        second_factor_roles=given.getlist("role"),
        idle_minutes=whole(given, "idle_minutes"),
        absolute_hours=whole(given, "absolute_hours"),
    )
    messages.success(reader.request, _("The rules are changed."), extra_tags="good")
    return redirect("people")


def _grant(given: Any) -> Grant:
    return Grant(given.get("role", ""), given.get("entity") or None)


def _link(reader: Reader, link: invitations.Link) -> str:
    return reader.request.build_absolute_uri(reverse("welcome", args=[link.secret]))


def _may_see(reader: Reader) -> bool:
    return any(reader.actor.where(verb) is ALL for verb in (access.PEOPLE, access.AUDIT))


def _may_integrate(reader: Reader) -> bool:
    return reader.actor.where(access.INTEGRATION_CHANGE) is ALL


def _may_change(reader: Reader) -> bool:
    return reader.actor.where(access.PEOPLE) is ALL
