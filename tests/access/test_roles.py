"""S2: every cell of the table of roles, through the pages, the API and the one way to write."""

import contextlib
import csv
from pathlib import Path

import pytest
from access.asking import asker
from access.registry import MINE, collected
from django.db import transaction
from stocked import person

from seawall.engine.kernel import errors
from seawall.services import access
from seawall.services.access import ROLES, Actor, Grant
from seawall.services.command import execute
from seawall.services.role_words import ROLE_WORDS, VERB_WORDS
from seawall.store.models import AuditEntry

TABLE = Path(__file__).resolve().parents[2] / "docs" / "roles.csv"
ROWS = list(csv.DictReader(TABLE.open(encoding="utf-8", newline="")))
NAMES = [name for name in ROWS[0] if name not in ("verb", "band")]
CELLS = [(row, role) for row in ROWS for role in NAMES]
DOORS = [case for case in collected() if case.verb and case.verb != access.READ]
FORBIDDEN = 403
OF_A_FILE = {"POST web:bank", "POST api:/bank/statements", "POST api:/imports/uploads"}
"""Ways in that want a file first, and name the right once there is one; their own tests bring one."""

NOTHING = {"viewer", "auditor"}
"""Roles that change nothing but their own account."""


def verb_of(row):
    return access.banded(row["verb"], row["band"])


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=verb_of)
def test_the_one_way_to_write_lets_through_whom_the_table_names(row):
    let_through = {}
    for role in NAMES:
        actor = Actor.of("x", [role], frozenset({MINE}))
        with contextlib.suppress(errors.NotPermitted):
            access.require(actor, verb_of(row), [MINE])
            assert execute(actor, row["verb"], lambda write: {"at": str(write.at)}, request={}, dry_run=True).result
            let_through[role] = actor
    assert set(let_through) == {role for role in NAMES if row[role] == "yes"}
    for actor in let_through.values():
        with pytest.raises(errors.NotFound):
            access.require(actor, verb_of(row), ["ELSEWHERE"])


def test_the_table_says_yes_or_nothing_and_each_right_once():
    assert {row[role] for row, role in CELLS} == {"yes", ""}
    assert len({verb_of(row) for row in ROWS}) == len(ROWS)
    assert TABLE.resolve() == access.TABLE.resolve()


def test_every_role_and_right_has_words():
    assert set(ROLE_WORDS) == set(NAMES) == set(ROLES)
    assert set(VERB_WORDS) == {verb_of(row) for row in ROWS} == set(access.VERBS)


def test_every_right_the_source_asks_for_is_in_the_table():
    asked = {
        value for name, value in vars(access).items() if name.isupper() and isinstance(value, str) and "." in value
    }
    assert asked - {access.BANDS} <= {row["verb"] for row in ROWS}


def test_who_approves_does_not_administer_and_who_only_reads_changes_nothing():
    """What a finance department would not forgive."""
    approvals = {verb_of(row) for row in ROWS if "approve" in row["verb"] or row["verb"] == access.PERIOD_SIGN}
    assert not approvals & ROLES["administrator"]
    for role in NOTHING:
        assert ROLES[role] <= {access.READ, access.SELF, access.VIEW_SAVE, access.AUDIT, access.AUDIT_ANCHOR}
    for verb in (access.PEOPLE, access.ORGANISATION, access.INTEGRATION_CHANGE):
        assert [role for role in NAMES if verb in ROLES[role]] == ["administrator"]
    assert access.WRITE_OFF_APPROVE not in ROLES["collector"]


@pytest.fixture(scope="module")
def people_of(world):
    """One person of each role, everywhere: what is asked here is the right, not the entity."""
    made = {}
    for role in NAMES:
        person(f"only-{role}", Grant(role))
        made[role] = asker(f"only-{role}")
    return made


@pytest.fixture(scope="module")
def places(world, people_of):
    """What each way in is asked about: made before the tests, so that it is there, and seen by everyone who asks."""
    return [case.foreign(world) if callable(case.foreign) else case.foreign for case in DOORS]


@pytest.fixture
def refusals(monkeypatch):
    """Rights that were refused, whatever a page made of it."""
    said = []
    begin = errors.NotPermitted.__init__

    def noted(self, message, **params):
        if "verb" in params:  # for want of a right; other reasons are not the table's
            said.append(params["verb"])
        begin(self, message, **params)

    monkeypatch.setattr(errors.NotPermitted, "__init__", noted)
    return said


@contextlib.contextmanager
def undone():
    """What is done within is done for nobody after it; to the product it is as if no transaction were open."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize("number", range(len(DOORS)), ids=lambda number: DOORS[number].name)
def test_each_way_in_asks_for_the_right_it_says(world, people_of, places, refusals, number):
    case, place = DOORS[number], places[number]
    if "web:person" in case.name or "{username}" in case.name:
        place = {"username": "nobody-of-this-name"}
    for role in NAMES:
        with undone():
            data = case.data(world, place) if callable(case.data) else case.data
            del refusals[:]
            before = AuditEntry.objects.count()
            answer = people_of[role](case, place or {}, case.queries[0] if case.queries else {}, data)
            if case.verb in ROLES[role]:
                assert refusals == [], f"{role} has {case.verb}"
                continue
            assert AuditEntry.objects.count() == before, f"{role} has not {case.verb}"
            is_refused = refusals or answer.status_code == FORBIDDEN
            assert is_refused or case.name in OF_A_FILE, f"{role} has not {case.verb}, and must be refused for that"


@pytest.mark.promise("S2")
def test_all_cells_are_tried(promise):
    assert len(CELLS) == len(ROWS) * len(NAMES)
    promise(
        f"{len(CELLS)} cells at the one way to write, {len(DOORS) * len(NAMES)} at {len(DOORS)} ways in: mismatches 0"
    )
