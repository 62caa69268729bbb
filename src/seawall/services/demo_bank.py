"""The demo company's bank statement: a table as a Chinese bank exports it, with the ways people pay in it."""

from __future__ import annotations

import datetime as dt

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.balance import open_debits
from seawall.engine.ledger.items import Ledger

FILE = "bank-2026-09.csv"
ACCOUNT = "6222021001116245702"
OPENING_MINOR, CHARGE_MINOR, OVER_MINOR, REFUND_MINOR, FEE_MINOR = 250_000_00, 15_00, 200_00, 1_234_56, 350_00
HEAD = "交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,交易流水号"
PAYERS = 7


def statement(ledger: Ledger, as_of: AsOf, entity: str, currency: str) -> tuple[str, bytes]:
    """Name and bytes of the statement: money for what is open on the day, and some that has nothing to do with it."""
    day, reached, lines = as_of.on - dt.timedelta(days=2), OPENING_MINOR, []
    for place, (amount, name, text) in enumerate(_moves(_payers(ledger, as_of, entity, currency)), start=1):
        reached += amount
        out, into = (amount_text(-amount, currency), "") if amount < 0 else ("", amount_text(amount, currency))
        on = day + dt.timedelta(days=place // 6)
        account = f"62220000{place:08d}" if name else ""
        lines.append(f"{on},{out},{into},{amount_text(reached, currency)},{name},{account},{text},D{place:05d}")
    return FILE, "\n".join([f"账号：{ACCOUNT},币种：人民币", HEAD, *lines, ""]).encode("gb18030")


def _payers(ledger: Ledger, as_of: AsOf, entity: str, currency: str) -> list[tuple[str, list[tuple[str, int]]]]:
    """Customers with several open items, by name: number and what is open, oldest first."""
    people = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    rows = open_debits(ledger, as_of=as_of).join(
        people.select("account_id", "customer_code", "name", "entity", "currency"), on="account_id"
    )
    mine = rows.filter(pl.col("entity") == entity, pl.col("currency") == currency).sort("due_on", "number")
    grouped = mine.group_by("customer_code", "name").agg("number", "open_minor").sort("customer_code")
    several = grouped.filter(pl.col("number").list.len() > 1).head(PAYERS)
    return [(row["name"], list(zip(row["number"], row["open_minor"], strict=True)))
            for row in several.iter_rows(named=True)]  # fmt: skip


def _moves(payers: list[tuple[str, list[tuple[str, int]]]]) -> list[tuple[int, str, str]]:
    """Amount, payer and text of each movement."""
    moves = []
    for place, (name, items) in enumerate(payers):
        (first, left), (second, more) = items[:2]
        moves.append([
            (left, name, f"货款 {first}"),
            (left + more, name, f"{first} {second}"),
            (left - CHARGE_MINOR, name, f"payment {first.replace('-', ' ')}"),
            (left, name, f"发票尾号{first[-6:]}"),
            (left * 6 // 10, name, f"部分货款 {first}"),
            (left + OVER_MINOR, name, first),
            (left, name[: max(4, len(name) - 4)], ""),
        ][place])  # fmt: skip
    return [move for move in moves if move[0] > 0] + [
        (REFUND_MINOR, "国家金库", "退税"), (-FEE_MINOR, "", "账户管理费"),
    ]  # fmt: skip
