import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR
from seawall.engine.kernel.rounding import (
    SUM_LIMIT_MINOR,
    apply_contract_rate,
    apply_rate,
    mul_div,
    ratio,
    split,
    split_by,
    sum_by,
)


def test_each_row_is_rounded_half_away_from_zero():
    assert apply_rate(np.array([5, -5, 4, 15]), 0.1).tolist() == [1, -1, 0, 2]
    assert apply_rate(np.array([10, 10]), np.array([0.5, 0.25])).tolist() == [5, 3]


@pytest.mark.parametrize(
    ("amount", "rate"), [(AMOUNT_LIMIT_MINOR + 1, 0.1), (AMOUNT_LIMIT_MINOR, 2), (1, np.nan), (1, np.inf)]
)
def test_what_floats_cannot_carry_is_broken(amount, rate):
    with pytest.raises(Broken):
        apply_rate(np.array([amount]), rate)


def test_a_ratio_without_a_whole_is_none():
    assert ratio(1, 4) == 0.25
    assert ratio(1, 0) is None


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_sums_to_the_whole_and_each_part_is_within_one_of_its_share(total, weights):
    if not sum(weights):
        weights[0] = 1
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


def test_a_split_by_nothing():
    assert split(0, [0, 0]) == [0, 0]
    assert split(0, []) == []
    for weights in ([0], [-1, 2]):
        with pytest.raises(Broken):
            split(5, weights)


def test_sums_by_index_are_exact():
    index = np.array([2, 0, 2])
    assert sum_by(index, np.array([2**53, 1, 1]), 3).tolist() == [1, 0, 2**53 + 1]
    assert sum_by(np.array([], dtype=np.int64), np.array([], dtype=np.int64), 2).tolist() == [0, 0]


def test_a_sum_that_would_wrap_is_broken_and_one_that_only_might_is_not():
    large = np.full(600, AMOUNT_LIMIT_MINOR)
    assert sum_by(np.arange(600), large, 600).tolist() == large.tolist()
    with pytest.raises(Broken, match=str(SUM_LIMIT_MINOR)):
        sum_by(np.zeros(600, dtype=np.int64), large, 1)
    with pytest.raises(Broken):
        sum_by(np.zeros(600, dtype=np.int64), -large, 1)


class TestExact:
    @given(
        st.lists(st.tuples(*[st.integers(0, AMOUNT_LIMIT_MINOR)] * 2, st.integers(1, AMOUNT_LIMIT_MINOR)), max_size=20)
    )
    def test_a_product_over_a_number_is_exact_and_half_goes_up(self, rows):
        rows = [row for row in rows if row[0] * row[1] <= row[2] * AMOUNT_LIMIT_MINOR]
        amounts, times, over = (np.array([row[k] for row in rows], dtype=np.int64) for k in range(3))
        said = mul_div(amounts, times, over).tolist()
        assert said == [(2 * a * b + c) // (2 * c) for a, b, c in rows]

    def test_a_rate_of_a_contract_never_loses_half_a_unit_in_a_float(self):
        assert apply_contract_rate(np.array([100, 10, 1130]), 0.145).tolist() == [15, 1, 164]
        assert apply_rate(np.array([100]), 0.145).tolist() == [14]

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2**40)), min_size=1, max_size=30), st.data())
    def test_totals_are_shared_as_split_shares_them(self, rows, data):
        index, weights = (np.array([row[k] for row in rows], dtype=np.int64) for k in range(2))
        wholes = np.bincount(index, weights=weights, minlength=5).astype(np.int64)
        totals = np.array([data.draw(st.integers(0, int(whole))) for whole in wholes], dtype=np.int64)
        shares = split_by(totals, weights, index)
        for group in range(5):
            mine = index == group
            assert shares[mine].tolist() == split(int(totals[group]), weights[mine].tolist())

    def test_what_nobody_can_get_is_broken(self):
        with pytest.raises(Broken):
            split_by(np.array([1]), np.array([0]), np.array([0]))
        for bad in ([-1], [AMOUNT_LIMIT_MINOR + 1]):
            with pytest.raises(Broken):
                mul_div(np.array(bad), 1, 1)
