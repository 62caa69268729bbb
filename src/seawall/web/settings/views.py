"""Organisation: who we are, who may do what, whether the record still holds; and one's own account."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

import seawall
from seawall.engine.kernel.errors import InputError, SeawallError
from seawall.policies.load import shipped
from seawall.services import access, audit, people, sign_in
from seawall.services import imports as imported
from seawall.services.access import ALL
from seawall.services.documents import UNVERIFIED
from seawall.web import errors, numbers
from seawall.web.reader import Reader, page

TOKEN_DAYS = 90


@page("settings/organisation.html", "settings")
def organisation(reader: Reader) -> dict[str, Any]:
    """Organisation, entities, people, policies in force, the state of the audit log."""
    everywhere = reader.actor.entities is ALL
    return {
        "about": reader.about,
        "version": seawall.__version__,
        "people": people.everyone(reader.actor) if everywhere and reader.actor.may(access.PEOPLE) else None,
        "may_audit": everywhere and reader.actor.may(access.AUDIT),
        "policies": _policies(reader),
        "tokens": sign_in.tokens(reader.actor),
    }


@page("settings/audit.html", "settings")
def verify(reader: Reader) -> dict[str, Any]:
    """Recompute the whole chain now."""
    return {"state": audit.verify(reader.actor), "entries": audit.entries(reader.actor, limit=50)}


@page("settings/token.html", "settings", methods=("POST",))
def token(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Make a token of the API, shown once; or end one."""
    given, now = reader.request.POST, timezone.now()
    try:
        if given.get("revoke"):
            sign_in.revoke_token(reader.actor, token_id=_whole(given["revoke"]), at=now)
            messages.success(reader.request, _("The token is ended."), extra_tags="good")
            return redirect("settings")
        days = _whole(given.get("days") or str(TOKEN_DAYS))
        secret = sign_in.make_token(reader.actor, name=given.get("name", ""), days=days, at=now)
    except SeawallError as error:
        messages.error(reader.request, errors.say(error.template, error.params), extra_tags="danger")
        return redirect("settings")
    return {"secret": secret, "until": now + dt.timedelta(days=days)}


@page("settings/password.html", "password", methods=("GET", "HEAD", "POST"))
def password(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Change one's own password."""
    given = reader.request.POST
    must = getattr(reader.request.user, "must_change_password", False)
    if reader.request.method != "POST":
        return {"must": must}
    if given.get("new") != given.get("again"):
        return {"must": must, "problem": _("The two new passwords differ.")}
    try:
        sign_in.change_password(reader.actor, old=given.get("old", ""), new=given.get("new", ""))
    except SeawallError as error:
        return {"must": must, "problem": errors.say(error.template, error.params)}
    user = cast("Any", reader.request.user)
    user.refresh_from_db()
    update_session_auth_hash(reader.request, user)
    messages.success(reader.request, _("The password is changed."), extra_tags="good")
    return redirect("today")


@page("ledger/imports.html", "imports")
def imports(reader: Reader) -> dict[str, Any]:
    """What was imported."""
    return {"files": imported.imports(reader.actor)}


@page("ledger/import.html", "imports")
def one_import(reader: Reader, file_id: int) -> dict[str, Any]:
    """One file: its hash, its control totals, the rows that were not taken."""
    file, rejects = imported.rejects(reader.actor, file_id=file_id)
    control = [(currency, amounts) for currency, amounts in sorted(file.control.items()) if isinstance(amounts, dict)]
    return {"file": file, "rejects": rejects, "control": control}


def _cleared(source: str) -> str:
    """A source without its mark; the page says in words that nobody has checked it yet."""
    return " ".join(source.replace(UNVERIFIED, "").split())


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004
        raise InputError("{text} is not a whole number.", text=text)
    return int(text)


def _policies(reader: Reader) -> list[dict[str, Any]]:
    """Every policy, and since when its value on the question's day is in force."""
    chinese, on = numbers.babel_locale().startswith("zh"), reader.question.on
    rows = []
    for policy_id, policy in sorted(shipped().by_id.items()):
        values = [value for value in policy.values if value.from_day <= on]
        rows.append(
            {
                "id": policy_id,
                "title": policy.title_zh if chinese else policy.title,
                "since": values[-1].from_day if values else None,
                "source": _cleared(values[-1].source) if values else "",
                "is_unverified": bool(values) and UNVERIFIED in values[-1].source,
            }
        )
    return rows
