"""The demo company's insurer: connected once, asked for the largest customers, and remembered over a restart."""

import datetime as dt

import pytest
from sandbox_insurer import SECRET, running
from stocked import ON, SYSTEM, empty, stock

from seawall.services import (
    customers,
    demo_insurance,
    demo_insurer,
    insurer_comparing,
    insurer_messages,
    insurer_rounds,
    insurers,
    subjects,
)
from seawall.store.models import InsurerConnection


@pytest.fixture
def company(db, tmp_path, monkeypatch, transactional_db):
    monkeypatch.setattr(demo_insurer, "ON", ON)
    stock(tmp_path)
    yield tmp_path
    empty()


def talk(insurer, number):
    row = InsurerConnection.objects.every_entity().get(pk=number)
    return insurer_rounds.exchange(row, now=insurer.now)


def test_it_insures_what_the_demos_policy_insures(company):
    found = demo_insurer._open(SYSTEM)
    about = [customers.described(subjects.customer_of(SYSTEM, code)) for code in found["customer_code"].unique()]
    assert about
    assert "CN" not in {each.country for each in about}
    assert (demo_insurer.POLICY, demo_insurer.CURRENCY) == (demo_insurance.POLICY, "USD")
    assert "\ncurrency: USD\n" in demo_insurance.wording(ON)


def test_the_demo_asks_for_its_largest_customers_and_the_insurer_remembers_over_a_restart(company, monkeypatch):
    for name, value in (("CURRENCY", "CNY"), ("HOME", "")):  # this ledger has few exports
        monkeypatch.setattr(demo_insurer, name, value)
    folder, journal = company / "sandbox", company / "journal.jsonl"
    with running(folder, is_quick=True, journal=journal) as insurer:
        monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", insurer.host)
        asked = {"url": insurer.url, "authority": insurer.authority, "client_id": "seawall", "secret": SECRET}
        number = demo_insurer.connect(SYSTEM, **asked, at=insurer.now)
        assert demo_insurer.is_connected(SYSTEM)
        kinds = [row.kind for row in insurer_messages.listed(SYSTEM)]
        assert (kinds.count("request_cover"), kinds.count("notify")) == (6, 2)
        talk(insurer, number)
        insurer.advance(minutes=2)
        talk(insurer, number)
        assert {row.state for row in insurer_messages.listed(SYSTEM)} == {"done"}
        assert insurer_comparing.compare(SYSTEM, connection_id=number, at=insurer.now).holds
        port, before = insurer.server.http.server_address[1], insurer.sandbox.book
    with running(folder, is_quick=True, journal=journal, port=port) as again:
        again.advance(seconds=(before.now - again.now).total_seconds() + 60)
        assert again.sandbox.book.decisions == before.decisions
        assert [each["event_id"] for each in again.sandbox.book.events] == [each["event_id"] for each in before.events]
        assert insurer_comparing.compare(SYSTEM, connection_id=number, at=again.now).holds
        assert len(insurers.listed(SYSTEM)) == 1
        assert again.now - before.now >= dt.timedelta(seconds=60)
