from pathlib import Path

import pytest

from seawall.engine.report import TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/run-tables.md"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_reference_names_every_column_with_its_type(table):
    _, _, rest = PAGE.read_text("utf-8").partition(f"\n## {table.name}\n")
    section = rest.split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| ")]
    written = {name: (kind, empty) for name, kind, empty, *_ in rows[1:]}
    declared = {
        name: (str(column.dtype).split("(")[0], "may be" if column.nullable else "no")
        for name, column in table.columns.items()
    }
    assert written == declared
    assert f"Key: {', '.join(table.key)}." in section
