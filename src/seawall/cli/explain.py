"""``seawall explain``: why a figure of the report is what it is, down to policies and source rows."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.options import Output, Question, asks, language
from seawall.engine.kernel.errors import UsageError

app = typer.Typer()

FigureArgument = Annotated[str, typer.Argument(metavar="FIGURE", help="Such as ecl or dso_days; or list.")]
ItemOption = Annotated[
    str | None, typer.Option("--item", metavar="NUMBER", help="With cover: of this item of the customer.")
]
CustomerOption = Annotated[str | None, typer.Option("--customer", help="The same figure of one customer.")]


@app.command()
@asks
def explain(
    figure: FigureArgument, question: Question, output: Output, customer: CustomerOption = None, item: ItemOption = None
) -> None:  # fmt: skip
    """Show the formula, its inputs and where they come from; `seawall explain list` names the figures."""
    form = output.chosen("table", "json")
    from seawall.engine.explain import FIGURES, is_of_bank

    if figure == "list":
        return output.give(_named(FIGURES))
    from seawall.cli.asking import opened, why
    from seawall.exchange import report_trace
    from seawall.exchange.report import as_json

    if figure == "cover":
        trace = _cover(question, customer, item)
    elif is_of_bank(figure):
        trace = _of_bank(question, figure)
    else:
        trace = why(opened(question), figure, customer)
    return output.give(as_json(trace) if form == "json" else report_trace.rendered(trace, language()))


def _of_bank(question: Question, figure: str) -> dict[str, Any]:
    """The trace of a figure of the bank, from the store's statements.

    Raises:
        UsageError: files are asked, which hold no statements.
    """
    if question.paths:
        raise UsageError("Only the store has bank statements: leave the files out.")
    from seawall.cli.desk import opened
    from seawall.services import bank_why

    actor = opened()
    currency, entity = question.currency or "", (question.entity or [""])[0]
    return bank_why.explained(actor, figure, on=question.day(), entity=entity, currency=currency).as_json()


def _cover(question: Question, customer: str | None, item: str | None) -> dict[str, Any]:
    """Why one item is covered as it is, as plain data."""
    if customer is None or item is None:
        raise UsageError("Cover is explained of one item.", hint="Add --customer CODE and --item NUMBER.")
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.services.insurance import cover_explained

    book = opened(question)
    return cover_explained(insured(book), on=book.as_of.on, customer=customer, item=item).as_json()


def _named(titles: dict[str, str]) -> str:
    from seawall.exchange.report_table import side_by_side

    return side_by_side((name.removesuffix("_minor"), language().say(title)) for name, title in titles.items()) + "\n"
