"""Promise S8: zip and XML bombs, entities, paths. Every file is refused, fast, in little memory, without a call out."""

import gzip
import io
import os
import re
import struct
import zipfile
from decimal import Decimal

import polars as pl
import pytest
from hostile.corpus import taken

from seawall.exchange.xlsx_guard import check_workbook

MIB = 1 << 20
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEADERS = ("customer_code", "kind", "number", "issued_on", "currency", "amount")
VALUES = ("A", "invoice", "1", "2025-01-31", "CNY", "10")


def inline(row, values):
    cells = "".join(
        f'<c r="{chr(65 + at)}{row}" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in enumerate(values)
    )
    return f'<row r="{row}">{cells}</row>'


ROWS = inline(1, HEADERS) + inline(2, VALUES)


def sheet(rows=ROWS, before=""):
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>'


PARTS = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<?xml version="1.0"?><workbook {MAIN} xmlns:r="{DOCUMENT}"><sheets>'
    '<sheet name="items" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{DOCUMENT}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": sheet(),
    "xl/sharedStrings.xml": f'<?xml version="1.0"?><sst {MAIN}><si><t>A</t></si></sst>',
}  # fmt: skip


def archive(parts, *, pack=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", pack) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return data.getvalue()


def workbook(**changed):
    """A workbook with parts changed: ``sheet1=...`` replaces the part whose name has that stem."""
    parts = dict(PARTS)
    for stem, content in changed.items():
        name = next((name for name in parts if f"/{stem}." in f"/{name}"), stem)
        parts[name] = content
    return archive(parts)


def with_part(name, content=b"x"):
    return archive({**PARTS, name: content})


LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 10)) + "]>"
)
QUADRATIC = f'<!DOCTYPE a [<!ENTITY a "{"x" * 50_000}">]>'
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd">'
PARAMETER = '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>'


def link():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, content in PARTS.items():
            made.writestr(name, content)
        info = zipfile.ZipInfo("xl/media/link")
        info.external_attr = 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    return data.getvalue()


def empty_parts(count, said):
    """An archive of ``count`` empty parts, whose summary says ``said``."""
    local, directory = bytearray(), bytearray()
    for at in range(count):
        name = b"xl/media/%d" % at
        directory += (
            struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, len(local))
            + name
        )
        local += struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, said, said, len(directory), len(local), 0)
    return bytes(local + directory + end)


def patched(stem, offset, form, value):
    """A workbook with one field of a part's entry in the directory changed."""
    data = bytearray(workbook())
    name = next(name for name in PARTS if stem in name).encode()
    for found in re.finditer(re.escape(name), bytes(data)):
        start = found.start() - 46
        if data[start : start + 4] == b"PK\x01\x02":
            struct.pack_into(form, data, start + offset, value)
    return bytes(data)


def overlapping():
    """Two entries of the directory that share the bytes of one part."""
    data = workbook()
    end = data.rfind(b"PK\x05\x06")
    first = data.find(b"PK\x01\x02")
    entry = next(
        found.start() - 46
        for found in re.finditer(b"xl/worksheets/sheet1.xml", data)
        if data[found.start() - 46 :].startswith(b"PK\x01\x02")
    )
    size = 46 + len("xl/worksheets/sheet1.xml")
    twin = data[entry : entry + size].replace(b"sheet1.xml", b"sheet2.xml")
    directory = data[first:end] + twin
    summary = bytearray(data[end:])
    struct.pack_into("<HHLL", summary, 8, len(PARTS) + 1, len(PARTS) + 1, len(directory), first)
    return data[:first] + directory + bytes(summary)


def twice():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, content in PARTS.items():
            made.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("xl/worksheets/sheet1.xml", sheet(""))
    return data.getvalue()


def damaged():
    data = bytearray(workbook())
    at = data.find(b"xl/worksheets/sheet1.xml") + 60
    data[at : at + 40] = b"\xff" * 40
    return bytes(data)


def cell(ref, text="1"):
    return f'<row r="{re.sub("[A-Z]", "", ref)}"><c r="{ref}"><v>{text}</v></c></row>'


def shared_bomb():
    strings = f'<?xml version="1.0"?><sst {MAIN}><si><t>{"x" * 32_000}</t></si></sst>'
    row = "<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>"
    # numbers between the rows keep the ratio of packing that of an honest sheet
    rows = "".join(f"<row><c><v>{at * 7919 % 10**9}</v></c></row>{row if at % 4 == 0 else ''}" for at in range(2000))
    return workbook(sheet1=sheet(rows), sharedStrings=strings)


def nested(levels=5):
    data = b"\0" * (10 * MIB)
    for _ in range(levels):
        data = archive({f"{at}.zip": data for at in range(4)})
    return data


def gz_bomb():
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(100):
            file.write(b"A,invoice,1,2025-01-31,CNY,1\n" * 36_000)
    return packed.getvalue()


def parquet(frame):
    data = io.BytesIO()
    frame.write_parquet(data)
    return data.getvalue()


def run_length_bomb():
    """Three million equal rows in a few kilobytes."""
    one = pl.select(pl.repeat("A", 3_000_000, dtype=pl.String).alias("customer_code").cast(pl.Categorical))
    return parquet(one.with_columns(amount=pl.lit(1, pl.Int8)))


SPACES = " " * (64 * MIB)

REFUSED = {
    "billion_laughs": (lambda: workbook(sharedStrings=LAUGHS + "<sst/>"), "xml_entity"),
    "quadratic_blow_up": (lambda: workbook(sheet1=sheet(before=QUADRATIC)), "xml_entity"),
    "entity_of_a_file": (lambda: workbook(workbook=FILE + PARTS["xl/workbook.xml"]), "xml_entity"),
    "dtd_from_the_net": (lambda: workbook(sheet1=sheet(before=REMOTE)), "xml_entity"),
    "parameter_entity": (lambda: with_part("xl/styles.xml", PARAMETER + "<styleSheet/>"), "xml_entity"),
    "doctype_in_the_types": (lambda: archive({**PARTS, "[Content_Types].xml": REMOTE + "<Types/>"}), "xml_entity"),
    "doctype_in_relations": (lambda: archive({**PARTS, "xl/_rels/workbook.xml.rels": FILE + "<Relationships/>"}), "xml_entity"),
    "doctype_in_small_letters": (lambda: workbook(sheet1=sheet(before="<!doctype a>")), "xml_entity"),
    "doctype_far_into_the_part": (lambda: workbook(sheet1=sheet() + "<!--" + os.urandom(MIB).hex() + "-->" + REMOTE), "xml_entity"),
    "doctype_in_utf16": (lambda: workbook(sheet1=sheet(before=REMOTE).encode("utf-16")), "xml_encoding"),
    "xml_in_utf7": (lambda: workbook(sheet1=sheet().replace("UTF-8", "UTF-7")), "xml_encoding"),
    "sheet_of_spaces": (lambda: workbook(sheet1=sheet(SPACES)), "bomb"),
    "strings_of_spaces": (lambda: workbook(sharedStrings=SPACES), "bomb"),
    "zip_of_zips": (nested, "broken_archive"),
    "zeros_beside_the_sheets": (lambda: with_part("xl/media/image1.bin", b"\0" * (100 * MIB)), "bomb"),
    "hundred_thousand_parts": (lambda: empty_parts(10**5, 0xFFFF), "bomb"),
    "many_parts_denied": (lambda: empty_parts(30_000, 10), "bomb"),
    "path_upwards": (lambda: with_part("../../etc/cron.d/evil"), "archive_path"),
    "path_upwards_inside": (lambda: with_part("xl/../../evil.xml"), "archive_path"),
    "path_from_the_root": (lambda: with_part("/etc/passwd"), "archive_path"),
    "path_with_backslashes": (lambda: workbook().replace(b"xl/sharedStrings.xml", b"xl\\sharedStrings.xml"), "archive_path"),
    "path_with_a_drive": (lambda: with_part("C:/windows/evil.dll"), "archive_path"),
    "link_out_of_the_archive": (link, "archive_path"),
    "part_twice": (twice, "broken_archive"),
    "parts_overlap": (overlapping, "bomb"),
    "size_understated": (lambda: patched("sheet1", 24, "<L", 10), "bomb"),
    "size_overstated": (lambda: patched("sheet1", 24, "<L", 5 * MIB), "broken_archive"),
    "size_absurd": (lambda: patched("sheet1", 24, "<L", 2**32 - 2), "bomb"),
    "offset_absurd": (lambda: patched("sheet1", 42, "<L", 2**31), "broken_archive"),
    "encrypted": (lambda: patched("sheet1", 8, "<H", 1), "encrypted"),
    "packed_with_lzma": (lambda: archive(PARTS, pack=zipfile.ZIP_LZMA), "broken_archive"),
    "stream_damaged": (damaged, "broken_archive"),
    "cut_short": (lambda: workbook()[:-30], "broken_archive"),
    "cut_in_half": (lambda: workbook()[:400], "broken_archive"),
    "empty_file": (lambda: b"", "broken_archive"),
    "web_page_called_xlsx": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "broken_archive"),
    "old_binary_workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "broken_archive"),
    "zip_without_a_workbook": (lambda: archive({"a.txt": "x"}), "broken_archive"),
    "workbook_without_its_sheet": (lambda: archive({name: text for name, text in PARTS.items() if "sheet1" not in name}), "broken_table"),
    "cell_in_the_far_corner": (lambda: workbook(sheet1=sheet(inline(1, HEADERS) + cell("XFD1048576"))), "too_many_columns"),
    "cell_at_the_bottom": (lambda: workbook(sheet1=sheet(inline(1, HEADERS) + cell("F1048576"))), "sparse_sheet"),
    "cell_below_the_bottom": (lambda: workbook(sheet1=sheet(inline(1, HEADERS) + cell("A999999999"))), "sparse_sheet"),
    "one_text_in_every_cell": (shared_bomb, "bomb"),
    "endless_text": (lambda: workbook(sharedStrings=f"<sst><si><t>{os.urandom(MIB).hex()}</t></si></sst>"), "too_large"),
    "endless_tag": (lambda: workbook(sheet1=sheet(f'<row x="{os.urandom(2 * MIB).hex()}"/>')), "bomb"),
}  # fmt: skip
OTHERS = {
    "gzip_bomb": ("items.csv.gz", gz_bomb, "bomb"),
    "gzip_cut_short": ("items.csv.gz", lambda: gzip.compress(b"x" * 1000)[:12], "broken_archive"),
    "gzip_with_a_tail": ("items.csv.gz", lambda: gzip.compress(b"x" * 1000) + b"tail", "broken_archive"),
    "gzip_empty": ("items.csv.gz", lambda: b"", "broken_archive"),
    "no_gzip": ("items.csv.gz", lambda: b"customer_code\n", "broken_archive"),
    "gzip_in_gzip": ("items.csv.gz", lambda: gzip.compress(gzip.compress(b"customer_code\n")), "encoding"),
    "parquet_of_garbage": ("items.parquet", lambda: b"PAR1" + bytes(range(256)) * 9 + b"PAR1", "broken_table"),
    "parquet_cut_short": ("items.parquet", lambda: parquet(pl.DataFrame({"number": ["1"] * 100}))[:-9], "broken_table"),
    "parquet_empty": ("items.parquet", lambda: b"", "broken_table"),
    "parquet_nested": ("items.parquet", lambda: parquet(pl.DataFrame({"number": [["1"]]})), "nested_column"),
    "parquet_of_bytes": ("items.parquet", lambda: parquet(pl.DataFrame({"number": [b"1"]})), "nested_column"),
    "parquet_of_equal_rows": ("items.parquet", run_length_bomb, "bomb"),
}


@pytest.mark.promise("S8")
def test_every_archive_is_refused_fast_and_in_little_memory(tmp_path, promise):
    corpus = {name: ("items.xlsx", make()) for name, (make, _) in REFUSED.items()}
    corpus |= {name: (file, make()) for name, (file, make, _) in OTHERS.items()}
    codes = {name: code for name, (_, code) in REFUSED.items()} | {name: code for name, (*_, code) in OTHERS.items()}
    assert len(corpus) >= 25
    said, process = taken(tmp_path, corpus)
    assert {name: line.get("refused") for name, line in said.items()} == codes
    assert process["peak_mib"] <= 200
    assert process["connections"] == 0
    slowest = max(line["seconds"] for line in said.values())
    assert slowest <= 1, {name: line["seconds"] for name, line in said.items()}
    promise(
        f"{len(corpus)} files: refused {len(said)}, slowest {slowest:.2f} s of CPU, {process['peak_mib']} MiB, connections 0"
    )


def test_the_workbook_they_are_made_of_is_taken(tmp_path):
    said, _ = taken(
        tmp_path,
        {"good": ("items.xlsx", workbook()), "stored": ("items.xlsx", archive(PARTS, pack=zipfile.ZIP_STORED))},
    )
    assert {name: line.get("taken") for name, line in said.items()} == {"good": 1, "stored": 1}


def test_a_workbook_as_excel_writes_it_passes_the_guard():
    import xlsxwriter

    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    page = book.add_worksheet("items")
    for at in range(3000):
        page.write_row(at, 0, [f"text {at}", at, float(Decimal(at) / 3), "the same"])
    page.write(0, 200, "far but allowed")
    book.close()
    check_workbook(data.getvalue(), file="items.xlsx")
