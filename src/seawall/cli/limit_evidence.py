"""``seawall insurance evidence``: what justifies the limits we set ourselves, day by day, and keeping it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.insured import CustomerOption, PolicyOption
from seawall.cli.options import Output, Question, asks, language, say
from seawall.engine.kernel.errors import UsageError

KeepOption = Annotated[bool, typer.Option("--keep", help="Keep what is not kept yet, as documents of the customers.")]
KeyOption = Annotated[str, typer.Option("--key", help="The same key with the same request is one effect.")]


@asks
def evidence(  # noqa: PLR0917 - the framework passes options by name
    question: Question, output: Output, customer: CustomerOption = None, policy: PolicyOption = None,
    keep: KeepOption = False, key: KeyOption = "",
) -> None:  # fmt: skip
    """Limits we set ourselves: justified by what and until when, or lost; of one customer also day by day."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.exchange import report_evidence

    if question.paths and keep:
        raise UsageError("Only what is in the store can be kept.", hint="Leave out --files.")
    found = (
        _of_files(question, customer, policy) if question.paths else _of_store(question, customer, policy, keep, key)
    )
    output.show(found, report_evidence.vault, form)


def _of_files(question: Question, customer: str | None, policy: str | None) -> dict[str, Any]:
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.services import limit_evidence

    book = opened(question)
    return limit_evidence.of_files(insured(book), on=book.as_of.on, customer=customer, policy=policy)


def _of_store(
    question: Question, customer: str | None, policy: str | None, keep: bool, key: str
) -> dict[str, Any]:  # fmt: skip
    from seawall.cli.acting import opened
    from seawall.cli.desk import reading as reading_of

    actor = opened()
    from seawall.services import limit_evidence

    if keep:
        done = limit_evidence.keep(actor, on=question.day(), language=language(), customer=customer, key=key)
        say(language().say("Evidence kept: {days} delivery days of {limits} self-set limits.", days=done.days,
                           limits=done.limits))  # fmt: skip
    reading = reading_of(actor, question.day(), question.currency)
    return limit_evidence.vault(reading, customer=customer, policy=policy)
