"""The files of an import: found by path, read once, known by the hash of the very bytes that are parsed."""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits

TABLE_NAMES = (
    "customers", "items", "allocations", "instalments", "disputes", "balances", "bills", "bill_events",
    "insured_limits", "insurance_events", "claims", "claim_recoveries", "claim_steps",
    "rates",
)  # fmt: skip
"""Names of the canonical tables: a file or a sheet of such a name is read as that table."""

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx", ".xlsm", ".parquet")
WORKBOOKS = (".xlsx", ".xlsm")
CHUNK = 4 * limits.MIB
_FED = 64 * limits.KIB


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was read: its name, the hash of its bytes, the bytes, and what they hold unpacked."""

    name: str
    sha256: str
    original: bytes
    data: bytes
    """The same bytes unless the file is a ``.gz``."""

    @property
    def stem(self) -> str:
        """The name without its endings, in small letters: ``Items.csv.gz`` → ``items``."""
        return self.name.lower().split(".", 1)[0]

    @property
    def kind(self) -> str:
        """``csv``, ``xlsx`` or ``parquet``.

        Raises:
            FileRejected: the ending is none of ours.
        """
        name = self.name.lower()
        if not name.endswith(SUFFIXES):
            raise FileRejected(
                "{file} is not a file that can be read.",
                hint="Give CSV, XLSX or Parquet; save an old .xls as .xlsx first.",
                where=Where(self.name), code="file_kind", file=self.name,
            )  # fmt: skip
        if name.endswith(".parquet"):
            return "parquet"
        return "xlsx" if name.endswith(WORKBOOKS) else "csv"


def found(paths: Sequence[Path], *, mapped: bool = False) -> list[Path]:
    """The files that ``paths`` name. A folder stands for the canonical tables in it, else for its workbooks.

    With ``mapped`` a folder stands for every file of a kind we read.

    Raises:
        FileRejected: a path does not exist, is no ordinary file, or a folder holds no table.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files.extend(_tables_in(path, mapped=mapped))
        elif path.is_file():
            files.append(path)
        else:
            raise FileRejected("There is no file {file}.", where=Where(path.name), code="no_file", file=str(path))
    if len(files) > limits.FILES:
        raise FileRejected("These are {count} files; at most {limit} are taken.", count=len(files), limit=limits.FILES)
    return files


def _tables_in(folder: Path, *, mapped: bool) -> list[Path]:
    inside = folder.resolve()
    known = [
        path
        for path in sorted(folder.iterdir())
        if path.name.lower().endswith(SUFFIXES) and path.is_file() and path.resolve().is_relative_to(inside)
    ]
    if not mapped:
        named = [path for path in known if path.name.lower().split(".", 1)[0] in TABLE_NAMES]
        known = named or [path for path in known if path.suffix.lower() in WORKBOOKS]
    if not known:
        raise FileRejected(
            "There is no ledger file in {folder}.",
            hint="A ledger has items.csv (or .xlsx, .parquet), and beside it customers, allocations and others.",
            code="no_file", folder=str(folder),
        )  # fmt: skip
    return known


def read(path: Path) -> Source:
    """A file with its hash; ``.gz`` is unpacked on the way.

    Raises:
        FileRejected: it is larger than a limit, cannot be read, or is one endless line.
    """
    try:
        with path.open("rb") as file:
            return whole(path.name, iter(lambda: file.read(CHUNK), b""))
    except OSError as error:
        raise FileRejected(
            "{file} cannot be read: {reason}.", where=Where(path.name), file=path.name, reason=error.strerror or "error"
        ) from error


def whole(name: str, chunks: Iterable[bytes]) -> Source:
    """A file from its chunks (of a disk, of an upload).

    Raises:
        FileRejected: it is larger than a limit, or is one endless line.
    """
    digest = hashlib.sha256()
    is_text = not name.lower().endswith((*WORKBOOKS, ".parquet"))
    counted = _counted(name, chunks, digest)
    if not name.lower().endswith(".gz"):
        data = b"".join(_lines_end(name, counted) if is_text else counted)
        return Source(name, digest.hexdigest(), data, data)
    packed = b"".join(counted)
    data = b"".join(_lines_end(name, _unzipped(name, packed)))
    return Source(name, digest.hexdigest(), packed, data)


def of_rows(table: str, rows: Sequence[Mapping[str, str]], *, origin: str, columns: Sequence[str] = ()) -> Source:
    """Rows that no file holds, written as the CSV that would hold them: ``<table>.<origin>.csv``.

    ``columns`` are those of a table without rows.

    Raises:
        FileRejected: it is larger than a limit.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row)) or list(columns)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return whole(f"{table}.{origin}.csv", [text.getvalue().encode()])


def _counted(name: str, chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limits.FILE_BYTES:
            raise _too_large(name, limits.FILE_BYTES)
        digest.update(chunk)
        yield chunk


def _unzipped(name: str, data: bytes) -> Iterator[bytes]:
    """The content of a gzip file, piece by piece, so that a bomb is left before it has gone off."""
    unpacked = at = 0
    stream = zlib.decompressobj(wbits=31)
    try:
        while at < len(data) or stream.unconsumed_tail:
            fed = stream.unconsumed_tail or data[at : at + _FED]
            at += 0 if stream.unconsumed_tail else len(fed)
            piece = stream.decompress(fed, CHUNK)
            unpacked += len(piece)
            if unpacked > limits.FILE_BYTES:
                raise _too_large(name, limits.FILE_BYTES)
            if unpacked > max(limits.RATIO_FROM_BYTES, at * limits.GZIP_RATIO):
                raise FileRejected(
                    "{file} unpacks to far more than a table does.", where=Where(name), code="bomb", file=name
                )
            yield piece
            if stream.eof and at - len(stream.unused_data) < len(data):
                at -= len(stream.unused_data)
                stream = zlib.decompressobj(wbits=31)
    except zlib.error:
        raise _broken_gzip(name) from None
    if not stream.eof:
        raise _broken_gzip(name)


def _broken_gzip(name: str) -> FileRejected:
    return FileRejected("{file} is not a whole gzip file.", where=Where(name), code="broken_archive", file=name)


def _lines_end(name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, as long as lines end in time; carries bytes, so that a chunk may be of any size."""
    since = 0
    for chunk in chunks:
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        since = since + len(chunk) if last < 0 else len(chunk) - last
        if since > limits.LINE_BYTES:
            raise FileRejected(
                "{file} has a line of more than {limit} bytes: that is no table.",
                where=Where(name), code="line_too_long", file=name, limit=limits.LINE_BYTES,
            )  # fmt: skip
        yield chunk


def _too_large(name: str, limit: int) -> FileRejected:
    return FileRejected(
        "{file} is larger than {limit} bytes.", where=Where(name), code="too_large", file=name, limit=limit
    )
