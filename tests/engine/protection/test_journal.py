import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.protection.journal import Movement, entries, opening_day

ACCOUNTS = {code: {"name": code, "name_zh": code} for code in ("impairment_loss", "allowance", "receivables")}
MINOR = st.integers(0, 10**15)


@given(MINOR, MINOR, MINOR, MINOR)
def test_every_entry_balances_and_the_movement_closes(opening, write_offs, recoveries, closing):
    movement = Movement(opening, write_offs, recoveries, closing)
    rows = movement.rows(dt.date(2025, 11, 30), dt.date(2025, 12, 31))
    assert sum(row["amount_minor"] for row in rows[:4]) == rows[4]["amount_minor"] == closing
    lines = entries(movement, ACCOUNTS)
    for event in {line["event"] for line in lines}:
        mine = [line for line in lines if line["event"] == event]
        assert sum(line["debit_minor"] for line in mine) == sum(line["credit_minor"] for line in mine) > 0
    change = sum(line["credit_minor"] - line["debit_minor"] for line in lines if line["account"] == "allowance")
    assert change == closing - opening


def test_a_charge_raises_the_allowance_and_a_release_lowers_it():
    up, down = Movement(100, 0, 0, 150), Movement(150, 0, 0, 100)
    assert [(line["account"], line["debit_minor"], line["credit_minor"]) for line in entries(up, ACCOUNTS)] == [
        ("impairment_loss", 50, 0), ("allowance", 0, 50),
    ]  # fmt: skip
    assert [(line["event"], line["account"], line["debit_minor"]) for line in entries(down, ACCOUNTS)] == [
        ("release", "allowance", 50), ("release", "impairment_loss", 0),
    ]  # fmt: skip


def test_a_write_off_uses_the_allowance_and_must_be_charged_again():
    movement = Movement(100, 40, 10, 100)
    assert movement.charge_minor == 30
    assert [line["event"] for line in entries(movement, ACCOUNTS)] == ["charge"] * 2 + ["write_off"] * 2 + [
        "recovery"
    ] * 2


@pytest.mark.parametrize(
    ("on", "opening", "day"),
    [
        ("2025-12-31", "previous_month_end", "2025-11-30"),
        ("2025-12-01", "previous_month_end", "2025-11-30"),
        ("2025-03-15", "year_start", "2024-12-31"),
        ("2025-12-31", "year_start", "2024-12-31"),
    ],
)
def test_opening_day(on, opening, day):
    assert opening_day(dt.date.fromisoformat(on), opening) == dt.date.fromisoformat(day)
