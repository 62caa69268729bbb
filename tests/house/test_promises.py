"""docs/promises.md names tests that exist, and each of its rows is proved by a test that says so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOLD = [line.split(" | ") for line in (ROOT / "docs/promises.md").read_text("utf-8").splitlines()]
NAMED = {row[0][2:]: re.findall(r"tests/[\w/.]*\w", row[2]) for row in TOLD if re.fullmatch(r"\| [RS]\d+", row[0])}
"""The paths that each row names."""

MARKED = {
    (row, path.relative_to(ROOT))
    for path in (ROOT / "tests").rglob("*.py")
    for row in re.findall(r"mark\.promise\(\"(\w+)\"\)", path.read_text("utf-8"))
}


@pytest.mark.parametrize("row", NAMED)
def test_each_row_names_tests_that_exist_and_one_of_them_is_marked_with_it(row):
    assert [place for place in NAMED[row] if not (ROOT / place).exists()] == []
    assert any(path.is_relative_to(place) for of, path in MARKED if of == row for place in NAMED[row])


def test_each_marker_has_its_row():
    assert len(NAMED) > 30
    assert {row for row, _path in MARKED} == set(NAMED)
