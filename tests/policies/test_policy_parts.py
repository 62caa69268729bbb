"""Every term of a policy stands in the reference's table of what reads it, and is read by what stands there."""

import re
from pathlib import Path

import seawall
from seawall.engine.protection.terms import OPERATORS, TERMS
from seawall.policies.insurance import KNOWN

ROOT = Path(seawall.__file__).parent
PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/insurance-policy.md").read_text("utf-8")
TABLE = PAGE.split("## What a policy says, and what reads it")[1].split("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| ")][
    1:
]
FIGURES = set(OPERATORS.values())
"""Terms read by the name of their operator."""


def named(cell):
    return re.findall(r"`([a-z_/]+)`", cell)


def test_every_term_is_in_the_table():
    said = {name for _, terms, _ in ROWS for name in named(terms)}
    assert set(TERMS) - said == set()


def reads(module, names):
    path = ROOT / f"{module}.py" if "/" in module else ROOT / "engine/protection" / f"{module}.py"
    text = path.read_text("utf-8")
    return not names or bool(FIGURES & set(names)) or any(f'"{name}"' in text for name in names)


def test_what_stands_as_its_reader_reads_a_term_of_the_row():
    wrong = []
    for noun, terms, cell in ROWS:
        names, modules = [name for name in named(terms) if name in TERMS], named(cell.partition("(")[0])
        assert modules, noun
        wrong += [f"{noun}: {module}" for module in modules if not reads(module, names)]
    assert wrong == []


def test_every_term_is_read_by_the_engine_or_by_its_operator():
    sources = [
        path.read_text("utf-8")
        for path in (ROOT / "engine/protection").glob("*.py")
        if path.stem not in ("terms", "wording_rules", "plain_words", "wording_remarks")
    ]
    unread = [name for name in TERMS if name not in FIGURES and not any(f'"{name}"' in text for text in sources)]
    assert unread == []
    assert set(KNOWN) >= {"entities", "buyers", "over", "calendar"}
