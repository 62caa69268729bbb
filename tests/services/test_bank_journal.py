"""The bank's journal: what a decision books on the day of the bank, and what its being taken back books on its own."""

import datetime as dt

import pytest
from services.test_bank import ON, SYSTEM, bring, entry_of, ledger  # noqa: F401 - the fixture is named

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.services import bank_decide, bank_journal, checks
from seawall.services.access import Actor
from seawall.store.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = {"since": dt.date(2026, 3, 1), "until": ON}
NAMES = ("event", "account", "number", "currency", "debit", "credit")


def told(found, *names):
    return [tuple(line[name] for name in names or NAMES) for line in found["lines"]]


@pytest.mark.usefixtures("ledger")
def test_a_charge_a_discount_and_an_exchange_difference_are_booked_and_balance():
    bring(
        ("2026-03-20", "999.60", "上海海丰贸易", "INV-1001"), ("2026-03-28", "784.00", "Acme GmbH", "INV-2001"),
        ("2026-03-29", "718.00", "Acme GmbH", "USD-1 payment"),
    )  # fmt: skip
    for amount in (99_960, 78_400, 71_800):
        bank_decide.confirm(SYSTEM, entry_of(amount=amount), on=ON)
    found = bank_journal.document(SYSTEM, **MARCH)
    assert told(found) == [
        ("receipt", "bank", "", "CNY", "999.60", "0.00"),
        ("receipt", "receivables", "INV-1001", "CNY", "0.00", "999.60"),
        ("bank_charge", "bank_charges", "INV-1001", "CNY", "0.40", "0.00"),
        ("bank_charge", "receivables", "INV-1001", "CNY", "0.00", "0.40"),
        ("receipt", "bank", "", "CNY", "784.00", "0.00"),
        ("receipt", "receivables", "INV-2001", "CNY", "0.00", "784.00"),
        ("discount", "cash_discounts", "INV-2001", "CNY", "16.00", "0.00"),
        ("discount", "receivables", "INV-2001", "CNY", "0.00", "16.00"),
        ("receipt", "bank", "", "CNY", "718.00", "0.00"),
        ("receipt", "exchange_clearing", "USD-1", "CNY", "0.00", "718.00"),
        ("receipt", "exchange_clearing", "USD-1", "USD", "100.00", "0.00"),
        ("receipt", "receivables", "USD-1", "USD", "0.00", "100.00"),
        ("fx_difference", "exchange_differences", "USD-1", "CNY", "2.00", "0.00"),
        ("fx_difference", "exchange_clearing", "USD-1", "CNY", "0.00", "2.00"),
    ]
    assert found["totals"] == [
        {"currency": "CNY", "debit": "2520.00", "credit": "2520.00"},
        {"currency": "USD", "debit": "100.00", "credit": "100.00"},
    ]
    first = bank_journal.document(SYSTEM, **MARCH, limit=1)
    assert (first["postings"], first["next"], len(first["lines"]), first["totals"]) == (3, 1, 4, found["totals"])
    assert bank_journal.document(SYSTEM, **MARCH, after=2, limit=1)["next"] is None


@pytest.mark.usefixtures("ledger")
def test_money_of_two_currencies_pays_its_own_to_the_cent_and_the_rest_bears_the_difference():
    bring(("2026-03-29", "1518.00", "Acme GmbH", "INV-2001 USD-1"))
    bank_decide.confirm(SYSTEM, entry_of(amount=151_800), on=ON)
    found = bank_journal.document(SYSTEM, **MARCH)
    assert ("receipt", "receivables", "INV-2001", "CNY", "0.00", "800.00") in told(found)
    assert ("receipt", "exchange_clearing", "USD-1", "CNY", "0.00", "718.00") in told(found)
    assert ("fx_difference", "exchange_differences", "USD-1", "CNY", "2.00", "0.00") in told(found)
    assert checks.check(SYSTEM, on=ON).failures == ()


@pytest.mark.usefixtures("ledger")
def test_what_is_taken_back_stays_and_is_booked_back_on_the_day_of_it():
    bring(("2026-03-20", "1000.00", "上海海丰贸易", "INV-1001"), ("2026-03-21", "25.00", "Someone", "gift"))
    number = entry_of(amount=100_000)
    bank_decide.confirm(SYSTEM, number, on=ON)
    bank_decide.set_aside(SYSTEM, entry_of(amount=2_500), reason="interest")
    before = told(bank_journal.document(SYSTEM, **MARCH))
    bank_decide.take_back(SYSTEM, number, reason="not theirs")
    assert told(bank_journal.document(SYSTEM, **MARCH)) == before
    today = AuditEntry.objects.order_by("-batch_no").first().recorded_at.date()
    around = {"since": today - dt.timedelta(days=1), "until": today + dt.timedelta(days=1)}
    assert told(bank_journal.document(SYSTEM, **around), "posting", "is_reversal", "account", "debit", "credit") == [
        (f"BANK-{number}-R", True, "bank", "0.00", "1000.00"),
        (f"BANK-{number}-R", True, "receivables", "1000.00", "0.00"),
    ]
    bank_decide.confirm(SYSTEM, number, on=ON)
    assert {row for (row,) in told(bank_journal.document(SYSTEM, **MARCH), "posting")} == {
        f"BANK-{number}", f"BANK-{number}.2",
    }  # fmt: skip


@pytest.mark.usefixtures("ledger")
def test_bad_questions_say_what_is_wrong_and_another_entity_is_not_found():
    bring(("2026-03-20", "1000.00", "上海海丰贸易", "INV-1001"))
    bank_decide.confirm(SYSTEM, entry_of(amount=100_000), on=ON)
    with pytest.raises(InputError, match="ends before"):
        bank_journal.document(SYSTEM, since=ON, until=dt.date(2026, 3, 1))
    other = Actor.of("eve", ["finance"], frozenset({"E2"}), user_id=2)
    assert bank_journal.document(other, **MARCH)["lines"] == []
    for entity in ("E1", "E9"):
        with pytest.raises(NotFound):
            bank_journal.document(other, **MARCH, entity=entity)
    assert len(bank_journal.document(SYSTEM, **MARCH, entity="E1")["lines"]) == 2
    assert bank_journal.document(SYSTEM, **MARCH, entity="E2")["postings"] == 0
