"""Every page and operation says how it is tried with what belongs to another entity."""

import ast
from pathlib import Path

import pytest
from access.registry import ROOMS, collected
from access.ways import ways_in
from parsed import tree_of

HOW = "Add one line to tests/access/cases/<your room>.py: by_id(...), lists(...) or plain(...); see tests/access/registry.py"


def test_every_way_in_is_tried_with_what_is_foreign():
    assert ways_in() - {case.name for case in collected()} == set(), HOW


def test_no_case_is_for_a_way_that_is_gone():
    assert {case.name for case in collected()} - ways_in() == set()


def test_what_changes_something_says_which_right_it_needs():
    silent = [case.name for case in collected() if not case.name.startswith("GET") and not case.verb]
    before_anybody_is_in = {"sign_in", "sign_out", "language", "password", "second_factor", "welcome", "insurer_events"}
    assert set(silent) == {f"POST web:{name}" for name in before_anybody_is_in}


def test_nobody_outside_takes_the_questions_of_one_room_alone():
    """Whoever needs questions asks ``collected()``, which has all of them."""
    outside = [path for path in Path(__file__).parents[1].rglob("*.py") if ROOMS not in path.parents]
    named = {
        path.name: name
        for path in outside
        for node in ast.walk(tree_of(path))
        for name in imported(node)
        if name.startswith("access.cases")
    }
    assert named == {}


def imported(node):
    """The modules that a statement imports."""
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return [each.name for each in node.names] if isinstance(node, ast.Import) else []


@pytest.mark.parametrize("kind", ["GET web:", "POST web:", "GET api:"])
def test_ways_are_found_at_every_door(kind):
    assert [way for way in ways_in() if way.startswith(kind)]
