import io

import polars as pl

from seawall.exchange.parquet_in import read_parquet


def test_only_wanted_columns_are_read_whatever_the_case_of_their_headers():
    data = io.BytesIO()
    pl.DataFrame({"Number": ["1", "2"], "blob": [[1], [2]], "amount": [1.5, 2.5]}).write_parquet(data)
    raw = read_parquet(data.getvalue(), file="items.parquet", table="items", wanted={"number": None, "amount": None})
    assert raw.frame.columns == ["Number", "amount", "source_row"]
    assert raw.frame["source_row"].to_list() == [1, 2]
