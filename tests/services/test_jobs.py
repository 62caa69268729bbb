"""Background work: put into the queue with its write, done once for who asked, shown, cancelled, tried again."""

import datetime as dt
import zoneinfo
from dataclasses import replace

import pytest
from django.db import connection
from stocked import person

from seawall.engine.kernel.errors import IdempotencyMismatch, InputError, NotFound, NotPermitted, OutsideError, Refused
from seawall.services import access, deputies, founding, jobs, jobs_work, minutely, schedule
from seawall.services.access import Actor, Grant, Within, actor_of
from seawall.services.command import execute
from seawall.store.models import AuditEntry, Job, Membership

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system()


@pytest.fixture(autouse=True)
def empty_queue(db):
    """The queue's own tables are none of Django's, so no test's end empties them."""
    with connection.cursor() as cursor:
        for table in ("procrastinate_events", "procrastinate_jobs", "procrastinate_workers"):
            cursor.execute(f"DELETE FROM {table}")


@pytest.fixture
def kind(monkeypatch):
    """A kind of job for one test; what it did is kept in its list."""
    monkeypatch.setattr(jobs, "_KINDS", dict(jobs.kinds()))
    seen = []

    def work(actor, arguments, working):
        seen.append((actor, arguments))
        working.progress(1, 4)
        working.say("Law {law} does not hold: {count} rows.", law=arguments.get("n", 0), count=2)
        if failing := arguments.get("fail"):
            raise {"outside": OutsideError("The feed does not answer."), "fault": ZeroDivisionError("x")}[failing]
        return {"n": arguments.get("n")}

    jobs.register("example", work, title="Example", verb=access.RUN)
    return seen


def queued():
    with connection.cursor() as cursor:
        cursor.execute("SELECT (args->>'job_id')::bigint, scheduled_at IS NOT NULL FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def done(job_id, process="1"):
    return jobs_work.carry_out(job_id, process=process, kind_of=jobs.kind_of, again=jobs.wake)


def test_a_job_is_put_into_the_queue_done_and_kept_with_its_words(kind):
    job_id = jobs.enqueue(SYSTEM, "example", {"n": 3})
    assert jobs.shown(SYSTEM, job_id=job_id).state == "waiting"
    assert queued() == [(job_id, False)]
    assert done(job_id) == "done"
    after = jobs.shown(SYSTEM, job_id=job_id)
    assert (after.state, after.result, after.done, after.total, after.share) == ("done", {"n": 3}, 4, 4, 1)
    assert [line.params for line in jobs.log(SYSTEM, job_id=job_id)] == [{"law": 3, "count": 2}]
    assert done(job_id) == ""
    assert len(kind) == 1


def test_inside_a_write_it_appears_with_the_commit_and_not_without_it(kind):
    def effect(write):
        write.detail["job"] = jobs.enqueue(SYSTEM, "example", {})
        return {}

    execute(SYSTEM, access.RUN, effect, request={}, dry_run=True)
    assert (Job.objects.count(), queued()) == (0, [])
    execute(SYSTEM, access.RUN, effect, request={})
    assert (Job.objects.count(), len(queued()), AuditEntry.objects.count()) == (1, 1, 1)


def test_the_same_key_is_the_job_there_is(kind):
    first = jobs.enqueue(SYSTEM, "example", {"n": 1}, key="k")
    assert jobs.enqueue(SYSTEM, "example", {"n": 1}, key="k") == first
    assert (len(queued()), AuditEntry.objects.count()) == (1, 1)


def test_it_is_done_with_the_rights_that_the_person_has_then(kind):
    user = person("ann", Grant("finance"))
    job_id = jobs.enqueue(actor_of(user), "example", {})
    Membership.objects.filter(user=user).update(role="viewer")
    done(job_id)
    assert kind[0][0] == actor_of(user)
    assert kind[0][0].roles == {"viewer"}
    with pytest.raises(NotPermitted):
        jobs.enqueue(actor_of(user), "example", {})


def within(user, entity):
    """The actor of a token of the user's that ends at an entity."""
    narrowed = Within(frozenset({access.READ, access.RUN}), frozenset({entity}), is_token=True)
    return replace(actor_of(user), within=narrowed)


def test_it_does_no_more_than_the_token_it_was_asked_for_with(kind):
    user = person("ann", Grant("finance"))
    done(jobs.enqueue(within(user, "E1"), "example", {}, key="k"))
    assert kind[0][0] == within(user, "E1")
    assert kind[0][0].where(access.RUN) == {"E1"}
    assert not kind[0][0].may(access.IMPORT)
    assert jobs.enqueue(within(user, "E1"), "example", {}, key="k")
    for other in (actor_of(user), within(user, "E2")):
        with pytest.raises(IdempotencyMismatch):
            jobs.enqueue(other, "example", {}, key="k")


def test_nobody_has_a_job_tried_again_that_does_more_than_they_may(kind):
    user = person("ann", Grant("finance"))
    whole, narrow = (jobs.enqueue(who, "example", {"fail": "fault"}) for who in (actor_of(user), within(user, "E1")))
    assert [done(whole), done(narrow)] == ["failed", "failed"]
    with pytest.raises(NotPermitted):
        jobs.retry(within(user, "E1"), job_id=whole)
    with pytest.raises(NotFound):
        jobs.retry(within(user, "E2"), job_id=narrow)
    assert len(queued()) == 2
    jobs.retry(within(user, "E1"), job_id=narrow)
    jobs.retry(actor_of(user), job_id=whole)
    assert len(queued()) == 4


def test_a_deputys_job_has_the_principals_rights_while_it_is_a_deputy(kind):
    ann, deb = person("ann", Grant("finance")), person("deb", Grant("viewer"))
    today = dt.datetime.now(dt.UTC).date()
    days = {"from_day": today - dt.timedelta(1), "to_day": today + dt.timedelta(1)}
    deputy_id = deputies.appoint(SYSTEM, principal="ann", deputy="deb", **days)
    acting = deputies.acting(deb, ann.pk, on=today)
    first, late = (jobs.enqueue(acting, "example", {}) for _ in range(2))
    assert done(first) == "done"
    assert kind[0][0] == acting
    assert kind[0][0].may(access.RUN)
    deputies.end(SYSTEM, deputy_id=deputy_id)
    assert (done(late), len(kind)) == ("failed", 1)


def test_others_jobs_are_not_there(kind):
    ann, bob = (actor_of(person(name, Grant("finance"))) for name in ("ann", "bob"))
    boss = actor_of(person("boss", Grant("administrator")))
    job_id = jobs.enqueue(ann, "example", {})
    assert [row.job_id for row in jobs.listed(ann)] == [row.job_id for row in jobs.listed(boss)] == [job_id]
    assert jobs.listed(bob) == []
    for ask in (jobs.shown, jobs.log, jobs.retry, jobs.cancel):
        with pytest.raises(NotFound):
            ask(bob, job_id=job_id)


def test_a_fault_is_kept_and_the_job_can_be_tried_again(kind):
    job_id = jobs.enqueue(SYSTEM, "example", {"fail": "fault"})
    assert done(job_id) == "failed"
    failed = jobs.shown(SYSTEM, job_id=job_id)
    assert failed.as_json()["problem"] == "A fault of the program: ZeroDivisionError."
    jobs.retry(SYSTEM, job_id=job_id)
    assert jobs.shown(SYSTEM, job_id=job_id).state == "waiting"
    assert len(queued()) == 2
    with pytest.raises(Refused):
        jobs.retry(SYSTEM, job_id=job_id)


def test_what_is_worth_another_try_is_tried_again_later_and_not_for_ever(kind):
    job_id = jobs.enqueue(SYSTEM, "example", {"fail": "outside"})
    states = [done(job_id) for _ in range(jobs_work.ATTEMPTS_MAX)]
    assert states == ["waiting"] * (jobs_work.ATTEMPTS_MAX - 1) + ["failed"]
    assert [later for _, later in queued()] == [False] + [True] * (jobs_work.ATTEMPTS_MAX - 1)


def test_a_job_ends_where_it_next_says_how_far_it_is(kind):
    waiting, running = (jobs.enqueue(SYSTEM, "example", {"n": n}) for n in (1, 2))
    jobs.cancel(SYSTEM, job_id=waiting)
    assert done(waiting) == ""
    Job.objects.filter(pk=running).update(is_cancel_asked=True)
    assert done(running) == "cancelled"
    assert {jobs.shown(SYSTEM, job_id=each).state for each in (waiting, running)} == {"cancelled"}
    with pytest.raises(Refused):
        jobs.cancel(SYSTEM, job_id=running)


def worker():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        return str(cursor.fetchone()[0])


def test_what_a_killed_worker_had_in_hand_is_put_back_and_what_kills_workers_is_not(kind):
    alive = worker()
    killed, at_work, killer = (jobs.enqueue(SYSTEM, "example", {"n": n}) for n in range(3))
    Job.objects.filter(pk=killed).update(state="running", process="999999", attempts=1)
    Job.objects.filter(pk=at_work).update(state="running", process=alive, attempts=1)
    Job.objects.filter(pk=killer).update(state="running", process="999999", attempts=jobs_work.ATTEMPTS_MAX)
    assert jobs_work.take_up_killed(jobs.wake) == [killed]
    states = [jobs.shown(SYSTEM, job_id=each).state for each in (killed, at_work, killer)]
    assert states == ["waiting", "running", "failed"]
    assert done(killed) == "done"


def test_whether_a_worker_is_there_is_known(kind):
    assert not jobs.has_worker()
    worker()
    assert jobs.has_worker()


SHANGHAI, BERLIN = zoneinfo.ZoneInfo("Asia/Shanghai"), zoneinfo.ZoneInfo("Europe/Berlin")


def at(zone, *parts):
    return dt.datetime(*parts, tzinfo=zone).astimezone(dt.UTC)


@pytest.fixture
def founded():
    """A store founded long ago, as far as its record says."""

    def make(zone, *, is_demo=False):
        founding.found(SYSTEM, name="X", time_zone=zone, is_demo=is_demo)

    return make


def since(monkeypatch, moment):
    """Let what the schedule says hold since a moment of the test's own."""
    rows = schedule._rows

    def before():
        for kind, row in rows():
            row.changed_at = moment
            yield kind, row

    monkeypatch.setattr(schedule, "_rows", lambda: list(before()))


def test_a_daily_job_is_due_once_a_day_by_the_organisations_clock(founded, monkeypatch):
    founded("Asia/Shanghai")
    since(monkeypatch, at(SHANGHAI, 2026, 5, 1, 0, 0))
    assert schedule.enqueue_due(now=at(SHANGHAI, 2026, 5, 1, 1, 59)) == []
    made = schedule.enqueue_due(now=at(SHANGHAI, 2026, 5, 1, 2, 0))
    assert [jobs.shown(SYSTEM, job_id=each).arguments for each in made] == [{"on": "2026-05-01"}]
    assert schedule.enqueue_due(now=at(SHANGHAI, 2026, 5, 1, 2, 1)) == []
    late = schedule.enqueue_due(now=at(SHANGHAI, 2026, 5, 4, 9, 0))
    assert {jobs.shown(SYSTEM, job_id=each).arguments["on"] for each in late} == {"2026-05-04"}


@pytest.mark.parametrize(
    ("day", "first"),
    [((2026, 3, 29), (2026, 3, 29, 1, 0)), ((2026, 10, 25), (2026, 10, 25, 0, 0))],
    ids=["the hour that is left out", "the hour that comes twice"],
)
def test_changes_of_the_clock_lose_and_double_no_job(founded, monkeypatch, day, first):
    founded("Europe/Berlin")
    since(monkeypatch, at(BERLIN, 2026, 1, 1))
    moment, made = dt.datetime(*day, tzinfo=BERLIN).astimezone(dt.UTC), []
    for _ in range(60):
        made += [(moment, each) for each in schedule.enqueue_due(now=moment)]
        moment += dt.timedelta(minutes=5)
    runs = [when for when, each in made if jobs.shown(SYSTEM, job_id=each).kind == "run"]
    assert runs == [dt.datetime(*first, tzinfo=dt.UTC)]


def test_the_demo_and_a_day_before_the_founding_get_nothing(founded):
    founded("UTC", is_demo=True)
    assert schedule.enqueue_due(now=dt.datetime(2099, 1, 1, 12, tzinfo=dt.UTC)) == []
    assert not any(row.is_on for row in schedule.planned(SYSTEM, now=dt.datetime(2099, 1, 1, tzinfo=dt.UTC)))


def test_a_time_that_was_just_set_is_not_made_up_for(founded):
    founded("UTC")
    now = AuditEntry.objects.get().recorded_at
    assert schedule.enqueue_due(now=now) == []


def test_an_administrator_says_when(founded):
    founded("UTC")
    schedule.change(SYSTEM, kind="run", is_on=False, at=schedule.time_of("23:45"))
    now = dt.datetime(2099, 1, 1, 12, tzinfo=dt.UTC)
    rows = {row.kind: row for row in schedule.planned(SYSTEM, now=now)}
    assert (rows["run"].is_on, rows["run"].at, rows["run"].next_at) == (False, dt.time(23, 45), None)
    assert rows["check"].next_at == dt.datetime(2099, 1, 2, 4, tzinfo=dt.UTC)
    with pytest.raises(NotPermitted):
        schedule.change(Actor.of("f", ["finance"]), kind="run", is_on=True, at=dt.time(1))
    with pytest.raises(NotFound):
        schedule.change(SYSTEM, kind="nothing", is_on=True, at=dt.time(1))
    with pytest.raises(InputError):
        schedule.time_of("25:00")


def test_a_round_that_fails_does_not_stop_the_others(monkeypatch):
    def fail(_now):
        raise ZeroDivisionError

    monkeypatch.setattr(minutely, "ROUNDS", {"bad": fail, "good": lambda now: now.year})
    assert minutely.look_round(now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) == {"bad": "failed", "good": 2026}
