"""``seawall jobs``: background work - what waits, what runs, what failed and why; another try, or an end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, asks, language, say

app = typer.Typer(help="Background work: what waits, runs or failed.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="JOB", help="The job's number, as `jobs list` shows it.")]
StateOption = Annotated[str, typer.Option("--state", help="Only these: waiting, running, done, failed or cancelled.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="As many of the newest.")]
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="The kind of job, such as run.")]
OnOption = Annotated[bool, typer.Option("--on/--off", help="Whether it is done every day.")]
AtOption = Annotated[str, typer.Option("--at", metavar="HH:MM", help="When, in the organisation's time zone.")]


@app.callback()
def jobs() -> None:
    """Background work: what waits, runs or failed."""


@app.command("list")
@asks
def listed(output: Output, state: StateOption = "", limit: LimitOption = 50) -> None:
    """The newest jobs and how far they are."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    rows = [row.as_json() for row in service.listed(actor, state=state, limit=limit)]
    has_worker = service.has_worker()
    output.show({"has_worker": has_worker, "jobs": rows}, _layout, form)
    if not has_worker:
        say(language().say("No worker is running: start one with `seawall worker`."))


@app.command()
@asks
def log(job: NumberArgument, output: Output) -> None:
    """What a job said while it worked."""
    form = output.chosen("table", "json")
    service, actor = _opened()
    lines = [{"at": line.at.isoformat(), "text": language().say(line.template, **line.params)}
             for line in service.log(actor, job_id=job)]  # fmt: skip
    output.show({**service.shown(actor, job_id=job).as_json(), "lines": lines}, _log_layout, form)


@app.command()
@asks
def retry(job: NumberArgument) -> None:
    """Try a job again that failed or was cancelled."""
    service, actor = _opened()
    service.retry(actor, job_id=job)
    say(language().say("Job {job} waits again.", job=job))


@app.command()
@asks
def cancel(job: NumberArgument) -> None:
    """End a job: one that waits at once, one that runs after its present step."""
    service, actor = _opened()
    service.cancel(actor, job_id=job)
    say(language().say("Job {job} is cancelled.", job=job))


@app.command()
@asks
def schedule(output: Output) -> None:
    """What is done every day, when next, and how it went last."""
    import datetime as dt

    form = output.chosen("table", "json")
    _service, actor = _opened()
    from seawall.services import schedule as plan

    rows = [row.as_json() for row in plan.planned(actor, now=dt.datetime.now(dt.UTC))]
    output.show({"daily": rows}, _schedule_layout, form)


@app.command("set")
@asks
def set_(kind: KindArgument, at: AtOption, on: OnOption = True) -> None:
    """Say whether and when a kind of job is done every day."""
    _service, actor = _opened()
    from seawall.services import schedule as plan

    plan.change(actor, kind=kind, is_on=on, at=plan.time_of(at))
    say(language().say("{kind}: {state}, at {at}.", kind=kind, state=language().say("on" if on else "off"), at=at))


def _opened() -> tuple[Any, Any]:
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import jobs as service

    return service, actor


def _table(name: str, title: str, columns: Any, rows: Any, words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Layout, Table

    return Layout("jobs", words.say("Jobs"), "", words, Scale(1, 2, ""), sections=(Table(name, title, columns, rows),))


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.report_layout import Column

    columns = (
        Column("job", words.say("Job"), "count"), Column("title", words.say("Work")),
        Column("state", words.say("State")), Column("progress", words.say("Progress")),
        Column("asked_by", words.say("Asked by")), Column("problem", words.say("Problem"), "words"),
    )  # fmt: skip
    rows = [
        (
            row["job_id"], words.say(row["title"]), words.say(row["state"]),
            f"{row['done']}/{row['total']}" if row["total"] else "", row["asked_by"], row["problem"],
        )
        for row in document["jobs"]
    ]  # fmt: skip
    return _table("jobs", words.say("Newest first"), columns, rows, words)


def _log_layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.report_layout import Column

    columns = Column("at", words.say("At")), Column("text", words.say("In words"), "words")
    rows = [(line["at"][:19], line["text"]) for line in document["lines"]]
    title = f"{words.say(document['title'])}: {words.say(document['state'])}"
    return _table("log", title, columns, rows, words)


def _schedule_layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.report_layout import Column

    columns = (
        Column("kind", words.say("Kind")), Column("title", words.say("Work")), Column("on", words.say("Every day")),
        Column("at", words.say("At")), Column("next", words.say("Next")), Column("last", words.say("Last")),
    )  # fmt: skip
    rows = [
        (
            row["kind"], words.say(row["title"]), words.say("on") if row["is_on"] else words.say("off"), row["at"],
            (row["next_at"] or "")[:16], words.say(row["last"]["state"]) if row["last"] else "",
        )
        for row in document["daily"]
    ]  # fmt: skip
    return _table("schedule", words.say("Every day"), columns, rows, words)
