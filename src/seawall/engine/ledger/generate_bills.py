"""Bills, retention money and advances for an invented ledger: some of its receipts become bills with a history."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.asof import FROM_FILES, AsOf
from seawall.engine.kernel.errors import UsageError
from seawall.engine.ledger.balance import open_amounts
from seawall.engine.ledger.bills import ended, with_ended_bills
from seawall.engine.ledger.items import BILL_EVENTS, BILL_KIND, BILL_STATE, BILLS, INSTALMENTS, Ledger
from seawall.engine.ledger.marks import ADVANCE, BILL

BANKS = (
    ("海湾商业银行", "900100000011"), ("北辰银行", "900200000022"), ("Harbour Bank", "900300000033"),
    ("东岸城市银行", "900400000044"), ("Old Mill Savings Bank", "900500000055"),
)  # fmt: skip
"""Acceptors of bank bills, with a bank code each; all invented."""
COMPANIES = ("海晨重工股份有限公司", "Nordwind Works Ltd", "华东装备集团财务有限公司")
COMMERCIAL, PASSED_ON, BOUNCED, RETURNED = 0.3, 0.35, 0.04, 0.02
"""Shares of bills: accepted by a company; endorsed or discounted; that bounce; that go back before maturity."""
TENORS = (90, 180)
RETAINED, RETAINED_PART, RETAINED_DAYS = 0.03, 20, 365
"""Share of open invoices with retention money; one part in so many; so many days after the due day."""


def with_bills(ledger: Ledger, *, share: float, seed: int, until: dt.date) -> Ledger:
    """The invented ledger with about ``share`` of its receipts as bills, some retention money and advances.

    Raises:
        UsageError: the share is none, or the ledger has no numbers.
    """
    if not 0 < share <= 1 or "number" not in ledger.items.columns:
        raise UsageError("The share of bills lies above 0 and up to 1.", hint="For example 0.05.")
    rng = np.random.default_rng([seed, 0xB111])
    receipt = (ledger.items["kind"] == "receipt") & (ledger.items["payment_method"] == "transfer").fill_null(value=True)
    picked = np.flatnonzero(receipt.to_numpy() & (rng.random(ledger.items.height) < share))
    unused = _unapplied(ledger, until)
    chosen = picked[unused[picked] == 0]
    method = pl.Series("payment_method", ledger.items["payment_method"].to_list(), dtype=pl.String)
    advances = np.flatnonzero((unused > 0) & receipt.to_numpy())[::2]
    method = method.scatter(chosen, BILL).scatter(advances, ADVANCE)
    bills, events = _drawn(ledger.items[chosen], rng, until)
    marked = replace(
        ledger,
        items=ledger.items.with_columns(method),
        instalments=_retained(ledger, rng, until),
        bills=BILLS.check(bills.sort("item_id")),
        bill_events=BILL_EVENTS.check(events.sort("item_id", "on", "event")),
    )
    return with_ended_bills(_owed_again(marked)).check()


def _unapplied(ledger: Ledger, until: dt.date) -> NDArray[np.int64]:
    """By item: what is unapplied of a credit at the end; 0 of a debit."""
    left = open_amounts(ledger, as_of=AsOf(until, FROM_FILES))
    return np.where(ledger.items["is_debit"].to_numpy(), 0, left)


def _drawn(items: pl.DataFrame, rng: np.random.Generator, until: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    size = items.height
    is_company = rng.random(size) < COMMERCIAL
    bank, company = rng.integers(0, len(BANKS), size), rng.integers(0, len(COMPANIES), size)
    tenor = np.asarray(TENORS)[rng.integers(0, len(TENORS), size)]
    received = items["issued_on"].to_physical().to_numpy()
    drawn = received - rng.integers(0, 60, size)
    matures = np.maximum(drawn + tenor, received + 15)
    bills = pl.DataFrame({
        "item_id": items["item_id"],
        "bill_kind": pl.Series(np.where(is_company, "commercial", "bank")).cast(BILL_KIND),
        "drawer": pl.Series([None] * size, dtype=pl.String),
        "acceptor": [COMPANIES[c] if own else BANKS[b][0] for own, b, c in zip(is_company, bank, company, strict=True)],
        "acceptor_code": [None if own else BANKS[b][1] for own, b in zip(is_company, bank, strict=True)],
        "drawn_on": pl.Series(drawn.astype(np.int32)).cast(pl.Date),
        "matures_on": pl.Series(matures.astype(np.int32)).cast(pl.Date),
    }, schema=BILLS.schema)  # fmt: skip
    return bills, _happened(bills["item_id"], received, matures, rng, until)


def _happened(
    item_id: pl.Series,
    received: NDArray[np.int32],
    matures: NDArray[np.int32],
    rng: np.random.Generator,
    until: dt.date,
) -> pl.DataFrame:
    last = (until - dt.date(1970, 1, 1)).days
    fate, way, when = rng.random((3, len(received)))
    rows: list[tuple[int, str, int, str | None]] = []
    for k, number in enumerate(item_id.to_list()):
        passed_on = int(received[k] + 1 + when[k] * (matures[k] - received[k] - 2))
        if fate[k] < RETURNED:
            rows.append((number, "returned", passed_on, None))
            continue
        if way[k] < PASSED_ON:
            event, whom = ("endorsed", "Supplier") if way[k] < PASSED_ON / 2 else ("discounted", BANKS[0][0])
            rows.append((number, event, passed_on, f"{whom} {k % 7}" if event == "endorsed" else whom))
        else:
            rows.append((number, "presented", int(matures[k]), None))
        rows.append((number, "bounced" if fate[k] < RETURNED + BOUNCED else "paid", int(matures[k]) + 3, None))
    known = [row for row in rows if row[2] <= last]
    nothing = dict.fromkeys(("note", "source_file"), pl.lit(None, pl.String)) | {"source_row": pl.lit(None, pl.Int64)}
    frame = pl.DataFrame(
        known,
        schema={"item_id": pl.Int64, "event": BILL_STATE, "on": pl.Int32, "counterparty": pl.String},
        orient="row",
    )
    return frame.with_columns(pl.col("on").cast(pl.Date), **nothing).select(*BILL_EVENTS.columns)


def _retained(ledger: Ledger, rng: np.random.Generator, until: dt.date) -> pl.DataFrame:
    """Instalments with retention money of some invoices that nothing was paid of yet."""
    untouched = np.ones(ledger.items.height, dtype=bool)
    for name in ("allocations", "instalments"):
        column = "debit_id" if name == "allocations" else "item_id"
        untouched[getattr(ledger, name)[column].to_numpy()] = False
    recent = (ledger.items["kind"] == "invoice") & (ledger.items["amount_minor"] >= RETAINED_PART * 100)
    recent &= ledger.items["issued_on"] > until - dt.timedelta(days=RETAINED_DAYS)
    mine = np.flatnonzero(untouched & recent.to_numpy())
    rows = ledger.items[mine[rng.random(len(mine)) < RETAINED]].select("item_id", "due_on", "amount_minor")
    held = pl.col("amount_minor") // RETAINED_PART
    parts = [
        rows.with_columns(amount_minor=pl.col("amount_minor") - held, is_retention=pl.lit(value=False)),
        rows.with_columns(
            due_on=pl.col("due_on") + pl.duration(days=RETAINED_DAYS), amount_minor=held,
            is_retention=pl.lit(value=True),
        ),
    ]  # fmt: skip
    whole = pl.concat([ledger.instalments, *parts]).sort("item_id", "due_on")
    return INSTALMENTS.check(whole)


def _owed_again(ledger: Ledger) -> Ledger:
    """The control balances with what bills that ended put back on the accounts."""
    ends = ledger.items[ended(ledger.bill_events)["item_id"].to_numpy()].select("account_id", "amount_minor")
    back = (
        ends.join(ledger.accounts, on="account_id")
        .group_by("entity", "currency")
        .agg(back=pl.col("amount_minor").sum())
    )
    control = ledger.control.join(back, on=["entity", "currency"], how="left", maintain_order="left")
    amount = pl.col("amount_minor") + pl.col("back").fill_null(0)
    return replace(ledger, control=control.with_columns(amount_minor=amount).drop("back"))
