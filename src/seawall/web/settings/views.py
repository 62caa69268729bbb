"""Organisation: who we are, which policies hold, whether the record still holds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

import seawall
from seawall.services import access
from seawall.services import single_user as alone
from seawall.services.access import ALL
from seawall.web.reader import Reader, page, today


@page("settings/organisation.html", "settings")
def organisation(reader: Reader) -> dict[str, Any]:
    """Organisation, entities, people, policies in force, the state of the audit log."""
    everywhere = reader.actor.entities is ALL
    return {
        "about": reader.about,
        "version": seawall.__version__,
        "may_audit": everywhere and reader.actor.may(access.AUDIT),
        "may_switch": everywhere and reader.actor.may(access.ORGANISATION),
        "alone": alone.mode(),
    }


@page("settings/organisation.html", "settings", methods=("POST",), home="settings")
def single_user(reader: Reader) -> HttpResponse:
    """Switch single-user mode on or off."""
    given = reader.request.POST
    is_on = given.get("is_on") == "yes"
    alone.switch(reader.actor, is_on=is_on, on=today(reader.about), reason=given.get("reason", "")[:500])
    messages.success(reader.request, _("Written down."), extra_tags="good")
    return redirect("settings")
