"""Files to canonical tables: which table each file or sheet is, read by its format, typed, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.engine.ledger.facts import CanonicalTables
from seawall.engine.ledger.rejects import gathered, reject
from seawall.exchange.csv import RawTable, read_csv
from seawall.exchange.sources import TABLE_NAMES, Source, found, read
from seawall.exchange.tables import FIELDS, empty_table, ignored, typed


@dataclass(frozen=True)
class ReadFiles:
    """What an import read: canonical tables (amounts as decimals), rejects, the files, and remarks.

    A remark is a code of ``rejects.WARNINGS`` with the file and its parameters.
    """

    tables: CanonicalTables
    rejects: pl.DataFrame
    sources: tuple[Source, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth saying about a file that was taken."""

    file: str
    code: str
    params: dict[str, str | int] = field(default_factory=dict)


def read_files(paths: Sequence[Path]) -> ReadFiles:
    """The canonical tables of canonical files.

    Raises:
        FileRejected: a file cannot be read at all; rows that cannot be taken are in the rejects.
    """
    sources = tuple(read(path) for path in found(paths))
    raws = [raw for source in sources for raw in raw_tables(source)]
    parts: dict[str, list[pl.DataFrame]] = {}
    rejects, remarks = [], []
    for raw in raws:
        frame, bad = typed(raw)
        parts.setdefault(raw.name, []).append(frame)
        rejects.append(bad)
        remarks += _remarks(raw)
    if "items" not in parts:
        rejects.append(reject(sources[0].name, "missing_table"))
    return ReadFiles(put_together(parts), gathered(rejects), sources, tuple(remarks))


def put_together(parts: dict[str, list[pl.DataFrame]]) -> CanonicalTables:
    """Tables of several files as one each."""
    whole = {
        name: pl.concat(frames) if (frames := parts.get(name)) else empty_table(name)
        for name in TABLE_NAMES
        if name != "customers"
    }
    customers = parts.get("customers")
    return CanonicalTables(customers=pl.concat(customers) if customers else None, **whole)


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


def _remarks(raw: RawTable) -> list[Remark]:
    said = [Remark(raw.file, "ignored_column", {"column": name}) for name in ignored(raw)]
    if raw.encoding != "utf-8":
        said.append(Remark(raw.file, "encoding", {"encoding": raw.encoding}))
    return said
