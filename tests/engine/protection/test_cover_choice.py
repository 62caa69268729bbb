import datetime as dt
from pathlib import Path

import pytest
from factories import Book

from seawall.engine.ledger.insured_facts import INSURANCE_EVENT_FACTS, INSURED_LIMIT_FACTS, InsuredFacts
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.cover_choice import Option, Rules, cheapest, replayed, shadow_prices
from seawall.engine.protection.loss_history import failures, lasting
from seawall.policies.insurance import parse

ROOT = Path(__file__).resolve().parents[3]
POLICY = """\
policy: P-1
form: whole_turnover
period: {from: 2025-01-01, to: 2025-12-31}
currency: CNY
source: contract 7
terms:
  causes: [insolvency, protracted_default]
  vat: out
  max_payment_term: {days: 90}
  receipt_allocation: as_booked
  disputed: suspended
  mep: {days: 60}
  stop_of_cover: [mep_end]
  overdue_notice: {from: due, within: {days: 30}, missed: lost}
  waiting_period: {protracted_default: {from: due, length: {days: 100}}, insolvency: {from: loss, length: {days: 0}}}
  insured_rate: 0.9
  aggregate_first_loss: 1000
  loss_operators: [aggregate_first_loss, insured_rate]
  recoveries: {rule: pro_rata_insured, costs: shared}
  premium: {basis: turnover, rate: 0.01}
"""
RULES = Rules(draws=200, seed=1, tail_rate=0.95, least_share=0.05, headroom_rate=0.1)
ON = dt.date(2025, 12, 31)


def day(text):
    return dt.date.fromisoformat(text)


def limits(*rows):
    return INSURED_LIMIT_FACTS.frame([
        {"customer_code": code, "policy": "P-1", "layer": "1", "kind": "approved", "amount_minor": amount * 100,
         "currency": "CNY", "decided_on": day(on)}
        for code, amount, on in rows
    ])  # fmt: skip


def a_book():
    """Good customers pay; C1 fails in 2024 and pays a part later, C2 in 2025 and never."""
    book = Book().invoice("G1", 100_000, "2024-03-01", "2024-04-01", customer="G")
    book.pay("G1", 100_000, "2024-04-01")
    book.invoice("G2", 200_000, "2025-03-01", "2025-04-01", customer="G").pay("G2", 200_000, "2025-04-01")
    book.invoice("A", 10_000, "2024-01-10", "2024-03-01", customer="C1").pay("A", 2_000, "2024-12-01")
    return book.invoice("B", 5_000, "2025-01-10", "2025-03-01", customer="C2")


def asked(book=None, events=(), rows=(("C1", 20_000, "2025-12-01"), ("C2", 4_000, "2025-12-01"))):
    wording = parse(POLICY, name="p.yaml")
    told = INSURANCE_EVENT_FACTS.frame([
        {"policy": "P-1", "event": "insolvency", "on": day(on), "customer_code": code} for code, on in events
    ])  # fmt: skip
    return Insurance.of((book or a_book()).ledger(), [wording], InsuredFacts(limits(*rows), told)), wording


def failed(insurance, wording, first="2023-01-01"):
    always = lasting(wording, ON, day("2023-01-01"), ON)
    found = failures(insurance, always, first=day(first), last=ON, least_share=RULES.least_share)
    return [(one.customer_code, one.on, one.cause) for one in found]


class TestFailures:
    def test_a_customer_fails_when_a_waiting_period_ends_unpaid(self):
        assert failed(*asked()) == [
            ("C1", day("2024-06-09"), "protracted_default"), ("C2", day("2025-06-09"), "protracted_default"),
        ]  # fmt: skip

    def test_or_on_the_day_of_its_insolvency_if_that_is_earlier(self):
        found = failed(*asked(events=[("C2", "2025-05-01"), ("C1", "2025-05-01")]))
        assert found[1] == ("C2", day("2025-05-01"), "insolvency")
        assert found[0][2] == "protracted_default"

    def test_once_and_not_again_in_a_later_year(self):
        book = a_book().invoice("A2", 100, "2025-01-10", "2025-02-01", customer="C1")
        assert [code for code, *_ in failed(*asked(book), first="2025-01-01")] == ["C2"]

    @pytest.mark.parametrize(("unpaid", "expected"), [(499, []), (500, ["C3"])])
    def test_a_small_difference_is_no_default(self, unpaid, expected):
        book = Book().invoice("X", 10_000, "2025-01-10", "2025-03-01", customer="C3")
        book.pay("X", 10_000 - unpaid, "2025-03-01")
        assert [code for code, *_ in failed(*asked(book))] == expected

    def test_what_was_written_off_was_not_paid(self):
        book = Book().invoice("X", 10_000, "2025-01-10", "2025-03-01", customer="C3")
        book.pay("X", 10_000, "2025-04-01", kind="write_off")
        assert [code for code, *_ in failed(*asked(book))] == ["C3"]


def test_two_years_by_hand():
    """2024: 10,000 lost; less 1,000 first loss, at 90 % 8,100 paid; 2,000 came in, 90 % of it the insurer's.

    2025: 5,000 lost within a limit of 4,000; less 1,000 first loss, at 90 % 2,700 paid.
    """
    insurance, wording = asked()
    first, second = replayed(insurance, Option("as it is", wording), on=ON, years=2, rules=RULES).years
    assert (first.first_on, first.last_on) == (day("2024-01-01"), day("2024-12-31"))
    assert (first.gross_minor, first.indemnity_minor, first.recovered_minor) == (10_000_00, 8_100_00, 2_000_00)
    assert first.retained_minor == 10_000_00 - 2_000_00 - 8_100_00 + 1_800_00
    assert (first.declared_minor, first.premium_minor) == (110_000_00, 1_100_00)
    assert (second.gross_minor, second.indemnity_minor, second.retained_minor) == (5_000_00, 2_700_00, 2_300_00)
    assert (second.declared_minor, second.premium_minor) == (205_000_00, 2_050_00)


def test_a_higher_first_loss_is_borne_by_the_insured():
    insurance, wording = asked()
    higher = wording.with_term("aggregate_first_loss", {"amount": 20_000_00})
    found = replayed(insurance, Option("20,000", higher), on=ON, years=2, rules=RULES)
    assert [year.indemnity_minor for year in found.years] == [0, 0]
    assert found.mean_retained_minor == (8_000_00 + 5_000_00) // 2


@pytest.mark.parametrize(("kind", "expected"), [
    ("recorded", [0, 0]),
    ("current", [8_100_00, 2_700_00]),
    ("free", [8_100_00, 3_600_00]),
    ("quarterly", [8_100_00, 3_600_00]),
])  # fmt: skip
def test_which_limits_past_losses_meet(kind, expected):
    insurance, wording = asked()
    book = a_book()
    if kind == "quarterly":
        book.invoice("A0", 12_000, "2023-11-01", "2024-01-15", customer="C1").pay("A0", 12_000, "2024-01-15")
        book.invoice("B0", 6_000, "2024-11-01", "2025-01-05", customer="C2").pay("B0", 6_000, "2025-01-05")
        insurance, wording = asked(book)
    found = replayed(insurance, Option(kind, wording, kind), on=ON, years=2, rules=RULES)
    assert [year.indemnity_minor for year in found.years] == expected


def test_the_same_seed_draws_the_same_years():
    insurance, wording = asked()
    one, two = (replayed(insurance, Option("x", wording), on=ON, years=2, rules=RULES) for _ in range(2))
    assert one.drawn_minor.tolist() == two.drawn_minor.tolist()
    assert one.tail_retained_minor >= one.mean_retained_minor
    assert min(one.drawn_minor) == 0


def test_drawn_years_have_the_mean_of_the_years_where_nothing_is_annual():
    insurance, wording = asked()
    plain = wording.with_term("loss_operators", ("insured_rate",))
    many = Rules(draws=4000, seed=3, tail_rate=0.95, least_share=0.05, headroom_rate=0.1)
    found = replayed(insurance, Option("x", plain), on=ON, years=2, rules=many)
    assert found.drawn_minor.mean() == pytest.approx(found.mean_retained_minor, rel=0.06)


class TestChoice:
    def options(self):
        insurance, wording = asked()
        dear = wording.with_term("aggregate_first_loss", {"amount": 0}).with_term(
            "premium", {**wording.get("premium", ON), "rate": 0.03}
        )
        return [
            replayed(insurance, Option(name, each), on=ON, years=2, rules=RULES)
            for name, each in (("as it is", wording), ("no first loss", dear))
        ]

    def test_the_cheapest_is_the_one_of_lowest_mean_cost(self):
        assert cheapest(self.options(), None).option.name == "as it is"

    def test_of_equal_ones_the_first_is_named(self):
        insurance, wording = asked()
        same = [replayed(insurance, Option(name, wording), on=ON, years=2, rules=RULES) for name in ("z", "a")]
        assert cheapest(same, None).option.name == "z"

    def test_within_the_appetite_for_loss(self):
        found = self.options()
        least = min(one.tail_retained_minor for one in found)
        assert cheapest(found, least).option.name == "no first loss"
        assert cheapest(found, least - 1) is None


def test_the_shadow_price_is_what_more_limit_would_have_paid():
    """C2 lost 1,000 above its limit: 500 more would have paid 450, over two years and 500 units."""
    insurance, wording = asked()
    found = {one.customer_code: one for one in shadow_prices(
        insurance, Option("x", wording), on=ON, years=2, rules=RULES, added_minor=500_00
    )}  # fmt: skip
    assert (found["C2"].gain_minor, found["C2"].price) == (450_00, pytest.approx(0.45))
    assert found["C1"].gain_minor == 0


def test_a_customer_without_a_limit_is_asked_with_a_new_one():
    insurance, wording = asked(rows=(("C1", 20_000, "2025-12-01"),))
    found = shadow_prices(insurance, Option("x", wording), on=ON, years=2, rules=RULES, added_minor=500_00)
    assert [(one.customer_code, one.gain_minor) for one in found] == [("C2", 450_00), ("C1", 0)]


def test_a_ledger_without_losses_costs_its_premium():
    book = Book().invoice("G1", 100, "2025-03-01", "2025-04-01", customer="G").pay("G1", 100, "2025-04-01")
    insurance, wording = asked(book, rows=())
    found = replayed(insurance, Option("x", wording), on=ON, years=1, rules=RULES)
    assert (found.mean_cost_minor, found.tail_retained_minor) == (1_00, 0)


def worked(page):
    """The rows of the worked tables of an algorithm page."""
    text = (ROOT / f"docs/algorithms/{page}.md").read_text("utf-8").split("## Worked table")[1]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in lines if not set("".join(row)) <= set("-")]


def test_the_worked_table_of_the_page():
    insurance, wording = asked()
    found = replayed(insurance, Option("x", wording), on=ON, years=2, rules=RULES)
    head, *rows = worked("cover-choice")
    assert [row[0] for row in rows] == [str(year.last_on.year) for year in found.years]
    for row, year in zip(rows, found.years, strict=True):
        assert [int(said) * 100 for said in row[1:]] == [getattr(year, f"{name}_minor") for name in head[1:]]
