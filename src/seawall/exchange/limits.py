"""How large anything in a file may be, and why: beyond these a file is a mistake or an attack, not a ledger."""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB

FILES: Final = 200
"""Files of one import: a folder with more was named by mistake."""

FILE_BYTES: Final = 4 * GIB
"""One file, as it lies on the disk: about forty million items as text. Beyond, use Parquet in engine layout."""

REQUEST_BYTES: Final = 64 * MIB
"""What a program says in one request: ten thousand rows with long words, or a document of 25 MB as base64."""

LINE_BYTES: Final = 1 * MIB
"""One line of text: thirty full cells of a spreadsheet. A file in one line is no table."""

COLUMNS: Final = 500
"""Columns of a table: the widest list of line items of an ERP has some two hundred."""

ROWS: Final = 50_000_000
"""Rows of one table: five times the largest ledger we measure with."""

CELL_CHARACTERS: Final = 32_767
"""One cell: what a spreadsheet can hold."""

CODE_CHARACTERS: Final = 100
"""A code or a number: composed keys of an ERP have some forty."""

FIRST_DAY: Final = "1950-01-01"
LAST_DAY: Final = "2149-12-31"
"""Days: a receivable outside them is a slip of the keyboard (0025, 20226)."""

GZIP_RATIO: Final = 100
"""Bytes out for one byte in: ledgers reach 5 to 30; made-up files reach 300 to 1,000."""

RATIO_FROM_BYTES: Final = 8 * MIB
"""Below this a high ratio does no harm: a small repetitive file is still small."""

ARCHIVE_ENTRIES: Final = 2_000
"""Parts of a workbook: one with a hundred sheets and their drawings stays below."""

ARCHIVE_BYTES: Final = 1 * GIB
"""Parts of a workbook together, unpacked: a full sheet of a million rows takes 0.6 to 0.9."""

ARCHIVE_RATIO: Final = 200
"""Unpacked to packed: sheets of numbers reach 10 to 40."""

SHEET_CELLS: Final = 25_000_000
"""Cells of a sheet's rectangle: a full million rows of twenty-five columns."""

SHEET_COLUMNS: Final = 256
"""Columns of a sheet; more are stray formats far to the right."""

SHEET_TEXT_BYTES: Final = 1 * GIB
"""All texts of a sheet written out: one shared text may be used in every cell."""

SPARSE_CELLS: Final = 2_000_000
SPARSE_RATIO: Final = 50
"""A rectangle of more cells must be filled to one fiftieth at least, or it is one stray cell in a far corner."""

HEADER_WITHIN: Final = 50
"""Lines within which a mapping's headers must be found."""

MAPPING_BYTES: Final = 64 * KIB
"""A mapping: it is written by hand."""

POLICY_BYTES: Final = 256 * KIB
"""An insurance policy: a wording of a hundred terms with notes in two languages takes some forty."""

STATEMENT_BYTES: Final = 64 * MIB
"""One bank statement: a camt.053 of some twenty thousand payments. A day of more comes in several files."""

STATEMENT_ELEMENTS: Final = 3_000_000
"""Elements of a camt document: some sixty for each payment."""

XML_DEPTH: Final = 64
"""Elements within each other: camt reaches about fifteen."""
