"""``seawall report``: the whole protection report of a day."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import Output, Question, asks

app = typer.Typer()

SchemeOption = Annotated[str | None, typer.Option("--scheme", help="Upper limits of the buckets in days: 30/60/90.")]


@app.command()
@asks
def report(question: Question, output: Output, scheme: SchemeOption = None) -> None:
    """The protection report: loss against the aim, ageing, behaviour, DSO, roll rates, provision, whom to call."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened, protection, why
    from seawall.exchange import report_protection

    book = opened(question)
    document = protection(book, scheme)
    output.show(document, report_protection.protection, form, lambda: why(book, "loss_ratio_rate"))
