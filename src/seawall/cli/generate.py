"""``seawall generate``: an invented ledger of any size, for trying out and for benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.options import asks, day_of, language, say
from seawall.engine.kernel.errors import UsageError

app = typer.Typer()

ItemsOption = Annotated[int, typer.Option("--items", min=1, help="About how many items.")]
CustomersOption = Annotated[int, typer.Option("--customers", min=1, help="How many customers.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same ledger.")]
OutOption = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write into.")]
FormatOption = Annotated[str, typer.Option("--format", "-f", help="csv, parquet (both canonical) or engine.")]
UntilOption = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day of the ledger.")]
MonthsOption = Annotated[int, typer.Option("--months", min=1, help="How many months it covers.")]
LossOption = Annotated[float, typer.Option("--loss-rate", min=0, max=1, help="Share of sales that is never paid.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="The home currency.")]
BillsOption = Annotated[float, typer.Option("--bills", min=0, max=1, help="Share of receipts that are bills.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the words: en or zh.")]


@app.command()
@asks
def generate(  # noqa: PLR0917 - the framework passes options by name
    out: OutOption,
    items: ItemsOption = 10_000,
    customers: CustomersOption = 200,
    seed: SeedOption = 1,
    form: FormatOption = "csv",
    until: UntilOption = "2026-06-30",
    months: MonthsOption = 27,
    loss_rate: LossOption = 0.004,
    currency: CurrencyOption = "CNY",
    bills: BillsOption = 0.0,
    lang: LangOption = None,  # noqa: ARG001 - read by ``asks``
) -> None:
    """Invent a ledger: seasons, skewed sizes, habits that drift, disputes, insolvencies, several currencies."""
    if form not in ("csv", "parquet", "engine"):
        raise UsageError("There is no format {format} here.", hint="Choose one of: csv, parquet, engine.", format=form)
    from seawall.engine.ledger.generate import generate as invented
    from seawall.exchange.parquet import write_ledger

    ledger = invented(
        items=items, customers=customers, seed=seed, until=day_of(until), months=months,
        loss_rate=loss_rate, home=currency, details=form != "engine" or bool(bills),
    )  # fmt: skip
    if bills:
        from seawall.engine.ledger.generate_bills import with_bills

        ledger = with_bills(ledger, share=bills, seed=seed, until=day_of(until))
    out.mkdir(parents=True, exist_ok=True)
    if form == "engine":
        write_ledger(ledger, out)
    else:
        from seawall.engine.ledger.canonical import canonical

        for name, table in canonical(ledger).items():
            write = table.write_csv if form == "csv" else table.write_parquet
            write(out / f"{name}.{form}")
    sentence = "Written: {items} items and {allocations} allocations of {customers} customers in {folder}."
    counts = {"items": ledger.items.height, "allocations": ledger.allocations.height}
    say(language().say(sentence, **counts, customers=ledger.customers.height, folder=out))
