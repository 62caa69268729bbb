"""Text tables (comma, semicolon, tab or bar) to a raw table: every cell as text, every row with its number."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.engine.ledger.rejects import gathered, reject
from seawall.exchange import limits
from seawall.exchange.csv_scan import Scan, scan
from seawall.exchange.encoding import to_utf8

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class RawTable:
    """One table as it stands in a file: cells, ``source_row`` (1 = first line under the header), and remarks."""

    name: str
    file: str
    frame: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=lambda: gathered([]))
    encoding: str = "utf-8"
    is_trimmed: bool = False
    """No cell begins or ends with a blank, and none is empty text: nothing is to be cut off."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """What a mapping says of a text file; None = find out."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    headers: tuple[tuple[str, ...], ...] = ()
    """The header line holds one of each of these; none given: it is the first line that is not blank."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text table whose records have been found."""

    text: bytes
    records: Scan
    delimiter: str
    quote: str
    file: str

    def cells(self, record: int) -> list[str]:
        """The cells of one record."""
        first, last = self.records.start(record), int(self.records.ends[record])
        line = self.text[first:last].decode("utf-8", "replace").rstrip("\r")
        if not self.quote:
            return line.split(self.delimiter)
        csv.field_size_limit(limits.LINE_BYTES)
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=self.delimiter, quotechar=self.quote), [])


def read_csv(data: bytes, *, file: str, table: str, form: CsvFormat | None = None) -> RawTable:
    """A text table with every cell as text.

    Raises:
        FileRejected: the bytes are not a table: encoding, control characters, quotes, limits, headers.
    """
    form = form or CsvFormat()
    text, encoding = to_utf8(data, file=file, asked=form.encoding)
    if b"\n" not in text and b"\r" in text:
        text = text.replace(b"\r", b"\n")
    delimiter = form.delimiter or sniffed(text)
    found = _Text(text, scan(text, delimiter, form.quote, file=file), delimiter, form.quote, file)
    at = _header_at(found, form)
    headers = found.cells(at)
    check_headers(headers, file)
    if len(found.records.ends) - at - 1 > limits.ROWS:
        raise FileRejected("{file} has more than {limit} rows.", where=Where(file), file=file, limit=limits.ROWS)
    frame = _parsed(found, at, headers)
    frame, rejects = _without_ragged(frame, _ragged(found, at, len(headers)), file, len(headers))
    blank = found.records.blank[at + 1 :]
    if blank.any():
        frame = frame.filter(pl.Series(~blank[frame["source_row"].to_numpy() - 1]))
    return RawTable(table, file, frame, rejects, encoding, is_trimmed=found.records.is_trimmed and text.isascii())


def sniffed(text: bytes) -> str:
    """The delimiter that occurs most often in the first line that has one; a comma where none does."""
    for line in text[: limits.LINE_BYTES].split(b"\n"):
        counts = [line.count(delimiter.encode()) for delimiter in DELIMITERS]
        if max(counts):
            return DELIMITERS[counts.index(max(counts))]
    return ","


def _header_at(found: _Text, form: CsvFormat) -> int:
    """The record that holds the headers."""
    for record in range(min(len(found.records.ends), limits.HEADER_WITHIN)):
        if not found.records.blank[record] and has_headers(found.cells(record), form.headers):
            return record
    raise no_headers(form.headers, found.file)


def has_headers(cells: Iterable[str], wanted: Sequence[Sequence[str]]) -> bool:
    """Whether a line is the header line: not blank, and holding one of each of ``wanted``."""
    clean = {clean_header(cell) for cell in cells} - {""}
    return bool(clean) and all(any(clean_header(name) in clean for name in names) for names in wanted)


def no_headers(wanted: Sequence[Sequence[str]], file: str) -> FileRejected:
    """The refusal of a file without a header line."""
    if not wanted:
        return FileRejected("{file} is empty.", where=Where(file), code="empty_file", file=file)
    return FileRejected(
        "{file}: no line holds the headers {expected}.",
        hint="Check that the mapping fits the file; headers are compared without case and outer blanks.",
        where=Where(file), code="missing_header", file=file, expected=", ".join(" / ".join(names) for names in wanted),
    )  # fmt: skip


def clean_header(text: str) -> str:
    """A header as it is compared: without case, outer blanks, line breaks."""
    return " ".join(text.replace("\ufeff", "").split()).casefold()


def check_headers(headers: list[str], file: str) -> None:
    """Refuse headers that are too many or repeat.

    Raises:
        FileRejected: they do.
    """
    if len(headers) > limits.COLUMNS:
        raise FileRejected(
            "{file} has {count} columns; at most {limit} are read.",
            where=Where(file, 0), code="too_many_columns", file=file, count=len(headers), limit=limits.COLUMNS,
        )  # fmt: skip
    names = [clean_header(name) for name in headers if name.strip()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileRejected(
            "{file}: the header {column} occurs twice.",
            where=Where(file, 0, twice[0]), code="duplicate_header", file=file, column=twice[0],
        )  # fmt: skip


def _parsed(found: _Text, at: int, headers: list[str]) -> pl.DataFrame:
    names = unique_names(headers)
    # The header line goes along as a row: the reader takes the number of columns from the first line it sees.
    first = found.records.start(at)
    try:
        frame = pl.read_csv(
            found.text[first:] if first else found.text,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=found.delimiter,
            quote_char=found.quote or None,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError:
        frame = None
    if frame is None or frame.height != len(found.records.ends) - at:
        raise FileRejected(
            "{file}: its rows cannot be told apart.", where=Where(found.file), code="broken_table", file=found.file
        )
    return frame.with_columns(source_row=pl.Series(np.arange(frame.height))).slice(1)


def unique_names(headers: list[str]) -> list[str]:
    """Headers as column names; a column without one gets a name nothing else has."""
    return [" ".join(name.replace("\ufeff", "").split()) or f"\x00{place}" for place, name in enumerate(headers)]


def _ragged(found: _Text, at: int, width: int) -> list[tuple[int, int]]:
    """Rows whose cells do not fit the headers, with their number of cells; empty cells at the end do not count."""
    widths, blank = found.records.widths[at + 1 :], found.records.blank[at + 1 :]
    ragged = []
    for row in np.flatnonzero((widths != width) & ~blank).tolist():
        count = int(widths[row])
        if count < width or any(found.cells(at + 1 + row)[width:]):
            ragged.append((row + 1, count))
    return ragged


def _without_ragged(
    frame: pl.DataFrame, ragged: list[tuple[int, int]], file: str, width: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if not ragged:
        return frame, gathered([])
    rejects = gathered([reject(file, "width", row=row, value=str(count), expected=str(width)) for row, count in ragged])
    return frame.filter(~pl.col("source_row").is_in([row for row, _ in ragged])), rejects
