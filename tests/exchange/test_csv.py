import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange import csv_scan, limits
from seawall.exchange.csv import CsvFormat, read_csv


def rows(data: bytes, **form):
    raw = read_csv(data, file="f.csv", table="items", form=CsvFormat(**form))
    return raw.frame.rows()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,2\n3,4\n", [("1", "2", 1), ("3", "4", 2)]),
        (b"a,b\r\n1,2\r\n3,4", [("1", "2", 1), ("3", "4", 2)]),
        (b"a,b\r1,2\r3,4\r", [("1", "2", 1), ("3", "4", 2)]),
        (b"a;b\n1,5;2\n", [("1,5", "2", 1)]),
        (b"a\tb\n1\t2\n", [("1", "2", 1)]),
        (b"a|b\n1|2\n", [("1", "2", 1)]),
        (b"\n\na,b\n\n1,2\n\n\n3,4\n\n", [("1", "2", 2), ("3", "4", 5)]),
        (b'a,b\n1,"x\ny"\n3,"4"", 5"\n', [("1", "x\ny", 1), ("3", '4", 5', 2)]),
        (b'"a","b"\n"1","2"\n', [("1", "2", 1)]),
        (b"a,b,,\n1,2,,\n", [("1", "2", None, None, 1)]),
        (b"a,b\n1,2,,\n", [("1", "2", 1)]),
        (b"a,b\n", []),
        (b"a,b", []),
        (b"a\n1\n", [("1", 1)]),
        ("名称,b\n甲,2\n".encode(), [("甲", "2", 1)]),
    ],
)
def test_text_tables_are_read_with_their_row_numbers(data, expected):
    assert rows(data) == expected


@pytest.mark.parametrize(
    ("data", "trimmed"),
    [
        (b"a,b\nx y,2\n", True), (b"a,b\n x,2\n", False), (b"a,b\nx ,2\n", False), (b"a,b\nx,2 \n", False), (b"a,b\nx, 2\r\n", False),
        (b"a,b\nx,2 \r\n", False), (b"a,b\nx,2 ", False), (b"a\tb\nx\t2\n", True), (b"a\tb\nx \t2\n", False), (b'a,b\n"x",2\n', False),
        ("a,b\nü,2\n".encode(), False), (b"a,b\n\tx,2\n", False), (b" a,b\nx,2\n", False),
    ],
)  # fmt: skip
def test_blanks_at_ends_of_cells_are_seen_from_the_bytes(data, trimmed):
    assert read_csv(data, file="f.csv", table="items").is_trimmed is trimmed


def test_rows_of_another_width_are_rejected_each_by_itself():
    raw = read_csv(b"a,b\n1,2\n1,2,3\n1\n4,5\n", file="f.csv", table="items")
    assert raw.frame.rows() == [("1", "2", 1), ("4", "5", 4)]
    assert raw.rejects.select("row", "code", "value", "expected").rows() == [
        (2, "width", "3", "2"),
        (3, "width", "1", "2"),
    ]


def test_the_header_line_is_found_below_what_stands_above_it():
    data = b"Report of 2025\n\ncreated,by,me\nNumber,Amount\n1,2\n"
    assert rows(data, delimiter=",", headers=(("number",), ("betrag", "amount"))) == [("1", "2", 1)]
    with pytest.raises(FileRejected, match="no line holds the headers nummer / no, amount"):
        rows(data, delimiter=",", headers=(("nummer", "no"), ("amount",)))


def test_without_quotes_a_quotation_mark_is_a_character():
    assert rows(b'a\tb\n5" pipe\tx\n', quote="") == [('5" pipe', "x", 1)]


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty_file", None),
        (b"\n\n\n", "empty_file", None),
        (b"a,a\n1,2\n", "duplicate_header", 0),
        (b"a, A \n1,2\n", "duplicate_header", 0),
        (b'a,b\n1,2\n3,"4\n5,6\n', "unclosed_quote", 2),
        (b'a,b\n1,5" pipe\n', "stray_quote", 1),
        (b'a,b\n1,2\n3,"4\n5,"6"\n', "stray_quote", 2),
        (b"a,b\n1,\x00\n", "control_character", 1),
        (b"a,b\n1,2\n\x1b[31m,2\n", "control_character", 2),
        (b"a,b\n1," + b"x" * (limits.LINE_BYTES + 1) + b"\n", "line_too_long", 1),
        (b",".join(b"%d" % at for at in range(limits.COLUMNS + 1)) + b"\n", "too_many_columns", 0),
    ],
)
def test_what_is_no_table_is_refused_with_its_row(data, code, row):
    with pytest.raises(FileRejected) as error:
        rows(data)
    assert (error.value.code, error.value.where.row) == (code, row)
    assert "f.csv" in error.value.message


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=8)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8)),
    st.sampled_from(",;\t"),
)
def test_what_a_spreadsheet_writes_is_read_back(table, delimiter):
    width = len(table[0]) if table else 1
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([[f"c{at}" for at in range(width)], *table])
    raw = read_csv(text.getvalue().encode(), file="f.csv", table="items", form=CsvFormat(delimiter=delimiter))
    read = [tuple(cell or "" for cell in row[:-1]) for row in raw.frame.rows()]
    assert read == [tuple(row) for row in table]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"")), st.integers(2, 9))
def test_the_scan_does_not_depend_on_where_its_blocks_end(data, block):
    def outcome(size):
        original, csv_scan.BLOCK = csv_scan.BLOCK, size
        try:
            scan = csv_scan.scan(data, ",", '"', file="f")
            return [part.tolist() for part in (scan.ends, scan.widths, scan.blank)]
        except FileRejected as error:
            return error.code
        finally:
            csv_scan.BLOCK = original

    first, second = outcome(1 << 20), outcome(block)
    both_refused = isinstance(first, str) and isinstance(second, str)
    assert first == second or both_refused
