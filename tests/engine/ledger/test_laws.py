"""Each law is broken once, on purpose, and must say so; random lawful ledgers are in test_ageing."""

from dataclasses import replace

import polars as pl
import pytest
from factories import Book, as_of, day

from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR
from seawall.engine.ledger import laws
from seawall.engine.ledger.laws import LAWS, Breach, breaches

ON = as_of("2025-03-31")


def lawful():
    book = Book().customer("A", group_code="A").customer("B", group_code="A").customer("C", group_code="C")
    book.invoice("I", 100, "2025-01-01", "2025-02-01", customer="A", parts=[("2025-02-01", 40), ("2025-03-01", 60)])
    book.invoice("J", 50, "2025-01-01", "2025-02-01", customer="B", disputed=5).dispute(
        "I", 10, "2025-02-02", "2025-02-09"
    )
    book.invoice("K", 50, "2025-01-01", "2025-02-01", customer="C", entity="E2", currency="EUR")
    return book.pay("I", 30, "2025-02-01").pay("J", 20, "2025-02-01").pay("K", 20, "2025-02-01")


def changed(table, row, **values):
    ledger = lawful().ledger()
    frame = getattr(ledger, table)
    at = pl.int_range(pl.len()) == row
    columns = [
        pl.when(at).then(pl.lit(value, dtype=frame.schema[name])).otherwise(name).alias(name)
        for name, value in values.items()
    ]
    return replace(ledger, **{table: frame.with_columns(columns)})


def apart():
    """Group A around group C."""
    ledger = lawful().ledger()
    return replace(ledger, customers=ledger.customers.with_columns(group_code=pl.Series(["A", "C", "A"])))


def with_a_bounce(**changes):
    """The lawful ledger with a bill that bounced, and its allocations changed."""
    book = lawful().bill("B", 10, "2025-02-02", "2025-03-02", customer="A", events=[("bounced", "2025-03-03")])
    ledger = book.allocate("I", "B", 10, "2025-02-02").ledger()
    back = ledger.allocations.filter(pl.col("amount_minor") < 0)
    rest = ledger.allocations.filter(pl.col("amount_minor") > 0)
    columns = [pl.lit(value, pl.Int64).alias(name) for name, value in changes.items()]
    rows = back.with_columns(columns) if changes else back.head(0)
    return replace(ledger, allocations=pl.concat([rest, rows]))


BROKEN = {
    "taken_back": [
        with_a_bounce(), with_a_bounce(amount_minor=-9_99, credit_minor=-9_99), with_a_bounce(credit_id=1),
        changed("allocations", 0, amount_minor=-30_00, credit_minor=-30_00),
    ],
    "dense_ids": [changed("items", 1, item_id=7), changed("items", 0, account_id=2), changed("accounts", 1, customer_id=9)],
    "one_account": [changed("accounts", 1, customer_id=0)],
    "whole_groups": [apart()],
    "amounts": [
        changed("items", 0, amount_minor=0), changed("items", 0, amount_minor=AMOUNT_LIMIT_MINOR + 1),
        changed("items", 0, tax_minor=-1), changed("items", 0, disputed_minor=100_01), changed("allocations", 0, amount_minor=0),
    ],
    "sides": [changed("items", 0, is_debit=False), changed("allocations", 0, debit_id=1), changed("allocations", 0, credit_id=99)],
    "one_entity": [changed("allocations", 0, credit_id=5)],
    "one_amount": [changed("allocations", 0, credit_minor=29_99)],
    "effective_day": [changed("allocations", 0, allocated_on=day("2025-01-31"))],
    "settled": [changed("allocations", 0, amount_minor=100_01)],
    "used": [changed("allocations", 0, credit_minor=30_01)],
    "instalments": [changed("instalments", 0, amount_minor=39_00), changed("instalments", 0, item_id=1)],
    "disputes": [
        changed("disputes", 0, amount_minor=0), changed("disputes", 0, closed_on=day("2025-02-01")), changed("disputes", 0, item_id=1)
    ],
}  # fmt: skip
CASES = [
    pytest.param(law, ledger, id=f"{law}-{k}") for law, ledgers in BROKEN.items() for k, ledger in enumerate(ledgers)
]


def test_a_lawful_ledger_breaks_none():
    assert breaches(lawful().ledger(), as_of=ON) == []
    assert breaches(Book().ledger(), as_of=ON) == []


@pytest.mark.parametrize(("law", "ledger"), CASES)
def test_each_law_sees_its_breach(law, ledger):
    found = {breach.law: breach for breach in breaches(ledger, as_of=ON)}
    assert law in found
    assert found[law].count >= 1


FIGURES = {
    "buckets": {"1_30_minor": 1}, "overdue": {"overdue_minor": 10**9}, "open": {"open_minor": 1, "not_due_minor": 1},
    "unapplied": {"unapplied_minor": 1},
}  # fmt: skip


@pytest.mark.parametrize("law", FIGURES)
def test_a_wrong_figure_is_seen(law, monkeypatch):
    plain = laws.ageing
    wrong = [pl.col(name) + extra for name, extra in FIGURES[law].items()]
    monkeypatch.setattr(laws, "ageing", lambda *a, **k: plain(*a, **k).with_columns(wrong))
    assert [breach.law for breach in breaches(lawful().ledger(), as_of=ON)] == [law]


def test_a_wrong_balance_is_seen(monkeypatch):
    plain = laws.balances
    monkeypatch.setattr(laws, "balances", lambda *a, **k: plain(*a, **k).with_columns(pl.col("balance_minor") + 1))
    assert [breach.law for breach in breaches(lawful().ledger(), as_of=ON)] == ["balance"]


def test_every_law_is_shown_to_have_teeth():
    assert {*BROKEN, *FIGURES, "balance"} == set(LAWS)


def test_a_breach_says_which_rows():
    said = str(Breach("settled", "debit", 7, (1, 2)))
    assert said == "Allocations never settle more than an item's amount. Broken by 7 (debit 1, 2)."
