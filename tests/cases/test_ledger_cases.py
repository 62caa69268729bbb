"""Runs the worked examples of ageing and turnover that a credit manager can read and add to."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from factories import Book, as_of

from seawall.engine.ledger import turnover
from seawall.engine.ledger.ageing import aged_parts, ageing
from seawall.engine.ledger.exposure import beside_open
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.ledger.statement import balances

HERE = Path(__file__).parent


def cases(topic):
    for path in sorted((HERE / topic).glob("*.yaml")):
        for case in yaml.safe_load_all(path.read_text("utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['title']}")


def book_of(case):
    book = Book()
    for item in case["items"]:
        parts = [
            (str(part["due"]), part["amount"], *part.get("mark", "").split()) for part in item.get("instalments", ())
        ]
        due = str(item["due"]) if "due" in item else None
        method = item.get("payment_method")
        book.item(
            item["kind"], item["number"], item["amount"], str(item["issued"]), due, parts=parts, payment_method=method
        )
    for bill in case.get("bills", ()):
        events = [(event, str(on)) for event, on in bill.get("history", {}).items()]
        book.bill(
            bill["number"], bill["amount"], str(bill["received"]), str(bill["matures"]), kind=bill["kind"],
            acceptor=bill["acceptor"], events=events,
        )  # fmt: skip
    for row in case.get("allocations", ()):
        book.allocate(row["debit"], row["credit"], row["amount"], str(row["day"]))
    for row in case.get("disputes", ()):
        book.dispute(row["number"], row["amount"], str(row["opened"]), row.get("closed") and str(row["closed"]))
    return book


@pytest.mark.parametrize("case", list(cases("ageing")))
def test_ageing(case):
    book, expected = book_of(case), case["expected"]
    ledger, day = book.ledger(), as_of(str(case["as_of"]))
    scheme = Scheme.parse(case["scheme"], case.get("by", "due")) if "scheme" in case else DEFAULT_SCHEME
    row = ageing(ledger, as_of=day, scheme=scheme).row(0, named=True)
    assert {name: row[f"{name}_minor"] for name in ("open", "unapplied", "disputed")} == {
        name: expected[name] * 100 for name in ("open", "unapplied", "disputed")
    }
    assert {name: row[f"{name}_minor"] for name in scheme.names if row[f"{name}_minor"]} == {
        name: amount * 100 for name, amount in expected["by_bucket"].items()
    }
    assert balances(ledger, as_of=day)["balance_minor"].sum() == expected["balance"] * 100
    parts = aged_parts(ledger, as_of=day, scheme=scheme)
    for number, days in expected.get("days_past_due", {}).items():
        assert parts.filter(pl.col("item_id") == book.item_id[number])["dpd_days"].to_list() == [days]


@pytest.mark.parametrize("case", list(cases("exposure")))
def test_exposure(case):
    ledger = book_of(case).ledger()
    for said in case["expected"]:
        on = as_of(str(said["day"]))
        aged = ageing(ledger, as_of=on, scheme=DEFAULT_SCHEME)
        beside = beside_open(ledger, as_of=on, recourse_days=case["recourse_days"])
        found = {name: int(aged[f"{name}_minor"].sum()) // 100 for name in ("open", "overdue", "unapplied")}
        found |= {
            name: int(beside[f"{name}_minor"].sum()) // 100 for name in ("held", "recourse", "retention", "advance")
        }
        assert found == {name: said.get(name, 0) for name in found}, said["day"]


@pytest.mark.parametrize("case", list(cases("turnover")))
def test_turnover(case):
    given, formula = dict(case["given"]), getattr(turnover, case["formula"])
    named = {name: given.pop(name) for name in ("periods", "convention") if name in given}
    said = float(formula(*(np.array(value) for value in given.values()), **named))
    if case["expected"] is None:
        assert np.isnan(said)
    else:
        assert abs(said - case["expected"]) <= case["tolerance"]
