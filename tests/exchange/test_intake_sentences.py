"""Every sentence an import can say stands in the Chinese catalogue, with the same parameters."""

import ast
import re
from pathlib import Path

import pytest

import seawall
from seawall.engine.ledger.rejects import REASONS, WARNINGS

ROOT = Path(seawall.__file__).parent
SAYING = (
    "csv",
    "csv_scan",
    "encoding",
    "intake",
    "parquet_in",
    "sources",
    "xlsx",
    "xlsx_guard",
    "mapping_reader",
    "mapping_yaml",
)
PARAMETER = re.compile(r"\{\w+\}")


def catalogue():
    parts = sorted((ROOT / "locale/zh_Hans/parts").glob("*.po"))
    text = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    pairs = re.findall(r'^msgid (".*")\nmsgstr (".*")$', text, re.MULTILINE)
    return {ast.literal_eval(left): ast.literal_eval(right) for left, right in pairs}


def said(name):
    """Constants of a module that are sentences with parameters, as they are said."""
    tree = ast.parse((ROOT / f"exchange/{name}.py").read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    sentences = {text for text in texts if text.endswith((".", ")")) and PARAMETER.search(text) and "\n" not in text}
    if not name.startswith("mapping"):
        return sentences
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    refusals = [
        call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in ("refuse", "invalid")
    ]
    parts = {
        arg.value
        for call in refusals
        for arg in call.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }
    whole = {text for text in sentences if not text.startswith("{file}, line") and text not in parts}
    return whole | {"{file}, line {line}: " + part + "." for part in parts if " " in part}


@pytest.mark.parametrize("name", SAYING)
def test_refusals_are_translated(name):
    assert said(name)
    assert said(name) - set(catalogue()) == set()


def test_reasons_and_remarks_are_translated():
    assert set(REASONS.values()) | set(WARNINGS.values()) <= set(catalogue())


def test_translations_keep_the_parameters():
    wrong = {
        left
        for left, right in catalogue().items()
        if sorted(PARAMETER.findall(left)) != sorted(PARAMETER.findall(right))
    }
    assert wrong == set()
