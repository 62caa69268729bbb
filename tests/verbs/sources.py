"""Scenarios of intake sources: one is added, one is changed, one is removed."""

import itertools

from stocked import SYSTEM
from verbs.registry import scenario

from seawall.services import access, source_changes, sources
from seawall.services.sources import Given

NUMBERS = itertools.count(1)


def given():
    return Given(f"S{next(NUMBERS)}", "https", {"url": "https://files.example/items.csv"}, secret="x")


@scenario(access.INTEGRATION_CHANGE)
def a_source_is_added(_world):
    asked = given()
    return lambda: sources.add(SYSTEM, asked, key=f"source {asked.name}")


@scenario(access.INTEGRATION_CHANGE)
def a_source_is_removed(_world):
    source_id = sources.add(SYSTEM, given())
    return lambda: sources.remove(SYSTEM, source_id=source_id)


@scenario(access.INTEGRATION_CHANGE)
def a_source_is_changed(_world):
    source_id = sources.add(SYSTEM, given())
    changes = {"told": {"url": "https://files.example/other.csv"}, "every_minutes": 60}
    return lambda: source_changes.change(SYSTEM, source_id=source_id, changes=changes)
