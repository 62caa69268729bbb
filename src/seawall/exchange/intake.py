"""Files to canonical tables: which table each file or sheet is, read by its format, typed, put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.engine.ledger.facts import CLEARINGS, Basis, CanonicalTables
from seawall.engine.ledger.registration import passes
from seawall.engine.ledger.rejects import gathered
from seawall.exchange.csv import CsvFormat, RawTable, read_csv
from seawall.exchange.sources import TABLE_NAMES, Source, found, read
from seawall.exchange.tables import FIELDS, empty_table, ignored, typed

if TYPE_CHECKING:
    from seawall.exchange.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth saying about a file that was taken: a code of ``rejects.WARNINGS`` and its parameters."""

    file: str
    code: str
    params: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedTotal:
    """What a file, or whoever gave it, says its items come to: debit less credit."""

    file: str
    amount: Decimal
    is_of_open: bool = False


@dataclass(frozen=True)
class ReadFiles:
    """What an import read: canonical tables (amounts as decimals), rejects, the files, and remarks."""

    tables: CanonicalTables
    names: frozenset[str]
    """The tables that the files held, empty or not."""

    rejects: pl.DataFrame
    sources: tuple[Source, ...]
    remarks: tuple[Remark, ...] = ()
    expected: tuple[ExpectedTotal, ...] = ()
    mapping: Mapping | None = None


@dataclass
class _Reading:
    """What has been read so far."""

    parts: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    expected: list[ExpectedTotal] = field(default_factory=list)
    listed_on: set[dt.date] = field(default_factory=set)

    def take(self, table: str, frame: pl.DataFrame) -> None:
        self.parts.setdefault(table, []).append(frame)

    def tables(self, basis: Basis, list_date: dt.date | None) -> CanonicalTables:
        """The tables of several files as one each."""
        whole = {
            name: pl.concat(frames) if (frames := self.parts.get(name)) else empty_table(name)
            for name in TABLE_NAMES
            if name != "customers"
        }
        customers, clearings = self.parts.get("customers"), self.parts.get("clearings")
        return CanonicalTables(
            customers=pl.concat(customers) if customers else None,
            clearings=pl.concat(clearings) if clearings else CLEARINGS.empty(),
            basis=basis,
            list_date=list_date,
            **whole,
        )


def read_files(paths: Sequence[Path], *, mapping: Mapping | None = None, list_date: dt.date | None = None) -> ReadFiles:
    """The canonical tables of files: canonical ones by their names, all others through the mapping.

    ``list_date`` is the day of a list of open items; it goes before one in a file's name.

    Raises:
        FileRejected: a file cannot be read at all; rows that cannot be taken are in the rejects.
    """
    return read_sources(
        [read(path) for path in found(paths, mapped=mapping is not None)], mapping=mapping, list_date=list_date
    )


def read_sources(
    sources: Sequence[Source], *, mapping: Mapping | None = None, list_date: dt.date | None = None
) -> ReadFiles:
    """As :func:`read_files`, from bytes already read (an upload).

    Raises:
        FileRejected: a file cannot be read at all.
    """
    reading = _Reading()
    for source in sources:
        if mapping is not None and source.stem not in TABLE_NAMES:
            _read_mapped(source, mapping, reading)
        else:
            for raw in raw_tables(source):
                _read_canonical(raw, reading)
    basis: Basis = mapping.basis if mapping else "full_ledger"
    day = list_date or min(reading.listed_on, default=None)
    if basis == "open_items" and day is None:
        raise _no_list_date(sources[0].name)
    reading.remarks += _numbers_that_fail(reading.parts.get("customers", []))
    return ReadFiles(
        tables=reading.tables(basis, day if basis == "open_items" else None),
        names=frozenset(reading.parts),
        rejects=gathered(reading.rejects),
        sources=tuple(sources),
        remarks=tuple(reading.remarks),
        expected=tuple(reading.expected),
        mapping=mapping,
    )


def _numbers_that_fail(customers: list[pl.DataFrame]) -> list[Remark]:
    """A remark for each file whose customers have registration numbers that do not hold by their check digits."""
    said = []
    for frame in customers:
        rows = frame.filter(pl.col("registration_id").is_not_null())
        rows = rows.select("source_file", "registration_id", "country", "source_row")
        wrong = [row for row in rows.iter_rows() if not passes(row[1], row[2])]
        if wrong:
            file, value, _, row = wrong[0]
            said.append(Remark(file, "registration_id", {"count": len(wrong), "value": value, "row": row}))
    return said


def raw_tables(source: Source) -> list[RawTable]:
    """The tables of one canonical file.

    Raises:
        FileRejected: the file is not named like a table, or cannot be read.
    """
    if source.kind == "xlsx":
        from seawall.exchange.xlsx import read_xlsx  # noqa: PLC0415 - most ledgers need no reader of workbooks

        return read_xlsx(source.data, file=source.name, stem=source.stem)
    if source.stem not in TABLE_NAMES:
        raise FileRejected(
            "{file} is not named like a table of a ledger.",
            hint="Name it items.csv, customers.csv and so on, or give a mapping for it.",
            where=Where(source.name), code="file_name", file=source.name,
        )  # fmt: skip
    if source.kind == "parquet":
        from seawall.exchange.parquet_in import read_parquet  # noqa: PLC0415

        return [read_parquet(source.data, file=source.name, table=source.stem, wanted=FIELDS[source.stem])]
    return [read_csv(source.data, file=source.name, table=source.stem)]


def _read_canonical(raw: RawTable, reading: _Reading) -> None:
    frame, bad = typed(raw)
    reading.take(raw.name, frame)
    reading.rejects.append(bad)
    reading.remarks += [Remark(raw.file, "ignored_column", {"column": name}) for name in ignored(raw)]
    _say_encoding(raw, reading)


def _read_mapped(source: Source, mapping: Mapping, reading: _Reading) -> None:
    from seawall.exchange.mapping_apply import applied  # noqa: PLC0415 - canonical files need no mapping

    raw = _raw(source, mapping)
    became = applied(mapping, raw)
    for table, frame in became.tables.items():
        reading.take(table, frame)
    reading.rejects.append(became.rejects)
    _say_encoding(raw, reading)
    if mapping.list_date_form:
        reading.listed_on |= {day for day in [_day_in(source.name, mapping.list_date_form)] if day}
    of_open = mapping.open_amount is not None
    for amount in became.total["open_amount" if of_open else "amount"] if became.total.height else []:
        reading.expected.append(ExpectedTotal(source.name, amount, of_open))
    if mapping.control_total:
        reading.expected.append(ExpectedTotal(source.name, Decimal(mapping.control_total), of_open))


def _raw(source: Source, mapping: Mapping) -> RawTable:
    if source.kind == "xlsx":
        from seawall.exchange.xlsx import opened, read_sheet  # noqa: PLC0415

        workbook = opened(source.data, source.name)
        sheet = mapping.sheet or workbook.sheet_names[0]
        return read_sheet(workbook, sheet, file=source.name, table="items", headers=mapping.needed)
    if source.kind == "parquet":
        from seawall.exchange.parquet_in import read_parquet  # noqa: PLC0415

        return read_parquet(source.data, file=source.name, table="items")
    form = CsvFormat(mapping.encoding, mapping.delimiter, mapping.quote, mapping.needed)
    return read_csv(source.data, file=source.name, table="items", form=form)


def _day_in(name: str, pattern: str) -> dt.date | None:
    """The first day in a file's name that is written in the pattern."""
    digits = {"%Y": r"\d{4}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%y": r"\d{2}", "%b": "[A-Za-z]{3}"}
    expression = pattern.replace(".", r"\.")
    for token, digit in digits.items():
        expression = expression.replace(token, digit)
    text = pl.Series([name]).str.extract(f"({expression})", 1)
    day: dt.date | None = text.str.to_date(pattern, strict=False).item()
    return day


def _say_encoding(raw: RawTable, reading: _Reading) -> None:
    if raw.encoding != "utf-8":
        reading.remarks.append(Remark(raw.file, "encoding", {"encoding": raw.encoding}))


def _no_list_date(file: str) -> FileRejected:
    return FileRejected(
        "{file} is a list of open items: the day it is about must be given.",
        hint="Give it, or let the mapping find it in the file's name.",
        where=Where(file), code="list_date", file=file,
    )  # fmt: skip
