import numpy as np
import pytest
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.risk.behaviour import weighted_days
from seawall.policies.load import shipped


def customer(book, on="2025-12-31"):
    rates = Rates("CNY", day(on), {"CNY": RateUsed(1.0, day(on), "")})
    report = run.protection_run(book.ledger(), as_of=as_of(on), policies=shipped(), rates=rates)
    return report.customers.row(0, named=True)


def paid(*days_late, amount=100, first="2025-02-01"):
    """One invoice a month from ``first``, each paid so many days past due."""
    book = Book()
    for k, late in enumerate(days_late):
        due = np.datetime64(first) + np.timedelta64(30 * k, "D")
        issued = due - np.timedelta64(30, "D")
        book.invoice(f"I{k}", amount, str(issued), str(due)).pay(f"I{k}", amount, str(due + np.timedelta64(late, "D")))
    return book


class TestDaysBeyondTerms:
    def test_gt_1_12_raw_and_clipped(self):
        book = Book()
        for number, amount, on in (
            ("A", 100_000, "2025-06-11"),
            ("B", 50_000, "2025-07-01"),
            ("C", 50_000, "2025-05-27"),
        ):
            book.invoice(number, amount, "2025-05-01", "2025-06-01").pay(number, amount, on)
        row = customer(book)
        assert (row["beyond_terms_days"], row["beyond_terms_clipped_days"]) == (11.25, 12.5)
        assert row["on_time_rate"] == 0.25
        assert (row["payments"], row["longest_late_days"], row["last_paid_on"]) == (3, 30, day("2025-07-01"))

    def test_what_is_open_and_overdue_enters_as_if_paid_today(self):
        book = paid(10).invoice("X", 300, "2025-11-01", "2025-12-01").invoice("Y", 500, "2025-12-20", "2026-01-20")
        row = customer(book)
        assert row["beyond_terms_with_open_days"] == pytest.approx((100 * 10 + 300 * 30) / 400)
        assert row["beyond_terms_days"] == 10

    def test_trend_is_the_last_three_months_less_the_nine_before(self):
        book = paid(0, 0, 4, first="2025-03-01")
        book.invoice("N", 100, "2025-10-01", "2025-11-01").pay("N", 100, "2025-11-21")
        assert customer(book)["trend_days"] == pytest.approx(20 - 4 / 3)

    def test_the_window_is_twelve_months(self):
        book = Book().invoice("A", 100, "2024-10-01", "2024-11-01").pay("A", 100, "2024-12-31")
        row = customer(book)
        assert (row["payments"], row["beyond_terms_days"], row["on_time_rate"]) == (0, None, None)

    def test_credit_notes_write_offs_and_recoveries_are_no_payments(self):
        book = Book().invoice("A", 100, "2025-05-01", "2025-06-01")
        book.pay("A", 40, "2025-06-05", kind="credit_note").pay("A", 60, "2025-09-01", kind="write_off")
        book.item("debit_note", "R", 10, "2025-10-01", payment_method="recovery").pay("R", 10, "2025-10-05")
        assert customer(book)["payments"] == 0

    def test_instalments_are_late_each_by_itself(self):
        parts = [("2025-06-01", 100), ("2025-08-01", 100)]
        book = Book().invoice("A", 200, "2025-05-01", "2025-08-01", parts=parts)
        book.pay("A", 150, "2025-06-11").pay("A", 50, "2025-08-01")
        assert customer(book)["beyond_terms_days"] == pytest.approx((100 * 10 + 50 * -51 + 50 * 0) / 200)

    def test_sums_that_could_wrap_are_refused(self):
        with pytest.raises(Broken):
            weighted_days(np.zeros(3, dtype=np.int64), np.full(3, 2**53), np.full(3, 400), 1)


class TestBrokenPattern:
    def reason(self, book):
        row = customer(book)
        assert row["is_pattern_broken"] == (row["pattern_reason"] is not None)
        return row["pattern_reason"]

    def test_first_time_late(self):
        book = paid(0, -2, 1, 0).invoice("X", 100, "2025-11-01", "2025-12-01")
        assert self.reason(book) == "first_time_late"

    def test_not_within_grace(self):
        assert self.reason(paid(0, -2, 1, 0).invoice("X", 100, "2025-11-01", "2025-12-28")) is None

    def test_stopped_paying(self):
        book = paid(5, 20, 10, 12, first="2025-02-01").invoice("X", 100, "2025-11-01", "2025-12-20")
        assert self.reason(book) == "stopped_paying"

    def test_later_than_ever(self):
        book = paid(5, 20, 10, 12, first="2025-09-01").invoice("X", 100, "2025-11-01", "2025-12-01")
        assert self.reason(book) == "later_than_ever"

    def test_slowing(self):
        book = paid(5, 5, 5, 5, 5, 5, 5, 5, 30, 30, first="2025-02-01")
        assert self.reason(book) == "slowing"

    def test_too_few_payments_say_nothing(self):
        assert self.reason(paid(0, 0).invoice("X", 100, "2025-06-01", "2025-07-01")) is None
