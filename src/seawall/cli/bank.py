"""``seawall bank``: statements, the money in them, and what it pays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.options import Output, asks

app = typer.Typer(help="Bank statements, the money in them, and what it pays.", no_args_is_help=True)

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Statements: MT940, camt.053 or CSV.")]
MappingOption = Annotated[Path | None, typer.Option("--mapping", help="A YAML with your bank's column headers.")]


@app.callback()
def bank() -> None:
    """Bank statements, the money in them, and what it pays."""


@app.command()
@asks
def read(files: FilesArgument, output: Output, mapping: MappingOption = None) -> None:
    """Read statements without any store: accounts, balances, entries, and each line that could not be read."""
    form = output.chosen("table", "json", "csv", "xlsx")
    from seawall.exchange import report_bank
    from seawall.services import bank_files

    output.show(bank_files.read(files, mapping=mapping), report_bank.statements, form)
