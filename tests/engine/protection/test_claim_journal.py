"""A claim's entries: every posting balances, accounts hold what the facts say, and what was taken back is mirrored."""

import datetime as dt
from collections import defaultdict

from engine.test_algorithm_pages import worked
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.protection.claim_journal import ACCOUNTS, Decided, Paid, Recovered, history, postings

START = dt.date(2026, 1, 1)
DAYS = st.integers(0, 400).map(lambda days: START + dt.timedelta(days=days))
MINOR = st.integers(0, 10**12)
SIGNED = st.integers(-(10**12), 10**12)
DECIDED = st.one_of(
    st.builds(Decided, DAYS, st.sampled_from(["accepted", "partly"]), MINOR),
    st.builds(Decided, DAYS, st.sampled_from(["refused", "withdrawn"]), st.just(0)),
)
PAID = st.builds(Paid, DAYS, MINOR)
RECOVERED = st.builds(Recovered, DAYS, st.sampled_from(["us", "insurer"]), MINOR, MINOR, SIGNED, SIGNED)
FACTS = st.lists(st.one_of(DECIDED, PAID, RECOVERED), max_size=8)
RECOGNITION = st.sampled_from(["decision", "payment"])


def by_decision(_day):
    return "decision"


def sums(found):
    made = defaultdict(int)
    for posting in found:
        for line in posting.lines:
            made[line.account] += line.debit_minor - line.credit_minor
    return made


@given(FACTS, RECOGNITION)
def test_every_posting_balances_and_accounts_hold_what_the_facts_say(facts, recognition):
    found = postings(facts, lambda _day: recognition)
    for posting in found:
        assert sum(line.debit_minor - line.credit_minor for line in posting.lines) == 0
        assert all((line.debit_minor > 0) != (line.credit_minor > 0) for line in posting.lines)
        assert {line.account for line in posting.lines} <= set(ACCOUNTS)
    held = sums(found)
    paid = [fact for fact in facts if isinstance(fact, Paid)]
    mine = [fact for fact in facts if isinstance(fact, Recovered) and fact.by == "us"]
    theirs = [fact for fact in facts if isinstance(fact, Recovered) and fact.by == "insurer"]
    assert held["bank"] == sum(each.amount_minor for each in paid) + sum(
        each.amount_minor - each.costs_minor for each in mine
    )
    assert -held["indemnity_income"] == sum(each.amount_minor for each in paid) + held["indemnity_receivable"]
    due = -held["due_to_insurer"] - held["due_from_insurer"]
    assert due == sum(each.insurer_minor for each in mine) - sum(each.insured_minor for each in theirs)
    assert held["indemnity_receivable"] >= 0
    if recognition == "payment":
        assert held["indemnity_receivable"] == 0


@given(DECIDED, st.lists(PAID, max_size=4))
def test_what_was_decided_and_not_paid_is_the_receivable(decided, payments):
    last = max([decided.on, *(each.on for each in payments)])
    held = sums(postings([*payments, decided], by_decision))
    rest = decided.amount_minor - sum(each.amount_minor for each in payments)
    assert held["indemnity_receivable"] == max(rest, 0)
    assert sums(postings([*payments, decided, Decided(last, "refused", 0)], by_decision))["indemnity_receivable"] == 0


@given(st.lists(st.tuples(DAYS, FACTS), min_size=1, max_size=4), RECOGNITION)
def test_what_was_handed_over_stays_and_in_sum_only_what_holds_counts(writings, recognition):
    states = [
        (on, postings(facts, lambda _day: recognition)) for on, facts in sorted(writings, key=lambda each: each[0])
    ]
    found = [posting for _place, posting in history(states)]
    assert {name: minor for name, minor in sums(found).items() if minor} == {
        name: minor for name, minor in sums(states[-1][1]).items() if minor
    }
    for known in range(1, len(states) + 1):
        earlier = [posting for _place, posting in history(states[:known])]
        for posting in found:
            if posting in earlier:
                earlier.remove(posting)
        assert earlier == []


def test_a_mirror_is_of_the_day_it_was_taken_back():
    paid = postings([Paid(START, 500)], by_decision)
    ((place, first), (second, mirror)) = history([(START, paid), (dt.date(2026, 3, 9), ())])
    assert (place, second) == (0, 1)
    assert (first.event, first.on, mirror.on, mirror.taken_back_on) == (
        "payment", START, dt.date(2026, 3, 9), dt.date(2026, 3, 9),
    )  # fmt: skip
    assert [(line.account, line.debit_minor, line.credit_minor) for line in mirror.lines] == [
        ("bank", 0, 500), ("indemnity_income", 500, 0),
    ]  # fmt: skip


def test_the_worked_table():
    (rows,) = worked("claim-journal")
    facts = [
        Decided(dt.date(2026, 3, 31), "accepted", 216_500_00), Paid(dt.date(2026, 4, 10), 200_000_00),
        Paid(dt.date(2026, 4, 20), 17_000_00),
        Recovered(dt.date(2026, 5, 5), "us", 46_000_00, 4_000_00, 27_540_00, 14_460_00),
    ]  # fmt: skip
    found = [
        (posting.on.isoformat(), posting.event, line.account, line.debit_minor, line.credit_minor)
        for posting in postings(facts, by_decision) for line in posting.lines
    ]  # fmt: skip

    def minor(text):
        return int(text.replace(",", "").replace(".", "") or 0)

    assert found == [
        (row["day"], row["event"], row["account"], minor(row["debit"]), minor(row["credit"])) for row in rows
    ]
