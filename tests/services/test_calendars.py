"""Clocks and calendars do not matter: days late are plain differences of days, and writes stand in the order they were made."""

import datetime as dt
import os
import time

import pytest

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.ageing import aged_parts
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.services import access, audit, command, founding, jobs, organisation, reading, runs, schedule, snapshots
from seawall.services.access import Actor
from seawall.services.intake import commit_rows
from seawall.store.models import AuditEntry, Organisation

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()
ZONES = ["UTC", "Pacific/Apia", "Pacific/Pago_Pago", "Europe/Berlin", "America/New_York", "Asia/Shanghai"]
ODD_DAYS = [
    "2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01", "2026-03-28", "2026-03-29", "2026-03-30",
    "2026-03-08", "2026-10-25", "2026-11-01", "2025-12-31", "2026-01-01", "2026-01-31", "2026-03-31", "2026-04-30",
    "2011-12-29", "2011-12-30", "2011-12-31",
]  # fmt: skip
"""Leap days, ends of months and years, days of 23 and 25 hours, and the day that Samoa left out."""


def days_of(texts):
    return sorted(dt.date.fromisoformat(text) for text in texts)


def taken(rows, key):
    return commit_rows(SYSTEM, rows, verb=access.IMPORT, origin=key, key=key)


def invoices(dues):
    return [
        {"entity": "E1", "customer_code": "C1", "kind": "invoice", "number": f"I-{due}", "issued_on": "2011-01-01",
         "due_on": str(due), "currency": "CNY", "amount": "100.00"}
        for due in dues
    ]  # fmt: skip


@pytest.fixture
def zone():
    """Let the process live in another zone."""
    before = os.environ.get("TZ")

    def live_in(name):
        os.environ["TZ"] = name
        time.tzset()

    yield live_in
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.promise("R22")
def test_days_late_are_days_between_two_days_wherever_and_whenever_they_are_asked(zone, count, promise):
    dues = days_of(ODD_DAYS)
    taken({"items": invoices(dues)}, "dues")
    compared, seen = 0, set()
    for name in count(ZONES[1:3], ZONES):
        zone(name)
        for on in count(dues[::6], dues):
            read = reading.open_reading(SYSTEM, on=on, currency="CNY", details=True)
            aged = reading.report(read, scheme=DEFAULT_SCHEME)
            seen.add((on, aged.digest()))
            late = expected_late(dues, on)
            overdue = next(row for row in aged.figures.iter_rows(named=True) if row["name"] == "overdue_minor")
            assert overdue["value_minor"] == 10_000 * len(late), (name, on)
            assert days_late(read.ledger, on) == {due: (on - due).days for due in dues}
            compared += len(dues)
    assert len(seen) == len({on for on, _ in seen}), "another figure in another zone"
    promise(
        f"{compared} days late in {count(2, len(ZONES))} zones over leap days, ends of months and days of 23 and 25 hours: differences 0"
    )


def expected_late(dues, on):
    return [due for due in dues if due < on]


def days_late(ledger, on):
    """Due day to days late, as the engine has it; what was issued after the day has none."""
    rows = aged_parts(ledger, as_of=AsOf(on, 1), scheme=DEFAULT_SCHEME)
    due = ledger.items["due_on"]
    return {due[number]: late for number, late in rows.select("item_id", "dpd_days").rows()}


@pytest.mark.parametrize(
    ("name", "day"), [("Pacific/Apia", "2026-04-01"), ("Pacific/Pago_Pago", "2026-03-31"), ("UTC", "2026-03-31")]
)
def test_today_is_the_day_where_the_company_is(name, day, zone):
    founding.found(SYSTEM, name="Far", reporting_currency="CNY", time_zone=name)
    for other in ZONES:
        zone(other)
        assert organisation.day_of(dt.datetime(2026, 3, 31, 12, 30, tzinfo=dt.UTC)) == dt.date.fromisoformat(day)


@pytest.fixture
def clock(monkeypatch):
    """The clock of the server, as every write reads it: set by the test, also back."""
    begin = command._begin

    def set_to(moment):
        def began(actor):
            write = begin(actor)
            write.at = moment
            return write

        monkeypatch.setattr(command, "_begin", began)

    return set_to


@pytest.mark.promise("R22")
def test_a_clock_set_back_between_two_writes_changes_no_order(clock, promise):
    noon = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
    dues = days_of(["2026-01-31", "2026-02-28", "2026-03-31"])
    backwards = 0
    clock(noon)
    taken({"items": invoices(dues[:1])}, "first")
    signed = runs.run(SYSTEM, on=dt.date(2026, 3, 31), currency="CNY")
    for hours, due in ((-3, dues[1]), (-24 * 400, dues[2])):
        clock(noon + dt.timedelta(hours=hours))
        before = snapshots.current(SYSTEM)
        taken({"items": invoices([due])}, f"set back {hours}")
        assert snapshots.current(SYSTEM) > before, "what came last is what is known now"
        assert runs.run(SYSTEM, on=signed.on, currency="CNY", known=signed.known).run_id == signed.run_id
        assert runs.recomputed(SYSTEM, run_id=signed.run_id) == signed.result_digest
        assert (
            snapshots.open_ledger(SYSTEM, known=before)[0].items.height + 1
            == snapshots.open_ledger(SYSTEM)[0].items.height
        )
        backwards += 1
    entries = list(AuditEntry.objects.order_by("batch_no").values_list("batch_no", "write_no", "recorded_at"))
    assert [row[:2] for row in entries] == sorted(row[:2] for row in entries)
    assert [row[2] for row in entries] != sorted(row[2] for row in entries), "the clock did go back"
    assert audit.verify(SYSTEM).holds
    promise(
        f"{backwards} writes under a clock set back by hours and by a year: order by number, figures signed before the same"
    )


def test_a_clock_set_back_does_no_daily_job_twice():
    founding.found(SYSTEM, name="Back", reporting_currency="CNY", time_zone="Pacific/Apia")
    Organisation.objects.update(is_demo=False)
    now = dt.datetime(2099, 3, 31, 20, tzinfo=dt.UTC)
    first = schedule.enqueue_due(now=now)
    assert first
    assert schedule.enqueue_due(now=now - dt.timedelta(hours=3)) == []
    assert schedule.enqueue_due(now=now) == []
    kinds = [jobs.shown(SYSTEM, job_id=each).kind for each in first]
    assert len(kinds) == len(set(kinds))
