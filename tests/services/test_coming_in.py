"""Second factors, links, sessions, deputies and tokens: each serves as long as it should, and once where it should."""

import datetime as dt

import pyotp
import pytest

from seawall.engine.kernel.errors import (
    InputError,
    NotFound,
    NotPermitted,
    NotSignedIn,
    Refused,
    UnknownCode,
)
from seawall.services import deputies, invitations, people, second_factors, sessions, sign_in, sign_in_rules
from seawall.services.access import ALL, Actor, Grant, actor_of
from seawall.store import seal
from seawall.store.home import home
from seawall.store.models import AuditEntry, Entity, OneTimeLink, RecoveryCode, SecondFactor, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
NOW = dt.datetime(2026, 4, 1, 8, 0, tzinfo=dt.UTC)
ON = NOW.date()
PASSWORD = "correct-horse-9"


@pytest.fixture(autouse=True)
def key(settings):
    seal.make_key(home())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # these tests guess no password


@pytest.fixture
def ann():
    return made("ann", Grant("finance"))


def made(username, *grants):
    people.create(SYSTEM, username=username, grants=grants)
    user = User.objects.get(username=username)
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    return user


def with_app(user):
    secret = second_factors.new_app_secret()
    code = pyotp.TOTP(secret).at(NOW)
    return secret, second_factors.add_app(actor_of(user), secret=secret, code=code, at=NOW)


class TestSecondFactors:
    def test_a_code_serves_once_and_only_around_its_time(self, ann):
        secret, _ = with_app(ann)
        totp, later = pyotp.TOTP(secret), NOW + dt.timedelta(minutes=5)
        assert not second_factors.is_right(ann.pk, totp.at(NOW), at=NOW), "the code that added the app has served"
        assert not second_factors.is_right(ann.pk, totp.at(NOW), at=later)
        assert second_factors.is_right(ann.pk, totp.at(later), at=later)
        assert not second_factors.is_right(ann.pk, totp.at(later), at=later)
        assert not second_factors.is_right(ann.pk, totp.at(later - dt.timedelta(seconds=30)), at=later), "an older one"
        for text in ("", "000000", "abcdef", "１２３４５６", "9" * 40):
            assert not second_factors.is_right(ann.pk, text, at=later)

    def test_the_secret_is_kept_sealed_and_nowhere_on_the_record(self, ann):
        secret, codes = with_app(ann)
        kept = SecondFactor.objects.get(user=ann).secret
        assert secret not in kept
        bodies = "".join(AuditEntry.objects.values_list("body", flat=True))
        assert not [text for text in (secret, *codes) if text in bodies]

    def test_each_recovery_code_serves_once_however_it_is_written(self, ann):
        _, codes = with_app(ann)
        assert len(set(codes)) == second_factors.CODES
        assert second_factors.is_right(ann.pk, codes[0].upper().replace("-", " "), at=NOW)
        assert not second_factors.is_right(ann.pk, codes[0], at=NOW)
        assert second_factors.codes_left(actor_of(ann)) == second_factors.CODES - 1
        other = made("bob", Grant("viewer"))
        assert not second_factors.is_right(other.pk, codes[1], at=NOW), "somebody else's"
        fresh = second_factors.renew_codes(actor_of(ann))
        assert not second_factors.is_right(ann.pk, codes[1], at=NOW)
        assert second_factors.is_right(ann.pk, fresh[1], at=NOW)

    def test_a_wrong_code_adds_no_app_and_there_is_one_app(self, ann):
        secret = second_factors.new_app_secret()
        with pytest.raises(InputError):
            second_factors.add_app(actor_of(ann), secret=secret, code="000000", at=NOW - dt.timedelta(days=9))
        with_app(ann)
        with pytest.raises(InputError):
            with_app(ann)

    def test_removing_needs_the_password_and_takes_the_codes_along(self, ann):
        with_app(ann)
        actor, (factor,) = actor_of(ann), second_factors.mine(actor_of(ann))
        with pytest.raises(InputError):
            second_factors.remove(actor, factor_id=factor.factor_id, password="wrong")
        other = made("bob", Grant("viewer"))
        with pytest.raises(NotFound):
            second_factors.remove(actor_of(other), factor_id=factor.factor_id, password=PASSWORD)
        second_factors.remove(actor, factor_id=factor.factor_id, password=PASSWORD)
        assert not RecoveryCode.objects.filter(user=ann).exists()
        with pytest.raises(Refused):
            second_factors.renew_codes(actor)

    def test_roles_can_be_made_to_need_one(self, ann):
        assert sign_in_rules.still_to_do(ann, sign_in_rules.rules(ON)) == ""
        sign_in_rules.change_rules(SYSTEM, second_factor_roles=["finance"], idle_minutes=10, absolute_hours=2)
        assert sign_in_rules.still_to_do(ann, sign_in_rules.rules(ON)) == "second_factor"
        assert sign_in_rules.still_to_do(made("bob", Grant("viewer")), sign_in_rules.rules(ON)) == ""
        with_app(ann)
        assert sign_in_rules.still_to_do(ann, sign_in_rules.rules(ON)) == ""
        for wrong in ({"idle_minutes": 0}, {"absolute_hours": 169}, {"second_factor_roles": ["king"]}):
            said = {"second_factor_roles": [], "idle_minutes": 10, "absolute_hours": 2} | wrong
            with pytest.raises((InputError, UnknownCode)):
                sign_in_rules.change_rules(SYSTEM, **said)
        with pytest.raises(NotPermitted):
            sign_in_rules.change_rules(actor_of(ann), second_factor_roles=[], idle_minutes=1, absolute_hours=1)


class TestLinks:
    def test_an_invitation_serves_once_and_sets_the_password(self):
        link = invitations.invite(SYSTEM, username="new", grants=[Grant("viewer")], at=NOW)
        assert invitations.welcome(link.secret, at=NOW).username == "new"
        with pytest.raises(InputError):
            invitations.accept(link.secret, new="short", at=NOW)
        invitations.accept(link.secret, new="a-long-new-one-7", at=NOW)
        user = User.objects.get(username="new")
        assert user.check_password("a-long-new-one-7")
        assert not user.must_change_password
        for secret in (link.secret, "x", ""):
            with pytest.raises(NotFound):
                invitations.accept(secret, new="a-long-new-one-8", at=NOW)
        assert link.secret not in repr(list(OneTimeLink.objects.values()))

    def test_a_link_ends_by_itself_by_a_newer_one_and_with_its_person(self):
        first = invitations.invite(SYSTEM, username="new", grants=[], at=NOW)
        with pytest.raises(NotFound):
            invitations.welcome(first.secret, at=first.expires_at)
        second = invitations.reset(SYSTEM, username="new", at=NOW)
        with pytest.raises(NotFound):
            invitations.welcome(first.secret, at=NOW)
        people.set_active(SYSTEM, username="new", is_active=False)
        with pytest.raises(NotFound):
            invitations.welcome(second.secret, at=NOW)
        with pytest.raises(Refused):
            invitations.reset(SYSTEM, username="new", at=NOW)

    def test_a_reset_ends_password_factors_and_sessions(self, ann):
        with_app(ann)
        session = looked(ann, NOW)
        invitations.reset(SYSTEM, username="ann", at=NOW)
        user = User.objects.get(pk=ann.pk)
        assert not user.check_password(PASSWORD)
        assert not SecondFactor.objects.filter(user=ann).exists()
        assert session
        assert looked(user, NOW) is None

    def test_only_administrators_of_everything_invite(self, ann):
        for actor in (actor_of(ann), Actor.of("a", ["administrator"], frozenset({"E1"}), user_id=ann.pk)):
            with pytest.raises(NotPermitted):
                invitations.invite(actor, username="x", grants=[], at=NOW)
            with pytest.raises(NotPermitted):
                invitations.reset(actor, username="ann", at=NOW)


def looked(user, at, key="k1"):
    return sessions.look(
        user, key=key, at=at, held=sign_in_rules.rules(at.date()), address="192.0.2.7", agent="Browser"
    )


class TestSessions:
    def test_one_ends_when_idle_and_in_any_case(self, ann):
        minutes, hours = dt.timedelta(minutes=1), dt.timedelta(hours=1)
        held = sign_in_rules.rules(ON)
        assert looked(ann, NOW)
        assert looked(ann, NOW + held.idle - minutes)
        assert looked(ann, NOW + 2 * held.idle) is None
        assert looked(ann, NOW + 2 * held.idle) is None, "and stays ended"
        at, begun = NOW, NOW
        while at - begun <= held.absolute:
            assert looked(ann, at, "k2")
            at += hours / 2
        assert looked(ann, at, "k2") is None

    def test_a_key_of_one_user_is_none_of_another(self, ann):
        looked(ann, NOW)
        assert looked(made("bob", Grant("viewer")), NOW) is None

    @pytest.mark.parametrize("what", ["grant", "revoke", "deactivate", "renew", "password", "reset", "sign_out"])
    def test_it_ends_when_what_it_rests_on_changes(self, ann, what):
        looked(ann, NOW), looked(ann, NOW, "k2")
        {
            "grant": lambda: people.grant(SYSTEM, username="ann", given=Grant("auditor")),
            "revoke": lambda: (made("boss", Grant("administrator")),
                               people.revoke(SYSTEM, username="ann", taken=Grant("finance"))),
            "deactivate": lambda: (made("boss", Grant("administrator")),
                                   people.set_active(SYSTEM, username="ann", is_active=False)),
            "renew": lambda: people.renew_password(SYSTEM, username="ann"),
            "password": lambda: sign_in.change_password(actor_of(ann), old=PASSWORD, new="another-long-1"),
            "reset": lambda: invitations.reset(SYSTEM, username="ann", at=NOW),
            "sign_out": lambda: [sessions.sign_out(key=key, at=NOW) for key in ("k1", "k2")],
        }[what]()  # fmt: skip
        assert looked(ann, NOW) is None
        assert looked(ann, NOW, "k2") is None

    def test_people_see_and_end_their_own_only(self, ann):
        here, there = looked(ann, NOW), looked(ann, NOW, "k2")
        bob = made("bob", Grant("viewer"))
        with pytest.raises(NotFound):
            sessions.end(actor_of(bob), session_id=there.session_id)
        sessions.end(actor_of(ann), session_id=there.session_id)
        assert [each.session_id for each in sessions.mine(actor_of(ann), at=NOW, on=ON)] == [here.session_id]
        looked(ann, NOW, "k3")
        assert sessions.end_others(actor_of(ann), keep=here.session_id) == 1
        assert looked(ann, NOW)


class TestDeputies:
    def appointed(self, ann, *, first=ON, last=ON):
        bob = made("bob", Grant("viewer"))
        deputies.appoint(actor_of(ann), principal="ann", deputy="bob", from_day=first, to_day=last)
        return bob

    def test_one_acts_with_the_other_s_rights_under_both_names_from_day_to_day(self, ann):
        day = dt.timedelta(days=1)
        bob = self.appointed(ann, first=ON, last=ON + day)
        for on in (ON - day, ON + 2 * day):
            assert deputies.acting(bob, ann.pk, on=on) is None
        actor = deputies.acting(bob, ann.pk, on=ON + day)
        assert actor.where("ledger.import") is ALL
        assert str(actor) == f"bob (#{bob.pk}) for ann (#{ann.pk})"
        assert actor_of(bob).where("ledger.import") == frozenset()

    def test_the_session_acts_for_the_other_until_the_last_day(self, ann):
        bob = self.appointed(ann)
        session = looked(bob, NOW)
        sessions.act_for(session, principal_id=ann.pk, on=ON)
        session = looked(bob, NOW)
        assert sessions.actor_of(bob, session, on=ON).acts_for.name == "ann"
        assert sessions.actor_of(bob, session, on=ON + dt.timedelta(days=1)).acts_for is None
        people.set_active(SYSTEM, username="ann", is_active=False) if made("boss", Grant("administrator")) else None
        assert sessions.actor_of(bob, session, on=ON).acts_for is None

    def test_the_record_names_both(self, ann):
        bob = self.appointed(ann)
        actor = deputies.acting(bob, ann.pk, on=ON)
        sign_in.note_sign_in(actor, way="test")
        assert AuditEntry.objects.latest("batch_no").actor == str(actor)

    def test_who_is_no_deputy_acts_for_nobody(self, ann):
        bob = made("bob", Grant("viewer"))
        with pytest.raises(NotFound):
            sessions.act_for(looked(bob, NOW), principal_id=ann.pk, on=ON)

    @pytest.mark.parametrize("name", ["nobody", "a\x00", "\ud800"])
    def test_a_deputy_is_somebody(self, ann, name):
        with pytest.raises(UnknownCode, match="no user"):
            deputies.appoint(actor_of(ann), principal="ann", deputy=name, from_day=ON, to_day=ON)

    def test_an_account_is_changed_in_one_s_own_name(self, ann):
        actor = deputies.acting(self.appointed(ann), ann.pk, on=ON)
        for refused in (
            lambda: sign_in.change_password(actor, old=PASSWORD, new="another-long-1"),
            lambda: sign_in.make_token(actor, name="t", days=1, at=NOW),
            lambda: second_factors.add_app(actor, secret="A" * 32, code="1", at=NOW),
            lambda: deputies.appoint(actor, principal="ann", deputy="bob", from_day=ON, to_day=ON),
        ):
            with pytest.raises(Refused):
                refused()

    def test_it_is_ended_at_once_by_its_principal_and_by_nobody_else(self, ann):
        bob = self.appointed(ann)
        (row,) = deputies.of(actor_of(bob))
        with pytest.raises(NotFound):
            deputies.end(actor_of(bob), deputy_id=row.deputy_id)
        deputies.end(actor_of(ann), deputy_id=row.deputy_id)
        assert deputies.acting(bob, ann.pk, on=ON) is None

    def test_others_need_the_right_over_people(self, ann):
        bob = made("bob", Grant("viewer"))
        with pytest.raises(NotPermitted):
            deputies.appoint(actor_of(bob), principal="ann", deputy="bob", from_day=ON, to_day=ON)
        with pytest.raises(NotPermitted):
            deputies.of(actor_of(bob), username="ann")
        deputies.appoint(SYSTEM, principal="ann", deputy="bob", from_day=ON, to_day=ON)
        for wrong in ({"deputy": "ann"}, {"deputy": "nobody-here"}, {"to_day": ON - dt.timedelta(days=1)}):
            said = {"principal": "ann", "deputy": "bob", "from_day": ON, "to_day": ON} | wrong
            with pytest.raises(InputError):
                deputies.appoint(SYSTEM, **said)


class TestPeople:
    def test_somebody_always_administers(self):
        made("boss", Grant("administrator"))
        with pytest.raises(Refused):
            people.revoke(SYSTEM, username="boss", taken=Grant("administrator"))
        with pytest.raises(Refused):
            people.set_active(SYSTEM, username="boss", is_active=False)
        made("other", Grant("administrator"))
        with pytest.raises(Refused):
            people.set_active(actor_of(User.objects.get(username="boss")), username="boss", is_active=False)
        people.revoke(SYSTEM, username="boss", taken=Grant("administrator"))

    def test_roles_are_given_once_and_taken_where_they_are(self, ann):
        Entity.objects.create(code="E1")
        entries = AuditEntry.objects.count()
        people.grant(SYSTEM, username="ann", given=Grant("finance"))
        assert AuditEntry.objects.count() == entries, "she has it: nothing to write"
        people.grant(SYSTEM, username="ANN", given=Grant("collector", "E1"))
        assert actor_of(ann).grants == {Grant("finance"), Grant("collector", "E1")}
        with pytest.raises(UnknownCode):
            people.revoke(SYSTEM, username="ann", taken=Grant("collector"))
        for wrong in (Grant("king"), Grant("viewer", "nowhere")):
            with pytest.raises(UnknownCode):
                people.grant(SYSTEM, username="ann", given=wrong)

    @pytest.mark.parametrize("username", ["", " ", "a b", "a/b", "x" * 151, "a\u202eb", "a\nb", "a\u00a0b"])
    def test_names_that_cannot_be_told_apart_are_refused(self, username):
        with pytest.raises(InputError):
            people.create(SYSTEM, username=username, grants=[])

    def test_letters_have_one_form(self):
        people.create(SYSTEM, username="ａｎｎ", grants=[])
        with pytest.raises(InputError):
            people.create(SYSTEM, username="Ann", grants=[])

    def test_what_is_said_of_a_person_is_checked(self, ann):
        for wrong in ({"email": "nowhere"}, {"language": "fr"}, {"name": "x" * 151}):
            with pytest.raises(InputError):
                people.change(SYSTEM, username="ann", **({"name": "Ann", "email": "", "language": "en"} | wrong))
        people.change(SYSTEM, username="ann", name="Ann", email="ann@example.org", language="zh-hans")
        assert people.person(SYSTEM, username="ann").email == "ann@example.org"

    def test_auditors_see_people_and_change_none(self):
        auditor = Actor.of("a", ["auditor"], user_id=1)
        people.everyone(auditor)
        with pytest.raises(NotPermitted):
            people.change(auditor, username="ann", name="", email="", language="en")


class TestTokens:
    def token(self, user, **within):
        return sign_in.actor_of_token(sign_in.make_token(actor_of(user), name="t", days=1, at=NOW, **within), at=NOW)

    def test_one_does_no_more_than_its_verbs_and_entities(self, ann):
        for code in ("E1", "E2"):
            Entity.objects.create(code=code)
        actor = self.token(ann, verbs=["ledger.import"], entities=["E1"])
        assert actor.where("ledger.import") == actor.entities == {"E1"}
        assert not actor.may("run.start")
        assert self.token(ann).where("run.start") is ALL

    def test_nobody_gives_what_they_do_not_have(self, ann):
        Entity.objects.create(code="E1")
        people.revoke(SYSTEM, username="ann", taken=Grant("finance")) if made("boss", Grant("administrator")) else None
        people.grant(SYSTEM, username="ann", given=Grant("viewer", "E1"))
        with pytest.raises(NotPermitted):
            self.token(ann, verbs=["ledger.import"])
        with pytest.raises(InputError):
            self.token(ann, verbs=["no.such"])
        with pytest.raises(NotFound):
            self.token(ann, entities=["E2"])

    def test_it_loses_what_its_user_loses(self, ann):
        made("boss", Grant("administrator"))
        secret = sign_in.make_token(actor_of(ann), name="t", days=1, at=NOW)
        people.grant(SYSTEM, username="ann", given=Grant("viewer"))
        people.revoke(SYSTEM, username="ann", taken=Grant("finance"))
        assert not sign_in.actor_of_token(secret, at=NOW).may("ledger.import")
        people.set_active(SYSTEM, username="ann", is_active=False)
        with pytest.raises(NotSignedIn):
            sign_in.actor_of_token(secret, at=NOW)

    def test_a_token_makes_no_token(self, ann):
        with pytest.raises(NotPermitted):
            sign_in.make_token(self.token(ann), name="t", days=1, at=NOW)

    def test_the_owner_of_the_machine_makes_them_for_others_and_nobody_else_does(self, ann):
        secret = sign_in.make_token(SYSTEM, name="t", days=1, at=NOW, username="ann")
        assert sign_in.actor_of_token(secret, at=NOW).user_id == ann.pk
        (row,) = sign_in.tokens(SYSTEM, username="ann")
        boss = made("boss", Grant("administrator"))
        with pytest.raises(NotPermitted):
            sign_in.make_token(actor_of(boss), name="t", days=1, at=NOW, username="ann")
        with pytest.raises(NotFound):
            sign_in.revoke_token(actor_of(boss), token_id=row.token_id, at=NOW)
        sign_in.revoke_token(SYSTEM, token_id=row.token_id, at=NOW, username="ann")
