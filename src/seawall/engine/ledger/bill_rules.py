"""Rules for bills and what happens to them: what a file may say, and which histories cannot be.

A row of ``bills`` is also the credit item that the bill is. An event that cannot follow the one before, and
everything the bill's history says after it, is not taken.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from seawall.engine.ledger.bills import ENDED, NEXT
from seawall.engine.ledger.facts import BILL_EVENT_FACTS, BILL_FACTS
from seawall.engine.ledger.items import BILL_STATE, BILL_STATES, KIND
from seawall.engine.ledger.marks import BILL
from seawall.engine.ledger.rejects import Sieve

BILL_KEY = ["entity", "number"]
KNOWN_BILLS = {"entity": pl.String, "number": pl.String, "received_on": pl.Date, "matures_on": pl.Date}
KNOWN_EVENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "entity": pl.String,
    "number": pl.String,
    "event": BILL_STATE,
    "on": pl.Date,
}


def checked_bills(rows: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    """Bills whose days can be; still with amounts and customers, for :func:`as_items`."""
    if rows.is_empty():
        return rows
    sieve = Sieve(rows)
    drawn, received, matures = pl.col("drawn_on"), pl.col("received_on"), pl.col("matures_on")
    sieve.refuse(matures < drawn, "matures_on", "bill_days", matures, drawn)
    sieve.refuse(received < drawn, "received_on", "bill_days", received, drawn)
    sieve.refuse(pl.struct(BILL_KEY).is_duplicated(), "bill_number", "duplicate", pl.col("number"))
    found.extend(sieve.found)
    return sieve.kept


def as_items(items: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    """The items with a receipt for each bill, still with amounts as decimals; it stands in the bill's own row."""
    if bills.is_empty():
        return items
    said: dict[str, Any] = {
        "kind": pl.lit("receipt", dtype=KIND), "is_debit": pl.lit(value=False), "issued_on": pl.col("received_on"),
        "payment_method": pl.lit(BILL),
    }  # fmt: skip
    kept = ("entity", "customer_code", "number", "currency", "amount", "source_file", "source_row")
    columns = [
        said[name].alias(name) if name in said else pl.col(name) if name in kept else pl.lit(None, dtype).alias(name)
        for name, dtype in items.schema.items()
    ]
    return pl.concat([items, bills.select(columns)])


def taken_with_items(bills: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The bills whose item was taken."""
    if bills.is_empty():
        return BILL_FACTS.empty()
    source = ["source_file", "source_row"]
    return bills.join(items.select(source), on=source, how="semi", maintain_order="left").select(*BILL_FACTS.columns)


def checked_events(
    rows: pl.DataFrame, bills: pl.DataFrame, on_file: pl.DataFrame, found: list[pl.DataFrame]
) -> pl.DataFrame:
    """The events that can be, given the bills (``KNOWN_BILLS``) and what is on file of them (``KNOWN_EVENTS``)."""
    if rows.is_empty():
        return BILL_EVENT_FACTS.empty()
    rows = rows.join(bills, on=BILL_KEY, how="left", maintain_order="left")
    sieve = Sieve(rows)
    number, on, received = pl.col("number"), pl.col("on"), pl.col("received_on")
    sieve.refuse(received.is_null(), "bill_number", "unknown_bill", number)
    sieve.refuse(on < received, "on", "bill_before_received", on, received)
    is_passed_on = pl.col("event").cast(pl.String).is_in(["endorsed", "discounted"])
    sieve.refuse(is_passed_on & (on > pl.col("matures_on")), "on", "bill_matured", on, pl.col("matures_on"))
    other_day = (pl.col("event") == "received") & (on > received)
    sieve.refuse(other_day, "on", "bill_received_on", on, received)
    found.extend(sieve.found)
    return _in_possible_order(sieve.kept, on_file, found)


def _in_possible_order(rows: pl.DataFrame, on_file: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    """Events as far as each follows the one before it; of a history the part after a break is refused."""
    rows = rows.with_row_index("row")
    key = [*BILL_KEY, "event", "on"]
    repeated = rows.join(on_file.select(key).unique(), on=key, how="semi")
    before = on_file.join(rows.select(BILL_KEY).unique(), on=BILL_KEY, how="semi").join(rows, on=key, how="anti")
    history = pl.concat([rows, before.select(key)], how="diagonal").sort(*BILL_KEY, "on", pl.col("event").to_physical())
    last = pl.col("event").cast(pl.String).shift(1).over(BILL_KEY).fill_null("received")
    event = pl.col("event").cast(pl.String)
    may_follow = pl.lit(value=False)
    for name, allowed in NEXT.items():
        may_follow = may_follow | ((last == name) & event.is_in(list(allowed)))
    is_first = pl.int_range(pl.len()).over(BILL_KEY) == 0
    broken = ~may_follow & ~(is_first & (event == "received"))
    judged = history.with_columns(last=last, broken=broken.cast(pl.Int8).cum_max().over(BILL_KEY) == 1)
    bad = judged.filter("broken", pl.col("row").is_not_null())
    # A new event between two that are on file, or before them, breaks what is on file: the new ones are at fault.
    late = judged.filter("broken", pl.col("row").is_null()).select(BILL_KEY).unique()
    fresh = rows.join(repeated.select("row"), on="row", how="anti").join(late, on=BILL_KEY, how="semi")
    sieve = Sieve(rows.join(judged.select("row", "last"), on="row", how="left", maintain_order="left"))
    at_fault = pl.concat([bad["row"], fresh["row"]]).implode()
    sieve.refuse(pl.col("row").is_in(at_fault), "event", "bill_history", pl.col("event"), pl.col("last"))
    found.extend(sieve.found)
    return sieve.kept.select(*BILL_EVENT_FACTS.columns)


def ends_of(events: pl.DataFrame, on_file: pl.DataFrame) -> pl.DataFrame:
    """Bills that settle nothing any more: entity, credit_number, ended_on."""
    both = pl.concat([events.select(*KNOWN_EVENTS), on_file.select(*KNOWN_EVENTS)])
    rows = both.filter(pl.col("event").cast(pl.String).is_in(ENDED))
    return rows.group_by("entity", credit_number="number").agg(ended_on=pl.col("on").min())


EVENTS = ", ".join(BILL_STATES)
"""For the reader's sentence about an unknown event."""
