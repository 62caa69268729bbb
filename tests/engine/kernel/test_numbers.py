import math

from seawall.engine.kernel.numbers import is_number


def test_what_a_float_holds_is_a_number():
    assert all(map(is_number, [0, -3, 0.5, 10**308]))


def test_what_no_float_holds_is_none():
    assert not any(map(is_number, [True, "3", None, math.inf, math.nan, 10**309, -(10**400), 16**20_000]))
