import datetime as dt

import polars as pl
import pytest
from ledger_text import written

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange.mapping_reader import known_names, load_mapping, shipped
from seawall.exchange.mapping_yaml import MappingInvalid
from seawall.services.files import RowsRejected, load

MINIMAL = """\
items:
  customer_code: Customer
  number: No
  issued_on: Date
  currency: {constant: EUR}
  kind: {constant: invoice}
  amount: Amount
"""


def mapped(folder, yaml, text, name="list.csv", **options):
    written(folder, {"own.yaml": yaml, name: text})
    return load([folder / name], mapping=folder / "own.yaml", **options)


def items(said, *columns):
    return said.ledger.items.select(columns or ("number", "kind", "amount_minor")).rows()


def refused(folder, yaml, text):
    with pytest.raises(RowsRejected) as error:
        mapped(folder, yaml, text)
    return error.value.rejects.select("row", "column", "code", "value").rows()


def test_columns_are_found_by_header_wherever_they_stand(tmp_path):
    yaml = MINIMAL.replace("Customer", "[Kunde, Customer]")
    said = mapped(tmp_path, yaml, "amount;DATE;junk; no ;kunde\n5;2025-01-31;x;7;0042\n")
    assert items(said) == [("7", "invoice", 500)]
    assert said.ledger.customers["customer_code"].to_list() == ["0042"]


def test_a_file_without_the_headers_is_refused(tmp_path):
    with pytest.raises(FileRejected, match="no line holds the headers Customer, No, Date, Amount"):
        mapped(tmp_path, MINIMAL, "a,b\n1,2\n")


def test_numbers_may_be_composed_and_values_translated(tmp_path):
    yaml = """\
dates: [D.M.YYYY]
numbers: {decimal: ",", thousands: "."}
items:
  entity: {from: Company, values: {"1000": DE, "2000": AT}}
  customer_code: Customer
  number: {join: [Company, No, {constant: x}], with: "-"}
  issued_on: Date
  currency: {from: Cur, values: {Euro: EUR}, otherwise: keep}
  kind: {from: Type, values: {RE: invoice, GU: credit_note}}
  amount: Amount
"""
    text = (
        "Company;Customer;No;Date;Cur;Type;Amount\n1000;A;1;1.2.2025;Euro;RE;1.234,50\n2000;A;1;28.02.2025;USD;GU;5\n"
    )
    said = mapped(tmp_path, yaml, text)
    assert items(said, "number", "kind", "issued_on", "amount_minor") == [
        ("2000-1-x", "credit_note", dt.date(2025, 2, 28), 500), ("1000-1-x", "invoice", dt.date(2025, 2, 1), 123450),
    ]  # fmt: skip
    assert said.ledger.accounts.select("entity", "currency").rows() == [("AT", "USD"), ("DE", "EUR")]
    bad = text + "3000;A;1;1.2.2025;Euro;RE;1\n1000;A;2;1.2.2025;Euro;XX;1\n"
    assert refused(tmp_path, yaml, bad) == [(3, "entity", "unmapped_value", "3000"), (4, "kind", "kind", "XX")]


SIDED = """\
items:
  customer_code: Customer
  number: No
  issued_on: Date
  currency: {constant: CNY}
  kind: {from: Type, values: {RV: invoice, DZ: receipt}, debit: debit_note, credit: credit_note}
"""


def test_marks_say_the_side_and_the_side_goes_before_the_type(tmp_path):
    yaml = SIDED + "  amount: Amount\n  side: {from: DC, debit: [S, 借], credit: [H, 贷]}\n"
    text = "Customer,No,Date,Type,DC,Amount\nA,1,2025-01-01,RV,S,10\nA,2,2025-01-02,RV,H,10\nA,3,2025-01-03,DZ,贷,10\nA,4,2025-01-04,AB,借,10\n"
    assert items(mapped(tmp_path, yaml, text), "number", "kind") == [
        ("1", "invoice"),
        ("2", "credit_note"),
        ("3", "receipt"),
        ("4", "debit_note"),
    ]
    assert refused(tmp_path, yaml, text + "A,5,2025-01-01,RV,X,1\n") == [(5, "DC", "side", "X")]


def test_two_columns_of_amounts_say_the_side(tmp_path):
    yaml = SIDED + "  amount: {debit: 借方, credit: 贷方}\n"
    text = "Customer,No,Date,Type,借方,贷方\nA,1,2025-01-01,RV,10,\nA,2,2025-01-02,,0.00,7\n"
    assert items(mapped(tmp_path, yaml, text)) == [("1", "invoice", 1000), ("2", "credit_note", 700)]
    assert refused(tmp_path, yaml, text + "A,3,2025-01-01,RV,1,1\nA,4,2025-01-01,RV,,\n") == [
        (3, "amount", "two_amounts", ""),
        (4, "amount", "two_amounts", ""),
    ]


@pytest.mark.parametrize("amount", ["-10", "10-", "(10)", "－１０", "-10.00"])
def test_a_negative_amount_stands_on_the_other_side_where_the_mapping_says_so(tmp_path, amount):
    text = f"Customer,No,Date,Type,Amount\nA,1,2025-01-01,RV,10\nA,2,2025-01-02,RV,{amount}\n"
    flips = SIDED + "  amount: {from: Amount, negative: other_side}\n"
    assert items(mapped(tmp_path, flips, text)) == [("1", "invoice", 1000), ("2", "credit_note", 1000)]
    assert refused(tmp_path, SIDED + "  amount: Amount\n", text) == [(2, "amount", "not_positive", amount)]


def test_a_minus_may_say_what_the_mark_says(tmp_path):
    yaml = SIDED + "  amount: {from: Amount, negative: credit}\n  side: {from: DC, debit: [S], credit: [H]}\n"
    text = "Customer,No,Date,Type,DC,Amount\nA,1,2025-01-01,RV,S,10\nA,2,2025-01-02,DZ,H,10-\nA,3,2025-01-03,DZ,H,10\n"
    whole = [("1", "invoice", 1000), ("2", "receipt", 1000), ("3", "receipt", 1000)]
    assert items(mapped(tmp_path, yaml, text)) == whole
    assert items(mapped(tmp_path, yaml, text.replace("DC,", "").replace("S,", "").replace("H,", "")))[:2] == whole[:2]
    assert refused(tmp_path, yaml, text + "A,4,2025-01-01,RV,S,10-\n") == [(4, "amount", "not_positive", "10-")]


def test_totals_are_no_documents_but_are_held_against_them(tmp_path):
    yaml = MINIMAL + "skip:\n  - {column: Customer, starts: [Subtotal]}\ntotals:\n  - {column: Customer, is: [合计]}\n"
    text = "Customer,No,Date,Amount\nA,1,2025-01-01,10\nSubtotal A,,,10\nB,2,2025-01-01,5\n合计,,,15\n"
    said = mapped(tmp_path, yaml, text)
    assert said.ledger.items.height == 2
    assert said.control_totals.rows() == [("list.csv", "EUR", 1500, 1500, 0)]
    assert refused(tmp_path, yaml, text.replace(",15", ",16")) == [(None, "", "control_total", "15.00 EUR")]
    assert refused(tmp_path, MINIMAL + 'control_total: "7"\n', "Customer,No,Date,Amount\nA,1,2025-01-01,10\n") == [
        (None, "", "control_total", "10.00 EUR")
    ]


def test_two_column_totals_are_debit_less_credit(tmp_path):
    yaml = SIDED + "  amount: {debit: D, credit: C}\ntotals: {column: Customer, is: [Total]}\n"
    text = "Customer,No,Date,Type,D,C\nA,1,2025-01-01,RV,10,\nA,2,2025-01-02,,,7\nTotal,,,,10,7\n"
    assert mapped(tmp_path, yaml, text).control_totals.rows() == [("list.csv", "CNY", 300, 300, 0)]


def test_settled_on_yields_a_receipt_and_its_allocation(tmp_path):
    yaml = MINIMAL + "settled: {on: Paid, number: {join: [{constant: P}, No]}}\n"
    text = "Customer,No,Date,Amount,Paid\nA,1,2025-01-01,10,2025-02-01\nA,2,2025-01-01,5,\nA,3,2025-01-01,5,x\n"
    with pytest.raises(RowsRejected) as error:
        mapped(tmp_path, yaml, text)
    assert error.value.rejects.select("row", "code", "value").rows() == [(3, "date", "x")]
    said = mapped(tmp_path, yaml, text, accept_rejects=True)
    assert items(said) == [
        ("1", "invoice", 1000),
        ("2", "invoice", 500),
        ("3", "invoice", 500),
        ("P1", "receipt", 1000),
    ]
    assert said.ledger.allocations.rows() == [(0, 3, dt.date(2025, 2, 1), 1000, 1000)]


def test_a_row_that_is_not_taken_leaves_no_receipt_behind(tmp_path):
    yaml = MINIMAL + "settled: {on: Paid, number: {join: [{constant: P}, No]}}\n"
    said = mapped(tmp_path, yaml, "Customer,No,Date,Amount,Paid\nA,1,never,10,2025-02-01\n", accept_rejects=True)
    assert said.ledger.items.is_empty()


def test_disputed_by_a_mark_means_the_whole_amount(tmp_path):
    yaml = MINIMAL + "  disputed: {column: Dispute, is: [Yes]}\n"
    said = mapped(tmp_path, yaml, "Customer,No,Date,Amount,Dispute\nA,1,2025-01-01,10,Yes\nA,2,2025-01-01,10,No\n")
    assert items(said, "number", "disputed_minor") == [("1", 1000), ("2", 0)]


def test_customers_come_once_from_rows_that_repeat_them(tmp_path):
    yaml = MINIMAL + "customers:\n  customer_code: Customer\n  name: Name\n  country: Land\n"
    text = "Customer,Name,Land,No,Date,Amount\nA,Zeta,,1,2025-01-01,1\nA,Alpha,DE,2,2025-01-01,1\nB,Beta,FR,3,2025-01-01,1\n"
    said = mapped(tmp_path, yaml, text)
    assert said.ledger.customers.select("customer_code", "name", "country").rows() == [
        ("A", "Alpha", "DE"),
        ("B", "Beta", "FR"),
    ]


def test_canonical_files_may_stand_beside_ones_own(tmp_path):
    written(
        tmp_path,
        {
            "own.yaml": MINIMAL,
            "list.csv": "Customer,No,Date,Amount\nA,1,2025-01-01,10\n",
            "customers": "customer_code,name\nA,Anna\n",
        },
    )
    said = load([tmp_path], mapping=tmp_path / "own.yaml")
    assert said.ledger.customers["name"].to_list() == ["Anna"]


def test_own_workbooks_and_parquet_are_mapped_alike(tmp_path):
    import xlsxwriter

    frame = pl.DataFrame({"Customer": ["A"], "No": [17], "Date": [dt.date(2025, 1, 31)], "Amount": [12.5]})
    frame.write_parquet(tmp_path / "list.parquet")
    workbook = xlsxwriter.Workbook(tmp_path / "list.xlsx", {"default_date_format": "yyyy-mm-dd"})
    sheet = workbook.add_worksheet("Q1")
    sheet.write_row(0, 0, ["Our company"])
    sheet.write_row(2, 0, frame.columns)
    for place, cell in enumerate(frame.row(0)):
        sheet.write(3, place, cell)
    workbook.close()
    (tmp_path / "own.yaml").write_text(MINIMAL)
    for name in ("list.parquet", "list.xlsx"):
        assert items(
            load([tmp_path / name], mapping=tmp_path / "own.yaml"), "number", "issued_on", "amount_minor", "source_row"
        ) == [("17", dt.date(2025, 1, 31), 1250, 1)]


def test_an_encoding_a_delimiter_and_no_quotes(tmp_path):
    yaml = "file: {encoding: gb18030, delimiter: tab, quote: none}\n" + MINIMAL + "  description: 摘要\n"
    said = mapped(tmp_path, yaml, '摘要\tCustomer\tNo\tDate\tAmount\n5" 管\tA\t1\t2025-01-01\t5\n'.encode("gb18030"))
    assert items(said, "description") == [('5" 管',)]
    assert (said.remarks[0].code, said.remarks[0].params) == ("encoding", {"encoding": "gb18030"})


OPEN_ITEMS = "basis: open_items\nlist_date: {in_file_name: YYYYMMDD}\n" + MINIMAL + "  open_amount: Open\n"


def test_a_list_of_open_items_knows_its_day(tmp_path):
    text = "Customer,No,Date,Amount,Open\nA,1,2025-01-01,10,4\n"
    said = mapped(tmp_path, OPEN_ITEMS, text, "open_20250331.csv")
    assert (said.basis, said.ledger.known_from) == ("open_items", dt.date(2025, 3, 31))
    assert items(said) == [("1", "invoice", 1000), ("?1@2025-03-31", "settled_unknown", 600)]
    given = mapped(tmp_path, OPEN_ITEMS, text, "open.csv", list_date=dt.date(2025, 4, 30))
    assert given.ledger.known_from == dt.date(2025, 4, 30)
    with pytest.raises(FileRejected, match="the day it is about must be given"):
        mapped(tmp_path, OPEN_ITEMS, text, "open.csv")


@pytest.mark.parametrize(
    ("yaml", "line", "message"),
    [
        ("items:\n  customer: x\n", 2, "unknown key customer; known are entity, customer_code"),
        ("nonsense: 1\n", 1, "unknown key nonsense"),
        ("basis: everything\n", 1, "basis is everything; it can be full_ledger, open_items"),
        ("dates:\n  - YYYY-MM-DD\n  - hello\n", 3, "hello is not a form of dates"),
        ("file:\n  encoding: klingon\n", 2, "encoding is klingon"),
        ("file: {delimiter: x}\n", 1, "delimiter is x"),
        ("numbers: {decimal: ',', thousands: ','}\n", 1, "decimal and thousands are the same"),
        ("items:\n  number:\n    join: [A]\n    constant: x\n", 3, "exactly one of from, constant, join"),
        ("items:\n  number: {}\n", 2, "exactly one of from, constant, join"),
        ("items:\n  number: [[a]]\n", 2, "must be a text or a list of texts"),
        ("items:\n  kind: {from: T, values: {RV: bill}}\n", 2, "RV is bill; it can be invoice"),
        ("items:\n  kind: {debit: receipt}\n", 2, "debit is receipt; it can be invoice, debit_note, refund"),
        ("items:\n  side: {from: DC, debit: [S]}\n", 2, "say from, debit and credit"),
        ("items:\n  amount: {debit: D}\n", 2, "say from, or debit and credit"),
        ("settled: {on: x}\n", 1, "say on and number"),
        ("cleared: {on: x}\n", 1, "say on and by"),
        ("skip:\n  - {column: x}\n", 2, "say is, starts or empty: true"),
        ("items:\n  number: a\n  number: b\n", 3, "the key number occurs twice"),
        ("items: [1, 2\n", 2, "it is not YAML"),
        ("- a\n- b\n", 1, "it is not a list of keys and values"),
        ("", 1, "it is not a list of keys and values"),
        ("items: text\n", 1, "items must hold keys and values"),
        ("title: !!python/object/apply:os.system [ls]\n", None, ""),
    ],
)
def test_a_mapping_that_cannot_be_used_names_its_line(tmp_path, yaml, line, message):
    (tmp_path / "own.yaml").write_text(yaml)
    if line is None:  # a tag is never obeyed: it is read as the plain value it is on
        assert load_mapping(tmp_path / "own.yaml").title
        return
    with pytest.raises(MappingInvalid) as error:
        load_mapping(tmp_path / "own.yaml")
    assert f"own.yaml, line {line}: " in error.value.message
    assert message in error.value.message


def test_a_mapping_cannot_grow_without_bound(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("a: &a [x, x]\nitems: *a\n")
    with pytest.raises(MappingInvalid, match="aliases"):
        load_mapping(path)
    path.write_text("items: " + "[" * 20_000)
    with pytest.raises(MappingInvalid, match="nested too deeply"):
        load_mapping(path)
    path.write_text("#" * 300_000)
    with pytest.raises(MappingInvalid, match="There is no mapping"):
        load_mapping(path)


def test_a_mapping_may_be_like_a_shipped_one(tmp_path):
    (tmp_path / "own.yaml").write_text("like: ibm\ntitle: Ours\nitems:\n  currency: {constant: EUR}\n")
    own, ibm = load_mapping(tmp_path / "own.yaml"), load_mapping("ibm")
    assert (own.title, own.items["currency"].constant, own.items["number"]) == ("Ours", "EUR", ibm.items["number"])
    assert own.digest != ibm.digest


def test_what_is_shipped_says_where_its_headers_come_from():
    assert sorted(shipped()) == known_names() == [
        "erpnext", "ibm", "kingdee", "odoo", "quickbooks", "sap_fbl5n", "xero", "yonyou",
    ]  # fmt: skip
    for name in known_names():
        mapping = load_mapping(name)
        assert mapping.headers_from
        assert mapping.title_zh
    assert [name for name in known_names() if load_mapping(name).is_verified] == ["ibm"]
    for name in ("nothing", "../ibm", "a.b"):
        with pytest.raises(MappingInvalid, match="There is no mapping"):
            load_mapping(name)


def test_an_sap_list_clears_what_was_cleared_together(tmp_path):
    text = (
        "BUKRS\tKUNNR\tBELNR\tGJAHR\tBUZEI\tBLART\tBLDAT\tNETDT\tSHKZG\tWAERS\tWRBTR\tAUGDT\tAUGBL\n"
        "1000\t0000100001\t1800000001\t2025\t001\tRV\t02.01.2025\t01.02.2025\tS\tEUR\t1,190.00\t10.02.2025\t1400000007\n"
        "1000\t0000100001\t1400000007\t2025\t002\tDZ\t10.02.2025\t\tH\tEUR\t1,190.00-\t10.02.2025\t1400000007\n"
        "1000\t0000100001\t1800000002\t2025\t001\tRV\t05.02.2025\t07.03.2025\tS\tEUR\t500.00\t\t\n"
        "*\t\t\t\t\t\t\t\t\tEUR\t500.00\t\t\n"
    )
    (tmp_path / "fbl5n.txt").write_text(text)
    said = load([tmp_path / "fbl5n.txt"], mapping="sap_fbl5n")
    assert items(said) == [
        ("1000-1800000001-2025-001", "invoice", 119000), ("1000-1800000002-2025-001", "invoice", 50000),
        ("1000-1400000007-2025-002", "receipt", 119000),
    ]  # fmt: skip
    assert said.ledger.allocations.rows() == [(0, 2, dt.date(2025, 2, 10), 119000, 119000)]
    assert said.ledger.customers["customer_code"].to_list() == ["0000100001"]


def test_a_kingdee_list_of_open_receivables(tmp_path):
    text = (
        "单据类型,单据编号,业务日期,到期日,结算组织,往来单位编码,往来单位,结算币别,价税合计,未收款金额,作废状态\n"
        '标准应收单,AR00001,2025/1/5,2025/2/4,100,CUST0001,宁波海堤贸易有限公司,人民币,"1,130.00",630.00,未作废\n'
        "标准应收单,AR00002,2025/1/9,2025/2/8,100,CUST0001,宁波海堤贸易有限公司,人民币,-30.00,-30.00,未作废\n"
        "标准应收单,AR00003,2025/1/9,2025/2/8,100,CUST0001,宁波海堤贸易有限公司,人民币,99.00,99.00,已作废\n"
        '合计,,,,,,,,"1,100.00",600.00,\n'
    )
    path = tmp_path / "应收单 2025-03-31.csv"
    path.write_bytes(text.replace("合计,,", ",合计,", 1).encode("gb18030"))
    said = load([path], mapping="kingdee")
    assert said.ledger.known_from == dt.date(2025, 3, 31)
    assert items(said) == [
        ("AR00001", "invoice", 113000),
        ("AR00002", "credit_note", 3000),
        ("?AR00001@2025-03-31", "settled_unknown", 50000),
    ]
    assert said.ledger.customers.select("customer_code", "name").rows() == [("CUST0001", "宁波海堤贸易有限公司")]
    assert said.control_totals.select("expected_minor", "difference_minor").rows() == [(60000, 0)]
