"""``seawall import``: bring ledger files into the store, wholly or not at all."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.options import Output, asks, day_of
from seawall.engine.kernel.errors import FileRejected, UsageError

if TYPE_CHECKING:
    from seawall.services.intake import ImportResult

app = typer.Typer()

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Ledger files, or folders of them.")]
MappingOption = Annotated[str | None, typer.Option("--mapping", help="A mapping's name, or a YAML of yours.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Do it all and undo it: say what would happen.")]
RejectsOption = Annotated[bool, typer.Option("--accept-rejects", help="Import the good rows, keep the bad on file.")]
CorrectOption = Annotated[bool, typer.Option("--apply-corrections", help="Take changed rows as new versions.")]
ListDateOption = Annotated[str | None, typer.Option("--list-date", metavar="DATE", help="Day of a list of open items.")]
TotalOption = Annotated[
    str | None, typer.Option("--control-total", metavar="AMOUNT", help="What the items come to, debit less credit.")
]


@app.command()
@asks
def import_(  # noqa: PLR0917 - the framework passes options by name
    files: FilesArgument,
    output: Output,
    mapping: MappingOption = None,
    dry_run: DryOption = False,
    accept_rejects: RejectsOption = False,
    apply_corrections: CorrectOption = False,
    list_date: ListDateOption = None,
    control_total: TotalOption = None,
) -> None:
    """Import ledger files; the same file again changes nothing, and any bad row stops all of it (exit code 3).

    `seawall import undo NUMBER` takes an import back, as `seawall imports undo NUMBER` does.
    """
    if _is_undo(files):
        from seawall.cli.imports import take_back

        return take_back(output, int(str(files[1])), reason="", dry_run=dry_run)
    form = output.chosen("table", "json", "csv")
    day, total = None if list_date is None else day_of(list_date), _amount(control_total)
    from seawall.cli.acting import opened

    actor = opened()
    from seawall.exchange import report_intake
    from seawall.services import intake
    from seawall.services.files import RowsRejected

    try:
        result = intake.commit_import(
            actor, files, mapping=mapping, dry_run=dry_run, accept_rejects=accept_rejects,
            apply_corrections=apply_corrections, list_date=day, control_total=total,
        )  # fmt: skip
    except RowsRejected as error:
        output.show(_document(None, error.rejects, dry_run), report_intake.layout, form)
        raise FileRejected(
            error.template, hint=error.hint_template, where=error.where, code=error.code, **error.params
        ) from None  # fmt: skip
    return output.show(_document(result, result.rejects, dry_run), report_intake.layout, form)


def _is_undo(files: list[Path]) -> bool:
    """Whether `undo NUMBER` is meant, and no files of these names."""
    named = [str(path) for path in files]
    return len(named) == 2 and named[0] == "undo" and named[1].isdecimal() and not files[0].exists()  # noqa: PLR2004


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        raise UsageError("{text} is not an amount.", hint="Write it as 1234.56.", text=text) from None


def _document(result: ImportResult | None, rejects: Any, dry_run: bool) -> dict[str, Any]:
    from seawall.exchange.report_intake import rejects_json

    said = (
        {"batch_no": None, "import_no": None, "counts": {}, "closed": 0, "control": {}}
        if result is None
        else result.as_json()
    )
    remarks = () if result is None else result.remarks
    return said | {
        "is_dry_run": dry_run,
        "is_refused": result is None,
        "rejects": rejects_json(rejects),
        "remarks": [{"file": one.file, "code": one.code, "params": one.params} for one in remarks],
    }
