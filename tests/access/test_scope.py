"""A query that was not told whose eyes it looks with shows nothing: it raises."""

import pytest
from django.apps import apps

from seawall.engine.kernel.errors import NotFound, NotPermitted
from seawall.services.access import ALL, Actor, Grant, actor_of, require, require_everywhere
from seawall.store.models import Account, Customer, Entity, Membership, User
from seawall.store.scope import ScopedModel, Unscoped

pytestmark = pytest.mark.django_db

SCOPED = [model for model in apps.get_app_config("store").get_models() if issubclass(model, ScopedModel)]
BELONGS_TO_NOBODY = {
    "Organisation", "User", "Membership", "Customer", "CustomerVersion", "Contact", "KeptFile", "Rate", "Supersession", "Counter",
    "ChainHead", "AuditEntry", "Touch", "IdempotencyKey", "Outbox", "OutboxAttempt", "MailServer", "RunStep", "RunPointer",
    "SingleUserChange", "CustomerMerge", "Job", "JobLine", "Schedule", "InsurerCall",
    "Upload", "SavedMapping", "BackupNote", "ReminderChoice", "CalendarAddress", "Reminded",
}  # fmt: skip
"""Models of the whole organisation or a person's own, reached by services that ask for rights of their own, through a scoped
row or by the person."""

READS = {
    "list": list,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(),
    "iterator": lambda rows: list(rows.iterator()),
    "values": lambda rows: list(rows.values()),
    "values_list": lambda rows: list(rows.values_list("pk")),
    "filter": lambda rows: list(rows.filter(pk__isnull=False)),
    "slice": lambda rows: list(rows.order_by("pk")[:1]),
    "aggregate": lambda rows: rows.aggregate(),
    "in_bulk": lambda rows: rows.in_bulk(),
    "update": lambda rows: rows.update(entity=None),
    "delete": lambda rows: rows.delete(),
    "or": lambda rows: list(rows.model.objects.every_entity() | rows),
    "union": lambda rows: list(rows.model.objects.every_entity().union(rows)),
    "bool": bool,
    "contains": lambda rows: rows.model() in rows,
}


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_an_unscoped_query_raises(model):
    is_composite = model._meta.pk.__class__.__name__ == "CompositePrimaryKey"
    for name, read in READS.items():
        if name == "in_bulk" and is_composite:
            continue  # Django has none for keys of several columns
        with pytest.raises(Unscoped):
            pytest.fail(f"{name} shows {read(model.objects.all())}")


def test_every_model_is_scoped_or_said_to_belong_to_the_whole_organisation():
    ours = {model.__name__ for model in apps.get_app_config("store").get_models()}
    unscoped = ours - {model.__name__ for model in SCOPED}
    sign_in = {name for name in unscoped if apps.get_model("store", name).__module__.endswith("sign_in")}
    assert unscoped - sign_in == BELONGS_TO_NOBODY


@pytest.fixture
def accounts():
    customer = Customer.objects.create(id=1, code="C")
    for number, code in enumerate(["E1", "E2"], start=1):
        Account.objects.create(id=number, entity=Entity.objects.create(code=code), customer=customer, currency="CNY")


def seen_by(actor):
    return list(Account.objects.scoped(actor).order_by("id").values_list("entity__code", flat=True))


def test_a_scoped_query_shows_the_actors_entities_only(accounts):
    assert seen_by(Actor.system()) == ["E1", "E2"]
    assert seen_by(Actor.of("ann", ["viewer"], frozenset({"E2"}))) == ["E2"]
    assert seen_by(Actor.of("eve", ["viewer"], frozenset())) == []
    assert seen_by(Actor.of("eve", ["nobody"])) == []


def test_the_scope_stays_through_filters_and_copies(accounts):
    rows = Account.objects.scoped(Actor.of("ann", ["viewer"], frozenset({"E2"})))
    assert [row.id for row in rows.filter(currency="CNY").exclude(id=7).order_by("-id").all()] == [2]


@pytest.fixture
def ann():
    user = User.objects.create_user("ann", "secret")
    Membership.objects.create(user=user, entity=Entity.objects.create(code="E1"), role="finance")
    Membership.objects.create(user=user, entity=Entity.objects.create(code="E2"), role="viewer")
    return user


def test_a_role_in_one_entity_gives_nothing_in_another(ann):
    actor = actor_of(ann)
    assert actor.entities == {"E1", "E2"}
    assert actor.where("ledger.import") == {"E1"}
    require(actor, "ledger.import", ["E1"])
    with pytest.raises(NotFound):
        require(actor, "ledger.import", ["E1", "E2"])
    with pytest.raises(NotPermitted):
        require(actor, "audit.read")
    with pytest.raises(NotPermitted):
        require_everywhere(actor, "read")


def test_who_was_shut_out_may_do_nothing(ann):
    ann.is_active = False
    assert not actor_of(ann).may("read")


def test_a_role_without_an_entity_holds_everywhere():
    actor = Actor(1, "ann", frozenset({Grant("viewer"), Grant("finance", "E1")}))
    assert actor.entities is ALL
    assert actor.where("ledger.import") == {"E1"}
    assert actor.sees("E9")


def test_a_membership_is_given_once(ann):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        Membership.objects.create(user=ann, entity=Entity.objects.every_entity().get(code="E1"), role="finance")
