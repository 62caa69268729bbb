import polars as pl
import pytest

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.table import Column, Table

TABLE = Table("t", {"k": Column(pl.Int64), "note": Column(pl.String, nullable=True)}, key=("k",))


def test_a_frame_of_rows_has_the_declared_columns():
    frame = TABLE.frame([{"k": 1}, {"k": 2, "note": "x", "more": 3}])
    assert frame.rows() == [(1, None), (2, "x")]
    assert TABLE.empty().schema == frame.schema == pl.Schema(TABLE.schema)


def test_extra_columns_pass():
    extra = TABLE.frame([{"k": 1}]).with_columns(more=1)
    assert TABLE.check(extra) is extra


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"k": [1]}), "lacks the column note"),
        (pl.DataFrame({"k": ["1"], "note": [""]}), "k is String, not Int64"),
        (pl.DataFrame({"k": [None], "note": [""]}, schema=TABLE.schema), "k is empty in some rows"),
        (pl.DataFrame({"k": [1, 1], "note": ["", ""]}), "key repeats"),
    ],
)
def test_what_does_not_fit_is_broken(frame, said):
    with pytest.raises(Broken, match=said):
        TABLE.check(frame)
