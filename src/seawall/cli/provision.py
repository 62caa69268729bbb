"""``seawall provision``: the expected credit loss, where its rates come from, and what is booked."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.options import Output, Question, asks
from seawall.engine.kernel.errors import UsageError

app = typer.Typer()

METHODS = ("cohort_loss_rate", "migration", "ageing_percentages")
STANDARDS = ("ifrs9", "cas22", "cecl")
MethodOption = Annotated[str | None, typer.Option("--method", help=f"Of the loss rates: {', '.join(METHODS)}.")]
StandardOption = Annotated[str | None, typer.Option("--standard", help=f"Of the allowance: {', '.join(STANDARDS)}.")]
SchemeOption = Annotated[str | None, typer.Option("--scheme", help="Upper limits of the buckets in days: 30/60/90.")]
ByOption = Annotated[str, typer.Option("--by", help="Count days from the due day or the day of issue: due, issue.")]


@app.command()
@asks
def provision(  # noqa: PLR0917 - the framework passes options by name
    question: Question,
    output: Output,
    method: MethodOption = None,
    standard: StandardOption = None,
    scheme: SchemeOption = None,
    by: ByOption = "due",
) -> None:
    """Expected credit loss by age; without --method and --standard as the policies say."""
    form = output.chosen("table", "json", "csv", "xlsx", "html", "pdf")
    choices = _choices(method=(method, METHODS), standard=(standard, STANDARDS))
    from seawall.cli.asking import opened, run_of, why
    from seawall.exchange import report_loss
    from seawall.services import documents

    book = opened(question)
    run = run_of(book, scheme, by, choices)
    document = documents.provision(run[0])
    output.show(document, report_loss.provision_layout, form, lambda: why(book, "ecl", run=run))


def _choices(**asked: tuple[str | None, tuple[str, ...]]) -> dict[str, str]:
    """What was asked for, by policy.

    Raises:
        UsageError: there is no such method or standard.
    """
    for value, allowed in asked.values():
        if value is not None and value not in allowed:
            raise UsageError("{value} is not known here.", hint="Choose one of: {allowed}.",
                             value=value, allowed=", ".join(allowed))  # fmt: skip
    return {f"accounting.ecl_{name}": value for name, (value, _) in asked.items() if value is not None}
