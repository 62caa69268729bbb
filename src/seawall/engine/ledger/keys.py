"""Finding rows by their keys: where in one table the rows that another one names stand."""

from __future__ import annotations

from functools import reduce
from operator import xor

import polars as pl

FEW = 8
"""So many times fewer keys than rows to look among are few."""


def places(keys: pl.DataFrame, among: pl.DataFrame) -> pl.Series:
    """For each row of ``keys``, where in ``among`` the same values stand; empty where they do not.

    Columns go by their order, not their names; rows of ``among`` are distinct. Rows are found by a hash of
    their values, which is several times faster than by the texts themselves, and then compared.
    """
    if keys.is_empty():
        return pl.Series("place", [], dtype=pl.get_index_type())
    named, there = pl.DataFrame({"key": _hash(keys)}), pl.DataFrame({"key": _hash(among)}).with_row_index("place")
    if keys.height * FEW < among.height:  # looking through the many is cheaper than a table of them all
        there = there.filter(pl.col("key").is_in(named["key"].implode()))
    found = named.join(there, on="key", how="left", maintain_order="left")["place"]
    if len(found) > keys.height:  # two keys of ``among`` share a hash
        numbered = among.rename(dict(zip(among.columns, keys.columns, strict=True))).with_row_index("\x00place")
        return keys.join(numbered, on=keys.columns, how="left", maintain_order="left")["\x00place"].rename("place")
    same = pl.Series([True]).new_from_index(0, keys.height)
    for left, right in zip(keys.columns, among.columns, strict=True):
        same &= (keys[left] == among[right].gather(found)).fill_null(value=False)
    return found.set(~same, None) if not same.all() else found


def has_twins(rows: pl.DataFrame) -> bool:
    """Whether some rows may be equal; a no is certain, a yes wants a second look."""
    return _hash(rows).n_unique() < rows.height


def _hash(rows: pl.DataFrame) -> pl.Series:
    return reduce(xor, (rows[name].hash(seed) for seed, name in enumerate(rows.columns)))
