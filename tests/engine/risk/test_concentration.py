import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.risk.concentration import by_code, concentration, largest, measures


def test_gt_7_6():
    found = concentration([30, 40, 10, 20])
    assert found.hhi == pytest.approx(0.30)
    assert found.effective_number == pytest.approx(3.3333, abs=1e-4)
    assert (found.cr1, found.cr5, found.cr10) == (0.4, 1.0, 1.0)


def test_nothing_open():
    assert concentration([]).hhi is None
    assert concentration([0, 0]).cr1 is None


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=50))
def test_bounds_and_order(amounts):
    found = concentration(amounts)
    assert 1 / len(amounts) - 1e-12 <= found.hhi <= 1 + 1e-12
    assert found == concentration(amounts[::-1])
    assert found.cr1 <= found.cr5 <= found.cr10 <= 1


def test_names_over_the_limit_are_flagged():
    rows = pl.DataFrame({"sector": ["food", None, "steel", "food"], "open_minor": [30, 15, 50, 5]})
    amounts = by_code(rows, "sector")
    assert amounts.rows() == [("steel", 50), ("food", 35), ("-", 15)]
    top = largest("sector", amounts, {"sector": 0.4})
    assert top.select("rank", "code", "share_rate", "is_over").rows() == [
        (1, "steel", 0.5, True), (2, "food", 0.35, False), (3, "-", 0.15, False),
    ]  # fmt: skip
    over = measures("sector", amounts, {"sector": 0.4, "top10": 0.1}).filter(pl.col("is_over"))
    assert over["measure"].to_list() == ["cr1"]


def test_the_top_ten_limit_is_of_customers():
    amounts = pl.DataFrame({"code": ["A"], "open_minor": [1]})
    assert measures("customer", amounts, {"top10": 0.6}).filter(measure="cr10")["is_over"].item()
    assert not measures("group", amounts, {"top10": 0.6}).filter(measure="cr10")["is_over"].item()
