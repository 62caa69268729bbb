import numpy as np
import pytest
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.risk.roll_rates import MONTHLY, absorbed, bucket_names, loss_rates, migration, step_of
from seawall.policies.load import shipped


def report_of(book, on):
    rates = Rates("CNY", day(on), {"CNY": RateUsed(1.0, day(on), "")})
    return run.protection_run(book.ledger(), as_of=as_of(on), policies=shipped(), rates=rates)


def flows(report, on, step="month"):
    rows = report.roll_flows.filter(step=step, on=day(on))
    return {
        (b, s): (minor, n) for b, s, minor, n in rows.select("bucket", "state", "amount_minor", "items").iter_rows()
    }


class TestStepOf:
    def test_thirty_days_by_month_and_years_by_year(self):
        assert step_of(MONTHLY) == "month"
        assert step_of(Scheme((0, 365, 730, 1095, 1460, 1825), "issue")) == "year"

    def test_any_other_scheme_is_refused(self):
        for scheme in (DEFAULT_SCHEME, Scheme((0, 30, 60, 90)), Scheme(MONTHLY.edges, "issue")):
            with pytest.raises(UsageError) as refused:
                step_of(scheme)
            assert refused.value.code == "scheme_not_one_step_wide"


class TestMigration:
    def test_collected_amounts_do_not_roll(self):
        found = migration(
            np.array([[100, 0, 0], [0, 40, 0], [0, 0, 10]]), np.zeros((2, 3), dtype=np.int64), final_loss=1.0
        )
        assert found.roll == [0.4, 0.25]
        assert found.loss == [0.1, 0.25, 1.0]

    def test_an_empty_bucket_gives_no_ratio_and_the_mean_leaves_it_out(self):
        found = migration(np.array([[0, 10], [100, 10], [100, 30]]), np.zeros((2, 2), dtype=np.int64), final_loss=1.0)
        assert found.ratios == [[None], [0.2]]
        assert (found.roll, found.steps) == ([0.2], [1])

    def test_a_mean_is_at_most_one(self):
        found = migration(np.array([[10, 0], [0, 50]]), np.zeros((1, 2), dtype=np.int64), final_loss=0.8)
        assert (found.roll, found.loss) == ([1.0], [0.8, 0.8])

    def test_payments_out_of_the_last_bucket_do_not_make_it_negative(self):
        found = migration(np.array([[10, 50], [0, 20]]), np.zeros((1, 2), dtype=np.int64), final_loss=1.0)
        assert found.roll == [0.0]

    def test_what_a_long_history_never_saw_counts_as_lost(self):
        balances = np.array([[100, 40, 0, 0], [100, 40, 0, 0], [100, 40, 0, 0], [100, 40, 0, 0]])
        gone = np.array([[0, 10, 0, 0]] * 3)
        found = migration(balances, gone, final_loss=0.9)
        assert found.roll == [pytest.approx(0.4), 0.25, None]
        assert found.loss == pytest.approx([0.09, 0.225, 0.9, 0.9])

    def test_in_a_short_history_what_was_never_seen_is_not_known(self):
        balances = np.array([[100, 40, 0, 0], [100, 40, 0, 0]])
        assert migration(balances, np.zeros((1, 4), dtype=np.int64), final_loss=0.9).loss == [None, None, None, 0.9]

    def test_an_unknown_rate_makes_all_before_it_unknown(self):
        assert loss_rates([0.5, None, 0.5], final_loss=1.0) == [None, None, 0.5, 1.0]


class TestAbsorbed:
    def test_shares_that_end_written_off(self):
        # Half of bucket 0 is paid, half moves on; of bucket 1 a fifth is written off, the rest paid.
        assert absorbed(np.array([[0, 50, 50, 0], [0, 0, 80, 20]])) == pytest.approx([0.1, 0.2])

    def test_staying_counts_until_the_end(self):
        assert absorbed(np.array([[50, 0, 25, 25], [0, 0, 0, 0]])) == [pytest.approx(0.5), None]

    def test_what_nothing_ever_leaves_has_no_answer(self):
        assert absorbed(np.array([[0, 100, 100, 0], [0, 70, 0, 0]])) == [0.0, None]


class TestItemsBetweenMonthEnds:
    def test_moved_paid_in_part_and_written_off(self):
        book = Book()
        book.invoice("A", 100, "2025-05-01", "2025-06-20").pay("A", 30, "2025-07-10")
        book.invoice("B", 200, "2025-05-01", "2025-06-20").pay("B", 200, "2025-07-15")
        book.invoice("C", 400, "2025-05-01", "2025-06-20").pay("C", 150, "2025-07-03")
        book.pay("C", 250, "2025-07-20", kind="write_off")
        report = report_of(book, "2025-07-31")
        assert flows(report, "2025-07-31") == {
            ("1_30", "31_60"): (7000, 1),
            ("1_30", "paid"): (3000 + 20_000 + 15_000, 1),
            ("1_30", "written_off"): (25_000, 1),
        }
        step = report.roll_steps.filter(step="month", on=day("2025-07-31"), bucket="1_30").row(0, named=True)
        assert (step["from_minor"], step["to_minor"], step["written_off_minor"]) == (70_000, 7000, 25_000)
        assert step["roll_rate"] == pytest.approx(0.32 / 0.7)

    def test_years_count_by_the_calendar_since_the_invoice(self):
        book = Book().invoice("A", 100, "2024-02-29", "2024-03-31").invoice("B", 100, "2024-03-01", "2024-03-31")
        report = report_of(book, "2026-02-28")
        assert flows(report, "2025-02-28", "year") == {("0_1_year", "1_2_years"): (10_000, 1)}
        assert flows(report, "2026-02-28", "year") == {
            ("1_2_years", "2_3_years"): (10_000, 1),
            ("0_1_year", "1_2_years"): (10_000, 1),
        }

    def test_instalments_move_each_by_itself(self):
        parts = [("2025-06-20", 60), ("2025-12-20", 40)]
        book = Book().invoice("A", 100, "2025-05-01", "2025-12-20", parts=parts)
        assert flows(report_of(book, "2025-07-31"), "2025-07-31") == {
            ("1_30", "31_60"): (6000, 1),
            ("not_due", "not_due"): (4000, 1),
        }

    def test_bucket_names(self):
        assert bucket_names("month") == MONTHLY.names
        assert (bucket_names("year")[0], bucket_names("year")[-1]) == ("0_1_year", "over_5_years")
