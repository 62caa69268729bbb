"""From where a request came: a page, the API, the command line, a job. Doors say it; actors and the audit carry it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal

Door = Literal["", "web", "api", "cli", "worker"]
DOORS: Final[tuple[Door, ...]] = ("web", "api", "cli", "worker")
PLACE_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """The door, and the place behind it: an address, a token's number, who is at the machine, a job's number."""

    door: Door = ""
    place: str = ""

    def __str__(self) -> str:
        return f"{self.door} {self.place}".strip()


NOWHERE: Final = Origin()
_CURRENT: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Where the request under way came from; empty in the library's own use."""
    return _CURRENT.get()


@contextmanager
def came_from(door: Door, place: str) -> Iterator[None]:
    """Say where from, for as long as a request or a job lasts."""
    token = _CURRENT.set(Origin(door, _plain(place)))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def arrive(door: Door, place: str) -> None:
    """Say where from, for as long as the process lasts: a command."""
    _CURRENT.set(Origin(door, _plain(place)))


def refine(more: str) -> None:
    """Say more of the place, once it is known: by which token."""
    here = _CURRENT.get()
    if not here.door:
        return
    _CURRENT.set(Origin(here.door, _plain(f"{here.place} {more}")))


def _plain(text: str) -> str:
    """One line without control characters: what a stranger sent must not look like more than it is."""
    return "".join(sign if sign.isprintable() else "?" for sign in text).strip()[:PLACE_LENGTH]
