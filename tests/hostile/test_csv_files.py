"""Promise S7: hostile text files. Each is taken or refused with row and reason; memory stays small."""

import codecs

import pytest
from hostile.corpus import taken

HEADER = "customer_code,kind,number,issued_on,currency,amount\n"
MIB = 1 << 20


def row(number=1, *, customer="A", kind="invoice", on="2025-01-31", currency="CNY", amount="10"):
    return f"{customer},{kind},{number},{on},{currency},{amount}\n"


def text(*rows, header=HEADER):
    return (header + "".join(rows)).encode()


GOOD = text(row(1), row(2))
CHINESE = text(row(1, customer="宁波海堤贸易有限公司"), row(2, customer="上海甲乙丙丁公司"))


def huge_line(path):
    """A gigabyte without a line end; the file is sparse behind its first bytes, nobody reads that far."""
    with path.open("wb") as file:
        file.write(HEADER.encode() + b"x" * 8 * MIB)
        file.truncate(1 << 30)


def big_quoted_cell(path):
    with path.open("wb") as file:
        file.write(HEADER.encode() + b'"')
        for _ in range(64):
            file.write(b"line in a cell that is never closed\n" * 4096)


def no_newline(path):
    path.write_bytes(b"," * (40 * MIB))


REFUSED = {
    "empty": (b"", "empty_file", None),
    "only_blank_lines": (b"\n" * 1000, "empty_file", None),
    "only_a_bom": (codecs.BOM_UTF8, "empty_file", None),
    "nul_in_a_cell": (text(row(1), row("2\0")), "control_character", 2),
    "nul_everywhere": (b"\0" * 5000, "control_character", 0),
    "nul_in_the_header": (text(row(1), header=HEADER.replace("kind", "ki\0nd")), "control_character", 0),
    "escape_codes": (text(row(1), row("\x1b[2J")), "control_character", 2),
    "backspaces": (text(row("1\b2")), "control_character", 1),
    "vertical_tab": (text(row("1\v2")), "control_character", 1),
    "line_of_a_gigabyte": (huge_line, "line_too_long", None),
    "line_of_40_mib_of_commas": (no_newline, "line_too_long", None),
    "line_just_above_the_limit": (text(row(1), row("9" * (MIB + 1))), "line_too_long", 2),
    "million_columns": ((",".join(f"c{at}" for at in range(10**6)) + "\n").encode(), "line_too_long", None),
    "hundred_thousand_columns": ((",".join(f"c{at}" for at in range(10**5)) + "\n").encode(), "too_many_columns", 0),
    "same_header_twice": (text(row(1), header="kind," + HEADER), "duplicate_header", 0),
    "quote_never_closed": (text(row(1), row('"2')), "unclosed_quote", 2),
    "quote_never_closed_over_megabytes": (big_quoted_cell, "line_too_long", 1),
    "quote_closed_in_a_later_row": (text(row(1), row('"2'), row(3), row('"4"')), "stray_quote", 2),
    "quote_inside_a_cell": (text(row('5" pipe')), "stray_quote", 1),
    "quote_then_text": (text(row('"5"x')), "stray_quote", 1),
    "quote_after_a_blank": (text(row(' "5"')), "stray_quote", 1),
    "quotes_only": (text('"' * 999 + "\n"), "unclosed_quote", 1),
    "utf8_then_gbk": (CHINESE + row(3, customer="深圳公司").encode("gbk"), "encoding", 3),
    "utf8_then_latin1": (CHINESE + row(3, customer="Müller").encode("latin-1"), "encoding", 3),
    "gbk_then_utf8": (CHINESE.decode().encode("gbk") + row(3, customer="深圳海堤公司").encode(), "encoding", 1),
    "lone_surrogate_in_utf8": (
        text(row(1)) + row(2, customer="\ud800").encode("utf-8", "surrogatepass"),
        "encoding",
        2,
    ),
    "lone_surrogate_in_utf16": (
        codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le") + b"\x00\xd8a\x00\n\x00",
        "encoding",
        1,
    ),
    "utf16_cut_in_the_middle": (GOOD.decode().encode("utf-16")[:-1], "encoding", 2),
    "bom_of_utf8_before_gbk": (codecs.BOM_UTF8 + CHINESE.decode().encode("gbk"), "encoding", 1),
    "overlong_utf8": (CHINESE + b"A\xc0\xaf,invoice,3,2025-01-31,CNY,1\n", "encoding", 3),
    "random_bytes": (bytes(range(1, 256)) * 40, "encoding", 1),
    "a_picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "encoding", 0),
    "a_program": (b"\x7fELF\x02\x01\x01" + b"\0" * 2000, "control_character", 0),
    "an_xlsx_called_csv": (b"PK\x03\x04" + bytes(range(256)) * 40, "encoding", 1),
    "json_called_csv": (b'{"items": [{"number": "1"}]}\n', "stray_quote", 0),
}
"""name: (content, code of the refusal, its row)"""

NO_COLUMNS = [[None, name, "missing_column"] for name in ("amount", "currency", "customer_code", "issued_on", "kind")]

ROWS = {
    "columns_in_a_row_only": (text(row(1), "x," * 10**5 + "\n", row(3)), [[2, "", "width"]]),
    "html_called_csv": (b"<html><body><table><tr><td>1</td></tr></table>\n</body></html>", NO_COLUMNS),
    "header_missing": (row(1).encode() + row(2).encode(), NO_COLUMNS),
    "invisible_characters_in_a_code": (text(row(1, customer="A\u200b"), row(2, customer="A\u202eB")), [[1, "customer_code", "invisible"], [2, "customer_code", "invisible"]]),
    "amount_in_german": (text(row(amount='"1.234,56"')), [[1, "amount", "amount"]]),
    "amount_in_english": (text(row(amount='"1,234.56"')), [[1, "amount", "amount"]]),
    "amount_with_an_exponent": (text(row(amount="1.2E+05")), [[1, "amount", "amount_exponent"]]),
    "amount_of_400_digits": (text(row(amount="9" * 400)), [[1, "amount", "too_large"]]),
    "amount_beyond_the_limit": (text(row(amount="90071992547409.93")), [[1, "amount", "too_large"]]),
    "amount_not_a_number": (text(row(amount="NaN")), [[1, "amount", "amount"]]),
    "amount_infinite": (text(row(amount="inf")), [[1, "amount", "amount"]]),
    "amount_negative": (text(row(amount="-10")), [[1, "amount", "not_positive"]]),
    "amount_zero": (text(row(amount="0.00")), [[1, "amount", "not_positive"]]),
    "amount_full_width": (text(row(amount="１２３")), [[1, "amount", "amount"]]),
    "amount_arabic_digits": (text(row(amount="١٢٣")), [[1, "amount", "amount"]]),
    "amount_formula": (text(row(amount="=1+1")), [[1, "amount", "amount"]]),
    "amount_too_fine": (text(row(amount="1.001")), [[1, "amount", "decimals"]]),
    "amount_with_a_thousand_decimals": (text(row(amount="1." + "0" * 999 + "1")), [[1, "amount", "decimals"]]),
    "date_two_ways": (text(row(on="01/02/2025")), [[1, "issued_on", "date_ambiguous"]]),
    "date_that_is_none": (text(row(on="2025-02-30")), [[1, "issued_on", "date"]]),
    "date_in_year_one": (text(row(on="0001-01-01")), [[1, "issued_on", "date"]]),
    "date_far_ahead": (text(row(on="9999-12-31")), [[1, "issued_on", "date_range"]]),
    "date_of_a_spreadsheet": (text(row(on="45688")), [[1, "issued_on", "date"]]),
    "date_overflowing": (text(row(on="999999999999-01-01")), [[1, "issued_on", "date"]]),
    "currency_unknown": (text(row(currency="RMB")), [[1, "currency", "currency"]]),
    "kind_unknown": (text(row(kind="bill")), [[1, "kind", "kind"]]),
    "kind_only_concluded": (text(row(kind="settled_unknown")), [[1, "kind", "kind"]]),
    "number_too_long": (text(row("9" * 5000)), [[1, "number", "too_long"]]),
    "number_twice": (text(row(1), row(1, amount="11")), [[1, "number", "duplicate"], [2, "number", "duplicate"]]),
    "row_too_short": (text(row(1), "A,invoice\n"), [[2, "", "width"]]),
    "row_too_long": (text(row(1), row(2).strip() + ",x\n"), [[2, "", "width"]]),
    "decimal_comma_splits_the_row": (text(row(amount="10,5")), [[1, "", "width"]]),
    "customer_of_blanks": (text(row(customer=" \u3000 ")), [[1, "customer_code", "empty"]]),
    "every_row_bad": (text(*[row(at, amount="x") for at in range(20_000)]), [[at, "amount", "amount"] for at in range(1, 6)]),
}  # fmt: skip

TAKEN = {
    "plain": (GOOD, 2),
    "bom": (codecs.BOM_UTF8 + GOOD, 2),
    "utf16": (CHINESE.decode().encode("utf-16"), 2),
    "utf16_without_a_bom": (GOOD.decode().encode("utf-16-le"), 2),
    "utf32": (CHINESE.decode().encode("utf-32"), 2),
    "gb18030": (CHINESE.decode().encode("gb18030"), 2),
    "old_mac_line_ends": (GOOD.replace(b"\n", b"\r"), 2),
    "windows_line_ends": (GOOD.replace(b"\n", b"\r\n"), 2),
    "mixed_line_ends": (GOOD.replace(b"\n", b"\r\n", 1), 2),
    "no_line_end_at_the_end": (GOOD.rstrip(), 2),
    "blank_lines_between": (GOOD.replace(b"\n", b"\n\n\n"), 2),
    "semicolons": (GOOD.replace(b",", b";"), 2),
    "tabs": (GOOD.replace(b",", b"\t"), 2),
    "all_quoted": (b'"' + GOOD.strip().replace(b",", b'","').replace(b"\n", b'"\n"') + b'"\n', 2),
    "empty_columns_at_the_end": (GOOD.replace(b"\n", b",,,\n"), 2),
    "line_break_in_a_cell": (text(row('"1\n2"')), 1),
    "formula_as_a_number": (text(row("=cmd|' /C calc'!A0")), 1),
    "header_in_capitals": (text(row(1), header=HEADER.upper()), 1),
    "one_gbk_character": (text(row(1)) + row(2, customer="岬").encode("gbk"), 2),
}


@pytest.mark.promise("S7")
def test_every_text_file_is_taken_or_refused_with_row_and_reason(tmp_path, promise):
    corpus = {name: ("items.csv", content) for name, (content, *_) in (REFUSED | ROWS | TAKEN).items()}
    assert len(corpus) >= 60
    said, process = taken(tmp_path, corpus)
    assert set(said) == set(corpus)
    assert process["peak_mib"] <= 300
    assert process["connections"] == 0
    assert {name: line["seconds"] for name, line in said.items() if line["seconds"] > 3} == {}
    check(said)
    promise(f"{len(corpus)} files: crashes 0, each taken or refused with row and reason, {process['peak_mib']} MiB")


def check(said):
    for name, (_, code, where) in REFUSED.items():
        line = said[name]
        assert (line.get("refused"), line.get("row")) == (code, where), (name, line)
        assert "items.csv" in line["said"]
    assert {name: said[name].get("rows") for name in ROWS} == {name: rows for name, (_, rows) in ROWS.items()}
    assert {name: said[name].get("taken") for name in TAKEN} == {name: count for name, (_, count) in TAKEN.items()}


@pytest.mark.parametrize("name", ["line_of_a_gigabyte"])
def test_the_gigabyte_is_real(tmp_path, name):
    REFUSED[name][0](tmp_path / "items.csv")
    assert (tmp_path / "items.csv").stat().st_size == 1 << 30
