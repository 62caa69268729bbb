"""How a receipt's amount fits items: exactly, less a charge or a discount, in another currency, or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seawall.engine.kernel.money import EXPONENTS
from seawall.engine.kernel.rounding import apply_rate, split
from seawall.engine.ledger import sums
from seawall.engine.ledger.matching_book import OpenItem

_PER_CENT = 100


class Paid(Protocol):
    """What of a receipt decides how it fits."""

    @property
    def amount_minor(self) -> int:
        """How much came in."""

    @property
    def currency(self) -> str:
        """In which currency."""

    @property
    def booked_on(self) -> dt.date:
        """When."""


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """What of a receipt pays an item: ``amount_minor`` in the item's currency, ``credit_minor`` in the receipt's."""

    number: str
    amount_minor: int
    credit_minor: int
    currency: str


@dataclass(frozen=True, slots=True, order=True)
class Adjustment:
    """What is booked beside a receipt so that an item is settled: ``bank_charge`` or ``discount``."""

    kind: str
    number: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A receipt spread over items; ``reasons`` are the values of reasons."""

    parts: tuple[Part, ...]
    adjustments: tuple[Adjustment, ...]
    unapplied_minor: int
    short_minor: int
    reasons: tuple[dict[str, Any], ...]


def fitted(
    items: Sequence[OpenItem], receipt: Paid, policy: Mapping[str, Any], rates: Mapping[str, float], code: str
) -> Fit:
    """The receipt over the items, oldest first; ``code`` says how the amount chose the items, where it did."""
    if any(item.currency != receipt.currency for item in items):
        return _in_another_currency(items, receipt, policy, rates)
    total, received = sum(item.left_minor for item in items), receipt.amount_minor
    if total == received:
        return Fit(_oldest_first(items, received), (), 0, 0, (_exactly(len(items), code, policy),))
    if code == "oldest":
        why = {"code": "oldest", "points": policy["oldest_points"]}
        return Fit(_oldest_first(items, received), (), max(received - total, 0), 0, (why,))
    made = adjustments(items, received, receipt.booked_on, policy)
    if made:
        return _adjusted(items, made, received, policy)
    missing = total - received
    why = {"code": "short" if missing > 0 else "over", "points": policy["partial_points"], "amount_minor": abs(missing)}
    return Fit(_oldest_first(items, received), (), max(-missing, 0), max(missing, 0), (why,))


def _exactly(count: int, code: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    if count == 1:
        return {"code": "exact", "points": policy["exact_points"]}
    if code == "named":
        return {"code": "sum", "points": policy["exact_points"], "count": count}
    named = code or "sum"
    return {"code": named, "points": policy[f"{named}_points"], "count": count}


def _oldest_first(items: Sequence[OpenItem], received: int) -> tuple[Part, ...]:
    parts, left = [], received
    for item in sorted(items, key=lambda item: item.order):
        used = min(left, item.left_minor)
        if used > 0:
            parts.append(Part(item.number, used, used, item.currency))
            left -= used
    return tuple(parts)


def adjustments(
    items: Sequence[OpenItem], received: int, on: dt.date, policy: Mapping[str, Any]
) -> tuple[Adjustment, ...]:
    """What explains that less came than is open: the discount of the terms, else a bank's charge; else nothing."""
    missing = sum(item.left_minor for item in items) - received
    if missing <= 0 or received <= 0:
        return ()
    allowed = [_discount(item, on, policy["grace_days"]) for item in items]
    if missing <= sum(allowed):
        shares = split(missing, allowed)
        return tuple(Adjustment("discount", item.number, share) for item, share in zip(items, shares, strict=True)
                     if share)  # fmt: skip
    newest = max(items, key=lambda item: item.order)
    most = round(policy["charge_major_max"] * 10 ** EXPONENTS.get(newest.currency, 2))
    share = int(apply_rate(np.array([missing + received]), policy["charge_rate_max"])[0])
    if missing <= min(most, share, newest.left_minor - 1):
        return (Adjustment("bank_charge", newest.number, missing),)
    return ()


def _discount(item: OpenItem, on: dt.date, grace_days: int) -> int:
    """The discount the item's terms still allow on a day."""
    if item.discount is None:
        return 0
    per_cent, days = item.discount
    if on > item.issued_on + dt.timedelta(days=days + grace_days):
        return 0
    return int(apply_rate(np.array([item.left_minor]), per_cent / _PER_CENT)[0])


def _adjusted(items: Sequence[OpenItem], made: tuple[Adjustment, ...], received: int, policy: Mapping[str, Any]) -> Fit:
    """Each item less its own adjustment is paid in full."""
    less = {each.number: each.amount_minor for each in made}
    ordered = sorted(items, key=lambda item: item.order)
    paid = [(item, item.left_minor - less.get(item.number, 0)) for item in ordered]
    parts = tuple(Part(item.number, amount, amount, item.currency) for item, amount in paid if amount)
    why = {
        "code": made[0].kind, "points": policy["adjusted_points"],
        "amount_minor": sum(item.left_minor for item in items) - received,
    }  # fmt: skip
    return Fit(parts, made, 0, 0, (why,))


def _in_another_currency(
    items: Sequence[OpenItem], receipt: Paid, policy: Mapping[str, Any], rates: Mapping[str, float]
) -> Fit:
    """Items of other currencies are settled whole where the amount is near the rate of the day; else none is."""
    known = {**rates, receipt.currency: 1.0}
    factors = np.array([known[item.currency] for item in items])
    worth = apply_rate(np.array([item.left_minor for item in items], dtype=np.int64), factors)
    expected, received = int(worth.sum()), receipt.amount_minor
    away = (received - expected) / expected if expected else 1.0
    if abs(away) > policy["fx_rate_max"]:
        why = {"code": "rate", "points": 0.0, "rate": away}
        return Fit((), (), received, 0, (why,))
    shares = _shares(items, receipt, [int(each) for each in worth])
    if min(shares) <= 0:
        return Fit((), (), received, 0, ({"code": "rate", "points": 0.0, "rate": away},))
    ordered = sorted(zip(items, shares, strict=True), key=lambda each: each[0].order)
    parts = tuple(Part(item.number, item.left_minor, share, item.currency) for item, share in ordered)
    why = {"code": "rate", "points": policy["adjusted_points"], "rate": away, "amount_minor": received - expected}
    return Fit(parts, (), 0, 0, (why,))


def _shares(items: Sequence[OpenItem], receipt: Paid, worth: Sequence[int]) -> list[int]:
    """What of a receipt pays each item: its own currency's are paid to the cent, the rest bear the difference."""
    weights = [0 if item.currency == receipt.currency else each for item, each in zip(items, worth, strict=True)]
    own = [0 if weight else each for weight, each in zip(weights, worth, strict=True)]
    rest = split(receipt.amount_minor - sum(own), weights) if any(weights) else weights
    return [mine + share for mine, share in zip(own, rest, strict=True)]


def several(
    lefts: Sequence[int], received: int, policy: Mapping[str, Any], *, least: int = 2
) -> tuple[Sequence[int], bool] | None:
    """Places of at least so many items that come to the amount: the first of all, else any few of the oldest."""
    count = sums.prefix(lefts, received)
    if count >= least:
        return range(count), False
    few = sums.subset(lefts[: policy["items_max"]], received, parts_max=policy["parts_max"],
                      steps_max=policy["steps_max"])  # fmt: skip
    return None if few is None or len(few.places) < least else (few.places, few.is_ambiguous)
