import datetime as dt
import os
import statistics
import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import Broken, NotKnown, PolicyGap
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.generate import generate
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.protection.expected_loss import Assessment
from seawall.engine.report import TABLES
from seawall.policies.load import shipped

ON = day("2025-12-31")
QUOTES = {"CNY": 1.0, "EUR": 7.8, "USD": 7.1, "GBP": 9.1, "JPY": 0.048}
RATES = Rates("CNY", ON, {code: RateUsed(rate, ON, "test") for code, rate in QUOTES.items()})
ASK = {"as_of": as_of("2025-12-31"), "policies": shipped(), "rates": RATES}


def report_of(book, on="2025-12-31", policies=None, **more):
    return run.protection_run(book.ledger(), **{**ASK, "as_of": as_of(on), "policies": policies or shipped(), **more})


def only(table, **where):
    rows = table.filter(pl.col(name) == value for name, value in where.items())
    assert rows.height == 1, rows
    return rows.row(0, named=True)


@pytest.fixture(scope="module")
def generated():
    return generate(items=6_000, customers=150, seed=3, until=ON)


@pytest.fixture(scope="module")
def report(generated):
    return run.protection_run(generated, **ASK)


def split(ledger, count):
    """Partitions of whole corporate groups, in no particular order."""
    group = ledger.customers["group_code"].to_list()
    place = {code: k for k, code in enumerate(sorted(set(group)))}
    bin_of = np.array([place[code] % count for code in group])
    of_account = bin_of[ledger.accounts["customer_id"].to_numpy()]
    return [ledger.only(pl.Series(of_account == k)) for k in range(count)]


OTHER_PROCESS = f"""
import datetime as dt
from seawall.engine import run
from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.generate import generate
from seawall.policies.load import shipped
on = dt.date(2025, 12, 31)
rates = Rates("CNY", on, {{code: RateUsed(rate, on, "test") for code, rate in {QUOTES}.items()}})
ledger = generate(items=6_000, customers=150, seed=3, until=on)
print(run.protection_run(ledger, as_of=AsOf(on, 0), policies=shipped(), rates=rates).digest())
"""


class TestSameFactsSameReport:
    def test_whatever_the_number_of_partitions(self, generated, report):
        for pieces in (2, 7):
            parts = [run.protect(part, **ASK) for part in split(generated, pieces)]
            assert run.combine(parts[::-1], **ASK).digest() == report.digest()

    def test_whatever_the_order_of_rows(self, generated, report):
        shuffled = generated.allocations.sample(fraction=1, shuffle=True, seed=1)
        other = run.protection_run(
            replace(generated, allocations=shuffled, disputes=generated.disputes.reverse()),
            **ASK,
        )
        assert other.digest() == report.digest()

    def test_whatever_the_order_of_items_within_accounts(self, generated, report):
        order = generated.items.with_columns(
            at=pl.Series(np.random.default_rng(2).permutation(generated.items.height))
        ).sort("account_id", "at")["item_id"]  # fmt: skip
        place = np.empty(len(order), dtype=np.int64)
        place[order.to_numpy()] = np.arange(len(order))

        def moved(frame, *columns):
            return frame.with_columns(pl.Series(name, place[frame[name].to_numpy()]) for name in columns)

        other = replace(
            generated,
            items=generated.items[order.to_numpy()].with_columns(item_id=pl.Series(np.arange(len(order)))),
            allocations=moved(generated.allocations, "debit_id", "credit_id"),
            instalments=moved(generated.instalments, "item_id"),
            disputes=moved(generated.disputes, "item_id"),
        )
        assert run.protection_run(other.check(), **ASK).digest() == report.digest()

    def test_whatever_the_number_of_threads_in_another_process(self, report):
        for threads in ("1", "3"):
            done = subprocess.run(
                [sys.executable, "-c", OTHER_PROCESS], capture_output=True, text=True, check=True,
                env={**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads},
            )  # fmt: skip
            assert done.stdout.strip() == report.digest()

    def test_but_another_amount_is_another_report(self, generated, report):
        items = generated.items.with_columns(
            tax_minor=pl.when(pl.col("item_id") == 0).then(pl.col("tax_minor") + 1).otherwise("tax_minor")
        )
        other = run.protection_run(replace(generated, items=items), **ASK)
        assert other.digest() != report.digest()

    def test_a_write_that_brings_no_fact_changes_no_digest(self, generated, report):
        later = AsOf(ON, ASK["as_of"].known + 7)
        assert run.protection_run(generated, **ASK | {"as_of": later}).digest() == report.digest()

    def test_and_through_files_between_the_halves(self, generated, report, tmp_path):
        frames = run.protect(generated, **ASK).frames()
        for name, frame in frames.items():
            frame.write_parquet(tmp_path / name)
        back = run.Accumulators(**{name: pl.read_parquet(tmp_path / name) for name in frames})
        assert run.combine([back], **ASK).digest() == report.digest()


class TestTablesAgree:
    def test_every_table_is_as_declared_and_in_order(self, report):
        for table in TABLES:
            frame = getattr(report, table.name)
            assert frame.height, table.name
            assert frame.equals(frame.sort(table.key)) or table.name in ("months", "figures", "worklist", "loss_rates")

    def test_open_is_the_same_everywhere(self, report):
        total = report.figure("open_minor")
        assert total == report.ageing["open_reporting_minor"].sum()
        assert total == report.customers["open_minor"].sum()
        assert total == report.provision["gross_minor"].sum()
        assert total == report.months["open_minor"].last()
        buckets = [f"{name}_minor" for name in report.scheme.names]
        assert total == sum(report.customers[name].sum() for name in buckets)
        for k, name in enumerate(report.scheme.names):
            row = only(report.provision, ordinal=k)
            assert row["gross_minor"] == report.customers[f"{name}_minor"].sum()

    def test_overdue_and_default_are_the_same_in_months_and_customers(self, report):
        assert report.figure("overdue_minor") == report.months["overdue_minor"].last()
        assert report.figure("unpaid_default_minor") == report.customers["default_minor"].sum()
        assert report.provision["default_minor"].sum() == report.customers["default_minor"].sum()

    def test_the_rounding_by_customer_is_a_line_of_its_own(self, report):
        difference = report.customers["ecl_minor"].sum() - report.figure("ecl_minor")
        assert difference == report.figure("ecl_rounding_minor")
        assert abs(difference) <= report.customers.height * len(report.scheme.names)

    def test_flows_leave_what_stood_there(self, report):
        month = report.roll_flows.filter(pl.col("step") == "month")
        out = month.group_by("on", "bucket").agg(pl.col("amount_minor").sum())
        steps = report.roll_steps.filter(pl.col("step") == "month", pl.col("from_minor") != 0)
        both = steps.join(out, on=["on", "bucket"], how="left")
        assert (both["from_minor"] == both["amount_minor"]).all()

    def test_the_roll_forward_closes(self, report):
        amounts = report.allowance["amount_minor"].to_list()
        assert sum(amounts[:4]) == amounts[4] == report.figure("ecl_minor")
        assert report.journal["debit_minor"].sum() == report.journal["credit_minor"].sum()

    def test_shares_sum_to_one(self, report):
        assert report.customers["share_rate"].sum() == pytest.approx(1)
        hhi = only(report.concentration, dimension="customer", measure="hhi")["value"]
        assert hhi == pytest.approx((report.customers["share_rate"] ** 2).sum())


def losing_book():
    """One customer failed: 1,000 written off, 90 % of 500 indemnified, 200 in default; 100 came back."""
    book = Book()
    book.invoice("A1", 100_000, "2025-03-01", "2025-04-01", tax=0).pay("A1", 100_000, "2025-04-10")
    book.invoice("B1", 1000, "2025-03-05", "2025-04-05", customer="B")
    book.pay("B1", 1000, "2025-11-01", kind="write_off")
    book.invoice("B2", 500, "2025-03-06", "2025-04-06", customer="B")
    book.receipt("I1", 450, "2025-10-01", customer="B", payment_method="indemnity").allocate(
        "B2", "I1", 450, "2025-10-01"
    )
    book.pay("B2", 50, "2025-11-01", kind="write_off")
    book.invoice("B3", 200, "2025-06-01", "2025-07-01", customer="B")
    book.item("debit_note", "R1", 100, "2025-12-05", customer="B", payment_method="recovery")
    book.receipt("R2", 100, "2025-12-05", customer="B", payment_method="recovery").allocate(
        "R1", "R2", 100, "2025-12-05"
    )
    return book


class TestLossRatio:
    def test_counts_what_customers_did_not_pay_less_what_came_back(self):
        report = report_of(losing_book())
        minor = {name: report.figure(f"{name}_minor") for name in ("write_offs_12m", "indemnified_12m",
                 "unpaid_default", "recoveries_12m", "indemnity_12m", "gross_loss_12m", "net_loss_12m")}  # fmt: skip
        assert minor == {
            "write_offs_12m": 105_000, "indemnified_12m": 45_000, "unpaid_default": 20_000, "recoveries_12m": 10_000,
            "indemnity_12m": 45_000, "gross_loss_12m": 170_000, "net_loss_12m": 115_000,
        }  # fmt: skip
        assert report.figure("sales_12m_minor") == 10_170_000
        assert report.figure("loss_ratio_rate") == pytest.approx(115_000 / 10_170_000)
        assert report.figure("loss_ratio_realised_rate") == pytest.approx(95_000 / 10_170_000)

    def test_sales_are_without_tax_by_policy_and_losses_with_it(self):
        book = Book()
        book.invoice("A1", 1130, "2025-03-01", "2025-04-01", tax=130).pay("A1", 1130, "2025-11-01", kind="write_off")
        assert report_of(book).figure("loss_ratio_rate") == pytest.approx(1.13)
        relieved = shipped().replaced("accounting.vat", {"sales": "without", "losses": "without"}, source="test")
        assert report_of(book, policies=relieved).figure("loss_ratio_rate") == pytest.approx(1.0)

    def test_the_window_is_twelve_months(self):
        book = losing_book()
        report = report_of(book, on="2026-12-31", rates=Rates("CNY", day("2026-12-31"), RATES.by_currency))
        assert report.figure("write_offs_12m_minor") == 0
        assert report.figure("loss_ratio_rate") is None
        assert report.figure("unpaid_default_minor") == 20_000


class TestAllowance:
    def test_no_losses_seen_means_the_floor_and_says_so(self):
        book = Book()
        book.invoice("A1", 1000, "2025-12-01", "2025-12-31")
        book.invoice("A2", 1000, "2025-10-01", "2025-10-31")
        report = report_of(book)
        assert only(report.provision, bucket="not_due")["ecl_minor"] == 300
        assert only(report.provision, bucket="61_90")["ecl_minor"] == 6600
        assert set(report.provision["basis"]) == {"floor"}
        assert report.figure("ecl_minor") == 6900

    def test_thin_history_is_drawn_towards_the_floor(self):
        book = Book()
        book.invoice("A1", 900, "2024-01-01", "2024-02-01").pay("A1", 900, "2024-02-01")
        book.invoice("B1", 100, "2024-01-01", "2024-02-01", customer="B").pay("B1", 100, "2024-06-01", kind="write_off")
        row = only(report_of(book).loss_rates, bucket="not_due")
        assert (row["own_rate"], row["basis"], row["customers"]) == (0.1, "shrunk", 2)
        assert row["rate"] == pytest.approx(2 / 52 * 0.1 + 50 / 52 * 0.003)

    def test_percentages_are_read_by_first_day_of_the_bucket(self):
        book = Book().invoice("A1", 1000, "2025-10-01", "2025-10-31")
        chosen = shipped().replaced("accounting.ecl_method", "ageing_percentages", source="test")
        report = report_of(book, policies=chosen, scheme=Scheme((0, 60)))
        row = only(report.provision, bucket="over_60")
        assert (row["rate"], row["ecl_minor"], row["basis"]) == (0.066, 6600, "policy")

    def test_migration_has_buckets_of_its_own(self, generated):
        chosen = shipped().replaced("accounting.ecl_method", "migration", source="test")
        report = run.protection_run(generated, **{**ASK, "policies": chosen})
        assert report.provision["bucket"].to_list()[:3] == ["not_due", "1_30", "31_60"]
        assert report.provision.height == 14
        assert report.provision["gross_minor"].sum() == report.figure("open_minor")

    def test_the_forward_factor_multiplies_and_stops_at_one(self):
        book = Book().invoice("A1", 1000, "2025-12-01", "2025-12-31").invoice("A2", 1000, "2025-01-01", "2025-02-01")
        policies = shipped().replaced("accounting.forward_looking", {"factor": 5.0}, source="test")
        report = report_of(book, policies=policies)
        assert only(report.provision, bucket="not_due")["ecl_minor"] == 1500
        assert only(report.provision, bucket="181_365")["applied_rate"] == 1.0

    def test_who_is_assessed_alone_leaves_the_pool(self):
        book = (
            Book()
            .invoice("A1", 1000, "2025-12-01", "2025-12-31")
            .invoice("B1", 500, "2025-12-01", "2025-12-31", customer="B")
        )
        report = report_of(book, individual={"B": Assessment(ecl_minor=40_000, opening_minor=10_000)})
        assert only(report.provision, pool="individual")["ecl_minor"] == 40_000
        assert only(report.provision, pool="all", bucket="not_due")["gross_minor"] == 100_000
        assert only(report.customers, customer_code="B")["assessed"] == "individual"
        assert report.allowance["amount_minor"].to_list() == [10_000, 30_300, 0, 0, 40_300]

    def test_pools_by_sector(self):
        book = Book().customer("A", sector="food").customer("B", sector=None)
        book.invoice("A1", 1000, "2025-12-01", "2025-12-31", customer="A")
        book.invoice("B1", 1000, "2025-12-01", "2025-12-31", customer="B")
        policies = shipped().replaced("accounting.ecl_pools", "sector", source="test")
        report = report_of(book, policies=policies)
        assert set(report.provision["pool"]) == {"-", "food"}
        assert report.figure("ecl_minor") == 600

    def test_a_known_loss_rate_comes_back_within_its_interval(self):
        found = []
        for seed in range(6):
            ledger = generate(items=25_000, customers=1500, seed=seed, until=ON, months=36, loss_rate=0.01)
            found.append(only(run.protection_run(ledger, **ASK).loss_rates, pool="all", bucket="not_due"))
        assert sum(row["low_rate"] <= 0.01 <= row["high_rate"] for row in found) >= 5
        assert statistics.median(row["high_rate"] - row["low_rate"] for row in found) < 0.02
        assert 0.006 < statistics.mean(row["own_rate"] for row in found) < 0.014


class TestDefault:
    def test_ninety_days_and_more_than_a_trifle(self):
        book = Book()
        book.invoice("A1", 1000, "2025-09-01", "2025-10-02").invoice("A2", 1000, "2025-12-01", "2026-01-01")
        book.invoice("B1", 1000, "2025-09-01", "2025-10-03", customer="B")
        book.invoice("C1", 5, "2025-09-01", "2025-10-01", customer="C").invoice(
            "C2", 995, "2025-12-01", "2026-01-01", customer="C"
        )
        found = report_of(book).customers.select("customer_code", "is_default")
        assert dict(found.iter_rows()) == {"B": False, "C": False, "C1": True}

    def test_what_is_disputed_is_left_out_by_policy(self):
        book = Book().invoice("A1", 1000, "2025-06-01", "2025-07-01").dispute("A1", 400, "2025-08-01")
        assert report_of(book).figure("default_minor") == 60_000
        counted = shipped().replaced(
            "accounting.default_definition",
            {"days": 90, "materiality_rate": 0.01, "disputed": "counted"},
            source="test",
        )
        assert report_of(book, policies=counted).figure("default_minor") == 100_000


class TestEdges:
    def test_a_day_before_the_first_list_is_not_known(self):
        book = Book(known_from=day("2025-06-30")).invoice("A1", 1000, "2025-05-01", "2025-06-01")
        with pytest.raises(NotKnown):
            report_of(book, on="2025-05-31")

    def test_a_short_history_shows_no_opening_and_no_ratio(self):
        book = Book(known_from=day("2025-12-15")).invoice("A1", 1000, "2025-11-01", "2025-12-01")
        report = report_of(book)
        assert report.figure("allowance_opening_minor") is None
        assert report.figure("loss_ratio_rate") is None
        assert (report.allowance.height, report.journal.height, report.months.height) == (0, 0, 1)

    def test_a_day_within_a_month(self):
        book = Book().invoice("A1", 1000, "2025-11-20", "2025-12-01")
        report = report_of(book, on="2025-12-17")
        assert report.months["on"].last() == dt.date(2025, 12, 17)
        assert report.figure("open_minor") == 100_000
        assert report.allowance["on"].first() == dt.date(2025, 11, 30)

    def test_nothing_open_at_all(self):
        book = Book().invoice("A1", 1000, "2025-11-01", "2025-12-01").pay("A1", 1000, "2025-12-05")
        report = report_of(book)
        assert (report.figure("open_minor"), report.figure("ecl_minor")) == (0, 0)
        assert report.figure("hhi") is None

    def test_a_missing_rate_is_a_gap(self):
        book = Book(currency="KWD").invoice("A1", 1000, "2025-11-01", "2025-12-01")
        with pytest.raises(PolicyGap):
            report_of(book)

    def test_amounts_beyond_the_limit_are_refused(self):
        book = Book().invoice("A1", 90_000_000_000_000, "2025-11-01", "2025-12-01")
        for k in range(40):
            book.invoice(f"B{k}", 90_000_000_000_000, "2025-11-01", "2024-12-01").pay(
                f"B{k}", 90_000_000_000_000, "2025-12-30"
            )
        with pytest.raises(Broken):
            report_of(book)

    def test_amounts_meet_in_the_reporting_currency_row_by_row(self):
        book = Book().invoice("A1", 100, "2025-12-01", "2026-01-01")
        book.invoice("A2", 1001, "2025-12-01", "2026-01-01", currency="JPY")
        report = report_of(book)
        assert report.figure("open_minor") == 10_000 + 4805
        assert report.ageing["open_minor"].to_list() == [10_000, 1001]


class TestAlmostNothing:
    def test_an_empty_ledger(self):
        report = report_of(Book())
        assert (report.figure("open_minor"), report.figure("ecl_minor"), report.customers.height) == (0, 0, 0)
        assert report.figure("loss_ratio_rate") is None

    def test_only_cash_that_nothing_was_invoiced_for(self):
        report = report_of(Book().receipt("R1", 100, "2025-12-05"))
        assert (report.figure("open_minor"), report.figure("unapplied_minor")) == (0, 10_000)

    def test_everything_lies_after_the_day(self):
        report = report_of(Book().invoice("A1", 100, "2026-02-01", "2026-03-01"))
        assert (report.figure("open_minor"), report.figure("sales_12m_minor")) == (0, 0)

    def test_by_issue_day_with_every_method(self):
        book = Book().invoice("A1", 100, "2023-02-01", "2023-03-01").invoice("A2", 100, "2025-12-01", "2026-03-01")
        for method in ("cohort_loss_rate", "migration", "ageing_percentages"):
            policies = shipped().replaced("accounting.ecl_method", method, source="test")
            report = report_of(book, policies=policies, scheme=Scheme((0, 365, 730), "issue"))
            assert report.provision["gross_minor"].sum() == 20_000
            assert report.figure("worklist_customers") == 0 or report.figure("worklist_worth_minor") > 0


@pytest.mark.parametrize("method", ["cohort_loss_rate", "migration", "ageing_percentages"])
@pytest.mark.parametrize(("since", "before"), [("previous_month_end", "2025-11-30"), ("year_start", "2024-12-31")])
def test_the_opening_is_what_a_run_of_that_day_says(generated, method, since, before):
    policies = shipped().replaced("accounting.ecl_method", method, source="test")
    policies = policies.replaced("accounting.opening_allowance", since, source="test")
    now = run.protection_run(generated, **{**ASK, "policies": policies})
    then = run.protection_run(generated, **{**ASK, "policies": policies, "as_of": as_of(before)})
    assert now.figure("allowance_opening_minor") == then.figure("ecl_minor") > 0
    assert now.allowance["on"].first() == day(before)


@pytest.mark.slow
@pytest.mark.promise("R11")
def test_same_facts_same_bytes_on_many_ledgers(count, promise):
    ledgers, hashes, differences = count(3, 60), 0, 0
    for seed in range(ledgers):
        ledger = generate(items=3_000, customers=80, seed=100 + seed, until=ON)
        whole = run.protection_run(ledger, **ASK).digest()
        shuffled = ledger.allocations.sample(fraction=1, shuffle=True, seed=seed)
        others = [run.protection_run(replace(ledger, allocations=shuffled), **ASK)]
        for pieces in (2, 3, 11):
            parts = [run.protect(part, **ASK) for part in split(ledger, pieces) if part.items.height]
            others.append(run.combine(parts[::-1], **ASK))
        hashes += len(others)
        differences += sum(other.digest() != whole for other in others)
    assert differences == 0
    promise(f"{ledgers} ledgers whole, shuffled and in 2, 3 and 11 partitions: {hashes} hashes, differences 0")
