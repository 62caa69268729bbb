"""Signed periods: the bytes stay, the report as known then comes out the same, what came later is a difference."""

import datetime as dt

import pytest
from django.db import Error, transaction
from stocked import SYSTEM, empty, stock

import seawall
from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, Refused, StaleVersion
from seawall.services import checks, periods, single_user
from seawall.services.access import Actor, actor_of
from seawall.services.period_difference import difference
from seawall.store import files
from seawall.store.models import Account, AuditEntry, Entity, Membership, PeriodSignature, User

ON, TODAY = dt.date(2026, 3, 31), dt.date(2026, 4, 2)


def someone(name, role, entity=None):
    user = User.objects.create(username=name)
    Membership.objects.create(user=user, role=role, entity=entity and Entity.objects.every_entity().get(code=entity))
    return actor_of(user)


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        stock(tmp_path_factory.mktemp("ledger"))
        yield {"fin": someone("fin", "finance"), "ann": someone("ann", "credit_manager")}
        empty()


@pytest.fixture
def fin(company, db):
    return company["fin"]


def signed_by(actor, **more):
    return periods.sign(actor, on=ON, today=TODAY, **more)


def test_what_may_not_be_signed_is_refused_with_the_reason(fin):
    with pytest.raises(InputError):
        periods.sign(fin, on=dt.date(2026, 3, 30), today=TODAY)
    with pytest.raises(InputError):
        periods.sign(fin, on=ON, today=ON)
    for actor in (Actor.of("a", ["auditor"]), SYSTEM, Actor.of("m", ["credit_manager"])):
        with pytest.raises(NotPermitted):
            signed_by(actor)
    assert not PeriodSignature.objects.every_entity().exists()
    signed_by(fin)
    with pytest.raises(Refused) as refused:
        signed_by(fin)
    assert refused.value.code == "signed"


def test_a_signature_taken_back_stays_on_record_and_another_may_follow(fin):
    first = signed_by(fin)
    with pytest.raises(InputError):
        periods.withdraw(fin, first.number, reason=" ")
    taken = periods.withdraw(fin, first.number, reason="a batch was missing")
    assert (taken.stands, taken.withdrawn_for) == (False, "a batch was missing")
    with pytest.raises(StaleVersion):
        periods.withdraw(fin, first.number, reason="again")
    second = signed_by(fin)
    assert [(each.number, each.stands) for each in periods.listed(fin)] == [
        (second.number, True),
        (first.number, False),
    ]
    assert periods.content_of(fin, first.number, "json") == periods.content_of(fin, second.number, "json")
    assert '"withdrawn":true' in AuditEntry.objects.order_by("-batch_no")[1].body
    for rows in (PeriodSignature.objects.every_entity(),):
        for change in (lambda: rows.update(reason="x"), rows.delete):  # noqa: B023 - called at once
            with pytest.raises(Error), transaction.atomic():
                change()


def test_the_same_key_is_one_signature(fin):
    first = signed_by(fin, key="close-march")
    assert signed_by(fin, key="close-march").number == first.number
    assert PeriodSignature.objects.every_entity().count() == 1


def test_who_sees_an_entity_of_it_not_sees_no_signature(fin):
    mine, other = sorted(Account.objects.every_entity().values_list("entity__code", flat=True).distinct())[:2]
    whole, alone = signed_by(fin), signed_by(fin, entity=mine)
    assert alone.entities == (mine,)
    narrow = Actor.of("n", ["finance"], frozenset({mine}))
    assert [each.number for each in periods.listed(narrow)] == [alone.number]
    assert periods.verify(narrow, alone.number).holds
    assert difference(narrow, alone.number).is_none
    stranger = Actor.of("s", ["finance"], frozenset({other}))
    for attempt in (
        lambda: periods.shown(narrow, whole.number),
        lambda: periods.verify(stranger, alone.number),
        lambda: periods.content_of(stranger, alone.number, "pdf"),
        lambda: periods.withdraw(stranger, alone.number, reason="x"),
        lambda: difference(stranger, alone.number),
        lambda: signed_by(stranger, entity=mine),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_signed_file_that_was_changed_or_lost_is_found(fin):
    signed = signed_by(fin, lang="zh")
    pdf = next(each for each in signed.files if each.kind == "pdf")
    place = files.place(pdf.sha256)
    kept, content = place.read_bytes(), periods.content_of(fin, signed.number, "pdf")
    try:
        place.write_bytes(kept + b" ")
        assert not periods.verify(fin, signed.number).holds
        with pytest.raises(NotFound):
            periods.content_of(fin, signed.number, "pdf")
        broken = {each.name for each in checks.check(SYSTEM, on=ON).failures}
        assert "files" in broken
    finally:
        place.write_bytes(kept)
    assert periods.content_of(fin, signed.number, "pdf") == content
    with pytest.raises(NotFound):
        periods.content_of(fin, signed.number, "docx")


def test_another_version_of_the_program_compares_no_bytes(fin, monkeypatch):
    signed = signed_by(fin)
    monkeypatch.setattr(seawall, "__version__", "99.0")
    checked = periods.verify(fin, signed.number)
    assert (checked.same, checked.same_figures, checked.holds) == (None, True, True)


def test_single_user_mode_stands_in_the_signed_report_as_it_was(fin):
    User.objects.filter(username__in=["ann", "narrow"]).update(is_active=False)
    single_user.switch(SYSTEM, is_on=True, on=ON, reason="nobody else")
    signed = signed_by(SYSTEM)
    assert b'"single_user": {' in periods.content_of(fin, signed.number, "json")
    single_user.switch(SYSTEM, is_on=False, on=TODAY, reason="hired")
    assert periods.verify(fin, signed.number).holds
