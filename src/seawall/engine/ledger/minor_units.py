"""Amounts of a file in minor units of their currency, and as people write them again."""

from __future__ import annotations

from typing import Any

import polars as pl

from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR, EXPONENTS
from seawall.engine.ledger.facts import AMOUNT
from seawall.engine.ledger.rejects import Sieve


def through(sieve: Sieve, found: list[pl.DataFrame]) -> pl.DataFrame:
    """What the sieve kept; what it did not goes to ``found``."""
    found.extend(sieve.found)
    return sieve.kept


def in_minor(rows: pl.DataFrame, amounts: dict[str, Any], found: list[pl.DataFrame]) -> tuple[pl.DataFrame, Sieve]:
    """Rows with amounts in minor units of their currency, as far as they have so many decimals.

    ``amounts`` maps a column to the new column, or to the pair of it and a prefix of the columns ``currency``
    and ``places``.
    """
    targets = {name: target if isinstance(target, tuple) else (target, "") for name, target in amounts.items()}
    scaled = rows.with_columns(_scaled(rows, name, prefix).alias(minor) for name, (minor, prefix) in targets.items())
    sieve = Sieve(scaled)
    for name, (minor, prefix) in targets.items():
        if scaled[minor].null_count() == scaled.height:
            continue
        exact = pl.col(minor)
        sieve.refuse(exact != exact.floor(), name, "decimals", plain(name), pl.col(f"{prefix}currency"))
        sieve.refuse(exact.abs() > AMOUNT_LIMIT_MINOR, name, "too_large", plain(name))
    kept = through(sieve, found).with_columns(pl.col(minor).cast(pl.Int64) for minor, _ in targets.values())
    return kept, Sieve(kept)


def _scaled(rows: pl.DataFrame, name: str, prefix: str) -> pl.Expr:
    """An amount times ten to the number of its currency's decimals, still exact."""
    if rows[name].null_count() == rows.height:
        return pl.lit(None, AMOUNT)
    different = rows[f"{prefix}places"].unique().drop_nulls().to_list()
    if len(different) == 1:
        return pl.col(name) * int(10 ** different[0])
    factor = pl.col(f"{prefix}places").replace_strict({count: 10**count for count in different}, return_dtype=pl.Int64)
    return pl.col(name) * factor


def plain(name: str) -> pl.Expr:
    """An amount as people write it: no trailing zeros."""
    return pl.col(name).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def major(minor: str, places_of: str) -> pl.Expr:
    """Minor units as people write the amount."""
    places = pl.col(places_of).cast(pl.Int64)
    unit = pl.lit(10, pl.Int64).pow(places)
    whole = (pl.col(minor) // unit).cast(pl.String)
    rest = (pl.col(minor) % unit).cast(pl.String).str.zfill(places)
    return pl.when(places == 0).then(whole).otherwise(pl.concat_str(whole, pl.lit("."), rest))


def places_of(currency: pl.Series) -> pl.Series:
    """How many decimals each row's currency has."""
    return currency.replace_strict(EXPONENTS, return_dtype=pl.Int8).alias("places")
