"""The neutral port against the sandbox insurer, over real HTTPS: every fault is an error of its own, no secret on record."""

import datetime as dt
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_insurer import START, running

from seawall.engine.ledger import insured_facts
from seawall.exchange.insurers import messages
from seawall.exchange.insurers.line import Keeper
from seawall.exchange.insurers.messages import (
    INCOMING,
    OUTGOING,
    ChangeCover,
    Decision,
    FindCompany,
    Malformed,
    Notify,
    Part,
    RequestCover,
    of_json,
    to_json,
)
from seawall.exchange.insurers.neutral import event_of
from seawall.exchange.insurers.port import (
    Again,
    AnswerMalformed,
    InsurerRefuses,
    content_digest,
    incoming,
    pause_after,
)
from seawall.policies.load import shipped

PLAN = shipped().at("house.insurer_exchange", dt.date(2026, 1, 1)).value
DECISION = {
    "decision_id": "D1", "company_ref": "S1", "policy": "P", "kind": "partial", "amount": "1200.50", "currency": "USD",
    "decided_on": "2026-01-02", "effective_from": "2026-01-03", "sequence": 4, "insured_rate": "0.9",
}  # fmt: skip


@pytest.fixture
def insurer(tmp_path):
    with running(tmp_path) as made:
        yield made


def asked(company_ref, **more):
    said = {"policy": "P-1", "request_type": "2", "amount_minor": 100_000_00, "currency": "USD"} | more
    return RequestCover(company_ref=company_ref, **said)


def company(port, registration="91310000X"):
    return port.find_company(FindCompany("Wares", "CN", registration))[0].company_ref


def everything(read):
    """All that is listed, page after page."""
    found, place = [], ""
    while True:
        news = read(place)
        found += news.said
        if not news.said:
            return found
        place = news.next_place


def test_a_request_is_taken_waited_for_and_decided(insurer):
    port = insurer.port()
    taken = port.request_cover(asked(company(port)), key="k1")
    assert port.job_status(taken.job_ref).state == "pending"
    insurer.advance(days=2)
    job = insurer.port().job_status(taken.job_ref)
    assert job.state == "processed"
    (decision,) = [each.body for each in job.said]
    assert decision["kind"] in messages.LIMIT_KINDS
    (told,) = [each for each in everything(insurer.port().events) if each.kind == "decision"]
    assert told.key == job.said[0].key, "the same decision, whatever way it came"
    assert insurer.port().read_covers("").said[0].body == decision


def test_the_same_key_again_is_the_same_message_and_another_one_is_refused(insurer):
    port = insurer.port()
    ref = company(port)
    first = port.request_cover(asked(ref), key="k1")
    assert port.request_cover(asked(ref), key="k1") == first
    with pytest.raises(InsurerRefuses, match="409"):
        port.request_cover(asked(ref, amount_minor=5), key="k1")
    with pytest.raises(InsurerRefuses, match="is open"):
        port.request_cover(asked(ref), key="k2")
    port.change_cover(ChangeCover(ref, "P-1", "reduce", 5, "USD"), key="k3")
    assert len(port.records()) == 2


def test_what_cannot_be_taken_is_refused_with_the_reason(insurer):
    port = insurer.port()
    with pytest.raises(InsurerRefuses, match="not known"):
        port.request_cover(asked("S0"), key="k")
    assert port.find_company(FindCompany(registration_id="NONE1")) == []
    assert len(port.find_company(FindCompany("Wares"))) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "arrived"),
    [
        ("drop_before", Again, False), ("error_before", Again, False), ("too_many", Again, False),
        ("error_after", Again, True), ("silent_after", Again, True), ("malformed", AnswerMalformed, True),
    ],
)  # fmt: skip
def test_each_fault_is_an_error_of_its_own_and_the_key_tells_whether_it_arrived(insurer, fault, kind, arrived):
    port = insurer.port()
    ref = company(port)
    insurer.admin("faults", **{fault: 1.0})
    with pytest.raises(kind) as caught:
        insurer.port(keeper=port.line.keeper).request_cover(asked(ref), key="k")
    assert isinstance(caught.value, AnswerMalformed) == (kind is AnswerMalformed)
    assert len(insurer.sandbox.book.keys) == arrived
    if fault == "too_many":
        assert (caught.value.after_seconds, caught.value.is_sure) == (30, True)
    insurer.admin("faults", **{fault: 0.0})
    port.request_cover(asked(ref), key="k")
    assert len(insurer.sandbox.book.keys) == 1


def test_a_token_that_ends_early_is_fetched_anew_unseen_and_one_that_ends_is_not_used(insurer):
    keeper = Keeper()
    port = insurer.port(keeper=keeper)
    company(port)
    first = keeper.token
    insurer.sandbox.tokens.clear()
    company(port)
    assert keeper.token != first
    second = keeper.token
    insurer.advance(minutes=59, seconds=30)
    company(insurer.port(keeper=keeper))
    assert keeper.token != second
    insurer.admin("faults", expire_token=1.0)
    with pytest.raises(Again, match="401"):
        company(insurer.port())


def test_an_outage_is_waited_out(insurer):
    insurer.admin("faults", outage_until=(START + dt.timedelta(hours=2)).isoformat())
    with pytest.raises(Again, match="503"):
        insurer.port().probe()
    insurer.advance(hours=3)
    insurer.port().probe()


def test_so_many_questions_a_minute_and_no_more(tmp_path):
    with running(tmp_path, per_minute=3) as insurer:
        port = insurer.port()
        for _ in range(3):
            port.records()
        with pytest.raises(Again, match="429"):
            port.records()
        insurer.advance(minutes=1)
        assert insurer.port().records() == []


def test_no_secret_is_on_record(insurer):
    log, keeper = [], Keeper()
    port = insurer.port(log=log, keeper=keeper)
    port.request_cover(asked(company(port), note="the word sandbox is our secret"), key="k")
    written = repr(log)
    assert len(log) == 3
    assert keeper.token.value not in written
    assert "sandbox" not in written
    assert "seawall" in written, "who asked is no secret"
    assert "•••" in written
    wrong = insurer.port(secret="not-it", log=log)
    with pytest.raises(Again, match="403"):
        wrong.probe()
    assert "not-it" not in repr(log)


def test_events_may_come_twice_late_and_spoiled_and_each_thing_keeps_its_key(insurer):
    port = insurer.port()
    for n in range(6):
        port.request_cover(asked(company(port, f"R{n}")), key=f"k{n}")
    insurer.advance(days=2)
    clean = {each.key for each in everything(insurer.port().events)}
    insurer.admin("faults", event_twice=0.5, event_late=0.5, event_malformed=0.3)
    found = everything(insurer.port().events)
    assert {each.key for each in found if each.body} <= clean
    bad = [each for each in found if each.body is None]
    assert bad, "the fault was asked for"
    assert all(each.problem and each.ref.startswith("E") for each in bad)
    assert len(found) > len({each.key for each in found})


def test_a_year_of_the_sandbox_is_the_same_for_the_same_seed(tmp_path):
    stories = []
    for name in ("a", "b"):
        with running(tmp_path / name, seed=11) as insurer:
            for n in range(8):
                port = insurer.port()
                port.request_cover(asked(company(port, f"R{n}")), key=f"k{n}")
            insurer.advance(days=365)
            stories.append(insurer.sandbox.book.events)
    assert stories[0] == stories[1]
    kinds = {each["body"].get("kind", each["kind"]) for each in stories[0]}
    assert {"approved", "partial", "reduced", "grade"} <= kinds
    assert {each["body"].get("layer") for each in stories[0]} >= {"1"}


def test_layers_with_ends_of_their_own_come_from_some_request(insurer):
    port = insurer.port()
    for n in range(16):
        port.request_cover(asked(company(port, f"L{n}")), key=f"k{n}")
    insurer.advance(days=2)
    layered = [each.body for each in everything(insurer.port().read_covers) if each.body.get("layer") == "2"]
    assert layered
    assert layered[0]["expires_on"] < "2031-06-01"
    assert layered[0]["conditions"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "1.234"), ("amount", 12), ("amount", "-1"), ("amount", "1e9"), ("amount", "NaN"), ("currency", "XXQ"),
        ("currency", None), ("kind", "maybe"), ("decided_on", "2026-02-30"), ("effective_from", None), ("sequence", "4"),
        ("sequence", True), ("insured_rate", "90"), ("insured_rate", "x"), ("decision_id", "a" * 3000),
        ("company_ref", "a\x00b"), ("decision_id", None),
    ],
)  # fmt: skip
def test_one_wrong_field_makes_a_decision_malformed(field, value):
    with pytest.raises(Malformed):
        of_json(Decision, DECISION | {field: value})
    found = incoming("decision", DECISION | {field: value})
    assert found.body is None
    assert found.problem
    assert found.key.startswith("bad ")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        max_leaves=8,
    )
)
def test_whatever_an_event_says_it_is_read_or_kept(said):
    found = event_of(said)
    assert (found.body is None) == (found.problem is not None)


def test_every_message_survives_the_way_there_and_back():
    plan = Notify(
        "S1", "P", "reschedule", "I-1", dt.date(2026, 1, 1), dt.date(2026, 2, 1), 500, "CNY", dt.date(2026, 3, 1),
        plan=(Part(dt.date(2026, 4, 1), 300, "CNY"), Part(dt.date(2026, 5, 1), 200, "CNY")),
    )  # fmt: skip
    assert of_json(Notify, to_json(plan)) == plan
    assert to_json(of_json(Decision, DECISION)) == DECISION | {"layer": "1"}
    assert content_digest(to_json(plan)) == content_digest(dict(reversed(to_json(plan).items())))
    for _title, kind in (*OUTGOING.values(), *INCOMING.values()):
        assert fields(kind)


def test_the_pauses_grow_are_data_and_heed_what_the_insurer_asks_for():
    pauses = [pause_after(attempts, PLAN) for attempts in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == PLAN["retry_seconds"][-1]
    assert pause_after(1, PLAN, 3600) == 3600


def test_the_page_of_messages_names_every_message_and_field_and_no_other():
    page = (Path(__file__).resolve().parents[2] / "docs/reference/insurer-messages.md").read_text(encoding="utf-8")
    said = {}
    for section in page.split("\n### ")[1:]:
        name, _, text = section.partition("\n")
        rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
        said[name] = [row for row in rows if row != "field"]
    known = {
        name: [
            f"**{each.name.removesuffix('_minor')}**" if each.default is MISSING else each.name.removesuffix("_minor")
            for each in fields(kind)
        ]
        for name, (_title, kind) in (*OUTGOING.items(), *INCOMING.items())
    }
    assert said == known


def test_the_ports_words_are_those_of_the_facts():
    assert set(messages.LIMIT_KINDS) == set(insured_facts.LIMIT_KINDS)
    assert set(messages.CAUSES) == set(insured_facts.CAUSES)
