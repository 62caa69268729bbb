"""Insured limits by hand: recorded in the words of the files, refused in words, taken back, each within its scope."""

import datetime as dt
import hashlib

import polars as pl
import pytest

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, UnknownCode
from seawall.services import insured, insured_list, remarks, snapshots
from seawall.services.access import Actor
from seawall.services.intake import commit_rows

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ON = dt.date(2026, 3, 31)
ITEM = {"kind": "invoice", "issued_on": "2026-01-01", "currency": "CNY", "amount": "100"}
LIMIT = {
    "customer_code": "C1", "policy": "P", "kind": "approved", "amount": "1000.00", "currency": "USD", "decided_on": "2026-01-01",
}  # fmt: skip
EVENT = {"customer_code": "C1", "policy": "P", "event": "credit_report", "on": "2026-02-01"}


@pytest.fixture(autouse=True)
def ledger():
    items = [
        ITEM | {"entity": "E1", "customer_code": "C1", "number": "I-1"},
        ITEM | {"entity": "E2", "customer_code": "C2", "number": "I-2"},
    ]
    customers = [{"customer_code": code, "name": f"Name of {code}"} for code in ("C1", "C2", "C3")]
    commit_rows(SYSTEM, {"items": items, "customers": customers}, verb="ledger.import", origin="x")


def limits(on=ON, actor=SYSTEM, **asked):
    found = snapshots.open_insured(actor)
    return insured_list.limits(found, {}, insured_list.Filter(**asked), on=on)


def test_a_decision_is_recorded_once_under_its_key_and_stands():
    first = insured.record_fact(SYSTEM, "insured_limits", LIMIT, key="k")
    assert insured.record_fact(SYSTEM, "insured_limits", LIMIT, key="k").batch_no == first.batch_no
    assert insured.record_fact(SYSTEM, "insured_limits", LIMIT).batch_no is None
    assert limits().select("state", "stands_minor", "entity").rows() == [("approved", 1_000_00, None)]


def test_a_dry_run_writes_nothing():
    assert insured.record_fact(SYSTEM, "insured_limits", LIMIT, dry_run=True).counts["insured_limits"]["new"] == 1
    assert limits().is_empty()


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"insured_rate": "90"}, "share", "insured_rate"),
        ({"kind": "named"}, "limit_kind", "kind"),
        ({"amount": ""}, "limit_amount", "amount"),
        ({"customer_code": "C9"}, "unknown_customer", "customer_code"),
        ({"decided_on": "1.2.2026"}, "date_ambiguous", "decided_on"),
    ],
)
def test_what_cannot_be_says_why_and_where(change, code, column):
    with pytest.raises(InputError) as told:
        insured.record_fact(SYSTEM, "insured_limits", LIMIT | change)
    assert (told.value.code, told.value.where.column) == (code, column)
    assert limits().is_empty()


def test_another_amount_is_a_correction_that_must_be_asked_for():
    insured.record_fact(SYSTEM, "insured_limits", LIMIT)
    with pytest.raises(InputError) as told:
        insured.record_fact(SYSTEM, "insured_limits", LIMIT | {"amount": "2000"})
    assert told.value.code == "changed"
    insured.record_fact(SYSTEM, "insured_limits", LIMIT | {"amount": "2000"}, correct=True)
    assert limits()["stands_minor"].to_list() == [2_000_00]


def test_a_history_stands_as_its_days_say():
    insured.record_fact(
        SYSTEM, "insured_limits", LIMIT | {"kind": "requested", "amount": "5000", "decided_on": "2025-12-20"}
    )
    assert limits(dt.date(2025, 12, 31)).select("state", "stands_minor", "waiting", "waiting_minor").rows() == [
        ("requested", 0, "requested", 5_000_00)
    ]
    insured.record_fact(SYSTEM, "insured_limits", LIMIT | {"expires_on": "2026-06-30"})
    cut = {"kind": "reduced", "amount": "400", "decided_on": "2026-03-15", "notice_days": "30"}
    insured.record_fact(SYSTEM, "insured_limits", LIMIT | cut)
    row = limits().row(0, named=True)
    assert (row["state"], row["stands_minor"], row["waiting"]) == ("approved", 1_000_00, None)
    assert (row["next_kind"], row["next_minor"], row["next_on"]) == ("reduced", 400_00, dt.date(2026, 4, 14))
    assert limits(state="soon").height == 1
    assert limits(dt.date(2026, 4, 14)).select("state", "stands_minor").rows() == [("reduced", 400_00)]
    assert limits(dt.date(2026, 3, 14)).row(0, named=True)["next_on"] is None


def test_a_limit_ends_by_its_last_day_and_by_a_decision():
    insured.record_fact(SYSTEM, "insured_limits", LIMIT | {"expires_on": "2026-03-31"})
    assert limits().select("state", "stands_minor").rows() == [("approved", 1_000_00)]
    assert limits(dt.date(2026, 4, 1)).select("state", "stands_minor").rows() == [("expired", 0)]
    insured.record_fact(
        SYSTEM, "insured_limits", LIMIT | {"kind": "cancelled", "amount": "", "decided_on": "2026-02-01"}
    )
    assert limits().select("state", "stands_minor").rows() == [("cancelled", 0)]


def test_the_list_is_narrowed_by_policy_state_and_words():
    insured.record_fact(SYSTEM, "insured_limits", LIMIT)
    insured.record_fact(
        SYSTEM, "insured_limits", LIMIT | {"customer_code": "C2", "policy": "Q", "kind": "refused", "amount": ""}
    )
    assert limits(policy="Q")["customer_code"].to_list() == ["C2"]
    assert limits(state="approved")["customer_code"].to_list() == ["C1"]
    assert limits(text="c2")["customer_code"].to_list() == ["C2"]
    found = snapshots.open_insured(SYSTEM)
    said = insured_list.document(found, {"C1": "Name of C1"}, insured_list.Filter(), on=ON)
    assert said["totals"] == {"USD": "1000.00"}
    assert said["limits"][0]["amount"] == "1000.00"
    with pytest.raises(InputError):
        insured_list.Filter(state="wonderful")


def test_who_works_in_one_entity_records_there_and_nowhere_else():
    one = Actor.of("one", ["insurance_manager"], frozenset({"E1"}))
    insured.record_fact(one, "insured_limits", LIMIT)
    assert limits()["entity"].to_list() == ["E1"]
    with pytest.raises(NotFound):
        insured.record_fact(one, "insured_limits", LIMIT | {"customer_code": "C2"})
    with pytest.raises(NotFound):
        insured.record_fact(one, "insured_limits", LIMIT | {"customer_code": "C3"})
    with pytest.raises(NotFound):
        insured.record_fact(one, "insured_limits", LIMIT | {"entity": "E2", "decided_on": "2026-01-02"})
    two = Actor.of("two", ["insurance_manager"], frozenset({"E1", "E2"}))
    with pytest.raises(NotPermitted):
        insured.record_fact(two, "insured_limits", LIMIT | {"decided_on": "2026-01-02"})
    with pytest.raises(NotPermitted):
        insured.record_fact(Actor.of("viewer", ["viewer"]), "insured_limits", LIMIT)
    insured.record_fact(
        SYSTEM, "insured_limits", LIMIT | {"customer_code": "C3"}
    )  # who sees all may, without an account


def test_a_fact_is_taken_back_by_who_may_and_was_known_then():
    done = insured.record_fact(SYSTEM, "insured_limits", LIMIT)
    number = insured.facts_of(SYSTEM, "insured_limits")["fact_id"].item()
    one = Actor.of("one", ["insurance_manager"], frozenset({"E1"}))
    other = Actor.of("other", ["insurance_manager"], frozenset({"E2"}))
    assert insured.facts_of(one, "insured_limits").height == 1
    with pytest.raises(NotPermitted):
        insured.take_back(one, "insured_limits", number, reason="mistake")
    with pytest.raises(NotFound):
        insured.take_back(other, "insured_limits", number, reason="mistake")
    with pytest.raises(InputError):
        insured.take_back(SYSTEM, "insured_limits", number, reason=" ")
    assert insured.take_back(SYSTEM, "insured_limits", number, reason="mistake").batch_no
    assert limits().is_empty()
    assert snapshots.open_insured(SYSTEM, known=done.batch_no).limits.height == 1
    with pytest.raises(NotFound):
        insured.take_back(SYSTEM, "insured_limits", number, reason="again")
    assert insured.record_fact(SYSTEM, "insured_limits", LIMIT).batch_no


def test_evidence_is_kept_with_the_customer_by_its_hash_and_named_in_the_event():
    content = b"%PDF a report"
    insured.record_fact(SYSTEM, "insurance_events", EVENT | {"detail": "rated B"}, evidence=("report\n.pdf", content))
    sha256 = hashlib.sha256(content).hexdigest()
    (event,) = snapshots.open_insured(SYSTEM).events.to_dicts()
    assert event["detail"] == f"rated B (report .pdf, sha256 {sha256})"
    (document,) = remarks.Document.objects.every_entity()
    assert (document.sha256, document.name) == (sha256, "report .pdf")
    assert remarks.document(SYSTEM, document.pk) == ("report .pdf", content)


def test_evidence_is_refused_where_the_event_is_and_then_kept_nowhere():
    with pytest.raises(InputError):
        insured.record_fact(SYSTEM, "insurance_events", EVENT | {"event": "rumour"}, evidence=("a.pdf", b"x"))
    with pytest.raises(InputError, match="between 1 byte"):
        insured.record_fact(SYSTEM, "insurance_events", EVENT, evidence=("a.pdf", b""))
    assert not remarks.Document.objects.every_entity().exists()


def test_there_are_four_tables_and_no_other():
    with pytest.raises(UnknownCode):
        insured.record_fact(SYSTEM, "items", LIMIT)
    assert isinstance(insured.facts_of(SYSTEM, "claims"), pl.DataFrame)
