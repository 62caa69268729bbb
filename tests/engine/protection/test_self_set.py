"""Self-set limits delivery by delivery, by hand: justified by what and until when, lost since when and why."""

import datetime as dt

import pytest
from insurance_book import insurance_of

from seawall.engine.protection.cover import Asked, cover
from seawall.engine.protection.durations import NEVER, day_of
from seawall.engine.protection.evidence import LOST
from seawall.engine.protection.self_set import BASES, self_set

ON = dt.date(2025, 10, 1)
TERM = {
    "amount": 500, "payments": {"count": 2, "within": {"months": 12}, "paid_by": "due"},
    "report": {"within": {"months": 6}}, "lost_on": ["refused", "cancelled", "adverse_information"],
}  # fmt: skip
TERMS = {
    "causes": ["insolvency"], "vat": "out", "max_payment_term": "none", "receipt_allocation": "as_booked",
    "disputed": "covered", "mep": {"days": 30}, "stop_of_cover": ["insolvency"], "insured_rate": 0.9,
    "loss_operators": ["insured_rate"], "recoveries": {"rule": "pro_rata_insured", "costs": "shared"},
}  # fmt: skip


def policy(**term):
    said = {**TERM, **term}
    terms = TERMS | {"discretionary_limit": {name: value for name, value in said.items() if value is not None}}
    period = {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)}
    return {"policy": "P", "form": "whole_turnover", "period": period, "currency": "USD", "terms": terms}


def item(amount, issued, due, **more):
    return {"amount": amount, "issued": issued, "due": due, **more}


PAID = {
    "items": {
        "LATE": item(10, "2025-01-01", "2025-01-20"), "A": item(20, "2025-01-02", "2025-02-20"),
        "B": item(30, "2025-01-03", "2025-03-20"),
        "R1": item(10, "2025-01-25", None, kind="receipt"), "R2": item(20, "2025-02-20", None, kind="receipt"),
        "R3": item(30, "2025-03-20", None, kind="receipt"),
        "OLD": item(100, "2025-02-25", "2025-04-20"), "ON": item(100, "2025-03-20", "2025-05-20"),
        "NEW": item(900, "2025-09-01", "2025-10-20"), "OTHER": item(50, "2025-04-01", "2025-05-20", customer="C2"),
    },
    "allocations": [
        {"debit": "LATE", "credit": "R1", "amount": 10, "day": "2025-01-25"},
        {"debit": "A", "credit": "R2", "amount": 20, "day": "2025-02-20"},
        {"debit": "B", "credit": "R3", "amount": 30, "day": "2025-03-20"},
    ],
}  # fmt: skip


def days(case, on=ON, customer="C1"):
    """What each delivery of a customer rests on; ``today`` is one that would be made on the day."""
    insurance = insurance_of(case | {"as_of": on})
    (wording,) = insurance.wordings
    found = self_set(insurance, wording, on=on)
    numbers = insurance.book.ledger.items["number"].to_list()
    codes = insurance.book.ledger.customers["customer_code"].to_list()
    return {
        "today" if row["item_id"] < 0 else numbers[row["item_id"]]: row
        for row in found.rows.iter_rows(named=True)
        if codes[row["customer_id"]] == customer
    }, found  # fmt: skip


def said(row):
    last = None if row["until"] == NEVER else str(day_of(row["until"]))
    since = None if row["lost_on"] == NEVER else str(day_of(row["lost_on"]))
    return row["basis"], last, row["limit_minor"], row["lost"], since


def test_each_delivery_rests_on_the_payments_before_it_and_no_later_ones():
    rows, found = days(PAID | {"policy": policy()})
    assert said(rows["OLD"]) == ("none", None, 0, "", None), "one payment on time is not two; the late one is none"
    assert said(rows["ON"]) == ("payments", "2026-02-20", 500_00, "", None), "paid on the day of delivery counts"
    assert said(rows["NEW"]) == ("payments", "2026-02-20", 500_00, "", None)
    paid = found.payments(rows["NEW"]["customer_id"], rows["NEW"]["delivered_on"])
    assert [str(day_of(day)) for day in found.paid.day[paid]] == ["2025-02-20", "2025-03-20"]
    assert days(PAID | {"policy": policy()}, customer="C2")[0]["OTHER"]["basis"] == "none"


def test_the_count_the_time_and_the_cap_are_the_policy_s():
    three = {"count": 3, "within": {"months": 12}, "paid_by": "due"}
    short = {"count": 2, "within": {"days": 20}, "paid_by": "due"}
    patient = {"count": 3, "within": {"months": 12}, "paid_by": "mep_end"}
    assert days(PAID | {"policy": policy(payments=three)})[0]["NEW"]["basis"] == "none"
    assert days(PAID | {"policy": policy(payments=short)})[0]["ON"]["basis"] == "none"
    assert said(days(PAID | {"policy": policy(payments=patient)})[0]["NEW"])[:2] == ("payments", "2026-01-25")
    half = policy(amount=None, of_highest_rate=0.5)
    assert days(PAID | {"policy": half})[0]["NEW"]["limit_minor"] == 15_00


@pytest.mark.parametrize(
    ("within", "minor"), [(None, 30_00), ({"days": 3}, 0), ({"months": 12}, 30_00), ({"days": 165}, 30_00)]
)
def test_the_largest_item_is_that_of_its_own_time_else_of_all(within, minor):
    term = {"amount": None, "of_highest_rate": 1, "payments": None, "report": None, "highest_within": within}
    assert days(PAID | {"policy": policy(**term)})[0]["NEW"]["limit_minor"] == minor


def test_a_report_justifies_for_its_time_only():
    case = PAID | {"policy": policy(payments=None), "events": [{"event": "credit_report", "day": dt.date(2025, 3, 1)}]}
    rows, _ = days(case)
    assert said(rows["OLD"])[:3] == ("none", None, 0), "it came after"
    assert said(rows["ON"])[:3] == ("report", "2025-09-01", 500_00)
    assert said(rows["NEW"])[:3] == ("report", "2025-09-01", 500_00), "the last day counts"
    assert (rows["today"]["basis"], rows["today"]["limit_minor"]) == ("none", 0)
    assert str(day_of(rows["NEW"]["reported_on"])) == "2025-03-01"
    assert rows["OLD"]["reported_on"] == NEVER


def test_where_nothing_is_asked_for_nothing_is_needed():
    rows, _ = days(PAID | {"policy": policy(payments=None, report=None)})
    assert said(rows["OLD"]) == ("nothing_asked", None, 500_00, "", None)


LOSSES = {
    "adverse_information": {"events": [{"event": "adverse_information", "day": dt.date(2025, 8, 1)}]},
    "refused": {"limits": [{"kind": "refused", "decided_on": dt.date(2025, 8, 1)}]},
    "cancelled": {
        "limits": [
            {"kind": "approved", "amount": 50, "decided_on": dt.date(2025, 4, 1)},
            {"kind": "cancelled", "decided_on": dt.date(2025, 8, 1)},
        ]
    },
}


@pytest.mark.parametrize("why", LOSSES)
def test_the_right_is_lost_for_what_is_delivered_later_and_not_for_what_was_before(why):
    case = PAID | {"policy": policy()} | LOSSES[why]
    rows, _ = days(case)
    assert said(rows["ON"]) == ("payments", "2026-02-20", 500_00, "", None)
    assert said(rows["NEW"]) == ("payments", "2026-02-20", 0, why, "2025-08-01")
    assert said(rows["today"])[3:] == (why, "2025-08-01")
    kept, _ = days(case | {"policy": policy(lost_on=[each for each in LOST[1:-1] if each != why])})
    assert kept["NEW"]["lost"] == "", "what the policy does not name loses nothing"


def test_an_item_unpaid_too_long_loses_it_from_the_day_after_its_extension():
    rows, _ = days(PAID | {"policy": policy(lost_on=["overdue"])})
    assert said(rows["NEW"])[2:] == (0, "overdue", "2025-05-21"), "due 20 April, and 30 days"
    assert said(rows["ON"])[3:] == ("", None)
    both = PAID | {"policy": policy(lost_on=["overdue", "adverse_information"])} | LOSSES["adverse_information"]
    assert said(days(both)[0]["NEW"])[3:] == ("overdue", "2025-05-21"), "what came first"


def test_what_the_insurer_decided_is_no_limit_of_ours_and_ours_is_at_most_what_we_set():
    named = {"kind": "approved", "amount": 5000, "decided_on": dt.date(2025, 8, 1)}
    rows, _ = days(PAID | {"policy": policy(), "limits": [named]})
    assert (rows["ON"]["is_own"], rows["NEW"]["is_own"], rows["NEW"]["limit_minor"]) == (True, False, 0)
    ours = {"kind": "discretionary", "amount": 200, "decided_on": dt.date(2025, 2, 1)}
    rows, _ = days(PAID | {"policy": policy(), "limits": [ours]})
    assert (rows["ON"]["set_minor"], rows["ON"]["limit_minor"], rows["OLD"]["limit_minor"]) == (200_00, 200_00, 0)


def test_it_is_what_cover_goes_by():
    """The limit of each open item is the one that cover takes: two ways to it, one answer."""
    for term in ({}, {"payments": None}, {"amount": None, "of_highest_rate": 0.5}):
        for more in ({}, *LOSSES.values()):
            case = PAID | {"policy": policy(**term)} | more
            rows, _ = days(case)
            insurance = insurance_of(case | {"as_of": ON})
            (one,), _rest = cover(insurance, Asked(ON))
            numbers = insurance.book.ledger.items["number"].to_list()
            for place, item_id in enumerate(insurance.book.whole[one.item].tolist()):
                row = rows.get(numbers[item_id])
                if row is not None and row["is_own"] and not one.bar[place]:
                    assert row["limit_minor"] == one.slices.limit_minor[place], (term, more, numbers[item_id])


def test_a_policy_without_such_limits_has_none_and_every_basis_has_its_word():
    bare = policy()
    del bare["terms"]["discretionary_limit"]
    assert days(PAID | {"policy": bare})[0] == {}
    assert BASES == ("payments", "report", "nothing_asked", "none")
