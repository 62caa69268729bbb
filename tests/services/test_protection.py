"""Cover out of the store is cover out of the files: the example of the manual, imported, its policy approved."""

import datetime as dt
from pathlib import Path

import pytest
from stocked import person

from seawall.engine.kernel.errors import InputError, NotFound, UsageError
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.protection import cover_past
from seawall.engine.protection.cover import cover
from seawall.exchange.language import Language
from seawall.exchange.report import rendered
from seawall.exchange.report_protection import protection as layout
from seawall.policies.insurance import load_wordings
from seawall.services import approvals, cover_maps, insurance, insured, losses, protection, reading, wordings
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.files import load
from seawall.services.intake import commit_import, commit_rows

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
EXAMPLE = Path(__file__).resolve().parents[2] / "docs/reference/example-insured"
LOSS = dt.date(2025, 9, 15)


def approve(folder=EXAMPLE):
    author, second = (actor_of(person(role, Grant(role))) for role in ("insurance_manager", "credit_manager"))
    for path in sorted((folder / "policies").glob("*.yaml")):
        asked = wordings.propose(author, path.read_text("utf-8"), reason="as signed")
        approvals.approve(second, asked.number, digest=asked.digest, on=LOSS)


@pytest.fixture
def stocked():
    commit_import(SYSTEM, [EXAMPLE])
    approve()


def opened(on=LOSS, actor=SYSTEM, **more):
    return reading.open_reading(actor, on=on, currency="USD", details=True, **more)


def from_files():
    loaded = load([EXAMPLE])
    texts = [(each.name, each.text) for each in loaded.policy_texts]
    return insurance.insurance(loaded.ledger, load_wordings(texts), loaded.insured, (), 7)


def test_every_document_is_the_one_that_the_files_give(stocked):
    whole = from_files()
    assert protection.cover(opened()) == insurance.cover_document(whole, on=LOSS)
    assert protection.leaks(opened()) == insurance.leaks_document(whole, on=LOSS)
    nobody = {"done_by": None, "recorded_at": None}
    dates = [row | nobody for row in protection.deadlines(opened())["deadlines"]]
    assert dates == insurance.deadlines_document(whole, on=LOSS)["deadlines"]
    customer = whole.book.ledger.customers["customer_code"][0]
    asked = {"customers": [customer], "cause": "insolvency", "lost_on": LOSS}
    made = protection.claim(opened(), **asked)
    assert made == insurance.claim_document(whole, **asked, judged_on=LOSS)


def test_all_customers_fail_in_an_order_and_terms_may_be_otherwise_as_in_the_command(stocked):
    whole, asked = from_files(), {"cause": "insolvency", "lost_on": LOSS}
    codes = losses.in_order(whole, on=LOSS, order="debt")
    made = protection.claim(opened(), order="debt", **asked)
    assert made == insurance.claim_document(whole, customers=codes, **asked, judged_on=LOSS)
    rows = [made, *made.get("further", ())]
    assert [row["items"] for row in rows] == [
        [item for item in protection.cover(opened())["items"] if item["customer_code"] == row["customer_code"]
         and item["policy"] == row["policy"]] for row in rows
    ]  # fmt: skip
    one = {"customers": codes[:1], **asked}
    half = protection.claim(opened(), settings=["insured_rate.rate=0.5"], **one)
    assert float(half["indemnity"]) < float(protection.claim(opened(), **one)["indemnity"])
    for wrong in ({}, {"customers": codes, "order": "debt"}, {"order": "mood"}):
        with pytest.raises(UsageError):
            protection.claim(opened(), **asked, **wrong)
    with pytest.raises(InputError):
        protection.claim(opened(), recovered="-1", **one)


def test_what_was_done_says_who_recorded_it_and_a_receipt_takes_deadlines_away(stocked):
    early = dt.date(2025, 7, 8)
    of_i1 = [row for row in protection.deadlines(opened(early))["deadlines"] if row["number"] == "I1"]
    assert {row["kind"] for row in of_i1} >= {"overdue_notice", "hand_over", "stop_of_cover"}
    (notice,) = [row for row in of_i1 if row["kind"] == "overdue_notice"]
    assert (notice["state"], notice["done_on"], notice["done_by"]) == ("done", "2025-07-05", "system")
    ann = actor_of(person("ann", Grant("insurance_manager")))
    told = {"customer_code": "C1", "policy": "P-2025", "item_number": "I1", "event": "hand_over", "on": "2025-07-08"}
    insured.record_fact(ann, "insurance_events", told)
    dates = {row["kind"]: row for row in protection.deadlines(opened(early))["deadlines"] if row["number"] == "I1"}
    assert dates["hand_over"]["state"] == "done"
    assert dates["hand_over"]["done_by"].startswith("ann ")
    assert dates["overdue_notice"]["done_by"] == "system"
    paid = {"customer_code": "C1", "number": "R2", "kind": "receipt", "issued_on": "2025-06-30", "currency": "USD"}
    used = {"customer_code": "C1", "debit_number": "I1", "credit_number": "R2", "allocated_on": "2025-06-30"}
    rows = {"items": [paid | {"amount": "80000"}], "allocations": [used | {"amount": "80000"}]}
    commit_rows(SYSTEM, rows, verb="ledger.import", origin="x")
    later = protection.deadlines(opened(early))["deadlines"]
    assert later
    assert "I1" not in {row["number"] for row in later}


def test_what_was_known_then_is_what_cover_was_then(stocked):
    before = protection.cover(opened())
    known = opened().as_of.known
    row = {
        "customer_code": before["items"][0]["customer_code"],
        "policy": "P-2025",
        "kind": "cancelled",
        "decided_on": "2025-01-05",
        "layer": "1",
    }
    commit_rows(SYSTEM, {"insured_limits": [row]}, verb="ledger.import", origin="x")
    assert protection.cover(opened()) != before
    assert protection.cover(opened(known=known)) == before


def test_the_map_adds_up_within_a_customer_and_shows_what_nobody_uses(stocked):
    commit_rows(
        SYSTEM,
        {
            "customers": [{"customer_code": "IDLE", "name": "Idle", "country": "DE"}],
            "insured_limits": [{"customer_code": "IDLE", "policy": "P-2025", "kind": "approved", "amount": "5000", "currency": "USD", "decided_on": "2025-01-01"}],
        },
        verb="ledger.import", origin="x",
    )  # fmt: skip
    rows = {row["customer_code"]: row for row in protection.cover_map(opened())}
    assert (rows["IDLE"]["state"], rows["IDLE"]["limit"], rows["IDLE"]["headroom"], rows["IDLE"]["open"]) == (
        "idle",
        "5000.00",
        "5000.00",
        "0.00",
    )
    items = protection.cover(opened())["items"]
    code = items[0]["customer_code"]
    for name in ("open", "covered", "indemnity"):
        own = sum(round(float(item[name]) * 100) for item in items if item["customer_code"] == code and item["policy"])
        assert round(float(rows[code][name]) * 100) == own
    assert rows[code]["state"] == "under"


def test_the_map_and_its_balances_work_the_cover_of_a_day_out_once(stocked, monkeypatch):
    days = []

    def counted(whole, asked):
        days.append(asked.on)
        return cover(whole, asked)

    for module in (cover_past, cover_maps, insurance):
        monkeypatch.setattr(module, "cover", counted)
    known = {}
    monkeypatch.setattr(
        protection, "kept", lambda _, what, make: known[what] if what in known else known.setdefault(what, make())
    )
    asked = opened()
    for by in cover_maps.BY:
        protection.cover_map_by(asked, by=by)
    balances = protection.balances(asked)
    assert days.count(LOSS) == 1
    assert balances == protection.cover(asked)["policies"]


def test_without_a_policy_it_says_how_to_get_one():
    commit_import(SYSTEM, [EXAMPLE])
    assert not protection.has_policies(SYSTEM)
    assert protection.at_a_glance(opened(), "C1") is None
    assert protection.of_the_day(opened()) is None
    with pytest.raises(UsageError, match="no insurance policy"):
        protection.cover(opened())


def test_a_glance_names_what_comes_next_and_never_breaks_a_page(stocked):
    said = protection.at_a_glance(opened(), protection.cover(opened())["items"][0]["customer_code"])
    assert said["gap"] is None
    assert all(row["state"] != "done" for row in said["deadlines"])
    code = said["rows"][0]["customer_code"]
    assert {row["customer_code"] for row in protection.at_a_glance(opened(), code)["rows"]} == {code}
    gone = protection.at_a_glance(opened(), "NOBODY")
    assert isinstance(gone["gap"], NotFound)


def test_who_sees_nothing_of_an_entity_sees_no_cover_of_it(stocked):
    other = {
        "entity": "OTHER",
        "customer_code": "X",
        "kind": "invoice",
        "number": "1",
        "issued_on": "2025-01-01",
        "currency": "USD",
        "amount": "1",
    }
    commit_rows(SYSTEM, {"items": [other], "customers": [{"customer_code": "X"}]}, verb="ledger.import", origin="x")
    narrow = Actor.of("narrow", ["insurance_manager"], frozenset({"OTHER"}))
    items = protection.cover(opened(actor=narrow))["items"]
    assert {item["customer_code"] for item in items} <= {"X"}


def test_the_page_of_the_day_counts_what_the_lists_hold(stocked):
    said = protection.of_the_day(opened())
    dates = protection.deadlines(opened())["deadlines"]
    assert said["curable"] == len(protection.leaks(opened())["curable"])
    assert said["missed"] == sum(row["state"] == "missed" for row in dates)
    soon = [row for row in dates if row["state"] == "open" and 0 <= row["days_left"] <= protection.SOON]
    assert said["soon"] == len(soon)
    coming = [row for row in dates if row["state"] == "open" and row["days_left"] >= 0]
    assert (said["next"] is None) == (not coming)
    if coming:
        assert said["next"]["on"].isoformat() == coming[0]["on"]
        assert said["next"]["customer_code"] in {row["customer_code"] for row in coming if row["on"] == coming[0]["on"]}


def test_the_page_of_the_day_adds_up_limits_and_use_of_each_policy_as_the_map_does(stocked):
    rows = protection.of_the_day(opened())["policies"]
    grouped = [row for row in protection.cover_map_by(opened(), by="country")["rows"] if row["policy"]]
    assert {row["policy"] for row in rows} == {row["policy"] for row in grouped}
    assert any(float(row["used"]) for row in rows)
    for row in rows:
        mine = [each for each in grouped if each["policy"] == row["policy"]]
        for name in ("limit", "used", "headroom"):
            assert float(row[name]) == pytest.approx(sum(float(each[name] or 0) for each in mine)), name
        assert "indemnity" not in row


def test_the_page_of_the_day_says_what_is_at_stake_in_the_leaks_of_the_list(stocked):
    early = dt.date(2025, 7, 2)
    leaks = protection.leaks(opened(early))["curable"]
    (row,) = protection.of_the_day(opened(early))["policies"]
    assert 0 < float(row["at_stake"]) == pytest.approx(sum(float(each["at_stake"]) for each in leaks))


def test_the_report_says_each_customers_cover_from_files_and_store_alike(stocked):
    made = protection.in_report(opened())
    assert made == cover_maps.in_report(from_files(), on=LOSS)
    plain = reading.open_reading(SYSTEM, on=LOSS, currency="USD")
    assert protection.in_report(plain) == made
    for row in made["customers"]:
        assert round(float(row["net"]) * 100) == round(float(row["open"]) * 100) - round(float(row["indemnity"]) * 100)
    assert made["curable_count"] == len(protection.leaks(opened())["curable"])
    document = reading.document(plain, scheme=DEFAULT_SCHEME, company="X", is_demo=False, insured=made)
    for language in ("en", "zh"):
        text = rendered(document, layout, "html", Language(language))
        content = text if isinstance(text, str) else text.decode()
        assert "P-2025" in content
        assert language == "zh" or "Net exposure" in content


def test_without_a_policy_the_report_says_nothing_of_insurance():
    commit_import(SYSTEM, [EXAMPLE])
    plain = reading.open_reading(SYSTEM, on=LOSS, currency="USD")
    assert protection.in_report(plain) is None
    assert "insurance" not in reading.document(plain, scheme=DEFAULT_SCHEME, company="X", is_demo=False)
