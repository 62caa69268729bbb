"""A small ledger whose customer buys on a limit that we set ourselves, and the policy that lets us."""

import datetime as dt

import yaml
from stocked import person

from seawall.services import approvals, wordings
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.intake import commit_import

SYSTEM = Actor.system()
ON = dt.date(2025, 10, 1)
ITEMS = """entity,customer_code,kind,number,issued_on,due_on,currency,amount
E1,C1,invoice,A,2025-01-02,2025-02-20,USD,200.00
E1,C1,invoice,B,2025-01-03,2025-03-20,USD,300.00
E1,C1,receipt,RA,2025-02-20,,USD,200.00
E1,C1,receipt,RB,2025-03-20,,USD,300.00
E1,C1,invoice,N1,2025-06-02,2025-08-20,USD,900.00
E1,C1,invoice,N2,2025-06-02,2025-08-21,USD,100.00
E1,C1,invoice,N3,2025-09-02,2025-11-20,USD,100.00
E1,C2,invoice,X,2025-06-02,2025-08-20,USD,100.00
E1,C3,invoice,Y,2025-06-02,2025-08-20,USD,100.00
"""
ALLOCATIONS = """entity,debit_number,credit_number,allocated_on,amount
E1,A,RA,2025-02-20,200.00
E1,B,RB,2025-03-20,300.00
"""
POLICY = {
    "policy": "P-25", "entities": ["E1"], "title": "Evidence", "title_zh": "依据", "form": "whole_turnover", "currency": "USD",
    "period": {"from": dt.date(2025, 1, 1), "to": dt.date(2025, 12, 31)},
    "terms": {
        "causes": ["insolvency"], "vat": "out", "max_payment_term": "none", "receipt_allocation": "as_booked",
        "disputed": "covered", "mep": {"days": 60}, "stop_of_cover": ["insolvency"], "insured_rate": 0.9,
        "loss_operators": ["insured_rate"], "recoveries": {"rule": "pro_rata_insured", "costs": "shared"},
        "discretionary_limit": {
            "amount": 5000, "payments": {"count": 2, "within": {"months": 12}, "paid_by": "due"},
            "report": {"within": {"months": 6}}, "lost_on": ["refused", "adverse_information"],
        },
    },
}  # fmt: skip


def approved(policy):
    """Have a policy approved by a second person."""
    author, second = (
        actor_of(person(f"{role}-{policy['policy']}", Grant(role))) for role in ("insurance_manager", "credit_manager")
    )
    text = yaml.safe_dump(policy, sort_keys=False, allow_unicode=True)
    asked = wordings.propose(author, text, reason="as signed")
    approvals.approve(second, asked.number, digest=asked.digest, on=ON)


def bring(folder):
    """Import the ledger, and have the policy approved by a second person."""
    for name, text in (("items.csv", ITEMS), ("allocations.csv", ALLOCATIONS)):
        (folder / name).write_text(text)
    (folder / "customers.csv").write_text("customer_code,name,country\nC1,=Wares <b>,DE\nC2,Two,DE\nC3,Three,FR\n")
    commit_import(SYSTEM, [folder / name for name in ("customers.csv", "items.csv", "allocations.csv")])
    approved(POLICY)
