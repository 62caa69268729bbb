"""``seawall worklist``: whom to call, in which order, and why."""

from __future__ import annotations

import typer

from seawall.cli.options import Output, Question, asks

app = typer.Typer()


@app.command()
@asks
def worklist(question: Question, output: Output) -> None:
    """Whom to call first, why, and what is at stake; and who was left out, and why."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened, run_of
    from seawall.exchange import report_worklist
    from seawall.services import documents

    report, _ = run_of(opened(question))
    output.show(documents.whom_to_call(report), report_worklist.worklist_layout, form)
