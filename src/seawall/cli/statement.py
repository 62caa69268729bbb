"""``seawall statement``: a customer's statement of account."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli import desk
from seawall.cli.desk import Customer
from seawall.cli.options import Output, asks, day_of

app = typer.Typer(help="A customer's statement of account.")

FromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; without it of the year.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; without it today.")]
SchemeOption = Annotated[str, typer.Option("--scheme", help="Upper limits of the ageing's buckets in days.")]


@app.command()
@asks
def statement(
    customer: Customer, output: Output, from_: FromOption = None, to: ToOption = None,
    scheme: SchemeOption = "30/60/90/180/365",
) -> None:  # fmt: skip
    """Opening, movements, closing, open items and their age, by entity and currency."""
    form = output.chosen("table", "json", "csv", "xlsx", "pdf", "html")
    actor = desk.opened()
    from seawall.engine.ledger.scheme import Scheme
    from seawall.exchange.report_statement import statement as layout
    from seawall.services.organisation import about
    from seawall.services.statements import statement_document

    until = day_of(to)
    facts = about(actor)
    document = statement_document(
        desk.reading(actor, until), code=customer, since=day_of(from_) if from_ else until.replace(month=1, day=1),
        scheme=Scheme.parse(scheme), company=facts.name, is_demo=facts.is_demo,
    )  # fmt: skip
    output.show(document, layout, form)
