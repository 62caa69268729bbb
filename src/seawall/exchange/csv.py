"""Text tables (comma, semicolon, tab or bar) to a raw table: every cell as text, every row with its number."""

from __future__ import annotations

import csv
import io
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


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """What a mapping says of a text file; None = find out."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    headers: tuple[str, ...] = ()
    """Headers that must all stand in the header line; none given: the first line that is not blank."""


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
    records = scan(text, delimiter, form.quote, file=file)
    at = _header_at(text, records, delimiter, form, file)
    headers = _cells(text, records, at, delimiter, form.quote)
    check_headers(headers, file)
    if len(records.ends) - at - 1 > limits.ROWS:
        raise FileRejected("{file} has more than {limit} rows.", where=Where(file), file=file, limit=limits.ROWS)
    frame = _parsed(text, records, at, delimiter, form.quote, headers)
    ragged = _ragged(text, records, at, delimiter, form.quote, len(headers))
    frame, rejects = _without_ragged(frame, ragged, file, len(headers))
    blank = records.blank[at + 1 :]
    if blank.any():
        frame = frame.filter(~pl.Series(blank)[frame["source_row"].to_numpy() - 1])
    return RawTable(table, file, frame, rejects, encoding)


def sniffed(text: bytes) -> str:
    """The delimiter that occurs most often in the first line that has one; a comma where none does."""
    for line in text[: limits.LINE_BYTES].split(b"\n"):
        counts = [line.count(delimiter.encode()) for delimiter in DELIMITERS]
        if max(counts):
            return DELIMITERS[counts.index(max(counts))]
    return ","


def _header_at(text: bytes, records: Scan, delimiter: str, form: CsvFormat, file: str) -> int:
    """The record that holds the headers."""
    wanted = {clean_header(name) for name in form.headers}
    for record in range(min(len(records.ends), limits.HEADER_WITHIN)):
        if records.blank[record]:
            continue
        cells = {clean_header(cell) for cell in _cells(text, records, record, delimiter, form.quote)}
        if wanted <= cells:
            return record
    if not wanted:
        raise FileRejected("{file} is empty.", where=Where(file), code="empty_file", file=file)
    raise FileRejected(
        "{file}: no line holds the headers {expected}.",
        where=Where(file), code="missing_header", file=file, expected=", ".join(form.headers),
    )  # fmt: skip


def clean_header(text: str) -> str:
    """A header as it is compared: without case, outer blanks, line breaks."""
    return " ".join(text.replace("\ufeff", "").split()).casefold()


def _cells(text: bytes, records: Scan, record: int, delimiter: str, quote: str) -> list[str]:
    line = text[records.start(record) : int(records.ends[record])].decode("utf-8", "replace").rstrip("\r")
    if not quote:
        return line.split(delimiter)
    csv.field_size_limit(limits.LINE_BYTES)
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, quotechar=quote), [])


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


def _parsed(text: bytes, records: Scan, at: int, delimiter: str, quote: str, headers: list[str]) -> pl.DataFrame:
    body = text[int(records.ends[at]) + 1 :]
    names = unique_names(headers)
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String) | {"source_row": pl.Int64})
    frame = pl.read_csv(
        body,
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        separator=delimiter,
        quote_char=quote or None,
        truncate_ragged_lines=True,
    )
    if frame.height != len(records.ends) - at - 1:
        raise FileRejected("The rows of the file cannot be told apart.", code="broken_table")
    return frame.with_columns(source_row=pl.Series(np.arange(1, frame.height + 1)))


def unique_names(headers: list[str]) -> list[str]:
    """Headers as column names; a column without one gets a name nothing else has."""
    return [" ".join(name.replace("\ufeff", "").split()) or f"\x00{place}" for place, name in enumerate(headers)]


def _ragged(text: bytes, records: Scan, at: int, delimiter: str, quote: str, width: int) -> list[tuple[int, int]]:
    """Rows whose cells do not fit the headers, with their number of cells; empty cells at the end do not count."""
    off = np.flatnonzero((records.widths[at + 1 :] != width) & ~records.blank[at + 1 :])
    found = []
    for row in off.tolist():
        count = int(records.widths[at + 1 + row])
        if count > width and not any(_cells(text, records, at + 1 + row, delimiter, quote)[width:]):
            continue
        found.append((row + 1, count))
    return found


def _without_ragged(
    frame: pl.DataFrame, ragged: list[tuple[int, int]], file: str, width: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if not ragged:
        return frame, gathered([])
    rejects = gathered([reject(file, "width", row=row, value=str(count), expected=str(width)) for row, count in ragged])
    return frame.filter(~pl.col("source_row").is_in([row for row, _ in ragged])), rejects
