"""The audit chain shows tampering, as far as a chain alone can."""

import pytest
from django.db import connections

from seawall.services.access import IMPORT, Actor
from seawall.services.audit import Anchor, entries, verify
from seawall.services.command import execute

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
SYSTEM = Actor.system()


@pytest.fixture
def chain():
    for n in range(5):
        execute(SYSTEM, IMPORT, lambda write, n=n: write.detail.update(n=n) or {}, request={"n": n})
    assert verify(SYSTEM).holds
    return verify(SYSTEM).head


def tamper(*statements):
    """As somebody with every right over the database, who switches its triggers off."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE store_auditentry DISABLE TRIGGER append_only")
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.execute("ALTER TABLE store_auditentry ENABLE TRIGGER append_only")


KINDS = {
    "edited": ["UPDATE store_auditentry SET body = replace(body, '\"n\":2', '\"n\":9') WHERE batch_no = 3"],
    "column edited": ["UPDATE store_auditentry SET actor = 'nobody' WHERE batch_no = 3"],
    "middle deleted": ["DELETE FROM store_auditentry WHERE batch_no = 3"],
    "swapped": [
        "UPDATE store_auditentry SET batch_no = 99 WHERE batch_no = 2",
        "UPDATE store_auditentry SET batch_no = 2 WHERE batch_no = 3",
        "UPDATE store_auditentry SET batch_no = 3 WHERE batch_no = 99",
    ],
    "inserted": [
        """INSERT INTO store_auditentry (batch_no, write_no, verb, actor, origin, recorded_at, body, digest)
           SELECT 6, 999, verb, actor, origin, recorded_at, body, digest
           FROM store_auditentry WHERE batch_no = 5"""
    ],
    "re-stamped": ["UPDATE store_auditentry SET recorded_at = recorded_at - interval '1 day' WHERE batch_no = 4"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_tampering_is_found(chain, kind):
    tamper(*KINDS[kind])
    assert not verify(SYSTEM).holds


CUT = [
    "DELETE FROM store_auditentry WHERE batch_no = 5",
    "UPDATE store_chainhead SET batch_no = 4, digest = (SELECT digest FROM store_auditentry WHERE batch_no = 4)",
]


def test_a_cut_tail_shows_only_against_an_anchor_kept_outside(chain):
    tamper(*CUT)
    assert verify(SYSTEM).holds
    assert not verify(SYSTEM, anchor=chain).holds


def test_a_rewritten_chain_shows_only_against_an_anchor(chain):
    assert verify(SYSTEM, anchor=Anchor(chain.batch_no, chain.digest)).holds
    assert not verify(SYSTEM, anchor=Anchor(chain.batch_no, "0" * 64)).holds


@pytest.mark.parametrize("statement", ["UPDATE store_auditentry SET actor = 'x'", "DELETE FROM store_auditentry"])
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_the_database_itself_refuses_changes(chain, statement, alias):
    with connections[alias].cursor() as cursor, pytest.raises(Exception, match=r"only grows|permission denied"):
        cursor.execute(statement)


def test_entries_are_read_newest_first(chain):
    assert [entry["batch_no"] for entry in entries(SYSTEM, before=4, limit=2)] == [3, 2]
