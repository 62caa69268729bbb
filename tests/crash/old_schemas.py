"""Stores of earlier schemas as SQL text, woven into one file: each line once, before it in whose text it stands.

The first line names the schemas, oldest first; a line ``-++ TEXT`` stands in the second and the third of three.
"""

from difflib import SequenceMatcher
from pathlib import Path

FILE = Path(__file__).with_name("old_schemas.txt")


def names():
    """The schemas, oldest first."""
    return _read()[0]


def text_of(name):
    """One schema's SQL."""
    known, lines = _read()
    at = known.index(name)
    return "".join(f"{line}\n" for marks, line in lines if marks[at] == "+")


def add(name, text):
    """Weave another schema in, after those that are there."""
    known, before = _read()
    old, new, lines = [line for _, line in before], text.splitlines(), []
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lines += [(marks + ("+" if tag == "equal" else "-"), line) for marks, line in before[start:end]]
        if tag != "equal":
            lines += [("-" * len(known) + "+", line) for line in new[first:last]]
    woven = [" ".join([*known, name]), *(f"{marks} {line}" for marks, line in lines)]
    FILE.write_text("".join(f"{line}\n" for line in woven), encoding="utf-8")


def _read():
    if not FILE.exists():
        return [], []
    first, *rest = FILE.read_text(encoding="utf-8").splitlines()
    known = first.split()
    return known, [(line[: len(known)], line[len(known) + 1 :]) for line in rest]
