"""A claim file as one PDF, or as one ZIP: the PDF, every table, the documents themselves, and the hash of each.

The same facts give the same bytes. Names that people gave to documents become names of plain letters.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import IO, Any, Final

from seawall.engine.kernel.errors import InputError, UsageError
from seawall.exchange import report, report_claim_file, report_pdf, report_xlsx
from seawall.exchange.language import Language
from seawall.exchange.report_layout import Layout
from seawall.exchange.safe_cells import csv_text

FORMS: Final = ("pdf", "zip")
CONTENT_TYPES: Final = {"pdf": "application/pdf", "zip": "application/zip"}
PREFIX: Final = "claim-file-"
"""What the names of claim files begin with: one that was kept is no part of the next."""

DOCUMENTS_BYTES_MAX: Final = 500 * 2**20
"""Of all documents in a ZIP together: beyond this no portal takes it."""

NAME_MAX: Final = 80
_FILE: Final = 0o100644 << 16
Document = Mapping[str, Any]


def name_of(document: Document, form: str) -> str:
    """The name of the file: whose claim it is, under which policy, and the day of the loss."""
    parts = (document["customer"]["customer_code"], document["policy"]["policy"], document["date_of_loss"])
    return f"{PREFIX}{'-'.join(safe_name(part) for part in parts)}.{form}"


def write(
    document: Document, language: Language, form: str, target: IO[bytes], *, content_of: Callable[[str], bytes]
) -> None:
    """Write the claim file; ``content_of`` gives the bytes of a document by its hash, one after the other.

    Raises:
        UsageError: there is no such form.
        InputError: the documents are more than a ZIP of ours may hold.
    """
    if form not in FORMS:
        raise UsageError("There is no format {format} here.", hint="Choose one of: {allowed}.", format=form,
                         allowed=", ".join(FORMS))  # fmt: skip
    if form == "pdf":
        target.write(_pdf(report_claim_file.claim_file(document, language), document))
        return
    paths = paths_of(document)
    size = sum({row["sha256"]: row["bytes"] for row in document["documents"] or ()}.values())
    if size > DOCUMENTS_BYTES_MAX:
        raise InputError(
            "The documents come to {size} MB; a claim file holds at most {most}.",
            hint="Choose pdf: it names each document by its hash.", size=size >> 20, most=DOCUMENTS_BYTES_MAX >> 20,
        )  # fmt: skip
    day = dt.date.fromisoformat(document["as_of"])
    with zipfile.ZipFile(target, "w") as packed:
        listed = [_put(packed, name, made, day) for name, made in _made(document, language, paths)]
        for sha256, path in paths.items():
            listed.append(_put(packed, path, content_of(sha256), day, packs=False))
        _put(packed, "manifest.json", _manifest(document, listed), day)


def paths_of(document: Document) -> dict[str, str]:
    """By hash, where each document stands in the ZIP: numbered, so that no two have one name; the same bytes once."""
    paths: dict[str, str] = {}
    for row in document["documents"] or ():
        paths.setdefault(row["sha256"], f"documents/{len(paths) + 1:03}-{safe_name(row['name'])}")
    return paths


def safe_name(text: str) -> str:
    """A name that is one file in one folder on every system: letters, digits, ``-``, ``_`` and inner dots."""
    plain = unicodedata.normalize("NFC", text)
    kept = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in plain).strip(".")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) < NAME_MAX // 2:
        return f"{stem[: NAME_MAX - len(ending) - 1]}.{ending}"
    return kept[:NAME_MAX] or "_"


def _made(document: Document, language: Language, paths: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """What is made of the facts: for people, for spreadsheets, for programs."""
    layout = report_claim_file.claim_file(document, language, paths)
    yield "claim-file.pdf", _pdf(layout, document)
    yield "claim-file.xlsx", report_xlsx.rendered(layout)
    yield "claim-file.json", report.as_json(document)
    for table in report_claim_file.claim_file(document, replace(language, says_codes=True), paths).tables:
        rows = csv_text([column.key for column in table.columns], table.rows)
        yield f"tables/{table.name}.csv", rows.encode()


def _pdf(layout: Layout, document: Document) -> bytes:
    return report_pdf.rendered(layout, drawn_on=dt.date.fromisoformat(document["as_of"]))


def _put(packed: zipfile.ZipFile, name: str, content: bytes, day: dt.date, *, packs: bool = True) -> dict[str, Any]:
    """Write one file of the ZIP, dated by the day of the claim file; what is listed of it."""
    info = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    info.create_system, info.external_attr = 3, _FILE
    packed.writestr(info, content)
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _manifest(document: Document, listed: list[dict[str, Any]]) -> bytes:
    head = {
        "report": "claim_file", "customer_code": document["customer"]["customer_code"],
        "policy": document["policy"]["policy"], "date_of_loss": document["date_of_loss"], "cause": document["cause"],
        "as_of": document["as_of"], "files": listed,
    }  # fmt: skip
    return (json.dumps(head, ensure_ascii=False, indent=1) + "\n").encode()
