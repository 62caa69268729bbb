"""A timeline in pages: what happens between two pages repeats nothing and loses nothing."""

import datetime as dt

from django.utils import timezone
from stocked import ON

from seawall.services import remarks, subjects, timeline
from seawall.services.access import actor_of
from seawall.store.models import User


def test_a_note_between_two_pages_repeats_nothing_and_loses_nothing(store, caller):
    code, get = store.customers["customer_code"][0], caller("reader")
    asked = {"as_of": ON.isoformat(), "customer": code}
    _, before = get("/timeline", **asked, limit=500)
    assert len(before["rows"]) > 6
    _, first = get("/timeline", **asked, limit=3)
    actor = actor_of(User.objects.get(username="boss"))
    remarks.add_note(actor, subjects.customer_of(actor, code), text="called", key="")
    pages, after = list(first["rows"]), first["next"]
    while after:
        _, page = get("/timeline", **asked, limit=3, after=after)
        pages, after = [*pages, *page["rows"]], page["next"]
    assert pages == before["rows"]
    assert get("/timeline", **asked, limit=1)[1]["rows"][0]["what"]["text"] == "called"


def test_events_alike_have_keys_of_their_own_and_the_newest_stand_first():
    day, at = dt.date(2026, 1, 2), timezone.now()
    paid = timeline.Event(day, "ledger", "paid")
    events = [paid, paid, timeline.Event(day, "note", "note", at=at, number=3), timeline.Event(ON, "ledger", "paid")]
    keyed = timeline.by_key(events)
    assert list(keyed.values()) == [events[3], events[2], paid, paid]
    assert set(keyed) < set(timeline.by_key([*events, timeline.Event(day, "note", "note", at=at, number=4)]))
