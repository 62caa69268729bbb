"""Changing a source: only what is named, once by key, in the record; a secret stays where it was meant for."""

import pytest
from stocked import person

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, Refused, SeawallError
from seawall.services import source_changes, sources
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.sources import Given
from seawall.store.models import AuditEntry, Entity, IntakeSource

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()


def made(**more):
    given = {"name": "ERP", "kind": "https", "told": {"url": "https://a.example/items.csv"}, "secret": "canary"} | more
    return sources.add(SYSTEM, Given(**given))


def change(source_id, actor=SYSTEM, key="", **changes):
    return source_changes.change(actor, source_id=source_id, changes=changes, key=key)


def secret_of(source_id):
    return sources.settings_of(IntakeSource.objects.every_entity().get(pk=source_id)).secret


def test_only_what_is_named_changes_and_the_record_says_what():
    source_id = made(every_minutes=15)
    told = {"url": "https://a.example/new.csv"}
    assert change(source_id, told=told, every_minutes=60, name=" ERP 2 ") == ("every_minutes", "name", "told")
    now = sources.shown(SYSTEM, source_id=source_id)
    assert (now.name, now.every_minutes, now.told["url"]) == ("ERP 2", 60, "https://a.example/new.csv")
    assert secret_of(source_id) == "canary"
    entry = AuditEntry.objects.latest("batch_no")
    assert '"changed":["every_minutes","name","told"]' in entry.body.replace(" ", "")
    assert "canary" not in entry.body
    count = AuditEntry.objects.count()
    assert change(source_id, every_minutes=60) == ()
    assert AuditEntry.objects.count() == count


def test_the_same_key_is_one_change():
    source_id = made()
    assert change(source_id, key="k", every_minutes=5) == ("every_minutes",)
    count = AuditEntry.objects.count()
    assert change(source_id, key="k", every_minutes=5) == ("every_minutes",)
    assert AuditEntry.objects.count() == count
    with pytest.raises(SeawallError, match="another request"):
        change(source_id, key="k", every_minutes=15)


@pytest.mark.parametrize("url", ["https://evil.example/items.csv", "https://a.example:444/items.csv"])
def test_a_sealed_secret_does_not_go_along_to_another_address(url):
    source_id = made()
    with pytest.raises(InputError, match="kept for the address") as refused:
        change(source_id, told={"url": url})
    assert refused.value.params["column"] == "secret"
    assert sources.shown(SYSTEM, source_id=source_id).told["url"] == "https://a.example/items.csv"
    assert change(source_id, told={"url": url}, secret="other") == ("secret", "told")
    assert secret_of(source_id) == "other"


def test_what_is_wrong_is_refused_and_a_removed_source_is_not_there():
    source_id = made()
    for changes in ({"told": {"url": "http://a.example/"}}, {"name": ""}, {"every_minutes": 7}, {"mapping": "none"}):
        with pytest.raises((InputError, Refused, NotFound)):
            change(source_id, **changes)
    sources.remove(SYSTEM, source_id=source_id)
    with pytest.raises(NotFound):
        change(source_id, every_minutes=5)
    with pytest.raises(NotFound):
        change(999_999, every_minutes=5)


def test_a_source_is_moved_only_where_one_keeps_integrations():
    for code in ("E1", "E2"):
        Entity.objects.every_entity().get_or_create(code=code, defaults={"name": code})
    ann = actor_of(person("ann-s", Grant("administrator", "E1")))
    mine, everyones = made(entity="E1"), made()
    assert change(mine, actor=ann, every_minutes=5) == ("every_minutes",)
    with pytest.raises((NotFound, NotPermitted)):
        change(mine, actor=ann, entity="E2")
    with pytest.raises(NotPermitted):
        change(mine, actor=ann, entity="")
    with pytest.raises(NotFound):
        change(everyones, actor=ann, every_minutes=5)
    assert change(mine, entity="E2") == ("entity",)
