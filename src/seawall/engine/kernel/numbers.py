"""Numbers as people give them: files and forms hold numbers without end, and whole ones that no float holds."""

from __future__ import annotations

import math


def is_number(value: object) -> bool:
    """Whether this is a number that can be reckoned with: finite, and within what a float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of some 309 digits or more
        return False
