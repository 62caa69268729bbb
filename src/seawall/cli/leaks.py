"""``seawall leaks``: what is not covered, what of it can still be saved, and until when."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.insured import CustomerOption, SetOption
from seawall.cli.options import Output, Question, asks
from seawall.engine.kernel.errors import UsageError

app = typer.Typer()
OverTimeOption = Annotated[
    bool, typer.Option("--over-time", help="What was lost at each month end of the last year, by cause.")
]


@app.command()
@asks
def leaks(
    question: Question, output: Output, customer: CustomerOption = None, over_time: OverTimeOption = False,
    set_: SetOption = None,
) -> None:  # fmt: skip
    """Cover leaks: what is not covered or about to be lost, by money and urgency; and what is lost, by cause."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_cover import leaks as layout
    from seawall.services.insurance import leaks_document

    book = opened(question)
    asked, on = insured(book, set_), book.as_of.on
    if not over_time:
        output.show(leaks_document(asked, on=on, customer=customer), layout, form)
        return
    if customer:
        raise UsageError("--over-time is about all customers.", hint="Leave out --customer.")
    from seawall.engine.protection.cover_past import past
    from seawall.exchange.report_cover_map import lost
    from seawall.services.cover_maps import SIZING, sizing_of
    from seawall.services.lost_cover import lost_document

    months = sizing_of(book.policies.at(SIZING, on).value).months
    output.show(lost_document(past(asked, on, months)), lost, form)
