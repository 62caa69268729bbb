"""A claim from the notice to subrogation out of the store: each move in its order, once, by whom, and taken back."""

import datetime as dt
from pathlib import Path

import pytest
from services.test_protection import approve
from stocked import person

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, UnknownCode
from seawall.engine.kernel.money import amount_text
from seawall.engine.protection.claim_facts import Key
from seawall.engine.protection.claim_order import OutOfOrder
from seawall.services import claim_cases, claim_documents, claim_files, claim_moves, insured, merging, reading
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.checks import check
from seawall.services.intake import commit_import, commit_rows
from seawall.services.organisation import about

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
EXAMPLE = Path(__file__).resolve().parents[2] / "docs/reference/example-insured"
KEY = Key("C1", "P-2025", dt.date(2025, 9, 15), "insolvency")
TODAY = dt.date(2026, 4, 30)
WAY = [
    ("hand_over", "2025-09-17", {}),
    ("gathered", "2025-09-20", {"document": "delivery_proof"}),
    ("filed", "2025-10-25", {"reference": "CL-77"}),
    ("file_complete", "2025-10-26", {}),
    ("decided", "2025-12-01", {"decision": "partly", "amount": "200000", "aggregate_first_loss_used": "8000"}),
    ("paid", "2025-12-10", {"amount": "200000"}),
    ("subrogated", "2025-12-15", {"amount": "200000"}),
    ("recovered", "2026-03-01", {"received_by": "us", "amount": "46000", "costs": "4000"}),
]  # fmt: skip


@pytest.fixture(autouse=True)
def stocked():
    commit_import(SYSTEM, [EXAMPLE])
    approve()


def make(move, on, said, actor=SYSTEM, key=KEY, **more):
    return claim_moves.make(actor, key, move, said, on=dt.date.fromisoformat(on), today=TODAY, **more)


def gone(until=None):
    for move, on, said in WAY[:until]:
        assert make(move, on, said).batch_no is not None, move


def opened(on=TODAY, actor=SYSTEM, **more):
    return reading.open_reading(actor, on=on, currency="USD", details=True, **more)


def test_the_whole_way_and_the_claim_on_every_day_of_it():
    gone()
    said = claim_cases.shown(opened(), KEY)
    assert (said["state"], said["next_step"]) == ("subrogated", None)
    steps = {step["name"]: step["on"] for step in said["steps"]}
    assert steps["filed"] == "2025-10-25"
    assert steps["subrogated"] == "2025-12-15"
    assert said["money"]["paid"] == "200000.00"
    assert said["payments"] == [
        {"paid_on": "2025-12-10", "amount": "200000.00", "aggregate_first_loss_used": "8000.00"}
    ]
    (recovery,) = said["recoveries"]
    assert (recovery["insurer"], recovery["insured"]) == ("27540.00", "14460.00")
    assert said["subrogation"] == {"assigned": "200000.00", "left": "172460.00"}
    before = claim_cases.shown(opened(on=dt.date(2025, 11, 1)), KEY)
    assert (before["state"], before["next_step"]) == ("filed", "decided")
    assert check(SYSTEM, on=TODAY).holds


def test_a_repeat_is_no_second_effect_and_another_day_is_refused():
    gone(3)
    for move, on, said in WAY[:3]:
        assert make(move, on, said).batch_no is None
    with pytest.raises(OutOfOrder, match="2025-10-25"):
        make("filed", "2025-10-27", {"reference": "CL-78"})
    with pytest.raises(OutOfOrder, match="2025-09-16"):
        make("opened", "2025-09-18", {})
    first = make("file_complete", "2025-10-26", {}, idempotency_key="k")
    assert make("file_complete", "2025-10-26", {}, idempotency_key="k").batch_no == first.batch_no


def test_a_decision_of_the_same_day_is_corrected_only_where_that_is_asked_for():
    gone(5)
    other = {"decision": "accepted", "amount": "216500"}
    with pytest.raises(InputError) as told:
        make("decided", "2025-12-01", other)
    assert told.value.code == "changed"
    make("decided", "2025-12-01", other, correct=True)
    assert claim_cases.shown(opened(), KEY)["money"]["decided"] == "216500.00"


def test_the_claim_goes_back_by_taking_a_step_back_and_what_was_known_then_stays():
    gone(5)
    known = opened().as_of.known
    (row,) = [each for each in claim_cases.records(SYSTEM, KEY) if each["move"] == "decided"]
    assert row["by"] == "system"
    assert row["amount"] == "200000.00"
    insured.take_back(SYSTEM, row["table"], row["number"], reason="of another claim")
    assert claim_cases.shown(opened(), KEY)["state"] == "filed"
    assert claim_cases.shown(opened(known=known), KEY)["state"] == "decided"
    make("decided", "2025-12-02", {"decision": "refused"})
    assert claim_cases.shown(opened(), KEY)["state"] == "refused"


def test_more_than_was_decided_is_taken_and_flagged():
    gone(5)
    make("paid", "2025-12-10", {"amount": "200000.01"})
    assert claim_cases.shown(opened(), KEY)["differences"] == [
        {"kind": "decided_below", "amount": "-16500.00"}, {"kind": "paid_above", "amount": "0.01"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("move", "said", "error", "column"),
    [
        ("decided", {"decision": "perhaps"}, InputError, "decision"),
        ("decided", {"decision": "accepted"}, InputError, "amount"),
        ("decided", {"decision": "accepted", "amount": "-5"}, InputError, "amount"),
        ("decided", {"decision": "accepted", "amount": "5", "currency": "EUR"}, InputError, "currency"),
        ("decided", {"decision": "refused", "amount": "5"}, InputError, "amount"),
        ("decided", {}, InputError, "decision"),
        ("gathered", {"document": "photo"}, InputError, "document"),
        ("overdue_report", {"kind": "XYZ"}, InputError, "kind"),
        ("overdue_report", {"kind": "EXP"}, InputError, "until_on"),
        ("overdue_report", {"kind": "OVD", "until_on": "2025-10-01"}, InputError, "until_on"),
        ("hand_over", {"amount": "5"}, InputError, "amount"),
        ("hand_over", {"item_number": "nobody's"}, InputError, "item_number"),
        ("declared", {}, UnknownCode, ""),
    ],
)
def test_what_a_step_cannot_say_is_refused_with_its_place(move, said, error, column):
    gone(3)
    with pytest.raises(error) as told:
        make(move, "2025-11-01", said)
    assert told.value.where.column == column


def test_reports_of_each_kind_stand_with_the_step():
    make("overdue_report", "2025-09-20", {"kind": "EXP", "until_on": "2025-10-30", "item_number": "I1"})
    make("overdue_report", "2025-09-21", {"kind": "res", "until_on": "2025-11-30", "detail": "in three parts"})
    (step,) = [each for each in claim_cases.shown(opened(), KEY)["steps"] if each["name"] == "overdue_report"]
    assert step["reports"] == ["OVD", "EXP", "RES"]


def test_a_document_is_kept_with_the_step_that_says_it_was_gathered():
    make("gathered", "2025-09-20", {"document": "securities"}, evidence=("pledge.pdf", b"%PDF-1.4"))
    listed = {each["document"]: each for each in claim_cases.shown(opened(), KEY)["checklist"]}
    assert listed["securities"]["detail"].startswith("(pledge.pdf, sha256 ")
    assert not listed["securities"]["is_asked"]


def test_a_dry_run_writes_nothing():
    assert make("hand_over", "2025-09-17", {}, dry_run=True).counts["insurance_events"]["new"] == 1
    assert [each["move"] for each in claim_cases.records(SYSTEM, KEY) if each["move"] == "hand_over"] == []


def test_the_same_loss_is_claimed_once_whatever_its_cause():
    with pytest.raises(InputError, match="another cause: insolvency"):
        make("opened", "2025-09-16", {}, key=Key("C1", "P-2025", KEY.date_of_loss, "protracted_default"))


def test_the_same_loss_of_a_merged_customer_is_claimed_once():
    item = {"customer_code": "C9", "kind": "invoice", "number": "N9", "issued_on": "2025-03-01", "currency": "USD"}
    commit_rows(SYSTEM, {"items": [item | {"amount": "500"}]}, verb="ledger.import", origin="x")
    merging.merge(SYSTEM, "C1", "C9", on=TODAY, reason="one company")
    with pytest.raises(InputError, match="another cause: insolvency"):
        make("opened", "2025-09-16", {}, key=Key("C9", "P-2025", KEY.date_of_loss, "protracted_default"))


def test_a_claim_without_policy_customer_or_cause_is_not_opened():
    for key, error in (
        (Key("C1", "NONE", KEY.date_of_loss, "insolvency"), NotFound),
        (Key("NOBODY", "P-2025", KEY.date_of_loss, "insolvency"), NotFound),
        (Key("C1", "P-2025", KEY.date_of_loss, "weather"), UnknownCode),
    ):
        with pytest.raises(error):
            make("opened", "2025-09-16", {}, key=key)
    with pytest.raises(NotFound):
        claim_cases.shown(opened(), Key("C1", "P-2025", dt.date(2025, 1, 1), "insolvency"))


def test_who_may_not_record_claims_may_read_them():
    clerk = actor_of(person("claims-clerk", Grant("viewer")))
    with pytest.raises(NotPermitted):
        make("hand_over", "2025-09-17", {}, actor=clerk)
    with pytest.raises(NotPermitted):
        make(
            "decided", "2025-12-01", {"decision": "refused"}, actor=actor_of(person("analyst", Grant("credit_analyst")))
        )
    assert claim_cases.listed(opened(actor=clerk))["cases"][0]["state"] == "opened"


def test_an_entity_that_is_asked_for_narrows_the_list_and_no_claim():
    gone(6)
    rows = [
        {"entity": "OTHER", "customer_code": code, "kind": "invoice", "number": f"Q-{code}", "issued_on": "2025-05-01",
         "due_on": "2025-06-30", "currency": "USD", "amount": "5000"}
        for code in ("C1", "C2")
    ]  # fmt: skip
    commit_rows(
        SYSTEM, {"items": [*rows, rows[1] | {"entity": "THIRD", "number": "T"}]}, verb="ledger.import", origin="x"
    )
    whole = claim_cases.shown(opened(), KEY)
    assert whole["money"]["gross"] == "355000.00"
    assert claim_cases.shown(opened(entity="OTHER"), KEY) == whole
    why = claim_cases.explained(opened(entity="OTHER"), KEY)
    assert amount_text(why.value, why.currency) == whole["money"]["expected"]
    assert why == claim_cases.explained(opened(), KEY)
    for entity, listed in (("main", 1), ("OTHER", 1), ("THIRD", 0)):
        assert claim_cases.listed(opened(entity=entity))["cases"] == claim_cases.listed(opened())["cases"][:listed]
    asked = {"about": about(SYSTEM)}
    files = [claim_files.of_reading(opened(**more), KEY, **asked) for more in ({}, {"entity": "OTHER"})]
    assert files[0] == files[1]
    assert files[0]["claims"][0]["gross"] == "355000.00"
    narrow = Actor.of("narrow", ["insurance_manager"], frozenset({"main"}))
    assert claim_cases.shown(opened(actor=narrow), KEY)["money"]["gross"] == "350000.00"


def test_what_the_store_says_the_files_say():
    from services.test_protection import from_files

    assert claim_cases.listed(opened()) == claim_documents.cases_document(from_files(), on=TODAY)
