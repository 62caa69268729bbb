"""Small ledgers as text for the tests of reading: write tables as they stand in a file, read them back."""

from collections.abc import Mapping
from pathlib import Path

from seawall.services.files import LoadedFiles, RowsRejected, load

ITEMS = """\
entity,customer_code,kind,number,issued_on,due_on,currency,amount
CN,007,invoice,I-1,2025-01-10,2025-02-09,CNY,100.00
CN,007,invoice,I-2,2025-02-10,2025-03-12,CNY,50.5
CN,007,receipt,R-1,2025-03-01,,CNY,120
"""
ALLOCATIONS = """\
entity,customer_code,debit_number,credit_number,allocated_on,amount
CN,007,I-1,R-1,2025-03-01,100
"""


def written(folder: Path, tables: Mapping[str, str | bytes]) -> Path:
    """A folder with these files; a name without an ending is a .csv."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in tables.items():
        file = folder / (name if "." in name else f"{name}.csv")
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def loaded(folder: Path, **tables: str) -> LoadedFiles:
    """What is loaded from these tables."""
    return load([written(folder, tables)])


def refused(folder: Path, **tables: str) -> list[tuple]:
    """(row, column, code) of what is refused in these tables."""
    try:
        load([written(folder, tables)])
    except RowsRejected as error:
        return error.rejects.select("row", "column", "code").rows()
    return []
