"""Ledgers straight from files, without a database: what is read, what is refused, what it was read from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.engine.kernel.fx import RateTable
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.ledger.items import Ledger
from seawall.exchange.policy_texts import PolicyText, currencies, policy_texts

if TYPE_CHECKING:
    from decimal import Decimal

    from seawall.engine.ledger.facts import Basis
    from seawall.exchange.intake import ReadFiles, Remark
    from seawall.exchange.mapping import Mapping as MappingUsed
    from seawall.exchange.sources import Source

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
    rejects: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Rows of ``engine.ledger.rejects.REJECTS``; none unless rejects were accepted."""

    control_totals: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Rows of ``exchange.control.CONTROL_TOTALS``."""

    sources: tuple[SourceName, ...] = ()
    basis: Basis = "full_ledger"
    rates: RateTable | None = None
    """The company's own rates, where a rates file was given."""

    remarks: tuple[Remark, ...] = ()
    insured: InsuredFacts = field(default_factory=InsuredFacts)
    """What insurers decided and paid."""

    policy_texts: tuple[PolicyText, ...] = ()
    """The company's insurance policies, as its files say them: not yet read."""


class RowsRejected(FileRejected):
    """Files have rows that cannot be taken; ``rejects`` names each of them."""

    code = "rows_rejected"

    def __init__(self, rejects: pl.DataFrame) -> None:
        """Say how many there are, and where the first is; doors say the reasons in the reader's language."""
        self.rejects = rejects
        first = rejects.row(0, named=True)
        where = Where(first["file"], first["row"], first["column"])
        super().__init__(
            _first(where),
            hint="Correct the file, or have the good rows taken and the bad kept on file.",
            where=where, count=rejects.height, file=where.file, row=where.row, column=where.column,
        )  # fmt: skip


def _first(where: Where) -> str:
    """How many rows, and where the first is, as one sentence of the catalogue."""
    if where.row is None:
        return "{count} rows cannot be taken. The first: {file}."
    if not where.column:
        return "{count} rows cannot be taken. The first: {file}, row {row}."
    return "{count} rows cannot be taken. The first: {file}, row {row}, {column}."


def load(
    paths: Sequence[Path],
    *,
    mapping: str | Path | MappingUsed | None = None,
    accept_rejects: bool = False,
    list_date: dt.date | None = None,
    control_total: Decimal | None = None,
    details: bool = True,
) -> LoadedFiles:
    """The ledger in files or folders: canonical files, a company's own by a mapping, or a folder in engine layout.

    ``list_date`` is the day a list of open items is about, where the mapping does not find it in the file's
    name. ``control_total`` is what the items of the first file come to, debit less credit. Without ``details``
    a folder in engine layout is read without what only people read (numbers, texts, source rows).

    Raises:
        FileRejected: a file cannot be read.
        RowsRejected: rows cannot be taken, or a control total differs, and ``accept_rejects`` is not set.
    """
    if len(paths) == 1 and (paths[0] / "meta.json").is_file():
        return _engine_layout(paths[0], details=details)
    from seawall.engine.ledger.fact_rules import Known, checked, noted
    from seawall.engine.ledger.facts import index
    from seawall.engine.ledger.insured_rules import noted_insured
    from seawall.engine.ledger.rejects import gathered, reject
    from seawall.exchange.control import control_totals
    from seawall.exchange.intake import Remark

    read = read_tables(paths, mapping=mapping, list_date=list_date, control_total=control_total)
    policies = policy_texts(paths)
    tables, rejects = checked(read.tables, known=Known(policy_currencies=currencies(policies), takes_codes=True))
    totals, differing = control_totals(read.expected, tables.items)
    missing = [] if "items" in read.names else [reject(read.sources[0].name, "missing_table")]
    rejects = gathered([*missing, read.rejects, rejects, differing])
    if rejects.height and not accept_rejects:
        raise RowsRejected(rejects)
    said: list[tuple[str, dict[str, str | int]]]
    said = [(code, {"count": count}) for code, count in noted(read.tables, tables)]
    said += noted_insured(tables.insured, currencies(policies))
    return LoadedFiles(
        ledger=index(tables),
        rejects=rejects,
        control_totals=totals,
        sources=tuple(SourceName(source.name, source.sha256, len(source.original)) for source in read.sources),
        basis=tables.basis,
        rates=RateTable(OWN_RATES, tables.rates) if tables.rates.height else None,
        remarks=(*read.remarks, *(Remark("", code, params) for code, params in said)),
        insured=tables.insured,
        policy_texts=policies,
    )


def read_tables(
    paths: Sequence[Path],
    *,
    mapping: str | Path | MappingUsed | None = None,
    list_date: dt.date | None = None,
    control_total: Decimal | None = None,
) -> ReadFiles:
    """What files say, before it is held against anything on file; for :func:`load` and the intake.

    Raises:
        FileRejected: a file cannot be read.
        MappingInvalid: the mapping cannot be used.
    """
    from seawall.exchange.intake import read_files

    used = _loaded(mapping) if isinstance(mapping, str | Path) else mapping
    return _with_total(read_files(paths, mapping=used, list_date=list_date), control_total)


def _loaded(mapping: str | Path) -> MappingUsed:
    from seawall.exchange.mapping_reader import load_mapping

    return load_mapping(mapping)


def read_sources(
    sources: Sequence[Source],
    *,
    mapping: MappingUsed | None = None,
    list_date: dt.date | None = None,
    control_total: Decimal | None = None,
) -> ReadFiles:
    """As :func:`read_tables`, from bytes already read and a mapping already found.

    Raises:
        FileRejected: a file cannot be read.
    """
    from seawall.exchange import intake

    return _with_total(intake.read_sources(sources, mapping=mapping, list_date=list_date), control_total)


def _with_total(read: ReadFiles, control_total: Decimal | None) -> ReadFiles:
    """What was read, with the total that whoever gave the files says they come to."""
    from dataclasses import replace

    from seawall.exchange.intake import ExpectedTotal

    if control_total is None:
        return read
    used = read.mapping
    of_open = used is not None and used.open_amount is not None
    named = next((source.name for source in read.sources if used or source.stem == "items"), read.sources[0].name)
    return replace(read, expected=(*read.expected, ExpectedTotal(named, control_total, of_open)))


def read_rows(rows: Mapping[str, Sequence[Mapping[str, str]]], *, origin: str) -> ReadFiles:
    """Rows by table, in the words of the ledger files, as if files named ``<table>.<origin>.csv`` had held them.

    Raises:
        FileRejected: a table or column has no such name, or a limit is passed.
    """
    from seawall.exchange.intake import read_sources
    from seawall.exchange.sources import of_rows

    return read_sources([of_rows(table, each, origin=origin) for table, each in sorted(rows.items())])


def _engine_layout(folder: Path, *, details: bool) -> LoadedFiles:
    import hashlib

    from seawall.exchange.parquet import read_insured, read_ledger

    meta = (folder / "meta.json").read_bytes()
    ledger = read_ledger(folder, details=details)
    name = SourceName(folder.name, hashlib.sha256(meta).hexdigest(), len(meta))
    return LoadedFiles(
        ledger, sources=(name,), basis="open_items" if ledger.known_from else "full_ledger",
        insured=read_insured(folder), policy_texts=policy_texts([folder]),
    )  # fmt: skip
