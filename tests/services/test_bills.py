"""Bills in the store: imported, corrected, superseded; the same ledger as from files, on every day and batch."""

import datetime as dt

import polars as pl
import pytest

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.bills import bill_states
from seawall.services.access import Actor
from seawall.services.checks import check
from seawall.services.files import RowsRejected, load
from seawall.services.intake import commit_import
from seawall.services.snapshots import open_ledger

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ITEMS = """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E1,C1,invoice,I-1,2026-01-01,2026-01-31,CNY,1000.00
E1,C1,invoice,I-2,2026-01-05,2026-02-04,CNY,500.00
"""
BILLS = """entity,customer_code,bill_number,kind,drawer,acceptor,acceptor_code,currency,amount,issued_on,received_on,matures_on
E1,C1,B-1,bank,Works,Bank A,ICBC,CNY,1200.00,2026-01-10,2026-02-01,2026-07-10
"""
ALLOCATIONS = """entity,debit_number,credit_number,allocated_on,amount
E1,I-1,B-1,2026-02-01,1000.00
E1,I-2,B-1,2026-02-01,200.00
"""
EVENTS = "entity,bill_number,event,on,counterparty\n"
BOUNCED = EVENTS + "E1,B-1,bounced,2026-07-12,\n"


@pytest.fixture
def put(tmp_path):
    """Files of a name and content, imported."""
    count = [0]

    def put(**contents):
        count[0] += 1
        folder = tmp_path / str(count[0])
        folder.mkdir()
        options = {name: contents.pop(name) for name in ("apply_corrections", "accept_rejects") if name in contents}
        for name, text in contents.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return commit_import(SYSTEM, [folder], **options)

    return put


@pytest.fixture
def whole(put):
    return put(items=ITEMS, bills=BILLS, allocations=ALLOCATIONS)


def open_on(text, known=None):
    ledger, known = open_ledger(SYSTEM, known=known, details=True)
    left = open_amounts(ledger, as_of=AsOf(dt.date.fromisoformat(text), known))
    rows = ledger.items.with_columns(left=pl.Series(left)).filter(pl.col("left") != 0)
    return dict(rows.sort("number").select("number", pl.col("left") / 100).rows())


def state_on(text):
    ledger, known = open_ledger(SYSTEM, details=True)
    return bill_states(ledger, as_of=AsOf(dt.date.fromisoformat(text), known), recourse_days=190)["state"].to_list()


def test_a_bill_settles_and_when_it_bounces_opens_again(whole, put):
    assert whole.counts["bills"]["new"] == 1
    assert open_on("2026-01-31") == {"I-1": 1000, "I-2": 500}
    assert open_on("2026-02-01") == {"I-2": 300}
    put(bill_events=BOUNCED)
    assert open_on("2026-07-11") == {"I-2": 300}
    assert open_on("2026-07-12") == {"I-1": 1000, "I-2": 500}
    assert open_on("2026-07-12", known=whole.batch_no) == {"I-2": 300}
    assert check(SYSTEM, on=dt.date(2026, 12, 31)).holds


def test_the_store_holds_what_files_say(tmp_path, whole, put):
    put(bill_events=BOUNCED)
    contents = {"items": ITEMS, "bills": BILLS, "allocations": ALLOCATIONS, "bill_events": BOUNCED}
    for name, text in contents.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    said = load([tmp_path / f"{name}.csv" for name in contents]).ledger
    kept, _ = open_ledger(SYSTEM, details=True)
    plain = ["item_id", "kind", "number", "issued_on", "due_on", "amount_minor", "payment_method"]
    assert kept.items.select(plain).equals(said.items.select(plain))
    assert kept.allocations.equals(said.allocations)
    assert kept.bills.equals(said.bills)
    assert kept.bill_events.drop("source_file").equals(said.bill_events.drop("source_file"))


def test_the_same_again_is_no_change_and_new_events_come_one_by_one(whole, put):
    assert put(items=ITEMS, bills=BILLS, allocations=ALLOCATIONS).batch_no is None
    put(bill_events=EVENTS + "E1,B-1,presented,2026-07-10,\n")
    assert state_on("2026-07-10") == ["presented"]
    again = put(bill_events=EVENTS + "E1,B-1,presented,2026-07-10,\nE1,B-1,paid,2026-07-11,\n")
    assert again.counts["bill_events"] == {"same": 1, "new": 1, "changed": 0, "vanished": 0}
    assert state_on("2026-07-11") == ["paid"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("E1,B-1,paid,2026-01-31,", "bill_before_received"),
        ("E1,B-9,paid,2026-07-11,", "unknown_bill"),
        ("E1,B-1,endorsed,2026-07-11,", "bill_matured"),
        ("E1,B-1,received,2026-02-02,", "bill_received_on"),
        ("E1,B-1,lost,2026-07-11,", "bill_event"),
    ],
)
def test_what_cannot_be_is_refused_by_row(whole, put, row, code):
    with pytest.raises(RowsRejected) as refused:
        put(bill_events=EVENTS + row + "\n")
    assert refused.value.rejects.select("row", "code").rows() == [(1, code)]


def test_nothing_follows_what_has_ended_also_when_it_is_on_file(whole, put):
    put(bill_events=EVENTS + "E1,B-1,paid,2026-07-11,\n")
    for row in ("E1,B-1,returned,2026-07-10,", "E1,B-1,bounced,2026-07-12,", "E1,B-1,paid,2026-07-10,"):
        with pytest.raises(RowsRejected) as refused:
            put(bill_events=EVENTS + row + "\n")
        assert refused.value.rejects["code"].to_list() == ["bill_history"]


def test_what_bounced_can_be_paid_again_from_the_bounce_on_and_not_before(whole, put):
    receipt = ITEMS.splitlines()[0] + "\nE1,C1,receipt,R-1,2026-07-01,,CNY,1000.00\n"
    settled = ALLOCATIONS.splitlines()[0] + "\nE1,I-1,R-1,{},1000.00\n"
    put(items=receipt, bill_events=BOUNCED)
    with pytest.raises(RowsRejected) as refused:
        put(allocations=settled.format("2026-07-11"))
    assert refused.value.rejects["code"].to_list() == ["above_open"]
    put(allocations=settled.format("2026-07-12"))
    assert open_on("2026-07-12") == {"I-2": 500}
    with pytest.raises(RowsRejected) as refused:
        put(allocations=ALLOCATIONS.splitlines()[0] + "\nE1,I-2,B-1,2026-07-12,1.00\n")
    assert refused.value.rejects["code"].to_list() == ["bill_ended"]


def test_a_bounce_and_what_pays_instead_may_come_in_one_import(whole, put):
    receipt = ITEMS.splitlines()[0] + "\nE1,C1,receipt,R-1,2026-07-20,,CNY,1000.00\n"
    settled = ALLOCATIONS.splitlines()[0] + "\nE1,I-1,R-1,2026-07-20,1000.00\n"
    put(items=receipt, allocations=settled, bill_events=BOUNCED)
    assert open_on("2026-07-20") == {"I-2": 500}


def test_a_corrected_bill_is_its_next_version(whole, put):
    other = BILLS.replace("2026-07-10\n", "2026-08-10\n")
    with pytest.raises(RowsRejected) as refused:
        put(bills=other)
    assert refused.value.rejects.select("code", "expected").rows() == [("changed", "matures_on")]
    put(bills=other, apply_corrections=True)
    ledger, _ = open_ledger(SYSTEM, details=True)
    assert ledger.bills["matures_on"].to_list() == [dt.date(2026, 8, 10)]
    assert check(SYSTEM, on=dt.date(2026, 12, 31)).holds


def test_retention_money_keeps_its_mark_and_its_day(put):
    items = ITEMS.replace("amount\n", "amount,delivered_on\n").replace("1000.00\n", "1000.00,2026-01-03\n")
    items = items.replace("500.00\n", "500.00,\n")
    parts = "entity,number,due_on,amount,mark,days_after,accepted_on\n"
    parts += "E1,I-1,2026-01-31,900,,,\nE1,I-1,,100,retention,365,\n"
    put(items=items, instalments=parts)
    ledger, _ = open_ledger(SYSTEM)
    rows = ledger.instalments.select("due_on", "amount_minor", "is_retention").rows()
    assert rows == [(dt.date(2026, 1, 31), 90_000, False), (dt.date(2027, 1, 3), 10_000, True)]


def test_a_set_off_names_its_agreement_and_its_sides_agree(put):
    head = "entity,customer_code,kind,number,issued_on,currency,amount,payment_method,contract_number\n"
    bad = head + "E1,C1,receipt,S-1,2026-03-01,CNY,10,set_off,\nE1,C1,credit_note,S-2,2026-03-01,CNY,10,set_off,A-1\n"
    bad += "E1,C1,receipt,S-3,2026-03-01,CNY,10,set_off,A-2\nE1,C1,refund,S-4,2026-03-01,CNY,11,set_off,A-2\n"
    with pytest.raises(RowsRejected) as refused:
        put(items=bad)
    assert refused.value.rejects.select("row", "code").rows() == [
        (1, "set_off_reference"), (2, "set_off_kind"), (3, "set_off_sides"), (4, "set_off_sides"),
    ]  # fmt: skip
    put(items=bad.replace("CNY,11", "CNY,10").replace("set_off,\n", "set_off,P-1\n").replace("credit_note", "receipt"))
