"""``seawall dso``: how fast receivables turn into cash."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import Output, Question, asks

app = typer.Typer()

GroupOption = Annotated[str, typer.Option("--group-by", help="Also by customer, group, entity or sector.")]
TrendOption = Annotated[int, typer.Option("--months", min=1, max=24, help="How many month ends to show.")]


@app.command()
@asks
def dso(question: Question, output: Output, group_by: GroupOption = "", months: TrendOption = 13) -> None:
    """Days sales outstanding in five readings, collection effectiveness, turnover and dilution, by month."""
    form = output.chosen("table", "json", "csv", "parquet", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened, run_of, why
    from seawall.exchange import report_speed
    from seawall.services import documents

    book = opened(question)
    run = run_of(book)
    document = documents.dso(run[0], book, policies=run[1], months=months, group_by=group_by)
    output.show(document, report_speed.dso, form, lambda: why(book, "dso_days", run=run))
