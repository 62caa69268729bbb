"""``seawall claim cases``, ``show``, ``open`` and ``step``: a claim on its way from the notice to subrogation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.acting import acting
from seawall.cli.insured import insured
from seawall.cli.options import Output, Question, asks, day_of, language, say, today
from seawall.engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from seawall.engine.protection.claim_facts import Key

OneCustomer = Annotated[str, typer.Option("--customer", metavar="CODE", help="The customer's code.")]
AnyCustomer = Annotated[str | None, typer.Option("--customer", metavar="CODE", help="Only claims on this customer.")]
OnePolicy = Annotated[str, typer.Option("--policy", metavar="CODE", help="The insurance policy's code.")]
LossOption = Annotated[str, typer.Option("--date-of-loss", metavar="DATE", help="The day of the loss.")]
CauseOption = Annotated[
    str, typer.Option("--cause", help="insolvency, protracted_default, political or goods_refusal.")
]
StepArgument = Annotated[
    str,
    typer.Argument(
        metavar="STEP",
        help="opened, overdue_report, hand_over, gathered, file_complete, filed, decided, paid, recovered, subrogated "
        "or withdrawn.",
    ),
]
SaysArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="What the step says, such as amount=1000.")
]
OnOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day it happened; else today.")]
CorrectOption = Annotated[bool, typer.Option("--correct", help="Take over what differs from the same step on file.")]
EvidenceOption = Annotated[
    str | None, typer.Option("--evidence", metavar="FILE", help="A document to keep with it, named by its hash.")
]
KeyOption = Annotated[str, typer.Option("--key", help="The same key with the same request is one effect.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Do everything and take it back.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@asks
def cases(question: Question, output: Output, customer: AnyCustomer = None) -> None:
    """Every claim with where it stands, what is next and by when: from the store, or from files."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.exchange import report_claims
    from seawall.services import claim_documents

    book = opened(question)
    document = claim_documents.cases_document(insured(book), on=book.as_of.on, customer=customer)
    output.show(document, report_claims.listed, form, _no_why)


@asks
def show(  # noqa: PLR0917 - one parameter an option
    question: Question, output: Output, customer: OneCustomer, policy: OnePolicy, date_of_loss: LossOption,
    cause: CauseOption = "insolvency",
) -> None:  # fmt: skip
    """One claim: its steps, its money, its claim file; from a store with the facts it is made of."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.exchange import report_claims
    from seawall.services import claim_documents

    key = _key(customer, policy, date_of_loss, cause)
    book = opened(question)
    asked_of = insured(book)
    document = claim_documents.case_document(asked_of, key, on=book.as_of.on)
    if book.loaded is None:
        from seawall.services import claim_cases

        document = document | {"records": claim_cases.records(acting(), key)}
    output.show(
        document, report_claims.shown, form,
        lambda: claim_documents.case_explained(asked_of, key, on=book.as_of.on).as_json(),
    )  # fmt: skip


@asks
def open_(  # noqa: PLR0917 - the framework passes options by name
    customer: OneCustomer,
    policy: OnePolicy,
    date_of_loss: LossOption,
    cause: CauseOption = "insolvency",
    on: OnOption = None,
    says: SaysArgument = None,
    key: KeyOption = "",
    dry_run: DryOption = False,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Open a claim: the day the insurer was given notice of the loss."""
    _made(_key(customer, policy, date_of_loss, cause), "opened", says, on, key=key, dry_run=dry_run)


@asks
def step(  # noqa: PLR0917 - the framework passes options by name
    move: StepArgument,
    customer: OneCustomer,
    policy: OnePolicy,
    date_of_loss: LossOption,
    says: SaysArgument = None,
    cause: CauseOption = "insolvency",
    on: OnOption = None,
    correct: CorrectOption = False,
    evidence: EvidenceOption = None,
    key: KeyOption = "",
    dry_run: DryOption = False,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Record the next step of a claim, in its own words; one against the order is refused."""
    from seawall.cli.insurance import read

    document = None if evidence is None else read(evidence)
    _made(_key(customer, policy, date_of_loss, cause), move, says, on, correct=correct, evidence=document, key=key,
          dry_run=dry_run)  # fmt: skip


def _made(key_of: Key, move: str, says: list[str] | None, on: str | None, *, key: str = "", **more: Any) -> None:
    from seawall.cli.acting import opened
    from seawall.cli.insurance import pair

    said = dict(pair(text) for text in says or [])
    day = today() if on is None else day_of(on)
    actor = opened()
    from seawall.services import claim_moves

    done = claim_moves.make(actor, key_of, move, said, on=day, today=today(), idempotency_key=key, **more)
    counts = done.counts[claim_moves.MOVE_OF[move].table]
    sentence = "Recorded." if counts["new"] or counts["changed"] else "This was on record already."
    say(language().say(sentence))


def _key(customer: str, policy: str, date_of_loss: str, cause: str) -> Key:
    from seawall.engine.protection.claim_facts import Key

    return Key(customer, policy, day_of(date_of_loss), cause)


def _no_why() -> dict[str, Any]:
    raise UsageError("One claim is explained at a time.", hint="Ask `claim show` for one claim.")
