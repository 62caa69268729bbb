"""Saved views over the API: listed, saved and removed; ``query`` is the tail of the page's address."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from seawall.api.v1 import problems
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import saved_views

router = Router(tags=["views"])
Number = Annotated[int, Field(ge=1, le=2**53)]


class SavedView(Schema):
    """A list page under a name; `entity` is whom it is shared with, empty for its owner alone."""

    view_no: int
    page: str
    name: str
    query: str
    entity: str
    owner: str
    is_mine: bool
    saved_at: dt.datetime


class SavedViews(Schema):
    """The caller's own views, and those shared in an entity the caller sees."""

    rows: list[SavedView]


class ViewAsked(Schema):
    """What to save; the same name again replaces it."""

    page: Annotated[str, Field(max_length=30)]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    query: Annotated[str, Field(max_length=2000)] = ""
    entity: Annotated[str, Field(max_length=60)] = ""


@router.get("/views", response=problems.responses(SavedViews))
def listed(request: HttpRequest, page: Annotated[str, Field(max_length=30)] = "") -> Any:
    """The views the caller may open, of one page where it is named."""
    return {"rows": [view.as_json() for view in saved_views.listed(actor_of(request), page=page)]}


@router.post("/views", response=problems.responses(SavedView, 404, 409))
def save(request: HttpRequest, asked: ViewAsked, key: Key = "") -> Any:
    """Save a page's address under a name."""
    actor = actor_of(request)
    made = saved_views.save(actor, **asked.model_dump(), key=key_of(request, key))
    return made.as_json()


@router.delete("/views/{view_no}", response=problems.responses(SavedViews, 404, 409))
def remove(request: HttpRequest, view_no: Number, key: Key = "") -> Any:
    """Remove a view of one's own."""
    actor = actor_of(request)
    saved_views.remove(actor, view_no, key=key_of(request, key))
    return listed(request)
