"""Imports: one transaction, one effect; same, new, changed and vanished; lists of open items."""

import datetime as dt
import random

import pytest
from django.db import connection
from small_ledger import ALLOCATIONS, BY_HAND, CUSTOMERS, ITEMS, SYSTEM, open_by_number

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted
from seawall.services import contacts, snapshots
from seawall.services.access import ALLOCATION_CHANGE, Actor
from seawall.services.files import RowsRejected, load
from seawall.services.intake import commit_import, commit_rows
from seawall.store import bulk, points
from seawall.store.models import AuditEntry, ImportFile, ImportReject, Item, Supersession

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path):
    def write(**tables):
        for name, lines in tables.items():
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def whole(folder):
    return folder(customers=CUSTOMERS, items=ITEMS, allocations=ALLOCATIONS)


def test_an_import_stands_in_the_store_as_in_the_files(whole):
    result = commit_import(SYSTEM, [whole])
    assert result.batch_no == 1
    assert result.counts["items"] == {"same": 0, "new": 5, "changed": 0, "vanished": 0}
    rows = dict(ImportFile.objects.every_entity().values_list("name", "rows"))
    assert rows == {"customers.csv": 2, "items.csv": 5, "allocations.csv": 2}
    ledger, known = snapshots.open_ledger(SYSTEM, details=True)
    files = load([whole]).ledger
    assert known == 1
    for name in ("customers", "accounts", "items", "allocations"):
        mine, theirs = getattr(ledger.check(), name), getattr(files, name)
        assert mine.select(theirs.columns).equals(theirs), name
    assert ImportFile.objects.every_entity().count() == 3
    (person,) = contacts.listed(SYSTEM, "C1")
    assert (person.email, person.is_from_file) == ("a@example.com", True)


def test_a_large_first_load_keeps_the_keys(whole, folder, monkeypatch):
    monkeypatch.setattr(bulk, "FIRST_LOAD_ROWS", 1)
    commit_import(SYSTEM, [whole])
    assert commit_import(SYSTEM, [whole]).batch_no is None
    more = folder(items=[ITEMS[0], "E1,C1,invoice,I-9,2026-03-01,,CNY,5.00,"])
    assert commit_import(SYSTEM, [more / "items.csv"]).new_rows == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'p'")
        assert {"store_item", "store_allocation"} <= {table for (table,) in cursor.fetchall()}


def test_a_failed_first_load_gives_the_keys_back(whole, monkeypatch):
    monkeypatch.setattr(bulk, "FIRST_LOAD_ROWS", 1)
    monkeypatch.setattr(points, "hook", lambda point: 1 / 0 if point == "items" else None)
    with pytest.raises(ZeroDivisionError):
        commit_import(SYSTEM, [whole])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conname ~ '^store_(item|allocation)_'"
        )
        assert cursor.fetchone()[0] == 2


def test_the_same_file_twice_is_one_import(whole):
    commit_import(SYSTEM, [whole])
    again = commit_import(SYSTEM, [whole])
    assert again.batch_no is None
    assert again.new_rows == 0
    assert again.counts["items"]["same"] == 5
    assert AuditEntry.objects.count() == 1
    assert ImportFile.objects.every_entity().count() == 3


@pytest.mark.promise("R3")
def test_rows_in_another_order_are_the_same_import(folder, count, promise):
    commit_import(SYSTEM, [folder(customers=CUSTOMERS, items=ITEMS, allocations=ALLOCATIONS)])
    shuffled, tries = random.Random(7), count(3, 100)
    for _ in range(tries):
        tables = {"customers": CUSTOMERS, "items": ITEMS, "allocations": ALLOCATIONS}
        other = {name: [rows[0], *shuffled.sample(rows[1:], len(rows) - 1)] for name, rows in tables.items()}
        again = commit_import(SYSTEM, [folder(**other)])
        assert again.batch_no is None
        assert again.new_rows == 0
    promise(f"{tries} replays in another order: 0 new rows; overlaps add what is new, every conflict is a named reject")


def test_an_overlapping_file_adds_only_what_is_new(folder, whole):
    commit_import(SYSTEM, [whole])
    more = folder(
        items=[*ITEMS[:3], "E1,C1,invoice,I-9,2026-03-01,2026-03-31,CNY,5.00,"],
        allocations=[ALLOCATIONS[0], ALLOCATIONS[1], "E1,C1,I-9,R-1,2026-03-02,5.00"],
    )
    result = commit_import(SYSTEM, [more / "items.csv", more / "allocations.csv"])
    assert result.counts["items"] == {"same": 2, "new": 1, "changed": 0, "vanished": 0}
    assert result.counts["allocations"] == {"same": 1, "new": 1, "changed": 0, "vanished": 0}
    assert open_by_number() == {"I-2": 35000, "I-3": 7050, "I-1": 1000, "R-1": -4500}


def test_a_changed_row_is_refused_and_named(folder, whole):
    commit_import(SYSTEM, [whole])
    changed = folder(items=[*ITEMS[:2], ITEMS[2].replace("500.00", "650.00")])
    with pytest.raises(RowsRejected) as refused:
        commit_import(SYSTEM, [changed / "items.csv"])
    reject = refused.value.rejects.row(0, named=True)
    assert (reject["row"], reject["code"], reject["value"], reject["expected"]) == (2, "changed", "I-2", "amount_minor")
    assert open_by_number()["I-2"] == 35000
    assert AuditEntry.objects.count() == 1


def test_a_correction_is_a_version_and_the_report_of_yesterday_stays(folder, whole):
    first = commit_import(SYSTEM, [whole]).batch_no
    before = open_by_number(known=first)
    changed = folder(items=[ITEMS[0], ITEMS[2].replace("500.00", "650.00")])
    result = commit_import(SYSTEM, [changed / "items.csv"], apply_corrections=True)
    assert result.counts["items"]["changed"] == 1
    assert open_by_number()["I-2"] == 50000
    assert open_by_number(known=first) == before
    versions = Item.objects.every_entity().filter(number="I-2").order_by("version")
    assert [(item.version, item.amount_minor) for item in versions] == [(1, 50000), (2, 65000)]
    assert len({item.document_id for item in versions}) == 1
    again = commit_import(SYSTEM, [changed / "items.csv"], apply_corrections=True)
    assert again.batch_no is None
    assert Supersession.objects.count() == 1


def test_silence_of_a_file_changes_nothing(folder, whole):
    commit_import(SYSTEM, [whole])
    silent = folder(items=[ITEMS[0], ITEMS[1].replace("first", "")])
    assert commit_import(SYSTEM, [silent / "items.csv"]).batch_no is None


def test_an_accepted_conflict_leaves_what_is_on_file_and_is_kept_as_a_reject(folder, whole):
    commit_import(SYSTEM, [whole])
    changed = folder(items=[ITEMS[0], ITEMS[2].replace("500.00", "650.00"), "E1,C1,invoice,I-9,2026-03-01,,CNY,5.00,"])
    result = commit_import(SYSTEM, [changed / "items.csv"], accept_rejects=True)
    assert result.counts["items"]["new"] == 1
    assert open_by_number()["I-2"] == 35000
    assert list(ImportReject.objects.every_entity().values_list("row", "code", "value")) == [(1, "changed", "I-2")]


def test_a_document_cannot_become_less_than_what_settled_it(folder, whole):
    commit_import(SYSTEM, [whole])
    less = folder(items=[ITEMS[0], ITEMS[1].replace("1000.00", "900.00")])
    with pytest.raises(RowsRejected) as refused:
        commit_import(SYSTEM, [less / "items.csv"], apply_corrections=True)
    assert refused.value.rejects["code"].to_list() == ["below_settled"]


def test_a_corrected_allocation_replaces_the_one_on_file(folder, whole):
    commit_import(SYSTEM, [whole])
    changed = folder(allocations=[ALLOCATIONS[0], ALLOCATIONS[2].replace("150.00", "100.00")])
    with pytest.raises(RowsRejected):
        commit_import(SYSTEM, [changed / "allocations.csv"])
    commit_import(SYSTEM, [changed / "allocations.csv"], apply_corrections=True)
    assert open_by_number()["I-2"] == 40000
    assert commit_import(SYSTEM, [changed / "allocations.csv"]).batch_no is None
    commit_import(SYSTEM, [folder(allocations=ALLOCATIONS) / "allocations.csv"], apply_corrections=True)
    assert open_by_number()["I-2"] == 35000


def test_an_allocation_above_what_is_open_is_refused_against_the_store_too(folder, whole):
    commit_import(SYSTEM, [whole])
    more = folder(allocations=[ALLOCATIONS[0], "E1,C1,I-2,R-1,2026-03-01,60.00"])
    with pytest.raises(RowsRejected) as refused:
        commit_import(SYSTEM, [more / "allocations.csv"])
    assert refused.value.rejects["code"].to_list() == ["above_open"]


def test_a_withdrawn_allocation_ends_when_corrections_are_applied(folder, whole):
    commit_import(SYSTEM, [whole])
    fewer = folder(allocations=ALLOCATIONS[:2])
    assert commit_import(SYSTEM, [fewer]).counts["allocations"]["vanished"] == 1
    assert open_by_number()["I-2"] == 35000
    commit_import(SYSTEM, [fewer], apply_corrections=True)
    assert open_by_number()["I-2"] == 50000


def test_instalments_and_disputes_follow_their_document(folder, whole):
    commit_import(SYSTEM, [whole])
    parts = folder(
        instalments=["entity,number,due_on,amount", "E1,I-2,2026-02-19,200.00", "E1,I-2,2026-03-19,300.00"],
        disputes=["entity,number,opened_on,closed_on,amount,reason", "E1,I-3,2026-02-10,,20.50,short"],
    )
    paths = [parts / "instalments.csv", parts / "disputes.csv"]
    assert commit_import(SYSTEM, paths).counts["disputes"]["new"] == 1
    assert commit_import(SYSTEM, paths).batch_no is None
    closed = folder(
        disputes=["entity,number,opened_on,closed_on,amount,reason", "E1,I-3,2026-02-10,2026-03-01,20.50,short"]
    )
    assert commit_import(SYSTEM, [closed / "disputes.csv"]).counts["disputes"]["changed"] == 1
    other = folder(instalments=["entity,number,due_on,amount", "E1,I-2,2026-02-19,250.00", "E1,I-2,2026-03-19,250.00"])
    with pytest.raises(RowsRejected):
        commit_import(SYSTEM, [other / "instalments.csv"])
    commit_import(SYSTEM, [other / "instalments.csv"], apply_corrections=True)
    ledger, _ = snapshots.open_ledger(SYSTEM)
    assert ledger.instalments["amount_minor"].to_list() == [25000, 25000]
    assert ledger.disputes["closed_on"].to_list() == [dt.date(2026, 3, 1)]


def test_balances_and_rates_have_versions_too(folder, whole):
    balances = ["entity,account,currency,on,amount", "E1,1122,CNY,2026-03-31,420.50"]
    rates = ["currency,to,on,rate", "EUR,CNY,2026-03-31,7.8"]
    commit_import(SYSTEM, [folder(balances=balances, rates=rates)])
    ledger, _ = snapshots.open_ledger(SYSTEM)
    assert ledger.control["amount_minor"].to_list() == [42050]
    assert snapshots.own_rates(SYSTEM).rows["rate"].to_list() == [7.8]
    assert commit_import(SYSTEM, [whole]).batch_no is None
    changed = folder(rates=["currency,to,on,rate", "EUR,CNY,2026-03-31,7.9"])
    with pytest.raises(RowsRejected):
        commit_import(SYSTEM, [changed / "rates.csv"])
    commit_import(SYSTEM, [changed / "rates.csv"], apply_corrections=True)
    assert snapshots.own_rates(SYSTEM).rows["rate"].to_list() == [7.9]
    assert snapshots.own_rates(SYSTEM, known=1).rows["rate"].to_list() == [7.8]


def test_a_customer_known_by_code_may_be_described_later(folder, whole):
    bare = folder(items=ITEMS)
    commit_import(SYSTEM, [bare / "items.csv"])
    assert commit_import(SYSTEM, [whole]).counts["customers"]["changed"] == 2
    renamed = folder(customers=[CUSTOMERS[0], "C1,Acme Ltd,CN,,"])
    with pytest.raises(RowsRejected):
        commit_import(SYSTEM, [renamed / "customers.csv"])
    commit_import(SYSTEM, [renamed / "customers.csv"], apply_corrections=True)
    ledger, _ = snapshots.open_ledger(SYSTEM)
    assert ledger.customers["name"].to_list() == ["Acme Ltd", "Beta"]
    assert ledger.customers["group_code"].to_list() == ["C1", "C1"]


def test_a_dry_run_says_all_and_leaves_nothing(whole):
    result = commit_import(SYSTEM, [whole], dry_run=True)
    assert result.counts["items"]["new"] == 5
    assert result.batch_no is None
    assert not Item.objects.every_entity().exists()


def test_rejects_stop_the_commit_unless_accepted(folder):
    bad = folder(items=[*ITEMS, "E1,C1,invoice,I-8,2026-13-01,,CNY,5.00,"])
    with pytest.raises(RowsRejected):
        commit_import(SYSTEM, [bad / "items.csv"])
    assert not Item.objects.every_entity().exists()
    result = commit_import(SYSTEM, [bad / "items.csv"], accept_rejects=True)
    assert result.counts["items"]["new"] == 5
    assert ImportReject.objects.every_entity().count() == result.rejects.height == 1


def test_an_importer_of_one_entity_cannot_touch_another(folder, whole):
    mine = Actor.of("ann", ["finance"], frozenset({"E1"}), user_id=1)
    with pytest.raises(NotFound):
        commit_import(mine, [whole])
    with pytest.raises(NotPermitted):
        commit_import(Actor.of("rae", ["viewer"]), [whole])
    commit_import(SYSTEM, [whole])
    ledger, _ = snapshots.open_ledger(mine)
    assert ledger.accounts["entity"].unique().to_list() == ["E1"]
    assert ledger.items.height == 4
    more = folder(items=[ITEMS[0], "E1,C1,invoice,I-9,2026-03-01,,CNY,5.00,"])
    assert commit_import(mine, [more / "items.csv"]).new_rows == 1


def test_the_same_key_is_one_import(whole):
    first = commit_import(SYSTEM, [whole], key="k")
    again = commit_import(SYSTEM, [whole], key="k")
    assert (again.batch_no, again.counts) == (first.batch_no, first.counts)


@pytest.fixture
def listing(tmp_path, monkeypatch):
    """A list of open items on a day: as a mapping with ``basis: open_items`` reads it."""
    from dataclasses import replace

    from seawall.services import files

    plain = files.read_tables

    def read(paths, *, list_date=None, **options):
        found = plain(paths)
        return replace(found, tables=replace(found.tables, basis="open_items", list_date=list_date))

    monkeypatch.setattr(files, "read_tables", read)

    def importing(day, *rows, **options):
        header = "entity,customer_code,kind,number,issued_on,due_on,currency,amount,open_amount"
        (tmp_path / "items.csv").write_text("\n".join([header, *rows]) + "\n")
        return commit_import(SYSTEM, [tmp_path / "items.csv"], list_date=dt.date.fromisoformat(day), **options)

    return importing


I1, I2, R1 = (
    "E1,C1,invoice,I-1,2026-01-10,2026-02-09,CNY,1000.00,{}",
    "E1,C1,invoice,I-2,2026-01-20,2026-02-19,CNY,500.00,{}",
    "E1,C1,receipt,R-1,2026-01-25,,CNY,300.00,{}",
)


def test_what_vanishes_from_a_list_of_open_items_is_closed_on_its_day(listing):
    listing("2026-01-31", I1.format("600.00"), I2.format("500.00"), R1.format("300.00"))
    assert open_by_number(dt.date(2026, 1, 31)) == {"I-1": 60000, "I-2": 50000, "R-1": -30000}
    result = listing("2026-02-28", I2.format("200.00"))
    assert result.closed == 3
    assert open_by_number(dt.date(2026, 2, 27)) == {"I-1": 60000, "I-2": 50000, "R-1": -30000}
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-2": 20000}
    kinds = Item.objects.every_entity().filter(kind=14).order_by("number").values_list("number", "amount_minor")
    assert list(kinds) == [("?I-1@2026-01-31", 40000), ("?I-1@2026-02-28", 60000), ("?I-2@2026-02-28", 30000)]


def test_days_before_the_first_list_are_not_known(listing):
    listing("2026-01-31", I1.format(""))
    with pytest.raises(InputError, match="not known"):
        open_by_number(dt.date(2026, 1, 30))


def test_a_credit_that_vanishes_alone_is_closed_by_a_refund(listing):
    listing("2026-01-31", I1.format("600.00"), R1.format("300.00"))
    listing("2026-02-28", I1.format("600.00"))
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-1": 60000}


def test_the_same_list_twice_is_one_and_a_later_equal_list_is_knowledge(listing):
    assert listing("2026-01-31", I1.format("600.00")).batch_no == 1
    assert listing("2026-01-31", I1.format("600.00")).batch_no is None
    assert listing("2026-02-28", I1.format("600.00")).batch_no == 2
    with pytest.raises(InputError, match="earlier one"):
        listing("2026-01-31", I1.format("600.00"))


def test_an_item_that_grows_back_is_refused(listing):
    listing("2026-01-31", I1.format("600.00"))
    with pytest.raises(RowsRejected) as refused:
        listing("2026-02-28", I1.format("700.00"))
    assert refused.value.rejects["code"].to_list() == ["open_grew"]
    result = listing("2026-02-28", I1.format("700.00"), accept_rejects=True)
    assert result.rejects.height == 1
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-1": 60000}


def test_another_list_of_the_same_day_may_show_less(listing):
    listing("2026-01-31", I1.format("600.00"))
    assert listing("2026-01-31", I1.format("500.00")).closed == 1
    assert open_by_number(dt.date(2026, 1, 31)) == {"I-1": 50000}


def test_a_refused_row_of_a_list_does_not_look_settled(listing):
    listing("2026-01-31", I1.format("600.00"), I2.format("500.00"))
    result = listing(
        "2026-02-28", I1.format("400.00"), I2.format("500.00").replace("CNY,500", "CNY,5O0"), accept_rejects=True
    )
    assert result.rejects.height == 1
    assert open_by_number(dt.date(2026, 2, 28)) == {"I-1": 40000, "I-2": 50000}
    listing("2026-03-31", I1.format("400.00"))
    assert open_by_number(dt.date(2026, 3, 31)) == {"I-1": 40000}


def test_rows_that_no_file_holds_are_taken_as_a_file_of_them_would_be(whole):
    commit_import(SYSTEM, [whole])
    asked = {"verb": ALLOCATION_CHANGE, "origin": "by-hand", "note": {"reason": "call"}}
    done = commit_rows(SYSTEM, {"allocations": [BY_HAND]}, **asked)
    assert done.new_rows == 1
    assert open_by_number()["I-2"] == 30000
    assert "R-1" not in open_by_number()
    assert ImportFile.objects.every_entity().order_by("-id")[0].name == "allocations.by-hand.csv"
    assert '"reason":"call"' in AuditEntry.objects.order_by("-batch_no")[0].body.replace(" ", "")
    assert commit_rows(SYSTEM, {"allocations": [BY_HAND]}, **asked).batch_no is None


def test_rows_that_no_file_holds_are_refused_by_row_and_column(whole):
    commit_import(SYSTEM, [whole])
    with pytest.raises(RowsRejected) as refused:
        commit_rows(SYSTEM, {"allocations": [BY_HAND | {"amount": "9999"}]}, verb=ALLOCATION_CHANGE, origin="by-hand")
    assert refused.value.rejects["row"].to_list() == [1]
    with pytest.raises(NotPermitted):
        commit_rows(Actor.of("rae", ["viewer"]), {"allocations": [BY_HAND]}, verb=ALLOCATION_CHANGE, origin="by-hand")
