"""Reminders of deadlines: once for each step and receiver whatever stops them, in the receiver's words, to who may act."""

import datetime as dt

import pytest
from services.test_protection import EXAMPLE, approve
from stocked import SYSTEM, person

from seawall.engine.kernel.errors import InputError, NotPermitted, NotSignedIn, PolicyGap, PolicyInvalid
from seawall.services import approvals, jobs, mail, mail_words, policies, protection, reminders, reminding
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.intake import commit_import, commit_rows
from seawall.store import points
from seawall.store.models import Outbox, Reminded, User

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = dt.date(2025, 7, 1)
"""Nine days before I1 is to be notified and handed over; it had to be paid by 10 June."""

PAGES = "https://seawall.example"


class Work:
    """What a job says, kept."""

    def __init__(self):
        self.lines = []

    def progress(self, done, total):
        assert done <= total

    def say(self, template, **params):
        self.lines.append(template.format(**params))


class Killed(BaseException):
    """The worker is gone."""


@pytest.fixture
def book():
    commit_import(SYSTEM, [EXAMPLE])
    approve()
    server = {"host": "smtp.example", "port": 587, "security": "starttls", "sender": "a@b.example"}
    mail.keep(SYSTEM, **server, pages_address=PAGES)
    User.objects.filter(username="insurance_manager").update(email="ina@b.example", name="Ina", language="zh-hans")
    User.objects.filter(username="credit_manager").update(email="cor@b.example")


def remind(on, actor=SYSTEM):
    work = Work()
    reminding.remind(actor, {"on": on.isoformat()}, work)
    return work.lines


def mails():
    """User and occasion of each digest, and its words."""
    found = []
    for row in Outbox.objects.filter(kind="mail", key__startswith="mail deadlines").order_by("id"):
        user = User.objects.get(pk=row.payload["user_id"])
        params = mail.opened(row)["params"]
        found.append((user.username, row.key.split()[2], mail_words.said("deadlines", params, language=user.language)))
    return found


def told():
    return [(who, on) for who, on, _ in mails()]


def test_each_step_is_told_once_however_often_the_job_is_done(book):
    both = [("insurance_manager", "2025-07-01"), ("credit_manager", "2025-07-01")]
    remind(FIRST)
    assert told() == both
    remind(FIRST)
    remind(FIRST + dt.timedelta(days=1))
    assert told() == both, "eight days before is no day of the plan"
    for days in (2, 3, 4, 5):  # 3 July is a week before I1 is to be notified, 6 July before I2 is unpaid too long
        remind(FIRST + dt.timedelta(days=days))
    assert [on for who, on in told() if who == "credit_manager"] == ["2025-07-01", "2025-07-03", "2025-07-06"]
    remind(FIRST)
    assert len(told()) == 6, "a day that is done again tells nothing of what was told since"


def test_a_day_left_out_is_made_up_for_and_a_missed_deadline_is_told_once(book):
    remind(FIRST)
    late = dt.date(2025, 7, 8)
    remind(late)
    (words,) = [said[1] for who, on, said in mails() if (who, on) == ("credit_manager", "2025-07-08")]
    assert "In 2 days, on 10 July 2025: Hand-over to collection, Harbour Trading (C1) I1" in words
    for _ in range(2):
        remind(dt.date(2025, 7, 12))
    gone = [said for who, on, said in mails() if (who, on) == ("credit_manager", "2025-07-12")]
    assert len(gone) == 1
    assert "Missed since 10 July 2025: Hand-over to collection" in gone[0][1]


def test_the_words_say_money_clause_consequence_and_where_to_look(book):
    remind(FIRST)
    by_user = {who: said for who, _, said in mails()}
    subject, words = by_user["credit_manager"]
    assert "deadlines of insurance policies" in subject
    for part in (
        "In 9 days, on 10 July 2025: Overdue notice, Harbour Trading (C1) I1", "Its cover is lost.",
        "Money at stake: USD 70,431.37.", "Policy P-2025, Overdue notice.", f"{PAGES}/protection/deadlines/",
        "Missed since 10 June 2025: Stop of cover", "1 July 2025",
    ):  # fmt: skip
        assert part in words, part
    subject, words = by_user["insurance_manager"]
    for part in ("Ina，您好", "9 天后，2025年7月10日：可损通知", "涉及金额：USD 70,431.37。", "保单 P-2025"):
        assert part in words, part


@pytest.mark.parametrize("point", ["facts", "commit", "committed", "reminded"])
def test_a_kill_between_two_receivers_tells_nobody_twice_and_nobody_less(book, monkeypatch, point):
    seen = []

    def kill(reached):
        if reached == point:
            seen.append(reached)
            raise Killed

    monkeypatch.setattr(points, "hook", kill)
    with pytest.raises(Killed):
        remind(FIRST)
    assert seen == [point]
    monkeypatch.undo()
    for _ in range(2):
        remind(FIRST)
    assert sorted(told()) == [("credit_manager", "2025-07-01"), ("insurance_manager", "2025-07-01")]
    assert Reminded.objects.values("receiver").distinct().count() == 2


def test_who_is_reminded_who_chose_and_who_may_not(book):
    for role in ("finance", "viewer", "administrator"):
        user = person(role, Grant(role))
        User.objects.filter(pk=user.pk).update(email=f"{role}@b.example")
    finance, viewer, manager = (
        actor_of(User.objects.get(username=name)) for name in ("finance", "viewer", "insurance_manager")
    )
    assert [each.called for each in reminders.people()] == ["insurance_manager", "credit_manager", "administrator"]
    assert not reminders.mine(finance).is_on
    reminders.choose(finance, is_on=True, kinds=["hand_over"])
    reminders.choose(manager, is_on=False)
    assert [each.called for each in reminders.people()] == ["credit_manager", "finance", "administrator"]
    remind(FIRST)
    (words,) = [said[1] for who, _, said in mails() if who == "finance"]
    assert "Hand-over to collection" in words
    assert "Overdue notice" not in words
    with pytest.raises(NotPermitted):
        reminders.choose(viewer, is_on=True)
    with pytest.raises(NotSignedIn):
        reminders.choose(SYSTEM, is_on=True)
    for kinds in ([], ["doom"]):
        with pytest.raises(InputError):
            reminders.choose(finance, is_on=True, kinds=kinds)
    User.objects.filter(username="finance").update(is_active=False)
    assert "finance" not in [each.called for each in reminders.people()]


def test_nobody_is_reminded_of_what_lies_outside_its_entities(book):
    other = {"entity": "OTHER", "customer_code": "X", "kind": "invoice", "number": "X1", "issued_on": "2025-04-20",
             "due_on": "2025-05-20", "currency": "USD", "amount": "5000"}  # fmt: skip
    commit_rows(SYSTEM, {"items": [other], "customers": [{"customer_code": "X", "name": "Xenon"}]},
                verb="ledger.import", origin="x")  # fmt: skip
    narrow = person("narrow", Grant("insurance_manager", "OTHER"))
    User.objects.filter(pk=narrow.pk).update(email="nar@b.example")
    remind(FIRST)
    for who, _, (_, words) in mails():
        assert ("Harbour" in words) == (who != "narrow")
    reads = next(each.actor for each in reminders.people() if each.called == "narrow")
    assert reads.entities == {"OTHER"}


def test_whom_nobody_can_reach_the_log_names_and_it_is_told_once_it_can(book):
    User.objects.filter(username="credit_manager").update(email="")
    lines = remind(FIRST)
    assert any(line.startswith("credit_manager has no e-mail address") for line in lines)
    assert told() == [("insurance_manager", "2025-07-01")]
    User.objects.filter(username="credit_manager").update(email="cor@b.example")
    remind(FIRST)
    assert ("credit_manager", "2025-07-01") in told()


def test_a_gap_of_one_scope_fails_the_job_after_all_others_are_told(book, monkeypatch):
    real = protection.deadlines

    def deadlines(reading, **more):
        if reading.actor.entities != {"E1"}:
            return real(reading, **more)
        raise PolicyGap("There is no exchange rate.")

    commit_rows(SYSTEM, {"items": [{"entity": "E1", "customer_code": "Y", "kind": "invoice", "number": "Y1",
                                    "issued_on": "2025-06-20", "currency": "USD", "amount": "1"}],
                         "customers": [{"customer_code": "Y"}]}, verb="ledger.import", origin="x")  # fmt: skip
    person("narrow", Grant("insurance_manager", "E1"))
    monkeypatch.setattr(protection, "deadlines", deadlines)
    with pytest.raises(PolicyGap):
        remind(FIRST)
    assert {who for who, _ in told()} == {"insurance_manager", "credit_manager"}


def test_the_company_decides_the_days_and_nonsense_is_refused(book):
    text = (
        "values:\n  2025-01-01:\n    source: our own\n    value: {mep_end: [], stop_of_cover: [], overdue_notice: [9],"
        " hand_over: [], waiting_period_end: [], claim_filing: [], declaration: [], limit_expiry: [],"
        " evidence_expiry: [], missed: [%s]}\n"
    )
    assert reminders.plan(FIRST).days["hand_over"] == (30, 14, 7, 3, 1, 0)
    author, second = (actor_of(User.objects.get(username=f"{role}_manager")) for role in ("insurance", "credit"))
    asked = policies.propose(author, policy_id=reminders.POLICY, body=text % "hand_over", reason="fewer")
    approvals.approve(second, asked.number, digest=asked.digest, on=FIRST)
    plan = reminders.plan(FIRST)
    assert (plan.days["overdue_notice"], plan.days["hand_over"], plan.missed) == ((9,), (), {"hand_over"})
    for nonsense in ("doom", "missed", "3"):
        with pytest.raises(PolicyInvalid, match=nonsense):
            policies.propose(author, policy_id=reminders.POLICY, body=text % nonsense, reason="fewer")
    for nonsense in ("[-1]", "[1.5]", "[hand_over]", "[true]", "7", "[36601]", f"[{'9' * 400}]"):
        wrong = (text % "").replace("hand_over: []", f"hand_over: {nonsense}")
        with pytest.raises(PolicyInvalid, match="a list of whole numbers of days"):
            policies.propose(author, policy_id=reminders.POLICY, body=wrong, reason="fewer")
    moment = (text % "").replace("2025-01-01:", "2025-01-01 10:00:00:")
    with pytest.raises(PolicyInvalid, match="2025-01-01 10:00:00 is not a day"):
        policies.propose(author, policy_id=reminders.POLICY, body=moment, reason="fewer")


def test_only_who_keeps_all_jobs_has_reminders_sent_and_they_stand_in_the_schedule(book):
    assert jobs.kinds()[reminding.KIND].daily == dt.time(6, 30)
    with pytest.raises(NotPermitted):
        remind(FIRST, Actor.of("ann", ["insurance_manager"]))


def test_steps_are_the_nearest_day_of_the_plan_that_is_not_past():
    plan = reminders.Plan({"hand_over": (30, 7, 0)}, frozenset({"hand_over"}))
    row = {"kind": "hand_over", "state": "open"}
    steps = [plan.step(row | {"days_left": days}) for days in (31, 30, 8, 7, 1, 0, -1)]
    assert steps == [None, 30, 30, 7, 7, 0, None]
    assert plan.step(row | {"days_left": -1, "state": "missed"}) == reminders.MISSED
    assert plan.step(row | {"days_left": 5, "state": "done"}) is None
    assert reminders.Plan({"hand_over": ()}, frozenset()).step(row | {"days_left": 0}) is None
