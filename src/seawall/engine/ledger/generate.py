"""An invented ledger that behaves like a real one: for the demo, the benchmarks and tests that know the truth.

Everything follows from the seed. Customers differ in size, terms and habit, and some habits drift; sales
have seasons; invoices are disputed, credited, paid in part, by instalments, or never: a customer that fails
stops paying for what it bought in its last weeks, which is written off later, and little of it comes back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.ledger.generate_customers import Population, population
from seawall.engine.ledger.items import ALLOCATIONS, CONTROL, DISPUTES, INSTALMENTS, KIND, KINDS, Ledger

Days = NDArray[np.int32]
Ids = NDArray[np.int64]
Minor = NDArray[np.int64]
Mask = NDArray[np.bool_]

EPOCH = dt.date(1970, 1, 1)
PROBE_ITEMS, PROBES = 40_000, 3
"""How many receipts and notes an invoice brings depends on how dense sales are: small ledgers, each nearer
the density wanted, tell."""
STOPPED_DAYS = (60, 120)
"""How long before it fails a customer stops paying."""
SEASON = (0.94, 0.72, 1.02, 0.98, 1.0, 1.06, 0.92, 0.95, 1.08, 1.04, 1.14, 1.27)
"""Sales by month of the year; February holds the spring festival."""
DISPUTED, CREDITED, IN_PARTS, BY_INSTALMENTS = 0.02, 0.04, 0.05, 0.004
"""Shares of invoices with a dispute, a credit note, a second payment, a plan of instalments."""
APPLIED_LATE, ON_ACCOUNT = 0.02, 0.004
"""Shares of receipts that wait before they are applied, and that come on top without saying what for."""
RECOVERED, INSURED = 0.3, 0.2
"""Shares of failed customers something is recovered from, and of which an insurer pays 90 %."""
CONTROL_ACCOUNT = "1122"


@dataclass
class _World:
    """What is being drawn: the random stream, the days, the customers."""

    rng: np.random.Generator
    first: int
    last: int
    people: Population
    failed_on: Days = field(init=False)
    """By customer: the day it fails; far in the future for most."""
    stopped_days: Days = field(init=False)


@dataclass
class _Block:
    """Items of one kind; ``method`` is the payment method by row, or empty."""

    kind: str
    account: Ids
    issued: Days
    due: Days
    amount: Minor
    tax: Minor
    method: str = ""

    @property
    def height(self) -> int:
        return len(self.account)


@dataclass
class _Book:
    """What has been drawn so far. Items are numbered in the order of the blocks."""

    blocks: list[_Block] = field(default_factory=list)
    allocations: list[tuple[Ids, Ids, Days, Minor]] = field(default_factory=list)
    height: int = 0

    def add(self, block: _Block) -> Ids:
        """Take a block in; the numbers its items get."""
        ids = np.arange(self.height, self.height + block.height, dtype=np.int64)
        self.blocks.append(block)
        self.height += block.height
        return ids

    def settle(self, debit: Ids, credit: Ids, on: Days, amount: Minor) -> None:
        self.allocations.append((debit, credit, on, amount))


@dataclass(frozen=True)
class _Draw:
    """One set of invoices (numbers ``ids`` in ``book``), and which of them are never paid."""

    world: _World
    book: _Book
    invoices: _Block
    ids: Ids
    lost: Mask


def generate(
    *, items: int, customers: int, seed: int, until: dt.date, months: int = 27, loss_rate: float = 0.004,
    home: str = "CNY", details: bool = True,
) -> Ledger:  # fmt: skip
    """A ledger of about ``items`` items of ``customers`` customers over the ``months`` up to ``until``.

    ``loss_rate`` is the expected share of what is invoiced that is never paid. ``home`` is the currency
    most customers are invoiced in. Without ``details`` items carry no numbers and texts.

    Raises:
        UsageError: fewer items than customers, or a rate or period that cannot be.
    """
    if not 1 <= customers <= items or not 0 <= loss_rate <= 0.1 or not 1 <= months <= 240:  # noqa: PLR2004
        raise UsageError(
            "{items} items of {customers} customers over {months} months cannot be made.",
            hint="Give at least one item a customer, 1 to 240 months and a loss rate of at most 0.1.",
            items=items, customers=customers, months=months,
        )  # fmt: skip

    def draw(count: int, invoices: int) -> tuple[_World, _Book, pl.DataFrame, Ids]:
        world = _world(count, seed=seed, until=until, months=months, loss_rate=loss_rate, home=home)
        return world, *_drawn(world, max(count, invoices))

    thin = min(1.0, PROBE_ITEMS / items)
    per_invoice = 2.0
    for _ in range(PROBES):
        probe = draw(max(1, round(customers * thin)), round(items * thin / per_invoice))
        per_invoice = probe[1].height / probe[1].blocks[0].height
    world, book, disputes, in_parts = draw(customers, round(items / per_invoice))
    return _ledger(world, book, disputes, in_parts, details=details)


def _drawn(world: _World, count: int) -> tuple[_Book, pl.DataFrame, Ids]:
    """``count`` invoices and what became of them; the disputes; which fall due by instalments."""
    book = _Book()
    invoices = _invoices(world, count)
    draw = _Draw(world, book, invoices, book.add(invoices), _lost(world, invoices))
    disputes = _history(draw)
    return book, disputes, _instalment_ids(draw)


def _world(customers: int, *, seed: int, until: dt.date, months: int, loss_rate: float, home: str) -> _World:
    rng = np.random.Generator(np.random.PCG64(seed))
    last = (until - EPOCH).days
    first = last - round(months * 365.25 / 12) + 1
    world = _World(rng, first, last, population(rng, customers, home))
    world.stopped_days = rng.integers(*STOPPED_DAYS, customers, dtype=np.int32, endpoint=True)
    # A failing customer loses us what it bought in its last days: the chance to fail follows from the rate.
    fails = rng.random(customers) < loss_rate * (last - first + 1) / np.mean(STOPPED_DAYS)
    day = rng.integers(first, last + 1, customers, dtype=np.int32)
    world.failed_on = np.where(fails, day, np.int32(last + 10_000)).astype(np.int32)
    return world


def _issue_days(world: _World, count: int) -> Days:
    """Days of issue: seasons, a slow growth, few invoices at weekends."""
    days = np.arange(world.first, world.last + 1)
    month = (days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)) % 12
    weekend = (days + 3) % 7 >= 5  # noqa: PLR2004 - Saturday and Sunday
    weight = np.asarray(SEASON)[month] * np.linspace(1.0, 1.2, len(days)) * np.where(weekend, 0.1, 1.0)
    upto = np.cumsum(weight) / weight.sum()
    drawn = np.searchsorted(upto, world.rng.random(count), side="right").clip(max=len(days) - 1)
    return (world.first + drawn).astype(np.int32)


def _invoices(world: _World, count: int) -> _Block:
    people, rng = world.people, world.rng
    at_least_one = np.arange(min(count, people.count), dtype=np.int64)
    more = np.searchsorted(people.weight.cumsum(), rng.random(count - len(at_least_one)), side="right")
    customer = np.concatenate([at_least_one, more.clip(max=people.count - 1)])
    issued = _issue_days(world, count)
    # Nobody sells to a customer that has failed: such an invoice goes to another one.
    late = issued > world.failed_on[customer]
    alive = np.flatnonzero(world.failed_on > world.last)
    if len(alive):
        customer[late] = rng.choice(alive, int(late.sum()))
    account = people.first_account[customer] + (rng.random(count) < people.second_rate) * people.has_second[customer]
    return _priced(world, account, issued)


def _priced(world: _World, account: Ids, issued: Days) -> _Block:
    people, rng = world.people, world.rng
    customer = people.account_customer[account]
    major = np.exp(people.log_amount[customer] + rng.normal(0, 0.9, len(account))).clip(20, 4e7)
    scale = people.account_scale[account]
    net = np.maximum(np.floor(major * scale), 1).astype(np.int64)
    tax = np.floor(net * people.account_vat[account] + 0.5).astype(np.int64)
    due = issued + people.terms[customer]
    return _Block("invoice", account, issued, due.astype(np.int32), net + tax, tax)


def _lost(world: _World, invoices: _Block) -> Mask:
    customer = world.people.account_customer[invoices.account]
    failed = world.failed_on[customer]
    lost: Mask = (failed <= world.last) & (invoices.issued > failed - world.stopped_days[customer])
    return lost


def _history(draw: _Draw) -> pl.DataFrame:
    """Draw what became of the invoices; the disputes among them."""
    rng, invoices = draw.world.rng, draw.invoices
    disputed = (rng.random(invoices.height) < DISPUTED) & ~draw.lost
    credited = (rng.random(invoices.height) < np.where(disputed, 0.5, CREDITED)) & ~draw.lost
    credit = np.where(credited, (invoices.amount * rng.uniform(0.05, 0.6, invoices.height)).astype(np.int64), 0)
    _credit_notes(draw, credit)
    held = np.where(disputed, rng.integers(20, 90, invoices.height), 0).astype(np.int32)
    _payments(draw, credit, held)
    _losses(draw)
    return _disputes(draw, disputed, held)


def _credit_notes(draw: _Draw, credit: Minor) -> None:
    invoices = draw.invoices
    on = (invoices.issued + draw.world.rng.integers(10, 41, invoices.height)).astype(np.int32)
    rows = np.flatnonzero((credit > 0) & (on <= draw.world.last))
    tax = credit[rows] * invoices.tax[rows] // invoices.amount[rows]
    notes = draw.book.add(_Block("credit_note", invoices.account[rows], on[rows], on[rows], credit[rows], tax))
    draw.book.settle(draw.ids[rows], notes, on[rows], credit[rows])


def _payments(draw: _Draw, credit: Minor, held: Days) -> None:
    """What is left after the credit is paid in one or two parts, as the customer's habit has it."""
    world, invoices = draw.world, draw.invoices
    rng, people = world.rng, world.people
    rows = np.flatnonzero(~draw.lost)
    customer = people.account_customer[invoices.account[rows]]
    age = (invoices.issued[rows] - world.first) / max(world.last - world.first, 1)
    habit = people.delay[customer] + people.drift[customer] * age
    delay = habit + people.spread[customer] * rng.gumbel(0, 1, len(rows))
    paid_on = np.maximum(invoices.due[rows] + held[rows] + np.round(delay), invoices.issued[rows] + 1)
    left = invoices.amount[rows] - credit[rows]
    in_parts = rng.random(len(rows)) < IN_PARTS
    part = np.where(in_parts, (left * rng.uniform(0.3, 0.7, len(rows))).astype(np.int64), left)
    rest_on = paid_on + rng.integers(15, 60, len(rows))
    rest = np.flatnonzero(left - part)
    paid = np.concatenate([rows, rows[rest]])
    day = np.concatenate([paid_on, rest_on[rest]]).astype(np.int32)
    _receipts(draw, paid, day, np.concatenate([part, (left - part)[rest]]))


def _receipts(draw: _Draw, rows: Ids, paid_on: Days, amount: Minor) -> None:
    """Merge the payments of an account on one payment day into one receipt."""
    world, book, rng, people = draw.world, draw.book, draw.world.rng, draw.world.people
    customer = people.account_customer[draw.invoices.account[rows]]
    cycle = people.cycle_days[customer]
    day = (paid_on + (customer - paid_on) % cycle).astype(np.int32)
    day = np.minimum(day, np.maximum(world.failed_on[customer], paid_on)).astype(np.int32)
    done = np.flatnonzero((day <= world.last) & (amount > 0))
    rows, day, amount = rows[done], day[done], amount[done]
    span = world.last - world.first + 1
    keys, receipt = np.unique(draw.invoices.account[rows] * span + (day - world.first), return_inverse=True)
    account, received = keys // span, (world.first + keys % span).astype(np.int32)
    total = sum_by(receipt, amount, len(keys))
    waits = np.where(rng.random(len(keys)) < APPLIED_LATE, rng.integers(3, 45, len(keys)), 0).astype(np.int32)
    applied = (received + waits)[receipt].astype(np.int32)
    numbers = book.add(_Block("receipt", account, received, received, total, np.zeros_like(total), "transfer"))
    now = np.flatnonzero(applied <= world.last)
    book.settle(draw.ids[rows[now]], numbers[receipt[now]], applied[now], amount[now])
    extra = np.flatnonzero(rng.random(len(keys)) < ON_ACCOUNT)
    gift = np.maximum(total[extra] // 20, 1)
    book.add(_Block("receipt", account[extra], received[extra], received[extra], gift, np.zeros_like(gift), "transfer"))


def _losses(draw: _Draw) -> None:
    """What failed customers owe: indemnified by nine tenths if insured, written off months later, partly recovered."""
    world, book, invoices, ids = draw.world, draw.book, draw.invoices, draw.ids
    rng, people = world.rng, world.people
    insured = rng.random(people.count) < INSURED
    recovers = rng.random(people.count) < RECOVERED
    written_on = (world.failed_on + rng.integers(60, 240, people.count)).astype(np.int32)
    rows = np.flatnonzero(draw.lost)
    customer = people.account_customer[invoices.account[rows]]
    on = np.maximum(written_on[customer], invoices.issued[rows]).astype(np.int32)
    done = np.flatnonzero(on <= world.last)
    rows, customer, on = rows[done], customer[done], on[done]
    account, amount = invoices.account[rows], invoices.amount[rows]
    paid = np.where(insured[customer], amount * 9 // 10, 0)
    claims = np.flatnonzero(paid)
    zero = np.zeros(len(rows), dtype=np.int64)
    numbers = book.add(
        _Block("receipt", account[claims], on[claims], on[claims], paid[claims], zero[claims], "indemnity")
    )
    book.settle(ids[rows[claims]], numbers, on[claims], paid[claims])
    numbers = book.add(_Block("write_off", account, on, on, amount - paid, zero, ""))
    book.settle(ids[rows], numbers, on, amount - paid)
    back_on = (on + rng.integers(30, 200, len(rows))).astype(np.int32)
    back = np.flatnonzero(recovers[customer] & (back_on <= world.last) & (amount - paid > 4))  # noqa: PLR2004 - a quarter of it must be something
    got = (amount - paid)[back] // 4
    notes = book.add(_Block("debit_note", account[back], back_on[back], back_on[back], got, zero[back], "recovery"))
    cash = book.add(_Block("receipt", account[back], back_on[back], back_on[back], got, zero[back], "recovery"))
    book.settle(notes, cash, back_on[back], got)


def _disputes(draw: _Draw, disputed: Mask, held: Days) -> pl.DataFrame:
    world, invoices, ids, rng = draw.world, draw.invoices, draw.ids, draw.world.rng
    rows = np.flatnonzero(disputed)
    opened = (invoices.issued[rows] + rng.integers(5, 30, len(rows))).astype(np.int32)
    closed = (np.maximum(invoices.due[rows], opened) + held[rows]).astype(np.int32)
    keep = np.flatnonzero(opened <= world.last)
    rows, opened, closed = rows[keep], opened[keep], closed[keep]
    share = rng.choice([0.2, 0.5, 1.0], len(rows))
    reason = rng.choice(["price", "quantity", "quality", "delivery"], len(rows))
    return pl.DataFrame({
        "item_id": ids[rows],
        "opened_on": pl.Series(opened, dtype=pl.Int32).cast(pl.Date),
        "closed_on": pl.Series(np.where(closed <= world.last, closed, -1), dtype=pl.Int32),
        "amount_minor": np.maximum((invoices.amount[rows] * share).astype(np.int64), 1),
        "reason": pl.Series(reason.astype(str), dtype=pl.String),
    }).with_columns(
        closed_on=pl.when(pl.col("closed_on") >= 0).then(pl.col("closed_on")).cast(pl.Date)
    )  # fmt: skip


def _instalment_ids(draw: _Draw) -> Ids:
    """Invoices that fall due in three parts: those with terms of at least 60 days."""
    invoices = draw.invoices
    long = invoices.due - invoices.issued >= 60  # noqa: PLR2004
    return np.flatnonzero((draw.world.rng.random(invoices.height) < BY_INSTALMENTS) & ~draw.lost & long)


def _ledger(world: _World, book: _Book, disputes: pl.DataFrame, in_parts: Ids, *, details: bool) -> Ledger:
    """Put the blocks into the order of accounts and number them anew."""
    account = np.concatenate([block.account for block in book.blocks]).astype(np.int32)
    order = np.argsort(account, kind="stable")
    new = np.empty(book.height, dtype=np.int64)
    new[order] = np.arange(book.height)

    def column(name: str) -> NDArray[np.generic]:
        whole: NDArray[np.generic] = np.concatenate([getattr(block, name) for block in book.blocks])[order]
        return whole

    kind = np.concatenate([np.full(block.height, KINDS.index(block.kind), np.uint8) for block in book.blocks])[order]
    items = pl.DataFrame({
        "item_id": np.arange(book.height, dtype=np.int64),
        "account_id": account[order],
        "kind": pl.Series(kind).cat.to(KIND),
        "is_debit": kind <= KINDS.index("refund"),
        "issued_on": pl.Series(column("issued")).cast(pl.Date),
        "due_on": pl.Series(column("due")).cast(pl.Date),
        "amount_minor": column("amount"),
        "tax_minor": column("tax"),
        "disputed_minor": np.zeros(book.height, dtype=np.int64),
    })  # fmt: skip
    method = _methods(book, order)
    items = items.with_columns(method) if not details else items.with_columns(method, *_details(items, book.height))
    debit, credit, on, amount = (np.concatenate(parts) for parts in zip(*book.allocations, strict=True))
    allocations = pl.DataFrame({
        "debit_id": new[debit],
        "credit_id": new[credit],
        "allocated_on": pl.Series(on).cast(pl.Date),
        "amount_minor": amount,
        "credit_minor": amount,
    }, schema=ALLOCATIONS.schema)  # fmt: skip
    ledger = Ledger(
        customers=world.people.customers, accounts=world.people.accounts, items=items, allocations=allocations,
        instalments=_instalments(items, new[in_parts]),
        disputes=DISPUTES.check(disputes.with_columns(item_id=pl.Series(new[disputes["item_id"].to_numpy()]))),
    )  # fmt: skip
    return _with_control(ledger, world)


def _methods(book: _Book, order: Ids) -> pl.Series:
    names = ["", "transfer", "recovery", "indemnity"]
    code = np.concatenate([np.full(block.height, names.index(block.method), np.uint8) for block in book.blocks])
    labels = pl.Series("payment_method", code[order]).cat.to(pl.Enum(names))
    return labels.cast(pl.String).replace("", None)


def _details(items: pl.DataFrame, height: int) -> list[pl.Series]:
    prefix = items["kind"].cast(pl.String).str.slice(0, 2).str.to_uppercase()
    row = pl.Series(np.arange(1, height + 1, dtype=np.int64))
    number = pl.select(pl.concat_str([prefix, row.cast(pl.String).str.zfill(8)], separator="-")).to_series()
    return [
        number.alias("number"),
        pl.Series("source_file", ["items.csv"], dtype=pl.String).extend_constant("items.csv", height - 1),
        row.alias("source_row"),
    ]


def _instalments(items: pl.DataFrame, ids: Ids) -> pl.DataFrame:
    """Three equal parts, the last one due on the item's due day, a month apart."""
    rows = items[np.sort(ids)].select("item_id", "due_on", "amount_minor")
    third = pl.col("amount_minor") // 3
    parts = [
        rows.with_columns(
            due_on=pl.col("due_on").dt.offset_by(f"-{30 * back}d"),
            amount_minor=third if back else pl.col("amount_minor") - 2 * third,
        )
        for back in (2, 1, 0)
    ]
    parts = [part.with_columns(is_retention=pl.lit(value=False)) for part in parts]
    return INSTALMENTS.check(pl.concat(parts).sort("item_id", "due_on"))


def _with_control(ledger: Ledger, world: _World) -> Ledger:
    """Add what the general ledger would say on the last day: all debits less all credits, by entity and currency."""
    amount = ledger.items["amount_minor"].to_numpy()
    signed = np.where(ledger.items["is_debit"].to_numpy(), amount, -amount)
    by_account = sum_by(ledger.items["account_id"].to_numpy(), signed, ledger.accounts.height)
    balances = (
        ledger.accounts.with_columns(amount_minor=pl.Series(by_account))
        .group_by("entity", "currency").agg(pl.col("amount_minor").sum())
        .sort("entity", "currency")
        .select(
            "entity", pl.lit(CONTROL_ACCOUNT).alias("account"), "currency",
            pl.lit(EPOCH + dt.timedelta(days=world.last)).alias("on"), "amount_minor",
        )
    )  # fmt: skip
    return Ledger(
        customers=ledger.customers, accounts=ledger.accounts, items=ledger.items, allocations=ledger.allocations,
        instalments=ledger.instalments, disputes=ledger.disputes, control=CONTROL.check(balances),
    ).check()  # fmt: skip
