"""Saved views: a list page with its filters, order and day under a name, of one person or shared in an entity."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError, NotFound, Where
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store.models import Entity, SavedView

PAGES: Final[dict[str, str]] = {
    "ageing": noop("Ageing"), "customers": noop("Customers"), "items": noop("Items"), "turnover": noop("Turnover"),
    "bills": noop("Bills"), "roll_rates": noop("Roll rates"), "concentration": noop("Concentration"),
    "provision": noop("Provision"), "insured_limits": noop("Insured limits"), "cover": noop("Cover map"),
    "cover_leaks": noop("Cover leaks"), "deadlines": noop("Deadlines"), "worklist": noop("Worklist"),
}  # fmt: skip
"""The pages that are lists: the name of each and what people call it."""

NAME_MAX: Final = 60
QUERY_MAX: Final = 2000
PASSING: Final = ("after", "export", "csrfmiddlewaretoken")
"""What of an address is of one moment: where a page began, which file was asked for."""


@dataclass(frozen=True, slots=True)
class View:
    """A saved view. ``query`` is the tail of the page's address; without a day in it the view moves with the days."""

    view_no: int
    page: str
    title: str
    name: str
    query: str
    entity: str
    owner: str
    is_mine: bool
    saved_at: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "view_no": self.view_no, "page": self.page, "name": self.name, "query": self.query, "entity": self.entity,
            "owner": self.owner, "is_mine": self.is_mine, "saved_at": self.saved_at.isoformat(),
        }  # fmt: skip


def listed(actor: Actor, *, page: str = "", text: str = "") -> list[View]:
    """The actor's own views and those shared in an entity it sees, by page and name.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    shared = SavedView.objects.scoped(actor).exclude(entity=None)
    own = SavedView.objects.every_entity().filter(user_id=actor.user_id or 0)
    narrowed = ({"page": page} if page else {}) | ({"name__icontains": text} if text else {})
    found = {
        row.pk: row
        for rows in (own, shared)
        for row in rows.filter(**narrowed).select_related("user", "entity")
    }  # fmt: skip
    rows = sorted(found.values(), key=lambda row: (row.page, row.name.casefold(), row.pk))
    return [_view(actor, row) for row in rows]


def shown(actor: Actor, view_no: int) -> View:
    """One view.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: there is none of this number for the actor.
    """
    found = next((view for view in listed(actor) if view.view_no == view_no), None)
    if found is None:
        raise NotFound("There is no view {number}.", number=view_no)
    return found


def save(actor: Actor, *, page: str, name: str, query: str, entity: str = "", key: str = "") -> View:
    """Save a page's address under a name, or another address under the same name; ``entity`` is whom to share it with.

    Raises:
        NotSignedIn: nobody is signed in whose view it would be.
        NotPermitted: the actor may not.
        NotFound: there is no such entity for the actor.
        InputError: no such page, no name, or too long.
    """
    user_id, said = access.user_of(actor), _name(name)
    access.require(actor, access.VIEW_SAVE, [entity] if entity else [])
    if page not in PAGES:
        raise InputError("{text} is no list that can be saved.", hint="Choose from: {known}.", text=page[:40],
                         known=", ".join(PAGES), where=Where(column="page"))  # fmt: skip
    kept = cleaned(query)
    shared = Entity.objects.scoped(actor).filter(code=entity).first() if entity else None
    if entity and shared is None:
        raise NotFound("There is no entity {entity} for you.", entity=entity)

    def effect(write: Write) -> Result:
        row, _ = SavedView.objects.every_entity().update_or_create(
            user_id=user_id, page=page, name=said, defaults={"query": kept, "entity": shared, "saved_at": write.at}
        )
        write.detail.update(view=row.pk, page=page, entity=entity)
        return {"view_no": row.pk}

    asked = {"page": page, "name": said, "query": kept, "entity": entity}
    done = execute(actor, access.VIEW_SAVE, effect, request=asked, key=key, lock=[f"user {user_id}"])
    return shown(actor, int(done.result["view_no"]))


def remove(actor: Actor, view_no: int, *, key: str = "") -> None:
    """Remove a view of one's own.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such view, or it is somebody else's.
    """
    user_id = access.user_of(actor)

    def effect(write: Write) -> Result:
        if not SavedView.objects.every_entity().filter(pk=view_no, user_id=user_id).delete()[0]:
            raise NotFound("There is no view {number} of yours.", number=view_no)
        write.detail.update(view=view_no, changed="removed")
        return {}

    execute(actor, access.VIEW_SAVE, effect, request={"remove_view": view_no}, key=key)


def cleaned(query: str) -> str:
    """The tail of an address without what is of one moment; its parameters in order of their names.

    Raises:
        InputError: it is too long, or none.
    """
    if len(query) > QUERY_MAX or not query.isprintable():
        raise InputError(
            "What narrows the list has at most {most} characters.", most=QUERY_MAX, where=Where(column="query")
        )
    pairs = [(name, value) for name, value in parse_qsl(query.lstrip("?")) if name not in PASSING]
    if any(not name.replace("_", "").isalnum() for name, _ in pairs):
        raise InputError("What narrows the list is no address's tail.", where=Where(column="query"))
    return urlencode(sorted(pairs))


def _name(name: str) -> str:
    said = " ".join(name.split())
    if not said or len(said) > NAME_MAX or not said.isprintable():
        raise InputError(
            "Give the view a name of at most {most} characters.", most=NAME_MAX, where=Where(column="name")
        )
    return said


def _view(actor: Actor, row: SavedView) -> View:
    return View(
        row.pk, row.page, PAGES[row.page], row.name, row.query, row.entity.code if row.entity else "",
        row.user.username, row.user_id == actor.user_id, row.saved_at,
    )  # fmt: skip
