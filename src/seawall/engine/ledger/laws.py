"""The conservation laws of a ledger: money is neither made nor lost between items, allocations and figures.

``breaches`` is what ``seawall check`` runs on live data and what the property tests run on random
ledgers. It computes by joins and grouping, not by the indexed sums of the other modules, so that the
two do not share a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR
from seawall.engine.ledger.ageing import ageing
from seawall.engine.ledger.bills import ended
from seawall.engine.ledger.items import DEBIT_KINDS, Ledger
from seawall.engine.ledger.marks import BILL, BILL_ENDED
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme
from seawall.engine.ledger.statement import balances

EXAMPLES = 5
"""How many rows a breach names."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that does not hold: its name, how many rows break it, the first of them (ids of ``subject``)."""

    law: str
    subject: str
    count: int
    examples: tuple[int, ...]

    def __str__(self) -> str:
        named = ", ".join(map(str, self.examples))
        return f"{LAWS[self.law]} Broken by {self.count} ({self.subject} {named})."


LAWS = {
    "dense_ids": "Rows stand at their ids, in the order of account and customer.",
    "one_account": "There is one account for each customer, entity and currency.",
    "whole_groups": "The customers of a group stand together.",
    "amounts": "Amounts are positive and within the limit; tax and disputed amounts are within the amount.",
    "sides": "The side of an item follows its kind; an allocation settles a debit with a credit.",
    "one_entity": "An allocation stays within one entity.",
    "one_amount": "An allocation within one currency has one amount.",
    "taken_back": "Only a bill that ended takes back what it settled, all of it, once.",
    "effective_day": "An allocation takes effect when both its items exist.",
    "settled": "Allocations never settle more than an item's amount.",
    "used": "Allocations never use more than a credit's amount.",
    "instalments": "The instalments of a debit item sum to its amount.",
    "disputes": "A dispute concerns a debit item, is positive and does not end before it begins.",
    "buckets": "The buckets of an account sum to what is open of it.",
    "open": "What is open is the debit items less what settled them.",
    "unapplied": "What is unapplied is the credit items less what used them.",
    "balance": "What is open less what is unapplied is the balance of the account.",
    "overdue": "What is overdue, or disputed, is within what is open.",
}
"""Every law by name, in one sentence."""


def breaches(ledger: Ledger, *, as_of: AsOf, scheme: Scheme = DEFAULT_SCHEME) -> list[Breach]:
    """The laws that do not hold for the ledger on the day; an empty list when all do.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    found = [*_of_ids(ledger), *_of_items(ledger), *_of_allocations(ledger), *_of_parts(ledger)]
    if any(breach.law in ("dense_ids", "sides") for breach in found):
        return found  # indexed sums mean nothing on such a ledger
    return found + list(_of_figures(ledger, as_of, scheme))


def _breach(law: str, subject: str, rows: pl.DataFrame, broken: pl.Expr) -> Iterator[Breach]:
    ids = rows.filter(broken)[f"{subject}_id"]
    if ids.len():
        yield Breach(law, subject, ids.len(), tuple(ids.sort().head(EXAMPLES)))


def _of_ids(ledger: Ledger) -> Iterator[Breach]:
    for subject, frame, order in (
        ("customer", ledger.customers, None),
        ("account", ledger.accounts, "customer_id"),
        ("item", ledger.items, "account_id"),
    ):
        row = pl.int_range(pl.len())
        broken = pl.col(f"{subject}_id") != row
        if order:
            size = (ledger.customers if order == "customer_id" else ledger.accounts).height
            broken |= (pl.col(order) < pl.col(order).shift(1, fill_value=0)) | ~pl.col(order).is_between(0, size - 1)
        yield from _breach("dense_ids", subject, frame, broken)
    twice = pl.struct("customer_id", "entity", "currency").is_duplicated()
    yield from _breach("one_account", "account", ledger.accounts, twice)
    run = (pl.col("group_code") != pl.col("group_code").shift(1)).fill_null(True).cum_sum()
    runs = ledger.customers.with_columns(run=run)
    yield from _breach("whole_groups", "customer", runs, pl.col("run").n_unique().over("group_code") > 1)


def _of_items(ledger: Ledger) -> Iterator[Breach]:
    amount = pl.col("amount_minor")
    within = amount.is_between(1, AMOUNT_LIMIT_MINOR) & pl.all_horizontal(
        pl.col("tax_minor", "disputed_minor").is_between(0, amount)
    )
    yield from _breach("amounts", "item", ledger.items, ~within)
    yield from _breach("sides", "item", ledger.items, pl.col("is_debit") != pl.col("kind").is_in(DEBIT_KINDS))


def _sides(ledger: Ledger) -> pl.DataFrame:
    """Allocations with what their two items are."""
    accounts = ledger.accounts.select("account_id", "entity", "currency")
    items = ledger.items.select("item_id", "account_id", "is_debit", "issued_on").join(
        accounts, on="account_id", how="left"
    )
    rows = ledger.allocations
    for side in ("debit", "credit"):
        named = items.select(pl.all().name.prefix(f"{side}_"))
        rows = rows.join(named, left_on=f"{side}_id", right_on=f"{side}_item_id", how="left")
    return rows


def _of_allocations(ledger: Ledger) -> Iterator[Breach]:
    rows = _sides(ledger)
    is_paired = (pl.col("debit_is_debit") & ~pl.col("credit_is_debit")).fill_null(False)
    yield from _breach("sides", "debit", rows, ~is_paired)
    yield from _breach("amounts", "debit", rows, pl.any_horizontal(pl.col("amount_minor", "credit_minor") == 0))
    yield from _taken_back(ledger)
    yield from _breach("one_entity", "debit", rows, pl.col("debit_entity") != pl.col("credit_entity"))
    same = pl.col("debit_currency") == pl.col("credit_currency")
    yield from _breach("one_amount", "debit", rows, same & (pl.col("amount_minor") != pl.col("credit_minor")))
    issued = pl.max_horizontal("debit_issued_on", "credit_issued_on")
    yield from _breach("effective_day", "debit", rows, pl.col("allocated_on") < issued)
    for law, side, amount in (("settled", "debit", "amount_minor"), ("used", "credit", "credit_minor")):
        running = pl.col(amount).cast(pl.Int128).sort_by("allocated_on", amount).cum_sum().max()
        whole = running if (rows[amount] < 0).any() else pl.col(amount).cast(pl.Int128).sum()
        total = rows.group_by(f"{side}_id").agg(whole.alias("total"))
        of_items = total.join(ledger.items, left_on=f"{side}_id", right_on="item_id")
        yield from _breach(law, side, of_items, pl.col("total") > pl.col("amount_minor"))


def _taken_back(ledger: Ledger) -> Iterator[Breach]:
    """Rows below zero: of bills that bounced or went back, and with what they take back they come to nothing."""
    below = pl.any_horizontal(pl.col("amount_minor", "credit_minor") < 0)
    back = ledger.allocations.filter(below)
    ends = ended(ledger.bill_events)
    marked = ledger.items.select("item_id", mark=pl.col("payment_method").fill_null(""))
    paid_with = back.join(marked, left_on="credit_id", right_on="item_id", how="left")
    yield from _breach("taken_back", "credit", paid_with, pl.col("mark").ne_missing(BILL))
    used_up = marked.filter(pl.col("mark") == BILL_ENDED)
    rows = ledger.allocations.join(used_up, left_on="debit_id", right_on="item_id", how="anti")
    of_ended = rows.join(ends, left_on="credit_id", right_on="item_id", how="semi")
    met = rows.join(back, on=["debit_id", "credit_id"], how="semi")
    sums = pl.col("amount_minor", "credit_minor").sum()
    left = pl.concat([of_ended, met]).group_by("debit_id", "credit_id").agg(sums)
    yield from _breach("taken_back", "credit", left, pl.any_horizontal(pl.col("amount_minor", "credit_minor") != 0))


def _of_parts(ledger: Ledger) -> Iterator[Breach]:
    items = ledger.items.select("item_id", "is_debit", whole="amount_minor")
    parts = ledger.instalments.group_by("item_id").agg(
        total=pl.col("amount_minor").cast(pl.Int128).sum(), least=pl.col("amount_minor").min()
    )
    sums = parts.join(items, on="item_id", how="left").with_columns(pl.col("is_debit").fill_null(False))
    is_whole = pl.col("is_debit") & (pl.col("total") == pl.col("whole")) & (pl.col("least") > 0)
    yield from _breach("instalments", "item", sums, ~is_whole)
    disputes = ledger.disputes.join(items, on="item_id", how="left").with_columns(pl.col("is_debit").fill_null(False))
    ended = (pl.col("closed_on") < pl.col("opened_on")).fill_null(False)
    yield from _breach("disputes", "item", disputes, ~pl.col("is_debit") | (pl.col("amount_minor") < 1) | ended)


def _of_figures(ledger: Ledger, as_of: AsOf, scheme: Scheme) -> Iterator[Breach]:
    said = ageing(ledger, as_of=as_of, scheme=scheme)
    buckets = pl.sum_horizontal(f"{name}_minor" for name in scheme.names)
    yield from _breach("buckets", "account", said, buckets != pl.col("open_minor"))
    within = pl.all_horizontal(pl.col("overdue_minor", "disputed_minor").is_between(0, pl.col("open_minor")))
    yield from _breach("overdue", "account", said, ~within)
    rows = _recomputed(ledger, as_of).join(said, on="account_id", how="left").join(
        balances(ledger, as_of=as_of).select("account_id", "balance_minor"), on="account_id"
    ).with_columns(pl.col("open_minor", "unapplied_minor").fill_null(0))  # fmt: skip
    yield from _breach("open", "account", rows, pl.col("open_minor") != pl.col("debits"))
    yield from _breach("unapplied", "account", rows, pl.col("unapplied_minor") != pl.col("credits"))
    yield from _breach("balance", "account", rows, pl.col("balance_minor") != pl.col("debits") - pl.col("credits"))


def _recomputed(ledger: Ledger, as_of: AsOf) -> pl.DataFrame:
    """By account: what is left of debits and of credits on the day, by joins."""
    effective = ledger.allocations.filter(pl.col("allocated_on") <= as_of.on)
    used = pl.concat([
        effective.select(item_id="debit_id", used="amount_minor"),
        effective.select(item_id="credit_id", used="credit_minor"),
    ])  # fmt: skip
    by_item = used.group_by("item_id").agg(pl.col("used").cast(pl.Int128).sum())
    left = pl.col("amount_minor").cast(pl.Int128) - pl.col("used").fill_null(0)
    sums = (
        ledger.items.filter(pl.col("issued_on") <= as_of.on)
        .join(by_item, on="item_id", how="left")
        .group_by("account_id")
        .agg(debits=left.filter("is_debit").sum(), credits=left.filter(~pl.col("is_debit")).sum())
    )
    accounts = ledger.accounts.select("account_id").join(sums, on="account_id", how="left")
    return accounts.with_columns(pl.col("debits", "credits").fill_null(0))
