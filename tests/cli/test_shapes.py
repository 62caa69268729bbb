"""Every key that is published is on its page, and every key on the page is published."""

import json
import re
from pathlib import Path

import pytest
from cli.commands import run

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/report-shapes.md"
ASK = ("--as-of", "2026-06-30", "--currency", "CNY", "--format", "json")
QUESTIONS = {
    "ageing": ("ageing", "--group-by", "currency", "--by", "issue"),
    "dso": ("dso", "--group-by", "customer"),
    "provision": ("provision",),
    "rollrates": ("rollrates",),
    "concentration": ("concentration",),
    "worklist": ("worklist",),
    "report": ("report",),
    "explain": ("explain", "ecl"),
}


def section(name):
    text = PAGE.read_text(encoding="utf-8")
    return re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]


def words(name):
    return set(re.findall(r"`([a-z_0-9]+)`", section(name)))


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_published_key_is_on_the_page(files, name):
    command, *more = QUESTIONS[name]
    done = run(command, *more, "--files", files, *ASK)
    assert done.code == 0, done.err
    assert set(json.loads(done.raw)) - words(name) == set()


def test_every_key_of_the_ageing_and_the_report_on_the_page_is_published(files):
    for name in ("ageing", "report"):
        command, *more = QUESTIONS[name]
        said = json.loads(run(command, *more, "--files", files, *ASK).raw)
        rows = re.findall(r"^\| (`.*?`) \|", section(name), re.MULTILINE)
        promised = {key for row in rows for key in re.findall(r"`([a-z_0-9]+)`", row)}
        assert promised - set(said) == set()


def test_rows_of_months_have_what_the_page_says(files):
    said = json.loads(run("dso", "--files", files, *ASK).raw)
    assert set(said["months"][0]) <= words("dso")


def test_amounts_are_decimal_texts_and_rates_are_numbers(files):
    said = json.loads(run("report", "--files", files, *ASK).raw)
    amount = re.compile(r"-?\d+\.\d\d")
    assert all(amount.fullmatch(row["open"]) for row in said["customers"])
    assert all(amount.fullmatch(row["ecl"]) for row in said["provision"])
    for figure in said["figures"].values():
        value = figure["value"]
        assert value is None or (
            amount.fullmatch(value) if figure["unit"] == "money" else isinstance(value, int | float)
        )
    assert not re.search(r'_minor"', json.dumps(said))
