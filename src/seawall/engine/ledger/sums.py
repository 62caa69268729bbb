"""Which items come to an amount: within bounds, and of several ways the one with the oldest items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Places of the items, oldest first, and whether others come to the amount too."""

    places: tuple[int, ...]
    is_ambiguous: bool


def prefix(amounts: Sequence[int], target: int) -> int:
    """How many of the first amounts come to the target; 0 where none do."""
    reached = 0
    for count, amount in enumerate(amounts, start=1):
        reached += amount
        if reached >= target:
            return count if reached == target else 0
    return 0


def subset(amounts: Sequence[int], target: int, *, parts_max: int, steps_max: int) -> Found | None:
    """At most ``parts_max`` of the amounts that come to the target, taking the first ones before later ones.

    Gives up after ``steps_max`` steps: what it has found by then counts, and is called ambiguous.
    """
    left_from = [0] * (len(amounts) + 1)
    for place in range(len(amounts) - 1, -1, -1):
        left_from[place] = left_from[place + 1] + amounts[place]
    search = _Search(amounts, left_from, parts_max, steps_max)
    search.go(0, target, ())
    if not search.found:
        return None
    return Found(search.found[0], len(search.found) > 1 or search.steps <= 0)


class _Search:
    """Depth first, taking before leaving out; stops at the second way."""

    def __init__(self, amounts: Sequence[int], left_from: Sequence[int], parts_max: int, steps: int) -> None:
        self.amounts, self.left_from, self.parts_max, self.steps = amounts, left_from, parts_max, steps
        self.found: list[tuple[int, ...]] = []

    def go(self, place: int, target: int, taken: tuple[int, ...]) -> None:
        self.steps -= 1
        if not target and taken:
            self.found.append(taken)
            return
        is_over = place == len(self.amounts) or len(taken) == self.parts_max or self.left_from[place] < target
        if is_over or self.steps <= 0 or len(self.found) > 1:
            return
        if self.amounts[place] <= target:
            self.go(place + 1, target - self.amounts[place], (*taken, place))
        self.go(place + 1, target, taken)
