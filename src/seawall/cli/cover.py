"""``seawall cover``: what the insurer would pay for each open item, and what stops it."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.insured import CustomerOption, PolicyOption, SetOption
from seawall.cli.options import Output, Question, asks
from seawall.engine.kernel.errors import UsageError

app = typer.Typer()
MapOption = Annotated[
    str | None,
    typer.Option("--map", metavar="BY", help="Limits, use and what does not fit: by customer, country or grade."),
]


@app.command()
@asks
def cover(  # noqa: PLR0917 - one parameter an option
    question: Question, output: Output, customer: CustomerOption = None, policy: PolicyOption = None,
    map_: MapOption = None, set_: SetOption = None,
) -> None:  # fmt: skip
    """Cover of every open item on any day: insured, indemnity, and the first clause that stops it."""
    form = output.chosen("table", "json", "csv", "parquet", "xlsx", "html", "pdf")
    if map_ is not None:
        if customer or policy:
            raise UsageError("--map is about all customers and policies.", hint="Leave out --customer and --policy.")
        _map(question, output, form, map_, set_)
        return
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_cover import cover as layout
    from seawall.services.insurance import cover_document

    book = opened(question)
    document = cover_document(insured(book, set_), on=book.as_of.on, customer=customer, policy=policy)
    output.show(document, layout, form)


def _map(question: Question, output: Output, form: str, by: str, settings: list[str] | None) -> None:
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.engine.protection.cover_past import past
    from seawall.exchange.report_cover_map import cover_map as layout
    from seawall.services.cover_maps import SIZING, map_document, sizing_of

    book = opened(question)
    asked, on = insured(book, settings), book.as_of.on
    sizing = sizing_of(book.policies.at(SIZING, on).value)
    output.show(map_document(asked, past(asked, on, sizing.months), sizing, on=on, by=by), layout, form)
