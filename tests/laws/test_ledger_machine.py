"""Promises R8 and R9: whatever is sold, paid, allocated, disputed and cancelled, no money is made or lost.

Random histories are played against a plain model in Python. Allocations are only proposed: whether the
ledger takes one must be what the model says, and what it took must add up on every day.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import polars as pl
import pytest
from factories import Book
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from strategies import START, major, text

from seawall.engine.kernel.asof import AsOf
from seawall.engine.ledger.ageing import ageing, grouped
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.fact_rules import KNOWN_ITEMS, Known, checked
from seawall.engine.ledger.facts import ALLOCATION_FACTS, AMOUNT, ITEM_FACTS, CanonicalTables, index
from seawall.engine.ledger.laws import breaches
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.ledger.statement import balances

GROUPS = {"A1": "A", "A2": "A", "B1": "B"}
AMOUNTS = st.integers(1, 10**7)
AMOUNT_COLUMNS = {
    "amount": "amount_minor",
    "tax_amount": "tax_minor",
    "disputed_amount": "disputed_minor",
    "open_amount": "open_minor",
}


def rows_of(table, amounts, rows):
    """Rows as a reader hands them over: amounts as exact decimals, not yet in minor units."""
    schema = {name: dtype for name, dtype in table.schema.items() if name not in amounts.values()}
    schema |= dict.fromkeys(amounts, AMOUNT)
    return pl.DataFrame([{"source_file": "f", **row} for row in rows], schema=schema)


class Ledgers(RuleBasedStateMachine):
    played: Counter = Counter()

    def __init__(self):
        super().__init__()
        self.book, self.left, self.today, self.unseen = Book(), {}, 0, 0
        for code, group in GROUPS.items():
            parent = {} if code in ("A1", "B1") else {"parent_code": "A1"}
            self.book.customer(code, group_code=group + "1", **parent)
        self.played["sequences"] += 1

    def add(self, kind, minor, due=0, **facts):
        number = f"N{len(self.left)}"
        currency = facts["currency"]
        self.book.item(kind, number, major(minor, currency), text(self.today), text(self.today + due), **facts)
        self.left[number] = minor
        self.unseen += 1
        return number

    def some(self, data, *, is_debit):
        return data.draw(
            st.sampled_from([number for number in self.left if self.book.items[number]["is_debit"] == is_debit])
        )

    def has(self, *, is_debit):
        return any(item["is_debit"] == is_debit for item in self.book.items.values())

    @initialize(minor=AMOUNTS, count=st.integers(1, 3))
    def begin(self, minor, count):
        for _ in range(count):
            self.add("invoice", minor, 30, customer="A1", entity="E1", currency="CNY")
            self.add("receipt", minor, customer="A2", entity="E1", currency="CNY")

    @rule(days=st.integers(0, 60))
    def wait(self, days):
        self.today += days

    @rule(
        kind=st.sampled_from(["invoice", "debit_note", "refund", "receipt", "receipt", "credit_note"]), minor=AMOUNTS,
        customer=st.sampled_from(sorted(GROUPS)), entity=st.sampled_from(["E1", "E2"]), due=st.integers(0, 90),
        currency=st.sampled_from(["CNY", "JPY"]),
    )  # fmt: skip
    def book_item(self, kind, minor, due, **facts):
        self.add(kind, minor, due, **facts)

    @precondition(lambda self: self.has(is_debit=True))
    @rule(data=st.data(), kind=st.sampled_from(["receipt", "credit_note", "write_off"]), share=st.integers(1, 4))
    def settle(self, data, kind, share):
        """Pay, cancel or write off a debit, in part or in full, by a credit of its own."""
        debit = self.some(data, is_debit=True)
        minor = self.left[debit] // share
        if minor:
            item = self.book.items[debit]
            facts = {"customer": item["customer_code"], "entity": item["entity"], "currency": item["currency"]}
            self.propose(debit, self.add(kind, minor, **facts), minor, None, self.today)

    @precondition(lambda self: self.has(is_debit=True) and self.has(is_debit=False))
    @rule(data=st.data(), days=st.integers(-30, 30))
    def allocate(self, data, days):
        """Any debit with any credit, up to twice what is left: much of it the ledger must refuse."""
        self.unseen += 1
        debit, credit = self.some(data, is_debit=True), self.some(data, is_debit=False)
        minor = data.draw(st.integers(1, max(1, 2 * min(self.left[debit], self.left[credit]))))
        other = data.draw(st.none() | st.just(minor) | st.integers(1, max(1, 2 * self.left[credit])))
        self.propose(debit, credit, minor, other, max(0, self.today + days))

    @precondition(lambda self: self.has(is_debit=True))
    @rule(data=st.data(), length=st.none() | st.integers(1, 40))
    def dispute(self, data, length):
        number = self.some(data, is_debit=True)
        item = self.book.items[number]
        minor = data.draw(st.integers(1, item["amount_minor"]))
        end = text(self.today + length) if length else None
        self.book.dispute(number, major(minor, item["currency"]), text(self.today), end)

    def propose(self, debit, credit, minor, other, days):
        one, two = self.book.items[debit], self.book.items[credit]
        is_lawful = self.is_lawful(one, two, minor, other)
        fact = {
            "entity": one["entity"], "customer_code": one["customer_code"], "debit_number": debit, "credit_number": credit,
            "allocated_on": START + dt.timedelta(days=days), "amount": Decimal(major(minor, one["currency"])),
            "credit_amount": None if other is None else Decimal(major(other, two["currency"])), "source_row": 1,
        }  # fmt: skip
        rows = rows_of(ALLOCATION_FACTS, {"amount": "amount_minor", "credit_amount": "credit_minor"}, [fact])
        taken, rejects = checked(CanonicalTables(items=self.items([]), allocations=rows), known=self.known())
        assert (taken.allocations.height, rejects.height == 0) == (int(is_lawful), is_lawful)
        self.played["taken" if is_lawful else "refused"] += 1
        if is_lawful:
            other = minor if other is None else other
            self.left[debit] -= minor
            self.left[credit] -= other
            self.book.allocate(
                debit, credit, major(minor, one["currency"]), text(days), credit_amount=major(other, two["currency"])
            )

    def is_lawful(self, one, two, minor, other):
        same = one["currency"] == two["currency"]
        used = minor if other is None else other
        return (
            one["entity"] == two["entity"]
            and GROUPS[one["customer_code"]] == GROUPS[two["customer_code"]]
            and (other in (None, minor) if same else other is not None)
            and minor <= self.left[one["number"]]
            and used <= self.left[two["number"]]
        )

    def known(self):
        items = [
            {**item, "settled_minor": item["amount_minor"] - self.left[number]}
            for number, item in self.book.items.items()
        ]
        customers = [
            {"customer_code": code, "parent_code": facts.get("parent_code")}
            for code, facts in self.book.customers.items()
        ]
        return Known(
            pl.DataFrame(customers, schema={"customer_code": pl.String, "parent_code": pl.String}),
            pl.DataFrame([{name: item[name] for name in KNOWN_ITEMS} for item in items], schema=KNOWN_ITEMS),
        )

    def items(self, facts):
        rows = [
            {
                **{name: item[name] for name in ("entity", "customer_code", "kind", "is_debit", "number", "issued_on", "due_on", "currency")},
                "amount": Decimal(major(item["amount_minor"], item["currency"])), "source_row": k,
            }
            for k, item in enumerate(facts, 1)
        ]  # fmt: skip
        return rows_of(ITEM_FACTS, AMOUNT_COLUMNS, rows)

    @precondition(lambda self: self.unseen > 5)
    @rule(back=st.integers(0, 120))
    def look(self, back):
        self.unseen = 0
        self.look_at(self.book.ledger(), START + dt.timedelta(days=max(0, self.today - back)))

    @precondition(lambda self: self.unseen > 5)
    @rule(random=st.randoms(use_true_random=False))
    def read_all_again(self, random):
        """All facts at once, rows in another order, give the same ledger."""
        self.unseen = 0
        items, allocations = list(self.book.items.values()), list(self.book.allocations)
        random.shuffle(items)
        random.shuffle(allocations)
        facts = [
            {
                "entity": self.book.items[row["debit"]]["entity"], "debit_number": row["debit"], "credit_number": row["credit"],
                "allocated_on": row["allocated_on"], "source_row": k,
                "amount": Decimal(major(row["amount_minor"], self.book.items[row["debit"]]["currency"])),
                "credit_amount": Decimal(major(row["credit_minor"], self.book.items[row["credit"]]["currency"])),
            }
            for k, row in enumerate(allocations, 1)
        ]  # fmt: skip
        rows = rows_of(ALLOCATION_FACTS, {"amount": "amount_minor", "credit_amount": "credit_minor"}, facts)
        known = Known(customers=self.known().customers)
        tables, rejects = checked(CanonicalTables(items=self.items(items), allocations=rows), known=known)
        assert rejects.height == 0
        again, ledger = index(tables), self.book.ledger()
        as_of = AsOf(START + dt.timedelta(days=self.today), 0)
        said = [grouped(ageing(one, as_of=as_of, scheme=DEFAULT_SCHEME), one, by="entity") for one in (again, ledger)]
        columns = [name for name in said[0].columns if name != "disputed_minor"]
        assert said[0].select(columns).equals(said[1].select(columns))

    def teardown(self):
        ledger = self.book.ledger()
        last = START + dt.timedelta(days=self.today + 1000)
        self.look_at(ledger, last)
        by_number = dict(zip(ledger.items["number"], open_amounts(ledger, as_of=AsOf(last, 0)).tolist(), strict=True))
        assert by_number == self.left

    def look_at(self, ledger, on):
        as_of = AsOf(on, 0)
        assert breaches(ledger, as_of=as_of) == []
        left = open_amounts(ledger, as_of=as_of)
        assert (left >= 0).all()
        self.received_is_allocated_and_unallocated(ledger, on, left)
        self.ageing_is_balance_is_items(ledger, as_of, left)
        self.played["days looked at"] += 1

    def received_is_allocated_and_unallocated(self, ledger, on, left):
        """R8, by currency."""
        items = ledger.items.with_columns(left=pl.Series(left)).join(ledger.accounts, on="account_id")
        for currency in ("CNY", "JPY"):
            credits_ = items.filter(~pl.col("is_debit"), pl.col("issued_on") <= on, pl.col("currency") == currency)
            effective = ledger.allocations.filter(
                pl.col("allocated_on") <= on, pl.col("credit_id").is_in(credits_["item_id"].implode())
            )
            assert effective["credit_minor"].sum() + credits_["left"].sum() == credits_["amount_minor"].sum()

    def ageing_is_balance_is_items(self, ledger, as_of, left):
        """R9, by customer, entity and currency."""
        signed = pl.when("is_debit").then("left").otherwise(-pl.col("left"))
        items = ledger.items.with_columns(left=pl.Series(left)).join(ledger.accounts, on="account_id")
        accounts = balances(ledger, as_of=as_of).join(ledger.customers, on="customer_id")
        rows = ageing(ledger, as_of=as_of, scheme=DEFAULT_SCHEME)
        for by, key in (("customer", "customer_id"), ("entity", "entity"), ("currency", "currency")):
            keys = list(dict.fromkeys((key, "currency")))
            aged = grouped(rows, ledger, by=by).select(*keys, net=pl.col("open_minor") - pl.col("unapplied_minor"))
            totals = [
                frame.filter(pl.col("net") != 0).sort(keys).rows()
                for frame in (
                    aged,
                    accounts.group_by(keys).agg(net=pl.col("balance_minor").sum()),
                    items.group_by(keys).agg(net=signed.sum()),
                )
            ]
            assert totals[0] == totals[1] == totals[2]


def test_the_ledger_takes_only_what_adds_up():
    """One history by hand: an allocation above what is open is refused, and the guard is what refuses it."""
    machine = Ledgers()
    facts = {"customer": "A1", "entity": "E1", "currency": "CNY"}
    invoice, receipt = machine.add("invoice", 100, 30, **facts), machine.add("receipt", 150, **facts)
    assert not machine.is_lawful(machine.book.items[invoice], machine.book.items[receipt], 101, None)
    machine.propose(invoice, receipt, 101, None, 0)
    assert machine.left == {invoice: 100, receipt: 150}
    machine.propose(invoice, receipt, 100, None, 0)
    assert machine.left == {invoice: 0, receipt: 50}
    machine.teardown()
    machine.book.allocate(invoice, receipt, "0.01", text(0))
    with pytest.raises(AssertionError):
        machine.look_at(machine.book.ledger(), START)


@pytest.mark.slow
@pytest.mark.promise("R8")
def test_allocations_conserve_money(count, promise):
    played = play(count(25, 2000))
    promise(
        f"{played['sequences']:,} sequences of up to 50 steps, {played['taken']:,} allocations taken and "
        f"{played['refused']:,} refused: 0 breaches"
    )


@pytest.mark.slow
@pytest.mark.promise("R9")
def test_ageing_is_balance_is_items(count, promise):
    """The same machine in short histories: what is promised is held on every day it looks at."""
    played = play(count(25, 1000), steps=15)
    promise(f"{played['days looked at']:,} days in {played['sequences']:,} histories: differences 0")


def play(sequences, steps=50):
    Ledgers.played = Counter()
    run_state_machine_as_test(
        Ledgers,
        settings=settings(
            max_examples=sequences, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert Ledgers.played["taken"]
    assert Ledgers.played["refused"]
    return Ledgers.played
