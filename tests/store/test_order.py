"""The order of items and allocations is that of a plain sort, found with less work."""

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from seawall.store.order import allocation_order, ledger_order

ITEM = st.tuples(
    st.integers(0, 3), st.dates(dt.date(1969, 12, 30), dt.date(1970, 1, 2)), st.sampled_from("abc"), st.booleans()
)


@given(st.lists(ITEM, max_size=30, unique=True))
def test_items_stand_as_a_plain_sort_puts_them(rows):
    frame = pl.DataFrame(
        rows, schema={"account": pl.Int32, "on": pl.Date, "number": pl.String, "is_debit": pl.Boolean}, orient="row"
    )
    order = ledger_order(frame["account"].to_numpy(), frame["on"], frame["number"], frame["is_debit"].to_numpy())
    wanted = frame.sort("account", "on", "number", "is_debit")
    assert (frame if order is None else frame[order]).equals(wanted)
    if frame.equals(wanted):
        assert order is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_allocations_stand_as_a_plain_sort_puts_them(rows):
    frame = pl.DataFrame(rows, schema={"debit": pl.Int64, "credit": pl.Int64, "day": pl.Int32}, orient="row")
    order = allocation_order(*(frame[name].to_numpy() for name in frame.columns))
    assert (frame if order is None else frame[order]).equals(frame.sort(pl.all()))


def test_nothing_to_sort():
    none = np.zeros(0, dtype=np.int64)
    assert ledger_order(none, pl.Series([], dtype=pl.Date), pl.Series([], dtype=pl.String), none.astype(bool)) is None
    assert allocation_order(none, none, none) is None
