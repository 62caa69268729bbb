"""Control totals: what a file says its items come to, beside what was taken of it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.kernel.table import Column, Table
from seawall.engine.ledger.rejects import gathered, reject
from seawall.exchange.intake import ExpectedTotal

CONTROL_TOTALS = Table(
    "control_totals",
    {
        "file": Column(pl.String),
        "currency": Column(pl.String),
        "expected_minor": Column(pl.Int64, "debit less credit, as the file says"),
        "taken_minor": Column(pl.Int64, "debit less credit of the rows taken"),
        "difference_minor": Column(pl.Int64, "expected less taken"),
    },
)


def control_totals(expected: Iterable[ExpectedTotal], items: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each expected total beside what was taken, and a reject for each that differs.

    ``items``: checked items. What a row implies beyond itself (a receipt by a day of settlement) is not counted.
    A total over several currencies says nothing: it counts as differing.
    """
    rows, rejects = [], []
    for total in expected:
        taken = _taken(total, items)
        currency = next(iter(taken), "EUR")
        wanted = minor_of(str(total.amount), currency)
        if len(taken) > 1 or taken.get(currency, 0) != wanted:
            said = ", ".join(f"{amount_text(minor, code)} {code}" for code, minor in sorted(taken.items())) or "0"
            rejects.append(reject(total.file, "control_total", value=said, expected=f"{total.amount.normalize():f}"))
        rows += [
            (total.file, code, wanted, minor, wanted - minor)
            for code, minor in sorted(taken.items() or {currency: 0}.items())
        ]
    return pl.DataFrame(rows, schema=CONTROL_TOTALS.schema, orient="row"), gathered(rejects)


def _taken(total: ExpectedTotal, items: pl.DataFrame) -> dict[str, int]:
    """By currency: what the rows of the file come to, debit less credit."""
    rows = items.filter(pl.col("source_file") == total.file).sort("is_debit", descending=True)
    rows = rows.unique("source_row", keep="first", maintain_order=True)
    amount = pl.coalesce("open_minor", "amount_minor") if total.is_of_open else pl.col("amount_minor")
    signed = pl.when("is_debit").then(amount).otherwise(-amount)
    return dict(rows.group_by("currency").agg(signed.sum()).iter_rows())
