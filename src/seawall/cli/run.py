"""``seawall run``: a protection run over the store, kept with its manifest and its hashes."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import typer

from seawall.cli.options import Output, Question, asks
from seawall.engine.kernel.errors import NotFound, UsageError

app = typer.Typer()

SchemeOption = Annotated[str | None, typer.Option("--scheme", help="Upper limits of the buckets in days: 30/60/90.")]
AgainOption = Annotated[
    bool, typer.Option("--verify", help="Compute it once more from the store and compare: exit code 1 if it differs.")
]
ExecutorOption = Annotated[
    str | None, typer.Option("--executor", help="Where it is measured: local, or spark (SEAWALL_EXECUTOR).")
]

ResumeOption = Annotated[
    str | None,
    typer.Option("--resume", metavar="RUN", help="Go on with a run that was stopped: its number, or `last`."),
]


@app.command()
@asks
def run(
    question: Question,
    output: Output,
    *,
    scheme: SchemeOption = None,
    verify: AgainOption = False,
    resume: ResumeOption = None,
    executor: ExecutorOption = None,
) -> None:
    """Run the protection run of a day; the same question again gives the run there is, a stopped one goes on."""
    form = output.chosen("table", "json")
    if question.paths or question.entity:
        raise UsageError("A run is over the whole store.", hint="For files or one entity use `seawall report`.")
    from seawall.cli.acting import opened
    from seawall.cli.asking import moment_of
    from seawall.engine.ledger.scheme import Scheme

    if resume and (question.as_of or question.known_at or question.currency or scheme):
        raise UsageError("A run that goes on keeps its question.", hint="Give --resume alone.")
    moment = moment_of(question.known_at)
    on = None if resume else question.day()
    actor = opened()
    from seawall.services import runs, snapshots

    if on is None:
        done = runs.resume(actor, run_id=_number(actor, resume or ""), executor=executor)
    else:
        known = None if moment is None else snapshots.known_at(actor, moment)
        buckets = Scheme.parse(scheme) if scheme else None
        done = runs.run(actor, on=on, known=known, currency=question.currency, scheme=buckets, executor=executor)
    document = done.as_json()
    if verify:
        document["is_reproduced"] = runs.recomputed(actor, run_id=done.run_id) == done.result_digest
    output.show(document, _layout, form)
    raise typer.Exit(0 if document.get("is_reproduced", True) else 1)


def _number(actor: Any, text: str) -> uuid.UUID:
    from seawall.services import nightly

    if text == "last":
        stopped = nightly.last_stopped(actor)
        if stopped is None:
            raise NotFound("No run was stopped before its end.")
        return stopped.run_id
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UsageError("{text} is not the number of a run.", hint="Write `last`, or its number.", text=text) from None


def _layout(document: dict[str, Any], words: Any) -> Any:
    from seawall.exchange.language import Scale
    from seawall.exchange.report_layout import Column, Layout, Lines, Table

    sentences = {
        True: "Computed once more from the store: the same figures.",
        False: "Computed once more from the store: other figures. Do not trust this run.",
    }
    lead = words.say(sentences[document["is_reproduced"]]) if "is_reproduced" in document else ""
    facts = (
        (words.say("As of"), words.day(document["on"])),
        (words.say("Known"), words.say("up to batch {batch}", batch=document["known"])),
        (words.say("Currency"), document["currency"]),
        (words.say("Entities"), words.listed(document["entities"])),
        (words.say("State"), document["state"]),
    )
    hashes = (
        words.say("Run {run}", run=document["run_id"]),
        words.say("Manifest SHA-256 {hash}", hash=document["manifest_digest"]),
        words.say("Figures SHA-256 {hash}", hash=document["result_digest"]),
    )
    columns = (Column("name", words.say("Name")), Column("digest", "SHA-256", "words"))
    steps = Table("steps", words.say("Steps"), columns, [(step["name"], step["digest"]) for step in document["steps"]])
    sections = (Lines("hashes", words.say("What it is known by"), hashes), steps)
    return Layout(
        "run", words.say("Protection run"), words.day(document["on"]), words, Scale(1, 2, ""), facts, lead,
        sections=sections,
    )  # fmt: skip
