import json

import pytest
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.action.worklist import EXCLUDED, REASONS
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.policies.load import shipped

ON = day("2025-12-31")


def worklist(book):
    rates = Rates("CNY", ON, {"CNY": RateUsed(1.0, ON, "")})
    report = run.protection_run(book.ledger(), as_of=as_of("2025-12-31"), policies=shipped(), rates=rates)
    return {row["customer_code"]: row for row in report.worklist.iter_rows(named=True)}


def codes(row):
    return [reason["code"] for reason in json.loads(row["reasons"])]


class TestRank:
    def test_money_times_urgency(self):
        book = Book().invoice("A1", 10_000, "2025-11-01", "2025-12-20", customer="A")
        book.invoice("B1", 8000, "2025-10-01", "2025-11-10", customer="B")
        book.invoice("C1", 9000, "2025-12-01", "2026-01-10", customer="C")
        rows = worklist(book)
        assert {code: row["rank"] for code, row in rows.items()} == {"A": 1, "B": 2}
        assert (rows["A"]["urgency"], rows["B"]["urgency"]) == (1.0, 1.25)
        assert (rows["A"]["score"], rows["B"]["score"]) == (10_000.0, 10_000.0)

    def test_default_and_age_raise_it(self):
        row = worklist(Book().invoice("A1", 1000, "2025-06-01", "2025-07-01", customer="A"))["A"]
        assert row["urgency"] == 1 + 4 * 0.25 + 0.5
        assert codes(row) == ["default", "overdue"]

    def test_what_a_call_can_save_is_the_loss_expected_on_what_is_overdue(self):
        book = Book().invoice("A1", 1000, "2025-11-01", "2025-12-20", customer="A")
        book.invoice("A2", 1000, "2025-12-01", "2026-01-20", customer="A")
        assert worklist(book)["A"]["worth_minor"] == 1600


class TestReasons:
    def test_carry_their_parameters(self):
        book = Book()
        for k in range(3):
            book.invoice(f"P{k}", 500, f"2025-0{k + 5}-01", f"2025-0{k + 6}-01").pay(f"P{k}", 500, f"2025-0{k + 6}-01")
        book.invoice("X", 1000, "2025-11-01", "2025-12-01").receipt("R", 100, "2025-12-15")
        (row,) = worklist(book).values()
        assert json.loads(row["reasons"]) == [
            {"code": "first_time_late", "days": 30},
            {"code": "overdue", "amount_minor": 100_000, "days": 30},
            {"code": "unapplied", "amount_minor": 10_000},
        ]

    def test_a_day_is_a_text(self):
        book = Book()
        for k in range(3):
            book.invoice(f"P{k}", 500, "2025-03-01", "2025-04-01").pay(f"P{k}", 500, "2025-04-20")
        (row,) = worklist(book.invoice("X", 1000, "2025-11-01", "2025-12-01")).values()
        assert json.loads(row["reasons"])[0] == {"code": "stopped_paying", "last_paid_on": "2025-04-20"}

    def test_every_code_has_a_sentence_with_its_parameters(self):
        assert set(REASONS) == {
            "overdue", "first_time_late", "later_than_ever", "stopped_paying", "slowing", "default", "unapplied",
        }  # fmt: skip
        assert all(sentence.endswith(".") for sentence in [*REASONS.values(), *EXCLUDED.values()])


class TestLeftOut:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda book: book.receipt("R", 900, "2025-12-15"), "unapplied_covers"),
            (lambda book: book.receipt("R", 899, "2025-12-15"), None),
            (lambda book: book.dispute("X", 1000, "2025-12-10"), "all_disputed"),
            (lambda book: book.dispute("X", 501, "2025-12-10"), "small"),
            (lambda book: book.dispute("X", 500, "2025-12-10"), None),
            (lambda book: book.dispute("X", 1000, "2025-12-10", "2025-12-20"), None),
        ],
    )
    def test_with_the_reason(self, change, code):
        book = Book().invoice("X", 1000, "2025-11-01", "2025-12-01")
        change(book)
        (row,) = worklist(book).values()
        assert row["excluded"] == code
        assert (row["rank"] is None) == (code is not None)

    def test_within_the_days_of_grace(self):
        book = Book().invoice("A1", 1000, "2025-12-01", "2025-12-28", customer="A")
        rows = worklist(book.invoice("B1", 1000, "2025-12-01", "2025-12-27", customer="B"))
        assert {code: row["excluded"] for code, row in rows.items()} == {"A": "within_grace", "B": None}

    def test_codes_have_sentences(self):
        assert set(EXCLUDED) == {"unapplied_covers", "all_disputed", "small", "within_grace"}
