"""Messages to and from insurers as tables: what leaves as CSV or XLSX, and decisions and answers that come as one.

The form is our own and the same for every insurer: whoever fills in an insurer's portal by hand has all fields there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange.csv import read_csv
from seawall.exchange.insurers.port import Incoming, digest, incoming
from seawall.exchange.safe_cells import csv_text, safe_text
from seawall.exchange.xlsx import opened, read_sheet

FORMATS: Final = ("csv", "xlsx")
ROWS_MAX: Final = 50_000
_LISTS: Final = ("lines", "items", "plan")
_WHOLE: Final = ("notice_days", "max_term_days", "sequence")
_REPLY: Final = "answer"
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def table(messages: Sequence[tuple[str, str, Mapping[str, Any]]]) -> tuple[list[str], list[list[str]]]:
    """Messages as headers and rows: key and customer before each one's own fields, one row for each line of a list."""
    rows: list[dict[str, str]] = []
    for key, customer_code, body in messages:
        flat = {"message_key": key, "customer_code": customer_code}
        flat |= {name: _text(value) for name, value in body.items() if name not in _LISTS}
        lines = [line for name in _LISTS for line in body.get(name, ())]
        rows += [{**flat, **{f"line_{name}": _text(value) for name, value in line.items()}} for line in lines] or [flat]
    headers = list(dict.fromkeys(name for row in rows for name in row))
    return headers, [[row.get(name, "") for name in headers] for row in rows]


def rendered(headers: Sequence[str], rows: Sequence[Sequence[str]], form: str) -> bytes:
    """A table as a file; every text made safe for a spreadsheet."""
    if form == "csv":
        return b"\xef\xbb\xbf" + csv_text(headers, rows).encode()
    import xlsxwriter  # noqa: PLC0415 - read only where a workbook is asked for

    stream = io.BytesIO()
    with xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("messages")
        for at, row in enumerate([headers, *rows]):
            for place, value in enumerate(row):
                sheet.write_string(at, place, safe_text(value))
    return stream.getvalue()


def read(content: bytes, *, file: str, policy: str) -> list[Incoming]:
    """What an insurer's file says: decisions, or answers where it has a column ``answer``; each row once.

    A row that names no policy is about ``policy``.

    Raises:
        FileRejected: it is no table.
    """
    rows = _rows(content, file)
    is_reply = bool(rows) and _REPLY in rows[0]
    return [_reply(row) if is_reply else _decision(row, policy) for row in rows]


def _decision(row: dict[str, str], policy: str) -> Incoming:
    said: dict[str, Any] = {name: value for name, value in row.items() if value}
    said.setdefault("decision_id", digest(repr(sorted(said.items()))))
    said.setdefault("policy", policy)
    said.setdefault("effective_from", said.get("decided_on", ""))
    said.setdefault("sequence", said.get("decided_on", "").replace("-", ""))
    for name in _WHOLE:
        if _NUMBER.fullmatch(str(said.get(name, ""))):
            said[name] = int(said[name])
    said.setdefault("amount", "0") if said.get("kind") in ("refused", "cancelled", "expired") else None
    return incoming("decision", said)


def _reply(row: dict[str, str]) -> Incoming:
    said = {name: value for name, value in row.items() if value}
    return incoming("reply", said, ref=digest(repr(sorted(said.items()))))


def _rows(content: bytes, file: str) -> list[dict[str, str]]:
    if content[:2] == b"PK":
        workbook = opened(content, file)
        frame = read_sheet(workbook, workbook.sheet_names[0], file=file, table="messages").frame
    else:
        frame = read_csv(content, file=file, table="messages").frame
    if frame.height > ROWS_MAX:
        raise FileRejected("{file} has more than {limit} rows.", where=Where(file), file=file, limit=ROWS_MAX)
    frame = frame.drop("source_row", strict=False).cast(pl.String)
    frame = frame.rename({name: name.strip().lower() for name in frame.columns})
    return [
        {name: (value or "").strip().removeprefix("'") for name, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
