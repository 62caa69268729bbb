"""What the services tell who works in one of two entities, asked directly where no page brings the question."""

import pytest
from access.world import FOREIGN, MINE
from stocked import SYSTEM

from seawall.services import bank, bank_reading, remarks, subjects

pytestmark = pytest.mark.django_db

STATEMENT = b""":20:X
:25:QZ-NEW-ACCOUNT
:60F:C260301CNY0,00
:61:2603020302C10,00NTRFNONREF//QZ-NEW-1
:86:/NAME/Wares
:62F:C260302CNY10,00
"""


def test_which_codes_are_customers_is_told_of_those_alone_that_are_seen(world):
    codes = [f"{MINE}-C1", f"{FOREIGN}-C1", "SHARED"]
    assert subjects.known_codes(world.mine_actor, codes) == {f"{MINE}-C1", "SHARED"}
    assert subjects.known_codes(world.foreign_actor, codes) == {f"{FOREIGN}-C1", "SHARED"}
    assert subjects.known_codes(world.actor_of_both, codes) == set(codes)


def test_a_new_account_is_of_the_one_entity_that_is_seen(world):
    """Who sees both must say whose it is, and is told between which; who sees one is asked nothing."""
    bank.import_files(world.mine_actor, [("new.sta", STATEMENT)])
    (made,) = (each for each in bank_reading.accounts(world.mine_actor) if each.number == "QZ-NEW-ACCOUNT")
    assert made.entity == MINE


def test_what_one_writes_of_a_shared_customer_is_of_its_own_entities_and_not_of_everybody(world):
    """Of no entity means of every one: only who sees all writes for all to see."""
    shared = subjects.customer_of(SYSTEM, "SHARED")
    whose = {SYSTEM: [], world.mine_actor: [MINE], world.foreign_actor: [FOREIGN], world.actor_of_both: [MINE, FOREIGN]}
    assert {actor: subjects.entities_of(actor, shared) for actor in whose} == whose
    kept = {actor: remarks.add_document(actor, shared, name="a.txt", content=b"x") for actor in whose}

    def seen(reader):
        numbers = {each.pk for each in remarks.documents(reader, customers=[shared.pk])}
        return [actor for actor in whose if kept[actor] in numbers]

    assert seen(world.mine_actor) == [SYSTEM, world.mine_actor]
    assert seen(world.foreign_actor) == [SYSTEM, world.foreign_actor]
    assert seen(world.actor_of_both) == seen(SYSTEM) == list(whose)
