"""``seawall insurance``: insured limits, what happened under policies, claims: listed, recorded, taken back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.insurance_words import words
from seawall.cli.limit_evidence import evidence
from seawall.cli.options import Output, Question, asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(
    help="Insured limits, events under policies, claims, and the policies themselves.", no_args_is_help=True
)
app.command()(words)
app.command()(evidence)

CustomerArgument = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's code.")]
PolicyArgument = Annotated[str, typer.Argument(metavar="POLICY", help="The policy's code.")]
SaysArgument = Annotated[
    list[str], typer.Argument(metavar="COLUMN=VALUE...", help="Columns of the ledger file, such as kind=approved.")
]
TableArgument = Annotated[
    str,
    typer.Argument(metavar="TABLE", help="insured_limits, insurance_events, claims, claim_recoveries or claim_steps."),
]
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The fact's number, as the history shows it.")]
TemplateArgument = Annotated[str, typer.Argument(metavar="NAME", help="The template, such as sinosure-style.")]
FilesArgument = Annotated[list[str], typer.Argument(metavar="FILE...", help="Policies as YAML.")]
FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="A policy as YAML; `insurance template` begins one.")]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="The day it is effective from.")]
PolicyOption = Annotated[str, typer.Option("--policy", help="Only limits of this policy.")]
StateOption = Annotated[
    str, typer.Option("--state", help="approved, refused ...; future, waiting, or soon: about to change.")
]
TextOption = Annotated[str, typer.Option("--text", help="Only customers whose code or name holds this.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
CorrectOption = Annotated[bool, typer.Option("--correct", help="Take over what differs from the same fact on file.")]
EvidenceOption = Annotated[
    str | None, typer.Option("--evidence", metavar="FILE", help="A document to keep with it, named by its hash.")
]
KeyOption = Annotated[str, typer.Option("--key", help="The same key with the same request is one effect.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Do everything and take it back.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@app.callback()
def insurance() -> None:
    """Insured limits, events under policies and claims."""


@app.command()
@asks
def limits(
    question: Question, output: Output, policy: PolicyOption = "", state: StateOption = "", text: TextOption = ""
) -> None:
    """Every insured limit as it stands on the day: from the store, or from files."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.exchange import report_insured
    from seawall.services import insured_list

    book = opened(question)
    asked = insured_list.Filter(text, policy, state)
    document = insured_list.document(_insured(book), book.names(), asked, on=book.as_of.on)
    output.show(document, report_insured.listed, form, _no_why)


@app.command()
@asks
def history(customer: CustomerArgument, lang: LangOption = None) -> None:  # noqa: ARG001 - read by ``asks``
    """All that is on file of one customer's insurance, as JSON, with the numbers to take a fact back by."""
    from seawall.cli.acting import opened

    actor = opened()
    import json

    from seawall.services import insured, insured_list

    found = {
        table: [
            insured_list.fact_document(table, row)
            for row in insured.facts_of(actor, table, customers=[customer]).iter_rows(named=True)
        ]
        for table in insured.VERBS
    }
    typer.echo(json.dumps({"customer_code": customer, **found}, ensure_ascii=False, indent=1, default=str))


@app.command()
@asks
def record(  # noqa: PLR0917 - the framework passes options by name
    table: TableArgument,
    says: SaysArgument,
    correct: CorrectOption = False,
    evidence: EvidenceOption = None,
    key: KeyOption = "",
    dry_run: DryOption = False,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Record a decision, an event, a payment or a recovery, in the words of its ledger file."""
    row = dict(pair(text) for text in says)
    document = None if evidence is None else read(evidence)
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import insured

    done = insured.record_fact(
        actor, table, row, correct=correct, dry_run=dry_run, key=key, evidence=document
    )  # fmt: skip
    count = done.counts[table]
    sentence = "Recorded." if count["new"] or count["changed"] else "This was on record already."
    say(language().say(sentence))


@app.command("take-back")
@asks
def take_back(  # noqa: PLR0917
    table: TableArgument,
    number: NumberArgument,
    reason: ReasonOption = "",
    key: KeyOption = "",
    dry_run: DryOption = False,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Take back a fact that was recorded by mistake; what was known before stays known then."""
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import insured

    taken = insured.take_back(actor, table, number, reason=reason, dry_run=dry_run, key=key)
    say(language().say("Taken back: {number}.", number=taken.number))


@app.command()
@asks
def policies(lang: LangOption = None) -> None:  # noqa: ARG001 - read by ``asks``
    """Every insurance policy of the store, as JSON."""
    from seawall.cli.acting import opened

    actor = opened()
    import json

    from seawall.services import wordings

    rows = [each.as_json() for each in wordings.listed(actor)]
    typer.echo(json.dumps({"policies": rows}, ensure_ascii=False, indent=1))


@app.command()
@asks
def policy(code: PolicyArgument, lang: LangOption = None) -> None:  # noqa: ARG001 - read by ``asks``
    """One insurance policy term by term, with its versions, as JSON."""
    from seawall.cli.acting import opened

    actor = opened()
    import json

    from seawall.services import wordings

    typer.echo(json.dumps(wordings.shown(actor, code).as_json(), ensure_ascii=False, indent=1, default=str))


@app.command()
@asks
def template(name: TemplateArgument, lang: LangOption = None) -> None:  # noqa: ARG001 - read by ``asks``
    """The text of a policy to begin with; needs no store."""
    from seawall.engine.kernel.errors import NotFound
    from seawall.policies import insurance as shipped

    known = sorted(path.stem for path in shipped.TEMPLATES.glob("*.yaml"))
    if name not in known:
        raise NotFound(
            "There is no template {name}.", hint="Choose one of: {known}.", name=name, known=", ".join(known)
        )
    typer.echo((shipped.TEMPLATES / f"{name}.yaml").read_text("utf-8"), nl=False)


@app.command()
@asks
def check(files: FilesArgument, lang: LangOption = None) -> None:  # noqa: ARG001 - read by ``asks``
    """Whether files are insurance policies; says which line is not, and why. Needs no store."""
    from seawall.cli.insured import say_remarks
    from seawall.policies import insurance as shipped

    texts = [read(path) for path in files]
    found = shipped.load_wordings([(name, content.decode("utf-8", "replace")) for name, content in texts])
    for wording in found:
        say(
            language().say(
                "{policy} is a policy from {first} to {last}.",
                policy=wording.code,
                first=language().day(wording.first_on),
                last=language().day(wording.last_on),
            )
        )
        say_remarks(wording, None)


@app.command()
@asks
def propose(  # noqa: PLR0917 - the framework passes options by name
    file: FileArgument,
    reason: ReasonOption = "",
    start: FromOption = None,
    key: KeyOption = "",
    dry_run: DryOption = False,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Put an insurance policy, or its next version, before a second person."""
    body = read(file)[1].decode("utf-8", "replace")
    day = day_of(start) if start else None
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.services import wordings

    made = wordings.propose(actor, body, reason=reason, valid_from=day, key=key, dry_run=dry_run)
    wording = wordings.checked(body)
    for sentence in wordings.remarks(actor, wording):
        say(language().say(sentence.template, **sentence.params), about=wording.code)
    say(language().say("Proposed under number {number}: another person approves it.", number=made.number))


def _insured(book: Any) -> Any:
    if book.loaded is not None:
        return book.loaded.insured
    from seawall.services import snapshots

    return snapshots.open_insured(book.actor, known=book.as_of.known)


def _no_why() -> dict[str, Any]:
    raise UsageError("A limit is what its decisions say.", hint="See `seawall insurance history CUSTOMER`.")


def pair(text: str) -> tuple[str, str]:
    """COLUMN=VALUE as the two it is.

    Raises:
        UsageError: it says no column.
    """
    name, is_one, value = text.partition("=")
    if not is_one or not name:
        raise UsageError("{text} says no column.", hint="Write COLUMN=VALUE, such as kind=approved.", text=text)
    return name.strip(), value


def read(path: str) -> tuple[str, bytes]:
    """The name and the bytes of a file.

    Raises:
        FileRejected: it cannot be read.
    """
    from pathlib import Path

    from seawall.engine.kernel.errors import FileRejected, Where

    try:
        return Path(path).name, Path(path).read_bytes()
    except OSError as error:
        raise FileRejected(
            "{file} cannot be read: {reason}.", where=Where(path), file=path, reason=error.strerror or "error"
        ) from error
