"""What pages and the API show of the ledger: an ageing by any key, a customer's file, an item with its source row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from seawall.engine.kernel.errors import NotFound, UsageError
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.balance import require_known
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.ledger.statement import tie
from seawall.services.customer_files import labelled, with_details
from seawall.services.reading import Reading, kept

By = Literal["customer", "group", "entity", "sector", "currency"]
BY: Final[dict[str, tuple[str, ...]]] = {
    "customer": ("customer_code", "name"),
    "group": ("group_code",),
    "entity": ("entity",),
    "sector": ("sector",),
    "currency": ("currency",),
}
"""What an ageing can be asked by, and the columns that name a row."""

Side = Literal["debit", "credit"]
UNNAMED = "-"
"""Stands in an address for a customer that has no group or sector."""


@dataclass(frozen=True)
class AgeingTable:
    """An ageing in the reporting currency. ``rows`` has the key's columns, the measures and one column a bucket.

    ``total`` has the same amounts summed over all rows.
    """

    rows: pl.DataFrame
    total: dict[str, int]
    buckets: tuple[str, ...]


def ageing_table(
    reading: Reading, *, scheme: Scheme, by: By = "customer", only: Mapping[str, str] | None = None
) -> AgeingTable:
    """What is open on the day by age, one row a key; ``only`` narrows to rows whose columns have these values.

    Raises:
        UsageError: ``by``, or a column of ``only``, is none of those known.
        NotKnown: the day lies before what the ledger knows.
    """
    if by not in BY or set(only or ()) - set(BY):
        raise UsageError("Ageing is not given by {by}.", hint="Choose one of: {known}.", by=by, known=", ".join(BY))
    named = tuple(sorted((only or {}).items()))
    return kept(reading, ("ageing", scheme, by, named), lambda: _ageing_table(reading, scheme, by, dict(named)))


def control_tie(reading: Reading) -> pl.DataFrame:
    """By entity and currency, whether the items tie to the general ledger on the day (``statement.tie``).

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    return kept(reading, "tie", lambda: tie(reading.ledger, as_of=reading.as_of))


def _ageing_table(reading: Reading, scheme: Scheme, by: By, only: Mapping[str, str]) -> AgeingTable:
    ledger, rates = reading.ledger, reading.rates
    plain = set(rates.by_currency) <= {rates.reporting}
    rows = room.ageing(ledger, as_of=reading.as_of, scheme=scheme, rates=None if plain else rates)
    for name, value in only.items():
        rows = rows.filter(pl.col("account_id").is_in(_accounts_where(ledger, BY[name][0], value).implode()))
    summed = room.grouped(rows, ledger, by=by, in_reporting=not plain)
    amounts = [f"{name}_minor" for name in (*room.MEASURES, *scheme.names)]
    total = {name: int(summed[name].sum()) for name in amounts}
    return AgeingTable(summed.select(*BY[by], *amounts), total, scheme.names)


@dataclass(frozen=True)
class ItemFile:
    """One item, down to the row it was read from."""

    item: dict[str, Any]
    customer: dict[str, Any]
    left_minor: int
    allocations: pl.DataFrame
    """``on``, amount_minor and ``left_minor`` after it, in the item's currency; number, kind, is_debit and
    entity of the other item; oldest first, nothing after the day."""

    instalments: pl.DataFrame
    disputes: pl.DataFrame


def item_file(reading: Reading, *, entity: str, side: Side, number: str) -> ItemFile:
    """The file of one item.

    Raises:
        NotFound: there is no such item, or its entity is not the reader's.
        NotKnown: the day lies before what the ledger knows.
    """
    ledger = reading.ledger
    accounts = ledger.accounts.filter(pl.col("entity") == entity)["account_id"]
    wanted = (pl.col("number") == number, pl.col("is_debit") == (side == "debit"))
    rows = with_details(ledger).filter(*wanted, pl.col("account_id").is_in(accounts.implode()))
    if rows.is_empty():
        raise NotFound("There is no item {number}.", number=number)
    require_known(ledger, reading.as_of.on)
    item = rows.row(0, named=True) | ledger.accounts.row(rows["account_id"][0], named=True)
    allocations = _allocations_of(ledger, item, reading)
    left = item["amount_minor"] - int(allocations["amount_minor"].sum())
    return ItemFile(
        item,
        ledger.customers.row(item["customer_id"], named=True),
        left,
        allocations,
        ledger.instalments.filter(pl.col("item_id") == item["item_id"]).sort("due_on"),
        ledger.disputes.filter(pl.col("item_id") == item["item_id"]).sort("opened_on"),
    )


def _accounts_where(ledger: Ledger, column: str, value: str) -> pl.Series:
    named = ledger.accounts.join(ledger.customers.drop("name"), on="customer_id", how="left")
    matches = pl.col(column).is_null() if value == UNNAMED else pl.col(column) == value
    return named.filter(matches)["account_id"]


def _allocations_of(ledger: Ledger, item: Mapping[str, Any], reading: Reading) -> pl.DataFrame:
    mine, theirs = ("debit", "credit") if item["is_debit"] else ("credit", "debit")
    amount = "amount_minor" if item["is_debit"] else "credit_minor"
    rows = ledger.allocations.filter(
        pl.col(f"{mine}_id") == item["item_id"], pl.col("allocated_on") <= reading.as_of.on
    ).sort("allocated_on", f"{theirs}_id")
    other = labelled(ledger)[rows[f"{theirs}_id"].to_numpy()].select("number", "kind", "is_debit", "entity")
    settled = rows[amount].cum_sum()
    return other.with_columns(
        rows["allocated_on"].alias("on"),
        rows[amount].alias("amount_minor"),
        (item["amount_minor"] - settled).alias("left_minor"),
    )


def customers_found(reading: Reading, *, text: str) -> pl.DataFrame:
    """Customers whose code or name holds ``text``, whatever its case: customer_code and name.

    A code that begins with the text comes first, then names that do, then the rest, each by code.
    """
    sought = text.casefold()
    code, name = (pl.col(column).str.to_lowercase() for column in ("customer_code", "name"))
    has = code.str.contains(sought, literal=True) | name.str.contains(sought, literal=True)
    rank = pl.when(code.str.starts_with(sought)).then(0).when(name.str.starts_with(sought)).then(1).otherwise(2)
    found = reading.ledger.customers.filter(has).sort(rank, "customer_code")
    return found.select("customer_code", "name")
