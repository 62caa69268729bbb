"""S1: nobody sees what belongs to an entity that is not theirs, by no way in."""

import pytest
from access.asking import asker, missing_query, text_of, without
from access.registry import FOREIGN, collected
from access.ways import ways_in

from seawall.store.models import AuditEntry

BY_ID = [case for case in collected() if case.kind == "by_id"]
LISTS = [(case, query) for case in collected() if case.kind == "lists" for query in case.queries]
PLAIN = [case for case in collected() if case.kind == "plain" and case.name.startswith("GET")]


@pytest.fixture(scope="module")
def ask(world):
    return asker("ann")


def made(what, world):
    return what(world) if callable(what) else what


def sent_data(case, world, place):
    return case.data(world, place) if callable(case.data) else case.data


@pytest.mark.parametrize("case", BY_ID, ids=lambda case: case.name)
def test_a_foreign_object_is_answered_as_one_that_does_not_exist(world, ask, case):
    foreign, missing = made(case.foreign, world), made(case.missing, world)
    query = made(case.query, world)
    asked_for = [*foreign.values(), *missing.values(), *query.values(), *missing_query(query).values()]
    before = AuditEntry.objects.count()
    there = ask(case, foreign, query, sent_data(case, world, foreign))
    not_there = ask(case, missing, missing_query(query), sent_data(case, world, missing))
    assert there.status_code in (case.answer or (404,)), text_of(there)[:300]
    assert there.status_code == not_there.status_code
    assert without(text_of(there), asked_for) == without(text_of(not_there), asked_for)
    assert not [mark for mark in world.marks if mark in without(text_of(there), asked_for)]
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(("case", "query"), LISTS, ids=lambda part: getattr(part, "name", str(part)))
def test_nothing_foreign_is_among_many(world, ask, case, query):
    place = made(case.foreign, world)
    response = ask(case, place, query, sent_data(case, world, place))
    asked_for = [value for value in query.values() if FOREIGN in value]
    shown = without(text_of(response), asked_for)
    assert not [mark for mark in world.marks if mark in shown]
    if query.get("entity") == FOREIGN:
        assert response.status_code == 404
    if not asked_for:
        assert response.status_code in (case.answer or (200,)), shown[:300]
        return
    nobody = missing_query(query)
    other = ask(case, place, nobody, sent_data(case, world, place))
    both = [*asked_for, *missing_query(dict(enumerate(asked_for))).values()]
    assert response.status_code == other.status_code
    assert without(text_of(response), both) == without(text_of(other), both)


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_nothing_foreign_is_where_nothing_of_an_entity_is(ask, case):
    assert FOREIGN not in text_of(ask(case, case.foreign, {}))


@pytest.mark.promise("S1")
def test_every_way_in_was_tried(world, promise):
    ways, leaks = ways_in(), 0
    tried = {case.name for case in collected()}
    assert ways <= tried
    promise(f"{len(ways)} pages and operations, {len(BY_ID)} by id, {len(LISTS)} questions: leaks {leaks}")
