"""Insured limits, events, claims and recoveries in the store: same, new or changed, as known then, taken back, scoped."""

import datetime as dt

import pytest
from polars.testing import assert_frame_equal

from seawall.engine.kernel.errors import NotFound, NotPermitted
from seawall.engine.ledger.insured_facts import INSURED_TABLES
from seawall.services import merging, snapshots
from seawall.services.access import Actor, Grant
from seawall.services.checks import check
from seawall.services.files import RowsRejected, load
from seawall.services.import_undo import CannotUndo, undo
from seawall.services.intake import commit_import, commit_rows

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
CUSTOMERS = "customer_code,name\nC1,One\nC2,Two\nC3,Three\n"
ITEMS = """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E1,C1,invoice,I-1,2026-01-01,2026-01-31,CNY,1000.00
E2,C2,invoice,I-1,2026-01-05,2026-02-04,CNY,500.00
E2,C2,invoice,I-2,2026-01-05,2026-02-04,CNY,700.00
"""
LIMITS = """entity,customer_code,policy,layer,kind,amount,currency,insured_rate,decided_on,expires_on
,C1,P,,approved,300000,USD,0.9,2026-01-01,2026-12-31
E2,C2,P,,approved,100000,USD,,2026-01-01,
,C3,P,,approved,50000,USD,,2026-01-01,
"""
EVENTS = """customer_code,policy,item_number,event,on,detail
C1,P,I-1,extension_agreed,2026-02-01,2026-03-15
C2,P,I-1,overdue_notified,2026-03-01,
,P,,declaration,2026-02-05,2026-01
"""
CLAIMS = """customer_code,policy,date_of_loss,cause,paid_on,indemnity,aggregate_first_loss_used
C1,P,2026-03-01,insolvency,,,
C2,P,2026-03-01,political,2026-03-20,400,100
"""
RECOVERIES = """customer_code,policy,date_of_loss,cause,received_on,received_by,amount,costs
C2,P,2026-03-01,political,2026-03-25,us,60,10
"""
STEPS = """customer_code,policy,date_of_loss,cause,step,document,on,decision,amount,reference
C2,P,2026-03-01,political,opened,,2026-03-02,,,
C2,P,2026-03-01,political,gathered,invoices,2026-03-03,,,
C2,P,2026-03-01,political,decided,,2026-03-15,partly,400,CL-1
"""
WHOLE = {
    "customers": CUSTOMERS, "items": ITEMS, "insured_limits": LIMITS, "insurance_events": EVENTS, "claims": CLAIMS,
    "claim_recoveries": RECOVERIES, "claim_steps": STEPS,
}  # fmt: skip


@pytest.fixture
def put(tmp_path):
    """Files of a name and content, imported."""
    count = [0]

    def put(**contents):
        count[0] += 1
        folder = tmp_path / str(count[0])
        folder.mkdir()
        options = {name: contents.pop(name) for name in ("apply_corrections", "accept_rejects") if name in contents}
        actor = contents.pop("actor", SYSTEM)
        for name, text in contents.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return commit_import(actor, [folder], **options)

    put.folder = tmp_path
    return put


def insured(known=None, actor=SYSTEM):
    return snapshots.open_insured(actor, known=known).check()


def counts(done, table="insured_limits"):
    return {name: count for name, count in done.counts[table].items() if count}


def holds():
    report = check(SYSTEM, on=ON)
    assert report.holds, report.failures


def test_the_store_gives_what_the_files_say(put):
    done = put(**WHOLE)
    assert {name: counts(done, name) for name in INSURED_TABLES} == {
        "insured_limits": {"new": 3}, "insurance_events": {"new": 3}, "claims": {"new": 2}, "claim_recoveries": {"new": 1},
        "claim_steps": {"new": 3},
    }  # fmt: skip
    from_files = load([put.folder / "1"]).insured.by_table()
    from_store = insured().by_table()
    for name, frame in from_files.items():
        assert_frame_equal(frame.sort(*frame.columns[1:5]), from_store[name].sort(*frame.columns[1:5]))
    holds()


def test_the_same_again_changes_nothing_and_a_later_decision_is_new(put):
    put(**WHOLE)
    assert put(**WHOLE).batch_no is None
    later = LIMITS + ",C1,P,,reduced,200000,USD,,2026-03-01,\n"
    assert counts(put(insured_limits=later, customers=CUSTOMERS, items=ITEMS)) == {"same": 3, "new": 1}
    assert insured().limits.filter(customer_code="C1")["kind"].to_list() == ["approved", "reduced"]


def test_a_decision_that_says_otherwise_is_a_correction_and_the_earlier_one_is_still_known(put):
    before = put(**WHOLE)
    other = LIMITS.replace("300000,USD,0.9", "350000,USD,0.9")
    rows = {"insured_limits": other, "items": ITEMS, "customers": CUSTOMERS}
    with pytest.raises(RowsRejected) as told:
        put(**rows)
    assert told.value.rejects.select("file", "row", "column", "code", "expected").rows() == [
        ("insured_limits.csv", 1, "customer_code", "changed", "amount_minor")
    ]
    assert counts(put(**rows, apply_corrections=True)) == {"same": 2, "changed": 1}
    assert insured().limits["amount_minor"].max() == 350_000_00
    assert insured(known=before.batch_no).limits["amount_minor"].max() == 300_000_00
    holds()


def test_an_empty_cell_takes_nothing_back(put):
    put(**WHOLE)
    silent = LIMITS.replace("0.9,2026-01-01,2026-12-31", ",2026-01-01,")
    assert put(insured_limits=silent, customers=CUSTOMERS, items=ITEMS).batch_no is None


def test_an_import_is_taken_back_and_comes_again(put):
    put(customers=CUSTOMERS, items=ITEMS)
    done = put(
        insured_limits=LIMITS, insurance_events=EVENTS, claims=CLAIMS, claim_recoveries=RECOVERIES, claim_steps=STEPS
    )
    undo(SYSTEM, import_no=done.import_no)
    assert insured().is_empty
    assert not insured(known=done.batch_no).is_empty
    again = put(
        insured_limits=LIMITS, insurance_events=EVENTS, claims=CLAIMS, claim_recoveries=RECOVERIES, claim_steps=STEPS
    )
    assert counts(again) == {"new": 3}
    assert insured().limits.height == 3
    holds()


def test_what_a_correction_replaced_counts_again_once_it_is_taken_back(put):
    put(**WHOLE)
    claims = CLAIMS.replace("2026-03-20,400,100", "2026-03-20,450,100")
    done = put(
        insured_limits=LIMITS.replace("300000", "350000"), claims=claims, customers=CUSTOMERS, items=ITEMS,
        apply_corrections=True,
    )  # fmt: skip
    undo(SYSTEM, import_no=done.import_no)
    assert insured().limits["amount_minor"].max() == 300_000_00
    assert insured().claims["indemnity_minor"].sum() == 400_00
    holds()


def test_items_that_events_name_are_not_taken_back_under_them(put):
    first = put(customers=CUSTOMERS, items=ITEMS)
    put(insurance_events=EVENTS)
    with pytest.raises(CannotUndo, match="2 facts of later writes build on"):
        undo(SYSTEM, import_no=first.import_no)


def test_a_customer_that_only_an_insurer_names_stays_when_its_description_is_taken_back(put):
    first = put(customers=CUSTOMERS)
    put(insured_limits=LIMITS, items=ITEMS)
    undo(SYSTEM, import_no=first.import_no)
    ledger, _ = snapshots.open_ledger(SYSTEM)
    assert "C3" in ledger.customers["customer_code"].to_list()
    assert insured().limits["customer_code"].to_list() == ["C1", "C2", "C3"]
    holds()


def test_an_event_finds_its_item_by_customer_where_a_number_stands_twice(put):
    put(**WHOLE)
    rows = insured().events.filter(item_number="I-1").select("customer_code", "event").rows()
    assert rows == [("C1", "extension_agreed"), ("C2", "overdue_notified")]
    with pytest.raises(RowsRejected) as told:
        put(insurance_events="customer_code,policy,item_number,event,on\nC1,P,I-2,overdue_notified,2026-03-01\n")
    assert told.value.rejects["code"].to_list() == ["other_customer"]


def test_claims_need_a_currency_that_limits_on_file_may_give(put):
    put(customers=CUSTOMERS, items=ITEMS)
    with pytest.raises(RowsRejected) as told:
        put(claims=CLAIMS)
    assert set(told.value.rejects["code"]) == {"claim_currency"}
    put(insured_limits=LIMITS)
    assert counts(put(claims=CLAIMS), "claims") == {"new": 2}


def test_a_merged_code_brings_its_limits_as_layers_of_their_own(put):
    put(**WHOLE)
    merging.merge(SYSTEM, "C2", "C1", on=ON, reason="one company")
    assert insured().limits.select("customer_code", "layer", "amount_minor").rows() == [
        ("C1", "1", 300_000_00), ("C1", "C2/1", 100_000_00), ("C3", "1", 50_000_00),
    ]  # fmt: skip
    merging.split(SYSTEM, "C2", reason="two after all")
    assert insured().limits["customer_code"].to_list() == ["C1", "C2", "C3"]


def test_who_sees_one_entity_sees_its_facts_and_the_companys_about_its_customers(put):
    put(**WHOLE)
    one = Actor.of("one", ["insurance_manager"], frozenset({"E1"}))
    other = Actor.of("other", ["insurance_manager"], frozenset({"E2"}))
    assert insured(actor=one).limits["customer_code"].to_list() == ["C1"]
    assert insured(actor=other).limits["customer_code"].to_list() == ["C2"]
    assert insured(actor=one).events["event"].to_list() == ["extension_agreed"]
    assert insured(actor=other).claims["customer_code"].to_list() == ["C2"]
    assert insured(actor=other).recoveries.height == 1
    with pytest.raises(NotPermitted):
        insured(actor=Actor.of("none", ["insurance_manager"], frozenset()))


def test_facts_of_no_entity_are_for_those_who_may_everywhere(put):
    put(**WHOLE)
    clerk = Actor.of("clerk", ["finance"], frozenset({"E2"}))
    row = {
        "customer_code": "C2",
        "policy": "P",
        "kind": "reduced",
        "amount": "9",
        "currency": "USD",
        "decided_on": "2026-03-02",
    }
    with pytest.raises(NotPermitted):
        commit_rows(clerk, {"insured_limits": [row]}, verb="ledger.import", origin="x")
    with pytest.raises((NotFound, NotPermitted)):
        commit_rows(clerk, {"insured_limits": [row | {"entity": "E1"}]}, verb="ledger.import", origin="x")
    assert commit_rows(clerk, {"insured_limits": [row | {"entity": "E2"}]}, verb="ledger.import", origin="x").batch_no
    assert Grant("finance", "E2") in clerk.grants


def test_an_import_with_facts_of_no_entity_is_taken_back_by_who_may_everywhere(put):
    put(customers=CUSTOMERS, items=ITEMS)
    done = put(insured_limits=LIMITS)
    clerk = Actor.of("clerk", ["finance"], frozenset({"E1", "E2"}))
    with pytest.raises(NotPermitted):
        undo(clerk, import_no=done.import_no)
