"""The audit chain shows tampering, as far as a chain alone can."""

import datetime as dt
import time

import pytest
from django.db import ProgrammingError, connections

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, OutsideError
from seawall.services import anchoring, founding, mail
from seawall.services.access import IMPORT, PEOPLE, Actor
from seawall.services.audit import Anchor, Search, entries, entry, search, verbs, verify
from seawall.services.command import execute
from seawall.services.origin import came_from
from seawall.store import grants
from seawall.store.models import Entity, Outbox

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
           SELECT 6, 999000999, verb, actor, origin, recorded_at, body, digest
           FROM store_auditentry WHERE batch_no = 5"""
    ],
    "re-stamped": ["UPDATE store_auditentry SET recorded_at = recorded_at - interval '1 day' WHERE batch_no = 4"],
}


def stretches(most):
    """The faults that stretch after stretch finds, to the end."""
    found, after = [], 0
    while after is not None:
        state = verify(SYSTEM, after=after, most=most)
        found += [(fault.batch_no, fault.reason) for fault in state.faults]
        after = state.next
    return found


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_stretches_find_what_the_whole_finds(chain, most):
    assert stretches(most) == []
    tamper(*KINDS["edited"])
    assert stretches(most) == [(fault.batch_no, fault.reason) for fault in verify(SYSTEM).faults] != []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_stretch_hides_tampering(chain, kind, most):
    tamper(*KINDS[kind])
    assert stretches(most)


@pytest.mark.parametrize("kind", KINDS)
def test_tampering_is_found(chain, kind):
    tamper(*KINDS[kind])
    assert not verify(SYSTEM).holds


REWRITE = """
DO $$
DECLARE each record; before text := encode(sha256('seawall'), 'hex');
BEGIN
    FOR each IN SELECT * FROM store_auditentry ORDER BY batch_no LOOP
        each.body := replace(each.body, '"n":2', '"n":9');
        before := encode(sha256(convert_to(before || E'\\n' || each.body, 'UTF8')), 'hex');
        UPDATE store_auditentry SET body = each.body, digest = before WHERE batch_no = each.batch_no;
    END LOOP;
    UPDATE store_chainhead SET digest = before;
END $$
"""
"""The whole chain computed anew, as somebody would who knows how it is made."""

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


@pytest.mark.promise("R17")
def test_seven_kinds_of_tampering_are_found(promise, settings, tmp_path):
    """The last two hold in themselves: only the head that was kept outside shows them."""
    settings.ANCHOR_FILE = str(tmp_path / "heads.txt")
    found, unseen = [], []
    for kind in ("edited", "middle deleted", "swapped", "inserted", "re-stamped", "cut tail", "rewritten"):
        flush_chain()
        for n in range(5):
            execute(SYSTEM, IMPORT, lambda write, n=n: write.detail.update(n=n) or {}, request={"n": n})
        heads = [verify(SYSTEM).head]
        tamper(*{**KINDS, "cut tail": CUT, "rewritten": [REWRITE]}[kind])
        if verify(SYSTEM).holds:
            unseen.append(kind)
        if not verify(SYSTEM, anchors=heads).holds:
            found.append(kind)
    assert unseen == ["cut tail", "rewritten"]
    began = time.perf_counter()
    flush_chain()
    for n in range(300):
        execute(SYSTEM, IMPORT, lambda write, n=n: write.detail.update(n=n) or {}, request={"n": n})
    began = time.perf_counter()
    assert verify(SYSTEM).holds
    rate = round(300 / (time.perf_counter() - began), -2)
    assert len(found) == 7
    promise(f"{len(found)} of 7 kinds found, {len(unseen)} of them by the anchor alone; {rate:,.0f} entries/s verified")


def flush_chain():
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE store_auditentry")
        cursor.execute("DELETE FROM store_chainhead")


FROZEN = sorted(grants.APPEND_ONLY)


@pytest.mark.promise("R17")
def test_the_products_role_can_neither_change_nor_remove_what_is_proof(db, promise):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        for table in FROZEN:
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s LIMIT 1", [table])
            column = cursor.fetchone()[0]
            for change in ("UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"):
                with pytest.raises(ProgrammingError, match="permission denied"):
                    cursor.execute(change.format(table, f'"{column}"', f'"{column}"'))
    promise(f"{len(FROZEN)} tables closed to UPDATE, DELETE and TRUNCATE by the product's role")


def test_a_role_that_owns_the_tables_is_found(db):
    assert not founding.may_change_proof()
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT UPDATE ON store_item TO seawall_app")
        try:
            assert founding.may_change_proof()
        finally:
            cursor.execute("REVOKE UPDATE ON store_item FROM seawall_app")


def test_a_head_is_kept_outside_in_a_file_and_by_mail(chain, settings, tmp_path):
    settings.ANCHOR_FILE, settings.ANCHOR_MAIL = str(tmp_path / "heads.txt"), ["audit@example.org"]
    first = anchoring.anchor(SYSTEM)
    assert first.head == chain
    (row,) = Outbox.objects.filter(kind="mail")
    assert mail.recipient(row) == ("audit@example.org", "en")
    assert first.text in mail.opened(row)["params"]["line"]
    second = anchoring.anchor(SYSTEM)
    heads = anchoring.read(tmp_path / "heads.txt")
    assert heads == [first.head, second.head]
    assert second.head.batch_no == chain.batch_no + 1
    assert verify(SYSTEM, anchors=heads).holds
    tamper(
        "DELETE FROM store_auditentry WHERE batch_no > 5",
        "UPDATE store_chainhead SET batch_no = 5, digest = (SELECT digest FROM store_auditentry WHERE batch_no = 5)",
    )
    assert verify(SYSTEM).holds
    assert not verify(SYSTEM, anchors=heads).holds


def test_a_place_that_cannot_be_written_and_a_file_of_no_heads_are_said(chain, settings, tmp_path):
    settings.ANCHOR_FILE = str(tmp_path / "none" / "heads.txt")
    with pytest.raises(OutsideError):
        anchoring.anchor(SYSTEM)
    (tmp_path / "other.txt").write_text("nothing of ours\n")
    for path in (tmp_path / "other.txt", tmp_path / "missing.txt"):
        with pytest.raises(InputError):
            anchoring.read(path)


def test_who_may_not_read_the_record_finds_nothing(chain):
    for actor in (Actor.of("vi", ["viewer"]), Actor.of("au", ["auditor"], frozenset({"E1"}))):
        for asked in (lambda who: search(who, Search()), lambda who: entry(who, batch_no=1), verbs, anchoring.anchor):
            with pytest.raises(NotPermitted):
                asked(actor)


def test_entries_are_found_by_who_verb_day_subject_and_text(chain):
    with came_from("api", "10.0.0.9 token 4"):
        ann = Actor.of("ann", ["administrator"], user_id=9)
        execute(ann, PEOPLE, lambda _write: {"id": Entity.objects.create(code='Q"Z').pk}, request={})
    made = Entity.objects.every_entity().get()
    (found,) = search(SYSTEM, Search(who="ann"))
    assert (found.verb, found.origin, found.subjects) == (
        "people.change",
        "api 10.0.0.9 token 4",
        (f"entity {made.pk}",),
    )
    day = found.at.date()
    later = day + dt.timedelta(days=1)
    for asked, count in [
        (Search(verb="people.change"), 1), (Search(verb="people"), 0), (Search(subject="entity"), 1),
        (Search(subject=f"entity {made.pk}"), 1), (Search(subject=f"entity {made.pk}0"), 0), (Search(text='"n":3'), 0),
        (Search(text="10.0.0.9"), 1), (Search(text="%"), 0), (Search(who="a\0nn"), 1), (Search(from_day=later), 0),
        (Search(from_day=day, to_day=day), 6), (Search(to_day=day - dt.timedelta(days=1)), 0), (Search(), 6),
    ]:  # fmt: skip
        assert len(search(SYSTEM, asked)) == count, asked
    assert [each.batch_no for each in search(SYSTEM, Search(), before=4, limit=2)] == [3, 2]
    assert entry(SYSTEM, batch_no=6).changes[0]["before"] == ""
    assert verbs(SYSTEM) == ["ledger.import", "people.change"]
    with pytest.raises(NotFound):
        entry(SYSTEM, batch_no=99)


@pytest.mark.parametrize("statement", ["UPDATE store_auditentry SET actor = 'x'", "DELETE FROM store_auditentry"])
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_the_database_itself_refuses_changes(chain, statement, alias):
    with connections[alias].cursor() as cursor, pytest.raises(Exception, match=r"only grows|permission denied"):
        cursor.execute(statement)


def test_entries_are_read_newest_first(chain):
    assert [entry["batch_no"] for entry in entries(SYSTEM, before=4, limit=2)] == [3, 2]
