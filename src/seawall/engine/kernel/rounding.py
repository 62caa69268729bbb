"""The one place where a ratio meets an amount: each row is rounded, then rows are summed.

Rounding row by row makes a total independent of row order, threads and partitions; the
difference to the unrounded total is a line of its own where a report needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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
