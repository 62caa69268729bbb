"""The pages about ledger files and mappings say what the code does."""

import re
from pathlib import Path

import pytest

from seawall.engine.ledger.insured_facts import (
    CAUSES,
    CLAIM_DECISIONS,
    CLAIM_DOCUMENTS,
    CLAIM_STEPS,
    INSURANCE_EVENTS,
    LIMIT_KINDS,
)
from seawall.engine.ledger.rejects import REASONS
from seawall.exchange import limits
from seawall.exchange.mapping_reader import known_names, load_mapping
from seawall.exchange.tables import FIELDS
from seawall.services.files import load

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
FILES = (DOCS / "ledger-files.md").read_text(encoding="utf-8")
MAPPING = (DOCS / "mapping.md").read_text(encoding="utf-8")


def section(title):
    return FILES.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_reason_stands_on_the_page_and_no_other():
    rows = section("What cannot be taken").split("|---|---|")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", rows)) == set(REASONS)


@pytest.mark.parametrize(
    "table",
    [
        "items",
        "customers",
        "allocations",
        "bills",
        "bill_events",
        "insured_limits",
        "insurance_events",
        "claims",
        "claim_recoveries",
        "claim_steps",
    ],
)
def test_every_column_stands_on_the_page_and_the_required_ones_in_bold(table):
    text = section(table)
    words = set(re.findall(r"\w+", text))
    assert set(FIELDS[table]) <= words
    assert set(re.findall(r"\*\*(\w+)\*\*", text)) == {name for name, field in FIELDS[table].items() if field.required}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("insured_limits", LIMIT_KINDS),
        ("insurance_events", INSURANCE_EVENTS),
        ("claims", CAUSES),
        ("claim_steps", CLAIM_STEPS + CLAIM_DOCUMENTS + CLAIM_DECISIONS),
    ],
)
def test_every_word_of_insurance_stands_on_the_page(table, words):
    assert set(words) <= set(re.findall(r"`(\w+)`", section(table)))


def test_the_limits_on_the_page_are_those_of_the_code():
    said = (
        f"{limits.FILE_BYTES // limits.GIB} GiB a file, {limits.LINE_BYTES // limits.MIB} MiB a line, {limits.COLUMNS} columns, "
        f"{limits.ROWS // 10**6} million rows, {limits.CELL_CHARACTERS:,} characters a cell; a workbook "
        f"{limits.ARCHIVE_BYTES // limits.GIB} GiB unpacked, {limits.ARCHIVE_ENTRIES:,} parts, {limits.SHEET_COLUMNS} columns and "
        f"{limits.SHEET_CELLS // 10**6} million cells a sheet"
    )
    assert said in " ".join(FILES.split())
    assert limits.GZIP_RATIO == 100


def test_the_example_of_a_mapping_is_one(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", MAPPING, re.DOTALL)[1], encoding="utf-8")
    assert load_mapping(path).title == "Our list of line items"
    assert all(f"| `{name}` |" in MAPPING for name in known_names())


def test_the_example_ledger_is_taken_whole():
    said = load([DOCS / "example"])
    assert said.rejects.is_empty()
    assert said.ledger.check().items.height
