"""What a reader does to a customer or an item: one form a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect

from seawall.engine.kernel.errors import InputError, NotFound, UnknownCode, Where
from seawall.services import access
from seawall.web.reader import Reader

if TYPE_CHECKING:
    from django.http import HttpResponse

FORM_MAX = 4000


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. ``kind``: text, area, date, amount, choice or file."""

    name: str
    title: str
    kind: str = "text"
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_required: bool = True
    hint: str = ""


Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done: its right, its words, its fields, and the one service that does it.

    ``do`` answers with the sentence to say afterwards. ``suits`` leaves out what makes no sense for a subject.
    """

    title: str
    verb: str
    fields: Callable[[Reader, Any], Sequence[Field]]
    do: Callable[[Reader, Any, Given], str]
    key: str = ""
    icon: str = "link"
    suits: Callable[[Any], bool] = lambda _subject: True


def form(reader: Reader, acts: Mapping[str, Act], name: str, subject: Any, back: str) -> dict[str, Any] | HttpResponse:
    """The page of one act: its form, or the way back once it is done.

    Raises:
        NotFound: there is no such act for this subject.
        NotPermitted: the reader may not.
        SeawallError: it cannot be done; the page shows the form again.
    """
    act = acts.get(name)
    if act is None or not act.suits(subject):
        raise NotFound("There is no such page.")
    access.require(reader.actor, act.verb)
    if reader.request.method == "POST":
        given = typed(reader)
        require_choices(act.fields(reader, subject), given)
        said = act.do(reader, subject, given)
        messages.success(reader.request, said, extra_tags="good")
        return redirect(back)
    fields = act.fields(reader, subject)
    is_file = any(one.kind == "file" for one in fields)
    return {"title": act.title, "fields": fields, "back": back, "is_file": is_file}


def require_choices(fields: Sequence[Field], given: Given) -> None:
    for one in fields:
        value = given.get(one.name)
        if one.kind == "choice" and one.choices and value is not None and value not in dict(one.choices):
            raise UnknownCode("{text} is none of the choices.", where=Where(column=one.name), text=value[:40])


def links(reader: Reader, acts: Mapping[str, Act], subject: Any, address: Callable[[str], str]) -> list[dict[str, str]]:
    """What this reader may do to a subject, as links to the forms."""
    return [
        {"title": act.title, "address": address(name), "key": act.key, "icon": act.icon}
        for name, act in acts.items()
        if act.suits(subject) and reader.actor.may(act.verb)
    ]


def typed(reader: Reader) -> Given:
    """What a form sends, as texts."""
    return {key: str(value)[:FORM_MAX] for key, value in reader.request.POST.items()}


def day(given: Given, name: str = "on") -> dt.date:
    """A day of a form.

    Raises:
        InputError: not a date.
    """
    text = given.get(name, "")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "{day} is not a date.", hint="Write it as 2026-06-30.", where=Where(column=name), day=text[:40]
        ) from None


def day_if_any(given: Given, name: str) -> dt.date | None:
    """A day of a form or an address that may be left empty.

    Raises:
        InputError: not a date.
    """
    return day(given, name) if given.get(name) else None


def text(given: Given, name: str) -> str:
    """A text of a form, empty where it is not there."""
    return given.get(name, "")


def whole(given: Given, name: str) -> int:
    """A whole number of a form.

    Raises:
        InputError: not one.
    """
    value = given.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 16):  # noqa: PLR2004 - within what a row number can be
        raise InputError("{text} is not a whole number.", where=Where(column=name), text=value)
    return int(value)
