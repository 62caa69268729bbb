"""My account: password, second factors, recovery codes, sessions, deputies and tokens, all one's own."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any, cast

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import InputError, Where
from seawall.services import access, deputies, passkeys, second_factors, sessions, sign_in, sign_in_rules
from seawall.services.access import ROLES
from seawall.services.role_words import VERB_WORDS
from seawall.web.question import day_of
from seawall.web.reader import Reader, page
from seawall.web.sessions import look_at
from seawall.web.signing import read_json, site_of

TOKEN_DAYS = 90
APP_SECRET, PASSKEY_STATE = "app_secret", "passkey_making"


@page("settings/account.html", "account")
def view(reader: Reader) -> dict[str, Any]:
    """All of one's own account on one page."""
    actor, asked = reader.actor, cast("Any", reader.request)
    on, now, here = asked.seawall_on, timezone.now(), asked.seawall_session
    factors = second_factors.mine(actor)
    return {
        "person": asked.user,
        "must": asked.seawall_must,
        "factors": factors,
        "has_app": any(factor.kind == "app" for factor in factors),
        "codes_left": second_factors.codes_left(actor),
        "sessions": sessions.mine(actor, at=now, on=on),
        "here_id": here.session_id if here else None,
        "rules": sign_in_rules.rules(on),
        "deputies": [each for each in deputies.of(actor) if not each.is_ended and each.to_day >= on],
        "principals": [] if actor.acts_for else deputies.principals(access.user_of(actor), on=on),
        "on": on,
        "tokens": [] if actor.acts_for else sign_in.tokens(actor),
        "rights": [(verb, _(words)) for verb, words in VERB_WORDS.items() if _may(actor, verb)],
    }


def _may(actor: access.Actor, verb: str) -> bool:
    return verb != access.READ and any(verb in ROLES.get(grant.role, ()) for grant in actor.grants)


@page("settings/app.html", "account", methods=("GET", "HEAD", "POST"))
def app(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Add an authenticator app: show its secret, take a code of it back, show the recovery codes."""
    session = reader.request.session
    second_factors.own(reader.actor)
    secret = session.get(APP_SECRET) or second_factors.new_app_secret()
    session[APP_SECRET] = secret
    if reader.request.method == "POST":
        code = reader.request.POST.get("code", "")[:20]
        codes = second_factors.add_app(reader.actor, secret=secret, code=code, at=timezone.now())
        del session[APP_SECRET]
        return _added(reader, codes)
    picture = _picture(second_factors.app_address(reader.actor, secret))
    shown = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return {"secret": shown, "picture": picture}


@page("settings/passkey.html", "account", methods=("GET", "HEAD", "POST"))
def passkey(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Add a passkey: the browser is asked to make one, and its answer comes back in a form."""
    session, given = reader.request.session, reader.request.POST
    site = site_of(reader.request)
    if reader.request.method == "POST":
        codes = passkeys.add(
            reader.actor, site=site, state=session.pop(PASSKEY_STATE, {}),
            answer=read_json(given.get("passkey", "")), name=given.get("name", ""),
        )  # fmt: skip
        return _added(reader, codes)
    options, session[PASSKEY_STATE] = passkeys.begin_adding(reader.actor, site=site)
    return {"options": options}


def _added(reader: Reader, codes: list[str]) -> dict[str, Any] | HttpResponse:
    """The recovery codes, where they are new; they are shown this once."""
    messages.success(reader.request, _("The second factor is added."), extra_tags="good")
    return {"codes": codes} if codes else redirect("account")


@page("settings/codes.html", "account", methods=("POST",), home="account")
def codes(reader: Reader) -> dict[str, Any] | HttpResponse:
    """New recovery codes in place of the old ones."""
    second_factors.own(reader.actor)
    second_factors.require_password(reader.actor, reader.request.POST.get("password", ""))
    return {"codes": second_factors.renew_codes(reader.actor)}


@page("settings/account.html", "account", methods=("POST",), home="account")
def change(reader: Reader) -> HttpResponse:
    """One change of one's own account; a refusal is told on the page."""
    given = reader.request.POST
    ways = {
        "remove_factor": _remove_factor, "end_session": _end_session, "end_others": _end_others,
        "appoint": _appoint, "end_deputy": _end_deputy, "act_for": _act_for, "end_token": _end_token,
    }  # fmt: skip
    way = ways.get(given.get("do", ""))
    if way is None:
        raise InputError("{text} is not something to do here.", text=given.get("do", "")[:40])
    messages.success(reader.request, way(reader), extra_tags="good")
    return redirect("today" if given["do"] == "act_for" else "account")


def _remove_factor(reader: Reader) -> str:
    given = reader.request.POST
    second_factors.remove(reader.actor, factor_id=whole(given, "factor"), password=given.get("password", ""))
    return _("The second factor is removed.")


def _end_session(reader: Reader) -> str:
    sessions.end(reader.actor, session_id=whole(reader.request.POST, "session"))
    return _("The session is ended.")


def _end_others(reader: Reader) -> str:
    here = cast("Any", reader.request).seawall_session
    sessions.end_others(reader.actor, keep=here.session_id if here else None)
    return _("All other sessions are ended.")


def _appoint(reader: Reader) -> str:
    given, today = reader.request.POST, cast("Any", reader.request).seawall_on
    deputies.appoint(
        reader.actor, principal=reader.actor.name, deputy=given.get("deputy", "").strip(),
        from_day=day_of(given.get("from", ""), today), to_day=day_of(given.get("to", ""), today),
    )  # fmt: skip
    return _("The deputy is appointed.")


def _end_deputy(reader: Reader) -> str:
    deputies.end(reader.actor, deputy_id=whole(reader.request.POST, "deputy_id"))
    return _("The deputy is ended.")


def _act_for(reader: Reader) -> str:
    asked = cast("Any", reader.request)
    principal = whole(asked.POST, "principal") if asked.POST.get("principal") else None
    sessions.act_for(asked.seawall_session, principal_id=principal, on=asked.seawall_on)
    return _("You act for somebody else now.") if principal else _("You act in your own name again.")


def _end_token(reader: Reader) -> str:
    sign_in.revoke_token(reader.actor, token_id=whole(reader.request.POST, "token"), at=timezone.now())
    return _("The token is ended.")


@page("settings/token.html", "account", methods=("POST",), home="account")
def token(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Make a token of the API, shown once."""
    given, now = reader.request.POST, timezone.now()
    days = whole(given, "days", TOKEN_DAYS)
    secret = sign_in.make_token(
        reader.actor, name=given.get("name", ""), days=days, at=now,
        verbs=given.getlist("verb") if given.get("narrow") else None,
        entities=given.getlist("entity") or None,
    )  # fmt: skip
    return {"secret": secret, "until": now + dt.timedelta(days=days)}


@page("settings/password.html", "password", methods=("GET", "HEAD", "POST"))
def password(reader: Reader) -> dict[str, Any] | HttpResponse:
    """Change one's own password; every other session ends."""
    given = reader.request.POST
    must = getattr(reader.request.user, "must_change_password", False)
    if reader.request.method != "POST":
        return {"must": must}
    if given.get("new") != given.get("again"):
        raise InputError("The two new passwords differ.", where=Where(column="again"))
    sign_in.change_password(reader.actor, old=given.get("old", ""), new=given.get("new", ""))
    user = cast("Any", reader.request.user)
    user.refresh_from_db()
    update_session_auth_hash(reader.request, user)
    look_at(reader.request)
    messages.success(reader.request, _("The password is changed."), extra_tags="good")
    return redirect("today")


def whole(given: Any, name: str, usual: int | None = None) -> int:
    """A whole number of a form.

    Raises:
        InputError: not one.
    """
    text = given.get(name, "") or str("" if usual is None else usual)
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004
        raise InputError("{text} is not a whole number.", where=Where(column=name), text=text)
    return int(text)


def _picture(address: str) -> str:
    """The address as a picture for the app's camera: drawn here, so that the secret goes nowhere."""
    drawn = io.BytesIO()
    qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, border=2).save(drawn)
    text = drawn.getvalue().decode()
    return text[text.index("<svg") :]
