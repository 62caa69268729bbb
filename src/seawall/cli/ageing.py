"""``seawall ageing``: what is open on a day, by how old it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.options import Output, Question, asks, language, say

if TYPE_CHECKING:
    from seawall.cli.asking import Book
    from seawall.exchange.language import Language

app = typer.Typer()

SchemeOption = Annotated[str | None, typer.Option("--scheme", help="Upper limits of the buckets in days: 30/60/90.")]
ByOption = Annotated[str, typer.Option("--by", help="Count days from the due day or the day of issue: due, issue.")]
GroupOption = Annotated[str, typer.Option("--group-by", help="customer, group, entity, currency or sector.")]


@app.command()
@asks
def ageing(
    question: Question,
    output: Output,
    scheme: SchemeOption = None,
    by: ByOption = "due",
    group_by: GroupOption = "customer",
) -> None:
    """Ageing as of any day: open, overdue, unapplied and disputed amounts, in buckets that sum to what is open."""
    form = output.chosen("table", "json", "csv", "parquet", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened, why
    from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
    from seawall.services import exposures

    buckets = Scheme.parse(scheme, by) if scheme else Scheme(DEFAULT_SCHEME.edges, Scheme.parse("30", by).by)
    book = opened(question, details=output.explain)
    document = exposures.ageing_document(
        book.ledger, as_of=book.as_of, rates=book.rates, policies=book.policies, scheme=buckets, group_by=group_by
    )
    if book.loaded is None:
        _say_freshness(book)
    output.show(document, partial(_layout, book=book), form, lambda: why(book, "open"))


def _say_freshness(book: Book) -> None:
    """How old bank data is, where there is any: who paid yesterday must not be chased today."""
    from seawall.engine.kernel.errors import PolicyGap
    from seawall.exchange import report_bank
    from seawall.services import bank_documents

    try:
        found = bank_documents.freshness(book.actor, on=book.as_of.on)
    except PolicyGap:
        return
    if found is not None:
        say(report_bank.fresh(found, language()))


def _layout(document: dict[str, Any], language: Language, book: Book) -> Any:
    from seawall.exchange import report_parts

    return report_parts.ageing(document, language, book.names())
