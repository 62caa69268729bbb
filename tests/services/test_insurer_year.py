"""A simulated time with an insurer that goes wrong in every way: in the end both sides hold the same, to nothing."""

import contextlib
import datetime as dt
import random
from pathlib import Path

import pytest
from django.conf import settings
from insured import POLICY, connected, customers, founded, linked, rounds
from sandbox_insurer import running
from stocked import SYSTEM

from seawall.engine.kernel.errors import OutsideError
from seawall.exchange.insurers.sandbox.faults import KINDS
from seawall.services import insurer_comparing, insurer_events, insurer_messages, insurers
from seawall.services.audit import verify
from seawall.services.insurer_messages import RequestOpen
from seawall.store import insured_on_file
from seawall.store.models import InsurerConnection, InsurerEvent, InsurerMessage, InsurerSending

pytestmark = pytest.mark.django_db(transaction=True)
SEED = 20261126
CUSTOMERS = 6


@pytest.fixture
def served(request):
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    return request.getfixturevalue("live_server").url.replace("localhost", "127.0.0.1")


def something(dice, number, code, on):
    """Say something, as a company does in a year; what the house refuses (an open request) is not said."""
    money = {"amount": f"{dice.randrange(1, 500)}000.00", "currency": "USD"}
    kind, fields = dice.choice([
        ("request_cover", {"request_type": dice.choice("237"), **money}),
        ("request_cover", {"request_type": "2", **money}),
        ("change_cover", {"action": dice.choice(["supersede", "reduce", "cancel", "prolong"]), **money}),
        ("notify", {
            "notice": dice.choice(["overdue", "extension", "reschedule"]), "item_number": f"I-{code[1:]}",
            "issued_on": "2025-10-01", "due_on": "2025-12-01", "amount": "1200.00", "currency": "USD",
            "on": on.isoformat(), "extended_to": (on + dt.timedelta(days=30)).isoformat(),
        }),
        ("report_adverse", {"on": on.isoformat(), "text": "asks for a delay"}),
        ("file_claim", {
            "cause": "insolvency", "date_of_loss": on.isoformat(), **money,
            "items": [{"item_number": f"I-{code[1:]}", "due_on": "2025-12-01", "amount": "1200.00", "currency": "USD"}],
        }),
    ])  # fmt: skip
    before = InsurerMessage.objects.every_entity().count()
    with contextlib.suppress(RequestOpen):
        insurer_messages.say(SYSTEM, connection_id=number, kind=kind, fields=fields, customer_code=code)
    return InsurerMessage.objects.every_entity().count() - before


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.promise("R24")
def test_after_a_time_of_faults_both_sides_hold_the_same(served, tmp_path, monkeypatch, count, promise):
    days, dice, said = count(30, 365), random.Random(SEED), 0
    founded()
    codes = customers(tmp_path, CUSTOMERS)
    with running(tmp_path / "sandbox", seed=SEED) as insurer:
        insurer.sandbox.faults.hang_seconds = 1.7
        number = connected(insurer, monkeypatch, seconds=1.5)
        monkeypatch.setattr("seawall.web.protection.insurers.timezone.now", lambda: insurer.now)
        for code in codes:
            linked(insurer, number, code)
        insurers.subscribe(SYSTEM, connection_id=number, url=f"{served}/insurers/{number}/events/", at=insurer.now)
        for day in range(days):
            troubles(insurer, dice, day)
            for code in dice.sample(codes, 2):
                said += something(dice, number, code, insurer.now.date())
            for _ in range(3):
                rounds(insurer, number)
                insurer.advance(hours=8)
            with contextlib.suppress(OutsideError):  # while everything is out there is no comparison either
                insurer_comparing.compare(SYSTEM, connection_id=number, at=insurer.now)
        happened = calmed(insurer, number)
        found = compared(insurer, number)
        differing = [each for each in found.differences if each["what"] != "set_apart"]
        assert differing == [], found.counts
        check_nothing_is_lost_or_doubled(insurer, number, said)
        assert set(KINDS) <= set(happened), "every fault was met"
    promise(
        f"{days} days with {sum(happened.values())} faults of {len(happened)} kinds and {said} messages (seed {SEED}): "
        f"lost 0, doubled 0, differences at the end 0"
    )


def troubles(insurer, dice, day):
    """The day's faults; an outage now and then."""
    faults = {kind: 0.25 if kind.startswith("event") else 0.08 for kind in KINDS} | {"silent_after": 0.02}
    if day % 9 == 5:
        faults["outage_until"] = (insurer.now + dt.timedelta(hours=dice.randrange(2, 20))).isoformat()
    insurer.admin("faults", **faults)


def calmed(insurer, number):
    """The faults end, and what is under way comes to its end; how often each fault happened."""
    happened = dict(insurer.sandbox.faults.happened)
    insurer.admin("faults", **dict.fromkeys(KINDS, 0.0), outage_until="")
    for _ in range(16):
        rounds(insurer, number)
        insurer.advance(hours=12)
    for event in insurer_events.listed(SYSTEM, insurers.seen(SYSTEM), state="quarantined", limit=1000):
        assert event.raw, "what could not be read is kept as it came"
    return happened


def compared(insurer, number):
    """Both sides compared once nothing goes wrong any more; a busy machine may take a second try."""
    for _ in range(5):
        with contextlib.suppress(OutsideError):
            return insurer_comparing.compare(SYSTEM, connection_id=number, at=insurer.now)
    raise AssertionError("the insurer does not answer")


def check_nothing_is_lost_or_doubled(insurer, number, said):
    book = insurer.sandbox.book
    ours = InsurerMessage.objects.every_entity().filter(connection_id=number)
    assert ours.count() == said == len(book.keys), "each message arrived, and arrived once"
    states = set(InsurerSending.objects.every_entity().values_list("state", flat=True))
    assert states <= {"done", "refused"}, states
    taken = InsurerEvent.objects.every_entity().filter(connection_id=number, state="taken")
    apart = InsurerEvent.objects.every_entity().filter(state="quarantined").exclude(body=None)
    assert [(each.problem, each.body) for each in apart] == []
    assert taken.filter(kind="decision").count() == len(book.decisions)
    assert set(taken.exclude(kind="decision").values_list("ref", flat=True)) == {
        each["event_id"] for each in book.events if each["kind"] != "decision"
    }
    limits = insurer_events.limits(InsurerConnection.objects.every_entity().get(pk=number))
    assert [(each["company_ref"], each["layer"], each["amount"]) for each in limits] == [
        (each["company_ref"], each["layer"], each["amount"]) for each in book.standing()
    ]
    assert not taken.filter(posted_no=None).exists(), "what was taken is a fact"
    facts = insured_on_file.standing("insured_limits")
    assert set(facts["policy"].unique()) == {POLICY}
    assert verify(SYSTEM).holds
