import numpy as np
import polars as pl
import pytest
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.risk.loss_rates import Observed, by_days, observed, pools, replicate_of, used, wilson
from seawall.policies.load import shipped


def loss_rates(book, on="2025-12-31", **more):
    rates = Rates("CNY", day(on), {"CNY": RateUsed(1.0, day(on), "")})
    report = run.protection_run(book.ledger(), as_of=as_of(on), policies=shipped(), rates=rates, **more)
    return {row["bucket"]: row for row in report.loss_rates.iter_rows(named=True)}


class TestCohort:
    def test_what_was_paid_before_a_bucket_never_reached_it(self):
        book = Book().invoice("A", 1000, "2024-01-01", "2024-02-01")
        book.pay("A", 500, "2024-01-20").pay("A", 270, "2024-02-20").pay("A", 150, "2024-03-20")
        book.pay("A", 60, "2024-04-20").pay("A", 20, "2024-12-01", kind="write_off")
        rows = loss_rates(book)
        reached = {name: row["reached_minor"] for name, row in rows.items()}
        assert reached == {
            "not_due": 100_000, "1_30": 50_000, "31_60": 23_000, "61_90": 8000, "91_180": 2000, "181_365": 2000,
            "over_365": 0,
        }  # fmt: skip
        assert {name: row["lost_minor"] for name, row in rows.items() if row["lost_minor"]} == dict.fromkeys(
            ["not_due", "1_30", "31_60", "61_90", "91_180", "181_365"], 2000
        )
        assert rows["31_60"]["own_rate"] == pytest.approx(2 / 23)

    def test_only_what_is_old_enough_counts(self):
        book = Book().invoice("A", 100, "2024-12-01", "2024-12-31").invoice("B", 100, "2024-12-01", "2025-01-01")
        assert loss_rates(book)["not_due"]["reached_minor"] == 10_000

    def test_and_not_what_is_too_old(self):
        book = Book().invoice("A", 100, "2021-01-01", "2021-12-31").invoice("B", 100, "2021-01-01", "2022-01-01")
        assert loss_rates(book)["not_due"]["reached_minor"] == 10_000

    def test_what_is_still_open_counts_as_lost_from_the_bucket_it_stands_in(self):
        book = Book().invoice("A", 100, "2023-01-01", "2023-02-01")
        assert [row["lost_minor"] for row in loss_rates(book).values()] == [10_000] * 7

    def test_a_payment_after_the_day_is_not_known_yet(self):
        book = Book().invoice("A", 100, "2023-01-01", "2023-02-01").pay("A", 100, "2026-01-01")
        assert loss_rates(book)["over_365"]["lost_minor"] == 10_000

    def test_indemnified_is_lost_by_the_customer(self):
        book = Book().invoice("A", 100, "2024-01-01", "2024-02-01")
        book.receipt("I", 100, "2024-08-01", payment_method="indemnity").allocate("A", "I", 100, "2024-08-01")
        assert loss_rates(book)["not_due"]["lost_minor"] == 10_000

    def test_by_issue_day(self):
        book = Book().invoice("A", 100, "2024-01-01", "2024-06-01").pay("A", 100, "2024-03-01")
        rows = loss_rates(book, scheme=Scheme((0, 30, 365), "issue"))
        assert [rows[name]["reached_minor"] for name in ("1_30", "31_365", "over_365")] == [10_000, 10_000, 0]


class TestObserved:
    def test_the_interval_of_a_share_without_losses_follows_the_number_of_customers(self):
        few, many = (observed(np.array([[100]]), np.array([[0]]), [count], [0])[0] for count in (10, 1000))
        assert (few.rate, few.low) == (0.0, 0.0)
        assert few.high == pytest.approx(0.2775, abs=1e-3)
        assert many.high < 0.004

    def test_losses_spread_evenly_over_groups_give_a_narrow_interval(self):
        even = observed(np.full((1, 32), 1000), np.full((1, 32), 10) + np.arange(32) % 2, [3200], [32])[0]
        one = observed(np.full((1, 32), 1000), np.array([[336] + [0] * 31]), [3200], [1])[0]
        assert even.rate == one.rate == pytest.approx(336 / 32000)
        assert even.high - even.low < 0.001
        assert one.high - one.low > 0.05

    def test_nothing_reached_has_no_rate(self):
        none = observed(np.zeros((1, 32), dtype=np.int64), np.zeros((1, 32), dtype=np.int64), [0], [0])[0]
        assert (none.rate, none.low, none.high) == (None, None, None)

    def test_wilson(self):
        assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
        assert wilson(0.0, 0) == (0.0, 1.0)


class TestUsed:
    @pytest.mark.parametrize(
        ("lost", "customers", "expected"),
        [(0, 1000, (0.02, 0.0, "floor")), (100, 200, (0.05, 1.0, "own")), (100, 50, (0.035, 0.5, "shrunk"))],
    )
    def test_by_how_much_history_there_is(self, lost, customers, expected):
        own = Observed(1000, lost, customers, 1, lost / 1000, 0.0, 1.0)
        found = used(own, floor=0.02, enough=200, half_weight=50, final_loss=0.5)
        assert (found.rate, found.weight, found.basis) == (pytest.approx(expected[0]), *expected[1:])


class TestByDays:
    def test_the_rate_of_the_greatest_day_not_above_the_bucket_s_first(self):
        table = {"due": {0: 0.1, 1: 0.2, 31: 0.3, 91: 0.4}}
        assert by_days(table, DEFAULT_SCHEME, policy_id="x") == [0.1, 0.2, 0.3, 0.3, 0.4, 0.4, 0.4]
        assert by_days(table, Scheme((-10, 0, 45)), policy_id="x") == [0.1, 0.1, 0.2, 0.3]

    def test_a_base_without_rates_is_a_gap(self):
        with pytest.raises(PolicyGap):
            by_days({"due": {0: 0.1}}, Scheme((0, 30), "issue"), policy_id="x")


def test_pools_name_what_is_not_stated():
    names, pool = pools(pl.DataFrame({"sector": ["food", None, "food"]}), "sector")
    assert (names, pool.tolist()) == (["-", "food"], [1, 0, 1])


def test_a_group_is_dealt_into_one_replicate():
    dealt = replicate_of(pl.Series(["100001", "100001", "100002"]))
    assert dealt[0] == dealt[1]
    assert len(set(replicate_of(pl.Series([str(k) for k in range(1000)])).tolist())) == 32
