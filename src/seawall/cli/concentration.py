"""``seawall concentration``: how much of what is open hangs on few."""

from __future__ import annotations

import typer

from seawall.cli.options import Output, Question, asks

app = typer.Typer()


@app.command()
@asks
def concentration(question: Question, output: Output) -> None:
    """Shares of the largest, HHI and effective number, by customer, group, sector, country, entity and currency."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened, run_of
    from seawall.exchange import report_concentration
    from seawall.services import documents

    report, _ = run_of(opened(question))
    output.show(documents.concentration(report), report_concentration.concentration_layout, form)
