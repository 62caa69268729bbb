"""The reference page of insurance policies says what the table of terms says, and its examples can be read."""

import re
from pathlib import Path

from insurance_page import field_lines, term_lines

from seawall.policies.insurance import KNOWN, load_wordings

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/insurance-policy.md").read_text("utf-8")


def test_every_term_and_field_stands_on_the_page_as_the_table_has_it():
    for lines in (list(term_lines()), list(field_lines())):
        assert "\n".join(lines) in PAGE, "python tests/insurance_page.py prints the tables"


def test_every_field_of_a_file_stands_on_the_page():
    head = PAGE.split("## Values")[0]
    assert [name for name in KNOWN if not re.search(rf"\b{name}\b", head)] == []


def test_the_examples_of_the_page_can_be_read():
    texts = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    wordings = load_wordings([(f"example {number}", text) for number, text in enumerate(texts)])
    assert [wording.code for wording in wordings] == ["P-2026", "TOP-2026", "XL-2026"]
