"""Where saved views lead, and what a list page shows of them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from seawall.engine.kernel.errors import InputError
from seawall.services import saved_views
from seawall.web.reader import Reader


def address_of(found: saved_views.View) -> str:
    """Where a view leads."""
    return reverse(found.page) + (f"?{found.query}" if found.query else "")


def beside(reader: Reader, here: str) -> dict[str, Any] | None:
    """What a list page shows of its views; None where it is no list, or is asked for in a way, that can be saved."""
    if here not in saved_views.PAGES:
        return None
    try:
        query = saved_views.cleaned(reader.request.GET.urlencode())
    except InputError:
        return None
    views = [
        {"name": each.name, "address": address_of(each), "is_here": each.query == query}
        for each in saved_views.listed(reader.actor, page=here)
    ]
    return {"views": views, "query": query, "page": here}
