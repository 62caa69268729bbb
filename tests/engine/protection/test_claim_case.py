"""A claim under way: the order of its moves, that it never goes back, that what comes back is shared to the cent."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from insurance_book import insurance_of

from seawall.engine.kernel.errors import InputError
from seawall.engine.ledger.insured_facts import (
    CLAIM_FACTS,
    CLAIM_STEP_FACTS,
    INSURANCE_EVENT_FACTS,
    RECOVERY_FACTS,
    InsuredFacts,
)
from seawall.engine.protection.claim import eroding
from seawall.engine.protection.claim_case import case, claim_of, erosion
from seawall.engine.protection.claim_facts import Key, cases_on_file, of_key
from seawall.engine.protection.claim_order import MOVES, OutOfOrder, is_open, require_order, require_unfiled
from seawall.engine.protection.claim_steps import state_of

LOST = dt.date(2025, 6, 1)
KEY = Key("C1", "P", LOST, "insolvency")
NAMED = {"customer_code": "C1", "policy": "P"}
CLAIMED = NAMED | {"date_of_loss": LOST, "cause": "insolvency", "currency": "USD"}
RANK = {"none": 0, "opened": 1, "filed": 2, "refused": 3, "decided": 3, "paid": 4, "subrogated": 5, "withdrawn": 9}
EVENTS = {
    "overdue_report": "overdue_notified",
    "hand_over": "hand_over",
    "file_complete": "claim_file_complete",
    "filed": "claim_filed",
}


def day(n):
    return LOST + dt.timedelta(days=n)


def fact(move, on, how="partly"):
    """A move as a row: its table's place among the facts, the table, and the row."""
    if move in EVENTS:
        return "events", INSURANCE_EVENT_FACTS, NAMED | {"event": EVENTS[move], "on": on}
    if move == "paid":
        return (
            "claims",
            CLAIM_FACTS,
            CLAIMED | {"paid_on": on, "indemnity_minor": 700, "aggregate_first_loss_used_minor": 0},
        )
    if move == "recovered":
        came = {"received_on": on, "received_by": "us", "amount_minor": 300, "costs_minor": 10}
        return "recoveries", RECOVERY_FACTS, CLAIMED | came
    said = {
        "gathered": {"document": "invoices"}, "subrogated": {"amount_minor": 700},
        "decided": {"decision": how, "amount_minor": 0 if how == "refused" else 700},
    }  # fmt: skip
    return "steps", CLAIM_STEP_FACTS, CLAIMED | {"step": move, "on": on} | said.get(move, {})


def put(facts, move, on, how="partly"):
    place, table, row = fact(move, on, how)
    frame = table.frame([{name: row.get(name) for name in table.columns}])
    return replace(facts, **{place: pl.concat([getattr(facts, place), frame])})


def done(*moves):
    facts = InsuredFacts()
    for move, on in moves:
        facts = put(facts, move, on)
    return of_key(facts, KEY)


def state(facts):
    found = [each for each in cases_on_file(facts) if each.key == KEY]
    return state_of(found[0]) if found else "none"


TRIES = st.lists(
    st.tuples(st.sampled_from(MOVES), st.integers(-5, 60), st.sampled_from(["accepted", "partly", "refused"])),
    max_size=14,
)


@given(TRIES)
@settings(max_examples=150, deadline=None)
def test_a_claim_never_goes_back_whatever_is_tried(tries):
    facts, before, today = InsuredFacts(), "none", day(50)
    for move, n, how in tries:
        now = next((each for each in cases_on_file(facts) if each.key == KEY), of_key(facts, KEY))
        try:
            require_order(now, move, day(n), today=today)
        except (OutOfOrder, InputError):
            continue
        facts = put(facts, move, day(n), how)
        after = state(facts)
        assert RANK[after] >= RANK[before], (before, move, after)
        before = after


OPENED, FILED = ("opened", day(2)), ("filed", day(10))
REFUSED = [
    ("before it is opened", (), "filed", 10, OutOfOrder),
    ("a decision on nothing", (OPENED,), "decided", 20, OutOfOrder),
    ("a payment without decision", (OPENED, FILED), "paid", 20, OutOfOrder),
    ("subrogated before it is paid", (OPENED, FILED, ("decided", day(20))), "subrogated", 30, OutOfOrder),
    ("opened on another day", (OPENED,), "opened", 3, OutOfOrder),
    ("filed on another day", (OPENED, FILED), "filed", 11, OutOfOrder),
    ("withdrawn though paid", (OPENED, FILED, ("decided", day(20)), ("paid", day(21))), "withdrawn", 22, OutOfOrder),
    ("on after it was withdrawn", (OPENED, ("withdrawn", day(4))), "filed", 10, OutOfOrder),
    ("a day that has not come", (OPENED,), "filed", 41, InputError),
    ("opened before the loss", (), "opened", -1, InputError),
    ("filed before it was opened", (OPENED,), "filed", 1, InputError),
    ("decided before it was filed", (OPENED, FILED), "decided", 9, InputError),
    ("an older decision after a newer", (OPENED, FILED, ("decided", day(20))), "decided", 19, InputError),
    ("paid before it was decided", (OPENED, FILED, ("decided", day(20))), "paid", 19, InputError),
    ("recovered before the loss", (OPENED,), "recovered", -1, InputError),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "move", "n", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_against_the_order_is_refused(before, move, n, error):
    with pytest.raises(error):
        require_order(done(*before), move, day(n), today=day(40))


def test_a_claim_is_filed_with_an_insurer_once_it_is_open_and_no_second_time():
    require_unfiled(done(OPENED))
    for before in ((), (OPENED, FILED), (OPENED, ("withdrawn", day(4)))):
        with pytest.raises(OutOfOrder):
            require_unfiled(done(*before))


def test_a_step_is_open_by_how_it_and_its_claim_stand():
    asked = [("filed", "due", "opened"), ("paid", "late", "decided"), ("decided", "done", "decided"),
             ("recovered", "waiting", "opened")]  # fmt: skip
    assert [is_open(*each) for each in asked] == [True] * 4
    asked = [("filed", "done", "filed"), ("paid", "waiting", "filed"), ("recovered", "not_needed", "refused"),
             ("filed", "due", "withdrawn")]  # fmt: skip
    assert [is_open(*each) for each in asked] == [False] * 4


def test_the_insurers_last_day_is_one_in_the_simulator_and_on_the_page():
    policy = {
        "policy": "P", "form": "whole_turnover", "currency": "USD",
        "terms": TERMS | {"claim_payment": {"within": {"days": 30}, "from": "complete_file"}},
        "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
    }  # fmt: skip
    events = [{"event": "claim_file_complete", "day": day(10)}, {"event": "claim_filed", "day": day(20)}]
    book = {
        "policy": policy, "currency": "USD", "events": events,
        "items": {"I": {"amount": "1000.00", "issued": "2025-05-01", "due": "2025-05-20"}},
        "steps": [{"date_of_loss": LOST, "day": day(2), "step": "opened"}],
    }  # fmt: skip
    insurance = insurance_of(book)
    (facts,) = cases_on_file(insurance.facts)
    one = case(insurance, facts, day(60))
    last = {step.last_on for step in one.steps if step.name in ("decided", "paid")}
    assert last == {day(50)} == {claim_of(insurance, KEY, day(60)).pay_by}


def test_the_same_move_on_the_same_day_and_a_later_decision_pass():
    facts = done(OPENED, FILED, ("decided", day(20)))
    for move, n in (("opened", 2), ("filed", 10), ("decided", 20), ("decided", 25), ("gathered", 1)):
        require_order(facts, move, day(n), today=day(40))


def test_a_claim_refused_is_paid_only_after_another_decision():
    facts = put(put(put(InsuredFacts(), "opened", day(2)), "filed", day(10)), "decided", day(20), "refused")
    with pytest.raises(OutOfOrder, match="refused"):
        require_order(of_key(facts, KEY), "paid", day(21), today=day(40))
    require_order(of_key(put(facts, "decided", day(25)), KEY), "paid", day(26), today=day(40))


def test_what_is_decided_takes_of_the_period_until_it_is_paid_and_not_twice():
    facts = put(put(InsuredFacts(), "opened", day(2)), "decided", day(20))
    assert eroding(facts)["indemnity_minor"].to_list() == [700]
    assert eroding(put(facts, "paid", day(21)))["indemnity_minor"].to_list() == [700]
    assert eroding(put(facts, "withdrawn", day(21)))["indemnity_minor"].to_list() == []


def test_what_is_waited_for_is_a_part_of_the_decision_and_counts_once():
    facts = put(put(InsuredFacts(), "opened", day(2)), "paid", None)
    assert eroding(facts)["indemnity_minor"].to_list() == [700]
    decided = put(facts, "decided", day(20))
    assert eroding(decided)["indemnity_minor"].sum() == 700
    assert eroding(put(decided, "paid", day(21)))["indemnity_minor"].sum() == 700
    assert eroding(put(facts, "withdrawn", day(21)))["indemnity_minor"].sum() == 0


def test_what_was_waited_for_and_comes_again_with_its_day_counts_once():
    facts = put(put(put(InsuredFacts(), "opened", day(2)), "paid", None), "paid", day(21))
    assert eroding(facts)["indemnity_minor"].to_list() == [700]
    assert of_key(facts, KEY).decision.amount_minor == 700
    more = put(facts, "paid", day(22))
    assert eroding(more)["indemnity_minor"].sum() == of_key(more, KEY).decision.amount_minor == 1400


def test_what_is_waited_for_without_an_amount_is_filed_and_not_decided():
    facts = put(InsuredFacts(), "paid", None)
    assert state(facts) == "decided"
    nothing = replace(facts, claims=facts.claims.with_columns(indemnity_minor=pl.lit(0, pl.Int64)))
    assert (state(nothing), of_key(nothing, KEY).decision) == ("filed", None)


def test_each_filing_is_of_the_claim_that_had_begun():
    later = Key("C1", "P", day(100), "insolvency")
    facts = put(put(InsuredFacts(), "opened", day(2)), "filed", day(101))
    row = CLAIMED | {"step": "opened", "on": day(100), "date_of_loss": later.date_of_loss}
    second = CLAIM_STEP_FACTS.frame([{name: row.get(name) for name in CLAIM_STEP_FACTS.columns}])
    facts = replace(facts, steps=pl.concat([facts.steps, second]))
    assert {each.key.date_of_loss: each.filed_on for each in cases_on_file(facts)} == {LOST: None, day(100): day(101)}


TERMS = {
    "causes": ["insolvency"], "vat": "out", "max_payment_term": "none", "receipt_allocation": "oldest_due",
    "disputed": "covered", "mep": {"days": 60}, "stop_of_cover": "none", "insured_rate": 0.9, "limit_needed": False,
    "threshold_amount": 10, "loss_operators": ["threshold", "insured_rate"],
}  # fmt: skip


def test_a_claim_takes_of_its_period_what_was_paid_and_what_is_decided_beyond_it():
    lost = {"date_of_loss": LOST}
    book = {
        "policy": {
            "policy": "P", "form": "whole_turnover", "currency": "USD", "terms": TERMS,
            "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
        },
        "currency": "USD", "items": {"I": {"amount": "1000.00", "issued": "2025-05-01", "due": "2025-05-20"}},
        "claims": [lost | {"indemnity": "700.00"}, lost | {"paid_on": day(30), "indemnity": "400.00"}],
        "steps": [lost | {"day": day(20), "step": "decided", "decision": "accepted", "amount": "700.00"}],
    }  # fmt: skip
    insurance = insurance_of(book)
    (facts,) = cases_on_file(insurance.facts)
    one = case(insurance, facts, day(60))
    assert erosion(one)["indemnity_minor"].sum() == 70_000
    assert erosion(replace(one, decided_minor=30_000))["indemnity_minor"].sum() == 40_000
    assert erosion(replace(one, state="withdrawn"))["indemnity_minor"].sum() == 40_000


@given(
    debt=st.integers(1, 10**7), paid=st.integers(0, 10**7), rule=st.sampled_from(["pro_rata_insured", "by_indemnity"]),
    costs=st.sampled_from(["shared", "insurer", "insured"]),
    came=st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)), max_size=6),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_recoveries_are_shared_to_the_cent_and_the_insurer_gets_no_more_than_it_paid(debt, paid, rule, costs, came):
    policy = {
        "policy": "P", "form": "whole_turnover", "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
        "currency": "USD", "terms": TERMS | {"recoveries": {"rule": rule, "costs": costs}},
    }  # fmt: skip
    book = {
        "policy": policy, "currency": "USD",
        "items": {"I": {"amount": f"{debt / 100:.2f}", "issued": "2025-05-01", "due": "2025-05-20"}},
        "claims": [{"date_of_loss": LOST, "paid_on": day(30), "indemnity": f"{paid / 100:.2f}"}],
        "recoveries": [
            {"date_of_loss": LOST, "received_on": day(40 + n), "amount": f"{amount / 100:.2f}", "costs": f"{min(cost, amount) / 100:.2f}"}
            for n, (amount, cost) in enumerate(came)
        ],
    }  # fmt: skip
    insurance = insurance_of(book)
    (facts,) = cases_on_file(insurance.facts)
    one = case(insurance, facts, day(60))
    for split, (amount, cost) in zip(one.splits, came, strict=True):
        assert split.shared.insurer_minor + split.shared.insured_minor == amount - min(cost, amount)
    borne = sum(min(cost, amount) for amount, cost in came) if costs == "insurer" else 0
    assert sum(split.shared.insurer_minor for split in one.splits) + borne <= paid
    assert one.retained_minor == debt - paid
