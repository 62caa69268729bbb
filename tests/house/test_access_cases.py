"""Every page and operation says how it is tried with what belongs to another entity."""

import pytest
from access.registry import collected
from access.ways import ways_in

HOW = "Add one line to tests/access/cases/<your room>.py: by_id(...), lists(...) or plain(...); see tests/access/registry.py"


def test_every_way_in_is_tried_with_what_is_foreign():
    assert ways_in() - {case.name for case in collected()} == set(), HOW


def test_no_case_is_for_a_way_that_is_gone():
    assert {case.name for case in collected()} - ways_in() == set()


def test_what_changes_something_says_which_right_it_needs():
    silent = [case.name for case in collected() if not case.name.startswith("GET") and not case.verb]
    before_anybody_is_in = {"sign_in", "sign_out", "language", "password", "second_factor", "welcome", "insurer_events"}
    assert set(silent) == {f"POST web:{name}" for name in before_anybody_is_in}


@pytest.mark.parametrize("kind", ["GET web:", "POST web:", "GET api:"])
def test_ways_are_found_at_every_door(kind):
    assert [way for way in ways_in() if way.startswith(kind)]
