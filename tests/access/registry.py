"""How each address and operation is tried with what belongs to an entity the caller does not see.

Every way in has a name: its method, its door and its place, such as ``GET web:item`` or ``POST api:/items``. A room
registers its own in ``tests/access/cases/<room>.py``, one line each; ``tests/house/test_access_cases.py`` fails
where a way in has none. ``world`` (see ``world.py``) makes the objects; ``QZB`` marks all that is foreign.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MINE, FOREIGN, MISSING = "QZA", "QZB", "QZN"
"""Entity the caller works in; entity it does not see, and the mark of all that is its; a name nobody bears."""


@dataclass(frozen=True)
class Case:
    """One way in, tried. ``foreign`` and ``missing`` are the places' parameters, or make them from the world."""

    name: str
    kind: str
    foreign: Any = None
    missing: Any = None
    query: dict[str, str] = field(default_factory=dict)
    data: Any = None
    queries: tuple[dict[str, str], ...] = ()
    why: str = ""
    answer: tuple[int, ...] = ()
    verb: str = ""


CASES: list[Case] = []
ROOMS = Path(__file__).parent / "cases"


def by_id(name: str, foreign: Any, missing: Any, **more: Any) -> None:
    """A way in to one object: a foreign one is answered exactly as one that does not exist, with 404.

    ``foreign`` and ``missing``: a dict of the address's parameters, or a function of the world that gives one.
    ``data`` is what a POST sends (a dict, or a function of world and parameters); ``query`` the address's tail.
    A page that answers a POST by a redirect and a sentence says ``answer=(200,)``. ``verb`` is what it needs beyond reading.
    """
    CASES.append(Case(name, "by_id", foreign, missing, **more))


def lists(name: str, *queries: dict[str, str], place: Any = None, **more: Any) -> None:
    """A way in to many: under each query nothing foreign is in the answer (pages, CSV, XLSX, JSON alike).

    A query that asks for a foreign object by name must be answered as one for a name that nobody bears:
    write the name with ``QZB``, and the test asks again with ``QZN``. ``answer``: what else than 200 is right.
    """
    CASES.append(Case(name, "lists", foreign=place or {}, queries=queries or ({},), **more))


def plain(name: str, why: str, **more: Any) -> None:
    """A way in that has nothing of any entity; ``why`` says so. ``verb``: what a POST needs, where it needs any."""
    CASES.append(Case(name, "plain", foreign=more.pop("place", {}), why=why, **more))


def collected() -> list[Case]:
    """All cases of all rooms, whichever of them was imported before."""
    for path in sorted(ROOMS.glob("*.py")):
        importlib.import_module(f"access.cases.{path.stem}")
    return CASES


Made = Callable[[Any], dict[str, Any]]
