"""``seawall deadlines``: every day on which something ends or must be done under an insurance policy."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.insured import CustomerOption, SetOption
from seawall.cli.options import Output, Question, asks

app = typer.Typer()

WithinOption = Annotated[
    int | None, typer.Option("--within", metavar="DAYS", min=0, help="Only the next days, and what was missed.")
]


@app.command()
@asks
def deadlines(
    question: Question, output: Output, customer: CustomerOption = None, within: WithinOption = None,
    set_: SetOption = None,
) -> None:  # fmt: skip
    """The calendar of the policies: each day, the item that sets it, what follows, and whether it was done."""
    form = output.chosen("table", "json", "csv", "parquet", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_cover import deadlines as layout
    from seawall.services.insurance import deadlines_document

    book = opened(question)
    document = deadlines_document(insured(book, set_), on=book.as_of.on, customer=customer, within=within)
    if book.loaded is None:
        from seawall.services.duties_done import recorded

        document["deadlines"] = recorded(book.actor, document["deadlines"])
    output.show(document, layout, form)
