"""Bills receivable: what becomes of what a bill has settled, and where each bill stands on a day.

A bill is a receipt of the day it was received and settles invoices as any credit does. When it bounces or
goes back, every allocation it made is taken back from that day on, by a row below zero, and the bill itself is
used up by a refund. So an invoice is open again, from its own due day, and every sum of the ledger stays a sum.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.items import BILL_STATE, KIND, Ledger
from seawall.engine.ledger.marks import BILL_ENDED

if TYPE_CHECKING:
    from seawall.engine.kernel.asof import AsOf

ENDED = ("bounced", "returned")
"""Events after which a bill settles nothing any more."""

NEXT: dict[str, tuple[str, ...]] = {
    "received": ("endorsed", "discounted", "presented", "paid", "bounced", "returned"),
    "endorsed": ("paid", "bounced"),
    "discounted": ("paid", "bounced"),
    "presented": ("paid", "bounced", "returned"),
    "paid": (),
    "bounced": (),
    "returned": (),
}
"""What may happen to a bill next, by what happened last."""

HELD = ("received", "presented")
"""States in which the bill is in our hands and not yet paid."""

RECOURSE = ("endorsed", "discounted")
"""States in which another holds it and can come back to us."""


def with_ended_bills(ledger: Ledger) -> Ledger:
    """The ledger with what bounced and returned bills take back; the ledger itself where none did.

    Items need their numbers. The refund of a bill has its number and how it ended: ``BILL-7@bounced``.
    """
    ends = ended(ledger.bill_events)
    if ends.is_empty():
        return ledger
    of_bill = ledger.items[ends["item_id"].to_numpy()]
    first = ledger.items.height
    refunds = of_bill.with_columns(
        pl.Series("item_id", np.arange(first, first + ends.height), dtype=pl.Int64),
        pl.lit("refund", dtype=KIND).alias("kind"),
        is_debit=pl.lit(value=True),
        issued_on=ends["on"],
        due_on=ends["on"],
        payment_method=pl.lit(BILL_ENDED),
        number=pl.col("number") + "@" + pl.Series(ends["event"].cast(pl.String)),
        **_sources(ends, of_bill),
    )
    used_up = ends.select(
        debit_id=pl.Series(refunds["item_id"]), credit_id="item_id", allocated_on="on",
        amount_minor=pl.Series(of_bill["amount_minor"]), credit_minor=pl.Series(of_bill["amount_minor"]),
    )  # fmt: skip
    parts = [ledger.allocations, _taken_back(ledger.allocations, ends), used_up]
    allocations = pl.concat(frame.select(ledger.allocations.columns) for frame in parts)
    return _in_order(replace(ledger, items=pl.concat([ledger.items, refunds]), allocations=allocations))


def ended(events: pl.DataFrame) -> pl.DataFrame:
    """The events that end a bill without payment, one a bill: item_id, event, on, source_file, source_row."""
    rows = events.filter(pl.col("event").cast(pl.String).is_in(ENDED))
    return rows.unique("item_id", keep="first", maintain_order=True).select(
        "item_id", "event", "on", "source_file", "source_row"
    )


def _taken_back(allocations: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """A row below zero for each allocation of a bill that ended."""
    is_ended = pl.col("credit_id").is_in(ends["item_id"].implode())
    rows = allocations.filter(is_ended).join(ends.select(credit_id="item_id", on="on"), on="credit_id", how="left")
    return rows.with_columns(
        -pl.col("amount_minor", "credit_minor"), allocated_on=pl.max_horizontal("allocated_on", "on")
    )


def _sources(ends: pl.DataFrame, of_bill: pl.DataFrame) -> dict[str, pl.Series]:
    """Where the end of each bill was read from, as far as items say so."""
    return {name: ends[name] for name in ("source_file", "source_row") if name in of_bill.columns}


def _in_order(ledger: Ledger) -> Ledger:
    """The same facts with items in the ledger's order again, and everything that names them."""
    items = ledger.items.sort("account_id", "issued_on", "number", "is_debit")
    place = np.empty(items.height, dtype=np.int64)
    place[items["item_id"].to_numpy()] = np.arange(items.height)

    def moved(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        return frame.with_columns(pl.Series(name, place[frame[name].to_numpy()], dtype=pl.Int64) for name in columns)

    return replace(
        ledger,
        items=items.with_columns(item_id=pl.Series(np.arange(items.height), dtype=pl.Int64)),
        allocations=moved(ledger.allocations, "debit_id", "credit_id").sort(pl.all()),
        instalments=moved(ledger.instalments, "item_id").sort("item_id", "due_on", "amount_minor"),
        disputes=moved(ledger.disputes, "item_id").sort("item_id", "opened_on", "amount_minor"),
        bills=moved(ledger.bills, "item_id").sort("item_id"),
        bill_events=moved(ledger.bill_events, "item_id").sort("item_id", "on", "event"),
    )


def undone_on(ledger: Ledger) -> NDArray[np.int32] | None:
    """By allocation: the day it was taken back, in days since 1970; far in the future for most.

    A row below zero counts as taken back on its own day: a figure of payments then sees neither of the two.
    None where no bill ended, which costs one look at the amounts.
    """
    amount = ledger.allocations["amount_minor"].to_numpy()
    if not amount.size or amount.min() >= 0:
        return None
    rows = ledger.allocations.filter(pl.Series(amount < 0))
    day = np.full(ledger.items.height, np.iinfo(np.int32).max, dtype=np.int32)
    day[rows["credit_id"].to_numpy()] = rows["allocated_on"].to_physical().to_numpy()
    undone: NDArray[np.int32] = day[ledger.allocations["credit_id"].to_numpy()]
    return undone


def bill_states(ledger: Ledger, *, as_of: AsOf, recourse_days: int) -> pl.DataFrame:
    """Where every bill received by the day stands at its end, one row a bill in the order of maturity.

    Columns: item_id, account_id, bill_kind, drawer, acceptor, acceptor_code, drawn_on, received_on, matures_on,
    amount_minor, ``state`` (its last event), ``since``, ``counterparty``, and what of it is exposure:
    ``held_minor`` while it is in our hands and unpaid, ``recourse_minor`` while another holds it and can come
    back to us: from endorsement or discount until it is paid, or ``recourse_days`` after it matured.
    """
    last = (
        ledger.bill_events.filter(pl.col("on") <= as_of.on)
        .sort("item_id", "on", pl.col("event").to_physical())
        .group_by("item_id", maintain_order=True)
        .last()
        .select("item_id", state="event", since="on", counterparty="counterparty")
    )
    items = ledger.items[ledger.bills["item_id"].to_numpy()]
    rows = ledger.bills.with_columns(
        items["account_id"], items["amount_minor"], received_on=pl.Series(items["issued_on"])
    ).filter(pl.col("received_on") <= as_of.on)
    state = pl.col("state").fill_null(pl.lit("received", dtype=BILL_STATE))
    held = state.cast(pl.String).is_in(HELD)
    can_return = pl.lit(as_of.on) <= pl.col("matures_on") + pl.duration(days=recourse_days)
    recourse = state.cast(pl.String).is_in(RECOURSE) & can_return
    return (
        rows.join(last, on="item_id", how="left", maintain_order="left")
        .with_columns(
            state=state,
            since=pl.col("since").fill_null(pl.col("received_on")),
            held_minor=pl.when(held).then("amount_minor").otherwise(0),
            recourse_minor=pl.when(recourse).then("amount_minor").otherwise(0),
        )
        .sort("matures_on", "item_id")
    )
