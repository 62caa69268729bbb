import datetime as dt
import io

import pytest
import xlsxwriter

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange.xlsx import read_xlsx


def workbook(sheets):
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write(at, place, cell)
    book.close()
    return data.getvalue()


def read(sheets, stem="ledger"):
    return {raw.name: raw.frame.rows() for raw in read_xlsx(workbook(sheets), file="ledger.xlsx", stem=stem)}


def test_sheets_named_like_tables_are_those_tables():
    said = read({"Items": [["number", "amount"], ["1", 2]], "notes": [["a"]], "CUSTOMERS": [["customer_code"], ["A"]]})
    assert said == {"items": [("1", "2", 1)], "customers": [("A", 1)]}


def test_a_single_sheet_is_the_table_the_file_is_named_after():
    assert read({"Sheet1": [["number"], ["1"]]}, stem="items") == {"items": [("1", 1)]}
    with pytest.raises(FileRejected, match="no sheet is named like a table"):
        read({"Sheet1": [["number"], ["1"]]})
    with pytest.raises(FileRejected, match="no sheet is named like a table"):
        read({"Sheet1": [["number"]], "Sheet2": [["number"]]}, stem="items")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1001, "1001"), (1001.0, "1001"), ("0042", "0042"), (0.1 + 0.2, "0.3"), (1234.56, "1234.56"), (-7.5, "-7.5"),
        (12345678901234, "12345678901234"), (1e21, "1000000000000000000000"), (1.5e-7, "0.00000015"), (True, "TRUE"),
        (dt.date(2025, 3, 31), "2025-03-31"), (dt.datetime(2025, 3, 31, 0, 0), "2025-03-31"), ("=1+1", "0"),
    ],
)  # fmt: skip
def test_a_cell_is_the_text_a_person_sees(cell, text):
    assert read({"items": [["number"], [cell]]}) == {"items": [(text, 1)]}


def test_rows_keep_their_numbers_over_blank_ones_and_above_the_header():
    said = read({"items": [[], ["number", "amount"], [], ["1", 2], [None, None], ["2", 3]]})
    assert [row for row in said["items"] if row[0]] == [("1", "2", 2), ("2", "3", 4)]


def test_a_sheet_without_rows_or_without_anything():
    assert read({"items": [["number", "amount"]]}) == {"items": []}
    with pytest.raises(FileRejected, match="is empty"):
        read({"items": []})


def test_headers_that_repeat_are_refused_and_blank_columns_have_no_name():
    with pytest.raises(FileRejected, match="the header number occurs twice"):
        read({"items": [["Number", "number"], ["1", "2"]]})
    assert read({"items": [["number", None, "amount"], ["1", "x", 2]]}) == {"items": [("1", "x", "2", 1)]}
