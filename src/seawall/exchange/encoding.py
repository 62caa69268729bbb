"""Any text to UTF-8: by its byte order mark, by what a mapping says, or by careful detection; in doubt, refused."""

from __future__ import annotations

import codecs
import re

from seawall.engine.kernel.errors import FileRejected, Where

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NAMES = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16", "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "latin-1": "cp1252",
    "iso-8859-1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252", "big5": "big5",
}  # fmt: skip
"""What a mapping may say, and how it is read. Latin-1 is read as Windows-1252, which has the euro sign too."""

_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_SAMPLE_LINES = 10_000
_MOSTLY = 0.95
_SHORT_RUN = 4
_PLAINLY = 12
"""So many bytes beyond ASCII do not form UTF-8 by accident."""


def to_utf8(data: bytes, *, file: str, asked: str | None = None) -> tuple[bytes, str]:
    """The text in UTF-8 without a byte order mark, and the encoding it was in.

    Raises:
        FileRejected: the bytes are not text in that encoding, or in any that is certain; the row is named.
    """
    for mark, name in BOMS:
        if data.startswith(mark):
            rest = data[len(mark) :]
            return (rest if name == "utf-8" and _is_utf8(rest) else _decoded(rest, name, file)), name
    if asked:
        return _as_asked(data, NAMES[asked.lower()], file)
    if b"\0" in data[:4096] and _looks_like_utf16(data):
        name = _order(data)
        return _decoded(data, name, file), name
    if _is_utf8(data):
        return data, "utf-8"
    name = _detected(data, file)
    return _decoded(data, name, file), name


def _as_asked(data: bytes, name: str, file: str) -> tuple[bytes, str]:
    """As a mapping says; but bytes that are plainly UTF-8 are read as that: exports change to it without notice."""
    if name == "utf-16":
        name = _order(data)
    is_utf8 = name not in ("utf-16-le", "utf-16-be") and _is_utf8(data)
    if is_utf8 and (name == "utf-8" or sum(map(len, _HIGH_RUNS.findall(data[: 1 << 20]))) >= _PLAINLY):
        return data, "utf-8"
    return _decoded(data, name, file), name


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    step = 1 << 22
    try:
        for first in range(0, len(data), step):
            decoder.decode(data[first : first + step], final=first + step >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, name: str, file: str) -> bytes:
    try:
        return data.decode(name).encode()
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        unit = 4 if "32" in name else 2 if "16" in name else 1
        row = data.count("\n".encode(name if unit > 1 else "ascii"), 0, at)
        raise _refused(file, row, name) from None


def _refused(file: str, row: int, encoding: str) -> FileRejected:
    return FileRejected(
        "{file}: row {row} is not text in {encoding}.",
        hint="Export the file again as UTF-8, or state its encoding in a mapping.",
        where=Where(file, row), code="encoding", file=file, row=row, encoding=encoding,
    )  # fmt: skip


def _looks_like_utf16(data: bytes) -> bool:
    head = data[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    return max(even, odd) > len(head) // 8 and min(even, odd) == 0


def _order(data: bytes) -> str:
    head = data[:4096]
    return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"


def _detected(data: bytes, file: str) -> str:
    """GB18030 or Windows-1252, where one of them is plain.

    Chinese characters stand in pairs of high bytes; accented letters of the West stand alone among plain ones.
    """
    _refuse_mixed(data, file)
    runs = [len(run) for run in _HIGH_RUNS.findall(data[: 1 << 24])]
    if sum(length == 1 for length in runs) >= _MOSTLY * len(runs):
        return "cp1252"
    if sum(length % 2 == 0 for length in runs) >= _MOSTLY * len(runs) and _decodes(data, "gb18030"):
        return "gb18030"
    raise _first_bad(data, file)


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_mixed(data: bytes, file: str) -> None:
    """Some lines in UTF-8 and some not: two exports were joined, and one of them would be garbled."""
    seen = valid = 0
    for line in data.split(b"\n", _SAMPLE_LINES):
        if sum(map(len, _HIGH_RUNS.findall(line))) >= _SHORT_RUN:
            seen += 1
            valid += _decodes(line, "utf-8")
    if valid and seen:
        raise _first_bad(data, file)


def _first_bad(data: bytes, file: str) -> FileRejected:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return _refused(file, data.count(b"\n", 0, error.start), "utf-8")
    return _refused(file, 0, "utf-8")
