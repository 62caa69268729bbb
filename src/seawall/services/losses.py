"""Who fails when several customers do, in what order, and whose disputes are won afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import NotFound, UsageError
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.ledger.items import Ledger
from seawall.engine.protection.cover import Asked, Insurance, cover

ORDERS = ("loss", "code", "debt")
"""Orders in which customers may fail one after the other: as given, by code, the largest debt first."""


def failing(asked_of: Insurance, customers: Sequence[str], *, on: dt.date, order: str | None) -> Sequence[str]:
    """Who fails, in order: the customers named, or with an ``order`` every customer that owes something on the day.

    Raises:
        UsageError: neither is given, or both, or there is no such order, or nobody owes anything.
    """
    if bool(customers) == (order is not None):
        hint = "Name customers, or choose an order in which all of them fail."
        raise UsageError("Say who fails.", hint=hint, code="nobody_fails")
    found = customers if order is None else in_order(asked_of, on=on, order=order)
    if not found:
        raise UsageError("Nothing was open on that day.")
    return found


def in_order(asked_of: Insurance, *, on: dt.date, order: str) -> list[str]:
    """Every customer that owes something on a day, in an order: by code, or the largest debt first.

    Raises:
        UsageError: there is no such order.
    """
    if order not in ORDERS[1:]:
        raise UsageError("{order} is no order of losses.", hint="Choose one of: {known}.", order=order,
                         known=", ".join(ORDERS[1:]))  # fmt: skip
    owed: dict[int, int] = {}
    for one in cover(asked_of, Asked(on))[0]:
        customers, which = np.unique(one.customer, return_inverse=True)
        sums = sum_by(which, one.open_minor, len(customers))
        for customer, minor in zip(customers.tolist(), sums.tolist(), strict=True):
            owed[customer] = owed.get(customer, 0) + minor
    codes = asked_of.book.ledger.customers["customer_code"].to_list()
    by_debt = sorted(owed, key=lambda each: ((-owed[each]) if order == "debt" else 0, codes[each]))
    return [codes[each] for each in by_debt]


def named_items(ledger: Ledger, customers: Sequence[int], numbers: Sequence[str]) -> dict[int, list[int]]:
    """By customer, of these, the items that are named by number, or by entity and number.

    Raises:
        NotFound: none of them has such a number.
        UsageError: a customer has two items of the number.
    """
    if not numbers:
        return {}
    owner = ledger.accounts.select("account_id", "customer_id", "entity")
    items = ledger.items.with_row_index("row").filter("is_debit").join(owner, on="account_id", how="left")
    items = items.filter(pl.col("customer_id").is_in(list(customers))).select("row", "customer_id", "entity", "number")
    found: dict[int, list[int]] = {}
    for each in numbers:
        whole = pl.format("{}/{}", "entity", "number")
        named = items.filter((pl.col("number") == each) | (whole == each))
        if named.is_empty():
            raise NotFound("There is no item {number}.", number=each)
        if named["customer_id"].is_duplicated().any():
            raise UsageError(
                "More than one item of the customer has the number {number}.",
                hint="Say whose: ENTITY/NUMBER, one of {known}.", number=each,
                known=", ".join(named.select(whole.alias("name"))["name"].sort()),
            )  # fmt: skip
        for customer, row in named.select("customer_id", "row").iter_rows():
            found.setdefault(customer, []).append(row)
    return found
