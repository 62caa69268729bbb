"""``seawall rollrates``: how much of each bucket rolls on to the next (迁徙率), and what is lost of it in the end."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import Output, Question, asks

app = typer.Typer()

STEPS = {"monthly": "month", "annual": "year"}
SchemeOption = Annotated[
    str, typer.Option("--scheme", help="monthly (30-day buckets) or annual (years since invoice).")
]


@app.command()
@asks
def rollrates(question: Question, output: Output, scheme: SchemeOption = "monthly") -> None:
    """Roll rates over buckets exactly one step wide; any other scheme understates the loss and is refused."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    step = STEPS.get(scheme) or _step_of(scheme)
    from seawall.cli.asking import opened, run_of
    from seawall.exchange import report_loss
    from seawall.services import documents

    report, _ = run_of(opened(question))
    output.show(documents.roll_rates(report, step), report_loss.roll_rates_layout, form)


def _step_of(scheme: str) -> str:
    """The step of a scheme written out as its limits: 30/60/…/360 by month, 365/…/1825 by year.

    Raises:
        UsageError: its buckets are not exactly one step wide.
    """
    from seawall.engine.ledger.scheme import Scheme
    from seawall.engine.risk import roll_rates

    edges = Scheme.parse(scheme)
    return roll_rates.step_of(edges if edges.edges[1] % 365 else Scheme(edges.edges, "issue"))
