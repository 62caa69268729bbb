"""A second opinion on the run: plain Python from the definitions, one part and one day at a time, on random ledgers."""

import datetime as dt
import math
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import START, books

from seawall.engine import run
from seawall.engine.kernel.asof import AsOf, add_months, month_ends
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.kernel.money import EXPONENTS
from seawall.policies.load import shipped

QUOTES = {"CNY": 1.0, "EUR": 7.8, "JPY": 0.048, "KWD": 23.1}
POLICIES = (
    shipped()
    .replaced("accounting.loss_cohort", {"months": 12, "matured_days": 90}, source="test")
    .replaced(
        "accounting.default_definition", {"days": 90, "materiality_rate": 0.01, "disputed": "counted"}, source="test"
    )
)
BUCKETS = ((None, 0), (1, 30), (31, 60), (61, 90), (91, 180), (181, 365), (366, None))
MONTHLY = ((None, 0), *((low, low + 29) for low in range(1, 360, 30)), (361, None))


def bucket(days, edges):
    return next(
        k for k, (low, high) in enumerate(edges) if (low is None or days >= low) and (high is None or days <= high)
    )


def in_cny(minor, currency):
    factor = QUOTES[currency] * 10.0 ** (2 - EXPONENTS[currency])
    product = minor * factor
    return int(math.copysign(math.floor(abs(product) + 0.5), product))


class Part:
    """One instalment, or a whole debit item, with what settled it: (day, amount, kind of the credit)."""

    def __init__(self, item, due, amount):
        self.item, self.due, self.amount, self.settled = item, due, amount, []

    def left(self, day):
        if self.item["issued_on"] > day:
            return 0
        return self.amount - sum(minor for on, minor, _ in self.settled if on <= day)

    def money(self, minor):
        return in_cny(minor, self.item["currency"])


def parts_of(book):
    ledger = book.ledger()
    assert ledger.items.height == len(book.items)
    rows = sorted(
        book.allocations, key=lambda row: (row["allocated_on"], book.item_id[row["credit"]], row["amount_minor"])
    )
    out = []
    for number, item in book.items.items():
        if not item["is_debit"]:
            continue
        plan = sorted((p["due_on"], p["amount_minor"]) for p in book.instalments if p["number"] == number)
        parts = [Part(item, due, minor) for due, minor in plan or [(item["due_on"], item["amount_minor"])]]
        waiting = [[part, part.amount] for part in parts]
        for row in (row for row in rows if row["debit"] == number):
            minor = row["amount_minor"]
            while minor:
                part, room = waiting[0]
                laid = min(minor, room)
                part.settled.append((row["allocated_on"], laid, book.items[row["credit"]]["kind"]))
                minor -= laid
                waiting[0][1] -= laid
                if not waiting[0][1]:
                    waiting.pop(0)
        out += parts
    return out


def habits(parts, on):
    """By customer: payments, days beyond terms, on-time share, days of the oldest open part, default."""
    found = defaultdict(lambda: {"payments": 0, "paid": 0, "days": 0, "prompt": 0, "oldest": 0, "default": 0, "sum": 0})
    for part in parts:
        row = found[part.item["customer_code"]]
        for day, minor, kind in part.settled:
            if add_months(on, -12) < day <= on and kind == "receipt":
                late, paid = (day - part.due).days, part.money(minor)
                row["payments"] += 1
                row["paid"] += paid
                row["days"] += paid * late
                row["prompt"] += paid * (late <= 0)
        left, dpd = part.left(on), (on - part.due).days
        if left:
            row["oldest"] = max(row["oldest"], dpd)
            row["default"] += part.money(left) * (dpd >= 90)
    return found


@settings(max_examples=40, deadline=None)
@given(books(), st.integers(100, 700))
def test_habits_losses_and_flows(book, offset):
    on = START + dt.timedelta(days=offset)
    ledger = book.ledger()
    rates = Rates("CNY", on, {code: RateUsed(rate, on, "test") for code, rate in QUOTES.items()})
    report = run.protection_run(ledger, as_of=AsOf(on, 0), policies=POLICIES, rates=rates)
    parts = parts_of(book)
    check_habits(report, habits(parts, on))
    check_cohort(report, parts, on)
    check_flows(report, parts, on)
    check_losses(report, book, parts, on)


def check_habits(report, expected):
    for row in report.customers.iter_rows(named=True):
        wanted = expected[row["customer_code"]]
        assert row["payments"] == wanted["payments"]
        assert row["max_dpd_days"] == max(wanted["oldest"], 0)
        assert row["default_minor"] == wanted["default"]
        paid = wanted["paid"]
        assert row["beyond_terms_days"] == (pytest.approx(wanted["days"] / paid) if paid else None)
        assert row["on_time_rate"] == (pytest.approx(wanted["prompt"] / paid) if paid else None)


def check_cohort(report, parts, on):
    upto = on - dt.timedelta(days=90)
    reached, lost = Counter(), Counter()
    for part in parts:
        if not add_months(upto, -12) < part.due <= upto or part.item["issued_on"] > on:
            continue
        ends = [(day, minor, kind) for day, minor, kind in part.settled if day <= on]
        ends += [(on, part.left(on), "write_off")] if part.left(on) else []
        for day, minor, kind in ends:
            for k in range(bucket((day - part.due).days, BUCKETS) + 1):
                reached[k] += part.money(minor)
                lost[k] += part.money(minor) * (kind == "write_off")
    for row in report.loss_rates.iter_rows(named=True):
        assert (row["reached_minor"], row["lost_minor"]) == (reached[row["ordinal"]], lost[row["ordinal"]])


def check_flows(report, parts, on):
    names = [*report.roll_rates.filter(step="month")["bucket"], "paid", "written_off"]
    wanted = Counter()
    stops = month_ends(on, 25)
    for begin, end in pairwise(stops):
        for part in parts:
            before = part.left(begin)
            if not before:
                continue
            start, now = bucket((begin - part.due).days, MONTHLY), bucket((end - part.due).days, MONTHLY)
            left = part.money(part.left(end))
            gone = part.money(before) - left
            written = sum(minor for day, minor, kind in part.settled if begin < day <= end and kind == "write_off")
            lost = min(part.money(written), gone)
            for state, minor in ((now, left), (-2, gone - lost), (-1, lost)):
                wanted[end, names[start], names[state]] += minor
    said = report.roll_flows.filter(step="month").select("on", "bucket", "state", "amount_minor")
    found = {(day, left, right): minor for day, left, right, minor in said.iter_rows() if minor}
    assert found == {key: minor for key, minor in wanted.items() if minor}


def check_losses(report, book, parts, on):
    first = add_months(on, -12)
    if (on + dt.timedelta(days=1)).day == 1:
        first = month_ends(on, 13)[0]
    written = sum(
        part.money(minor)
        for part in parts
        for day, minor, kind in part.settled
        if first < day <= on and kind == "write_off"
    )
    sales = sum(
        in_cny(item["amount_minor"], item["currency"]) * (1 if item["is_debit"] else -1)
        for item in book.items.values()
        if first < item["issued_on"] <= on and item["kind"] in ("invoice", "debit_note", "credit_note")
    )
    default = report.customers["default_minor"].sum()
    assert abs(report.figure("write_offs_12m_minor") - written) <= len(book.allocations) * 3
    assert report.figure("sales_12m_minor") == pytest.approx(sales, abs=3 * len(book.instalments) + 1)
    assert report.figure("unpaid_default_minor") == default
    ratio = report.figure("loss_ratio_rate")
    net, sold = report.figure("net_loss_12m_minor"), report.figure("sales_12m_minor")
    assert ratio == (pytest.approx(net / sold) if sold > 0 else None)
