"""A ledger of five documents as lines of text, and what is open of it in the store."""

import datetime as dt

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.balance import open_debits, unapplied_credits
from seawall.services import snapshots
from seawall.services.access import Actor

SYSTEM = Actor.system()
CUSTOMERS = ["customer_code,name,country,parent_code,email", "C1,Acme,CN,,a@example.com", "C2,Beta,DE,C1,"]
ITEMS = [
    "entity,customer_code,kind,number,issued_on,due_on,currency,amount,description",
    "E1,C1,invoice,I-1,2026-01-10,2026-02-09,CNY,1000.00,first",
    "E1,C1,invoice,I-2,2026-01-20,2026-02-19,CNY,500.00,",
    "E1,C2,invoice,I-3,2026-02-01,2026-03-03,CNY,70.50,",
    "E1,C1,receipt,R-1,2026-02-20,,CNY,1200.00,",
    "E2,C2,invoice,I-1,2026-02-05,2026-03-07,EUR,10.00,",
]
ALLOCATIONS = [
    "entity,customer_code,debit_number,credit_number,allocated_on,amount",
    "E1,C1,I-1,R-1,2026-02-20,1000.00",
    "E1,C1,I-2,R-1,2026-02-20,150.00",
]


BY_HAND = {
    "entity": "E1", "customer_code": "C1", "debit_number": "I-2", "credit_number": "R-1",
    "allocated_on": "2026-03-01", "amount": "50.00",
}  # fmt: skip


def open_by_number(on=dt.date(2026, 3, 31), known=None):
    ledger, known = snapshots.open_ledger(SYSTEM, known=known, details=True)
    as_of = AsOf(on, known)
    debits = dict(open_debits(ledger, as_of=as_of).select("number", "open_minor").iter_rows())
    return debits | {
        number: -amount
        for number, amount in unapplied_credits(ledger, as_of=as_of).select("number", "unapplied_minor").iter_rows()
    }
