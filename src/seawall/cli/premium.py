"""``seawall premium``: what is to be declared, what a policy costs, and what other cover would have cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.insured import PolicyOption, SetOption
from seawall.cli.options import Output, Question, asks
from seawall.engine.kernel.errors import UsageError

app = typer.Typer(help="Premium of insurance policies.", no_args_is_help=True)
FORMS = ("table", "json", "csv", "xlsx", "html", "pdf")

MonthOption = Annotated[str | None, typer.Option("--month", metavar="MONTH", help="Only this month: 2026-05.")]
DocumentsOption = Annotated[bool, typer.Option("--documents", help="Also every document behind the lines.")]
InvoiceOption = Annotated[
    Path, typer.Option("--invoice", metavar="CSV", help="The insurer's invoice: step, declared, rate, amount.")
]
YearsOption = Annotated[int, typer.Option("--years", help="How many past years are asked: 1 to 5.")]
OptionOption = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="TEXT", help="What else might be bought: name: term=value, term=value."),
]
PresetOption = Annotated[
    list[str] | None,
    typer.Option("--preset", metavar="TEXT", help="regions:DE,FR, part:C1,C2, part:20 or quarterly."),
]
LimitsOption = Annotated[
    str, typer.Option("--limits", help="Limits past losses meet: current, recorded, quarterly or free.")
]
AppetiteOption = Annotated[
    str | None, typer.Option("--appetite", metavar="AMOUNT", help="The most that may be retained in a bad year.")
]
MoreOption = Annotated[
    str | None,
    typer.Option("--more-limit", metavar="AMOUNT", help="Say what so much more limit would have paid, by customer."),
]


@app.callback()
def premium() -> None:
    """Premium of insurance policies."""


@app.command()
@asks
def declare(  # noqa: PLR0917 - one parameter an option
    question: Question, output: Output, policy: PolicyOption = None, month: MonthOption = None,
    documents: DocumentsOption = False, set_: SetOption = None,
) -> None:  # fmt: skip
    """What the insurer is to be told of each month that ended, how it follows from the ledger, and what is missing."""
    form = output.chosen(*FORMS)
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_premium import declare as layout
    from seawall.services.premium import declare_document

    book = opened(question)
    document = declare_document(insured(book, set_), on=book.as_of.on, policy=policy, month=month, documents=documents)
    output.show(document, layout, form)


@app.command()
@asks
def due(question: Question, output: Output, policy: PolicyOption = None, set_: SetOption = None) -> None:
    """What a policy costs so far and by its end: premium, bonus or malus, minimum, fees, tax, deposit."""
    form = output.chosen(*FORMS)
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_premium import due as layout
    from seawall.services.premium import due_document

    book = opened(question)
    output.show(due_document(insured(book, set_), on=book.as_of.on, policy=policy), layout, form)


@app.command()
@asks
def audit(
    question: Question, output: Output, invoice: InvoiceOption, policy: PolicyOption = None, set_: SetOption = None
) -> None:
    """Hold the insurer's invoice against the policy: each difference, and why. Exit code 1 where there is one."""
    form = output.chosen(*FORMS)
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.premium_invoice import charges
    from seawall.exchange.report_premium import audit as layout
    from seawall.services.premium import audit_document, one_policy

    book = opened(question)
    asked = insured(book, set_)
    currency = one_policy(asked, on=book.as_of.on, policy=policy).currency
    told = charges(_text(invoice), currency, name=invoice.name)
    document = audit_document(asked, told, on=book.as_of.on, policy=policy)
    output.show(document, layout, form)
    if not document["agrees"]:
        raise typer.Exit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UsageError("{file} cannot be read.", hint="Give a CSV file in UTF-8.", file=path) from None


@app.command()
@asks
def whatif(  # noqa: PLR0917 - one parameter an option
    question: Question, output: Output, years: YearsOption = 3, policy: PolicyOption = None,
    option: OptionOption = None, preset: PresetOption = None, limits: LimitsOption = "current",
    appetite: AppetiteOption = None, more_limit: MoreOption = None, set_: SetOption = None,
) -> None:  # fmt: skip
    """What past years would have cost under other policies: premium, fees and retained loss, and the cheapest."""
    form = output.chosen(*FORMS)
    from seawall.cli.asking import opened
    from seawall.cli.insured import insured
    from seawall.exchange.report_premium import whatif as layout
    from seawall.services.cover_choice import CHOICE, whatif_document

    book = opened(question)
    document = whatif_document(
        insured(book, set_), book.policies.at(CHOICE, book.as_of.on).value, on=book.as_of.on, years=years,
        policy=policy, options=option or (), presets=preset or (), limits=limits, appetite=appetite,
        more_limit=more_limit,
    )  # fmt: skip
    output.show(document, layout, form)
