"""What users of other receivables software complain about, one test for each thread, so that it cannot happen here.

Threads are named ``<project>_<number>``. Some are shown in other modules of this suite; those say where.
"""

import numpy as np
import polars as pl
import pytest
from factories import Book, as_of, day

from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.fx import Rates, RateUsed, reporting_currency
from seawall.engine.ledger.ageing import aged_parts, ageing, grouped
from seawall.engine.ledger.items import ALLOCATIONS, ITEMS
from seawall.engine.ledger.laws import breaches
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.ledger.statement import balances, statement, tie


def row_of(book, on, scheme=DEFAULT_SCHEME, **more):
    rows = ageing(book.ledger(), as_of=as_of(on), scheme=scheme, **more)
    assert rows.height == 1
    return rows.row(0, named=True)


def filled(row, names=DEFAULT_SCHEME.names):
    return {name: row[f"{name}_minor"] // 100 for name in names if row[f"{name}_minor"]}


def rates(reporting, **by_currency):
    on = day("2025-03-31")
    return Rates(reporting, on, {code: RateUsed(rate, on, "own") for code, rate in by_currency.items()})


def test_oca_account_payment_386_a_past_day_shows_what_was_open_then_and_equals_the_balance():
    book = Book().invoice("I", 100, "2025-01-01", "2025-01-31").pay("I", 100, "2025-03-15")
    past = row_of(book, "2025-02-28")
    assert filled(past) == {"1_30": 100}
    assert balances(book.ledger(), as_of=as_of("2025-02-28"))["balance_minor"].sum() == past["open_minor"]
    assert ageing(book.ledger(), as_of=as_of("2025-03-15"), scheme=DEFAULT_SCHEME).height == 0


def test_oca_account_financial_reporting_707_any_past_day_is_answered_not_only_today():
    book = Book().invoice("I", 100, "2025-01-01", "2025-01-31").pay("I", 40, "2025-02-10").pay("I", 60, "2025-03-15")
    by_day = {on: filled(row_of(book, on)) for on in ("2025-01-31", "2025-02-09", "2025-02-10", "2025-03-14")}
    assert by_day == {
        "2025-01-31": {"not_due": 100}, "2025-02-09": {"1_30": 100}, "2025-02-10": {"1_30": 60}, "2025-03-14": {"31_60": 60},
    }  # fmt: skip


def test_oca_account_financial_reporting_546_the_buckets_sum_to_the_closing_of_the_statement():
    """The thread's figures: a part payment matched after the day made 149,000 close on buckets of 140,000."""
    book = Book().invoice("I1", 140_000, "2025-01-01", "2025-01-31").invoice("I2", 20_000, "2025-02-01", "2025-03-03")
    book.receipt("R", 20_000, "2025-03-20").allocate("I2", "R", 11_000, "2025-03-20").allocate(
        "I2", "R", 9_000, "2025-04-10"
    )
    row = row_of(book, "2025-03-31")
    closing = statement(book.ledger(), customer_id=0, as_of=as_of("2025-03-31"), since=day("2025-03-01"))[
        "balance_minor"
    ][-1]
    assert sum(filled(row).values()) == 149_000
    assert row["unapplied_minor"] == 9_000_00
    assert closing == row["open_minor"] - row["unapplied_minor"] == 140_000_00


def test_oca_account_financial_reporting_562_one_payment_over_several_invoices_counts_once():
    book = Book().invoice("I1", 100, "2025-01-01", "2025-01-31").invoice("I2", 100, "2025-01-01", "2025-01-31")
    book.invoice("I3", 100, "2025-01-01", "2025-01-31").receipt("R", 250, "2025-02-15")
    book.allocate("I1", "R", 100, "2025-02-15").allocate("I2", "R", 100, "2025-02-15").allocate(
        "I3", "R", 50, "2025-02-15"
    )
    row = row_of(book, "2025-02-28")
    assert (row["open_minor"], row["unapplied_minor"]) == (50_00, 0)


def test_oca_account_financial_reporting_138_only_what_is_left_of_a_partly_paid_invoice_ages():
    book = Book().invoice("I", 100, "2025-01-01", "2025-01-31").pay("I", 80, "2025-02-05")
    assert filled(row_of(book, "2025-02-28")) == {"1_30": 20}


def test_oca_account_financial_reporting_300_refunds_and_unallocated_payments_are_not_left_out():
    book = (
        Book().item("refund", "REF", 30, "2025-02-01").receipt("R", 45, "2025-02-01").credit_note("CN", 5, "2025-02-01")
    )
    row = row_of(book, "2025-02-28")
    assert filled(row) == {"1_30": 30}
    assert row["unapplied_minor"] == 50_00


def test_odoo_7539_what_counts_is_when_an_allocation_takes_effect_not_when_the_last_one_completed_the_match():
    """There is no day of full reconciliation in the ledger: each allocation has its own."""
    assert "reconciled_on" not in {*ITEMS.columns, *ALLOCATIONS.columns}
    book = Book().invoice("I", 100, "2025-01-01", "2025-01-31")
    for on, amount in (("2025-02-10", 20), ("2025-03-10", 30), ("2025-04-10", 50)):
        book.pay("I", amount, on)
    said = [row_of(book, on)["open_minor"] // 100 for on in ("2025-02-09", "2025-02-10", "2025-03-10", "2025-04-09")]
    assert said == [100, 80, 50, 50]


def test_erpnext_49262_ageing_equals_items_and_general_ledger():
    book = Book().invoice("I1", 100, "2025-01-01", "2025-01-31").invoice("I2", 70, "2025-03-01", "2025-04-30")
    ledger = book.pay("I1", 30, "2025-02-01").receipt("R", 10, "2025-03-30").control(130, "2025-03-31").ledger()
    row = ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME).row(0, named=True)
    assert row["open_minor"] - row["unapplied_minor"] == 130_00
    assert tie(ledger, as_of=as_of("2025-03-31"))["status"].to_list() == ["reconciled"]
    assert breaches(ledger, as_of=as_of("2025-03-31")) == []


def test_erpnext_35491_nothing_is_too_old_to_be_shown():
    book = Book().invoice("I", 100, "2015-01-01", "2015-01-31")
    assert filled(row_of(book, "2025-03-31")) == {"over_365": 100}
    assert filled(row_of(book, "2025-03-31", Scheme.parse("30/60/90/120")), ["over_120"]) == {"over_120": 100}


def test_erpnext_13007_and_13992_instalments_age_by_themselves_and_the_first_due_is_settled_first():
    parts = [("2025-01-31", 50), ("2025-02-28", 30), ("2025-03-31", 20)]
    book = Book().invoice("I", 100, "2025-01-01", "2025-03-31", parts=parts).pay("I", 60, "2025-02-15")
    assert filled(row_of(book, "2025-03-10")) == {"1_30": 20, "not_due": 20}


def test_erpnext_43162_an_item_without_a_due_day_is_aged_from_its_issue_day():
    """The ledger has no item without a due day: intake fills in the issue day, as the books of this suite do."""
    assert not ITEMS.columns["due_on"].nullable
    assert filled(row_of(Book().item("debit_note", "D", 5, "2025-03-01"), "2025-03-31")) == {"1_30": 5}


def test_erpnext_7407_what_is_not_due_is_not_in_the_first_overdue_bucket():
    assert filled(row_of(Book().invoice("I", 5, "2025-03-01", "2025-03-31"), "2025-03-31")) == {"not_due": 5}
    assert filled(row_of(Book().invoice("I", 5, "2025-03-01", "2025-03-31"), "2025-04-01")) == {"1_30": 5}


def test_erpnext_47580_age_counts_to_the_day_asked_for():
    book = Book().invoice("I", 5, "2024-01-01", "2024-01-31")
    assert filled(row_of(book, "2024-02-10")) == {"1_30": 5}


def test_erpnext_50505_matching_a_credit_note_changes_no_balance():
    book = (
        Book()
        .invoice("I", 100, "2025-01-01", "2025-01-31")
        .credit_note("CN", 40, "2025-02-01")
        .allocate("I", "CN", 40, "2025-02-20")
    )
    before, after = (
        balances(book.ledger(), as_of=as_of(on))["balance_minor"][0] for on in ("2025-02-19", "2025-02-20")
    )
    assert before == after == 60_00
    entries = statement(book.ledger(), customer_id=0, as_of=as_of("2025-03-31"), since=day("2025-01-01"))[
        "entry"
    ].to_list()
    assert entries == ["opening", "credit_note", "closing"]


def test_erpnext_45830_the_scheme_is_data():
    """Its default is the dated policy ``house.ageing_scheme``; a run may ask for another."""
    book = Book().invoice("I", 5, "2025-01-01", "2025-01-31")
    assert filled(row_of(book, "2025-03-31", Scheme.parse("45/59")), ["46_59"]) == {"46_59": 5}


def test_ledgersmb_7177_accounts_of_one_customer_with_several_entities_stay_apart():
    book = (
        Book()
        .invoice("I1", 5, "2025-01-01", "2025-01-31", entity="E1")
        .invoice("I2", 7, "2025-03-01", "2025-03-31", entity="E2")
    )
    ledger = book.ledger()
    rows = ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME)
    assert [filled(row) for row in rows.iter_rows(named=True)] == [{"31_60": 5}, {"not_due": 7}]
    assert grouped(rows, ledger, by="entity").select("entity", "open_minor").rows() == [("E1", 500), ("E2", 700)]


def test_ledgersmb_238_an_invoice_is_exactly_as_old_as_the_days_between():
    book = Book().invoice("I", 5, "2024-01-01", "2024-02-28")
    parts = aged_parts(book.ledger(), as_of=as_of("2024-03-01"), scheme=DEFAULT_SCHEME)
    assert parts["dpd_days"].to_list() == [2]  # 2024 is a leap year


def test_invoiceninja_7121_a_list_of_what_was_owing_on_any_given_day():
    book = (
        Book()
        .invoice("I1", 100, "2025-01-01", "2025-01-31")
        .pay("I1", 100, "2025-02-15")
        .invoice("I2", 9, "2025-02-01", "2025-03-03")
    )
    ledger = book.ledger()
    owing = {
        on: [ledger.items["number"][k] for k in aged_parts(ledger, as_of=as_of(on), scheme=DEFAULT_SCHEME)["item_id"]]
        for on in ("2024-12-31", "2025-01-01", "2025-02-14", "2025-02-15")
    }
    assert owing == {"2024-12-31": [], "2025-01-01": ["I1"], "2025-02-14": ["I1", "I2"], "2025-02-15": ["I2"]}


@pytest.mark.parametrize("days", range(-3, 4))
def test_bcapps_10412_bucket_ends_are_exact_and_no_debt_falls_outside(days):
    on = day("2025-03-31")
    for edge in (0, 30, 60, 90, 180, 365, 5000):
        due = on.fromordinal(on.toordinal() - edge - days)
        row = row_of(Book().invoice("I", 5, "2005-01-01", str(due)), str(on))
        name = DEFAULT_SCHEME.names[int(DEFAULT_SCHEME.bucket(np.array([edge + days]))[0])]
        assert filled(row) == {name: 5}
        assert row["open_minor"] == 500


def test_etendo_core_432_summary_and_detail_agree():
    book = Book().invoice("I1", 5, "2025-01-01", "2025-01-31").invoice("I2", 7, "2025-03-01", "2025-03-31")
    ledger = book.pay("I1", 2, "2025-03-01").pay("I1", 3, "2025-03-02", kind="write_off").ledger()
    parts = aged_parts(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME)
    detail = parts.group_by("bucket").agg(pl.col("open_minor").sum()).rows()
    row = ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME).row(0, named=True)
    assert {DEFAULT_SCHEME.names[bucket]: minor // 100 for bucket, minor in detail} == filled(row) == {"not_due": 7}


def test_erpnext_4907_37111_and_47514_document_and_reporting_currency_stand_side_by_side():
    row = row_of(
        Book(currency="USD").invoice("I", 100, "2025-01-01", "2025-03-30"),
        "2025-03-31",
        rates=rates("CNY", USD=7.2, CNY=1),
    )
    assert (row["open_minor"], row["open_reporting_minor"]) == (100_00, 720_00)
    assert (row["1_30_minor"], row["1_30_reporting_minor"]) == (100_00, 720_00)


def test_erpnext_47681_52372_52457_and_47640_a_foreign_customer_is_aged_in_its_own_currency_and_not_left_out():
    book = (
        Book()
        .invoice("I1", 100, "2025-01-01", "2025-03-30", customer="US", currency="USD")
        .invoice("I2", 100, "2025-01-01", "2025-03-30", customer="CN")
    )
    ledger = book.ledger()
    rows = grouped(ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME), ledger, by="customer")
    assert rows.select("customer_code", "currency", "1_30_minor").rows() == [
        ("CN", "CNY", 100_00),
        ("US", "USD", 100_00),
    ]
    closing = statement(ledger, customer_id=1, as_of=as_of("2025-03-31"), since=day("2025-01-01"))
    assert closing["currency"].unique().to_list() == ["USD"]


def test_erpnext_33678_what_remains_after_a_later_payment_is_right_in_a_foreign_currency():
    book = Book(currency="USD").invoice("I", 100, "2025-01-01", "2025-03-30").pay("I", 60, "2025-04-10")
    conversion = rates("CNY", USD=7.2, CNY=1)
    before, after = (row_of(book, on, rates=conversion) for on in ("2025-03-31", "2025-04-10"))
    assert (before["open_minor"], before["open_reporting_minor"]) == (100_00, 720_00)
    assert (after["open_minor"], after["open_reporting_minor"]) == (40_00, 288_00)


def test_odoo_68137_a_paid_invoice_never_shows_a_cent():
    """Open is decided in the document's currency; only what is open is converted."""
    book = Book(currency="USD").invoice("I", "33.33", "2025-01-01", "2025-03-30")
    for k, amount in enumerate(("11.11", "11.11", "11.11")):
        book.pay("I", amount, f"2025-02-0{k + 1}")
    book.invoice("OPEN", 1, "2025-01-01", "2025-03-30")
    row = row_of(book, "2025-03-31", rates=rates("CNY", USD=7.123456, CNY=1))
    assert (row["open_minor"], row["open_reporting_minor"]) == (100, 712)


def test_odoo_65271_a_payment_in_another_currency_settles_the_amount_it_was_agreed_to():
    """An allocation carries both amounts, so no later rate reopens the invoice or the receipt."""
    book = Book().invoice("I", 100, "2025-01-01", "2025-03-30", currency="USD").receipt("R", 712, "2025-02-01")
    book.allocate("I", "R", 100, "2025-02-01", credit_amount=712)
    rows = ageing(book.ledger(), as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME, rates=rates("CNY", USD=7.9, CNY=1))
    assert rows.height == 0


def test_oca_credit_control_314_and_63_amounts_of_two_currencies_are_never_compared_or_added():
    book = (
        Book().invoice("I1", 1, "2025-01-01", "2025-03-30", currency="JPY").invoice("I2", 1, "2025-01-01", "2025-03-30")
    )
    ledger = book.ledger()
    rows = ageing(ledger, as_of=as_of("2025-03-31"), scheme=DEFAULT_SCHEME)
    assert grouped(rows, ledger, by="customer").select("currency", "open_minor").rows() == [("CNY", 100), ("JPY", 1)]
    with pytest.raises(UsageError):
        reporting_currency(ledger.currencies)
    with pytest.raises(UsageError):
        grouped(rows, ledger, by="customer", in_reporting=True)


def test_metasfresh_15379_and_documentation_1030_what_is_asked_of_a_customer_is_in_the_invoices_currency():
    """Nothing in the ledger has a currency of its own but the account: parts, statement and letters follow it."""
    assert "currency" not in ITEMS.columns
    book = Book().invoice("I1", 10, "2025-01-01", "2025-01-31", currency="CHF")
    rows = statement(book.ledger(), customer_id=0, as_of=as_of("2025-03-31"), since=day("2025-01-01"))
    assert rows.select("currency", "balance_minor").rows()[-1] == ("CHF", 10_00)
