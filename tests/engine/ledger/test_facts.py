import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.ledger.fact_rules import KNOWN_ITEMS, Known, checked, noted
from seawall.engine.ledger.facts import AMOUNT, CLEARINGS, CanonicalTables, group_roots, index
from seawall.engine.ledger.items import DEBIT_KINDS, KIND
from seawall.engine.ledger.rejects import REASONS, sentences

DRAFT = {
    "items": {
        "entity": pl.String, "customer_code": pl.String, "kind": KIND, "number": pl.String, "issued_on": pl.Date,
        "due_on": pl.Date, "currency": pl.String, "amount": AMOUNT, "tax_amount": AMOUNT, "disputed_amount": AMOUNT,
        "open_amount": AMOUNT, "terms": pl.String, "order_number": pl.String, "description": pl.String,
        "payment_method": pl.String, "contract_number": pl.String, "shipped_on": pl.Date, "delivered_on": pl.Date,
    },
    "customers": dict.fromkeys(
        ("customer_code", "name", "country", "sector", "registration_id", "parent_code", "currency", "language", "email"),
        pl.String,
    ),
    "allocations": {
        "entity": pl.String, "customer_code": pl.String, "debit_number": pl.String, "credit_number": pl.String,
        "allocated_on": pl.Date, "amount": AMOUNT, "credit_amount": AMOUNT,
    },
    "instalments": {"entity": pl.String, "number": pl.String, "due_on": pl.Date, "amount": AMOUNT},
    "disputes": {
        "entity": pl.String, "number": pl.String, "opened_on": pl.Date, "closed_on": pl.Date, "amount": AMOUNT,
        "reason": pl.String,
    },
    "balances": {"entity": pl.String, "account": pl.String, "currency": pl.String, "on": pl.Date, "amount": AMOUNT},
}  # fmt: skip
DEFAULTS = {"entity": "E", "customer_code": "C", "currency": "CNY", "issued_on": "2025-01-01", "kind": "invoice"}


def frame(table, rows):
    schema = DRAFT[table]
    plain = [{**{key: value for key, value in DEFAULTS.items() if key in schema}, **row} for row in rows]
    for row in plain:
        if table == "customers":
            row["currency"] = row.get("currency") if "currency" in row else None
            row.setdefault("name", row["customer_code"])
    text = pl.DataFrame(plain, schema=dict.fromkeys(schema, pl.String), orient="row")
    typed = text.select(
        pl.col(name).cast(dtype) if dtype != pl.Date else pl.col(name).str.to_date() for name, dtype in schema.items()
    )
    typed = typed.with_columns(source_file=pl.lit(table), source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    if table == "items":
        return typed.with_columns(is_debit=pl.col("kind").is_in(DEBIT_KINDS))
    return typed


def tables(**said):
    basis = {key: said.pop(key) for key in ("basis", "list_date", "clearings") if key in said}
    frames = {name: frame(name, rows) for name, rows in said.items()}
    rest = {name: frame(name, []) for name in DRAFT if name not in frames and name != "customers"}
    return CanonicalTables(**rest, **frames, **basis)


def faults(said, known=None):
    _, rejects = checked(said, known=known)
    assert sentences(rejects)  # every template can be filled in
    return rejects.select("file", "row", "column", "code").rows()


def item(number, amount="100", **more):
    return {"number": number, "amount": amount, **more}


def receipt(number, amount="100", **more):
    return item(number, amount, kind="receipt", **more)


def allocation(debit, credit, amount, on="2025-01-01", **more):
    return {"debit_number": debit, "credit_number": credit, "amount": amount, "allocated_on": on, **more}


def test_index_orders_by_group_customer_account_and_issue_day():
    said = tables(
        customers=[{"customer_code": "b", "parent_code": "a"}, {"customer_code": "z"}, {"customer_code": "a", "parent_code": "m"}, {"customer_code": "m"}],
        items=[
            item("3", customer_code="z"), item("9", customer_code="b", currency="USD"), item("2", customer_code="b"),
            item("1", customer_code="b", issued_on="2025-01-02"), item("0", customer_code="m"),
        ],
    )  # fmt: skip
    facts, rejects = checked(said)
    assert rejects.is_empty()
    ledger = index(facts).check()
    assert ledger.customers["customer_code"].to_list() == ["a", "b", "m", "z"]
    assert ledger.customers["group_code"].to_list() == ["m", "m", "m", "z"]
    assert ledger.items["number"].to_list() == ["2", "1", "9", "0", "3"]
    assert ledger.accounts.rows() == [(0, 1, "E", "CNY"), (1, 1, "E", "USD"), (2, 2, "E", "CNY"), (3, 3, "E", "CNY")]


def test_an_allocation_takes_effect_on_the_latest_of_its_day_and_both_items_days():
    said = tables(
        items=[item("I", issued_on="2025-02-01"), receipt("R", issued_on="2025-01-15"), receipt("S", issued_on="2025-03-15")],
        allocations=[allocation("I", "R", "10", "2025-01-20"), allocation("I", "R", "20", "2025-02-05"), allocation("I", "S", "30", "2025-03-01")],
    )  # fmt: skip
    facts, rejects = checked(said)
    assert rejects.is_empty()
    assert index(facts).allocations.select("allocated_on", "amount_minor").rows() == [
        (dt.date(2025, 2, 1), 1000), (dt.date(2025, 2, 5), 2000), (dt.date(2025, 3, 15), 3000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ("30", "2025-01-31"), ("30 days", "2025-01-31"), ("net 30", "2025-01-31"), ("N30", "2025-01-31"),
        ("2/10 net 30", "2025-01-31"), ("30天", "2025-01-31"), ("30 days net", "2025-01-31"), (None, "2025-01-01"),
        ("end of month", "2025-01-01"), ("0", "2025-01-01"),
    ],
)  # fmt: skip
def test_without_a_due_day_the_terms_say_it_else_the_day_of_issue(terms, due):
    facts, _ = checked(tables(items=[item("I", terms=terms)]))
    assert str(facts.items["due_on"].item()) == due


def test_a_credit_falls_due_on_its_day_of_issue():
    facts, _ = checked(tables(items=[receipt("R", due_on="2025-09-09", terms="30")]))
    assert facts.items["due_on"].item() == dt.date(2025, 1, 1)


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("CNY", "1.2", 120), ("JPY", "7", 7), ("JPY", "7.000", 7), ("KWD", "1.234", 1234), ("CLF", "0.0001", 1), ("CNY", "90071992547409.92", 2**53)],
)  # fmt: skip
def test_amounts_become_minor_units_of_their_currency(currency, amount, minor):
    facts, rejects = checked(tables(items=[item("I", amount, currency=currency)]))
    assert rejects.is_empty()
    assert facts.items["amount_minor"].item() == minor


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ({"amount": "1.234"}, "amount", "decimals"),
        ({"amount": "7.5", "currency": "JPY"}, "amount", "decimals"),
        ({"amount": "90071992547409.93"}, "amount", "too_large"),
        ({"tax_amount": "100.01"}, "tax_amount", "tax_above"),
        ({"disputed_amount": "100.01"}, "disputed_amount", "dispute_above"),
        ({"open_amount": "100.01"}, "open_amount", "open_above"),
        ({"customer_code": "nobody"}, "customer_code", "unknown_customer"),
    ],
)
def test_an_item_that_does_not_fit_is_refused(row, column, code):
    said = tables(customers=[{"customer_code": "C"}], items=[item("ok"), {**item("I"), **row}])
    assert faults(said) == [("items", 2, column, code)]


def test_numbers_are_used_once_for_each_entity_and_side():
    said = tables(
        items=[item("1"), item("1", entity="F"), receipt("1"), item("2"), item("2"), item("3", "1"), item("3", "2")]
    )
    # of equal rows one is kept; of rows that differ nobody can say which is right
    assert faults(said) == [("items", row, "number", "duplicate") for row in (5, 6, 7)]
    facts, _ = checked(said)
    assert sorted(facts.items["number"]) == ["1", "1", "1", "2"]


def test_parents_must_exist_and_must_not_go_round():
    customers = [
        {"customer_code": "a", "parent_code": "b"}, {"customer_code": "b", "parent_code": "c"},
        {"customer_code": "c", "parent_code": "a"}, {"customer_code": "d", "parent_code": "d"},
        {"customer_code": "e", "parent_code": "nobody"}, {"customer_code": "f", "parent_code": "e"},
        {"customer_code": "g"}, {"customer_code": "h", "parent_code": "c"},
    ]  # fmt: skip
    said = tables(customers=customers, items=[item("I", customer_code="g"), item("J", customer_code="f")])
    found = faults(said)
    codes = {row: code for file, row, _, code in found if file == "customers"}
    assert codes == {
        1: "parent_cycle",
        2: "parent_cycle",
        3: "parent_cycle",
        4: "parent_cycle",
        5: "unknown_parent",
        6: "unknown_parent",
        8: "parent_cycle",
    }
    assert ("items", 2, "customer_code", "unknown_customer") in found
    facts, _ = checked(said)
    assert facts.customers["customer_code"].to_list() == ["g"]
    assert index(facts).items["number"].to_list() == ["I"]


def test_a_long_chain_of_parents_has_one_root():
    size = 3000
    codes = [f"{k:05}" for k in range(size)]
    customers = pl.DataFrame({"customer_code": codes, "parent_code": [None, *codes[:-1]]})
    roots, has_root = group_roots(customers)
    assert has_root.all()
    assert set(roots.tolist()) == {0}
    ring = customers.with_columns(parent_code=pl.Series([codes[-1], *codes[:-1]]))
    assert not group_roots(ring)[1].any()


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (allocation("nothing", "R", "1"), "debit_number", "unknown_item"),
        (allocation("I", "nothing", "1"), "credit_number", "unknown_item"),
        (allocation("R", "R", "1"), "debit_number", "wrong_side"),
        (allocation("I", "I", "1"), "credit_number", "wrong_side"),
        (allocation("I", "R", "1", customer_code="D"), "customer_code", "other_customer"),
        (allocation("I", "RD", "1"), "credit_number", "other_group"),
        (allocation("I", "U", "1"), "credit_amount", "credit_amount"),
        (allocation("I", "R", "1", credit_amount="2"), "credit_amount", "credit_amount_differs"),
        (allocation("I", "R", "1.001"), "amount", "decimals"),
        (allocation("I", "R", "100.01"), "amount", "above_open"),
        (allocation("I", "small", "6"), "credit_amount", "above_open"),
        (allocation("I", "U", "1", credit_amount="101"), "credit_amount", "above_open"),
        (allocation("I", "R", "1", entity="F"), "debit_number", "unknown_item"),
    ],
)
def test_an_allocation_that_does_not_fit_is_refused(row, column, code):
    said = tables(
        items=[item("I"), receipt("R", "200"), receipt("RD", customer_code="D"), receipt("U", currency="USD"), receipt("small", "5")],
        allocations=[row],
    )  # fmt: skip
    found = faults(said)
    assert ("allocations", 1, column, code) in found
    facts, _ = checked(said)
    assert facts.allocations.is_empty()


def test_allocations_are_refused_from_the_first_day_they_no_longer_fit_on_either_side():
    said = tables(
        items=[item("I"), item("J"), receipt("R", "300"), receipt("S", "50")],
        allocations=[
            allocation("I", "R", "60", "2025-03-01"), allocation("I", "R", "50", "2025-02-01"),
            allocation("J", "S", "30", "2025-02-01"), allocation("J", "S", "21", "2025-03-01"),
        ],
    )  # fmt: skip
    assert faults(said) == [
        ("allocations", 1, "amount", "above_open"),
        ("allocations", 4, "credit_amount", "above_open"),
    ]


def test_a_credit_of_another_customer_may_settle_within_the_group():
    customers = [{"customer_code": "C", "parent_code": "P"}, {"customer_code": "P"}]
    items = [item("I"), receipt("R", customer_code="P")]
    facts, rejects = checked(tables(customers=customers, items=items, allocations=[allocation("I", "R", "100")]))
    assert rejects.is_empty()
    assert index(facts).allocations.height == 1


def test_currencies_may_differ_when_both_amounts_are_given():
    said = tables(
        items=[item("I"), receipt("U", "14", currency="USD")],
        allocations=[allocation("I", "U", "100", credit_amount="13.90")],
    )
    facts, rejects = checked(said)
    assert rejects.is_empty()
    assert facts.allocations.select("amount_minor", "credit_minor").rows() == [(100_00, 13_90)]


@pytest.mark.parametrize(
    ("table", "rows", "code"),
    [
        ("instalments", [{"number": "I", "due_on": "2025-02-01", "amount": "60"}, {"number": "I", "due_on": "2025-03-01", "amount": "39"}], "instalments"),
        ("instalments", [{"number": "R", "due_on": "2025-02-01", "amount": "100"}], "credit_instalments"),
        ("instalments", [{"number": "?", "due_on": "2025-02-01", "amount": "100"}], "unknown_item"),
        ("disputes", [{"number": "I", "opened_on": "2025-02-01", "amount": "101"}], "dispute_above"),
        ("disputes", [{"number": "I", "opened_on": "2025-02-01", "closed_on": "2025-01-31", "amount": "1"}], "dispute_days"),
        ("disputes", [{"number": "R", "opened_on": "2025-02-01", "amount": "1"}], "dispute_credit"),
        ("balances", [{"account": "1122", "on": "2025-02-01", "amount": "1"}, {"account": "1122", "on": "2025-02-01", "amount": "2"}], "duplicate_balance"),
    ],
)  # fmt: skip
def test_what_is_said_about_items_must_fit_them(table, rows, code):
    found = faults(tables(items=[item("I"), receipt("R")], **{table: rows}))
    assert found == [(table, row + 1, found[0][2], code) for row in range(len(rows))]


def test_a_dispute_is_told_once():
    said = tables(
        items=[item("I", disputed_amount="5")], disputes=[{"number": "I", "opened_on": "2025-02-01", "amount": "5"}]
    )
    assert faults(said) == [("items", 1, "disputed_amount", "dispute_twice")]
    facts, _ = checked(said)
    assert facts.items["disputed_minor"].item() == 0


def test_what_is_on_file_counts():
    known = Known(
        customers=pl.DataFrame({"customer_code": ["K"], "parent_code": [None]}, schema={"customer_code": pl.String, "parent_code": pl.String}),
        items=pl.DataFrame(
            {"entity": ["E"], "is_debit": [True], "number": ["OLD"], "customer_code": ["K"], "currency": ["CNY"],
             "issued_on": [dt.date(2024, 1, 1)], "amount_minor": [100_00], "settled_minor": [70_00]}
        ),
    )  # fmt: skip
    said = tables(
        customers=[{"customer_code": "N", "parent_code": "K"}],
        items=[receipt("R", customer_code="N"), receipt("S", customer_code="K")],
        allocations=[allocation("OLD", "R", "30", customer_code="K"), allocation("OLD", "S", "1", "2025-06-01", customer_code="K")],
    )  # fmt: skip
    assert faults(said, known) == [("allocations", 2, "amount", "above_open")]


def test_a_list_of_open_items_closes_what_it_no_longer_shows():
    known = pl.DataFrame(
        {"entity": ["E", "E", "F", "E"], "is_debit": [True, True, True, False], "number": ["GONE", "PART", "OTHER", "USED"],
         "customer_code": "C", "currency": "CNY", "issued_on": dt.date(2024, 1, 1), "amount_minor": [100_00] * 4, "settled_minor": [10_00, 0, 0, 0]},
        schema=KNOWN_ITEMS,
    )  # fmt: skip
    said = tables(
        items=[item("PART", "60"), item("NEW", "100", open_amount="70")],
        basis="open_items",
        list_date=dt.date(2025, 3, 31),
    )
    facts, rejects = checked(said, known=Known(items=known))
    assert rejects.is_empty()
    closed = (
        facts.allocations.select("debit_number", "credit_number", "amount_minor", "allocated_on")
        .sort("debit_number")
        .rows()
    )
    on = dt.date(2025, 3, 31)
    assert closed == [
        ("?USED@2025-03-31", "USED", 100_00, on), ("GONE", "?GONE@2025-03-31", 90_00, on),
        ("NEW", "?NEW@2025-03-31", 30_00, on), ("PART", "?PART@2025-03-31", 40_00, on),
    ]  # fmt: skip
    part = facts.items.filter(pl.col("number") == "PART")
    assert part.select("amount_minor", "open_minor").rows() == [(100_00, 60_00)]
    assert set(facts.items.filter(pl.col("payment_method") == "settled_unknown")["kind"]) == {
        "settled_unknown",
        "refund",
    }


def test_a_first_list_of_open_items_answers_from_its_own_day():
    said = tables(
        items=[item("I", open_amount="40"), receipt("R", "9")], basis="open_items", list_date=dt.date(2025, 3, 31)
    )
    ledger = index(checked(said)[0]).check()
    assert ledger.known_from == dt.date(2025, 3, 31)
    assert ledger.allocations["amount_minor"].to_list() == [60_00]


def test_documents_cleared_together_settle_each_other_in_order():
    clearings = CLEARINGS.frame(
        [{"cleared_by": "K", "cleared_on": dt.date(2025, 3, 1), "source_file": "items", "source_row": row} for row in (1, 2, 3, 4)]
        + [{"cleared_by": "L", "cleared_on": dt.date(2025, 4, 1), "source_file": "items", "source_row": 5}]
    )  # fmt: skip
    said = tables(
        items=[item("A", "70"), item("B", "50", issued_on="2025-01-02"), receipt("R", "80", issued_on="2025-02-01"), receipt("S", "40", issued_on="2025-02-02"), item("ALONE", "5"), item("OPEN", "5")],
        clearings=clearings,
    )  # fmt: skip
    facts, rejects = checked(said)
    assert rejects.is_empty()
    assert facts.allocations.select("debit_number", "credit_number", "amount_minor").sort("debit_number", "credit_number").rows() == [
        ("A", "R", 70_00), ("ALONE", "?ALONE@2025-04-01", 5_00), ("B", "R", 10_00), ("B", "S", 40_00),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 500), st.integers(0, 3)), max_size=40))
def test_clearing_settles_what_both_sides_share_and_nothing_more(rows):
    items = [
        item(f"N{k}", str(amount), kind="invoice" if debit else "receipt") for k, (debit, amount, _) in enumerate(rows)
    ]
    clearings = CLEARINGS.frame(
        [{"cleared_by": str(by), "cleared_on": dt.date(2025, 3, 1), "source_file": "items", "source_row": k + 1} for k, (_, _, by) in enumerate(rows)]
    )  # fmt: skip
    facts, rejects = checked(tables(items=items, clearings=clearings))
    assert rejects.is_empty()
    real = facts.allocations.filter(
        ~pl.col("debit_number").str.starts_with("?"), ~pl.col("credit_number").str.starts_with("?")
    )
    for by in range(4):
        sides = [
            sum(amount for debit, amount, group in rows if group == by and debit is side) for side in (True, False)
        ]
        mine = {f"N{k}" for k, (_, _, group) in enumerate(rows) if group == by}
        assert real.filter(pl.col("debit_number").is_in(mine))["amount_minor"].sum() == min(sides) * 100
    ledger = index(facts).check()
    for side in ("debit", "credit"):
        settled = ledger.allocations.group_by(f"{side}_id").agg(pl.col("amount_minor").sum())
        whole = settled.join(ledger.items, left_on=f"{side}_id", right_on="item_id")
        assert (whole["amount_minor"] == whole["amount_minor_right"]).all()


def test_what_is_worth_saying_is_counted():
    said = tables(items=[item("I", due_on="2024-12-31"), item("J", terms="soon"), item("K", terms="30"), receipt("R")])
    facts, _ = checked(said)
    assert noted(said, facts) == [("due_before_issue", 1), ("due_from_issue", 1), ("customers_from_codes", 1)]


def test_every_reason_can_be_filled_in():
    for reason in REASONS.values():
        assert reason.format(column="amount", value="x", expected="y")
