"""``seawall leaks``: what is not covered, what of it can still be saved, and until when."""

from __future__ import annotations

import typer

from seawall.cli.insured import CustomerOption, SetOption
from seawall.cli.options import Output, Question, asks

app = typer.Typer()


@app.command()
@asks
def leaks(question: Question, output: Output, customer: CustomerOption = None, set_: SetOption = None) -> None:
    """Cover leaks: what is not covered or about to be lost, by money and urgency; and what is lost, by cause."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_cover import leaks as layout
    from seawall.services.insurance import leaks_document

    book = opened(question)
    output.show(leaks_document(insured(book, set_), on=book.as_of.on, customer=customer), layout, form)
