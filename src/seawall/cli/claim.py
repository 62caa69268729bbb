"""``seawall claim``: what a claim would come to, line by line."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from seawall.cli import claim_case
from seawall.cli.claim_file import file
from seawall.cli.claim_journal import journal
from seawall.cli.insured import PolicyOption, SetOption
from seawall.cli.options import Output, Question, asks, day_of
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Claims under insurance policies.", no_args_is_help=True)
app.command()(file)
app.command()(journal)
app.command()(claim_case.cases)
app.command()(claim_case.show)
app.command("open")(claim_case.open_)
app.command()(claim_case.step)

CustomersOption = Annotated[
    list[str] | None,
    typer.Option("--customer", metavar="CODE", help="Who fails; given several times, in this order."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every customer that owes something, in the order of --order.")]
OrderOption = Annotated[str, typer.Option("--order", help="With --all: debt (largest first) or code.")]
CauseOption = Annotated[
    str, typer.Option("--cause", help="insolvency, protracted_default, political or goods_refusal.")
]
LossOption = Annotated[str, typer.Option("--date-of-loss", metavar="DATE", help="The day of the loss.")]
WonOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dispute-won",
        metavar="NUMBER",
        help="What more is paid once the dispute on this item is won; ENTITY/NUMBER where two share it.",
    ),
]
RecoveredOption = Annotated[
    str | None, typer.Option("--recovered", metavar="AMOUNT", help="Money that came in after the loss: who gets what.")
]
CostsOption = Annotated[str, typer.Option("--costs", metavar="AMOUNT", help="What it cost to collect it.")]


@app.callback()
def claim() -> None:
    """Claims under insurance policies."""


@app.command()
@asks
def simulate(  # noqa: PLR0917 - one parameter an option
    question: Question, output: Output, date_of_loss: LossOption, customer: CustomersOption = None,
    all_: AllOption = False, order: OrderOption = "debt", cause: CauseOption = "insolvency",
    policy: PolicyOption = None, dispute_won: WonOption = None, recovered: RecoveredOption = None,
    costs: CostsOption = "0", set_: SetOption = None,
) -> None:  # fmt: skip
    """What the insurer would pay if a customer failed on a day: the whole waterfall, line by line.

    Notices count up to the day of loss, or to --as-of where that is given.
    """
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_cover import claim as layout
    from seawall.services import insurance, losses

    lost_on, judged_on = day_of(date_of_loss), day_of(question.as_of) if question.as_of else None
    if judged_on is not None and judged_on < lost_on:
        raise UsageError("--as-of {day} is before the loss.", hint="Leave out --as-of.", day=judged_on)
    book = opened(replace(question, as_of=(judged_on or lost_on).isoformat()))
    asked_of = insured(book, set_)
    codes = losses.failing(asked_of, customer or (), on=lost_on, order=order if all_ else None)
    document = insurance.claim_document(
        asked_of, customers=codes, cause=cause, lost_on=lost_on, judged_on=judged_on, policy=policy,
        won=dispute_won or (), recovered=recovered, costs=costs,
    )  # fmt: skip
    why = partial(
        insurance.claim_explained, asked_of, customer=codes[0], cause=cause, lost_on=lost_on, judged_on=judged_on,
        policy=policy,
    )  # fmt: skip
    output.show(document, layout, form, lambda: why().as_json())
