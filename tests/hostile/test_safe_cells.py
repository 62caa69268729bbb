"""S9: no formula leaves the house, and a real negative amount stays a number."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from seawall.exchange import report, report_html, report_xlsx
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Column, Layout, Table
from seawall.exchange.safe_cells import cell, csv_text, is_dangerous, printable, safe_text

COMMANDS = ("cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "1+1", "SUM(A1:A9)", "-1", 'DDE("cmd";"/C calc")')
STARTS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "\0=", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
BEFORE = ("", " ", "'", '"', "\u201c", "\ufeff", "\u200b", "\u00a0", "\u202e", " \"' ", "\x01")
PAYLOADS = sorted({f"{before}{start}{command}" for before in BEFORE for start in STARTS for command in COMMANDS})
HARMLESS = (
    "",
    "海堤",
    "ACME = best",
    "a-b",
    "100-200",
    "-12.50",
    "+49",
    "0012",
    "Müller & Söhne",
    "O'Brien",
    "'quoted'",
    "3%",
)


def layout(texts):
    columns = (Column("name", "Name"), Column("words", "Words", "words"), Column("amount", "Amount", "exact"))
    rows = [(text, text, Decimal("-12.50")) for text in texts]
    table = Table("payloads", "Payloads", columns, rows)
    return Layout("payloads", "Title", "", Language("en"), Scale(1, 2, "CNY"), (("Label", "x"),), sections=(table,))


def test_every_payload_is_seen():
    assert [payload for payload in PAYLOADS if not is_dangerous(payload)] == []


@pytest.mark.parametrize("text", HARMLESS)
def test_plain_texts_are_left_as_they_are(text):
    assert not is_dangerous(text)
    assert safe_text(text) == text


@pytest.mark.promise("S9")
def test_csv_holds_no_formula_and_keeps_numbers(promise):
    text = report.as_csv(layout(PAYLOADS))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(PAYLOADS)
    assert all(row["name"].startswith("'") and row["words"].startswith("'") for row in rows)
    assert {row["amount"] for row in rows} == {"-12.50"}
    assert "\0" not in text
    promise(f"{len(PAYLOADS)} payloads in CSV: formulas 0, negative numbers broken 0")


@pytest.mark.promise("S9")
def test_a_workbook_holds_no_formula_and_keeps_numbers(tmp_path, promise):
    path = tmp_path / "x.xlsx"
    path.write_bytes(report_xlsx.rendered(layout(PAYLOADS)))
    with zipfile.ZipFile(path) as opened:
        sheets = {name: opened.read(name).decode() for name in opened.namelist() if name.startswith("xl/worksheets/")}
        styles = opened.read("xl/styles.xml").decode()
        assert not any("hyperlink" in name.lower() for name in opened.namelist())
    assert not any("<f>" in sheet or "<f " in sheet or "<hyperlink" in sheet for sheet in sheets.values())
    assert 'quotePrefix="1"' in styles
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Payloads").to_python()[1:]
    assert {row[2] for row in rows} == {-12.5}
    assert [row[0] for row in rows] == [printable(payload) for payload in PAYLOADS]
    promise(f"{len(PAYLOADS)} payloads in workbooks: formulas 0, negative numbers broken 0")


def test_html_shows_markup_as_text():
    page = report_html.rendered(layout(["<script>alert(1)</script>", '"><img src=x onerror=1>']))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-5, "-5"),
        (Decimal("-0.10"), "-0.10"),
        (-1.5, "-1.5"),
        (None, ""),
        (True, "true"),
        (dt.date(2026, 1, 31), "2026-01-31"),
    ],
)
def test_numbers_and_days_are_written_as_they_are(value, text):
    assert cell(value) == text


def test_what_no_file_can_carry_is_left_out():
    assert printable("a\0b\ud800c\x1bd\uffff") == "abcd"


@given(st.text(max_size=30))
def test_whatever_the_text_a_csv_cell_never_begins_a_formula(text):
    rows = list(csv.reader(io.StringIO(csv_text(["head"], [[text, "end"]]), newline="")))
    found, end = rows[1]
    assert (len(rows), end) == (2, "end")
    assert found.startswith("'") or not is_dangerous(found)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_any_amount_comes_back_as_the_same_number(amount):
    assert Decimal(cell(amount)) == amount
