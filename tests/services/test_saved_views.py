"""A view is its owner's, or its entity's; it keeps what narrows a list and nothing of one moment."""

import pytest
from stocked import SYSTEM, person

from seawall.engine.kernel.errors import InputError, NotFound, NotSignedIn
from seawall.services import founding, saved_views
from seawall.services.access import Grant, actor_of
from seawall.store.models import Entity, SavedView

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def entities(db):
    founding.found(SYSTEM, name="Two", reporting_currency="CNY")
    for code in ("E1", "E2"):
        Entity.objects.create(code=code)


def someone(name, *entities):
    return actor_of(person(name, *(Grant("collector", entity) for entity in entities)))


def saved(actor, name="late", *, entity="", query="?sort=-overdue_minor&after=100&export=csv&as_of=2026-03-31"):
    return saved_views.save(actor, page="customers", name=name, query=query, entity=entity)


def test_a_view_keeps_filters_order_and_day_and_nothing_of_one_moment():
    ann = someone("ann", "E1")
    assert saved(ann).query == "as_of=2026-03-31&sort=-overdue_minor"
    assert [view.name for view in saved_views.listed(ann, page="customers")] == ["late"]
    assert saved_views.listed(ann, page="items") == []
    assert [view.name for view in saved_views.listed(ann, text="LAT")] == ["late"]


def test_the_same_name_again_replaces_it():
    ann = someone("ann", "E1")
    first, second = saved(ann), saved(ann, query="q=x")
    assert (second.view_no, second.query, SavedView.objects.every_entity().count()) == (first.view_no, "q=x", 1)


def test_a_view_is_seen_by_its_owner_or_in_the_entity_it_is_shared_with():
    ann, bob, eve = someone("ann", "E1"), someone("bob", "E1"), someone("eve", "E2")
    mine, ours = saved(ann, "mine"), saved(ann, "ours", entity="E1")
    assert [view.name for view in saved_views.listed(bob)] == ["ours"]
    assert saved_views.listed(eve) == []
    assert [view.name for view in saved_views.listed(SYSTEM)] == ["ours"]
    for actor, view in ((bob, mine), (eve, mine), (eve, ours)):
        with pytest.raises(NotFound):
            saved_views.shown(actor, view.view_no)
    with pytest.raises(NotFound):
        saved(ann, "theirs", entity="E2")


def test_only_its_owner_removes_it():
    ann, bob = someone("ann", "E1"), someone("bob", "E1")
    ours = saved(ann, entity="E1")
    with pytest.raises(NotFound):
        saved_views.remove(bob, ours.view_no)
    saved_views.remove(ann, ours.view_no)
    assert saved_views.listed(ann) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": "people"},
        {"name": " "},
        {"name": "x" * 61},
        {"query": "a" * 2001},
        {"query": "x\n=1"},
        {"query": "<b>=1"},
    ],
)
def test_what_is_no_view_is_refused(wrong):
    ann = someone("ann", "E1")
    with pytest.raises(InputError):
        saved_views.save(ann, **{"page": "customers", "name": "n", "query": "", **wrong})


def test_a_view_is_somebodys():
    with pytest.raises(NotSignedIn):
        saved(SYSTEM)
