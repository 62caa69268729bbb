"""How much hangs on few names: Herfindahl index from shares, effective number, shares of the largest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

DIMENSIONS = ("customer", "group", "sector", "country", "entity", "currency")
NOT_STATED = "-"
TOP = (1, 5, 10)
LARGEST = 10


@dataclass(frozen=True)
class Concentration:
    """Of one set of open amounts: Herfindahl index, effective number of equal names, shares of the largest 1, 5, 10."""

    hhi: float | None
    effective_number: float | None
    cr1: float | None
    cr5: float | None
    cr10: float | None


def concentration(amounts_minor: Sequence[int]) -> Concentration:
    """Measures of amounts of which none is negative; all empty where nothing is open."""
    total = sum(amounts_minor)
    if not total:
        return Concentration(None, None, None, None, None)
    ordered = sorted(amounts_minor, reverse=True)
    hhi = math.fsum((amount / total) ** 2 for amount in ordered)
    return Concentration(hhi, 1 / hhi, *(sum(ordered[:count]) / total for count in TOP))


def by_code(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    """Open amounts by one column, largest first, then by code: ``code``, ``open_minor``."""
    return (
        rows.group_by(pl.col(code).fill_null(NOT_STATED).alias("code"))
        .agg(pl.col("open_minor").cast(pl.Int128).sum().cast(pl.Int64))
        .filter(pl.col("open_minor") > 0)
        .sort(["open_minor", "code"], descending=[True, False])
    )


def measures(dimension: str, amounts: pl.DataFrame, limits: Mapping[str, float]) -> pl.DataFrame:
    """Rows of the concentration table for one dimension; ``limits`` by dimension and ``top10`` of customers."""
    found = concentration(amounts["open_minor"].to_list())
    limit = {"cr1": limits.get(dimension), "cr10": limits.get("top10") if dimension == "customer" else None}
    rows = [
        {
            "dimension": dimension, "measure": name, "value": value,
            "limit": limit.get(name), "is_over": _over(value, limit.get(name)),
        }
        for name, value in asdict(found).items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={
        "dimension": pl.String, "measure": pl.String, "value": pl.Float64, "limit": pl.Float64, "is_over": pl.Boolean,
    })  # fmt: skip


def largest(dimension: str, amounts: pl.DataFrame, limits: Mapping[str, float]) -> pl.DataFrame:
    """The ten largest names of one dimension with their shares."""
    total = sum(amounts["open_minor"].to_list())
    limit = limits.get(dimension)
    top = amounts.head(LARGEST)
    shares = [amount / total for amount in top["open_minor"]]
    return pl.DataFrame({
        "dimension": [dimension] * top.height,
        "rank": pl.Series(range(1, top.height + 1), dtype=pl.Int32),
        "code": top["code"],
        "open_minor": top["open_minor"],
        "share_rate": pl.Series(shares, dtype=pl.Float64),
        "limit": pl.Series([limit] * top.height, dtype=pl.Float64),
        "is_over": pl.Series([_over(share, limit) for share in shares], dtype=pl.Boolean),
    }, schema_overrides={"dimension": pl.String})  # fmt: skip


def _over(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value > limit
