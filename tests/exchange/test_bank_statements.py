"""Bank statements: what banks send is read as far as it can be, and the rest is named by line."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.kernel.errors import FileRejected
from seawall.exchange.bank import statement
from seawall.exchange.bank.columns import load
from seawall.exchange.bank.reading import read_bytes, read_file
from seawall.exchange.language import Language
from seawall.exchange.mapping_yaml import MappingInvalid

SAMPLES = next(
    (found for up in Path(__file__).resolve().parents
     if (found := up / "shared" / "data" / "bank_statements").is_dir()), None,
)  # fmt: skip
KNOWN = sorted(SAMPLES.iterdir()) if SAMPLES else []


def read(text, file="statement"):
    data = text if isinstance(text, bytes) else text.encode()
    return read_bytes(data, file=file).statements


def published(*found):
    return statement.document(("f", each) for each in found)["files"]


@pytest.mark.skipif(not KNOWN, reason="the collection of real statements is not beside this checkout")
def test_the_whole_collection_is_there():
    assert len(KNOWN) == 21


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.name)
def test_of_real_files_balances_and_entries_agree_or_a_problem_says_why_not(path):
    found = read_file(path).statements
    assert found
    for each in published(*found):
        moved = sum(Decimal(entry["amount"]) for entry in each["entries"])
        if each["opening"] is not None and each["closing"] is not None:
            agrees = Decimal(each["opening"]) + moved == Decimal(each["closing"])
            assert agrees or any("come to" in one["what"] for one in each["problems"])
        else:
            assert each["entries"] or each["problems"]


WHAT_THEY_HOLD = {
    "ASNB": (8, 0), "sepa_snippet": (11, 1), "with_binary_character": (4, 0), "statement_details": (1, 2),
    "generic": (2, 0), "knab": (3, 2), "rabobank": (4, 0), "sns": (2, 0), "mBank__mt940": (3, 0), "newline": (2, 1),
    "60-63": (1, 1), "gv_codes": (2, 0), "mt942": (1, 0), "cmi": (7, 2), "details_wrapped": (1, 0),
    "timestamp": (1, 0), "camt.053.001": (3, 0), "duplicate": (2, 0), "garbled": (0, 1), "multicurrency": (3, 0),
    "no_namespace": (1, 0),
}  # fmt: skip
"""Part of a file's name: entries and problems in it, counted by hand."""


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.name)
def test_of_real_files_nothing_is_lost(path):
    (expected,) = (counts for name, counts in WHAT_THEY_HOLD.items() if name in path.name)
    found = read_file(path).statements
    assert (sum(len(each.entries) for each in found), sum(len(each.problems) for each in found)) == expected


MT940 = """:20:X
:25:DE89370400440532013000
:28C:1/1
:60F:C260101EUR1000,00
:61:2601020102C250,50NTRFNONREF//B1
:86:166?00GUTSCHRIFT?20SVWZ+Rechnung INV-117?31DE12500105170648489890?32Acme?33 GmbH
:61:2601030103RC50,50NTRFNONREF//B2
:61:2601040104RD0,50NTRFNONREF//B3
:62F:C260104EUR1200,50
-
"""


def test_a_reversed_credit_takes_money_out_and_a_reversed_debit_gives_it_back():
    (found,) = read(MT940)
    assert [entry.amount_minor for entry in found.entries] == [25050, -5050, 50]
    assert found.problems == ()
    first = found.entries[0]
    assert (first.counterparty, first.reference, first.bank_reference) == ("Acme GmbH", "Rechnung INV-117", "B1")
    assert first.counterparty_account == "DE12500105170648489890"


def test_an_entry_no_bank_writes_costs_no_other_entry():
    broken = MT940.replace(":61:2601030103RC50,50NTRF", ":61:nonsense")
    (found,) = read(broken)
    assert len(found.entries) == 2
    assert [(one.line, one.code) for one in found.problems] == [(7, "entry"), (9, "difference")]
    assert "nonsense" in found.problems[0].what


def test_an_entry_the_library_does_not_know_is_read_leniently():
    odd = MT940.replace("C250,50NTRFNONREF//B1", "C250,50NTRF" + "A" * 40 + "\nacme\nand more")
    (found,) = read(odd)
    assert [entry.amount_minor for entry in found.entries] == [25050, -5050, 50]


def test_entries_at_the_turn_of_the_year_get_the_nearer_one():
    text = MT940.replace(":61:2601020102C", ":61:2601021231C")
    assert read(text)[0].entries[0].booked_on.isoformat() == "2025-12-31"


def test_currencies_without_cents_keep_none():
    text = (
        ":20:X\n:25:1\n:60F:C260101JPY1000,\n:61:2601020102C250,NTRFX\n:61:2601020102C2,5NTRFX\n:62F:C260102JPY1250,\n"
    )
    (found,) = published(*read(text))
    assert (found["opening"], found["entries"][0]["amount"]) == ("1000", "250")
    assert [one["line"] for one in found["problems"]] == [5]


def test_statements_that_follow_on_are_one_and_a_gap_is_said():
    after = MT940.replace("260101EUR1000,00", "260105EUR1200,50").replace("EUR1200,50\n-", "EUR1401,00\n-")
    (found,) = read(MT940 + after)
    assert len(found.entries) == 6
    first, second = read(MT940 + after.replace("260105EUR1200,50", "260105EUR1300,50"))
    assert [one.code for one in second.problems] == ["gap", "difference"]
    assert first.problems == ()


def camt(body, head='xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', kind=("BkToCstmrStmt", "Stmt")):
    outer, inner = kind
    account = "<Acct><Id><IBAN>DE1</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    return f"<?xml version='1.0'?>\n<Document {head}><{outer}><{inner}>{account}\n{body}</{inner}></{outer}></Document>"


def entry(amount, side="CRDT", details="", status="<Sts><Cd>BOOK</Cd></Sts>", currency="EUR"):
    return (
        f"<Ntry><Amt Ccy='{currency}'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}"
        f"<BookgDt><Dt>2026-01-02</Dt></BookgDt>{details}</Ntry>\n"
    )


def details(amount, name, reference):
    return (
        f"<TxDtls><Amt Ccy='EUR'>{amount}</Amt><RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
    )


def test_a_collective_entry_is_its_payments_where_they_come_to_it():
    both = details("10.00", "A", "RF18539007547034") + details("5.00", "B", "INV-2")
    (found,) = read(camt(entry("15.00", details=f"<NtryDtls>{both}</NtryDtls>")))
    assert [(one.amount_minor, one.counterparty, one.reference) for one in found.entries] == [
        (1000, "A", "RF18539007547034"), (500, "B", "INV-2"),
    ]  # fmt: skip
    (found,) = read(camt(entry("16.00", details=f"<NtryDtls>{both}</NtryDtls>")))
    assert [one.amount_minor for one in found.entries] == [1600]


@pytest.mark.parametrize(
    "kind", [("BkToCstmrStmt", "Stmt"), ("BkToCstmrAcctRpt", "Rpt"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn")]
)
def test_statements_reports_and_notices_of_any_namespace(kind):
    for head in ("", 'xmlns="urn:other"'):
        assert read(camt(entry("1.00", "DBIT"), head=head, kind=kind))[0].entries[0].amount_minor == -100
    prefixed = camt(entry("1.00")).replace("<", "<n:").replace("<n:/", "</n:").replace("<n:?", "<?")
    assert read(prefixed.replace("xmlns=", "xmlns:n="))[0].entries[0].amount_minor == 100


def test_what_is_not_booked_yet_or_in_another_currency_is_said():
    pending = entry("1.00", status="<Sts>PDNG</Sts>")
    (found,) = read(camt(pending + entry("2.00", currency="USD") + entry("3.00", currency="ZZZ") + entry("x")))
    assert [one.code for one in found.problems] == ["pending", "currency", "amount", "foreign"]
    assert [one.line for one in found.problems] == [3, 5, 6, 4]


def test_a_document_cut_off_on_its_way_tells_of_what_came():
    whole = camt(entry("1.00") + entry("2.00"))
    (found,) = read(whole[: whole.index("2.00")])
    assert [one.amount_minor for one in found.entries] == [100]
    assert "markup" in [one.code for one in found.problems]


BOMBS = {
    "entities": '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Document>&b;</Document>',
    "external": '<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><Document/>',
    "deep": "<Document>" + "<a>" * 100,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name):
    with pytest.raises(FileRejected) as refused:
        read(BOMBS[name])
    assert refused.value.code in ("xml_entity", "bomb")


CHINESE = """账号：6222021001116245702,币种：人民币
交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,交易流水号
2026-01-02,,"1,250.50","11,250.50",上海海丰贸易有限公司,6222000011112222,货款 INV-117,S001
2026年1月3日,250.50,,11000.00,房东,,租金,S002
"""


def test_a_chinese_table_in_gb18030_with_its_running_balance():
    (found,) = read(CHINESE.encode("gb18030"))
    assert (found.account, found.currency) == ("6222021001116245702", "CNY")
    assert [(one.amount_minor, one.counterparty) for one in found.entries] == [
        (125050, "上海海丰贸易有限公司"), (-25050, "房东"),
    ]  # fmt: skip
    assert (found.opening.amount_minor, found.closing.amount_minor) == (1000000, 1100000)
    assert found.problems == ()


def test_a_table_that_runs_from_the_newest_is_turned_round():
    head, *rows = CHINESE.splitlines()[1:]
    (found,) = read("\n".join([head, *rows[::-1]]))
    assert [one.amount_minor for one in found.entries] == [125050, -25050]
    assert found.problems == () or [one.code for one in found.problems] == ["no_account", "no_currency"]


def test_a_broken_running_balance_is_named_by_its_line():
    (found,) = read(CHINESE.replace("11000.00", "11000.01"))
    assert [(one.line, one.code) for one in found.problems] == [(4, "running"), (4, "difference")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("13/01/2026;1.234,50;A", [("2026-01-13", "1234.50")]),
        ("01/13/2026;1,234.50;A", [("2026-01-13", "1234.50")]),
        ("02.01.2026;-5,00;A", [("2026-01-02", "-5.00")]),
        ("02/01/2026;5.00;A", []),
        ("2026-01-02;1,23,4;A", []),
    ],
)
def test_a_column_says_how_its_days_and_amounts_are_meant_and_doubt_is_a_problem(rows, said):
    (found,) = published(*read(f"Date;Amount;Name\n{rows}\n"))
    assert [(one["booked_on"], one["amount"]) for one in found["entries"]] == said
    assert bool(said) or any(one["line"] == 2 for one in found["problems"])


def test_headers_of_ones_own_go_before_the_shipped_ones(tmp_path):
    mapping = tmp_path / "mine.yaml"
    mapping.write_text("booked_on: [When]\namount: [How much]\n")
    data = b"When,How much,Date\n2026-01-02,5.00,x\n"
    (found,) = read_bytes(data, file="f", headers=load(mapping)).statements
    assert found.entries[0].amount_minor == 500
    mapping.write_text("who: [When]\n")
    with pytest.raises(MappingInvalid, match="line 1"):
        load(mapping)


@pytest.mark.parametrize("data", [b"", b"hello", b"a,b\n1,2\n", b"<html></html>", b"\x00\xff\xfe", b":20:X\n"])
def test_what_is_no_statement_is_refused(data):
    with pytest.raises(FileRejected):
        read(data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([MT940, camt(entry("1.00")), CHINESE]), st.data())
def test_damage_is_a_refusal_or_a_problem_and_never_a_crash(text, data):
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(raw))
    except FileRejected:
        return
    for each in published(*found):
        assert all(entry["amount"].lstrip("-").replace(".", "").isdigit() for entry in each["entries"])


def test_every_problem_has_its_chinese():
    say = Language("zh").say
    names = {"text": "x", "currency": "x", "found": "x", "stated": "x"}
    from seawall.engine.ledger.matching import REASONS

    names |= {"numbers": "x", "customer": "x", "count": "x", "amount": "x", "percent": "x"}
    same = [code for code, said in (statement.PROBLEMS | REASONS).items() if say(said, **names) == said.format(**names)]
    assert same == []
