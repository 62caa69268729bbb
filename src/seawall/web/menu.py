"""The menu is the list of rooms; each page has one key that goes there after ``g``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Page:
    """One entry: the name of its address, its words, its key and its picture."""

    name: str
    title: _StrPromise
    key: str
    icon: str


@dataclass(frozen=True, slots=True)
class Room:
    """Pages that belong together; the first room has no heading."""

    title: _StrPromise | str
    pages: tuple[Page, ...]


ROOMS = (
    Room("", (Page("today", _("Today"), "t", "today"), Page("views", _("Saved views"), "n", "more"))),
    Room(
        _("Ledger"),
        (
            Page("ageing", _("Ageing"), "a", "ageing"),
            Page("customers", _("Customers"), "c", "customers"),
            Page("contacts", _("Contacts"), "k", "user"),
            Page("items", _("Items"), "l", "invoice"),
            Page("turnover", _("Turnover"), "d", "clock"),
            Page("bank", _("Bank"), "b", "bank"),
            Page("unmatched", _("Unmatched"), "u", "link"),
            Page("bills", _("Bills"), "x", "receipt"),
            Page("imports", _("Imports"), "i", "imports"),
            Page("periods", _("Periods"), "e", "periods"),
        ),
    ),
    Room(
        _("Risk"),
        (
            Page("roll_rates", _("Roll rates"), "m", "roll"),
            Page("concentration", _("Concentration"), "o", "concentration"),
        ),
    ),
    Room(
        _("Protection"),
        (
            Page("provision", _("Provision"), "p", "provision"),
            Page("cover", _("Cover map"), "3", "provision"),
            Page("cover_leaks", _("Cover leaks"), "4", "alert"),
            Page("deadlines", _("Deadlines"), "5", "clock"),
            Page("claims", _("Claims"), "6", "receipt"),
            Page("premium", _("Premium"), "8", "invoice"),
            Page("insured_limits", _("Insured limits"), "1", "check"),
            Page("insurance_policies", _("Insurance policies"), "7", "policies"),
            Page("insurers", _("Insurers"), "2", "link"),
        ),
    ),
    Room(
        _("Action"),
        (
            Page("worklist", _("Worklist"), "w", "worklist"),
            Page("approvals", _("Approvals"), "v", "approvals"),
        ),
    ),
    Room(
        _("Settings"),
        (
            Page("runs", _("Runs"), "r", "runs"),
            Page("policies", _("Policies"), "y", "policies"),
            Page("people", _("People"), "h", "customers"),
            Page("sources", _("Sources"), "f", "down"),
            Page("jobs", _("Jobs"), "j", "play"),
            Page("mail", _("Mail"), "q", "receipt"),
            Page("webhooks", _("Webhooks"), "g", "link"),
            Page("audit", _("Audit"), "z", "search"),
            Page("settings", _("Organisation"), "s", "settings"),
        ),
    ),
)
PAGES = tuple(page for room in ROOMS for page in room.pages)
THUMB = tuple(page for page in PAGES if page.name in ("today", "ageing", "customers", "worklist"))
"""What the bar at the foot of a phone shows; the rest stands behind "More"."""
