"""``seawall claim journal``: what finance books of claims."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any

import typer

from seawall.cli.claim_file import reading_of
from seawall.cli.options import Output, Question, asks, day_of

FromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; else the month's first.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; else that of --as-of.")]


@asks
def journal(question: Question, output: Output, since: FromOption = None, until: ToOption = None) -> None:
    """What finance books of claims: decided, paid, recovered, as balanced entries; what is not booked, and why."""
    form = output.chosen("table", "json", "csv", "xlsx")
    asked = replace(question, as_of=question.as_of or until)
    asked = replace(asked, as_of=asked.day().isoformat())
    last = day_of(until or asked.as_of)
    first = day_of(since) if since else last.replace(day=1)
    from seawall.exchange import report_claim_journal

    made = _from_files(asked, first, last) if question.paths else _from_store(asked, first, last)
    output.show(made, report_claim_journal.journal, form)


def _from_files(question: Question, first: dt.date, last: dt.date) -> dict[str, Any]:
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.services import claim_books

    book = opened(question)
    books = claim_books.of_files(insured(book), book.policies, on=book.as_of.on)
    return claim_books.document(books, lambda _entity: book.policies, since=first, until=last)


def _from_store(question: Question, first: dt.date, last: dt.date) -> dict[str, Any]:
    reading = reading_of(question)
    from seawall.services import claim_journal

    return claim_journal.journal(reading, since=first, until=last, entity=(question.entity or [""])[0])
