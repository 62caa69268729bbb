import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_text import ALLOCATIONS, ITEMS, loaded, refused, written
from polars.testing import assert_frame_equal

from seawall.engine.kernel.errors import FileRejected
from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.rejects import sentences
from seawall.exchange.language import Language
from seawall.exchange.parquet import write_ledger
from seawall.services.files import RowsRejected, load, read_tables

TABLES = ("customers", "accounts", "items", "allocations", "instalments", "disputes", "control")


def assert_same_ledger(left: Ledger, right: Ledger):
    for name in TABLES:
        frames = [getattr(ledger, name) for ledger in (left, right)]
        source = [column for column in ("source_file", "source_row") if column in frames[0].columns]
        assert_frame_equal(*(frame.drop(source) for frame in frames))


def test_a_ledger_straight_from_csv(tmp_path):
    said = loaded(tmp_path, items=ITEMS, allocations=ALLOCATIONS)
    ledger = said.ledger.check()
    assert ledger.items.select("number", "kind", "amount_minor", "due_on", "source_file", "source_row").rows() == [
        ("I-1", "invoice", 100_00, dt.date(2025, 2, 9), "items.csv", 1),
        ("I-2", "invoice", 50_50, dt.date(2025, 3, 12), "items.csv", 2),
        ("R-1", "receipt", 120_00, dt.date(2025, 3, 1), "items.csv", 3),
    ]
    assert ledger.customers.select("customer_code", "name").rows() == [("007", "007")]
    assert ledger.allocations.rows() == [(0, 2, dt.date(2025, 3, 1), 100_00, 100_00)]
    assert (said.basis, ledger.known_from, said.rates) == ("full_ledger", None, None)
    assert [(source.name, len(source.sha256), source.size_bytes) for source in said.sources] == [
        ("allocations.csv", 64, len(ALLOCATIONS)), ("items.csv", 64, len(ITEMS)),
    ]  # fmt: skip
    assert [remark.code for remark in said.remarks] == ["customers_from_codes"]


def test_rows_that_cannot_be_taken_stop_the_load_or_are_kept(tmp_path):
    folder = written(
        tmp_path, {"items": ITEMS + "CN,007,invoice,I-3,2025-02-30,,CNY,1\nCN,007,bill,I-4,2025-02-01,,CNY,1\n"}
    )
    with pytest.raises(
        RowsRejected, match=r"2 rows cannot be taken\. The first: items.csv, row 4, issued_on\."
    ) as told:
        load([folder])
    assert sentences(told.value.rejects)[0].startswith("2025-02-30 is not a date")
    chinese = Language("zh")
    assert chinese.error(told.value)[0] == "有 2 行无法接收。第一处：items.csv 第 4 行，issued_on 列。"
    assert chinese.place(told.value.where) == "items.csv，第 4 行，issued_on"
    assert Language("en").place(told.value.where) == "items.csv, row 4, issued_on"
    assert "--" not in told.value.hint
    said = load([folder], accept_rejects=True)
    assert said.ledger.items.height == 3
    assert said.rejects.select("row", "column", "code", "value").rows() == [
        (4, "issued_on", "date", "2025-02-30"),
        (5, "kind", "kind", "bill"),
    ]


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        ({"items": "customer_code,kind\nA,invoice\n"}, {"missing_column"}),
        ({"customers": "customer_code\nA\n"}, {"missing_table"}),
        ({"items": ITEMS, "customers": "customer_code\n008\n"}, {"unknown_customer"}),
    ],
)
def test_what_a_ledger_cannot_be_without(tmp_path, tables, found):
    assert {code for _, _, code in refused(tmp_path, **tables)} == found


def test_control_totals_are_held_against_what_was_taken(tmp_path):
    folder = written(tmp_path, {"items": ITEMS})
    said = load([folder], control_total=Decimal("30.50"))
    assert said.control_totals.rows() == [("items.csv", "CNY", 30_50, 30_50, 0)]
    with pytest.raises(RowsRejected) as told:
        load([folder], control_total=Decimal(40))
    assert "The control total is 40, the rows taken come to 30.50 CNY" in sentences(told.value.rejects)[0]
    kept = load([folder], control_total=Decimal(40), accept_rejects=True)
    assert kept.control_totals["difference_minor"].to_list() == [9_50]
    assert kept.rejects.select("row", "code").rows() == [(None, "control_total")]


def test_a_total_over_several_currencies_says_nothing(tmp_path):
    items = ITEMS + "CN,007,invoice,I-9,2025-02-01,,USD,1\n"
    with pytest.raises(RowsRejected) as told:
        load([written(tmp_path, {"items": items})], control_total=Decimal("31.5"))
    assert "30.50 CNY, 1.00 USD" in sentences(told.value.rejects)[0]


def test_own_rates_come_with_the_files(tmp_path):
    said = loaded(tmp_path, items=ITEMS, rates="currency,on,rate,to\nUSD,2025-01-31,7.25,CNY\n")
    assert said.rates.rows.rows() == [("USD", "CNY", dt.date(2025, 1, 31), 7.25)]


def test_a_folder_in_engine_layout_is_read_as_it_is(tmp_path):
    ledger = loaded(tmp_path / "text", items=ITEMS, allocations=ALLOCATIONS).ledger
    write_ledger(ledger, tmp_path / "engine")
    assert_same_ledger(load([tmp_path / "engine"]).ledger, ledger)
    assert "number" not in load([tmp_path / "engine"], details=False).ledger.items.columns


def test_unknown_columns_are_remarked_not_guessed(tmp_path):
    text = "\n".join(
        line + extra for line, extra in zip(ITEMS.splitlines(), (",dispute_amount", ",1", ",1", ",1"), strict=True)
    )
    said = loaded(tmp_path, items=text)
    assert (said.remarks[0].code, said.remarks[0].params) == (
        "ignored_column",
        {"column": "dispute_amount"},
    )
    assert said.ledger.items["disputed_minor"].sum() == 0


def test_without_a_column_for_the_entity_there_is_one(tmp_path):
    text = "customer_code,kind,number,issued_on,currency,amount\nA,invoice,1,2025-01-01,CNY,1\n"
    assert loaded(tmp_path, items=text).ledger.accounts["entity"].to_list() == ["main"]
    half = "entity,customer_code,kind,number,issued_on,currency,amount\nX,A,invoice,1,2025-01-01,CNY,1\n,A,invoice,2,2025-01-01,CNY,1\n"
    assert refused(tmp_path, items=half) == [(2, "entity", "empty")]


def test_several_files_of_one_table_are_one(tmp_path):
    lines = ITEMS.splitlines(keepends=True)
    written(
        tmp_path,
        {"items": lines[0] + lines[1], "items.2.csv": lines[0] + lines[2] + lines[3], "allocations": ALLOCATIONS},
    )
    whole = loaded(tmp_path / "one", items=ITEMS, allocations=ALLOCATIONS)
    (tmp_path / "one").joinpath("items.csv").unlink()
    parts = load([tmp_path / "items.csv", tmp_path / "items.2.csv", tmp_path / "allocations.csv"])
    assert_same_ledger(parts.ledger, whole.ledger)
    assert sorted(refused(tmp_path, **{"items.3.csv": ITEMS})) == [(row, "number", "duplicate") for row in (1, 2, 3)]


def test_a_gzip_is_unpacked_and_hashed_as_it_lies_there(tmp_path):
    plain = loaded(tmp_path / "plain", items=ITEMS)
    packed = written(tmp_path / "packed", {"items.csv.gz": gzip.compress(ITEMS.encode())})
    assert_same_ledger(load([packed]).ledger, plain.ledger)
    source = read_tables([packed]).sources[0]
    assert source.original == (packed / "items.csv.gz").read_bytes()
    assert source.data == ITEMS.encode()


def test_what_is_no_ledger_file_is_named(tmp_path):
    (tmp_path / "notes.pdf").write_bytes(b"x")
    (tmp_path / "other.csv").write_text("a\n1\n")
    (tmp_path / "empty").mkdir()
    for paths, message in (
        (["notes.pdf"], "notes.pdf is not a file that can be read"),
        (["other.csv"], "not named like a table"),
        (["nothing.csv"], "There is no file"),
        (["empty"], "There is no ledger file"),
        (["/dev/null"], "There is no file"),
    ):
        with pytest.raises(FileRejected, match=message):
            load([tmp_path / path for path in paths])


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside = written(tmp_path / "outside", {"items": ITEMS})
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "items.csv").symlink_to(outside / "items.csv")
    with pytest.raises(FileRejected, match="There is no ledger file"):
        load([folder])


def in_format(tables: dict[str, pl.DataFrame], folder: Path, form: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if form == "xlsx":
        workbook = xlsxwriter.Workbook(folder / "ledger.xlsx", {"default_date_format": "yyyy-mm-dd"})
        for name, frame in tables.items():
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, frame.columns)
            for at, row in enumerate(frame.iter_rows(), 1):
                for place, cell in enumerate(row):
                    write = sheet.write_number if "amount" in frame.columns[place] else sheet.write
                    if cell is not None:
                        write(at, place, float(cell) if "amount" in frame.columns[place] else cell)
        workbook.close()
        return folder
    for name, frame in tables.items():
        path = folder / f"{name}.{form}"
        (frame.write_csv if form == "csv" else frame.write_parquet)(path)
    return folder


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), shuffle=st.integers(0, 10_000))
def test_neither_the_order_of_rows_nor_the_format_changes_the_ledger(tmp_path_factory, seed, shuffle):
    ledger = generate(items=150, customers=12, seed=seed, until=dt.date(2025, 6, 30), months=12)
    tables = canonical(ledger)
    mixed = {name: frame.sample(fraction=1, shuffle=True, seed=shuffle) for name, frame in tables.items()}
    folder = tmp_path_factory.mktemp("forms")
    read = [load([in_format(mixed, folder / form, form)]).ledger for form in ("csv", "xlsx", "parquet")]
    again = load([in_format(tables, folder / "ordered", "csv")]).ledger
    for other in (*read[1:], again):
        assert_same_ledger(read[0], other)
    kept = ledger.only(pl.Series([True]).extend_constant(True, ledger.accounts.height - 1))
    assert read[0].items["amount_minor"].sum() == kept.items["amount_minor"].sum()
    assert read[0].allocations["amount_minor"].sum() == kept.allocations["amount_minor"].sum()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 2**53), min_size=1, max_size=30), st.sampled_from(["CNY", "JPY", "KWD", "CLF"]))
def test_every_amount_comes_back_to_the_last_minor_unit(tmp_path_factory, amounts, currency):
    from seawall.engine.kernel.money import amount_text

    rows = [f"A,invoice,{at},2025-01-01,{currency},{amount_text(minor, currency)}" for at, minor in enumerate(amounts)]
    text = "\n".join(["customer_code,kind,number,issued_on,currency,amount", *rows])
    items = loaded(tmp_path_factory.mktemp("amounts"), items=text).ledger.items
    by_number = dict(items.select("number", "amount_minor").iter_rows())
    assert [by_number[str(at)] for at in range(len(amounts))] == amounts


def shared(name: str) -> Path:
    import os

    folder = os.environ.get("SEAWALL_SHARED") or Path(__file__).resolve().parents[2].parent / "shared"
    path = Path(folder) / "data" / name
    if not path.exists():
        pytest.skip("The shared folder of real data is not here.")
    return path


def test_the_ibm_ledger_has_its_invoices_receipts_and_allocations():
    path = shared("ar/ibm_accounts_receivable.csv.gz")
    said = load([path], mapping="ibm")
    ledger = said.ledger.check()
    raw = pl.read_csv(gzip.decompress(path.read_bytes()), infer_schema=False)
    cents = sum(int(Decimal(text) * 100) for text in raw["InvoiceAmount"])
    by_kind = {
        kind: (count, total)
        for kind, count, total in ledger.items.group_by("kind").agg(pl.len(), pl.col("amount_minor").sum()).iter_rows()
    }
    assert by_kind == {"invoice": (2466, cents), "receipt": (2466, cents)}
    assert (ledger.customers.height, ledger.allocations.height, ledger.allocations["amount_minor"].sum()) == (
        100,
        2466,
        cents,
    )
    first = raw.row(0, named=True)
    item = ledger.items.filter(pl.col("number") == first["invoiceNumber"]).row(0, named=True)
    assert (item["issued_on"], item["due_on"], item["amount_minor"]) == (
        dt.date(2013, 1, 2),
        dt.date(2013, 2, 1),
        55_94,
    )
    receipt = ledger.items.filter(pl.col("number") == f"R-{first['invoiceNumber']}").row(0, named=True)
    paid = ledger.allocations.filter(pl.col("debit_id") == item["item_id"]).row(0)
    assert paid == (item["item_id"], receipt["item_id"], dt.date(2013, 1, 15), 55_94, 55_94)
    assert ledger.items.filter(pl.col("disputed_minor") > 0).height == (raw["Disputed"] == "Yes").sum()


def test_a_damaged_engine_folder_is_refused(tmp_path):
    (tmp_path / "meta.json").write_text(json.dumps({"layout": 999}))
    with pytest.raises(FileRejected, match="another layout"):
        load([tmp_path])
