"""Calendars read at an address with a token: what its owner sees then, and nothing once it is ended."""

import datetime as dt
import hashlib

import pytest
from services.test_protection import EXAMPLE, approve
from stocked import SYSTEM, person

from seawall.engine.kernel.errors import (
    Conflict,
    InputError,
    NotFound,
    NotPermitted,
    NotSignedIn,
    Refused,
    TooManyAttempts,
    UnknownCode,
)
from seawall.services import calendar_addresses, people, sign_in
from seawall.services.access import Grant, actor_of
from seawall.services.intake import commit_import, commit_rows
from seawall.store.models import CalendarAddress, SignInFailure, Touch, User

pytestmark = pytest.mark.django_db(transaction=True)
AT = dt.datetime(2025, 7, 1, 9, tzinfo=dt.UTC)


@pytest.fixture
def ann():
    commit_import(SYSTEM, [EXAMPLE])
    approve()
    return person("ann", Grant("viewer"))


def made(user, name="telephone"):
    return calendar_addresses.make(actor_of(User.objects.get(pk=user.pk)), name=name)


def read(token, at=AT, address="192.0.2.7"):
    return calendar_addresses.read(token, address=address, at=at, host="seawall.example")


def test_it_says_the_deadlines_of_its_day_in_the_language_of_its_owner(ann):
    token = made(ann)
    text = read(token)
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert "DTSTART;VALUE=DATE:20250710" in text
    assert "Overdue notice · Harbour Trading (C1) I1" in text
    paid = {"customer_code": "C1", "number": "R2", "kind": "receipt", "issued_on": "2025-06-30", "currency": "USD"}
    used = {"customer_code": "C1", "debit_number": "I1", "credit_number": "R2", "allocated_on": "2025-06-30"}
    rows = {"items": [paid | {"amount": "80000"}], "allocations": [used | {"amount": "80000"}]}
    commit_rows(SYSTEM, rows, verb="ledger.import", origin="x")
    assert " I1" not in read(token), "what is paid is no deadline any more"
    User.objects.filter(pk=ann.pk).update(language="zh-hans")
    assert "Stop of cover" in read(token), "an address keeps its language"
    assert "Stop of cover" not in read(made(ann, "other"))


def test_only_a_hash_of_the_token_is_kept_and_it_is_told_once(ann):
    token = made(ann)
    row = CalendarAddress.objects.get()
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(row.__dict__)
    actor = actor_of(ann)
    calendar_addresses.make(actor, name="again", key="k")
    with pytest.raises(Conflict):
        calendar_addresses.make(actor, name="again", key="k")
    assert [each.name for each in calendar_addresses.mine(actor)] == ["again", "telephone"]


def test_it_is_nothing_once_it_is_ended_its_owner_shut_out_or_without_a_role(ann):
    tokens = [made(ann, name) for name in ("one", "two")]
    first = calendar_addresses.mine(actor_of(ann))[1].address_no
    calendar_addresses.end(actor_of(ann), first)
    with pytest.raises(NotFound):
        read(tokens[0])
    with pytest.raises(NotFound):
        calendar_addresses.end(actor_of(ann), first)
    bob = actor_of(person("bob", Grant("viewer")))
    with pytest.raises(NotFound):
        calendar_addresses.end(bob, calendar_addresses.mine(actor_of(ann))[0].address_no)
    assert read(tokens[1])
    people.revoke(SYSTEM, username="ann", taken=Grant("viewer"))
    with pytest.raises(NotFound):
        read(tokens[1])
    people.grant(SYSTEM, username="ann", given=Grant("viewer"))
    assert read(tokens[1])
    people.set_active(SYSTEM, username="ann", is_active=False)
    with pytest.raises(NotFound):
        read(tokens[1])


def test_it_is_read_so_often_an_hour_and_leaves_no_trace_in_the_record(ann):
    token = made(ann)
    for minute in range(calendar_addresses.READS_AN_HOUR):
        read(token, AT + dt.timedelta(minutes=minute))
    with pytest.raises(TooManyAttempts):
        read(token, AT + dt.timedelta(minutes=59))
    later = AT + dt.timedelta(minutes=60)
    assert read(token, later)
    assert calendar_addresses.mine(actor_of(ann))[0].last_read_at == later
    assert not Touch.objects.filter(kind="calendaraddress").exists()


def test_who_guesses_is_locked_out_by_its_address(ann):
    token = made(ann)
    for _ in range(sign_in.FAILURES_ADDRESS):
        with pytest.raises(NotFound):
            read("cal_guess")
    with pytest.raises(TooManyAttempts):
        read("cal_guess")
    assert read(token), "who holds a right one is let in beside a guesser"


def test_a_program_that_still_asks_for_an_ended_calendar_guesses_nothing(ann):
    token = made(ann)
    calendar_addresses.end(actor_of(ann), calendar_addresses.mine(actor_of(ann))[0].address_no)
    for _ in range(2):
        with pytest.raises(NotFound):
            read(token)
    with pytest.raises(NotFound):
        read("no token of ours")
    assert not SignInFailure.objects.exists()


def test_who_may_make_one_and_how_many(ann):
    actor, now = actor_of(ann), dt.datetime.now(dt.UTC)
    for narrowed in ({}, {"verbs": ["self.change"]}):
        secret = sign_in.make_token(actor, name="t", days=1, at=now, **narrowed)
        with pytest.raises(NotPermitted):
            calendar_addresses.make(sign_in.actor_of_token(secret, at=now), name="x")
    assert made(ann)
    assert calendar_addresses.make(SYSTEM, name="theirs", username="ann")
    assert len(calendar_addresses.mine(SYSTEM, username="ann")) == 2
    with pytest.raises(NotSignedIn):
        calendar_addresses.make(SYSTEM, name="x")
    with pytest.raises(UnknownCode):
        calendar_addresses.make(SYSTEM, name="x", username="nobody")
    with pytest.raises(NotPermitted):
        calendar_addresses.make(actor, name="x", username="ann")
    for name in ("", " ", "x" * 61, "a\nb"):
        with pytest.raises(InputError):
            calendar_addresses.make(actor, name=name)
    for number in range(2, calendar_addresses.OPEN_MAX):
        calendar_addresses.make(actor, name=f"n{number}")
    with pytest.raises(Refused):
        calendar_addresses.make(actor, name="one too many")
