"""Protection runs over the store: manifest, steps that can be taken up again, a result by its hash.

The manifest says everything the figures depend on, and its hash is the run's identity: asking for the same
again gives the run there is, and a run that was stopped goes on after its last finished step.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl
from django.db import DatabaseError
from django.utils import timezone

from seawall import __version__
from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import Broken, InputError, NotFound, Refused, RunInProgress
from seawall.engine.kernel.fx import Rates, rates_for, reporting_currency
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.report import Report
from seawall.engine.run import Accumulators, combine, house_scheme
from seawall.exchange.parquet import partitions
from seawall.services import access, executors, snapshots
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.executors import Executor, Measuring
from seawall.services.figures import RATE_AGE
from seawall.services.governing import governing
from seawall.store import chain, locks, points, results
from seawall.store.models import Organisation, Run, RunPointer, RunStep

PARTITION_ITEMS: Final = 1_000_000
"""Items of a partition: what a run holds in memory at a time."""

REPORT_STEP: Final = "report"
State = Run.State


@dataclass(frozen=True, slots=True)
class Step:
    """A finished step and the hash of what it made."""

    name: str
    digest: str
    done_at: dt.datetime


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as shown."""

    run_id: uuid.UUID
    on: dt.date
    known: int
    currency: str
    entities: tuple[str, ...]
    state: str
    manifest: dict[str, Any]
    manifest_digest: str
    result_digest: str
    problem: str
    started_at: dt.datetime
    done_at: dt.datetime | None
    steps: tuple[Step, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "run_id": str(self.run_id), "on": self.on.isoformat(), "known": self.known, "currency": self.currency,
            "entities": list(self.entities), "state": self.state, "manifest": self.manifest,
            "manifest_digest": self.manifest_digest, "result_digest": self.result_digest, "problem": self.problem,
            "started_at": self.started_at.isoformat(), "done_at": self.done_at and self.done_at.isoformat(),
            "steps": [{"name": step.name, "digest": step.digest} for step in self.steps],
        }  # fmt: skip


Progress = Callable[[int, int], None]
"""Called after each step: how many are done, of how many. What it raises stops the run, which can go on later."""


def run(
    actor: Actor,
    *,
    on: dt.date,
    known: int | None = None,
    currency: str | None = None,
    scheme: Scheme | None = None,
    progress: Progress = lambda _done, _total: None,
    executor: str | None = None,
) -> RunView:
    """The protection run of a day over the actor's entities; takes up again what was stopped.

    ``executor`` says where partitions are measured (``executors.chosen``); the run is the same.

    Raises:
        NotPermitted: the actor may not start runs.
        RunInProgress: the same run is being done elsewhere.
        InputError: the store holds no items for this actor, or nothing under the number ``known``.
        UsageError: several currencies, and none to report in.
        PolicyGap: a policy or an exchange rate says nothing for a day it is needed on.
        OutsideError: the executor is not there.
    """
    access.require(actor, access.RUN)
    measured = executors.chosen(executor)
    with snapshots.held(actor, known=known) as at:
        work = _Work.prepared(actor, at, on=on, currency=currency, scheme=scheme)
        return _done(actor, work, progress, measured)


def resume(
    actor: Actor,
    *,
    run_id: uuid.UUID,
    progress: Progress = lambda _done, _total: None,
    executor: str | None = None,
) -> RunView:
    """Go on with a run that was stopped, over what was known when it began; steps that are whole are not done again.

    Raises:
        NotPermitted: the actor may not start runs.
        NotFound: no such run, or it lies outside the actor's scope.
        RunInProgress: it is being done at this moment.
        Refused: this version, its policies or its rates would not give the figures that the run began with.
    """
    access.require(actor, access.RUN)
    found = shown(actor, run_id=run_id)
    measured = executors.chosen(executor)
    with snapshots.held(actor, known=found.known) as at:
        work = _Work.again(actor, at, found)
        if work.digest != found.manifest_digest:
            raise Refused(
                "The run cannot go on: what it was to compute from has changed since it was stopped.",
                hint="Start a new run of that day.", code="run_changed",
            )  # fmt: skip
        return _done(work.actor, work, progress, measured)


def _done(actor: Actor, work: _Work, progress: Progress, measured: Executor) -> RunView:
    with _alone(work.digest):
        row = work.row()
        if row.state != State.DONE:
            _carry_out(actor, row, work, progress, measured)
    return shown(actor, run_id=row.pk)


def can_resume(run: RunView) -> bool:
    """Whether a run was stopped before its end, and nobody is at it."""
    return run.state != State.DONE and not locks.is_held(_lock_of(run.manifest_digest))


def recomputed(actor: Actor, *, run_id: uuid.UUID) -> str:
    """The hash of a run's report, computed anew from the store without any of its steps.

    Raises:
        NotFound: no such run, or it lies outside the actor's scope.
    """
    found = shown(actor, run_id=run_id)
    with snapshots.held(actor, known=found.known) as at:
        work = _Work.again(actor, at, found)
        return work.report(list(executors.in_turn(work.measuring, work.parts))).digest()


def listed(actor: Actor, *, limit: int = 100) -> list[RunView]:
    """The newest runs the actor sees, newest first."""
    access.require(actor, access.READ)
    return [_view(row) for row in Run.objects.scoped(actor).order_by("-started_at")[:limit]]


def shown(actor: Actor, *, run_id: uuid.UUID) -> RunView:
    """One run with its steps.

    Raises:
        NotFound: no such run, or it lies outside the actor's scope.
    """
    access.require(actor, access.READ)
    row = Run.objects.scoped(actor).filter(pk=run_id).first()
    if row is None:
        raise NotFound("There is no run {run}.", run=str(run_id))
    return _view(row, with_steps=True)


def latest(actor: Actor, *, currency: str | None = None) -> RunView | None:
    """The run whose figures are current for the actor; None before the first."""
    access.require(actor, access.READ)
    pointed = RunPointer.objects.values("run")
    rows = Run.objects.scoped(actor).filter(pk__in=pointed, state=State.DONE).order_by("-done_at")
    row = (rows.filter(currency=currency) if currency else rows).first()
    return _view(row) if row else None


def load_report(actor: Actor, run_id: uuid.UUID) -> Report:
    """The report of a finished run, as it was computed.

    Raises:
        NotFound: no such run, it is not finished, or it lies outside the actor's scope.
        Broken: the result is missing or was changed.
    """
    found = shown(actor, run_id=run_id)
    step = next((step for step in found.steps if step.name == REPORT_STEP), None)
    if step is None or found.state != State.DONE:
        raise NotFound("The run {run} has no report.", run=str(run_id))
    report = _report_from(*results.read(step.digest))
    if report.digest() != found.result_digest:
        raise Broken("The report of the run {run} is not the one that was computed.", run=str(run_id))
    return report


@dataclass(frozen=True)
class _Work:
    """What one run computes from: all that its manifest names."""

    actor: Actor
    folder: Path
    as_of: AsOf
    rates: Rates
    scheme: Scheme
    entities: tuple[str, ...]
    known_from: dt.date | None
    manifest: dict[str, Any]
    policies: Policies

    @classmethod
    def prepared(
        cls, actor: Actor, at: tuple[Path, int], *, on: dt.date, currency: str | None, scheme: Scheme | None
    ) -> _Work:
        """Everything looked up, nothing computed; ``at`` is a snapshot that is held and its batch number."""
        folder, known = at
        accounts = snapshots.accounts_of(actor, folder)
        if not accounts.height:
            raise InputError("There is nothing on file to run over.", hint="Import a ledger first.", code="empty")
        entities = tuple(sorted(accounts["entity"].unique()))
        policies = governing(known=known, entity=entities[0] if len(entities) == 1 else "")
        scheme = scheme or house_scheme(policies, on)
        max_age = policies.at(RATE_AGE, on).value["max_age_days"]
        codes = sorted(accounts["currency"].unique())
        rates = _rates(actor, codes, on=on, known=known, currency=currency, max_age=max_age)
        manifest = {
            "on": on.isoformat(), "known": known, "snapshot": folder.name,
            "entities": list(entities), "sees_all": actor.entities is access.ALL,
            "currency": rates.reporting, "scheme": {"edges": list(scheme.edges), "by": scheme.by},
            "rates": {code: [used.rate, str(used.on), used.source] for code, used in sorted(rates.by_currency.items())},
            "policies": policies.digest, "engine": __version__, "partition_items": PARTITION_ITEMS,
        }  # fmt: skip
        known_from = snapshots.known_from_of(actor, folder)
        return cls(actor, folder, AsOf(on, known), rates, scheme, entities, known_from, manifest, policies)

    @classmethod
    def again(cls, actor: Actor, at: tuple[Path, int], run: RunView) -> _Work:
        """What a run there is computes from, looked up anew; for whoever sees more, over the run's entities alone."""
        asked = run.manifest["scheme"]
        if not run.manifest["sees_all"]:
            actor = replace(actor, within=replace(actor.within, entities=frozenset(run.entities)))
        scheme = Scheme(tuple(asked["edges"]), asked["by"])
        return cls.prepared(actor, at, on=run.on, currency=run.currency, scheme=scheme)

    @property
    def digest(self) -> str:
        """The run's identity."""
        return chain.digest_of(self.manifest)

    @property
    def parts(self) -> list[range]:
        """Ranges of customers, whole groups together."""
        return partitions(self.folder, PARTITION_ITEMS)

    def row(self) -> Run:
        """The run's row, made and put on record if it is new."""
        found = Run.objects.scoped(self.actor).filter(manifest_digest=self.digest).first()
        return found or self._started()

    def _started(self) -> Run:
        run_id = uuid.uuid4()

        def effect(write: Write) -> Result:
            Run.objects.create(
                id=run_id, manifest=self.manifest, manifest_digest=self.digest, on=self.as_of.on,
                known=self.as_of.known, currency=self.rates.reporting, entities=list(self.entities),
                started_at=write.at,
            )  # fmt: skip
            write.detail.update(run=str(run_id), stage="started", manifest=self.digest)
            return {}

        execute(self.actor, access.RUN, effect, request={"manifest": self.digest})
        return Run.objects.scoped(self.actor).get(pk=run_id)

    @property
    def measuring(self) -> Measuring:
        """What measuring a partition needs."""
        mine = None if self.actor.entities is access.ALL else tuple(sorted(self.actor.entities))
        return Measuring(self.folder, mine, self.known_from, self.as_of, self.policies, self.rates, self.scheme)

    def report(self, parts: list[Accumulators]) -> Report:
        """All partitions together."""
        return combine(
            parts, as_of=self.as_of, policies=self.policies, rates=self.rates, scheme=self.scheme,
            known_from=self.known_from,
        )  # fmt: skip


def _carry_out(actor: Actor, row: Run, work: _Work, progress: Progress, executor: Executor) -> None:
    """Do the steps that are not done, and make the result current. A failure is kept with the run."""
    done = {step.name: step.digest for step in RunStep.objects.filter(run=row)}
    try:
        names = {f"partition-{number:05}": customers for number, customers in enumerate(work.parts)}
        left = {name: each for name, each in names.items() if not (name in done and results.is_whole(done[name]))}
        measured = executor(work.measuring, list(left.values()))
        for number, name in enumerate(names):
            if name in left:
                done[name] = _finish(row, name, results.write(next(measured).frames()))
            progress(number + 1, len(names) + 1)
        # From their files, and only now: what the earlier ones hold would stand beside the measuring of the last.
        parts = [Accumulators(**results.read(done[name])[0]) for name in names]
        report = work.report(parts)
        digest = _finish(row, REPORT_STEP, results.write(report.tables(), _about(report)))
    except Exception as error:
        with contextlib.suppress(DatabaseError):  # where the database itself failed, the run stays as it was begun
            Run.objects.scoped(actor).filter(pk=row.pk).update(state=State.FAILED, problem=str(error))
        raise
    points.reached("combined")
    _conclude(actor, row, report.digest(), digest)


def _finish(row: Run, name: str, digest: str) -> str:
    """Put on record that a step is done: its file is safe on disk by now."""
    points.reached(f"file {name}")
    RunStep.objects.update_or_create(run=row, name=name, defaults={"digest": digest, "done_at": timezone.now()})
    points.reached(f"step {name}")
    return digest


def _conclude(actor: Actor, row: Run, result_digest: str, files: str) -> None:
    """The run is done and its figures are current, in one write."""
    scope = f"{','.join(row.entities)} {row.currency}"

    def effect(write: Write) -> Result:
        Run.objects.scoped(actor).filter(pk=row.pk).update(
            state=State.DONE, result_digest=result_digest, problem="", done_at=timezone.now()
        )
        RunPointer.objects.update_or_create(scope=scope, defaults={"run_id": row.pk})
        write.detail.update(run=str(row.pk), stage="done", result=result_digest, files=files)
        write.announce(
            "run.done", *row.entities, run_id=str(row.pk), on=row.on.isoformat(), result_digest=result_digest
        )
        return {}

    execute(actor, access.RUN, effect, request={"manifest": row.manifest_digest})


@contextmanager
def _alone(digest: str) -> Iterator[None]:
    """Hold the run's lock; it is free again however this process ends.

    Raises:
        RunInProgress: somebody else holds it.
    """
    if not locks.try_hold(_lock_of(digest)):
        raise RunInProgress("The same run is being done at this moment.", hint="Wait for it to end.")
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError):  # a connection that broke has let go of it already
            locks.let_go(_lock_of(digest))


def _lock_of(digest: str) -> str:
    return f"run {digest}"


def _rates(
    actor: Actor, currencies: list[str], *, on: dt.date, known: int, currency: str | None, max_age: int
) -> Rates:
    """The rates of the day into the reporting currency: the company's own table first, then the ECB's."""
    organisation = Organisation.objects.first()
    asked = currency or (organisation and organisation.reporting_currency) or None
    reporting = reporting_currency(currencies, asked)
    assert reporting is not None  # noqa: S101 - there are accounts
    return rates_for(currencies, reporting, on, snapshots.rate_tables(actor, known=known), max_age)


def _about(report: Report) -> dict[str, Any]:
    """What a report says besides its tables."""
    return {
        "on": report.as_of.on.isoformat(), "known": report.as_of.known, "currency": report.currency,
        "scheme": {"edges": report.scheme.edges, "by": report.scheme.by}, "method": report.method,
        "standard": report.standard, "policies_digest": report.policies_digest,
        "rates_used": [[code, rate, day.isoformat(), source] for code, rate, day, source in report.rates_used],
    }  # fmt: skip


def _report_from(frames: dict[str, pl.DataFrame], about: dict[str, Any]) -> Report:
    return Report(
        as_of=AsOf(dt.date.fromisoformat(about["on"]), about["known"]), currency=about["currency"],
        scheme=Scheme(tuple(about["scheme"]["edges"]), about["scheme"]["by"]), method=about["method"],
        standard=about["standard"], policies_digest=about["policies_digest"],
        rates_used=tuple(
            (code, rate, dt.date.fromisoformat(day), source) for code, rate, day, source in about["rates_used"]
        ),
        **frames,
    ).check()  # fmt: skip


def _view(row: Run, *, with_steps: bool = False) -> RunView:
    steps = RunStep.objects.filter(run=row).order_by("id") if with_steps else ()
    return RunView(
        run_id=row.pk, on=row.on, known=row.known, currency=row.currency, entities=tuple(row.entities),
        state=str(row.state), manifest=row.manifest, manifest_digest=row.manifest_digest,
        result_digest=row.result_digest, problem=row.problem, started_at=row.started_at, done_at=row.done_at,
        steps=tuple(Step(step.name, step.digest, step.done_at) for step in steps),
    )  # fmt: skip
