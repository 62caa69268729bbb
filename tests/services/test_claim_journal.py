"""The journal of claims out of the store: what facts book, what is taken back or corrected mirrors, who sees what."""

import datetime as dt

import pytest
from services.test_protection import EXAMPLE, SYSTEM, approve, opened, stocked  # noqa: F401 - a fixture
from stocked import person

from seawall.engine.kernel.errors import InputError
from seawall.engine.protection.claim_facts import Key
from seawall.policies.insurance import load_wordings
from seawall.policies.load import shipped
from seawall.services import approvals, claim_books, claim_cases, claim_journal, insurance, insured, merging, wordings
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.files import load
from seawall.services.intake import commit_rows
from seawall.services.organisation import day_of
from seawall.store.models import AuditEntry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stocked")]
ON = dt.date(2026, 4, 30)
YEAR = {"since": dt.date(2025, 12, 1), "until": dt.date(2026, 4, 30)}
CLAIM = {"customer_code": "C1", "policy": "P-2025", "date_of_loss": "2025-09-15", "cause": "insolvency"}
DECIDED = {"step": "decided", "on": "2025-12-01", "decision": "partly", "amount": "200000", "currency": "USD"}
WAITED = {"indemnity": "200000", "currency": "USD"}
PAID = {"paid_on": "2025-12-10", "indemnity": "200000", "currency": "USD"}
CAME_IN = {"received_on": "2026-03-01", "received_by": "us", "amount": "46000", "costs": "4000", "currency": "USD"}
ITEM_OF_C9 = {"customer_code": "C9", "kind": "invoice", "number": "N9", "issued_on": "2025-03-01", "due_on": "2025-04-30",
              "currency": "USD", "amount": "500"}  # fmt: skip
NAMES = ("on", "event", "account", "debit", "credit")


def record(table, said, **more):
    return insured.record_fact(SYSTEM, table, CLAIM | said, **more)


def number_of(table):
    """The newest fact of the customer."""
    return insured.facts_of(SYSTEM, table, customers=["C1"])["fact_id"].max()


def journal(actor=SYSTEM, on=ON, known=None, **period):
    return claim_journal.journal(opened(on, actor, known=known), **(YEAR | period))


def told(found, *names):
    return [tuple(line[name] for name in names or NAMES) for line in found["lines"]]


def today():
    return day_of(AuditEntry.objects.order_by("-batch_no").first().recorded_at)


def around_today():
    return {"since": today() - dt.timedelta(days=1), "until": today() + dt.timedelta(days=1)}


def test_payments_and_recoveries_are_booked_and_shared():
    record("claims", PAID)
    record("claim_recoveries", CAME_IN)
    found = journal()
    assert told(found) == [
        ("2025-12-10", "payment", "bank", "200000.00", "0.00"),
        ("2025-12-10", "payment", "indemnity_income", "0.00", "200000.00"),
        ("2026-03-01", "recovery", "bank", "46000.00", "0.00"),
        ("2026-03-01", "recovery", "due_to_insurer", "0.00", "27540.00"),
        ("2026-03-01", "recovery", "recovery_income", "0.00", "18460.00"),
        ("2026-03-01", "recovery_costs", "collection_costs", "4000.00", "0.00"),
        ("2026-03-01", "recovery_costs", "bank", "0.00", "4000.00"),
    ]
    assert found["totals"] == [{"currency": "USD", "debit": "250000.00", "credit": "250000.00"}]
    assert (found["postings"], found["next"], found["gaps"]) == (3, None, [])
    piece = journal(after=1, limit=1)
    assert (told(piece, "event"), piece["next"], piece["totals"]) == ([("recovery",)] * 3, 2, found["totals"])
    assert len({line["posting"] for line in found["lines"]}) == 3


def test_two_recoveries_are_shared_to_the_cent_of_their_sum():
    record("claims", PAID)
    for day, amount in (("2026-03-01", "33333.33"), ("2026-03-02", "12666.67")):
        record("claim_recoveries", CAME_IN | {"received_on": day, "amount": amount, "costs": "2000"})
    due = [line["credit"] for line in journal()["lines"] if line["account"] == "due_to_insurer"]
    assert round(sum(float(each) for each in due), 2) == 27540.00


@pytest.mark.parametrize("again", ["taken back first", "brought again with its day"])
def test_what_is_decided_is_a_receivable_once_it_is_written_down(again):
    record("claims", WAITED)
    found = journal(**around_today())
    assert told(found, "event", "account", "debit", "credit") == [
        ("decision", "indemnity_receivable", "200000.00", "0.00"),
        ("decision", "indemnity_income", "0.00", "200000.00"),
    ]
    if again == "taken back first":
        insured.take_back(SYSTEM, "claims", number_of("claims"), reason="it was paid")
    record("claims", PAID)
    sums = {}
    for line in journal(since=dt.date(2025, 12, 1), until=around_today()["until"])["lines"]:
        minor = round(100 * (float(line["debit"]) - float(line["credit"])))
        sums[line["account"]] = sums.get(line["account"], 0) + minor
    assert sums == {"bank": 20_000_000, "indemnity_receivable": 0, "indemnity_income": -20_000_000}


def test_a_decision_is_booked_on_its_day_and_another_or_a_refusal_lowers_it():
    record("claim_steps", DECIDED)
    record("claims", PAID | {"indemnity": "150000"})
    assert told(journal()) == [
        ("2025-12-01", "decision", "indemnity_receivable", "200000.00", "0.00"),
        ("2025-12-01", "decision", "indemnity_income", "0.00", "200000.00"),
        ("2025-12-10", "payment", "bank", "150000.00", "0.00"),
        ("2025-12-10", "payment", "indemnity_receivable", "0.00", "150000.00"),
    ]
    record("claim_steps", {"step": "decided", "on": "2025-12-20", "decision": "refused"})
    assert told(journal())[4:] == [
        ("2025-12-20", "refusal", "indemnity_income", "50000.00", "0.00"),
        ("2025-12-20", "refusal", "indemnity_receivable", "0.00", "50000.00"),
    ]


def test_what_is_taken_back_stays_and_is_mirrored_on_the_day_of_it():
    record("claims", PAID)
    before = told(journal())
    insured.take_back(SYSTEM, "claims", number_of("claims"), reason="not ours")
    assert told(journal()) == before
    assert told(journal(**around_today()), "event", "is_reversal", "account", "debit", "credit") == [
        ("payment", True, "bank", "0.00", "200000.00"), ("payment", True, "indemnity_income", "200000.00", "0.00"),
    ]  # fmt: skip


def test_a_correction_mirrors_what_it_replaces_and_earlier_knowledge_stays():
    record("claims", PAID)
    known = opened(ON).as_of.known
    before = told(journal())
    record("claims", PAID | {"indemnity": "190000"}, correct=True)
    assert told(journal(known=known)) == before
    assert told(journal(**around_today()), "event", "is_reversal", "account", "debit", "credit") == [
        ("payment", True, "bank", "0.00", "200000.00"), ("payment", True, "indemnity_income", "200000.00", "0.00"),
        ("payment", False, "bank", "190000.00", "0.00"), ("payment", False, "indemnity_income", "0.00", "190000.00"),
    ]  # fmt: skip
    assert told(journal()) == before


def test_a_claim_that_waits_is_named_and_not_booked():
    record("claims", {"indemnity": "0", "currency": "USD"})
    found = journal()
    assert (found["lines"], found["totals"]) == ([], [])
    assert CLAIM | {"currency": "USD"} in found["waiting"]
    record("claim_steps", {"step": "decided", "on": "2025-12-01", "decision": "refused"})
    assert (journal()["lines"], journal()["waiting"]) == ([], [])


def test_files_book_what_the_store_does(tmp_path):
    for path in EXAMPLE.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(EXAMPLE)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    key = ",".join(CLAIM.values())
    with (tmp_path / "claims.csv").open("a") as file:
        file.write(f"{key},2025-12-10,200000,0\n")
    record("claims", PAID)
    loaded = load([tmp_path])
    texts = [(each.name, each.text) for each in loaded.policy_texts]
    whole = insurance.insurance(loaded.ledger, load_wordings(texts), loaded.insured, (), 7)
    books = claim_books.of_files(whole, shipped(), on=ON)
    said = claim_books.document(books, lambda _entity: shipped(), **YEAR)
    assert told(said) == told(journal())
    assert said["totals"] == journal()["totals"]
    early = claim_books.of_files(whole, shipped(), on=dt.date(2025, 12, 9))
    assert claim_books.document(early, lambda _entity: shipped(), **YEAR)["lines"] == []


def test_bad_periods_are_told_and_another_entity_sees_nothing():
    record("claims", PAID)
    with pytest.raises(InputError, match="ends before"):
        journal(since=YEAR["until"], until=YEAR["since"])
    elsewhere = Actor.of("elsewhere", ["insurance_manager"], frozenset({"NOWHERE"}))
    assert claim_journal.journal(opened(ON, elsewhere), **YEAR)["lines"] == []
    assert journal(entity="main")["postings"] == 0  # a fact of the whole company is no entity's own
    assert journal()["postings"] == 1


def insurers_part(found):
    due = [line for line in found["lines"] if line["account"] == "due_to_insurer"]
    return f"{sum(float(line['credit']) - float(line['debit']) for line in due):.2f}"


def bank(found):
    lines = [line for line in found["lines"] if line["account"] == "bank"]
    return f"{sum(float(line['debit']) - float(line['credit']) for line in lines):.2f}"


def on_the_page(code="C1"):
    key = Key(code, "P-2025", dt.date(2025, 9, 15), "insolvency")
    return claim_cases.shown(opened(ON), key)["money"]["insurers_part"]


@pytest.mark.parametrize(
    ("decided", "paid", "insurers"),
    [({"decision": "refused"}, None, "0.00"), ({"decision": "partly", "amount": "10000"}, "10000", "10000.00")],
    ids=["refused", "less paid than worked out"],
)
def test_recoveries_are_shared_as_on_the_page_of_the_claim(decided, paid, insurers):
    record("insurance_events", {"event": "claim_filed", "on": "2025-10-25"})
    record("claim_steps", {"step": "decided", "on": "2025-12-01"} | decided)
    if paid:
        record("claims", PAID | {"indemnity": paid})
    record("claim_recoveries", CAME_IN)
    assert insurers_part(journal()) == on_the_page() == insurers


def test_a_payment_after_a_recovery_shares_it_anew():
    record("claim_recoveries", CAME_IN)
    assert (insurers_part(journal()), bank(journal())) == ("0.00", "42000.00")
    record("claims", PAID)
    assert bank(journal()) == "242000.00"  # the recovery stands once in its month
    assert bank(journal(**around_today())) == "0.00"
    assert insurers_part(journal(until=around_today()["until"])) == on_the_page() == "27540.00"


def test_a_limit_or_an_event_written_later_shares_a_recovery_anew():
    record("claims", PAID)
    record("claim_recoveries", CAME_IN)
    ever = {"until": around_today()["until"]}
    assert insurers_part(journal(**ever)) == "27540.00"
    about = {"customer_code": "C1", "policy": "P-2025"}
    cut = {"kind": "reduced", "amount": "100000", "currency": "USD", "decided_on": "2025-02-01"}
    insured.record_fact(SYSTEM, "insured_limits", about | cut)
    lowered = insurers_part(journal(**ever))
    assert lowered == on_the_page() != "27540.00"
    event = insured.facts_of(SYSTEM, "insurance_events", customers=["C1"])
    number = event.filter(event["event"].cast(str) == "overdue_notified")["fact_id"].max()
    insured.take_back(SYSTEM, "insurance_events", number, reason="never sent")
    assert insurers_part(journal(**ever)) == on_the_page() != lowered


def test_claims_of_one_writing_have_numbers_of_their_own():
    others = ({}, {"cause": "political"}, {"date_of_loss": "2025-09-16"}, {"customer_code": "C9"})
    rows = {"claims": [CLAIM | PAID | other for other in others]}
    commit_rows(SYSTEM, rows, verb="ledger.import", origin="x")
    found = journal()
    claims = {line["posting"]: tuple(line[name] for name in CLAIM) for line in found["lines"]}
    assert (found["postings"], len(claims), len(set(claims.values()))) == (4, 4, 4)
    assert all(number.startswith("CLAIM-C") and "-P-2025-2025091" in number for number in claims)


def test_a_policy_approved_after_a_recovery_shares_it_and_one_that_cannot_is_a_gap():
    record("claims", PAID)
    record("claim_recoveries", CAME_IN)
    (text,) = [path.read_text("utf-8") for path in (EXAMPLE / "policies").glob("*.yaml")]
    ann, ben = actor_of(person("ann", Grant("insurance_manager"))), actor_of(person("ben", Grant("credit_manager")))
    until, found = around_today()["until"], []
    for body in ("\n".join(line for line in text.splitlines() if "recoveries" not in line), text):
        asked = wordings.propose(ann, body, reason="as signed")
        approvals.approve(ben, asked.number, digest=asked.digest, on=ON)
        made = journal(until=until)
        found.append((insurers_part(made), [row["sentence"][:10] for row in made["gaps"]]))
    assert found == [("0.00", ["The policy"]), ("27540.00", [])]


def test_a_merged_customer_is_one_claim_in_the_journal_and_numbers_stay():
    record("claims", PAID)
    record("claim_recoveries", CAME_IN)
    before = {line["posting"] for line in journal()["lines"]}
    commit_rows(SYSTEM, {"items": [ITEM_OF_C9]}, verb="ledger.import", origin="x")
    merging.merge(SYSTEM, "C1", "C9", on=ON, reason="one company")
    record("claim_recoveries", CAME_IN | {"received_on": "2026-03-02", "amount": "1000", "costs": "0"})
    found = journal(until=around_today()["until"])
    assert ({line["customer_code"] for line in found["lines"]}, found["gaps"]) == ({"C9"}, [])
    assert before < {line["posting"] for line in found["lines"]}
    assert insurers_part(found) == on_the_page("C9")


def test_a_corrected_entity_reaches_every_posting_of_the_claim():
    record("claims", PAID | {"entity": "main"})
    assert (journal(entity="main")["postings"], journal(entity="other")["postings"]) == (1, 0)
    insured.take_back(SYSTEM, "claims", number_of("claims"), reason="of another entity")
    commit_rows(SYSTEM, {"items": [ITEM_OF_C9 | {"entity": "other"}]}, verb="ledger.import", origin="x")
    record("claims", PAID | {"entity": "other"})
    ever = {"until": around_today()["until"]}
    assert (journal(entity="main", **ever)["postings"], journal(entity="other", **ever)["postings"]) == (0, 3)
    assert bank(journal()) == "200000.00"  # taken back and written anew, it stands once in its month


def test_what_is_not_booked_is_told_to_its_own_entity():
    record("claim_steps", {"step": "opened", "on": "2025-09-16", "entity": "main", "policy": "P-2026"})
    record("claim_recoveries", CAME_IN | {"policy": "P-GONE"})
    assert {row["policy"] for row in journal()["waiting"]} == {"P-2025", "P-2026"}
    assert [row["policy"] for row in journal(entity="main")["waiting"]] == ["P-2026"]
    assert (len(journal()["gaps"]), journal(entity="main")["gaps"]) == (1, [])


def test_withdrawn_on_the_day_of_the_decision_is_after_it_whichever_is_written_first():
    record("claim_steps", {"step": "withdrawn", "on": "2025-12-01"})
    record("claim_steps", DECIDED)
    owed = [float(line["debit"]) - float(line["credit"]) for line in journal()["lines"]
            if line["account"] == "indemnity_receivable"]  # fmt: skip
    assert sum(owed) == 0
