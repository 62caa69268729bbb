"""Taking an import back: compensating facts, refused where later writes build on it, and imported again afterwards."""

import datetime as dt
import threading

import pytest
from django.db import connection
from small_ledger import ALLOCATIONS, BY_HAND, CUSTOMERS, ITEMS, SYSTEM, open_by_number

from seawall.engine.kernel.errors import NotFound, NotPermitted
from seawall.services import imports, runs, snapshots
from seawall.services.access import ALLOCATION_CHANGE, Actor
from seawall.services.audit import verify
from seawall.services.checks import check
from seawall.services.import_undo import CannotUndo, undo
from seawall.services.intake import commit_import, commit_rows
from seawall.store.models import AuditEntry, ImportFile, ImportUndo, Item

pytestmark = pytest.mark.django_db(transaction=True)
ON = dt.date(2026, 3, 31)


@pytest.fixture
def folder(tmp_path):
    def write(**tables):
        for path in tmp_path.glob("*.csv"):
            path.unlink()
        for name, lines in tables.items():
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def whole(folder):
    return folder(customers=CUSTOMERS, items=ITEMS, allocations=ALLOCATIONS)


def is_whole():
    assert check(SYSTEM, on=ON).holds
    assert not verify(SYSTEM).faults


def test_what_an_import_brought_no_longer_counts_and_what_was_known_then_stays(whole):
    done = commit_import(SYSTEM, [whole])
    before = open_by_number()
    taken = undo(SYSTEM, import_no=done.import_no, reason="wrong month")
    assert open_by_number() == {}
    assert open_by_number(known=done.batch_no) == before
    assert taken.result["facts"]["item"] == {"ended": 5, "restored": 0}
    assert ImportUndo.objects.every_entity().get().reason == "wrong month"
    assert AuditEntry.objects.get(batch_no=taken.batch_no).verb == "import.undo"
    is_whole()


def test_undone_files_can_be_imported_again_and_undone_again(whole):
    first = commit_import(SYSTEM, [whole])
    before = open_by_number()
    for _round in range(2):
        undo(SYSTEM, import_no=first.import_no)
        first = commit_import(SYSTEM, [whole])
        assert first.counts["items"]["new"] == 5
        assert open_by_number() == before
        is_whole()
    assert commit_import(SYSTEM, [whole]).batch_no is None


def test_what_it_corrected_counts_again_as_a_new_version(whole, folder):
    commit_import(SYSTEM, [whole])
    before = open_by_number()
    ledger = snapshots.open_ledger(SYSTEM)[0]
    changed = [
        line.replace("I-2,2026-01-20,2026-02-19,CNY,500.00", "I-2,2026-01-20,2026-02-19,CNY,650.00") for line in ITEMS
    ]
    named = [line.replace("Acme", "Acme Ltd") for line in CUSTOMERS]
    paid = [*ALLOCATIONS[:2], "E1,C1,I-2,R-1,2026-02-20,160.00"]
    second = commit_import(SYSTEM, [folder(customers=named, items=changed, allocations=paid)], apply_corrections=True)
    assert open_by_number()["I-2"] == 49000
    undo(SYSTEM, import_no=second.import_no)
    assert open_by_number() == before
    again = snapshots.open_ledger(SYSTEM)[0]
    for name in ("customers", "accounts", "allocations"):
        assert getattr(again, name).equals(getattr(ledger, name)), name
    versions = (
        Item.objects.every_entity().filter(number="I-2").order_by("version").values_list("version", "amount_minor")
    )
    assert list(versions) == [(1, 50000), (2, 65000), (3, 50000)]
    is_whole()


def test_an_import_that_later_writes_build_on_is_refused_with_every_reason(whole, folder):
    first = commit_import(SYSTEM, [whole])
    commit_rows(SYSTEM, {"allocations": [BY_HAND]}, verb=ALLOCATION_CHANGE, origin="by-hand")
    changed = [line.replace("CNY,70.50", "CNY,71.50") for line in ITEMS]
    commit_import(SYSTEM, [folder(items=changed)], apply_corrections=True)
    before = open_by_number()
    with pytest.raises(CannotUndo) as refused:
        undo(SYSTEM, import_no=first.import_no)
    assert [reason.code for reason in refused.value.reasons] == ["replaced", "used", "confirmed"]
    assert open_by_number() == before
    assert [reason.code for reason in imports.one(SYSTEM, import_no=first.import_no).against] == [
        "replaced", "used", "confirmed",
    ]  # fmt: skip


def test_later_imports_are_taken_back_first(whole, folder):
    first = commit_import(SYSTEM, [whole])
    second = commit_import(SYSTEM, [folder(items=[*ITEMS, "E1,C3,invoice,I-9,2026-03-01,,CNY,5.00,"])])
    with pytest.raises(CannotUndo, match="rest on"):
        undo(SYSTEM, import_no=first.import_no)
    undo(SYSTEM, import_no=second.import_no)
    undo(SYSTEM, import_no=first.import_no)
    assert open_by_number() == {}
    with pytest.raises(CannotUndo, match="already"):
        undo(SYSTEM, import_no=first.import_no)


def test_a_customer_that_others_items_name_stays_by_its_code(folder):
    first = commit_import(SYSTEM, [folder(customers=CUSTOMERS, items=ITEMS[:2])])
    commit_import(SYSTEM, [folder(items=[ITEMS[0], "E1,C1,invoice,I-7,2026-03-01,,CNY,5.00,"])])
    undo(SYSTEM, import_no=first.import_no)
    ledger = snapshots.open_ledger(SYSTEM)[0]
    assert ledger.customers.select("customer_code", "name").rows() == [("C1", "C1")]
    assert open_by_number() == {"I-7": 500}
    is_whole()
    assert commit_import(SYSTEM, [folder(customers=CUSTOMERS, items=ITEMS[:2])]).counts["customers"]["new"] == 1
    is_whole()


def test_balances_and_rates_return_too(folder):
    tables = {
        "customers": CUSTOMERS, "items": ITEMS,
        "balances": ["entity,account,currency,on,amount", "E1,1122,CNY,2026-03-31,420.50"],
        "rates": ["currency,to,on,rate", "EUR,CNY,2026-03-31,7.8"],
    }  # fmt: skip
    first = commit_import(SYSTEM, [folder(**tables)])
    undo(SYSTEM, import_no=first.import_no)
    assert snapshots.open_ledger(SYSTEM)[0].control.is_empty()
    commit_import(SYSTEM, [folder(**tables)])
    assert snapshots.open_ledger(SYSTEM)[0].control.height == 1
    is_whole()


def test_rows_entered_by_hand_are_no_import(whole):
    commit_import(SYSTEM, [whole])
    done = commit_rows(SYSTEM, {"allocations": [BY_HAND]}, verb=ALLOCATION_CHANGE, origin="by-hand")
    with pytest.raises(CannotUndo, match="no import"):
        undo(SYSTEM, import_no=done.import_no)


def test_who_may_not_or_sees_less_takes_nothing_back(whole):
    done = commit_import(SYSTEM, [whole])
    with pytest.raises(NotPermitted):
        undo(Actor.of("rae", ["viewer"]), import_no=done.import_no)
    with pytest.raises(NotFound):
        undo(Actor.of("fin", ["finance"], frozenset({"E1"})), import_no=done.import_no)
    with pytest.raises(NotFound):
        undo(SYSTEM, import_no=done.import_no + 1)
    assert len(open_by_number()) == 4


def test_a_narrow_actor_may_not_take_back_what_describes_customers(folder):
    done = commit_import(SYSTEM, [folder(customers=CUSTOMERS, items=ITEMS[:3])])
    with pytest.raises(NotPermitted):
        undo(Actor.of("fin", ["finance"], frozenset({"E1"})), import_no=done.import_no)
    assert len(open_by_number()) == 2


def test_a_dry_run_takes_nothing_back(whole):
    done = commit_import(SYSTEM, [whole])
    before = open_by_number()
    assert undo(SYSTEM, import_no=done.import_no, dry_run=True).result["facts"]["item"]["ended"] == 5
    assert open_by_number() == before


def test_two_who_take_back_at_once_do_it_once(whole):
    done, outcomes = commit_import(SYSTEM, [whole]), []

    def one():
        try:
            outcomes.append(undo(SYSTEM, import_no=done.import_no).batch_no)
        except CannotUndo as refused:
            outcomes.append(refused.reasons[0].code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["2", "undone", "undone", "undone"]
    assert open_by_number() == {}


def test_a_signed_day_keeps_its_figures_and_a_new_run_has_none(whole):
    done = commit_import(SYSTEM, [whole])
    run = runs.run(SYSTEM, on=ON, currency="CNY")
    undo(SYSTEM, import_no=done.import_no)
    assert runs.shown(SYSTEM, run_id=run.run_id).result_digest == run.result_digest


def test_a_list_taken_back_is_no_longer_the_newest(folder, tmp_path):
    from seawall.exchange.mapping_reader import load_mapping

    mapping = tmp_path / "open.yaml"
    mapping.write_text(
        "basis: open_items\nitems:\n  entity: e\n  customer_code: c\n  number: n\n  issued_on: d\n"
        "  currency: {constant: CNY}\n  kind: {constant: invoice}\n  amount: a\n  open_amount: o\n"
    )
    assert load_mapping(mapping).basis == "open_items"

    def listing(day, *rows):
        (tmp_path / "list.txt").write_text("\n".join(["e;c;n;d;a;o", *rows]) + "\n")
        return commit_import(SYSTEM, [tmp_path / "list.txt"], mapping=mapping, list_date=dt.date.fromisoformat(day))

    listing("2026-01-31", "E1;C1;I-1;2026-01-10;100.00;100.00", "E1;C1;I-2;2026-01-10;50.00;50.00")
    second = listing("2026-02-28", "E1;C1;I-2;2026-01-10;50.00;30.00")
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-2": 3000}
    undo(SYSTEM, import_no=second.import_no)
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-1": 10000, "I-2": 5000}
    third = listing("2026-02-15", "E1;C1;I-1;2026-01-10;100.00;80.00", "E1;C1;I-2;2026-01-10;50.00;50.00")
    assert third.batch_no is not None
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-1": 8000, "I-2": 5000}
    assert ImportFile.objects.every_entity().count() == 3
    is_whole()
