"""Files go with no dispute and no task of another entity, whoever names its number."""

import datetime as dt

import pytest
from access.world import FOREIGN

from seawall.engine.kernel.errors import NotFound
from seawall.services import attachments, remarks, subjects

pytestmark = pytest.mark.django_db


def test_no_file_is_kept_with_a_task_of_another_entity(world):
    about = subjects.customer_of(world.foreign_actor, f"{FOREIGN}-C1")
    number = remarks.add_task(world.foreign_actor, about, title="Call", due_on=dt.date(2026, 4, 1))
    with pytest.raises(NotFound):
        attachments.to_task(world.mine_actor, number, name="x.txt", content=b"x")
    assert attachments.to_task(world.foreign_actor, number, name="x.txt", content=b"x")
    assert attachments.of_tasks(world.mine_actor, [number]) == {}


def test_an_item_that_another_entity_s_file_is_about_is_not_found_by_its_number(world):
    item = subjects.item_of(world.foreign_actor, FOREIGN, "debit", f"{FOREIGN}-{FOREIGN}-C1-2")
    with pytest.raises(NotFound):
        subjects.item_with(world.mine_actor, item.document_id)
    with pytest.raises(NotFound):
        attachments.to_dispute(world.mine_actor, item, 1, name="x.txt", content=b"x")
    assert attachments.of_disputes(world.mine_actor, item) == {}
