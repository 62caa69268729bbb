"""Rows in bulk come out as they went in, whatever texts they hold."""

import datetime as dt

import polars as pl
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.store import bulk

pytestmark = pytest.mark.django_db

SCHEMA = {"n": pl.Int64, "text": pl.String, "day": pl.Date, "rate": pl.Float64}
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**60), 2**60),
        st.none() | TEXTS | st.sampled_from(['"', ",", "a\nb", "\\.", "NULL", "  ", "'", "\r\n", "=1+1"]),
        st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS)
def test_what_is_copied_in_comes_out_the_same(db, rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS tried")
        cursor.execute("CREATE TEMPORARY TABLE tried (n bigint, text text, day date, rate double precision)")
    assert bulk.copy_in("tried", frame) == frame.height
    assert bulk.copy_out("SELECT n, text, day, rate FROM tried", SCHEMA).equals(frame)


def test_values_are_sent_as_the_column_wants_them():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE tried (a smallint, b integer, c boolean, d varchar(9), e bigint, f jsonb)"
        )
    frame = pl.DataFrame({"a": [1], "b": [2], "c": [True], "d": ["x"], "e": pl.Series([3], dtype=pl.Int16)})
    assert bulk.copy_in("tried", frame) == 1
    assert bulk.copy_out("SELECT a, b, c::int, d, e FROM tried", dict.fromkeys("abcde", pl.String)).row(0) == tuple(
        "121x3"
    )
    with pytest.raises(pl.exceptions.InvalidOperationError):
        bulk.copy_in("tried", frame.with_columns(a=pl.lit(2**15)))
    with pytest.raises(KeyError):
        bulk.copy_in("tried", pl.DataFrame({"f": ["{}"]}))


def test_numbers_are_given_once_and_taken_back_by_a_rollback():
    assert bulk.draw_numbers("t", 3).to_list() == [1, 2, 3]
    assert bulk.draw_numbers("t", 0).to_list() == []
    assert bulk.draw_numbers("t", 2).to_list() == [4, 5]
    assert bulk.draw_numbers("other", 1).to_list() == [1]


def test_an_empty_table_is_seen_to_be_empty():
    assert bulk.is_empty("store_customer")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO store_customer (id, code) VALUES (1, 'C')")
    assert not bulk.is_empty("store_customer")
