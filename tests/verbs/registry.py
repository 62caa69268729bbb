"""Scenarios of verbs: each writes once. Every verb that a service uses has one (``tests/house/test_verbs.py``).

To add yours, put a function into ``tests/verbs/<room>.py``::

    @scenario(access.NOTE_WRITE)
    def a_note_is_written(world):
        customer = world.customer_code                        # prepare what is needed
        return lambda: notes.write(SYSTEM, customer_code=customer, text="…")   # what writes, once

It then runs over a small stocked store with an error at its 1st, 2nd, … SQL write until it passes (R16), and must
leave an audit entry of its verb (R18). The returned function is called again after each failure, so it takes no
argument and makes nothing before its write. ``keeps=("store_run",)`` names tables that may grow although the write failed:
a log of attempts.
"""

import importlib
import pkgutil
from dataclasses import dataclass, field
from pathlib import Path

from stocked import SYSTEM

SCENARIOS = []


@dataclass(frozen=True)
class Scenario:
    """One way in which a verb writes."""

    verb: str
    prepare: object
    keeps: tuple = ()

    @property
    def name(self):
        return f"{self.verb} {self.prepare.__name__}"


@dataclass(frozen=True)
class World:
    """The stocked store that scenarios write into."""

    folder: Path
    entity: str
    customer_code: str
    actor: object = field(default=SYSTEM)


def scenario(verb, *, keeps=()):
    """Have a function run as a scenario of ``verb``."""

    def wrap(prepare):
        SCENARIOS.append(Scenario(verb, prepare, keeps))
        return prepare

    return wrap


def scenarios():
    """All of them, of all rooms."""
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name not in ("registry", "injection"):
            importlib.import_module(f"verbs.{found.name}")
    return sorted(SCENARIOS, key=lambda each: each.name)
