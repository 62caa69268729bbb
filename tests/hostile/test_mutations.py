"""Good files with bytes changed at random: whatever becomes of them, it is a ledger or a refusal, never a crash."""

import io
import os
import random

import polars as pl
import pytest
from hostile.test_archives import PARTS, archive, sheet, workbook

from seawall.engine.kernel.errors import SeawallError
from seawall.services.files import load

COUNT = 4000 if os.environ.get("SEAWALL_PROMISES") == "full" else 60
ROWS = [("A", "invoice", f"I-{at}", "2025-01-31", "CNY", f"{at}.50") for at in range(1, 30)]
HEADERS = ("customer_code", "kind", "number", "issued_on", "currency", "amount")
SPICE = [
    b"\0",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\xff",
    b"\xe5",
    b"\xed\xa0\x80",
    b"-",
    b"9" * 30,
    b"<!DOCTYPE",
    b"&x;",
    b"\xef\xbb\xbf",
]


def parquet():
    data = io.BytesIO()
    pl.DataFrame(ROWS, schema=HEADERS, orient="row").write_parquet(data)
    return data.getvalue()


GOOD = {
    "items.csv": "\n".join(map(",".join, [HEADERS, *ROWS])).encode(),
    "items.xlsx": workbook(),
    "items.parquet": parquet(),
}


def changed(data, dice):
    out = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(out))
        match dice.randrange(4):
            case 0:
                out[at] = dice.randrange(256)
            case 1:
                out[at:at] = dice.choice(SPICE)
            case 2:
                del out[at : at + dice.randint(1, 40)]
            case _:
                out[at : at + 1] = out[at : at + dice.randint(1, 60)] * 2
        if not out:
            return b""
    return bytes(out)


def outcome(path):
    try:
        return load([path], accept_rejects=True).ledger.check().items.height
    except SeawallError as error:
        return f"{error.code}: {error.message}"


@pytest.mark.promise("S7")
@pytest.mark.parametrize("name", GOOD)
def test_a_changed_file_is_a_ledger_or_a_refusal(tmp_path, name, promise):
    dice = random.Random(7)
    path = tmp_path / name
    said = set()
    for _ in range(COUNT):
        path.write_bytes(changed(GOOD[name], dice))
        said.add(outcome(path))
    assert any(isinstance(what, str) for what in said)
    assert any(isinstance(what, int) for what in said)
    promise(f"{COUNT} random changes of {name}: crashes 0")


@pytest.mark.promise("S8")
def test_a_workbook_whose_xml_is_changed_inside_is_a_ledger_or_a_refusal(tmp_path, promise):
    dice = random.Random(8)
    path = tmp_path / "items.xlsx"
    said = set()
    for _ in range(COUNT):
        name = dice.choice(sorted(PARTS))
        text = sheet() if "sheet1" in name else PARTS[name]
        path.write_bytes(archive({**PARTS, name: changed(text.encode(), dice)}))
        said.add(outcome(path))
    assert any(isinstance(what, str) for what in said)
    assert any(isinstance(what, int) for what in said)
    promise(f"{COUNT} workbooks changed inside: crashes 0")
