"""Each shipped mapping on a small file with the headers its source names: rows, kinds, open amounts, what is left out."""

import datetime as dt
from decimal import Decimal

import pytest

from seawall.exchange import heads
from seawall.exchange.intake import read_sources
from seawall.exchange.mapping_guess import guess
from seawall.exchange.mapping_reader import known_names, load_mapping, read_mapping
from seawall.exchange.sources import whole

D, CN, EU = Decimal, "CNY", "EUR"
XERO = (
    "ContactName,EmailAddress,POAddressLine1,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,TaxTotal,InvoiceAmountPaid,"
    "InvoiceAmountDue,Description,Quantity,LineAmount,Currency,Type,Status\n"
)
FILES = {
    "odoo": (
        (
            "Number,Invoice Partner Display Name,Invoice/Bill Date,Due Date,Total,Amount Due,Currency,Type,Status,Company\n"
            "INV/2026/001,Azure Interior,2026-01-05,2026-02-04,1000.00,400.00,EUR,Customer Invoice,Posted,Ours\n"
            "RINV/2026/001,Azure Interior,2026-01-09,,50.00,50.00,EUR,Customer Credit Note,Posted,Ours\n"
            "/,Azure Interior,2026-01-10,,9.00,9.00,EUR,Customer Invoice,Draft,Ours\n"
            "INV/2026/002,Azure Interior,2026-01-10,,7.00,0.00,EUR,Customer Invoice,Cancelled,Ours\n"
        ),
        [("INV/2026/001", "invoice", D(1000), D(400), EU), ("RINV/2026/001", "credit_note", D(50), D(50), EU)],
    ),
    "erpnext": (
        (
            "ID,Customer,Customer Name,Date,Payment Due Date,Currency,Grand Total,Outstanding Amount,Status,Company\n"
            'ACC-SINV-2026-00001,CUST-1,Palmer,05-01-2026,04-02-2026,EUR,"1,000.00",400.00,Overdue,Ours\n'
            "ACC-SINV-2026-00002,CUST-1,Palmer,06-01-2026,,EUR,-50.00,-50.00,Return,Ours\n"
            "ACC-SINV-2026-00003,CUST-1,Palmer,06-01-2026,,EUR,5.00,5.00,Draft,Ours\n"
        ),
        [
            ("ACC-SINV-2026-00001", "invoice", D(1000), D(400), EU),
            ("ACC-SINV-2026-00002", "credit_note", D(50), D(50), EU),
        ],
    ),
    "quickbooks": (
        (
            "Open Invoices,,,,,,,\nAs of January 31 2026,,,,,,,\n"
            "Date,Transaction Type,Num,Name,Due Date,Amount,Open Balance,Memo/Description\n"
            "Amy's Bird Sanctuary,,,,,,,\n"
            '1/5/2026,Invoice,1021,Amy\'s Bird Sanctuary,2/4/2026,"1,459.02",239.00,\n'
            "1/9/2026,Credit Memo,1022,Amy's Bird Sanctuary,,-100.00,-100.00,\n"
            'TOTAL,,,,,"1,359.02",139.00,\n'
        ),
        [("1021", "invoice", D("1459.02"), D(239), "USD"), ("1022", "credit_note", D(100), D(100), "USD")],
    ),
    "xero": (
        XERO
        + "Ridgeway,a@example.com,,INV-0027,P/O 1,05/01/2026,04/02/2026,541.25,41.25,0,541.25,Desk,1,250,GBP,Sales invoice,Awaiting Payment\n"
        "Ridgeway,a@example.com,,INV-0027,P/O 1,05/01/2026,04/02/2026,541.25,41.25,0,541.25,Chair,2,250,GBP,Sales invoice,Awaiting Payment\n"
        "Ridgeway,a@example.com,,CN-0014,,09/01/2026,,50.00,0,0,50.00,Return,1,50,GBP,Sales credit note,Awaiting Payment\n"
        "Ridgeway,a@example.com,,INV-0028,,09/01/2026,,60.00,0,0,60.00,X,1,60,GBP,Sales invoice,Draft\n",
        [("INV-0027", "invoice", D("541.25"), D("541.25"), "GBP"), ("CN-0014", "credit_note", D(50), D(50), "GBP")],
    ),
    "yonyou": (
        (
            "单据类型,单据编号,单据日期,到期日,客户编码,客户名称,币种,原币金额,原币余额,摘要\n"
            '销售专用发票,0000000001,2026-01-05,2026-02-04,0101,北方机械,人民币,"1,130.00",500.00,货款\n'
            "销售专用发票,0000000002,2026-01-09,,0101,北方机械,人民币,-113.00,-113.00,红字\n"
            '合计,,,,,,,"1,017.00",387.00,\n'
        ),
        [("0000000001", "invoice", D(1130), D(500), CN), ("0000000002", "credit_note", D(113), D(113), CN)],
    ),
}


def read(name, text, mapping):
    encoding = "gb18030" if name == "yonyou" else "utf-8"
    source = whole(f"{name} 2026-01-31.csv", [text.encode(encoding)])
    return read_sources([source], mapping=mapping), source


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_the_named_headers_is_read(name):
    text, expected = FILES[name]
    mapping = load_mapping(name)
    found, _ = read(name, text, mapping)
    assert found.rejects.height == 0, found.rejects.to_dicts()
    rows = found.tables.items.select("number", "kind", "amount", "open_amount", "currency").rows()
    assert [(number, str(kind), *rest) for number, kind, *rest in rows] == expected
    assert found.tables.list_date == dt.date(2026, 1, 31)
    assert found.tables.customers.height == 1
    assert not mapping.is_verified
    assert mapping.headers_from
    assert mapping.title_zh


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_known_by_its_headers(name):
    head = heads.head(read(name, FILES[name][0], load_mapping(name))[1])
    fits = sorted(
        (heads.fit(load_mapping(each), head) for each in known_names()), key=lambda fit: (fit.is_usable, fit.found)
    )
    assert (fits[-1].id, fits[-1].is_usable) == (name, True)


GUESSED = {
    "german.csv": ("Kunde;Beleg;Datum;Fällig am;Betrag\nK1;RE-1;31.01.2026;02.03.2026;1.234,50\nK2;RE-2;01.02.2026;03.03.2026;-99,00\n;;;Summe;1.135,50\n", 2),
    "american.csv": ('Customer ID,Invoice Number,Invoice Date,Due Date,Currency,Amount,Type\nC1,I-1,1/31/2026,3/2/2026,USD,"1,234.50",Invoice\nC1,C-1,2/1/2026,,USD,(34.00),Credit Memo\n', 2),
    "marks.csv": ("客户,凭证编号,凭证日期,借/贷标识,凭证货币金额,货币\n1001,9001,2026.01.31,借,100.00,人民币\n1001,9002,2026.02.01,贷,50.00,人民币\n", 2),
    "sides.csv": ("客户编码,单号,日期,借方金额,贷方金额\nA,1,2026年1月5日,100,\nB,2,2026年1月6日,,40\n", 2),
    "清单 2026-03-31.csv": ("客户名称,发票号,开票日期,到期日,金额(元),未收金额\n甲公司,F1,2026/1/5,2026/2/5,1000,400\n乙公司,F2,2026/1/6,2026/2/6,10,10\n合计,,,,1010,410\n", 2),
    "unnamed.csv": ("a,b,c,d\nX1,900-1,2026-01-05,10.50\nX1,900-2,2026-01-06,20.00\nX2,900-3,2026-01-07,30.00\n", 3),
}  # fmt: skip


@pytest.mark.parametrize("name", GUESSED)
def test_a_guessed_mapping_really_reads_the_file(name):
    text, rows = GUESSED[name]
    source = whole(name, [text.encode()])
    made = guess(heads.head(source), currency="EUR")
    found = read_sources([source], mapping=read_mapping(made.text.encode(), file="guess.yaml"))
    assert (found.tables.items.height, found.rejects.height) == (rows, 0), made.text
    assert all(line.startswith("# ?") for line in made.text.splitlines()[: len(made.doubts)])


def test_what_cannot_be_told_apart_is_refused():
    from seawall.engine.kernel.errors import FileRejected

    with pytest.raises(FileRejected, match="no column looks like"):
        guess(heads.head(whole("x.csv", [b"a,b\nq,w\n"])))


def test_days_that_read_two_ways_are_a_doubt():
    made = guess(heads.head(whole("x.csv", [b"customer,number,date,amount,currency\nA,1,01/02/2026,5,EUR\n"])))
    assert "days_two_ways" in [code for code, _ in made.doubts]
