"""A hint says what to do at the door it is read at: options of the command line stand in the command line alone."""

import ast
import re
from pathlib import Path

import pytest

from seawall.cli.hints import HINTS
from seawall.exchange.language import Language

PACKAGE = Path(__file__).resolve().parents[2] / "src/seawall"
SHARED = sorted(path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "cli")
OPTION = re.compile(r"(?<![\w-])--[a-z]")


def hints(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "hint":
            yield from (each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant))


def test_no_hint_that_a_page_may_show_names_an_option():
    named = [
        (str(path.relative_to(PACKAGE)), hint)
        for path in SHARED
        for hint in hints(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(hint, str) and OPTION.search(hint)
    ]
    assert named == []


def test_the_search_finds_one():
    assert OPTION.search(next(hints(ast.parse('raise E("x", hint="Add --currency." if a else "")'))))


@pytest.mark.parametrize("code", HINTS)
def test_a_hint_of_the_command_line_belongs_to_an_error_and_is_said_in_both_languages(code):
    assert any(f'"{code}"' in path.read_text(encoding="utf-8") for path in SHARED)
    assert Language("zh").say(HINTS[code]) != HINTS[code]
