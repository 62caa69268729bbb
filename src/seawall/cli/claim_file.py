"""``seawall claim file``: all that is on file of a loss, as one PDF or ZIP."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.options import Output, Question, asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from seawall.engine.protection.claim_facts import Key
    from seawall.services.reading import Reading

CustomerOption = Annotated[str, typer.Option("--customer", metavar="CODE", help="Who failed.", show_default=False)]
PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="CODE", help="The insurance policy.", show_default=False)
]
LossOption = Annotated[
    str, typer.Option("--date-of-loss", metavar="DATE", help="The day of the loss.", show_default=False)
]
CauseOption = Annotated[
    str, typer.Option("--cause", help="insolvency, protracted_default, political or goods_refusal.")
]
KeepOption = Annotated[bool, typer.Option("--keep", help="Also keep it with the customer, under its hash.")]
KeyOption = Annotated[str, typer.Option("--key", help="An idempotency key: the same command again changes nothing.")]
MADE = ("pdf", "zip")


@asks
def file(  # noqa: PLR0917 - one parameter an option
    question: Question, output: Output, customer: CustomerOption, policy: PolicyOption, date_of_loss: LossOption,
    cause: CauseOption = "insolvency", keep: KeepOption = False, key: KeyOption = "",
) -> None:  # fmt: skip
    """The claim file: checklist, waterfall, statement by month, duties, limits with their evidence, notes, documents.

    A ZIP holds the documents themselves, every table, and the SHA-256 of each. From --files it has no documents.
    """
    form = output.chosen("pdf", "zip", "json", "table", "xlsx", "html")
    if keep and (question.paths or form not in MADE):
        raise UsageError("Kept is a PDF or ZIP made out of the store.", hint="Leave out --keep.")
    from seawall.engine.protection.claim_facts import Key

    loss = Key(customer, policy, day_of(date_of_loss), cause)
    as_of = question.day().isoformat()
    asked = replace(question, as_of=as_of)
    found, content_of = _from_files(asked, loss) if question.paths else _from_store(asked, loss)
    from seawall.exchange import claim_file, report_claim_file

    if form not in MADE:
        return output.show(found, report_claim_file.claim_file, form)
    with tempfile.TemporaryFile() as target:
        claim_file.write(found, language(), form, target, content_of=content_of)
        target.seek(0)
        output.give(target)
        if keep:
            target.seek(0)
            _keep(asked, loss, form, key, (claim_file.name_of(found, form), target.read()))
    return None


def _from_files(question: Question, loss: Key) -> tuple[dict[str, Any], Any]:
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.services import claim_facts

    book = opened(question)
    return claim_facts.of_files(book, insured(book), loss, policies=book.policies), None


def _from_store(question: Question, loss: Key) -> tuple[dict[str, Any], Any]:
    reading = reading_of(question)
    from seawall.services import claim_files
    from seawall.services.organisation import about

    found = claim_files.of_reading(reading, loss, about=about(reading.actor))
    return found, partial(claim_files.content, found)


def _keep(question: Question, loss: Key, form: str, key: str, shown: tuple[str, bytes]) -> None:
    reading = reading_of(question)
    from seawall.services import claim_files
    from seawall.services.organisation import about

    kept = claim_files.keep(
        reading, loss, about=about(reading.actor), form=form, language=language(), key=key, shown=shown
    )
    say(language().say("Kept as document {number}: {sha256}", number=kept.number, sha256=kept.sha256))


def reading_of(question: Question) -> Reading:
    """The ledger of the question's day, for who acts."""
    if len(question.entity or ()) > 1:
        raise UsageError("A claim is of one entity, or of all.", hint="Give --entity once.")
    from seawall.cli.acting import opened
    from seawall.cli.asking import moment_of

    actor = opened()
    from seawall.services import snapshots
    from seawall.services.organisation import about
    from seawall.services.reading import open_reading

    moment = moment_of(question.known_at)
    return open_reading(
        actor, on=question.day(), currency=question.currency or about(actor).reporting_currency or None,
        entity=(question.entity or [""])[0], known=None if moment is None else snapshots.known_at(actor, moment),
        details=True,
    )  # fmt: skip
