"""A bank statement of any kind, known by its content: camt is XML, MT940 has fields, and the rest is a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits
from seawall.exchange.bank import camt, mt940, table
from seawall.exchange.bank.columns import Headers, shipped
from seawall.exchange.bank.statement import Draft, Statement, joined
from seawall.exchange.encoding import to_utf8

_XML: Final = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<")


@dataclass(frozen=True, slots=True)
class BankFile:
    """One file as it was read: its bytes and its statements."""

    name: str
    data: bytes
    statements: tuple[Statement, ...]


def read_file(path: Path, headers: Headers | None = None) -> BankFile:
    """The statements in a file.

    Raises:
        FileRejected: there is no such file, it is too large, or it is no bank statement.
    """
    if not path.is_file():
        raise FileRejected("There is no file {file}.", where=Where(path.name), code="no_file", file=str(path))
    with path.open("rb") as file:
        data = file.read(limits.STATEMENT_BYTES + 1)
    return read_bytes(data, file=path.name, headers=headers)


def read_bytes(data: bytes, *, file: str, headers: Headers | None = None) -> BankFile:
    """The statements in the bytes of a file.

    Raises:
        FileRejected: they are too many, or no bank statement.
    """
    if len(data) > limits.STATEMENT_BYTES:
        raise FileRejected(
            "{file} has more than {limit} bytes.", where=Where(file), code="too_large", file=file,
            limit=limits.STATEMENT_BYTES,
        )  # fmt: skip
    drafts = camt.read(data, file=file) if _XML.match(data) else _of_text(data, file, headers or shipped())
    if not drafts:
        raise FileRejected(
            "{file} is not a bank statement.",
            hint="Give MT940 or MT942, camt.052, .053 or .054, or a table with a day and an amount in each row.",
            where=Where(file), code="no_statement", file=file,
        )  # fmt: skip
    return BankFile(file, data, tuple(joined(drafts)))


def _of_text(data: bytes, file: str, headers: Headers) -> list[Draft]:
    text, is_sure = _decoded(data, file)
    drafts = mt940.read(text) if mt940.looks_like(text) else table.read(text, headers)
    if drafts and not is_sure:
        drafts[0].tell(None, "encoding")
    return drafts


def _decoded(data: bytes, file: str) -> tuple[str, bool]:
    """The text, and whether its encoding is certain: a few odd letters never cost a whole statement."""
    try:
        return to_utf8(data, file=file)[0].decode(), True
    except FileRejected:
        return data.decode("latin-1"), False
