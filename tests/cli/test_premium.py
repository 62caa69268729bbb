"""``seawall premium`` as a stranger uses it: files in, JSON out, in the shapes of the page."""

import json
import re
import shutil
from pathlib import Path

import pytest
from cli.commands import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/report-shapes.md"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "docs/reference/example-insured", tmp_path / "insured")
    return tmp_path / "insured"


def words(name):
    text = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[1]
    return set(re.findall(r"`([a-z_0-9]+)`", text))


def keys(value):
    if isinstance(value, dict):
        return set(value) | set().union(*map(keys, value.values()), set())
    return set().union(*map(keys, value), set()) if isinstance(value, list) else set()


QUESTIONS = {
    "declare": ("--as-of", "2025-06-30", "--documents"),
    "due": ("--as-of", "2025-06-30"),
    "audit": ("--as-of", "2025-06-30", "--invoice", "INVOICE"),
    "whatif": ("--as-of", "2025-12-31", "--years", "1", "--more-limit", "1000"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_published_key_is_on_the_page(folder, name):
    more = [str(folder / "invoice.csv") if word == "INVOICE" else word for word in QUESTIONS[name]]
    done = run("premium", name, "--files", folder, *more, "--format", "json")
    assert done.code == (name == "audit"), done.err
    known = words(f"premium {name}") | words("premium declare") | words("premium due")
    assert keys(json.loads(done.raw)) - known == set()


@pytest.mark.parametrize("form", ["table", "csv", "xlsx", "html"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_format_in_both_languages(folder, tmp_path, name, form):
    more = [str(folder / "invoice.csv") if word == "INVOICE" else word for word in QUESTIONS[name]]
    for language in ("en", "zh"):
        out = tmp_path / f"{language}.{form}"
        done = run("premium", name, "--files", folder, *more, "--format", form, "--lang", language, "--out", out)
        assert done.code == (name == "audit"), done.err
        assert out.stat().st_size > 100


def test_an_invoice_that_agrees_is_no_failure(folder):
    (folder / "invoice.csv").write_text("step,declared,rate,amount\non_declared,360000,0.0035,1260\ndeposit,,,-600\n")
    done = run("premium", "audit", "--files", folder, "--as-of", "2025-06-30", "--invoice", folder / "invoice.csv",
               "--format", "json")  # fmt: skip
    assert (done.code, json.loads(done.raw)["agrees"]) == (0, True)


def test_bad_input_is_said(folder):
    (folder / "invoice.csv").write_bytes(b"\xff\xfe")
    for more in (("audit", "--invoice", folder / "invoice.csv"), ("audit", "--invoice", folder / "none.csv"),
                 ("whatif", "--years", "9"), ("whatif", "--option", "x"), ("declare", "--policy", "NONE"),
                 ("declare", "--month", "2025-13")):  # fmt: skip
        done = run("premium", *more, "--files", folder, "--as-of", "2025-06-30")
        assert done.code in {1, 2, 3}, more
        assert "Traceback" not in done.err
