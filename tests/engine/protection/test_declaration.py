import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from factories import Book

from seawall.engine.kernel.fx import RATES, RateTable
from seawall.engine.ledger.insured_facts import INSURANCE_EVENT_FACTS, InsuredFacts
from seawall.engine.protection.conversion import Conversion
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.declaration import declaration, months_of, undeclared
from seawall.policies.insurance import parse

ROOT = Path(__file__).resolve().parents[3]
POLICY = """\
policy: P-1
form: whole_turnover
period: {from: 2025-01-01, to: 2025-12-31}
currency: CNY
source: contract 7
terms:
  causes: [insolvency]
  vat: out
  countries: {excluded: [KP]}
  related_buyers: {insured: false, codes: [SISTER]}
  max_payment_term: {days: 90}
  conversion: issue
  receipt_allocation: oldest_due
  disputed: suspended
  mep: {days: 60}
  stop_of_cover: [mep_end]
  insured_rate: 0.9
  loss_operators: [insured_rate]
  declaration: {basis: turnover, from: month_end, within: {days: 20}, missed: nothing}
  premium: {basis: turnover, rate: 0.002, rules: [{country: [VN], rate: 0.004}]}
"""
JAN, FEB = dt.date(2025, 1, 31), dt.date(2025, 2, 28)


def insurance(book, text=POLICY, **more):
    wording = parse(text, name="p.yaml")
    return Insurance.of(book.ledger(), [wording], **more), wording


def lines(told):
    return {(month, line): minor / 100 for month, line, minor in told.reconciliation.iter_rows()}


def a_book():
    book = Book().customer("C1", country="DE").customer("V1", country="VN").customer("SISTER", country="DE")
    book.customer("K1", country="KP")
    book.invoice("A", 1130, "2025-01-10", "2025-03-01", tax=130)
    book.invoice("B", 500, "2025-01-20", "2025-03-01", customer="V1")
    book.invoice("C", 200, "2025-01-20", "2025-03-01", customer="SISTER")
    book.invoice("D", 300, "2025-01-20", "2025-03-01", customer="K1")
    book.invoice("E", 700, "2025-01-20", "2025-06-30")
    book.invoice("F", 900, "2025-02-01", "2025-03-01")
    book.invoice("OLD", 5000, "2024-12-31", "2025-01-31")
    return book


def test_every_difference_to_the_ledger_has_its_line():
    book = a_book().credit_note("CN", 113, "2025-01-25", tax=13).credit_note("CS", 50, "2025-01-25", customer="SISTER")
    asked, wording = insurance(book)
    told = declaration(asked, wording, months_of(wording, JAN, FEB))
    assert lines(told) == {
        (JAN, "sales"): 2830, (JAN, "credit_notes"): -163, (JAN, "vat"): -117, (JAN, "country_not_covered"): -300,
        (JAN, "related_party"): -150, (JAN, "term_too_long"): -700, (FEB, "sales"): 900,
    }  # fmt: skip
    by_month = told.reconciliation.group_by("month").agg(pl.sum("minor")).sort("month")["minor"].to_list()
    assert by_month == [1400_00, 900_00]
    assert told.declared_minor == sum(by_month)


def test_the_rate_is_that_of_the_first_rule_that_fits():
    asked, wording = insurance(a_book())
    told = declaration(asked, wording, months_of(wording, JAN, JAN))
    assert told.classes.select("rule", "rate", "declared_minor", "documents").rows() == [
        (-1, 0.002, 1000_00, 1), (0, 0.004, 500_00, 1),
    ]  # fmt: skip


def test_a_reinstated_debt_and_a_refund_are_no_sales():
    book = Book().item("debit_note", "R", 100, "2025-01-10", payment_method="recovery")
    book.item("refund", "X", 100, "2025-01-10").invoice("A", 10, "2025-01-10", "2025-02-01")
    asked, wording = insurance(book)
    assert lines(declaration(asked, wording, months_of(wording, JAN, JAN))) == {(JAN, "sales"): 10}


def test_balances_are_what_is_open_at_each_month_end():
    book = a_book().pay("A", 565, "2025-01-30")
    asked, wording = insurance(book)
    told = declaration(asked, wording, months_of(wording, JAN, FEB), basis="balances")
    assert lines(told)[JAN, "sales"] == 565 + 500 + 200 + 300 + 700
    assert lines(told)[JAN, "vat"] == -65
    by_month = told.reconciliation.group_by("month").agg(pl.sum("minor")).sort("month")["minor"].to_list()
    assert by_month == [1000_00, 1900_00]


def test_customers_of_another_policy_are_a_line_of_their_own():
    text = POLICY.replace("form: whole_turnover", "form: single_buyer\nbuyers: [V1]")
    asked, wording = insurance(a_book(), text)
    told = declaration(asked, wording, months_of(wording, JAN, JAN))
    assert lines(told) == {(JAN, "sales"): 2830, (JAN, "other_policy"): -2330}


def test_other_currencies_become_the_policys_by_its_rule():
    rows = [("USD", "CNY", dt.date(2025, 1, 10), 7.3), ("USD", "CNY", dt.date(2025, 1, 20), 7.2)]
    rates = pl.DataFrame(rows, schema=RATES.schema, orient="row")
    book = (
        Book(currency="USD").invoice("A", 100, "2025-01-10", "2025-02-01").invoice("B", 100, "2025-01-20", "2025-02-01")
    )
    asked, wording = insurance(book, conversion=Conversion([RateTable("own", rates)], 0))
    assert declaration(asked, wording, months_of(wording, JAN, JAN)).declared_minor == 1450_00


def events(*rows):
    return INSURANCE_EVENT_FACTS.frame([
        {"policy": "P-1", "event": "declaration", "on": dt.date.fromisoformat(on), "item_number": item, "detail": detail}
        for on, item, detail in rows
    ])  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), [
    ((), [(JAN, 0, 1500_00, 2), (FEB, 0, 900_00, 1)]),
    ((("2025-02-10", None, "2025-01"),), [(JAN, 1500_00, 0, 0), (FEB, 0, 900_00, 1)]),
    ((("2025-03-05", None, None),), [(JAN, 0, 1500_00, 2), (FEB, 900_00, 0, 0)]),
    ((("2025-02-10", "B", None),), [(JAN, 500_00, 1000_00, 1), (FEB, 0, 900_00, 1)]),
    ((("2026-02-10", None, "2025-01"),), [(JAN, 0, 1500_00, 2), (FEB, 0, 900_00, 1)]),
])  # fmt: skip
def test_what_was_not_declared_yet(told, expected):
    asked, wording = insurance(a_book(), facts=InsuredFacts(events=events(*told)))
    mine = declaration(asked, wording, months_of(wording, JAN, FEB))
    assert undeclared(asked, mine, on=dt.date(2025, 12, 31)).rows() == expected


def test_months_stay_within_the_period():
    wording = parse(POLICY, name="p.yaml")
    assert len(months_of(wording)) == 12
    assert months_of(wording, dt.date(2024, 5, 1), dt.date(2025, 2, 3)) == (JAN, FEB)
    assert months_of(wording, dt.date(2026, 5, 1), dt.date(2026, 6, 3)) == ()


def test_no_month_is_no_declaration():
    asked, wording = insurance(a_book())
    assert declaration(asked, wording, ()).declared_minor == 0


def test_a_rule_about_limits_goes_by_the_decision_the_item_was_shipped_under():
    from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS

    text = POLICY.replace(
        "[{country: [VN], rate: 0.004}]", "[{kind: temporary, rate: 0.005}, {grade: ['4'], rate: 0.006}]"
    )
    rows = [
        {"customer_code": code, "policy": "P-1", "layer": "1", "kind": kind, "amount_minor": 100, "currency": "CNY",
         "decided_on": dt.date(2025, 1, day), "conditions": said}
        for code, kind, day, said in (("C1", "temporary", 2, None), ("V1", "approved", 1, "grade 4"))
    ]  # fmt: skip
    asked, wording = insurance(a_book(), text, facts=InsuredFacts(limits=INSURED_LIMIT_FACTS.frame(rows)))
    told = declaration(asked, wording, months_of(wording, JAN, JAN))
    assert told.classes.select("rule", "declared_minor").rows() == [(0, 1000_00), (1, 500_00)]


def test_the_rate_of_a_month_is_that_of_its_day():
    dated = POLICY.replace(
        "  premium: {basis: turnover, rate: 0.002, rules: [{country: [VN], rate: 0.004}]}",
        "  premium:\n    2025-01-01: {value: {basis: turnover, rate: 0.002}}\n"
        "    2025-02-01: {value: {basis: turnover, rate: 0.003}}",
    )
    asked, wording = insurance(a_book(), dated)
    told = declaration(asked, wording, months_of(wording, JAN, FEB))
    assert told.classes.select("month", "rate").rows() == [(JAN, 0.002), (FEB, 0.003)]


def test_days_outside_those_asked_about_are_left_out():
    asked, wording = insurance(a_book())
    found = [
        declaration(asked, wording, months_of(wording, JAN, FEB), first=first, last=last).declared_minor
        for first, last in ((dt.date(2025, 1, 1), dt.date(2025, 1, 15)), (dt.date(2025, 1, 16), dt.date(2025, 2, 28)))
    ]
    assert found == [1000_00, 500_00 + 900_00]


def worked(page):
    """The rows of the worked tables of an algorithm page."""
    text = (ROOT / f"docs/algorithms/{page}.md").read_text("utf-8").split("## Worked table")[1]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in lines if not set("".join(row)) <= set("-")]


def test_the_worked_table_of_the_page():
    book = a_book().credit_note("CN", 113, "2025-01-25", tax=13).credit_note("CS", 50, "2025-01-25", customer="SISTER")
    asked, wording = insurance(book)
    told = declaration(asked, wording, months_of(wording, JAN, JAN))
    found = {line: minor // 100 for _, line, minor in told.reconciliation.iter_rows()}
    said = {name: int(amount) for name, amount in worked("declaration")[1:]}
    assert said == found | {"declared": told.declared_minor // 100}


def test_an_invoice_in_instalments_is_one_document_of_several_rows():
    book = Book().customer("V1", country="VN")
    book.item("invoice", "A", 300, "2025-01-10", customer="V1", payment_method="tt",
              parts=[("2025-02-01", 100), ("2025-03-01", 200)])  # fmt: skip
    book.item("debit_note", "R", 50, "2025-01-11", "2025-02-01", payment_method="recovery")
    book.invoice("B", 40, "2025-01-12", "2025-02-01", customer="V1")
    text = POLICY.replace("[{country: [VN], rate: 0.004}]", "[{payment_method: [tt], rate: 0.005}]")
    asked, wording = insurance(book, text)
    told = declaration(asked, wording, months_of(wording, JAN, JAN))
    assert told.rows.select("item_id", "declared_minor", "rate").rows() == [
        (1, 100_00, 0.005), (1, 200_00, 0.005), (2, 40_00, 0.002),
    ]  # fmt: skip
