"""The published documents: what each figure is worth, that parts sum to wholes, that what is doubtful is said."""

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal

import pytest
from factories import Book, as_of

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import InputError, PolicyGap, UsageError
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.ledger.generate import generate
from seawall.engine.ledger.items import Ledger
from seawall.policies.load import shipped, shipped_policy
from seawall.services import documents, figures

DAY = AsOf(dt.date(2026, 6, 30), 0)


@dataclass(frozen=True)
class Question:
    ledger: Ledger
    as_of: AsOf
    rates: Rates


@pytest.fixture(scope="module")
def asked():
    ledger = generate(items=1500, customers=20, seed=7, until=DAY.on, months=27)
    used = {
        code: RateUsed(rate, DAY.on, "own")
        for code, rate in zip(ledger.currencies, (1.0, 7.7, 0.05, 6.8), strict=False)
    }
    return Question(ledger, DAY, Rates("CNY", DAY.on, used))


@pytest.fixture(scope="module")
def report(asked):
    return documents.protection_report(asked)


@pytest.fixture(scope="module")
def document(asked, report):
    return documents.protection(
        report, asked.ledger, basis=documents.Basis(batch=7, company="海堤"), policies=shipped()
    )


def plain(ledger, on="2026-06-30"):
    rates = figures.rates_of(ledger, as_of=as_of(on), currency=None, tables=(), max_age_days=0)
    return Question(ledger, as_of(on), rates)


def test_it_is_plain_data(document):
    assert json.loads(json.dumps(document)) == document


def test_buckets_sum_to_what_is_open_and_customers_to_the_total(document):
    aged = document["ageing"]
    for row in [aged["total"], *aged["customers"]]:
        assert sum(map(Decimal, row["by_bucket"].values())) == Decimal(row["open"])
    for name in ("open", "overdue", "unapplied", "disputed"):
        assert sum(Decimal(row[name]) for row in aged["customers"]) == Decimal(aged["total"][name])
        assert document["figures"][name]["value"] == aged["total"][name]


def test_the_ageing_is_the_same_as_the_one_asked_for_alone(asked, document):
    alone = figures.ageing(asked.ledger, as_of=asked.as_of, rates=asked.rates)
    assert alone["total"] == document["ageing"]["total"]
    assert alone["customers"] == document["ageing"]["customers"]


def test_the_allowance_moves_from_its_opening_to_its_closing(document):
    lines = {row["movement"]: Decimal(row["amount"]) for row in document["allowance"]}
    assert lines["opening"] + lines["charge"] + lines["write_off"] + lines["recovery"] == lines["closing"]
    assert lines["closing"] == Decimal(document["figures"]["ecl"]["value"])
    debit, credit = (sum(Decimal(row[side]) for row in document["journal"]) for side in ("debit", "credit"))
    assert debit == credit


def test_where_it_comes_from_is_said(document):
    assert document["basis"]["from"] == "store"
    assert document["basis"]["batch"] == 7
    assert document["company"] == "海堤"
    assert len(document["figures_sha256"]) == len(document["policies_sha256"]) == 64


def test_what_nobody_checked_is_listed_without_its_mark(document):
    listed = {row["policy"] for row in document["unverified"]}
    assert "accounting.ecl_floor" in listed
    assert "house.loss_aim" not in listed
    assert "[K]" not in json.dumps(document["unverified"])


def test_reasons_are_codes_with_amounts_as_decimals(document):
    reasons = [one for row in document["worklist"] for one in row["reasons"]]
    assert reasons
    assert all(Decimal(one["amount"]) > 0 for one in reasons if one["code"] == "overdue")
    assert not any(name.endswith("_minor") for one in reasons for name in one)


@pytest.mark.parametrize(
    ("balances", "status"),
    [([], "not_reconciled"), ([("100", "CNY")], "reconciled"), ([("99.99", "CNY")], "different")],
)
def test_the_tie_to_the_general_ledger(balances, status):
    book = Book().invoice("I1", 100, "2026-05-01", "2026-06-01")
    for amount, currency in balances:
        book.control(amount, "2026-06-30", currency=currency)
    said = documents.reconciliation(book.ledger(), as_of("2026-06-30"))
    assert said["status"] == status
    assert said["rows"][0]["items"] == "100.00"


def test_a_partly_reconciled_ledger_says_so():
    book = (
        Book()
        .invoice("I1", 100, "2026-05-01", "2026-06-01")
        .invoice("I2", 5, "2026-05-01", "2026-06-01", currency="EUR")
    )
    said = documents.reconciliation(book.control(100, "2026-06-30").ledger(), as_of("2026-06-30"))
    assert said["status"] == "partly"
    assert [row["status"] for row in said["rows"]] == ["reconciled", "not_reconciled"]


def test_an_empty_ledger_has_no_report():
    with pytest.raises(InputError):
        documents.protection_report(plain(Book().ledger()))


def test_choices_replace_policies_for_one_answer(asked):
    policies = documents.chosen(shipped(), {"accounting.ecl_method": "ageing_percentages"}, DAY.on)
    assert policies.at("accounting.ecl_method", DAY.on).value == "ageing_percentages"
    assert shipped().at("accounting.ecl_method", DAY.on).value == "cohort_loss_rate"
    assert policies.digest != shipped().digest
    assert documents.chosen(shipped(), {}, DAY.on) is shipped()
    with pytest.raises(PolicyGap):
        documents.chosen(shipped(), {"accounting.nothing": 1}, DAY.on)


def test_speed_by_entity_ties_to_the_ageing(asked, report):
    said = documents.dso(report, asked, policies=shipped(), months=6, group_by="entity")
    assert [row["on"] for row in said["months"]] == [str(day) for day in report.months["on"].tail(6)]
    assert sum(Decimal(row["open"]) for row in said["groups"]) == Decimal(said["months"][-1]["open"])
    assert said["months"][-1]["dso_days"] == report.figure("dso_days")
    with pytest.raises(UsageError):
        documents.dso(report, asked, policies=shipped(), group_by="moon")


def test_provision_and_roll_rates_alone(report, document):
    assert documents.provision(report)["provision"] == document["provision"]
    rolls = documents.roll_rates(report, "month")
    assert {row["step"] for row in rolls["roll_rates"] + rolls["steps"] + rolls["flows"]} == {"month"}


def test_a_policy_read_alone_is_the_one_read_with_all():
    assert shipped_policy("house.fx") == shipped().by_id["house.fx"]
    with pytest.raises(PolicyGap):
        shipped_policy("house.nothing")
