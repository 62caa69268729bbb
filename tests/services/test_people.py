"""Users are made with roles and a password that serves once."""

import pytest

from seawall.engine.kernel.errors import InputError, NotPermitted, UnknownCode
from seawall.services import people
from seawall.services.access import Actor, Grant, actor_of
from seawall.store.models import AuditEntry, Entity, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


def test_a_new_user_signs_in_once_with_the_password_given():
    Entity.objects.create(code="E1")
    password = people.create(SYSTEM, username="ann", name="Ann", grants=[Grant("finance", "E1"), Grant("viewer")])
    user = User.objects.get(username="ann")
    assert user.check_password(password)
    assert user.must_change_password
    assert actor_of(user).where("ledger.import") == {"E1"}
    assert password not in "".join(AuditEntry.objects.values_list("body", flat=True))
    (person,) = people.everyone(SYSTEM)
    assert (person.username, person.name, set(person.grants)) == (
        "ann",
        "Ann",
        {Grant("finance", "E1"), Grant("viewer")},
    )


def test_names_are_taken_whatever_their_case():
    people.create(SYSTEM, username="ann", grants=[])
    with pytest.raises(InputError):
        people.create(SYSTEM, username="Ann", grants=[])


@pytest.mark.parametrize("grant", [Grant("king"), Grant("viewer", "nowhere")])
def test_unknown_roles_and_entities_are_refused(grant):
    with pytest.raises(UnknownCode):
        people.create(SYSTEM, username="ann", grants=[grant])
    assert not User.objects.exists()


def test_only_administrators_of_everything_may():
    for actor in (Actor.of("a", ["finance"]), Actor.of("b", ["administrator"], frozenset({"E1"}))):
        with pytest.raises(NotPermitted):
            people.create(actor, username="x", grants=[])
        with pytest.raises(NotPermitted):
            people.everyone(actor)
