import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from factories import as_of

from seawall.engine.kernel.errors import UsageError
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.canonical import canonical
from seawall.engine.ledger.generate import generate
from seawall.engine.ledger.laws import breaches

UNTIL = dt.date(2025, 12, 31)


@pytest.fixture(scope="module")
def ledger():
    return generate(items=8_000, customers=200, seed=5, until=UNTIL)


class TestWhatIsAsked:
    def test_the_seed_decides_everything(self, ledger):
        again, other = (generate(items=8_000, customers=200, seed=seed, until=UNTIL) for seed in (5, 6))
        for name in ("customers", "accounts", "items", "allocations", "instalments", "disputes", "control"):
            assert getattr(again, name).equals(getattr(ledger, name)), name
        assert not other.items.equals(ledger.items)

    @pytest.mark.parametrize(("items", "customers"), [(500, 20), (8_000, 200), (60_000, 300)])
    def test_about_as_many_items_as_asked_for(self, items, customers):
        made = generate(items=items, customers=customers, seed=1, until=UNTIL)
        assert made.items.height == pytest.approx(items, rel=0.06)
        assert made.customers.height == customers

    def test_nothing_lies_outside_the_period(self, ledger):
        assert ledger.items["issued_on"].min() >= dt.date(2023, 9, 30)
        assert ledger.items["issued_on"].max() <= UNTIL
        assert ledger.allocations["allocated_on"].max() <= UNTIL

    @pytest.mark.parametrize("bad", [{"customers": 0}, {"items": 1}, {"loss_rate": 0.5}, {"months": 0}])
    def test_what_cannot_be_is_refused(self, bad):
        with pytest.raises(UsageError):
            generate(**{"items": 100, "customers": 10, "seed": 1, "until": UNTIL, **bad})

    def test_one_customer(self):
        made = generate(items=50, customers=1, seed=1, until=UNTIL, loss_rate=0.1)
        assert made.customers.height == 1


class TestKeepsTheLaws:
    def test_of_a_ledger(self, ledger):
        assert breaches(ledger, as_of=as_of("2025-12-31")) == []

    def test_nothing_is_settled_beyond_its_amount_or_before_it_exists(self, ledger):
        assert (open_amounts(ledger, as_of=as_of("2025-12-31")) >= 0).all()
        for side in ("debit", "credit"):
            rows = ledger.allocations.join(ledger.items, left_on=f"{side}_id", right_on="item_id")
            assert (rows["allocated_on"] >= rows["issued_on"]).all()

    def test_the_control_account_ties(self, ledger):
        left = pl.Series(open_amounts(ledger, as_of=as_of("2025-12-31")))
        signed = ledger.items.select("account_id", minor=pl.when("is_debit").then(left).otherwise(-left))
        by_entity = (
            signed.join(ledger.accounts, on="account_id").group_by("entity", "currency").agg(pl.col("minor").sum())
        )
        both = ledger.control.join(by_entity, on=["entity", "currency"])
        assert both.height == ledger.control.height
        assert (both["amount_minor"] == both["minor"]).all()


class TestLooksLikeLife:
    def test_every_kind_of_fact_is_there(self, ledger):
        assert set(ledger.items["kind"]) == {"invoice", "receipt", "credit_note", "write_off", "debit_note"}
        assert {"transfer", "recovery", "indemnity"} <= set(ledger.items["payment_method"])
        assert ledger.instalments.height
        assert ledger.disputes["closed_on"].null_count() < ledger.disputes.height
        assert len(ledger.currencies) > 2
        assert ledger.accounts["entity"].n_unique() > 1
        assert ledger.customers["parent_code"].is_not_null().any()

    def test_customers_differ_in_size_and_habit(self, ledger):
        sales = ledger.items.filter(kind="invoice").join(ledger.accounts, on="account_id")
        by_customer = sales.group_by("customer_id").agg(pl.len())["len"].sort(descending=True)
        assert by_customer.head(20).sum() > 3 * by_customer.tail(100).sum() / 5
        paid = ledger.allocations.join(ledger.items, left_on="debit_id", right_on="item_id")
        late = paid.join(ledger.accounts, on="account_id").group_by("customer_id").agg(
            (pl.col("allocated_on") - pl.col("due_on")).dt.total_days().mean().alias("days")
        )  # fmt: skip
        assert late["days"].quantile(0.9) - late["days"].quantile(0.1) > 20

    def test_some_is_open_and_less_is_overdue(self, ledger):
        left = pl.Series(open_amounts(ledger, as_of=as_of("2025-12-31")))
        debits = ledger.items.with_columns(left=left).filter("is_debit")
        share = debits["left"].sum() / debits["amount_minor"].sum()
        assert 0.03 < share < 0.25
        late = debits.filter(pl.col("due_on") < UNTIL)["left"].sum()
        assert 0.05 < late / debits["left"].sum() < 0.5

    def test_names_in_two_scripts(self, ledger):
        chinese = ledger.customers.filter(country="CN")["name"]
        foreign = ledger.customers.filter(pl.col("country") != "CN")["name"]
        assert chinese.str.contains("有限公司$").all()
        assert foreign.str.contains(r"^[A-Za-z.\- ]+$").all()


class TestCanonical:
    def test_amounts_have_the_currency_s_decimals(self, ledger):
        items = canonical(ledger)["items"]
        assert items.filter(currency="JPY")["amount"].str.contains(r"^\d+$").all()
        assert items.filter(pl.col("currency") != "JPY")["amount"].str.contains(r"^\d+\.\d\d$").all()
        whole = items.filter(pl.col("currency") != "JPY")["amount"].str.replace(".", "", literal=True).cast(pl.Int64)
        minor = ledger.items.join(ledger.accounts, on="account_id").filter(pl.col("currency") != "JPY")["amount_minor"]
        assert (whole == minor).all()

    def test_the_key_is_a_key(self, ledger):
        items = canonical(ledger)["items"]
        assert not items.select("entity", "number").is_duplicated().any()

    def test_every_reference_leads_to_an_item(self, ledger):
        tables = canonical(ledger)
        numbers = set(tables["items"].select("entity", "number").iter_rows())
        for table, column in (("allocations", "debit_number"), ("allocations", "credit_number"),
                              ("instalments", "number"), ("disputes", "number")):  # fmt: skip
            assert set(tables[table].select("entity", column).iter_rows()) <= numbers

    def test_a_balance_may_be_negative(self, ledger):
        control = ledger.control.with_columns(amount_minor=-pl.col("amount_minor") - 5)
        balances = canonical(replace(ledger, control=control))["balances"]
        assert balances.filter(currency="CNY")["amount"].str.contains(r"^-\d+\.\d\d$").all()
