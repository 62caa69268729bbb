"""Mail: the server it is handed to, what waits, was sent or is uncertain, and a person's word on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError
from seawall.services import access, mail
from seawall.services.access import ALL
from seawall.web import errors, words
from seawall.web.paging import row_number
from seawall.web.reader import Reader, page

ROWS = 50
STATES = {
    "waiting": noop("waiting"), "sending": noop("being sent"), "sent": noop("sent"), "uncertain": noop("uncertain"),
    "failed": noop("failed"),
}  # fmt: skip
TONES = {"sent": "is-good", "failed": "is-danger", "uncertain": "is-amber", "waiting": "", "sending": ""}
ICONS = {"sent": "check", "failed": "alert", "uncertain": "info", "waiting": "clock", "sending": "play"}
SECURITY = {"starttls": noop("STARTTLS (587)"), "tls": noop("TLS (465)"), "none": noop("open line (25)")}


@page("settings/mail.html", "mail", methods=("GET", "HEAD", "POST"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The mail server and the newest mails; POST sets the server, sends a test, or decides about a mail."""
    if reader.request.method == "POST":
        access.require_everywhere(reader.actor, access.INTEGRATION_CHANGE)
        messages.success(reader.request, _act(reader), extra_tags="good")
        return redirect("mail")
    if reader.actor.where(access.INTEGRATION_CHANGE) is not ALL:
        return {"mails": None}
    return {**_list(reader), **_form(reader)}


def _list(reader: Reader) -> dict[str, Any]:
    asked = reader.request.GET
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    rows = mail.listed(reader.actor, state=state, limit=ROWS + 1, before=row_number(asked.get("before", "")))
    counts = mail.counts(reader.actor)
    return {
        "mails": [_row(row) for row in rows[:ROWS]],
        "following": rows[ROWS - 1].mail_no if len(rows) > ROWS else None,
        "states": [(code, _(said), counts[code]) for code, said in STATES.items()],
        "state": state,
        "uncertain": counts["uncertain"],
    }


def _form(reader: Reader) -> dict[str, Any]:
    kept = mail.kept(reader.actor)
    return {
        "server": kept,
        "form": kept.as_json() if kept else {"port": 587, "security": "starttls"},
        "security": [(code, _(said)) for code, said in SECURITY.items()],
        "test_to": _own_address(reader),
    }


def _own_address(reader: Reader) -> str:
    return str(getattr(reader.request.user, "email", ""))


def _act(reader: Reader) -> str:
    given, actor = reader.request.POST, reader.actor
    do = given.get("do", "")
    if do == "server":
        mail.keep(
            actor, host=given.get("host", ""), port=_port(given.get("port", "")),
            security=given.get("security", ""), sender=given.get("sender", ""), username=given.get("username", ""),
            password=given.get("password", ""), pages_address=given.get("pages_address", ""),
        )  # fmt: skip
        return _("The mail server is set.")
    if do == "test":
        mail.send_test(actor, to=given.get("to", ""))
        return _("The test waits; the worker sends it within a minute.")
    mail.settle(actor, row_number(given.get("mail_no", "")) or 0, how="again" if do == "again" else "sent")
    return _("It is sent again within a minute.") if do == "again" else _("Written down.")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):  # noqa: PLR2004 - the longest has five digits
        raise InputError("{text} is not a port.", hint="Usual are 587, 465 and 25.", text=text[:40])
    return int(text)


def _row(row: mail.Mail) -> dict[str, Any]:
    return {
        "number": row.mail_no, "title": _(row.title), "to": row.to, "attempts": row.attempts,
        "changed_at": row.changed_at, "next_at": row.next_at, "problem": errors.say(row.problem, row.params),
        "state": row.state, "state_words": words.word(STATES, row.state), "tone": TONES.get(row.state, ""),
        "icon": ICONS.get(row.state, "clock"), "is_open": row.state in ("uncertain", "failed"),
    }  # fmt: skip
