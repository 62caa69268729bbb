"""The options every command shares: what is asked about, and how the answer is given."""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import IO, Annotated, Any, get_type_hints

import typer

from seawall.engine.kernel.errors import UsageError
from seawall.exchange.language import Language, wanted

BINARY = ("xlsx", "pdf", "parquet", "zip")
"""Formats a terminal cannot show."""

_MORE = typer.Argument(metavar="[FILE]...", help="More files, or a folder.", show_default=False)
_FILES = typer.Option("--files", metavar="DIR|FILE...", help="Answer from these files, without a store.")
_MAPPING = typer.Option("--mapping", help="How to read the files: a shipped or saved name, or a YAML.")
_AS_OF = typer.Option("--as-of", metavar="DATE", help="The day the figures are about; else today.")
_KNOWN_AT = typer.Option("--known-at", metavar="TIME", help="As the store knew it then (not for files).")
_ENTITY = typer.Option("--entity", help="Only this selling entity; may be given several times.")
_CURRENCY = typer.Option("--currency", help="The currency to report in, such as CNY.")
_FORMAT = typer.Option("--format", "-f", help="table, json, csv, xlsx, pdf, html or parquet.")
_OUT = typer.Option("--out", "-o", metavar="PATH", help="Write to this file instead of standard output.")
_EXPLAIN = typer.Option("--explain", help="Also say why: the main figure down to its policies and rows.")
_LANG = typer.Option("--lang", help="Language of the answer: en or zh.")


def today() -> dt.date:
    """The day it is on this machine."""
    return dt.datetime.now().astimezone().date()


def day_of(text: str | None) -> dt.date:
    """The day that an option says; today where it was not given.

    Raises:
        UsageError: not a date.
    """
    if text is None:
        return today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("{day} is not a date.", hint="Write it as 2026-06-30.", day=text) from None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about: which ledger, which day, as known when."""

    more: Annotated[list[Path] | None, _MORE] = None
    files: Annotated[list[Path] | None, _FILES] = None
    mapping: Annotated[str | None, _MAPPING] = None
    as_of: Annotated[str | None, _AS_OF] = None
    known_at: Annotated[str | None, _KNOWN_AT] = None
    entity: Annotated[list[str] | None, _ENTITY] = None
    currency: Annotated[str | None, _CURRENCY] = None

    @property
    def paths(self) -> list[Path]:
        """The files to answer from; none = the store answers."""
        return [*(self.files or []), *(self.more or [])]

    def day(self) -> dt.date:
        """The day asked about; today, said so, where none was given.

        Raises:
            UsageError: not a date.
        """
        if self.as_of is None:
            say(language().say("As of today, {day}: give --as-of for another day.", day=today()))
        return day_of(self.as_of)


@dataclass(frozen=True, slots=True)
class Output:
    """How the answer is given."""

    format: Annotated[str | None, _FORMAT] = None
    out: Annotated[Path | None, _OUT] = None
    lang: Annotated[str | None, _LANG] = None
    explain: Annotated[bool, _EXPLAIN] = False

    def chosen(self, *allowed: str) -> str:
        """The format asked for, else that of the file's ending, else the first one allowed.

        Raises:
            UsageError: the command has no such format, or it would put bytes on a terminal.
        """
        ending = self.out.suffix.lstrip(".").lower() if self.out else ""
        chosen = self.format or (ending if ending in allowed else allowed[0])
        if chosen not in allowed:
            raise UsageError(
                "There is no format {format} here.", hint="Choose one of: {allowed}.",
                format=chosen, allowed=", ".join(allowed),
            )  # fmt: skip
        if chosen in BINARY and self.out is None and sys.stdout.isatty():
            raise UsageError("A terminal cannot show {format}.", hint="Add --out PATH.", format=chosen)
        return chosen

    def show(
        self, document: dict[str, Any], layout_of: Callable[..., Any], form: str, why: Callable[[], Any] | None = None
    ) -> None:
        """Write a document in the format and language asked for; with ``--explain`` the trace of its main figure too.

        Raises:
            UsageError: ``--explain`` with a format that has no place for it.
        """
        from seawall.exchange.report import rendered

        if not self.explain:
            return self.give(rendered(document, layout_of, form, language()))
        if why is None or form not in ("table", "json"):
            raise UsageError("--explain goes with the figures of a table or JSON.", hint="Leave out --explain.")
        if form == "json":
            return self.give(rendered({**document, "explain": why()}, layout_of, form, language()))
        from seawall.exchange import report_trace

        text = str(rendered(document, layout_of, form, language()))
        return self.give(f"{text}\n{report_trace.rendered(why(), language())}")

    def give(self, content: str | bytes | IO[bytes]) -> None:
        """Write the answer: whole into a file, or to standard output as UTF-8 where it is data."""
        if self.out is not None:
            write_whole(self.out, content.encode() if isinstance(content, str) else content)
            say(language().say("Written: {path}", path=self.out))
            return
        with whoever_reads():
            if not isinstance(content, str):
                sys.stdout.flush()
                shutil.copyfileobj(io.BytesIO(content) if isinstance(content, bytes) else content, sys.stdout.buffer)
            else:
                sys.stdout.write(content if _can_show("─é中") else _ascii(content))
            sys.stdout.flush()


def asks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of its ``question`` and ``output`` parameters in their place."""
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    bundles = {name: hints[name] for name in parameters if hints[name] in (Question, Output)}

    @wraps(command)
    def asked(**given: Any) -> Any:
        made = {
            name: bundle(**{field.name: given.pop(field.name) for field in fields(bundle)})
            for name, bundle in bundles.items()
        }
        _language.code = _chosen(given, made)
        _language.is_on_file = _is_on_file(made.get("output"))
        return command(**made, **given)

    kept = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in parameters.items()
        if name not in bundles
    ]
    spread = [
        inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hint)
        for bundle in bundles.values()
        for field, hint in zip(fields(bundle), get_type_hints(bundle, include_extras=True).values(), strict=True)
    ]
    signature = inspect.Signature([*_in_order(kept, spread)])
    asked.__signature__ = signature  # type: ignore[attr-defined]
    asked.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    del asked.__wrapped__
    return asked


def _in_order(kept: list[inspect.Parameter], spread: list[inspect.Parameter]) -> Iterator[inspect.Parameter]:
    """The command's own parameters first: its own positional one stands before the files."""
    yield from kept
    yield from spread


@dataclass(slots=True)
class _Chosen:
    """The language of this process's words: set once, by the command's ``--lang``."""

    code: str | None = None
    is_on_file: bool = False
    """Whether the answer goes into a file, where every language has its letters."""


_language = _Chosen()


def _chosen(given: dict[str, Any], made: dict[str, Any]) -> str | None:
    output = made.get("output")
    asked: str | None = output.lang if output else given.get("lang")
    if asked is not None:
        Language.named(asked)
    return asked


def _is_on_file(output: Output | None) -> bool:
    return output is not None and (output.out is not None or output.format not in (None, "table"))


def language() -> Language:
    """The language people are spoken to in: ``--lang``, else ``SEAWALL_LANG``, else the terminal's.

    A terminal that cannot show Chinese is spoken to in English.
    """
    settings = (os.environ.get(name, "") for name in ("SEAWALL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = wanted(_language.code, next((value for value in settings if value), ""))
    return chosen if chosen.code == "en" or _language.is_on_file or _can_show("中") else Language("en")


def _can_show(text: str) -> bool:
    """Whether standard output can carry these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


_DRAWN = str.maketrans({
    "─": "-", "═": "=", "│": "|", "├": "+", "└": "+", "–": "-", "−": "-", "…": "...", "█": "#", "░": ".", "┃": "|",
    "←": "<-", "→": "->", "⚠": "!", "’": "'", **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*#@", strict=True)),
})  # fmt: skip


def _ascii(text: str) -> str:
    """Lines and signs as a terminal without them can show them; letters it lacks become question marks."""
    return text.translate(_DRAWN)


@contextlib.contextmanager
def whoever_reads() -> Iterator[None]:
    """Write to whoever reads on; one that has had enough, as ``head`` does, is no error, and hears no more."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(sentence: str, about: str = "") -> None:
    """A word to the person, about a file perhaps, on standard error: standard output holds data only."""
    typer.echo(f"seawall: {about}{': ' if about else ''}{sentence}", err=True)


def write_whole(path: Path, content: bytes | IO[bytes]) -> None:
    """Write a file so that it is never seen half written; an open file is copied piece by piece.

    Raises:
        UsageError: the folder does not exist or may not be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as written:
            shutil.copyfileobj(io.BytesIO(content) if isinstance(content, bytes) else content, written)
        draft.replace(path)
    except OSError as error:
        raise UsageError("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
