"""The vault of evidence for self-set limits: kept once by its hash, kept anew where facts say otherwise, never half."""

import datetime as dt
import hashlib

import pytest
from evidence_book import ON, POLICY, approved, bring
from insured import founded
from stocked import person

from seawall.engine.kernel.errors import NotFound, NotPermitted, UnknownCode
from seawall.exchange.language import Language
from seawall.exchange.report import rendered
from seawall.exchange.report_evidence import vault as layout
from seawall.services import insured, jobs, limit_evidence, remarks
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.audit import verify
from seawall.services.intake import commit_rows
from seawall.services.reading import open_reading
from seawall.store.models import AuditEntry, Document, InsuranceEvent, LimitEvidence

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM, ENGLISH = Actor.system(), Language("en")


@pytest.fixture
def place(db, tmp_path):
    founded()
    bring(tmp_path)


def reading(on=ON, actor=SYSTEM):
    return open_reading(actor, on=on, currency="USD", details=True)


def event(name, on, customer="C1", **more):
    row = {"customer_code": customer, "policy": "P-25", "event": name, "on": on, **more}
    return insured.record_fact(SYSTEM, "insurance_events", row)


def keep(on=ON, **more):
    return limit_evidence.keep(SYSTEM, on=on, language=ENGLISH, **more)


def limits(on=ON, **more):
    return {one["customer_code"]: one for one in limit_evidence.vault(reading(on), **more)["limits"]}


def test_a_limit_is_shown_with_what_justifies_it_and_what_nobody_set_is_none(place):
    found = limits()
    assert set(found) == {"C1"}, "nothing justifies the others, and nobody set one"
    one = found["C1"]
    assert (one["state"], one["basis"], one["until_on"], one["limit"]) == (
        "justified",
        "payments",
        "2026-02-20",
        "5000.00",
    )
    assert (one["deliveries"], one["justified"], one["kept"], one["to_keep"]) == (4, 2, 0, 2)
    days = {day["delivered_on"]: day for day in limits(customer="C1")["C1"]["days"]}
    assert [each["number"] for each in days["2025-06-02"]["items"]] == ["N1", "N2"]
    assert [(each["number"], each["paid_on"], each["amount"]) for each in days["2025-06-02"]["payments"]] == [
        ("A", "2025-02-20", "200.00"), ("B", "2025-03-20", "300.00"),
    ]  # fmt: skip
    assert days["2025-01-02"]["basis"] == "none"


def test_each_day_is_kept_once_in_a_document_by_its_hash(place):
    done = keep()
    assert (done.limits, done.days, len(done.documents)) == (1, 2, 1)
    assert keep().as_json() == {"limits": 0, "days": 0, "documents": []}
    name, content = remarks.document(SYSTEM, done.documents[0])
    assert content.startswith(b"%PDF")
    row = Document.objects.scoped(SYSTEM).get(pk=done.documents[0])
    assert hashlib.sha256(content).hexdigest() == row.sha256
    assert (row.customer.code, name) == ("C1", "limit-evidence-C1-P-25-2025-06-02-2025-09-02.pdf")
    one = limits(customer="C1")["C1"]
    assert (one["kept"], one["to_keep"], one["document"]["number"]) == (2, 0, done.documents[0])
    assert [day["document"] is not None for day in one["days"]] == [False, False, True, True]
    assert verify(SYSTEM).holds
    assert row.sha256 in str(AuditEntry.objects.order_by("-pk").values()[0])


def test_a_later_delivery_is_kept_by_itself_and_a_rate_that_moves_keeps_nothing_anew(place):
    assert keep(dt.date(2025, 7, 1)).days == 1
    later = keep(ON)
    assert (later.days, LimitEvidence.objects.every_entity().count()) == (1, 2)
    assert keep(dt.date(2025, 12, 1)).days == 0


def test_what_is_learnt_later_is_kept_anew_and_the_earlier_document_stays(place):
    first = keep()
    event("adverse_information", "2025-08-15", detail="sued")
    one = limits(customer="C1")["C1"]
    assert (one["state"], one["lost"], one["lost_on"], one["limit"]) == (
        "lost",
        "adverse_information",
        "2025-08-15",
        "0.00",
    )
    assert one["to_keep"] == 1, "what was delivered before stays as it is"
    again = keep()
    assert again.days == 1
    rows = LimitEvidence.objects.every_entity().filter(delivered_on="2025-09-02").order_by("id")
    assert [(row.basis, row.lost) for row in rows] == [("payments", ""), ("payments", "adverse_information")]
    assert remarks.document(SYSTEM, first.documents[0])[1], "the first is there as it was"


def test_a_report_that_comes_makes_a_limit_of_ours_and_states_follow_the_facts(place):
    event("credit_report", "2025-05-30", "C2")
    found = limits()
    assert (found["C2"]["state"], found["C2"]["basis"]) == ("justified", "report")
    assert limits(dt.date(2025, 12, 1))["C2"]["state"] == "not_justified", "six months are over"
    decided = {"customer_code": "C1", "policy": "P-25", "kind": "approved", "amount": "10", "currency": "USD",
               "decided_on": "2025-09-10"}  # fmt: skip
    insured.record_fact(SYSTEM, "insured_limits", decided)
    assert limits()["C1"]["state"] == "decided"
    insured.record_fact(SYSTEM, "insured_limits", decided | {
        "customer_code": "C3", "kind": "discretionary", "amount": "70"})  # fmt: skip
    assert (limits()["C3"]["state"], limits()["C3"]["set"]) == ("not_justified", "70.00")


def test_it_is_kept_every_night_in_the_language_of_the_house(place):
    kind = jobs.kind_of(limit_evidence.KIND)
    assert kind.daily == dt.time(3, 0)
    said = []

    class Working:
        def progress(self, _done, _total):
            return None

        def say(self, template, **params):
            said.append(template.format(**params))

    assert kind.work(SYSTEM, {"on": ON.isoformat()}, Working())["days"] == 2
    assert said == ["Evidence kept: 2 delivery days of 1 self-set limits."]
    assert kind.work(SYSTEM, {"on": ON.isoformat()}, Working())["days"] == 0


def test_two_at_once_and_the_same_key_keep_it_once(place):
    held = reading()
    first = limit_evidence.keep(SYSTEM, on=ON, language=ENGLISH, key="k")
    rows = LimitEvidence.objects.every_entity().count()
    waits = limit_evidence._limits(held)
    assert limit_evidence._keep(SYSTEM, waits[0], waits[0]["days"][2:], ENGLISH, "", key="") is None, (
        "another was faster"
    )
    assert (LimitEvidence.objects.every_entity().count(), len(first.documents)) == (rows, 1)


def test_what_is_so_again_after_it_was_otherwise_is_kept_again(place):
    first = keep()
    event("adverse_information", "2025-08-15", detail="sued")
    keep()
    mistaken = InsuranceEvent.objects.every_entity().get().pk
    insured.take_back(SYSTEM, "insurance_events", mistaken, reason="another company of the name")
    assert limits()["C1"]["to_keep"] == 1
    again = keep()
    assert (again.days, keep().days) == (1, 0)
    digests = LimitEvidence.objects.every_entity().filter(delivered_on="2025-09-02").order_by("id")
    assert [row.kept_as_id for row in digests if row.digest == digests[0].digest] == [
        *first.documents, *again.documents,
    ]  # fmt: skip


def test_a_request_taken_up_again_keeps_what_came_since(place):
    assert keep(key="k").days == 2
    event("adverse_information", "2025-08-15", detail="sued")
    assert (keep(key="k").days, keep(key="k").days) == (1, 0)


def test_a_run_that_was_stopped_goes_on_under_its_key(place, monkeypatch):
    event("credit_report", "2025-05-30", "C2")
    keep_one, told = limit_evidence._keep, []

    def stopped(*args, **more):
        if told:
            raise RuntimeError
        told.append(1)
        return keep_one(*args, **more)

    monkeypatch.setattr(limit_evidence, "_keep", stopped)
    with pytest.raises(RuntimeError):
        keep(key="k")
    monkeypatch.undo()
    assert (keep(key="k").limits, keep(key="k").limits) == (1, 0)
    assert {row.customer.code for row in LimitEvidence.objects.every_entity()} == {"C1", "C2"}


@pytest.mark.parametrize("code", ["C\x001", "\ud800", "C9"])
def test_a_text_that_is_no_code_is_not_found_and_not_looked_up(place, code):
    for ask in (lambda: keep(customer=code), lambda: limit_evidence.vault(reading(), customer=code)):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(UnknownCode):
        limit_evidence.vault(reading(), policy=code)


def test_an_entity_sees_its_days_as_they_are_kept_of_all_and_no_document_that_names_others(place):
    approved({name: value for name, value in POLICY.items() if name != "entities"} | {"policy": "P-ALL"})
    sold = {"entity": "E2", "customer_code": "C1", "kind": "invoice", "number": "N9", "issued_on": "2025-06-02",
            "due_on": "2025-08-20", "currency": "USD", "amount": "50"}  # fmt: skip
    commit_rows(SYSTEM, {"items": [sold]}, verb="ledger.import", origin="x")
    keep()
    part = open_reading(SYSTEM, on=ON, currency="USD", entity="E2", details=True)
    (one,) = limit_evidence.vault(part, customer="C1", policy="P-ALL")["limits"]
    (day,) = one["days"]
    assert [each["number"] for each in day["items"]] == ["N1", "N2", "N9"]
    assert (one["deliveries"], one["kept"], one["to_keep"], day["to_keep"]) == (1, 1, 0, False)
    narrow = actor_of(person("narrow", Grant("insurance_manager", "E1")))
    (mine,) = limit_evidence.vault(reading(actor=narrow), policy="P-ALL")["limits"]
    assert (mine["kept"], mine["document"], mine["to_keep"]) == (0, None, 0)
    with pytest.raises(NotFound):
        remarks.document(narrow, one["document"]["number"])
    assert remarks.document(SYSTEM, one["document"]["number"])


def test_who_sees_part_of_the_ledger_keeps_no_half_proof_and_strangers_are_not_found(place):
    narrow = actor_of(person("narrow", Grant("insurance_manager", "E1")))
    with pytest.raises(NotPermitted):
        limit_evidence.keep(narrow, on=ON, language=ENGLISH)
    with pytest.raises(NotPermitted):
        limit_evidence.keep(actor_of(person("reader", Grant("viewer"))), on=ON, language=ENGLISH)
    with pytest.raises(NotFound):
        limit_evidence.vault(reading(), customer="C9")
    with pytest.raises(UnknownCode):
        limit_evidence.vault(reading(), policy="P-9")
    assert LimitEvidence.objects.every_entity().count() == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_can_be_read_in_every_form(place, lang):
    keep()
    made = limit_evidence.vault(reading(), customer="C1")
    for form in ("json", "csv", "xlsx", "html", "pdf"):
        assert rendered(made, layout, form, Language(lang)), form
