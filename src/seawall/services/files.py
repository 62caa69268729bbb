"""Ledgers straight from files, without a database: what is read, what is refused, what it was read from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.engine.kernel.fx import RateTable
from seawall.engine.ledger.facts import Basis, CanonicalTables, index
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.rejects import empty, sentences

if TYPE_CHECKING:
    from seawall.exchange.intake import ReadFiles, Remark

OWN_RATES = "own"
"""Name of the rate table that comes with the files."""


@dataclass(frozen=True, slots=True)
class SourceName:
    """A file the ledger was read from."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class LoadedFiles:
    """A ledger, and all there is to say about the files it came from."""

    ledger: Ledger
    rejects: pl.DataFrame = field(default_factory=empty)
    """Rows of ``engine.ledger.rejects.REJECTS``; empty unless rejects were accepted."""
    control_totals: pl.DataFrame = field(default_factory=pl.DataFrame)
    sources: tuple[SourceName, ...] = ()
    basis: Basis = "full_ledger"
    rates: RateTable | None = None
    """The company's own rates, where a rates file was given."""
    remarks: tuple[Remark, ...] = ()


class RowsRejected(FileRejected):
    """Files have rows that cannot be taken; ``rejects`` names each of them."""

    code = "rows_rejected"

    def __init__(self, rejects: pl.DataFrame) -> None:
        """Say the first reject in full, and how many there are."""
        self.rejects = rejects
        first = rejects.row(0, named=True)
        super().__init__(
            "{count} rows cannot be taken. The first: {file}, row {row}, {column}: {reason}",
            hint="Correct the file, or accept the rejects with --accept-rejects: they are kept on file.",
            where=Where(first["file"], first["row"], first["column"]),
            count=rejects.height,
            file=first["file"], row=first["row"] or "–", column=first["column"] or "–", reason=sentences(rejects[:1])[0],
        )  # fmt: skip


def load(
    paths: Sequence[Path],
    *,
    mapping: str | Path | None = None,
    accept_rejects: bool = False,
    list_date: dt.date | None = None,
) -> LoadedFiles:
    """The ledger in files or folders: canonical files, a company's own by a mapping, or a folder in engine layout.

    ``list_date`` is the day a list of open items is about, where the mapping does not find it in the file.

    Raises:
        FileRejected: a file cannot be read.
        RowsRejected: rows cannot be taken, and ``accept_rejects`` is not set.
    """
    if len(paths) == 1 and (paths[0] / "meta.json").is_file():
        return _engine_layout(paths[0])
    from seawall.engine.ledger.fact_rules import checked

    read = read_tables(paths, mapping=mapping, list_date=list_date)
    tables, rejects = checked(read.tables)
    rejects = pl.concat([read.rejects, rejects])
    if rejects.height and not accept_rejects:
        raise RowsRejected(rejects)
    return LoadedFiles(
        ledger=index(tables),
        rejects=rejects,
        sources=tuple(SourceName(source.name, source.sha256, len(source.data)) for source in read.sources),
        basis=tables.basis,
        rates=RateTable(OWN_RATES, tables.rates) if tables.rates.height else None,
        remarks=read.remarks,
    )


def read_tables(
    paths: Sequence[Path], *, mapping: str | Path | None = None, list_date: dt.date | None = None
) -> ReadFiles:
    """What files say, before anything is held against what is known; for :func:`load` and the intake.

    Raises:
        FileRejected: a file cannot be read.
    """
    from seawall.exchange.intake import read_files

    return read_files(paths)


def _engine_layout(folder: Path) -> LoadedFiles:
    import hashlib

    from seawall.exchange.parquet import read_ledger

    meta = (folder / "meta.json").read_bytes()
    ledger = read_ledger(folder, details=True)
    name = SourceName(folder.name, hashlib.sha256(meta).hexdigest(), len(meta))
    return LoadedFiles(ledger, sources=(name,), basis="open_items" if ledger.known_from else "full_ledger")
