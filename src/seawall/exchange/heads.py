"""The beginning of a file: its encoding and headers, and how well a mapping or a canonical table fits them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange import limits
from seawall.exchange.csv import clean_header, has_headers, sniffed
from seawall.exchange.encoding import to_utf8
from seawall.exchange.mapping import Headers, Mapping
from seawall.exchange.sources import TABLE_NAMES, Source
from seawall.exchange.tables import FIELDS

SAMPLE_BYTES: Final = 1 * limits.MIB
"""So much of a text file is looked at."""

SAMPLE_LINES: Final = 200
CANONICAL: Final = "canonical"
"""What a file is read by where its own headers are those of a canonical table."""


@dataclass(frozen=True)
class Head:
    """What the first lines of a file say, before anybody knows what it is."""

    file: str
    kind: str
    encoding: str
    delimiter: str
    lines: tuple[tuple[str, ...], ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """The line that looks most like headers: the one with the most different texts among the first lines."""
        candidates = self.lines[: limits.HEADER_WITHIN]
        return max(candidates, key=_worded, default=())

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The lines below the headers."""
        headers = self.headers
        return self.lines[self.lines.index(headers) + 1 :] if headers else ()


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a mapping (or canonical table) fits a file: how many of its columns are there, and which are missing."""

    id: str
    title: str
    title_zh: str
    is_verified: bool
    found: int
    missing: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether every column that must be there is."""
        return not self.missing


def head(source: Source) -> Head:
    """The first lines of a file.

    Raises:
        FileRejected: it is of no kind we read, or cannot be read.
    """
    kind = source.kind
    if kind == "xlsx":
        return Head(source.name, kind, "", "", _sheet(source))
    if kind == "parquet":
        return Head(source.name, kind, "", "", _parquet(source))
    text, encoding = _sampled(source)
    delimiter = sniffed(text)
    csv.field_size_limit(limits.LINE_BYTES)
    reader = csv.reader(io.StringIO(text.decode("utf-8", "replace").replace("\0", ""), newline=""), delimiter=delimiter)
    return Head(source.name, kind, encoding, delimiter, _lines(reader))


def fit(mapping: Mapping, found: Head) -> Fit:
    """How well a mapping fits."""
    best: Sequence[str] = max(
        found.lines[: limits.HEADER_WITHIN], key=lambda line: _held(mapping.needed, line), default=()
    )
    missing = tuple(" / ".join(names) for names in mapping.needed if not has_headers([*best, "x"], [names]))
    return Fit(mapping.id, mapping.title, mapping.title_zh, mapping.is_verified, _held(mapping.columns, best), missing)


def canonical(found: Head) -> Fit | None:
    """The canonical table whose columns the headers are: the one of which most are there; None where none fits."""
    fits = []
    named = {clean_header(name) for name in found.headers}
    for table in TABLE_NAMES:
        needed = {name for name, field in FIELDS[table].items() if field.required}
        if needed <= named:
            fits.append(Fit(f"{CANONICAL}:{table}", table, table, True, len(named & FIELDS[table].keys()), ()))
    return max(fits, key=lambda fit: fit.found, default=None)


def _held(columns: Iterable[Headers], line: Iterable[str]) -> int:
    clean = {clean_header(cell) for cell in line}
    return sum(any(clean_header(name) in clean for name in names) for names in columns)


def _worded(line: Sequence[str]) -> int:
    """How many different cells of a line are words: headers are, amounts and days are not."""
    return len({cell for cell in line if cell and not cell[:1].isdigit() and not cell.startswith("-")})


def _sampled(source: Source) -> tuple[bytes, str]:
    part = source.data[:SAMPLE_BYTES]
    if len(source.data) > SAMPLE_BYTES:
        part = part[: part.rfind(b"\n") + 1] or part
        part = part[: len(part) - len(part) % 4] if b"\0" in part[:64] else part
    try:
        text, encoding = to_utf8(part, file=source.name)
    except FileRejected:
        text, encoding = to_utf8(source.data, file=source.name)
    return (text.replace(b"\r", b"\n") if b"\n" not in text else text), encoding


def _lines(reader: Iterable[list[str]]) -> tuple[tuple[str, ...], ...]:
    lines = []
    for line in reader:
        if any(cell.strip() for cell in line):
            lines.append(tuple(cell.strip() for cell in line[: limits.COLUMNS]))
        if len(lines) >= SAMPLE_LINES:
            break
    return tuple(lines)


def _sheet(source: Source) -> tuple[tuple[str, ...], ...]:
    from seawall.exchange.xlsx import first_lines  # noqa: PLC0415 - most ledgers need no reader of workbooks

    return _lines(first_lines(source.data, file=source.name, count=SAMPLE_LINES))


def _parquet(source: Source) -> tuple[tuple[str, ...], ...]:
    from seawall.exchange.parquet_in import read_parquet  # noqa: PLC0415

    frame = read_parquet(source.data, file=source.name, table="items").frame.drop("source_row")
    rows = frame.head(SAMPLE_LINES - 1).iter_rows()
    return _lines([frame.columns, *([str("" if cell is None else cell) for cell in row] for row in rows)])
