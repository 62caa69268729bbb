"""The company's own policies: by approval only, from their day, and every past figure keeps its own."""

import datetime as dt
import itertools
import random

import pytest
from stocked import SYSTEM, empty, stock

from seawall.engine.kernel.errors import (
    ApprovalRequired,
    InputError,
    NotFound,
    NotPermitted,
    PolicyGap,
    PolicyInvalid,
    PolicyOverlap,
    StaleVersion,
)
from seawall.engine.kernel.policy import Policy, PolicyValue
from seawall.policies.load import parse_values, shipped
from seawall.services import access, approvals, policies, reading, runs
from seawall.services.access import Actor, actor_of
from seawall.services.governing import governing
from seawall.store.models import Entity, Membership, PolicyVersion, User

ON = dt.date(2026, 3, 31)
DSO = "values:\n  {day}:\n    value: {{months: {months}}}\n    source: Board of 1 March\n"


def someone(name, role, entity=None):
    user = User.objects.create(username=name)
    Membership.objects.create(user=user, role=role, entity=entity and Entity.objects.every_entity().get(code=entity))
    return actor_of(user)


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        stock(tmp_path_factory.mktemp("ledger"))
        yield {"ann": someone("ann", "credit_manager"), "bob": someone("bob", "finance")}
        empty()


@pytest.fixture
def people(company, db):
    return company


def adopted(people, body, policy_id="house.dso", entity=""):
    proposed = policies.propose(people["ann"], policy_id, body, reason="the board decided", entity=entity)
    return approvals.approve(people["bob"], proposed.number, digest=proposed.digest, on=ON)


def dso(day, months):
    return DSO.format(day=day, months=months)


def months_on(day, **more):
    return governing(**more).at("house.dso", day).value["months"]


def test_an_approved_version_holds_from_its_day(people):
    before = months_on(ON)
    decision = adopted(people, dso("2026-03-01", 6))
    assert decision.result == {"policy": "house.dso", "entity": "", "version": 1, "valid_from": "2026-03-01"}
    assert months_on(ON) == 6
    assert months_on(dt.date(2026, 2, 28)) == before
    assert months_on(ON, known=0) == before
    (row,) = PolicyVersion.objects.every_entity()
    assert (row.proposed_by, row.approved_by) == (str(people["ann"]), str(people["bob"]))
    line = next(each for each in policies.listed(SYSTEM, on=ON) if each.policy_id == "house.dso")
    assert (line.is_own, line.approved_by, line.value, line.from_day) == (
        True, str(people["bob"]), "{months: 6}", dt.date(2026, 3, 1),
    )  # fmt: skip


def test_figures_follow_and_those_of_the_past_keep_theirs(people):
    then = reading.open_reading(SYSTEM, on=ON, currency="CNY")
    old = runs.run(SYSTEM, on=ON, currency="CNY")
    adopted(people, dso("2026-03-01", 6))
    now = reading.open_reading(SYSTEM, on=ON, currency="CNY")
    assert now.as_of.known > then.as_of.known
    scheme = runs.load_report(SYSTEM, old.run_id).scheme
    made = {each.as_of.known: reading.report(each, scheme=scheme) for each in (then, now)}
    again = reading.open_reading(SYSTEM, on=ON, currency="CNY", known=then.as_of.known)
    assert reading.report(again, scheme=scheme).digest() == made[then.as_of.known].digest()
    assert dso_of(made[now.as_of.known]) != dso_of(made[then.as_of.known])
    new = runs.run(SYSTEM, on=ON, currency="CNY")
    assert new.manifest["policies"] != old.manifest["policies"]
    assert runs.run(SYSTEM, on=ON, known=old.known, currency="CNY").run_id == old.run_id
    assert runs.recomputed(SYSTEM, run_id=old.run_id) == old.result_digest
    assert runs.recomputed(SYSTEM, run_id=new.run_id) == new.result_digest


def dso_of(report):
    return report.figures.filter(report.figures["name"] == "dso_days")["value_number"].item()


def test_a_preview_shows_what_would_change_and_changes_nothing(people):
    seen = policies.preview(people["ann"], "house.dso", dso("2026-03-01", 12), on=ON, currency="CNY")
    changed = {each.name: (each.active, each.draft) for each in seen.changed}
    assert "dso_days" in changed
    assert "open" not in changed
    assert seen.as_json()["changed"] == len(changed)
    assert months_on(ON) == 3
    later = policies.preview(people["ann"], "house.dso", dso("2026-04-01", 12), on=ON, currency="CNY")
    assert later.is_early
    assert later.figures == seen.figures


@pytest.mark.promise("R14")
def test_a_new_version_never_changes_a_figure_before_its_day(people, count, promise):
    """Versions approved one after another, each from a random day: what stood before that day stands, then and after."""
    rng, tried = random.Random(14), 0
    days = [ON - dt.timedelta(days=31 * back) for back in range(12)]
    figure = lambda day: dso_of(  # noqa: E731
        reading.documents.protection_report(
            one := reading.open_reading(SYSTEM, on=day, currency="CNY"), policies=one.policies
        )
    )
    for _ in range(count(3, 20)):
        valid_from = rng.choice(days[:-1])
        before = {day: figure(day) for day in rng.sample([day for day in days if day < valid_from], 1)}
        known = reading.open_reading(SYSTEM, on=ON, currency="CNY").as_of.known
        on_the_day = months_on(valid_from)
        months = rng.choice([each for each in range(1, 13) if each != on_the_day])
        adopted(people, dso(valid_from, months))
        assert {day: figure(day) for day in before} == before
        assert months_on(valid_from) == months
        assert months_on(valid_from, known=known) == on_the_day
        tried += len(before) + 1
    violations = 0
    for number in range(count(300, 5000)):
        violations += breaks(random.Random(number))
    promise(
        f"{tried} figures and {count(300, 5000)} histories of versions: changed before their day 0, "
        f"approved by their proposer {PolicyVersion.objects.every_entity().filter(approved_by=people['ann']).count()}"
    )
    assert violations == 0


def breaks(rng):
    """One history of versions on the pure overlay: how many days before a version's first day it changed."""
    start, policy = dt.date(2026, 1, 1), None
    value = lambda day, what: PolicyValue("p", day, what, "s")  # noqa: E731
    policy = Policy("p", "", "", "number", "", tuple(value(start + dt.timedelta(days=90 * k), -k) for k in range(4)))
    own, wrong = {}, 0
    for step in range(5):
        day = start + dt.timedelta(days=rng.randrange(0, 360))
        was = policy.overlaid(tuple(own[each] for each in sorted(own)))
        own[day] = value(day, step + 1)
        now = policy.overlaid(tuple(own[each] for each in sorted(own)))
        wrong += sum(
            was.at(start + dt.timedelta(d)) != now.at(start + dt.timedelta(d)) for d in range((day - start).days)
        )
        wrong += now.at(day).value != step + 1
    return wrong


def test_the_proposer_cannot_approve_and_no_other_way_leads_in(people):
    proposed = policies.propose(people["ann"], "house.dso", dso("2026-03-01", 6), reason="quicker")
    with pytest.raises(ApprovalRequired):
        approvals.approve(people["ann"], proposed.number, digest=proposed.digest, on=ON)
    with pytest.raises(NotPermitted):
        approvals.approve(SYSTEM, proposed.number, digest=proposed.digest, on=ON)
    with pytest.raises(NotPermitted):
        policies.propose(Actor.of("eve", ["viewer"]), "house.dso", dso("2026-03-01", 6), reason="x")
    assert months_on(ON) == 3


def test_of_two_proposals_about_one_policy_the_second_must_be_looked_at_again(people):
    first, second = (
        policies.propose(people["ann"], "house.dso", dso("2026-03-01", months), reason="x") for months in (5, 6)
    )
    approvals.approve(people["bob"], first.number, digest=first.digest, on=ON)
    with pytest.raises(StaleVersion):
        approvals.approve(people["bob"], second.number, digest=second.digest, on=ON)
    assert months_on(ON) == 5


def test_a_day_to_come_waits_and_stands_when_an_earlier_one_is_decided_later(people):
    adopted(people, dso("2027-01-01", 12))
    assert months_on(ON) == 3
    adopted(people, dso("2026-06-01", 6))
    assert [months_on(dt.date(*day)) for day in ((2026, 5, 31), (2026, 6, 1), (2026, 12, 31), (2027, 1, 1))] == [
        3,
        6,
        6,
        12,
    ]
    adopted(people, dso("2027-01-01", 9))
    assert months_on(dt.date(2027, 1, 1)) == 9


def test_a_version_of_one_entity_governs_that_entity_alone(people):
    mine, other = sorted(reading.open_reading(SYSTEM, on=ON, currency="CNY").ledger.accounts["entity"].unique())[:2]
    adopted(people, dso("2026-03-01", 8), entity=mine)
    adopted(people, dso("2026-03-01", 5))
    assert [months_on(ON, entity=each) for each in (mine, other, "")] == [8, 5, 5]
    opened = reading.open_reading(SYSTEM, on=ON, currency="CNY", entity=mine)
    assert opened.policies.at("house.dso", ON).value == {"months": 8}
    narrow = Actor.of("n", ["credit_manager"], frozenset({other}))
    with pytest.raises(NotFound):
        policies.shown(narrow, "house.dso", on=ON, entity=mine)
    with pytest.raises(NotFound):
        policies.propose(narrow, "house.dso", dso("2026-03-01", 4), reason="x", entity=mine)
    assert [each.entity for each in policies.shown(narrow, "house.dso", on=ON).versions] == [""]


@pytest.mark.parametrize(
    ("body", "error", "line"),
    [
        ("values:\n  2026-03-01:\n    value: {months: six}\n    source: x\n", PolicyInvalid, 3),
        ("values:\n  2026-03-01:\n    value: {months: 6}\n", PolicyInvalid, 2),
        ("values:\n  2026-03-01:\n    value: {month: 6}\n    source: x\n", PolicyInvalid, 3),
        ("values:\n  soon:\n    value: {months: 6}\n    source: x\n", PolicyInvalid, 2),
        ("values: [\n", PolicyInvalid, 2),
        ("id: house.dso\nvalues:\n  2026-03-01: {value: {months: 6}, source: x}\n", PolicyInvalid, 1),
        ("values:\n  2026-03-01: &a {value: {months: 6}, source: x}\n  2026-04-01: *a\n", PolicyInvalid, 1),
        ("values: " + "{a: " * 60 + "1" + "}" * 60, PolicyInvalid, 1),
        ("values:\n  1066-01-01: {value: {months: 6}, source: x}\n", PolicyInvalid, 2),
        ("values:\n  2026-02-30: {value: {months: 6}, source: x}\n", PolicyInvalid, 2),
        ("values:\n  2026-03-01: {value: null, source: x}\n", PolicyGap, None),
        (
            "values:\n  2026-03-01: {value: {months: 6}, source: x}\n  2026-03-01: {value: {months: 7}, source: x}\n",
            PolicyOverlap, 3,
        ),
    ],
)  # fmt: skip
def test_a_body_that_is_no_version_is_refused_with_its_line(people, body, error, line):
    for attempt in (
        lambda: policies.propose(people["ann"], "house.dso", body, reason="x"),
        lambda: policies.preview(people["ann"], "house.dso", body, on=ON),
    ):
        with pytest.raises(error) as refused:
            attempt()
        assert refused.value.where.row == line or line is None or refused.value.params.get("line") == line


def test_a_table_holds_what_the_shipped_one_holds(people):
    body = "values:\n  2026-03-01:\n    value:\n      write_off.approve: {CNY: plenty}\n    source: x\n"
    with pytest.raises(PolicyInvalid):
        parse_values(body, policy_id="house.amount_bands")
    assert parse_values(body.replace("plenty", "'1000'"), policy_id="house.amount_bands")
    with pytest.raises(PolicyInvalid):
        parse_values(body.replace("plenty", ".nan"), policy_id="house.amount_bands")


def test_an_own_limit_of_amounts_governs_approvals(people):
    body = "values:\n  2026-03-01:\n    value:\n      write_off.approve: {CNY: '1'}\n    source: Board\n"
    adopted(people, body, policy_id="house.amount_bands")
    with pytest.raises(NotPermitted):
        access.require_amount(
            people["ann"], access.WRITE_OFF_APPROVE, amount_minor=101, currency="CNY", on=ON, policies=governing()
        )


def test_what_says_nothing_new_and_what_is_no_policy_are_refused(people):
    today = policies.draft_of(SYSTEM, "house.dso", on=ON, from_day=dt.date(2000, 1, 1))
    with pytest.raises(InputError):
        policies.propose(people["ann"], "house.dso", today, reason="x")
    with pytest.raises(NotFound):
        policies.propose(people["ann"], "house.nothing", dso("2026-03-01", 6), reason="x")
    with pytest.raises(NotFound):
        policies.shown(SYSTEM, "house.nothing", on=ON)
    for reason in (" ", "nul \x00", "half \ud800"):
        with pytest.raises(InputError):
            policies.propose(people["ann"], "house.dso", dso("2026-03-01", 6), reason=reason)
    for entity in ("nowhere", "\x00"):
        with pytest.raises(NotFound):
            policies.propose(SYSTEM, "house.dso", dso("2026-03-01", 6), reason="x", entity=entity)


@pytest.mark.parametrize("policy_id", sorted(shipped().by_id))
def test_every_shipped_policy_can_be_drafted_and_listed(people, policy_id):
    body = policies.draft_of(SYSTEM, policy_id, on=ON, from_day=dt.date(2026, 6, 1))
    drafted = parse_values(body, policy_id=policy_id)
    assert drafted[0].value == shipped().at(policy_id, ON).value
    file = policies.shown(SYSTEM, policy_id, on=ON)
    assert [span.is_in_force for span in file.spans].count(True) == 1
    assert file.line.value


def test_the_timeline_says_what_held_until_when(people):
    for day, months in (("2026-03-01", 6), ("2027-01-01", 12)):
        adopted(people, dso(day, months))
    spans = policies.shown(SYSTEM, "house.dso", on=ON).spans
    assert [(str(span.from_day), span.is_own, span.is_in_force) for span in spans] == [
        ("2027-01-01", True, False), ("2026-03-01", True, True), ("2000-01-01", False, False),
    ]  # fmt: skip
    assert all(after.until is None or after.until > after.from_day for after in spans)
    assert [pair[1].until == pair[0].from_day for pair in itertools.pairwise(spans)] == [True, True]
