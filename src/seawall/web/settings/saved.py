"""Saved views: opened, saved and removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from seawall.services import access, saved_views
from seawall.services.access import ALL
from seawall.web.paging import row_number
from seawall.web.reader import Reader, page
from seawall.web.views import address_of


@page("settings/views.html", "views", methods=("GET", "HEAD", "POST"), carry=("page", "query"))
def view(reader: Reader) -> dict[str, Any] | HttpResponse:
    """One's own views and those shared; with a page in the address, the form that saves it."""
    given = reader.request.POST
    if reader.request.method == "POST":
        if number := given.get("remove", ""):
            saved_views.remove(reader.actor, row_number(number) or 0)
            messages.success(reader.request, _("The view is removed."), extra_tags="good")
            return redirect("views")
        made = saved_views.save(
            reader.actor, page=given.get("page", ""), name=given.get("name", ""), query=given.get("query", ""),
            entity=given.get("entity", ""),
        )  # fmt: skip
        messages.success(reader.request, _("The view is saved."), extra_tags="good")
        return redirect(address_of(made))
    asked, where = reader.request.GET.get("page", ""), reader.actor.where(access.VIEW_SAVE)
    return {
        "views": [
            {"view": each, "title": _(each.title), "address": address_of(each)}
            for each in saved_views.listed(reader.actor)
        ],
        "saving": asked if asked in saved_views.PAGES else "",
        "saving_title": _(saved_views.PAGES.get(asked, "")) if asked in saved_views.PAGES else "",
        "query": reader.request.GET.get("query", "")[: saved_views.QUERY_MAX],
        "entities": [code for code in reader.about.names if where is ALL or code in where],
    }
