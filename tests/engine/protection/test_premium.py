import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS
from seawall.engine.protection.premium import (
    Charge,
    Difference,
    audited,
    forecast,
    instalments,
    limit_fees,
    premium,
)
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
  max_payment_term: {days: 90}
  receipt_allocation: oldest_due
  disputed: suspended
  mep: {days: 60}
  stop_of_cover: [mep_end]
  insured_rate: 0.9
  loss_operators: [insured_rate]
  premium: PREMIUM
"""
PLAIN = "{basis: turnover, rate: 0.0015, minimum_amount: 60000, deposit_amount: 60000}"
YEAR_END = dt.date(2025, 12, 31)


def policy(premium_term=PLAIN, more=""):
    return parse(POLICY.replace("PREMIUM", premium_term) + more, name="p.yaml")


def classes(*rows):
    """Rule, rate, month and declared amount in major units."""
    schema = {"month": pl.Date, "rule": pl.Int64, "rate": pl.Float64, "declared_minor": pl.Int64, "documents": pl.Int64}
    rows = [(month, rule, rate, round(amount * 100), 1) for rule, rate, month, amount in rows]
    return pl.DataFrame(rows, schema=schema, orient="row")


def of_year(amount, rate=0.0015):
    return classes((-1, rate, YEAR_END, amount))


class TestGoldenCase56:
    """GT-5.6: 0.15 % on 50 m declared, 60,000 minimum paid as deposit."""

    def test_more_than_the_minimum_is_paid_after(self):
        found = premium(of_year(50_000_000), policy(), on=YEAR_END)
        assert (found.premium_minor, found.adjustment_minor) == (75_000_00, 15_000_00)

    def test_less_than_the_minimum_gives_nothing_back(self):
        found = premium(of_year(30_000_000), policy(), on=YEAR_END)
        assert found.lines[0].premium_minor == 45_000_00
        assert (found.premium_minor, found.adjustment_minor) == (60_000_00, 0)


def test_golden_case_54_the_share_of_turnover_is_the_rate():
    """GT-5.4: ten million of turnover at about 1,500 a month is 0.18 %."""
    found = premium(of_year(10_000_000, rate=0.0018), policy("{basis: turnover, rate: 0.0018}"), on=YEAR_END)
    assert found.premium_minor == 12 * 1_500_00


def test_each_rule_is_rounded_once_and_credit_notes_lower_it():
    rows = classes((-1, 0.0015, YEAR_END, 333.33), (-1, 0.0015, YEAR_END, 333.33), (0, 0.003, YEAR_END, -100))
    found = premium(rows, policy("{basis: turnover, rate: 0.0015}"), on=YEAR_END)
    assert [(line.rule, line.premium_minor) for line in found.lines] == [(-1, 100), (0, -30)]


SCALE = "bonus: [{loss_ratio_up_to: 0.1, rate: -0.15}, {loss_ratio_up_to: 0.6, rate: 0}, {rate: 0.2}]"


@pytest.mark.parametrize(
    ("indemnity", "expected"),
    [(0, 85_000), (10_000, 85_000), (10_000.01, 100_000), (60_000, 100_000), (60_001, 120_000)],
)
def test_bonus_and_malus_go_by_the_loss_ratio(indemnity, expected):
    term = "{basis: turnover, rate: 0.002, " + SCALE + "}"
    found = premium(of_year(50_000_000, 0.002), policy(term), on=YEAR_END, indemnity_minor=round(indemnity * 100))
    assert found.premium_minor == expected * 100


def test_tax_is_on_premium_and_fees_and_the_steps_add_up():
    term = "{basis: turnover, rate: 0.0015, minimum_amount: 60000, deposit_amount: 50000, tax_rate: 0.06}"
    fees = limit_fees(limits(("C1", "1", "approved", "2025-03-01")), {}, policy(term, FEES), on=YEAR_END)
    found = premium(of_year(30_000_000), policy(term), on=YEAR_END, fees=fees)
    steps = dict(found.steps)
    assert steps == {
        "on_declared": 45_000_00, "bonus": 0, "minimum": 15_000_00, "premium": 60_000_00, "fees": 200_00,
        "tax": 3_612_00, "deposit": -50_000_00, "adjustment": 13_812_00,
    }  # fmt: skip


FEES = "  limit_fees: {amount: 200, rules: [{kind: temporary, amount: 50}, {country: [VN], amount: 300}]}\n"


def limits(*rows):
    return INSURED_LIMIT_FACTS.frame([
        {"customer_code": code, "policy": "P-1", "layer": layer, "kind": kind, "amount_minor": 100, "currency": "CNY",
         "decided_on": dt.date.fromisoformat(on)}
        for code, layer, kind, on in rows
    ])  # fmt: skip


class TestLimitFees:
    def fees(self, *rows, countries=None, on=YEAR_END):
        found = limit_fees(limits(*rows), countries or {}, policy(PLAIN, FEES), on=on)
        return [(fee.customer_code, fee.layer, fee.minor) for fee in found]

    def test_one_for_each_customer_and_layer(self):
        assert self.fees(
            ("C1", "1", "approved", "2025-02-01"), ("C1", "1", "reduced", "2025-05-01"),
            ("C1", "2", "temporary", "2025-06-01"), ("C2", "1", "partial", "2024-06-01"),
        ) == [("C1", "1", 200_00), ("C1", "2", 50_00), ("C2", "1", 200_00)]  # fmt: skip

    def test_nothing_for_what_never_stood_in_the_period(self):
        assert self.fees(("C1", "1", "approved", "2024-02-01"), ("C1", "1", "cancelled", "2024-10-01")) == []
        assert self.fees(("C1", "1", "requested", "2025-02-01"), ("C2", "1", "refused", "2025-02-01")) == []
        assert self.fees(("C1", "1", "approved", "2025-02-01"), on=dt.date(2025, 1, 31)) == []

    def test_a_year_of_several_pays_for_what_stood_in_it(self):
        rows = limits(("C1", "1", "approved", "2023-02-01"), ("C1", "1", "cancelled", "2024-10-01"),
                      ("C2", "1", "approved", "2024-11-01"))  # fmt: skip

        def of(first, last):
            found = limit_fees(
                rows, {}, policy(PLAIN, FEES), on=dt.date(2025, last, 28), first_on=dt.date(2025, first, 1)
            )
            return [fee.customer_code for fee in found]

        assert of(1, 2) == ["C2"]

    def test_a_limit_that_begins_later_is_not_paid_yet(self):
        rows = limits(("C1", "1", "approved", "2025-02-01")).with_columns(effective_from=dt.date(2025, 9, 1))
        assert limit_fees(rows, {}, policy(PLAIN, FEES), on=dt.date(2025, 6, 30)) == []

    def test_what_was_cancelled_within_the_period_is_paid_for(self):
        rows = (("C1", "1", "approved", "2025-02-01"), ("C1", "1", "cancelled", "2025-10-01"))
        assert self.fees(*rows) == [("C1", "1", 200_00)]

    def test_the_first_rule_that_fits_goes_before_the_fee(self):
        assert self.fees(("C1", "1", "approved", "2025-02-01"), countries={"C1": "VN"}) == [("C1", "1", 300_00)]


def test_the_deposit_falls_due_in_even_instalments_that_add_up():
    term = "{basis: turnover, rate: 0.001, deposit_amount: 100, instalments: 3}"
    assert instalments(policy(term), on=YEAR_END) == [
        (dt.date(2025, 1, 1), 33_34), (dt.date(2025, 5, 1), 33_33), (dt.date(2025, 9, 1), 33_33),
    ]  # fmt: skip


class TestAudit:
    ours = premium(of_year(50_000_000), policy(), on=YEAR_END)

    def test_what_agrees_says_nothing(self):
        charges = [Charge("on_declared", 75_000_00, 50_000_000_00, 0.0015), Charge("deposit", -60_000_00)]
        assert audited(charges, self.ours) == []

    @pytest.mark.parametrize(("charge", "because"), [
        (Charge("on_declared", 100_000_00, 50_000_000_00, 0.002), "rate"),
        (Charge("on_declared", 76_500_00, 51_000_000_00, 0.0015), "declared"),
        (Charge("on_declared", 75_000_01, 50_000_000_00, 0.0015), "rounding"),
        (Charge("on_declared", 79_000_00, 50_000_000_00, 0.0015), "amount"),
    ])  # fmt: skip
    def test_a_difference_says_what_it_is_about(self, charge, because):
        found = audited([charge, Charge("deposit", -60_000_00)], self.ours)
        assert found == [Difference("on_declared", 75_000_00, charge.amount_minor, because, 0.0015)]

    def test_lines_of_one_rate_are_held_against_it_together(self):
        monthly = [Charge("on_declared", 25_000_00, 16_666_666_67, 0.0015)] * 3
        assert [one.because for one in audited([*monthly, Charge("deposit", -60_000_00)], self.ours)] == []
        totals = [Charge("premium", 75_000_00), Charge("adjustment", 15_000_00), Charge("deposit", -60_000_00)]
        assert [one.because for one in audited([*monthly, *totals], self.ours)] == []

    def test_what_is_missing_and_what_nobody_agreed_on(self):
        found = audited([Charge("tax", 100), Charge("handling", 50)], self.ours)
        assert [(each.step, each.because) for each in found] == [
            ("on_declared", "missing"), ("tax", "strange"), ("deposit", "missing"), ("handling", "strange"),
        ]  # fmt: skip


def months(year, *amounts, rule=-1, rate=0.0015):
    ends = [(dt.date(year, m, 1) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1) for m in range(1, 13)]
    return classes(*((rule, rate, end, amount) for end, amount in zip(ends, amounts, strict=False))), ends


class TestForecast:
    def test_the_rest_of_the_year_is_last_years_times_the_growth_so_far(self):
        known, ends = months(2025, 120, 240, 0)
        before, _ = months(2024, 100, 200, 300, 400)
        found = forecast(known, before, ends[:4], on=dt.date(2025, 2, 28))
        assert [(one.declared_minor, one.is_forecast) for one in found] == [
            (120_00, False), (240_00, False), (360_00, True), (480_00, True),
        ]  # fmt: skip

    def test_without_a_year_before_it_is_the_mean(self):
        known, ends = months(2025, 100, 200)
        found = forecast(known, known.clear(), ends[:3], on=dt.date(2025, 2, 28))
        assert [one.declared_minor for one in found] == [100_00, 200_00, 150_00]

    def test_with_nothing_known_it_is_the_year_before(self):
        before, _ = months(2024, 100, 200)
        _, ends = months(2025)
        found = forecast(before.clear(), before, ends[:2], on=dt.date(2024, 12, 31))
        assert [one.declared_minor for one in found] == [100_00, 200_00]


def worked(page):
    """The rows of the worked tables of an algorithm page."""
    text = (ROOT / f"docs/algorithms/{page}.md").read_text("utf-8").split("## Worked table")[1]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in lines if not set("".join(row)) <= set("-")]


def test_the_worked_tables_of_the_page():
    head, *rows = worked("premium")
    terms = {50_000_000: PLAIN, 30_000_000: PLAIN, 10_000_000: "{basis: turnover, rate: 0.0018}"}
    rows = [row for row in rows if row != head]
    assert len(rows) == 3
    for row in rows:
        said = dict(zip(head, map(int, row), strict=True))
        rate = 0.0018 if said["declared"] == 10_000_000 else 0.0015
        found = dict(premium(of_year(said["declared"], rate), policy(terms[said["declared"]]), on=YEAR_END).steps)
        assert {name: found[name] for name in head[1:]} == {name: said[name] * 100 for name in head[1:]}
