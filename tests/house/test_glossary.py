"""The glossary is whole, and the source speaks its words: no identifier uses a forbidden synonym."""

import ast
from collections import Counter
from pathlib import Path

import pytest
import yaml
from parsed import tree_of

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = yaml.safe_load((ROOT / "docs" / "glossary.yaml").read_text(encoding="utf-8"))
SOURCES = sorted(path for path in (ROOT / "src" / "seawall").rglob("*.py") if "migrations" not in path.parts)
FORBIDDEN = {tuple(word.split("_")): entry["term"] for entry in GLOSSARY for word in entry.get("forbidden", ())}
INSURERS = ROOT / "src" / "seawall" / "exchange" / "insurers"


def identifiers(tree):
    """Every name the module gives: functions, classes, arguments, variables, attributes, keywords."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value.lineno


def words(name):
    """``DueDate`` and ``due_date`` are the same two words."""
    apart = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return [word for word in apart.split("_") if word]


def synonyms(name):
    found = words(name)
    for length in (1, 2, 3):
        for start in range(len(found) - length + 1):
            term = FORBIDDEN.get(tuple(found[start : start + length]))
            if term:
                yield term


def test_every_term_is_explained_in_both_languages_with_a_source():
    for entry in GLOSSARY:
        assert all(entry.get(field, "").strip() for field in ("term", "zh", "definition", "source")), entry
        assert set(entry) <= {"term", "zh", "definition", "source", "in_code", "forbidden"}


@pytest.mark.parametrize("field", ["term", "zh"])
def test_one_word_a_thing(field):
    assert [word for word, count in Counter(entry[field] for entry in GLOSSARY).items() if count > 1] == []


def test_no_term_is_forbidden_by_another():
    used = {entry.get("in_code", entry["term"]).replace(" ", "_") for entry in GLOSSARY}
    assert used.isdisjoint("_".join(parts) for parts in FORBIDDEN)


def test_a_forbidden_synonym_would_be_found():
    assert list(synonyms("debtor_name")) == ["customer"]
    assert list(synonyms("DueDate")) == ["due day"]
    assert list(synonyms("customer_code")) == []


def test_the_source_speaks_the_houses_words():
    assert len(SOURCES) > 200, "the modules were not found"
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} - say {term}"
        for path in SOURCES
        if INSURERS not in path.parents
        for name, line in identifiers(tree_of(path))
        for term in synonyms(name)
    ]
    assert found == []
