"""The command line: finds the command, and turns what went wrong into a sentence and an exit code.

A command is a module ``seawall.cli.<name>`` with a ``typer.Typer`` called ``app``, read only when it is asked
for: start-up is a good part of what a figure from files costs.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

import seawall
from seawall.cli import memory, values
from seawall.cli.hints import HINTS
from seawall.cli.options import whoever_reads
from seawall.engine.kernel.errors import (
    AccessError,
    Broken,
    Conflict,
    InputError,
    OutsideError,
    PolicyError,
    Refused,
    SeawallError,
    UsageError,
)

COMMANDS = {
    "init": "init",
    "demo": "demo",
    "doctor": "doctor",
    "import": "import_",
    "imports": "imports",
    "mapping": "mapping",
    "source": "source",
    "ageing": "ageing",
    "dso": "dso",
    "provision": "provision",
    "rollrates": "rollrates",
    "concentration": "concentration",
    "worklist": "worklist",
    "cover": "cover",
    "leaks": "leaks",
    "deadlines": "deadlines",
    "claim": "claim",
    "premium": "premium",
    "report": "report",
    "run": "run",
    "contact": "contact",
    "explain": "explain",
    "generate": "generate",
    "period": "period",
    "policy": "policy",
    "approvals": "approvals",
    "check": "check",
    "audit": "audit",
    "bank": "bank",
    "statement": "statement",
    "customer": "customer",
    "item": "item",
    "people": "people",
    "token": "token",
    "bills": "bills",
    "insurance": "insurance",
    "serve": "serve",
    "worker": "worker",
    "jobs": "jobs",
    "view": "view",
    "mail": "mail",
    "reminder": "reminder",
    "webhook": "webhook",
    "insurer": "insurer",
    "sandbox-insurer": "sandbox_insurer",
    "backup": "backup",
    "restore": "restore",
    "drill": "drill",
    "store": "store",
    "seal": "seal",
}
"""Command to its module, in the order in which help lists them."""

SERVERS = ("serve", "demo", "worker", "sandbox-insurer")
"""Commands that stay: they give memory back."""

REJECTS_TOLD = 20
"""Rows named on standard error where a question is put to files that have bad ones; `seawall import` lists all."""
DONE, REFUSED, USAGE, BAD_INPUT, CONFLICT, BROKEN = 0, 1, 2, 3, 4, 70
INTERRUPTED = 130
_EXIT_CODES: tuple[tuple[type[SeawallError], int], ...] = (
    (UsageError, USAGE),
    (InputError, BAD_INPUT),
    (PolicyError, BAD_INPUT),
    (Refused, REFUSED),
    (AccessError, REFUSED),
    (OutsideError, REFUSED),
    (Conflict, CONFLICT),
    (Broken, BROKEN),
)
TRACEBACK = "SEAWALL_TRACEBACK"
"""Set to anything, an unforeseen error shows where it happened."""


class Commands(TyperGroup):
    """Reads a command's module when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the framework's signature
        """All commands there are, in the order of the table above."""
        return [name for name, module in COMMANDS.items() if importlib.util.find_spec(f"seawall.cli.{module}")]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in SERVERS:
            memory.keep()
        module = importlib.import_module(f"seawall.cli.{COMMANDS[cmd_name]}")
        module.app.rich_markup_mode = None
        module.app._add_completion = False  # noqa: SLF001 - only the root command offers it
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"seawall {seawall.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """What your customers owe, how late they pay, how much of it will be lost, and what to do first."""


def exit_code(error: SeawallError) -> int:
    """The exit code of an error: 1 refused, 2 usage, 3 bad input, 4 conflict (worth another try), 70 broken."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), BROKEN)


def tell(error: SeawallError) -> None:
    """Say on standard error what went wrong, where, and what to do about it, in the reader's language."""
    from seawall.cli.options import language

    message, hint = language().error(error)
    hint = language().say(HINTS[error.code], **error.params) if error.code in HINTS else hint
    where = f" ({language().place(error.where)})" if str(error.where) and error.where.file not in message else ""
    typer.echo(f"seawall: {message}{where}", err=True)
    if hint:
        typer.echo(f"         {hint}", err=True)
    if (rejects := getattr(error, "rejects", None)) is not None:
        for row in rejects[:REJECTS_TOLD].iter_rows(named=True):
            said = language().say(row["hint"], column=row["column"], value=row["value"], expected=row["expected"])
            typer.echo(f"         {row['file']}, {row['row']}, {row['column']}: {said}", err=True)


def main() -> None:
    """Run the command line and leave with its exit code."""
    _prepare()
    try:
        code = app(standalone_mode=False)
    except SeawallError as error:
        tell(error)
        code = exit_code(error)
    except typer.Abort:
        code = INTERRUPTED
    except KeyboardInterrupt:
        typer.echo("\nseawall: interrupted; nothing half done was kept.", err=True)
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last door: people get a sentence, never a stack of frames
        code = _unforeseen(error)
    _leave(code if isinstance(code, int) else DONE)


def _prepare() -> None:
    values.read_plainly()
    # A command makes many small objects and drops few: looking for cycles among them all the time costs 7 % of its CPU.
    gc.set_threshold(200_000, 20, 20)
    # One thread of linear algebra: starting a pool of them costs more than all sums of a report.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _leave(code: int) -> None:
    with whoever_reads():
        sys.stdout.flush()
    sys.exit(code)


def _unforeseen(error: Exception) -> int:
    show = getattr(error, "show", None)
    if show is not None:  # the framework's own: an unknown option, a missing argument
        show()
        return int(getattr(error, "exit_code", USAGE))
    if os.environ.get(TRACEBACK):
        raise error
    typer.echo(f"seawall: broken: {type(error).__name__}: {error}", err=True)
    typer.echo(f"         This is a fault of the program. With {TRACEBACK}=1 it shows where it happened.", err=True)
    return BROKEN


if __name__ == "__main__":
    main()
