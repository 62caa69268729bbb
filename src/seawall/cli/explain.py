"""``seawall explain``: why a figure of the report is what it is, down to policies and source rows."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import Output, Question, asks, language

app = typer.Typer()

FigureArgument = Annotated[str, typer.Argument(metavar="FIGURE", help="Such as ecl or dso_days; or list.")]
CustomerOption = Annotated[str | None, typer.Option("--customer", help="The same figure of one customer.")]


@app.command()
@asks
def explain(figure: FigureArgument, question: Question, output: Output, customer: CustomerOption = None) -> None:
    """Show the formula, its inputs and where they come from; `seawall explain list` names the figures."""
    form = output.chosen("table", "json")
    from seawall.engine.explain import EXPOSURE_TITLES, TITLES

    if figure == "list":
        return output.give(_named(TITLES | EXPOSURE_TITLES))
    from seawall.cli.asking import opened, why
    from seawall.exchange import report_trace
    from seawall.exchange.report import as_json

    trace = why(opened(question), figure, customer)
    return output.give(as_json(trace) if form == "json" else report_trace.rendered(trace, language()))


def _named(titles: dict[str, str]) -> str:
    from seawall.exchange.report_table import side_by_side

    return side_by_side((name.removesuffix("_minor"), language().say(title)) for name, title in titles.items()) + "\n"
