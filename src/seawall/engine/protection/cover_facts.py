"""What is known under one policy on a day: decisions on limits, and events with their items and customers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.ledger.insured_facts import EXTENDING, InsuredFacts
from seawall.engine.protection.conversion import Conversion, account_factors
from seawall.engine.protection.durations import number
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor
from seawall.engine.protection.insured_limit import Decisions, bank_key, decisions
from seawall.engine.protection.wording import Wording


@dataclass(frozen=True)
class PolicyFacts:
    """The facts of one policy as known on a day."""

    decisions: Decisions
    events: pl.DataFrame
    """Rows of ``insurance_events`` with ``customer_id`` and ``item_id``, each empty where the row names none."""

    claims: pl.DataFrame
    """Rows of ``claims`` with ``customer_id``."""

    agreements: Mapping[int, tuple[tuple[int, int], ...]]
    """Item to what the insurer agreed to, oldest first: the day it did, and until when the item may stay unpaid."""

    whole: Ids
    """By item, the item of the ledger that it is part of."""

    factors: Callable[[], NDArray[np.float64]]

    @cached_property
    def factor(self) -> NDArray[np.float64]:
        """By account, the policy's minor units for one of the account's, on the day of loss.

        Raises:
            PolicyGap: an exchange rate is missing.
        """
        return self.factors()

    def in_policy(self, book: DebtBook, item: Ids, minor: Minor) -> Minor:
        """Amounts of items in the policy's currency, at the rate of the day of loss."""
        return apply_rate(minor, self.factor[book.account[item]])

    @cached_property
    def agreed(self) -> dict[int, int]:
        """Item to the last day until which the insurer agreed that it may stay unpaid."""
        return {item: max(until for _, until in all_) for item, all_ in self.agreements.items()}

    @cached_property
    def won_on(self) -> dict[int, int]:
        """Item of the ledger to the day on which its dispute was decided for us."""
        rows = self.events.filter(
            pl.col("event") == "arbitration_result", pl.col("outcome") == "won", pl.col("item_id").is_not_null()
        )
        first = rows.group_by("item_id").agg(pl.min("on"))
        return {int(self.whole[item]): number(on) for item, on in first.iter_rows()}

    @cached_property
    def banks(self) -> dict[int, str]:
        """Item to the bank that issues its letter of credit, as told last."""
        rows = self.events.filter(pl.col("event") == "letter_of_credit", pl.col("item_id").is_not_null()).sort("on")
        return {item: bank_key(said) for item, said in rows.select("item_id", "detail").iter_rows()}

    @cached_property
    def reports(self) -> pl.DataFrame:
        """Credit reports: ``customer_id`` and ``on``."""
        rows = self.events.filter(pl.col("event") == "credit_report", pl.col("customer_id").is_not_null())
        return rows.select("customer_id", "on")

    def customer_events(self, name: str) -> pl.DataFrame:
        """Events of one name about customers: ``customer_id`` and the first day ``on``."""
        rows = self.events.filter(pl.col("event") == name, pl.col("customer_id").is_not_null())
        return rows.group_by("customer_id").agg(pl.min("on")).sort("customer_id")


def facts_of(
    facts: InsuredFacts, book: DebtBook, wording: Wording, conversion: Conversion, *, on: dt.date, loss_on: dt.date
) -> PolicyFacts:
    """The facts of a policy known on ``on``; amounts of limits become the policy's at the rate of ``loss_on``.

    Raises:
        PolicyGap: a limit is in another currency, and a rate is missing.
    """
    customers = book.ledger.customers
    mine = facts.limits.filter(pl.col("policy") == wording.code)
    events = facts.events.filter(pl.col("policy") == wording.code, pl.col("on") <= on)
    claims = facts.claims.filter(pl.col("policy") == wording.code, pl.col("date_of_loss") <= on)
    ids = customers.select("customer_code", "customer_id")
    events = _with_items(events.join(ids, on="customer_code", how="left"), book)
    return PolicyFacts(
        decisions=decisions(mine, customers, wording, on=on, minor=_minor(mine, wording, conversion, loss_on)),
        events=events,
        claims=claims.join(ids, on="customer_code", how="inner"),
        agreements=_agreements(events),
        whole=book.whole,
        factors=lambda: _factors(book, wording, conversion, loss_on),
    )


def _factors(book: DebtBook, wording: Wording, conversion: Conversion, on: dt.date) -> NDArray[np.float64]:
    codes = book.ledger.accounts["currency"]
    if (codes == wording.currency).all():
        return np.ones(len(codes))
    return account_factors(conversion, wording, codes.to_list(), on)


def _minor(limits: pl.DataFrame, wording: Wording, conversion: Conversion, on: dt.date) -> Minor:
    """Amounts of limits in the policy's currency; 0 where a decision has none."""
    minor = limits["amount_minor"].fill_null(0).to_numpy()
    codes = limits["currency"].fill_null(wording.currency)
    if (codes == wording.currency).all():
        return minor
    return apply_rate(minor, account_factors(conversion, wording, codes.to_list(), on))


def _with_items(events: pl.DataFrame, book: DebtBook) -> pl.DataFrame:
    """Events with the items they name: an event about an item in instalments is about each of them."""
    named = events.filter(pl.col("item_number").is_not_null())
    items = book.ledger.items
    if named.is_empty() or "number" not in items.columns:
        return events.filter(pl.col("item_number").is_null()).with_columns(item_id=pl.lit(None, pl.Int64))
    is_named = items["number"].is_in(named["item_number"].unique().implode()).fill_null(value=False) & items["is_debit"]
    item = np.flatnonzero(np.isin(book.whole, np.flatnonzero(is_named.to_numpy())))
    account = book.account[item]
    found = pl.DataFrame({
        "item_number": items["number"].gather(book.whole[item]), "item_id": item,
        "owner": pl.Series(book.customer_of_account[account], dtype=pl.Int32),
        "of_entity": book.ledger.accounts["entity"].gather(account).cast(pl.String),
    })  # fmt: skip
    rows = named.join(found, on="item_number", how="inner")
    rows = rows.filter(
        pl.col("customer_id").is_null() | (pl.col("customer_id") == pl.col("owner")),
        pl.col("entity").is_null() | (pl.col("entity") == pl.col("of_entity")),
    )
    rows = rows.with_columns(pl.coalesce("customer_id", "owner").alias("customer_id"))
    whole = events.filter(pl.col("item_number").is_null()).with_columns(item_id=pl.lit(None, pl.Int64))
    return pl.concat([whole, rows.select(whole.columns)])


def _agreements(events: pl.DataFrame) -> dict[int, tuple[tuple[int, int], ...]]:
    rows = events.filter(pl.col("event").is_in(list(EXTENDING)))
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for item, on, until in rows.select("item_id", "on", "until_on").drop_nulls().sort("on").iter_rows():
        found[item] = (*found.get(item, ()), (number(on), number(until)))
    return found
