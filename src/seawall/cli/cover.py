"""``seawall cover``: what the insurer would pay for each open item, and what stops it."""

from __future__ import annotations

import typer

from seawall.cli.insured import CustomerOption, PolicyOption, SetOption
from seawall.cli.options import Output, Question, asks

app = typer.Typer()


@app.command()
@asks
def cover(
    question: Question, output: Output, customer: CustomerOption = None, policy: PolicyOption = None,
    set_: SetOption = None,
) -> None:  # fmt: skip
    """Cover of every open item on any day: insured, indemnity, and the first clause that stops it."""
    form = output.chosen("table", "json", "csv", "parquet", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_cover import cover as layout
    from seawall.services.insurance import cover_document

    book = opened(question)
    document = cover_document(insured(book, set_), on=book.as_of.on, customer=customer, policy=policy)
    output.show(document, layout, form)
