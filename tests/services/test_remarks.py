"""Notes, tasks, documents and pauses beside the ledger, whose they are, and the timeline that gathers everything."""

import datetime as dt

import pytest
from services.test_by_hand import DAY, LEDGER, SYSTEM, item, open_reading

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, StaleVersion, UnknownCode, UsageError
from seawall.services import allocating, customers, disputes, insured, merging, remarks, subjects, timeline, write_offs
from seawall.services.access import Actor
from seawall.services.customer_files import customer_file
from seawall.services.intake import commit_import
from seawall.store.models import Document, Note, User

pytestmark = pytest.mark.django_db(transaction=True)

E1, E2 = (Actor.of(name, ["finance"], frozenset({name})) for name in ("E1", "E2"))


@pytest.fixture(autouse=True)
def book(tmp_path):
    for name, text in LEDGER.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    commit_import(SYSTEM, [tmp_path])
    User.objects.create(username="ann")


def customer(code="C1"):
    return subjects.customer_of(SYSTEM, code)


def told(kind="", code="C1"):
    file = customer_file(open_reading(), code=code)
    return [(event.kind, event.act) for event in timeline.of_customer(SYSTEM, customer(code), file, kind=kind)]


def test_a_remark_is_seen_where_its_author_works():
    shared = subjects.customer_of(E1, "C2")
    remarks.add_note(E1, shared, text="pays on Fridays")
    remarks.add_note(SYSTEM, shared, text="for everybody")
    remarks.add_note(E2, item("E2/debit/J-1"), text="of J-1")
    seen = {who.name: set(Note.objects.scoped(who).values_list("text", flat=True)) for who in (E1, E2, SYSTEM)}
    assert seen["E1"] == {"pays on Fridays", "for everybody"}
    assert seen["E2"] == {"of J-1", "for everybody"}
    assert seen["system"] == seen["E1"] | seen["E2"]
    with pytest.raises(NotFound):
        subjects.customer_of(E2, "C1")
    with pytest.raises(NotFound):
        remarks.add_note(E2, item("E1/debit/I-1"), text="not mine")


def test_a_note_says_something():
    for text in ("", "   ", "x" * 4001):
        with pytest.raises(InputError):
            remarks.add_note(SYSTEM, customer(), text=text)
    with pytest.raises(NotPermitted):
        remarks.add_note(Actor.of("rae", ["viewer"]), customer(), text="a word")


def test_a_task_is_given_changed_and_done():
    number = remarks.add_task(SYSTEM, customer(), title="Send the contract", due_on=DAY, assignee="Ann")
    assert remarks.tasks(SYSTEM, customers=[customer().pk])[0].assignee == "ann"
    remarks.change_task(SYSTEM, number, version=1, due_on=dt.date(2026, 4, 7))
    remarks.change_task(SYSTEM, number, version=2, is_done=True)
    with pytest.raises(StaleVersion):
        remarks.change_task(SYSTEM, number, version=2, is_done=False)
    (task,) = remarks.tasks(SYSTEM)
    assert (task.is_done, task.due_on, task.version) == (True, dt.date(2026, 4, 7), 3)
    assert remarks.tasks(SYSTEM, open_only=True) == []
    assert told("task") == [("task", "done"), ("task", "changed"), ("task", "given")]
    with pytest.raises(UnknownCode):
        remarks.add_task(SYSTEM, customer(), title="x", due_on=DAY, assignee="nobody")
    with pytest.raises(NotFound):
        remarks.change_task(SYSTEM, 999_999, version=1)


def test_a_document_is_kept_by_the_hash_of_its_bytes():
    invoice = item("E1/debit/I-1")
    number = remarks.add_document(E1, invoice, name="..\\..\\evil\x00/contract.pdf", content=b"%PDF")
    assert remarks.document(SYSTEM, number) == ("contract.pdf", b"%PDF")
    assert Document.objects.every_entity().get().about == "item"
    with pytest.raises(NotFound):
        remarks.document(E2, number)
    for content in (b"", b"x" * (remarks.DOCUMENT_BYTES + 1)):
        with pytest.raises(InputError):
            remarks.add_document(E1, invoice, name="a", content=content)
    with pytest.raises(InputError):
        remarks.add_document(E1, invoice, name="a", content=b"x", about="mood")


def test_chasing_rests_until_a_day():
    remarks.pause(SYSTEM, customer(), until_on=dt.date(2026, 4, 15), reason="talks", today=DAY)
    assert remarks.paused(SYSTEM, customer(), on=DAY).reason == "talks"
    assert remarks.paused(SYSTEM, customer(), on=dt.date(2026, 4, 15)) is None
    remarks.pause(SYSTEM, customer(), until_on=None, reason="talks failed", today=DAY)
    assert remarks.paused(SYSTEM, customer(), on=DAY) is None
    with pytest.raises(InputError):
        remarks.pause(SYSTEM, customer(), until_on=DAY, reason="talks", today=DAY)
    assert told("pause") == [("pause", "resumed"), ("pause", "paused")]


def test_the_timeline_gathers_everything():
    remarks.add_note(SYSTEM, customer(), text="pays on Fridays")
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-1": "10"}, on=DAY)
    (row,) = allocating.allocations_of(SYSTEM, item("E1/credit/R-1"))
    allocating.withdraw(SYSTEM, item("E1/debit/I-1"), row.allocation_no, reason="other invoice")
    disputes.open_dispute(SYSTEM, item("E1/debit/I-1"), on=DAY, amount="5", reason="price")
    write_offs.propose(SYSTEM, item("E1/debit/I-1"), amount="5", on=DAY, reason="bankrupt")
    customers.change(SYSTEM, customer(), {"name": "Onesime"}, version=1)
    merging.merge(SYSTEM, "C2", "C1", on=DAY, reason="one")
    found = set(told())
    assert found >= {
        ("note", "written"), ("ledger", "issued"), ("dispute", "dispute_opened"), ("proposal", "proposed"),
        ("change", "customer_changed"), ("change", "merged"),
    }  # fmt: skip
    file = customer_file(open_reading(), code="C1")
    of_item = {(one.kind, one.act) for one in timeline.of_item(SYSTEM, item("E1/debit/I-1"), file)}
    assert of_item >= {
        ("change", "entered"),
        ("change", "withdrawn"),
        ("dispute", "dispute_opened"),
        ("ledger", "issued"),
    }
    assert ("note", "written") not in of_item
    merging.split(SYSTEM, "C2", reason="two")
    assert ("change", "split") in set(told("change"))
    with pytest.raises(UsageError):
        told("mood")


def test_a_receipt_of_another_entity_under_the_same_number_is_another_receipt(tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    (more / "items.csv").write_text(
        "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
        "E2,C1,invoice,J-9,2026-01-25,2026-02-24,CNY,70.00\nE2,C1,receipt,R-1,2026-02-25,,CNY,70.00\n",
        encoding="utf-8",
    )
    commit_import(SYSTEM, [more])
    allocating.allocate(SYSTEM, item("E2/credit/R-1"), {"J-9": "70"}, on=DAY)
    allocating.allocate(SYSTEM, item("E1/credit/R-1"), {"I-1": "10"}, on=DAY)
    file = customer_file(open_reading(), code="C1")
    used = [
        [one.item for one in timeline.of_item(SYSTEM, item(f"{entity}/credit/R-1"), file) if one.act == "allocated"]
        for entity in ("E1", "E2")
    ]
    assert used == [[("E1", "debit", "I-1")], [("E2", "debit", "J-9")]]


def test_what_insurers_decided_and_paid_stands_in_the_timeline_on_its_own_day():
    of = {"customer_code": "C1", "policy": "P-1"}
    limit = of | {"kind": "approved", "amount": "900", "currency": "CNY", "decided_on": "2026-01-05"}
    notice = of | {"event": "overdue_notified", "on": "2026-03-02", "item_number": "I-1", "entity": "E1"}
    loss = of | {"date_of_loss": "2026-03-09", "cause": "insolvency", "indemnity": "500", "paid_on": "2026-03-20"}
    insured.record_fact(SYSTEM, "insured_limits", limit | {"conditions": "no retention"})
    insured.record_fact(SYSTEM, "insurance_events", notice)
    insured.record_fact(SYSTEM, "claims", loss)
    back = {
        "date_of_loss": "2026-03-09",
        "cause": "insolvency",
        "received_on": "2026-03-25",
        "amount": "20",
        "received_by": "us",
    }
    insured.record_fact(SYSTEM, "claim_recoveries", of | back)
    file = customer_file(open_reading(), code="C1")
    events = timeline.of_customer(SYSTEM, customer(), file, kind="insurance")
    assert [(event.on.isoformat(), event.act, event.amount_minor, event.who) for event in events] == [
        ("2026-03-25", "recovery", 2000, "system"), ("2026-03-09", "claim", 50000, "system"),
        ("2026-03-02", "overdue_notified", None, "system"), ("2026-01-05", "approved", 90000, "system"),
    ]  # fmt: skip
    assert events[-1].said == {"policy": "P-1", "text": "no retention", "layer": "1"}
    assert events[2].item == ("E1", "debit", "I-1")
    of_item = timeline.of_item(SYSTEM, item("E1/debit/I-1"), file, kind="insurance")
    assert [event.act for event in of_item] == ["overdue_notified"]
    assert "insurance" not in {event.kind for event in timeline.of_item(SYSTEM, item("E1/credit/R-1"), file)}
    number = insured.facts_of(SYSTEM, "insurance_events", customers=["C1"])["fact_id"].item()
    insured.take_back(SYSTEM, "insurance_events", number, reason="not sent")
    assert ("insurance", "overdue_notified") not in told("insurance")
    theirs = customer_file(open_reading(), code="C2")
    assert timeline.of_customer(E2, customer("C2"), theirs, kind="insurance") == []
