"""A customer's account over time, and the tie of all accounts to the general ledger.

The balance of an account is its debit items less its credit items up to the day: what is open less what
is unapplied. An allocation moves a balance only where it settles an item of one account with a credit
of another (another currency, another entity's customer): it leaves the one and reaches the other.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.rounding import sum_by
from seawall.engine.ledger.balance import require_known
from seawall.engine.ledger.items import KINDS, Ledger

ENTRY = pl.Enum(("opening", *KINDS, "transfer", "closing"))
STATUS = pl.Enum(("reconciled", "different", "not_reconciled"))


def statement(ledger: Ledger, *, customer_id: int, as_of: AsOf, since: dt.date) -> pl.DataFrame:
    """What happened on a customer's accounts after ``since``, with the balance after each entry.

    Columns: account_id, entity, currency, on, entry (``opening``, a kind of item, ``transfer``,
    ``closing``), item_id, amount_minor (debits positive, credits negative), balance_minor. Each account
    begins with its balance at the end of ``since`` and ends with its balance on the day; a zero account
    without entries is left out.

    Raises:
        NotKnown: ``since`` lies before what the ledger knows.
        UsageError: ``since`` lies after the day.
    """
    if since > as_of.on:
        raise UsageError("A statement cannot begin after its end ({since}, {day}).", since=since, day=as_of.on)
    require_known(ledger, since)
    mine = ledger.accounts.filter(pl.col("customer_id") == customer_id)
    entries = _entries(ledger, mine["account_id"]).filter(pl.col("on") <= as_of.on)
    before = pl.col("on") <= since
    opening = _totals(mine, entries.filter(before)).with_columns(
        pl.lit(since).alias("on"), entry=pl.lit("opening", dtype=ENTRY), balance_minor="amount_minor"
    )
    closing = _totals(mine, entries).with_columns(
        pl.lit(as_of.on).alias("on"), entry=pl.lit("closing", dtype=ENTRY), balance_minor="amount_minor"
    )
    moves = entries.filter(~before).sort("account_id", "on", "entry", "item_id")
    running = pl.concat([opening, moves], how="diagonal").with_columns(
        balance_minor=pl.col("amount_minor").cum_sum().over("account_id"),
        amount_minor=pl.when(pl.col("entry") != "opening").then("amount_minor"),
    )
    rows = pl.concat([running, closing.with_columns(amount_minor=pl.lit(None, pl.Int64))], how="diagonal")
    said = pl.concat([moves["account_id"], closing.filter(pl.col("balance_minor") != 0)["account_id"]])
    return (
        rows.filter(pl.col("account_id").is_in(said.implode()))
        .join(mine.select("account_id", "entity", "currency"), on="account_id", maintain_order="left")
        .sort("account_id", maintain_order=True)
        .select("account_id", "entity", "currency", "on", "entry", "item_id", "amount_minor", "balance_minor")
    )


MONTHLY = {
    "charged": ("invoice", "debit_note", "refund"), "paid": ("receipt",),
    "credited": ("credit_note", "write_off", "settled_unknown"), "transferred": ("transfer",),
}  # fmt: skip
"""What a month of a statement adds up, and the entries each sum is of."""


def by_month(moves: pl.DataFrame) -> pl.DataFrame:
    """A statement month by month, a row for every account and month, also one without entries.

    Columns: account_id, entity, currency, on (the month's last day, of the last one the statement's), opening_minor,
    ``charged_minor``, ``paid_minor``, ``credited_minor``, ``transferred_minor`` (signed as entries are), closing_minor.
    """
    month = pl.col("on").dt.month_start()
    heads = moves.group_by("account_id", maintain_order=True).agg(
        pl.first("entity", "currency"), opening_minor=pl.first("balance_minor"), ends_on=pl.last("on"),
        month=pl.date_ranges((pl.first("on") + pl.duration(days=1)).dt.month_start(), pl.last("on"), "1mo").first(),
    ).explode("month")  # fmt: skip
    sums = moves.group_by("account_id", month=month).agg(
        _sum_of(pl.col("entry").is_in(list(kinds))).alias(f"{name}_minor") for name, kinds in MONTHLY.items()
    )
    names = [f"{name}_minor" for name in MONTHLY]
    rows = heads.join(sums, on=["account_id", "month"], how="left", maintain_order="left")
    rows = rows.with_columns(pl.col(names).fill_null(0)).with_columns(moved=pl.sum_horizontal(names))
    closing = pl.col("opening_minor") + pl.col("moved").cum_sum().over("account_id")
    on = pl.min_horizontal(pl.col("month").dt.month_end(), "ends_on")
    return rows.with_columns(on=on, closing_minor=closing, opening_minor=closing - pl.col("moved")).select(
        "account_id", "entity", "currency", "on", "opening_minor", *names, "closing_minor"
    )


def balances(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """The accounts with ``balance_minor`` on the day: debit items less credit items, in the account's currency.

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    require_known(ledger, as_of.on)
    entries = _entries(ledger, ledger.accounts["account_id"]).filter(pl.col("on") <= as_of.on)
    sums = sum_by(entries["account_id"].to_numpy(), entries["amount_minor"].to_numpy(), ledger.accounts.height)
    return ledger.accounts.with_columns(balance_minor=pl.Series(sums))


def tie(ledger: Ledger, *, as_of: AsOf) -> pl.DataFrame:
    """By entity and currency: the items' balance beside the general ledger's control accounts of the same day.

    Columns: entity, currency, items_minor, control_minor (the sum of that day's control accounts; empty
    where there is none), difference_minor, status: ``reconciled``, ``different`` or ``not_reconciled``
    (no control balance of that very day: an older one says nothing about it).

    Raises:
        NotKnown: the day lies before what the ledger knows.
    """
    pair = ("entity", "currency")
    items = balances(ledger, as_of=as_of).group_by(pair).agg(items_minor=_sum("balance_minor"))
    same_day = ledger.control.filter(pl.col("on") == as_of.on)
    control = same_day.group_by(pair).agg(control_minor=_sum("amount_minor"))
    difference = pl.col("items_minor") - pl.col("control_minor")
    status = (
        pl.when(pl.col("control_minor").is_null()).then(pl.lit("not_reconciled"))
        .when(difference == 0).then(pl.lit("reconciled"))
        .otherwise(pl.lit("different"))
    )  # fmt: skip
    return (
        items.join(control, on=pair, how="full", coalesce=True)
        .with_columns(pl.col("items_minor").fill_null(0))
        .with_columns(difference_minor=difference, status=status.cast(STATUS))
        .select(*pair, "items_minor", "control_minor", "difference_minor", "status")
        .sort(pair)
    )


def _sum(column: str) -> pl.Expr:
    # By way of Int128: Int64 sums wrap silently, and the cast back refuses what does not fit.
    return pl.col(column).cast(pl.Int128).sum().cast(pl.Int64)


def _sum_of(chosen: pl.Expr) -> pl.Expr:
    return pl.col("amount_minor").filter(chosen).cast(pl.Int128).sum().cast(pl.Int64)


def _entries(ledger: Ledger, accounts: pl.Series) -> pl.DataFrame:
    """Items and transfers of some accounts, signed: account_id, on, entry, item_id, amount_minor."""
    signed = pl.when("is_debit").then("amount_minor").otherwise(-pl.col("amount_minor"))
    chosen = pl.col("account_id").is_in(accounts.implode())
    items = ledger.items.with_row_index("row").filter(chosen)
    return pl.concat([
        items.select(
            "account_id", pl.col("issued_on").alias("on"), entry=pl.col("kind").cast(pl.String).cast(ENTRY),
            item_id=pl.col("row").cast(pl.Int64), amount_minor=signed,
        ),
        _transfers(ledger).filter(chosen),
    ])  # fmt: skip


def _transfers(ledger: Ledger) -> pl.DataFrame:
    """Both ends of allocations between accounts: the debit's account is relieved, the credit's is charged."""
    account = ledger.items["account_id"]
    rows = ledger.allocations.with_columns(
        debit_account=account.gather(ledger.allocations["debit_id"]),
        credit_account=account.gather(ledger.allocations["credit_id"]),
    ).filter(pl.col("debit_account") != pl.col("credit_account"))
    transfer = pl.lit("transfer", dtype=ENTRY)
    ends = (("debit", -pl.col("amount_minor")), ("credit", pl.col("credit_minor")))
    return pl.concat([
        rows.select(
            account_id=f"{side}_account", on="allocated_on", entry=transfer,
            item_id=f"{side}_id", amount_minor=amount,
        )
        for side, amount in ends
    ])  # fmt: skip


def _totals(accounts: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    sums = entries.group_by("account_id").agg(_sum("amount_minor"))
    rows = accounts.select("account_id").join(sums, on="account_id", how="left", maintain_order="left")
    return rows.with_columns(pl.col("amount_minor").fill_null(0))
