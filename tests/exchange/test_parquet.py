import json
from dataclasses import fields, replace

import polars as pl
import pytest
from factories import Book, as_of, day
from hypothesis import HealthCheck, given, settings
from strategies import books

from seawall.engine.kernel.errors import Broken, FileRejected
from seawall.engine.ledger.ageing import COLUMNS, ageing
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.exchange.parquet import META, partitions, read_ledger, read_meta, write_ledger

TABLES = [field.name for field in fields(Ledger) if field.name != "known_from"]


def book(known_from=None):
    made = Book(known_from=known_from)
    for code, group in (("A1", "A"), ("A2", "A"), ("B1", "B"), ("C1", "C"), ("C2", "C")):
        made.customer(code, group_code=group)
        for number in range(3):
            made.invoice(f"{code}-{number}", 100, "2025-01-01", "2025-02-01", customer=code, entity=f"E{number % 2}")
        made.pay(f"{code}-0", 30, "2025-03-01")
    made.item(
        "invoice", "P", 100, "2025-01-01", "2025-03-01", customer="B1", parts=[("2025-02-01", 40), ("2025-03-01", 60)]
    )
    return (
        made.dispute("P", 10, "2025-02-02").dispute("C2-1", 20, "2025-02-02").control(1000, "2025-03-31", entity="E0")
    )


def same(left, right):
    assert left.known_from == right.known_from
    for name in TABLES:
        assert getattr(left, name).equals(getattr(right, name)), name


@pytest.mark.parametrize("known_from", [None, day("2025-02-01")])
def test_what_is_written_is_read(tmp_path, known_from):
    ledger = book(known_from).ledger()
    write_ledger(ledger, tmp_path / "deep" / "folder", meta={"batch": 7})
    folder = tmp_path / "deep" / "folder"
    same(read_ledger(folder, details=True).check(), ledger)
    assert read_meta(folder)["batch"] == 7
    assert set(read_ledger(folder).items.columns) == set(ledger.items.columns) - {"number"}


def test_items_can_be_read_without_the_accounts(tmp_path):
    ledger = book().ledger()
    write_ledger(ledger, tmp_path)
    items = pl.read_parquet(tmp_path / "items.parquet")
    assert items["customer_id"].to_list() == ledger.accounts["customer_id"].gather(items["account_id"]).to_list()
    assert items.schema["customer_id"] == pl.Int32


def test_only_the_columns_asked_for_are_read(tmp_path):
    ledger = book().ledger()
    write_ledger(ledger, tmp_path)
    bare = read_ledger(tmp_path, columns=COLUMNS)
    assert (bare.items.columns, bare.allocations.columns) == (list(COLUMNS["items"]), list(COLUMNS["allocations"]))
    question = {"as_of": as_of("2025-03-31"), "scheme": DEFAULT_SCHEME}
    assert ageing(bare, **question).equals(ageing(ledger, **question))


@pytest.mark.parametrize(
    ("max_items", "ranges"),
    [(100, [(0, 5)]), (9, [(0, 2), (2, 3), (3, 5)]), (13, [(0, 3), (3, 5)]), (1, [(0, 2), (2, 3), (3, 5)])],
)
def test_partitions_keep_groups_whole(tmp_path, max_items, ranges):
    write_ledger(book().ledger(), tmp_path)
    assert [(part.start, part.stop) for part in partitions(tmp_path, max_items)] == ranges


def test_a_payment_for_another_group_keeps_both_in_one_partition(tmp_path):
    paid = book().receipt("X", 50, "2025-03-01", customer="C1", entity="E1").allocate("A1-1", "X", 50, "2025-03-01")
    write_ledger(paid.ledger(), tmp_path)
    assert [(part.start, part.stop) for part in partitions(tmp_path, 1)] == [(0, 5)]
    with pytest.raises(Broken, match="leaves its partition"):
        read_ledger(tmp_path, customers=range(2))


def test_only_what_lies_between_the_two_is_kept_together(tmp_path):
    paid = book().receipt("X", 50, "2025-03-01", customer="C1", entity="E1").allocate("B1-1", "X", 50, "2025-03-01")
    write_ledger(paid.ledger(), tmp_path)
    assert [(part.start, part.stop) for part in partitions(tmp_path, 1)] == [(0, 2), (2, 5)]


def test_allocations_in_another_order_are_put_in_order(tmp_path):
    ledger = book().ledger()
    write_ledger(replace(ledger, allocations=ledger.allocations.reverse()), tmp_path)
    assert read_ledger(tmp_path, customers=range(2)).allocations["debit_id"].to_list() == [0, 4]
    assert read_ledger(tmp_path).allocations.equals(ledger.allocations)


def test_an_empty_ledger(tmp_path):
    write_ledger(Book().ledger(), tmp_path)
    same(read_ledger(tmp_path, details=True), Book().ledger())
    assert partitions(tmp_path, 10) == []


def test_a_folder_without_its_last_file_is_no_ledger(tmp_path):
    with pytest.raises(FileRejected, match="no complete ledger"):
        read_ledger(tmp_path / "nowhere")
    write_ledger(book().ledger(), tmp_path)
    (tmp_path / META).write_text(json.dumps({"layout": 99}))
    with pytest.raises(FileRejected, match="another layout"):
        partitions(tmp_path, 10)
    (tmp_path / META).write_text("{")
    with pytest.raises(FileRejected, match="no complete ledger"):
        read_ledger(tmp_path)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books())
def test_partitions_are_ledgers_of_their_own_and_add_up(tmp_path, made):
    ledger = made.ledger()
    write_ledger(ledger, tmp_path)
    same(read_ledger(tmp_path, details=True), ledger)
    parts = [read_ledger(tmp_path, customers=part, details=True).check() for part in partitions(tmp_path, 3)]
    for part, customers in zip(parts, partitions(tmp_path, 3), strict=True):
        owned = ledger.accounts["customer_id"].is_between(customers.start, customers.stop - 1)
        chosen = ledger.only(owned)
        mine = part.customers["customer_code"].is_in(chosen.customers["customer_code"].implode())
        assert part.items.drop("account_id").equals(chosen.items.drop("account_id"))
        assert part.allocations.equals(chosen.allocations)
        assert part.customers.filter(mine)["name"].equals(chosen.customers["name"])
        assert part.instalments.sort(pl.all()).equals(chosen.instalments.sort(pl.all()))
        assert part.disputes.sort(pl.all()).equals(chosen.disputes.sort(pl.all()))
    assert sum(part.items.height for part in parts) == ledger.items.height
    assert sum(part.allocations.height for part in parts) == ledger.allocations.height
