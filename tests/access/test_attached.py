"""Files go with no dispute and no task of another entity, whoever names its number; one of both shows to who sees both."""

import datetime as dt

import pytest
from access.world import FOREIGN
from stocked import SYSTEM

from seawall.engine.kernel.errors import NotFound
from seawall.services import attachments, disputes, remarks, subjects

pytestmark = pytest.mark.django_db


def task_of(actor):
    """A task about a customer that buys from both: only whose it is keeps it from another."""
    about = subjects.customer_of(actor, "SHARED")
    return remarks.add_task(actor, about, title="Call", due_on=dt.date(2026, 4, 1))


def test_no_file_is_kept_with_a_task_of_another_entity(world):
    number = task_of(world.foreign_actor)
    with pytest.raises(NotFound):
        attachments.to_task(world.mine_actor, number, name="x.txt", content=b"x")
    assert attachments.to_task(world.foreign_actor, number, name="x.txt", content=b"x")
    assert attachments.of_tasks(world.mine_actor, [number]) == {}


def test_a_file_of_both_entities_on_one_s_own_task_shows_to_who_sees_both_alone(world):
    number = task_of(world.mine_actor)
    kept = attachments.to_task(world.actor_of_both, number, name="both.txt", content=b"of both")
    assert attachments.of_tasks(world.mine_actor, [number]) == {}
    ((shown,),) = attachments.of_tasks(world.actor_of_both, [number]).values()
    assert shown.pk == kept


def test_a_file_from_who_sees_all_is_of_the_entity_whose_task_it_goes_with(world):
    number = task_of(world.foreign_actor)
    attachments.to_task(SYSTEM, number, name="theirs.txt", content=b"from above")
    assert attachments.of_tasks(world.mine_actor, [number]) == {}
    assert [each.name for each in attachments.of_tasks(world.foreign_actor, [number])[number]] == ["theirs.txt"]
    own = remarks.add_task(SYSTEM, subjects.customer_of(SYSTEM, "SHARED"), title="Call", due_on=dt.date(2026, 4, 1))
    attachments.to_task(SYSTEM, own, name="ours.txt", content=b"for everybody")
    assert [each.name for each in attachments.of_tasks(world.mine_actor, [own])[own]] == ["ours.txt"]


def test_an_item_that_another_entity_s_file_is_about_is_not_found_by_its_number(world):
    item = subjects.item_of(world.foreign_actor, FOREIGN, "debit", f"{FOREIGN}-{FOREIGN}-C1-2")
    with pytest.raises(NotFound) as refused:
        subjects.item_with(world.mine_actor, item.document_id)
    assert refused.value.params == {"number": item.document_id}, "not even the number that its entity gave it"
    (dispute,) = disputes.of_item(world.foreign_actor, item)
    with pytest.raises(NotFound):
        attachments.to_dispute(world.mine_actor, item, dispute.number, name="x.txt", content=b"x")
    assert attachments.to_dispute(world.foreign_actor, item, dispute.number, name="x.txt", content=b"x")
    assert attachments.of_disputes(world.mine_actor, item) == {}
