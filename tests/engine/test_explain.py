import io
import json
from pathlib import Path

import polars as pl
import pytest
from babel.messages.pofile import read_po
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.action.worklist import EXCLUDED, REASONS
from seawall.engine.explain import TITLES, explain
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.kernel.trace import FORMULAS, from_json, reworked
from seawall.engine.ledger.generate import generate
from seawall.policies.load import shipped

ON = day("2025-12-31")
QUOTES = {"CNY": 1.0, "EUR": 7.8, "USD": 7.1, "GBP": 9.1, "JPY": 0.048}
RATES = Rates("CNY", ON, {code: RateUsed(rate, ON, "test") for code, rate in QUOTES.items()})
ASK = {"as_of": as_of("2025-12-31"), "policies": shipped(), "rates": RATES}
CUSTOMER_FIGURES = (
    "open_minor", "overdue_minor", "unapplied_minor", "disputed_minor", "ecl_minor", "dso_days", "max_dpd_days",
    "share_rate", "beyond_terms_days", "sales_12m_minor", "default_minor", "on_time_rate", "is_default",
)  # fmt: skip


@pytest.fixture(scope="module")
def ledger():
    return generate(items=5_000, customers=120, seed=11, until=ON)


@pytest.fixture(scope="module", params=["cohort_loss_rate", "migration", "ageing_percentages"])
def asked(request, ledger):
    policies = shipped().replaced("accounting.ecl_method", request.param, source="test")
    return run.protection_run(ledger, **{**ASK, "policies": policies}), policies


def again(step):
    """The value worked out again from the printed leaves."""
    return reworked(from_json(json.loads(json.dumps(step.as_json()))))


class TestFromItsLeavesEveryFigureComesBack:
    def test_every_headline_figure(self, asked):
        report, policies = asked
        for name in report.figures["name"]:
            step = explain(report, None, name, policies=policies)
            assert step.value == report.figure(name), name
            assert again(step) == report.figure(name), name

    def test_customers(self, asked, ledger):
        report, policies = asked
        for row in report.customers.sort("overdue_minor", descending=True).head(25).iter_rows(named=True):
            for name in CUSTOMER_FIGURES:
                step = explain(report, ledger, name, policies=policies, customer=row["customer_code"])
                wanted = str(row[name]) if isinstance(row[name], bool) else row[name]
                assert step.value == wanted, (row["customer_code"], name)
                assert again(step) == wanted, (row["customer_code"], name)

    def test_a_changed_leaf_changes_the_figure(self, asked):
        report, policies = asked
        data = explain(report, None, "ecl_minor", policies=policies).as_json()
        data["inputs"][0]["inputs"][0]["value"] += 10**9
        assert reworked(from_json(data)) > report.figure("ecl_minor")


class TestDownToTheSource:
    def test_every_figure_has_a_title(self, asked):
        assert set(TITLES) == set(asked[0].figures["name"])

    def test_every_leaf_says_where_it_is_from(self, asked, ledger):
        report, policies = asked
        code = report.customers.sort("overdue_minor", descending=True)["customer_code"][0]
        steps = [explain(report, None, name, policies=policies) for name in report.figures["name"]]
        steps += [explain(report, ledger, name, policies=policies, customer=code) for name in CUSTOMER_FIGURES]
        for step in steps:
            for leaf in step.leaves():
                assert leaf.source is not None or leaf.formula_id, (step.title, leaf.title)

    def test_a_customer_s_item_names_file_and_row(self, asked, ledger):
        report, policies = asked
        code = report.customers.filter(pl.col("open_minor") > 0)["customer_code"][0]
        step = explain(report, ledger, "open_minor", policies=policies, customer=code)
        rows = [leaf.source for leaf in step.leaves() if leaf.source.kind == "row" and leaf.source.name == "items.csv"]
        numbers = dict(ledger.items.select("number", "source_row").iter_rows())
        assert rows
        assert all(int(source.at) == numbers[source.note] for source in rows)

    def test_a_converted_amount_names_its_rate(self):
        book = Book(currency="JPY").invoice("A1", 1001, "2025-12-01", "2026-01-01").pay("A1", 500, "2025-12-05")
        ledger = book.ledger()
        report = run.protection_run(ledger, **ASK)
        step = explain(report, ledger, "open_minor", policies=shipped(), customer="C1")
        assert (step.value, again(step)) == (2405, 2405)
        assert [leaf.source.kind for leaf in step.leaves()] == ["row", "row", "rate"]

    def test_instalments_are_told_apart(self):
        parts = [("2025-11-01", 300), ("2026-02-01", 700)]
        book = Book().invoice("A1", 1000, "2025-10-01", "2026-02-01", parts=parts)
        ledger = book.ledger()
        report = run.protection_run(ledger, **ASK)
        step = explain(report, ledger, "overdue_minor", policies=shipped(), customer="C1")
        assert (step.value, again(step)) == (30_000, 30_000)


class TestRefusals:
    def test_unknown_figure_or_customer(self, asked, ledger):
        report, policies = asked
        for figure, customer in (
            ("nothing", None),
            ("nothing", "100001"),
            ("open_minor", "nobody"),
            ("name", "100001"),
        ):
            with pytest.raises(UsageError):
                explain(report, ledger, figure, policies=policies, customer=customer)

    def test_other_policies(self, asked):
        other = shipped().replaced("house.loss_aim", 0.1, source="test")
        with pytest.raises(UsageError):
            explain(asked[0], None, "loss_aim_rate", policies=other)

    def test_a_customer_without_a_ledger(self, asked):
        with pytest.raises(UsageError):
            explain(asked[0], None, "open_minor", policies=asked[1], customer="100001")


class TestInBothLanguages:
    def test_every_title_label_and_reason_has_its_chinese(self, asked, ledger):
        report, policies = asked
        parts = Path(__file__).resolve().parents[2] / "src/seawall/locale/zh_Hans/parts"
        known = {
            message.id
            for path in parts.glob("*.po")
            for message in read_po(io.StringIO(CHARSET + path.read_text("utf-8")))
            if message.string
        }
        code = report.customers.sort("overdue_minor", descending=True)["customer_code"][0]
        trees = [explain(report, None, name, policies=policies) for name in report.figures["name"]]
        trees += [
            explain(report, ledger, name, policies=policies, customer=code)
            for name in ("open_minor", "unapplied_minor", "ecl_minor", "dso_days", "max_dpd_days", "share_rate")
        ]
        policy_titles = {policy.title for policy in policies.by_id.values()}
        said = {label for tree in trees for label in labels(tree)} - policy_titles - set(report.customers.columns)
        said |= {FORMULAS[name].title for name in FORMULAS if not name.startswith("test_")}
        assert said | {*REASONS.values(), *EXCLUDED.values(), *TITLES.values()} <= known


def labels(step):
    yield step.label
    for part in step.inputs:
        yield from labels(part)


CHARSET = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.slow
@pytest.mark.promise("R12")
def test_a_sample_of_figures_comes_back_from_its_leaves(count, promise):
    customers = count(77, 770)
    ledger = generate(items=customers * 40, customers=customers, seed=12, until=ON)
    report = run.protection_run(ledger, **ASK)
    differences, figures = 0, 0
    for row in report.customers.iter_rows(named=True):
        for name in CUSTOMER_FIGURES:
            step = explain(report, ledger, name, policies=shipped(), customer=row["customer_code"])
            wanted = str(row[name]) if isinstance(row[name], bool) else row[name]
            differences += again(step) != wanted
            figures += 1
    assert differences == 0
    promise(f"{figures:,} figures worked out again from their leaves: differences {differences}")
