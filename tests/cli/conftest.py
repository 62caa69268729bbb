"""A small ledger in files, for commands that need no store."""

import datetime as dt

import pytest

from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A generated ledger in several currencies, as canonical CSV files."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger = generate(items=1500, customers=20, seed=7, until=dt.date(2026, 6, 30), months=27)
    for name, table in canonical(ledger).items():
        table.write_csv(folder / f"{name}.csv")
    return folder


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """The worked example of as-of ageing (GT-3.1), and a customer that has nothing but an unapplied receipt."""
    folder = tmp_path_factory.mktemp("example")
    (folder / "customers.csv").write_text("customer_code,name\nC1,First\nC2,Second\nC3,Third\n")
    (folder / "items.csv").write_text(
        "entity,customer_code,kind,number,issued_on,due_on,currency,amount\n"
        "E1,C1,invoice,INV1,2024-12-10,2025-01-09,CNY,100000\n"
        "E1,C1,invoice,INV2,2025-01-20,2025-02-19,CNY,50000\n"
        "E1,C1,invoice,INV3,2025-02-25,2025-03-27,CNY,80000\n"
        "E1,C1,invoice,INV4,2025-03-20,2025-04-19,CNY,40000\n"
        "E1,C1,invoice,INV5,2025-04-03,2025-05-03,CNY,70000\n"
        "E1,C1,receipt,R1,2025-02-15,,CNY,60000\n"
        "E1,C1,credit_note,CN1,2025-03-05,,CNY,5000\n"
        "E1,C1,receipt,R2,2025-03-25,,CNY,12000\n"
        "E1,C1,receipt,R3,2025-04-02,,CNY,80000\n"
        "E1,C2,receipt,R4,2025-03-01,,CNY,10.5\n"
        "E1,C3,invoice,INV6,2025-01-01,2025-01-31,CNY,10\n"
        "E1,C3,receipt,R5,2025-01-20,,CNY,10\n"
    )
    (folder / "allocations.csv").write_text(
        "entity,customer_code,debit_number,credit_number,allocated_on,amount\n"
        "E1,C1,INV1,R1,2025-02-15,60000\n"
        "E1,C1,INV2,CN1,2025-03-05,5000\n"
        "E1,C1,INV3,R3,2025-04-02,80000\n"
        "E1,C1,INV2,R2,2025-04-05,12000\n"
        "E1,C3,INV6,R5,2025-01-20,10\n"
    )
    (folder / "disputes.csv").write_text(
        "entity,number,opened_on,closed_on,amount,reason\nE1,INV2,2025-03-01,,10000,price\n"
    )
    return folder
