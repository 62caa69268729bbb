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
from seawall.engine.explain_down import CUSTOMERS, ITEMS
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

FROM_CUSTOMERS = (
    "open_minor", "overdue_minor", "unapplied_minor", "disputed_minor", "default_minor", "unpaid_default_minor",
    "hhi", "effective_number", "cr1_rate", "cr5_rate", "cr10_rate",
)  # fmt: skip
FROM_DOCUMENTS = (
    "sales_12m_minor", "write_offs_12m_minor", "indemnified_12m_minor", "recoveries_12m_minor", "indemnity_12m_minor",
)  # fmt: skip
DEFAULT = shipped().at("accounting.default_definition", ON).value


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

    def test_every_headline_figure_down_to_the_rows(self, asked, ledger):
        report, policies = asked
        for name in report.figures["name"]:
            step = explain(report, ledger, name, policies=policies)
            assert step.value == report.figure(name), name
            assert again(step) == report.figure(name), name

    def test_with_tax_treated_the_other_way(self, ledger):
        policies = shipped().replaced("accounting.vat", {"sales": "with", "losses": "without"}, source="test")
        report = run.protection_run(ledger, **{**ASK, "policies": policies})
        for name in ("loss_ratio_rate", "loss_ratio_realised_rate", *FROM_DOCUMENTS, *FROM_CUSTOMERS):
            step = explain(report, ledger, name, policies=policies)
            assert step.value == again(step) == report.figure(name), name

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


class TestHeadlinesGoDown:
    @pytest.mark.parametrize(
        "name", [*FROM_CUSTOMERS, "sales_12m_minor", "ecl_minor", "loss_ratio_rate", "dso_days", "cei_rate"]
    )
    def test_to_rows_of_the_file(self, asked, ledger, name):
        report, policies = asked
        rows = rows_of(explain(report, ledger, name, policies=policies))
        numbers = dict(ledger.items.select("number", "source_row").iter_rows())
        assert rows, name
        assert all(int(source.at) == numbers[source.note] for source in rows)

    def test_customers_largest_first_and_the_others_counted(self, asked, ledger):
        report, policies = asked
        step = explain(report, ledger, "overdue_minor", policies=policies)
        late = report.customers.filter(pl.col("overdue_minor") != 0).sort("overdue_minor", descending=True)
        assert late.height > CUSTOMERS
        assert [each.value for each in step.inputs[:-1]] == late["overdue_minor"].to_list()[:CUSTOMERS]
        rest = step.inputs[-1]
        assert rest.value == late["overdue_minor"][CUSTOMERS:].sum()
        assert rest.params["count"] == str(late.height - CUSTOMERS)
        assert (rest.source.kind, rest.source.name) == ("table", "customers")

    def test_no_customer_shows_more_than_a_few_items(self, asked, ledger):
        report, policies = asked
        for name in FROM_CUSTOMERS:
            for step in below(explain(report, ledger, name, policies=policies)):
                if step.label == "Customer {customer}, {name}":
                    assert len(step.inputs) <= ITEMS + 1, name

    def test_losses_by_document(self):
        ledger = losses().ledger()
        report = run.protection_run(ledger, **ASK)
        said = {name: documents(report, ledger, name) for name in FROM_DOCUMENTS if name != "sales_12m_minor"}
        assert said == {
            "write_offs_12m_minor": [("write_off-3", 30_000), ("write_off-5", 10_000)],
            "indemnified_12m_minor": [("P1", 8_000)],
            "indemnity_12m_minor": [("P1", 8_000)],
            "recoveries_12m_minor": [("receipt-9", 2_000)],
        }

    def test_sales_by_month_without_tax(self):
        book = (
            Book().invoice("A1", 113, "2025-11-10", "2025-12-10", tax=13).invoice("A2", 50, "2025-12-01", "2026-01-01")
        )
        book.credit_note("N1", 11.3, "2025-12-05", tax=1.3)
        ledger = book.ledger()
        report = run.protection_run(ledger, **ASK)
        step = explain(report, ledger, "sales_12m_minor", policies=shipped())
        assert [(month.params["on"], month.value) for month in step.inputs] == [
            ("2025-11-30", 10_000),
            ("2025-12-31", 4_000),
        ]
        assert [leaf.value for leaf in step.leaves()] == [11_300, 1_300, 5_000, -1_130, -130]

    def test_default_leaves_out_what_is_disputed(self):
        book = Book().invoice("A1", 1000, "2025-01-01", "2025-02-01").dispute("A1", 300, "2025-03-01")
        ledger = book.ledger()
        policies = shipped().replaced(
            "accounting.default_definition", {**DEFAULT, "disputed": "left_out"}, source="test"
        )  # fmt: skip
        report = run.protection_run(ledger, **{**ASK, "policies": policies})
        step = explain(report, ledger, "unpaid_default_minor", policies=policies)
        assert [leaf.value for leaf in step.leaves()] == [100_000, 30_000]
        assert step.value == 70_000

    def test_squares_of_shares(self):
        book = Book().invoice("A1", 300, "2025-12-01", "2026-01-01", customer="A")
        ledger = book.invoice("B1", 100, "2025-12-01", "2026-01-01", customer="B").ledger()
        step = explain(run.protection_run(ledger, **ASK), ledger, "hhi", policies=shipped())
        assert [share.value for share in step.inputs] == [0.75, 0.25]
        assert step.value == 0.75**2 + 0.25**2

    def test_without_the_ledger_it_ends_at_the_tables(self, asked):
        report, policies = asked
        for name in FROM_CUSTOMERS:
            step = explain(report, None, name, policies=policies)
            assert {leaf.source.kind for leaf in step.leaves()} == {"table"}, name


class TestDownToTheSource:
    def test_every_figure_has_a_title(self, asked):
        assert set(TITLES) == set(asked[0].figures["name"])

    def test_every_leaf_says_where_it_is_from(self, asked, ledger):
        report, policies = asked
        code = report.customers.sort("overdue_minor", descending=True)["customer_code"][0]
        steps = [explain(report, None, name, policies=policies) for name in report.figures["name"]]
        steps += [explain(report, ledger, name, policies=policies) for name in report.figures["name"]]
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
        trees += [explain(report, ledger, name, policies=policies) for name in report.figures["name"]]
        trees += [
            explain(report, ledger, name, policies=policies, customer=code)
            for name in ("open_minor", "unapplied_minor", "ecl_minor", "dso_days", "max_dpd_days", "share_rate")
        ]
        said_below = {"Open of the instalment of {number}, due {due}", "Instalments, each reckoned by itself"}
        said_below |= {"Of it not disputed", "Tax in it", "Without tax"}
        policy_titles = {policy.title for policy in policies.by_id.values()}
        said = {label for tree in trees for label in labels(tree)} - policy_titles - set(report.customers.columns)
        said |= said_below | {FORMULAS[name].title for name in FORMULAS if not name.startswith("test_")}
        assert said | {*REASONS.values(), *EXCLUDED.values(), *TITLES.values()} <= known


def labels(step):
    return (each.label for each in below(step))


def below(step):
    yield step
    for part in step.inputs:
        yield from below(part)


def rows_of(step):
    """The rows of files a trace ends at."""
    return [leaf.source for leaf in step.leaves() if leaf.source.kind == "row" and leaf.source.name == "items.csv"]


def documents(report, ledger, name):
    """The number and the amount of each document a figure of losses names."""
    step = explain(report, ledger, name, policies=shipped())
    assert step.value == report.figure(name)
    return [(each.params["number"], each.value) for each in step.inputs]


def losses():
    """Two write-offs, one recovery and one indemnity within the year, one write-off before it."""
    book = Book().invoice("A1", 600, "2024-06-01", "2024-07-01").invoice("A2", 80, "2025-01-01", "2025-02-01")
    book.pay("A1", 50, "2024-12-31", kind="write_off").pay("A1", 300, "2025-03-01", kind="write_off")
    book.receipt("P1", 80, "2025-05-01", payment_method="indemnity").pay("A1", 100, "2025-04-01", kind="write_off")
    book.allocate("A2", "P1", 80, "2025-05-01")
    book.invoice("A3", 10, "2025-11-01", "2026-02-01").invoice("A4", 10, "2025-11-01", "2026-02-01")
    book.item("debit_note", "R1", 20, "2025-06-01", payment_method="recovery").pay("R1", 20, "2025-06-01")
    return book


CHARSET = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.slow
@pytest.mark.promise("R12")
def test_a_sample_of_figures_comes_back_from_its_leaves(count, promise):
    customers = count(77, 770)
    ledger = generate(items=customers * 40, customers=customers, seed=12, until=ON)
    report = run.protection_run(ledger, **ASK)
    headlines = report.figures["name"].to_list()
    traces = (explain(report, ledger, name, policies=shipped()) for name in headlines)
    differences = sum(again(step) != report.figure(name) for name, step in zip(headlines, traces, strict=True))
    figures = len(headlines)
    for row in report.customers.iter_rows(named=True):
        for name in CUSTOMER_FIGURES:
            step = explain(report, ledger, name, policies=shipped(), customer=row["customer_code"])
            wanted = str(row[name]) if isinstance(row[name], bool) else row[name]
            differences += again(step) != wanted
            figures += 1
    assert differences == 0
    promise(f"{figures:,} figures worked out again from their leaves: differences {differences}")
