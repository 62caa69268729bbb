"""What a self-set limit rests on: shipments with the limit they had, payments that count, the report of the day."""

import datetime as dt

from insurance_book import insurance_of

from seawall.engine.protection.claim import claims
from seawall.engine.protection.claim_evidence import evidence_of
from seawall.engine.protection.cover import Asked

ON = dt.date(2025, 10, 1)
POLICY = {
    "policy": "P", "form": "whole_turnover", "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
    "currency": "USD",
    "terms": {
        "causes": ["insolvency"], "vat": "out", "max_payment_term": "none", "receipt_allocation": "as_booked",
        "disputed": "covered", "mep": "none", "stop_of_cover": "none", "insured_rate": 0.9, "loss_operators": ["insured_rate"],
        "recoveries": {"rule": "pro_rata_insured", "costs": "shared"},
        "discretionary_limit": {
            "amount": 500, "payments": {"count": 2, "within": {"months": 12}, "paid_by": "due"},
            "report": {"within": {"months": 6}},
        },
    },
}  # fmt: skip


def item(amount, issued, due, **more):
    return {"amount": amount, "issued": issued, "due": due, **more}


CASE = {
    "policy": POLICY, "as_of": ON,
    "items": {
        "LATE": item(10, "2025-01-01", "2025-01-20"), "A": item(20, "2025-01-02", "2025-02-20"),
        "B": item(30, "2025-01-03", "2025-03-20"), "AFTER": item(40, "2025-06-01", "2025-09-30"),
        "OLD": item(100, "2025-02-25", "2025-04-20"), "NEW": item(900, "2025-04-01", "2025-05-20"),
        "OTHER": item(50, "2025-04-01", "2025-05-20", customer="C2"),
        "R1": item(10, "2025-01-25", None, kind="receipt"), "R2": item(20, "2025-02-20", None, kind="receipt"),
        "R3": item(30, "2025-03-20", None, kind="receipt"), "R4": item(40, "2025-06-10", None, kind="receipt"),
    },
    "allocations": [
        {"debit": "LATE", "credit": "R1", "amount": 10, "day": "2025-01-25"},
        {"debit": "A", "credit": "R2", "amount": 20, "day": "2025-02-20"},
        {"debit": "B", "credit": "R3", "amount": 30, "day": "2025-03-20"},
        {"debit": "AFTER", "credit": "R4", "amount": 40, "day": "2025-06-10"},
    ],
}  # fmt: skip


def evidence(case, customer="C1"):
    insurance = insurance_of(case)
    ledger = insurance.book.ledger
    (place,) = ledger.customers.filter(ledger.customers["customer_code"] == customer)["customer_id"]
    (claim,) = claims(insurance, Asked(ON, "insolvency"), [place])
    found = evidence_of(claim)
    numbers = ledger.items["number"].to_list()
    return None if found is None else [
        [(numbers[row["item_id"]], *list(row.values())[1:]) for row in rows.sort("item_id").iter_rows(named=True)]
        for rows in (found.shipments, found.payments)
    ]  # fmt: skip


def test_payments_on_time_before_a_shipment_justify_its_limit_and_are_shown():
    shipments, payments = evidence(CASE)
    assert {row[0]: row[1:] for row in shipments} == {
        "OLD": (dt.date(2025, 2, 25), 0, 1, None, None),
        "NEW": (dt.date(2025, 4, 1), 500_00, 2, dt.date(2026, 2, 20), None),
    }
    assert {row[0]: row[1:] for row in payments} == {
        "A": (dt.date(2025, 2, 20), dt.date(2025, 2, 20), 20_00),
        "B": (dt.date(2025, 3, 20), dt.date(2025, 3, 20), 30_00),
    }  # what was paid late, or after the last shipment, shows nothing


def test_a_report_justifies_it_too_and_another_customers_shows_nothing():
    report = {"event": "credit_report", "day": dt.date(2025, 2, 1)}
    shipments, _payments = evidence(CASE | {"events": [report]})
    assert {row[0]: (row[2], row[5]) for row in shipments} == {
        "OLD": (500_00, dt.date(2025, 2, 1)), "NEW": (500_00, dt.date(2025, 2, 1)),
    }  # fmt: skip
    assert [row[2] for row in evidence(CASE | {"events": [report]}, "C2")[0]] == [0]


def test_a_limit_of_the_insurers_needs_no_evidence():
    named = {
        "kind": "approved",
        "amount": 5000,
        "decided_on": dt.date(2025, 1, 1),
        "effective_from": dt.date(2025, 1, 1),
    }
    assert evidence(CASE | {"limits": [named]}) is None
