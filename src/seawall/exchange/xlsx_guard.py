"""Look into a workbook before it is opened: no bombs, no entities, no paths, no sheet larger than what it holds.

A workbook is a zip archive of XML. Every part is unpacked once, piece by piece and within limits, so that what
the reader of workbooks later unpacks has been seen, and lies in the directory cannot grow into memory.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_DIRECTORY_BYTES = limits.ARCHIVE_ENTRIES * 1024
_PIECE = 1 << 20
_MARKUP = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_REF = re.compile(rb"""r\s*=\s*["']([A-Za-z]{0,9})(\d{1,9})["']""")
_VALUE = re.compile(rb"v>(\d{1,9})</")
_TEXT_END = re.compile(rb"</(?:\w+:)?si\s*>")
_LETTERS = 26


def check_workbook(data: bytes, *, file: str) -> None:
    """Let a workbook pass, or refuse it.

    Raises:
        FileRejected: it is no workbook, or holds what no ledger needs and an attacker does.
    """
    _check_directory(data, file)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason=str(error)) from None
    _check_entries(entries, file)
    texts, sheets = _Texts(), []
    for entry in entries:
        name = entry.filename.lower()
        if not name.endswith((".xml", ".rels", ".vml")):
            continue
        sheet = _Sheet(entry)
        for piece in _pieces(data, entry, file):
            _check_markup(piece, name, file)
            if name.startswith("xl/worksheets/"):
                sheet.add(piece)
            elif name.endswith("sharedstrings.xml"):
                texts.add(piece)
        sheets.append(sheet)
    for sheet in sheets:
        _check_sheet(sheet, file)
        _check_texts(data, sheet, texts, file)


def _refused(file: str, code: str, message: str, **params: Any) -> FileRejected:
    return FileRejected(message, where=Where(file), code=code, file=file, **params)


def _check_directory(data: bytes, file: str) -> None:
    """The archive's own summary, before its directory is read."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if not data.startswith(b"PK\x03\x04") or at < 0 or at + _END.size > len(data):
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason="no archive")
    _, _, _, _, entries, size, _, _ = _END.unpack_from(data, at)
    if entries > limits.ARCHIVE_ENTRIES or size > _DIRECTORY_BYTES:
        raise _refused(file, "bomb", "{file} has more parts than a workbook ({limit}).", limit=limits.ARCHIVE_ENTRIES)


def _check_entries(entries: list[zipfile.ZipInfo], file: str) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > limits.ARCHIVE_ENTRIES:
        raise _refused(file, "bomb", "{file} has more parts than a workbook ({limit}).", limit=limits.ARCHIVE_ENTRIES)
    if sum(entry.file_size for entry in entries) > limits.ARCHIVE_BYTES:
        raise _refused(file, "bomb", "{file} unpacks to more than {limit} bytes.", limit=limits.ARCHIVE_BYTES)
    lowered = {name.lower() for name in names}
    if "xl/workbook.xml" not in lowered:
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason="no xl/workbook.xml")
    if len(lowered) < len(names):
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason="a part occurs twice")
    for entry in entries:
        _check_entry(entry, file)
    upto = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < upto:
            raise _refused(file, "bomb", "{file}: its parts overlap.")
        upto = entry.header_offset + _LOCAL.size + entry.compress_size


def _check_entry(entry: zipfile.ZipInfo, file: str) -> None:
    name = entry.filename
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise _refused(file, "archive_path", "{file}: the part {part} leaves the archive.", part=name[:80])
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refused(file, "archive_path", "{file}: the part {part} is a link.", part=name[:80])
    if entry.flag_bits & 0x1:
        raise _refused(file, "encrypted", "{file} is protected by a password.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason="unknown packing")
    if entry.file_size > max(limits.RATIO_FROM_BYTES, entry.compress_size * limits.ARCHIVE_RATIO):
        raise _refused(file, "bomb", "{file}: the part {part} unpacks to far more than a sheet does.", part=name[:80])


def _pieces(data: bytes, entry: zipfile.ZipInfo, file: str) -> Iterator[bytes]:
    """A part's content in pieces that end with a tag; its size must be what the directory says."""
    unpacked = 0
    rest = b""
    for piece in _inflated(data, entry, file):
        unpacked += len(piece)
        if unpacked > entry.file_size:
            raise _refused(file, "bomb", "{file}: the part {part} is larger than it says.", part=entry.filename[:80])
        whole = rest + piece
        cut = whole.rfind(b">") + 1
        if not cut and len(whole) > 2 * _PIECE:
            raise _refused(file, "bomb", "{file}: the part {part} holds an endless tag.", part=entry.filename[:80])
        rest = whole[cut:]
        if cut:
            yield whole[:cut]
    if unpacked != entry.file_size:
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason="a part is cut short")
    if rest:
        yield rest


def _inflated(data: bytes, entry: zipfile.ZipInfo, file: str) -> Iterator[bytes]:
    header = data[entry.header_offset : entry.header_offset + _LOCAL.size]
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise _refused(file, "broken_archive", "{file} is not a workbook: {reason}.", reason="a part is missing")
    name_size, extra_size = _LOCAL.unpack(header)[-2:]
    first = entry.header_offset + _LOCAL.size + name_size + extra_size
    packed = data[first : first + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    stream = zlib.decompressobj(wbits=-15)
    try:
        while packed and not stream.eof:
            yield stream.decompress(packed, _PIECE)
            packed = stream.unconsumed_tail
    except zlib.error:
        raise _refused(
            file, "broken_archive", "{file} is not a workbook: {reason}.", reason="a part is damaged"
        ) from None


def _check_markup(piece: bytes, name: str, file: str) -> None:
    """No document types, no entities, nothing but UTF-8: so nothing can be hidden from this look."""
    if _MARKUP.search(piece):
        raise _refused(file, "xml_entity", "{file}: the part {part} declares a document type.", part=name[:80])
    declared = _DECLARED.search(piece[:1024])
    if b"\0" in piece or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii")):
        raise _refused(file, "xml_encoding", "{file}: the part {part} is not in UTF-8.", part=name[:80])


@dataclass
class _Sheet:
    """What is in a sheet, counted: its cells, and the corner they reach to."""

    entry: zipfile.ZipInfo
    cells: int = 0
    columns: int = 0
    rows: int = 0

    def add(self, piece: bytes) -> None:
        self.cells += piece.count(b"<c") + piece.count(b":c")
        refs = _REF.findall(piece)
        if refs:
            letters, numbers = map(set, zip(*refs, strict=True))
            self.columns = max(self.columns, *map(_column_number, letters))
            self.rows = max(self.rows, *map(int, numbers))


def _column_number(letters: bytes) -> int:
    """``A`` → 1, ``AA`` → 27."""
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS + letter - ord("A") + 1
    return number


@dataclass
class _Texts:
    """The lengths of a workbook's shared texts, in order."""

    lengths: list[int] = field(default_factory=list)
    since: int = 0

    def add(self, piece: bytes) -> None:
        last = 0
        for end in _TEXT_END.finditer(piece):
            self.lengths.append(self.since + end.start() - last)
            self.since, last = 0, end.end()
        self.since += len(piece) - last


def _check_sheet(sheet: _Sheet, file: str) -> None:
    if sheet.columns > limits.SHEET_COLUMNS:
        raise _refused(
            file, "too_many_columns", "{file}: a sheet uses more than {limit} columns.", limit=limits.SHEET_COLUMNS
        )
    if sheet.cells > limits.SHEET_CELLS:
        raise _refused(file, "too_large", "{file} has more than {limit} cells.", limit=limits.SHEET_CELLS)
    rectangle = sheet.rows * sheet.columns
    if rectangle > limits.SPARSE_CELLS and (
        rectangle > limits.SHEET_CELLS or rectangle > sheet.cells * limits.SPARSE_RATIO
    ):
        raise _refused(
            file, "sparse_sheet", "{file}: a sheet reaches to row {row} but is almost empty.", row=sheet.rows
        )


def _check_texts(data: bytes, sheet: _Sheet, texts: _Texts, file: str) -> None:
    """One long text may be shared by every cell; what counts is all of them written out."""
    longest = max(texts.lengths, default=0)
    if longest > limits.CELL_CHARACTERS * 8:
        raise _refused(
            file, "too_large", "{file}: a cell holds more than {limit} characters.", limit=limits.CELL_CHARACTERS
        )
    if longest * sheet.cells <= limits.SHEET_TEXT_BYTES:
        return
    written = 0
    for piece in _pieces(data, sheet.entry, file):
        used = Counter(map(int, _VALUE.findall(piece)))
        written += sum(texts.lengths[at] * count for at, count in used.items() if at < len(texts.lengths))
        if written > limits.SHEET_TEXT_BYTES:
            raise _refused(file, "bomb", "{file}: its texts, written out, are more than a sheet can hold.")
