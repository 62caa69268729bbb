"""One layout in every format: nothing lost, nothing broken, nothing that looks amateurish."""

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from seawall.engine.kernel.errors import InputError
from seawall.exchange import report_html, report_pdf, report_table, report_xlsx
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Chart, Column, Gauge, Layout, Lines, Table, Tile, Tiles

COLUMNS = (
    Column("code", "Code"), Column("name", "Name"), Column("open", "Open", "money"), Column("share", "Share", "rate"),
    Column("days", "Days", "days"), Column("on", "On", "date"), Column("empty", "Empty", "number"),
)  # fmt: skip
ROWS = (
    ("0007", "大连盛源化工有限公司", Decimal("1234567.89"), 0.25, 12.5, dt.date(2026, 6, 30), None),
    ("0008", "Zürich & Söhne <AG>", Decimal("-10.50"), None, None, None, None),
)


def layout(rows=ROWS, code="en", **more):
    table = Table(
        "main", "Main", COLUMNS, rows, (None, "Total", Decimal("1234557.39"), None, None, None, None), "A note."
    )
    sections = (
        Gauge("Gauge", 0.003, 0.005, "0.30 %", "aim 0.50 %"),
        Tiles((Tile("Open", "CNY 1.2 m", "2 customers"), Tile("DSO", "61.2 days"))),
        table,
        Table("none", "Nothing", COLUMNS, (), empty="There is nothing."),
        Chart("dso", "DSO fell", ("Jan", "Feb", "Mar"), (70.0, None, 61.2), ("70.0", "", "61.2 days")),
        Lines("notes", "Notes", ("First.", "Second.")),
    )
    facts = (("Company", "海堤 & Co"), ("As of", "30 June 2026"))
    return Layout(
        "main", "Report", "Sub", Language(code), Scale(1, 2, "CNY"), facts, "The lead.", "Invented data.", sections,
        "Footer", "CNY", **more,
    )  # fmt: skip


def test_the_terminal_aligns_wide_characters_and_figures_to_the_right():
    text = report_table.rendered(layout())
    lines = text.splitlines()
    table = lines[lines.index("Main (CNY)") + 1 :][:7]
    head, first, second = table[0], table[2], table[3]
    end = report_table.width(head[: head.index("Open")]) + len("Open")
    assert report_table.width(first[: first.index("1,234,567.89")]) + len("1,234,567.89") == end
    assert report_table.width(second[: second.index("−10.50")]) + len("−10.50") == end
    assert "Empty" not in text
    assert "There is nothing." in text
    assert text.splitlines()[0] == "Report  Sub"


def test_long_texts_are_cut_in_a_terminal_but_prose_is_not():
    columns = (Column("a", "A"), Column("b", "B", "words"))
    long = "长" * 60
    text = report_table.rendered(
        Layout("x", "X", "", Language("en"), Scale(1, 2, ""), sections=(Table("t", "T", columns, [(long, long)]),))
    )
    assert "…" in text
    assert long in text
    assert text.count("长") == 60 + (report_table.TEXT_WIDTH_MAX - 1) // 2


def test_control_characters_do_not_reach_the_terminal():
    rows = (("\x1b[31mred", "two\nlines\ttab", Decimal(1), None, None, None, None),)
    text = report_table.rendered(layout(rows))
    assert "\x1b" not in text
    assert "two lines tab" in text


def test_html_is_whole_and_fetches_nothing():
    page = report_html.rendered(layout(code="zh"))
    assert page.startswith("<!doctype html>")
    assert 'lang="zh-Hans"' in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|@import|url\(", page)
    assert "Zürich &amp; Söhne &lt;AG&gt;" in page
    assert page.count("<section") == page.count("</section>") == 6
    assert "@media print" in page
    assert "Empty" not in page


def test_the_workbook_has_numbers_days_and_a_summary():
    book = CalamineWorkbook.from_filelike(io.BytesIO(report_xlsx.rendered(layout())))
    assert book.sheet_names == ["Report", "Main", "Nothing"]
    head, first, second, total = book.get_sheet_by_name("Main").to_python()
    assert head == ["Code", "Name", "Open", "Share", "Days", "On", "Empty"]
    assert first[:6] == ["0007", "大连盛源化工有限公司", 1234567.89, 0.25, 12.5, dt.date(2026, 6, 30)]
    assert second[2] == -10.5
    assert total[1:3] == ["Total", 1234557.39]
    summary = [row[0] for row in book.get_sheet_by_name("Report").to_python()]
    assert {"Report", "The lead.", "Company", "Open", "Notes", "First."} <= set(summary)


def test_a_sheet_that_would_overflow_is_refused(monkeypatch):
    monkeypatch.setattr(report_xlsx, "ROWS_MAX", 3)
    with pytest.raises(InputError, match="do not fit"):
        report_xlsx.rendered(layout())


def test_sheet_names_fit_excel_and_differ():
    tables = tuple(
        Table(f"t{k}", f"A very long title of a table [{k}]: one/two*", COLUMNS[:1], [("x",)]) for k in range(12)
    )
    made = Layout("x", "X", "", Language("en"), Scale(1, 2, ""), sections=tables)
    names = CalamineWorkbook.from_filelike(io.BytesIO(report_xlsx.rendered(made))).sheet_names
    assert len({name.lower() for name in names}) == 13
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_pdf_is_set_without_a_word_from_typst(code):
    made = layout(code=code)
    first, second = (report_pdf.rendered(made, drawn_on=dt.date(2026, 6, 30)) for _ in range(2))
    assert first.startswith(b"%PDF-")
    assert first == second
    assert len(report_pdf.pictures(made)) == 1


def test_typst_has_nothing_to_warn_about():
    import json
    from importlib.resources import files

    import typst

    template = files("seawall.exchange").joinpath("templates/report.typ").read_bytes()
    data = {"data": json.dumps(report_pdf.document(layout(code="zh")))}
    _, warnings = typst.compile_with_warnings(
        template, format="pdf", font_paths=report_pdf.font_folders(), sys_inputs=data
    )
    assert warnings == []


def test_no_text_of_a_user_becomes_source():
    evil = '#panic("x") #read("/etc/passwd") $ ] } " \\ `raw` @ref <label> = heading *bold* //'
    made = layout(((evil, evil, Decimal(1), None, None, None, None),))
    text = report_pdf.document(made)["sections"][2]["rows"][0][0]
    assert text == evil
    assert report_pdf.rendered(made, drawn_on=dt.date(2026, 6, 30)).startswith(b"%PDF-")


def test_a_long_table_repeats_its_head_on_each_page():
    rows = [(f"{k:05}", f"Customer {k}", Decimal(k), 0.1, 1.0, dt.date(2026, 6, 30), 1.0) for k in range(150)]
    assert len(report_pdf.pictures(layout(rows), ppi=30)) >= 4


def test_fonts_are_looked_for_in_the_setting_first(monkeypatch, tmp_path):
    monkeypatch.setenv(report_pdf.FONT_FOLDER, str(tmp_path))
    folders = report_pdf.font_folders()
    assert folders[0] == str(tmp_path)
    assert "manimgx_fonts_cjk" in folders[1]
