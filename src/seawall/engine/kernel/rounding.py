"""The one place where a ratio meets an amount: each row is rounded, then rows are summed.

Rounding row by row makes a total independent of row order, threads and partitions; the
difference to the unrounded total is a line of its own where a report needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Minor: TypeAlias = "NDArray[np.int64]"

SUM_LIMIT_MINOR = 2**62
"""No sum is larger: half of what 64 bits hold."""


def apply_rate(amount_minor: NDArray[np.int64], rate: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Amounts times rates, each row rounded half away from zero to a whole minor unit.

    Raises:
        Broken: an amount, or a product, is beyond ``AMOUNT_LIMIT_MINOR``, where floats stop being exact.
    """
    amounts = np.asarray(amount_minor, dtype=np.int64)
    product = amounts.astype(np.float64) * rate
    within = np.abs(amounts).max(initial=0) <= AMOUNT_LIMIT_MINOR
    if not within or not np.isfinite(product).all() or np.abs(product).max(initial=0.0) > AMOUNT_LIMIT_MINOR:
        raise Broken("An amount is beyond the limit of {limit} minor units.", limit=AMOUNT_LIMIT_MINOR)
    rounded: NDArray[np.int64] = (np.sign(product) * np.floor(np.abs(product) + 0.5)).astype(np.int64)
    return rounded


def ratio(part: int, whole: int) -> float | None:
    """``part / whole``, or None where there is no whole to speak of."""
    return part / whole if whole else None


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """``total_minor`` shared in proportion to ``weights`` by largest remainder; the parts sum to the total.

    Raises:
        Broken: a weight is negative, or all are zero while there is something to share.
    """
    whole = sum(weights)
    if min(weights, default=0) < 0 or (not whole and total_minor):
        raise Broken("Nothing can be shared by these weights.")
    if not whole:
        return [0] * len(weights)
    sign = -1 if total_minor < 0 else 1
    shares = [divmod(abs(total_minor) * weight, whole) for weight in weights]
    left = abs(total_minor) - sum(share for share, _ in shares)
    by_remainder = sorted(range(len(weights)), key=lambda k: (-shares[k][1], k))
    extra = set(by_remainder[:left])
    return [sign * (share + (k in extra)) for k, (share, _) in enumerate(shares)]


RATE_SCALE = 10**9
"""Rates that are terms of a contract have at most nine decimals: so many parts of one are exact."""


def mul_div(amount_minor: NDArray[np.int64], times: NDArray[np.int64] | int, over: NDArray[np.int64] | int) -> Minor:
    """``amount × times ÷ over`` exactly, rounded half up; nothing is below zero, and ``over`` is above it.

    Raises:
        Broken: the outcome, or a number given, is beyond ``AMOUNT_LIMIT_MINOR``.
    """
    amounts, top, under = (np.asarray(value, dtype=np.int64) for value in (amount_minor, times, over))
    whole, rest = _divided(amounts, top, under)
    return whole + (2 * rest >= under)


def apply_contract_rate(amount_minor: NDArray[np.int64], rate: NDArray[np.float64] | float) -> Minor:
    """Amounts times rates of at most nine decimals, exactly: 0.5 of a minor unit is rounded up, never lost in a float.

    Raises:
        Broken: an amount is beyond ``AMOUNT_LIMIT_MINOR``.
    """
    return mul_div(amount_minor, np.rint(np.asarray(rate) * RATE_SCALE).astype(np.int64), RATE_SCALE)


def split_by(total_minor: NDArray[np.int64], weights: NDArray[np.int64], index: NDArray[Any]) -> Minor:
    """Totals by group shared over rows in proportion to ``weights`` by largest remainder, for many groups at once.

    ``index`` says each row's group. A group whose weights are all zero gets nothing, and must have nothing to share.
    Of equal remainders the earlier row gets the unit.

    Raises:
        Broken: a number is below zero or beyond the limit, or there is something to share and nobody to get it.
    """
    wholes = sum_by(index, weights, len(total_minor))
    if (total_minor[wholes == 0] != 0).any():
        raise Broken("Nothing can be shared by these weights.")
    shares, rests = _divided(total_minor[index], weights, np.maximum(wholes, 1)[index])
    left = total_minor - sum_by(index, shares, len(total_minor))
    rows = np.flatnonzero((rests > 0) & (left > 0)[index])
    order = rows[np.lexsort((rows, -rests[rows], index[rows]))]
    group = index[order]
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(order) else order
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    shares[order] += rank < left[group]
    return shares


def _divided(amounts: Minor, times: Minor, over: Minor) -> tuple[Minor, Minor]:
    """The whole of ``amounts × times ÷ over`` and what is left of it.

    A float says the quotient within a few units; what it leaves is small, so it is exact in 64 bits that wrap round.
    """
    sizes = [int(value.max(initial=0)) for value in (amounts, times, over)]
    lowest = min(int(amounts.min(initial=0)), int(times.min(initial=0)))
    if max(sizes) > AMOUNT_LIMIT_MINOR or lowest < 0 or int(over.min(initial=1)) < 1:
        raise Broken("An amount is beyond the limit of {limit} minor units.", limit=AMOUNT_LIMIT_MINOR)
    about = amounts.astype(np.float64) * times / over
    if about.max(initial=0.0) > AMOUNT_LIMIT_MINOR:
        raise Broken("An amount is beyond the limit of {limit} minor units.", limit=AMOUNT_LIMIT_MINOR)
    whole = np.floor(about).astype(np.int64)
    with np.errstate(over="ignore"):
        rest = amounts * times - whole * over
    step = rest // over
    return whole + step, rest - step * over


def sum_by(index: NDArray[Any], amounts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Sum of ``amounts`` by dense ``index`` (0 … size - 1): exact, in integers.

    Raises:
        Broken: a sum does not fit in 64 bits, where it would wrap silently.
    """
    largest = max(int(amounts.max(initial=0)), -int(amounts.min(initial=0)))
    if largest * len(amounts) > SUM_LIMIT_MINOR:
        rough = np.bincount(index, weights=np.abs(amounts.astype(np.float64)), minlength=size)
        if rough.max(initial=0.0) > SUM_LIMIT_MINOR:
            raise Broken("A sum is beyond the limit of {limit} minor units.", limit=SUM_LIMIT_MINOR)
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, index, amounts)
    return sums
