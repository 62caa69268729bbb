"""Top-ups: what is left for each of the limits below it, and of several over one policy after those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_rate, mul_div
from seawall.engine.protection import duties
from seawall.engine.protection.conversion import Conversion, ItemDays, item_factors
from seawall.engine.protection.cover_limits import Slices
from seawall.engine.protection.cover_stops import Stops
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.versions import Versions

if TYPE_CHECKING:
    from seawall.engine.protection.cover import PolicyCover


def above(
    draft: PolicyCover, lower: Sequence[PolicyCover], covers: Sequence[PolicyCover], conversion: Conversion
) -> PolicyCover:
    """Of a top-up: what is open is what the policy below has above its limits, less what top-ups before it cover.

    ``lower``: the years of the policy below; ``covers``: all policies that were asked before, in their order.
    """
    left, codes = _left(draft, lower, covers)
    if (codes != draft.wording.currency).any():
        days = ItemDays(draft.clocks.shipment, draft.clocks.issue, draft.clocks.due)
        factors = item_factors(conversion, draft.versions, codes, days, on=draft.asked.on)
        left = left if factors is None else apply_rate(left, factors)
    keep = left > 0
    zero = np.zeros(int(keep.sum()), dtype=np.int64)
    clocks = draft.clocks
    return replace(
        draft, item=draft.item[keep], customer=draft.customer[keep],
        versions=Versions(draft.wording, draft.versions.shipped[keep]),
        clocks=duties.Clocks(*(
            getattr(clocks, name)[keep] for name in ("shipment", "issue", "due", "mep_end", "loss")
        )),
        document_minor=draft.document_minor[keep], booked_minor=draft.booked_minor[keep], open_minor=left[keep],
        vat_minor=zero, barred_minor=zero, bar=zero.astype(np.int8), disputed_minor=zero,
        slices=Slices.nothing(len(zero)), stops=Stops.nothing(len(zero)), above_code=zero.astype(np.int8),
        excused=zero.astype(bool),
    )  # fmt: skip


def _left(
    draft: PolicyCover, lower: Sequence[PolicyCover], covers: Sequence[PolicyCover]
) -> tuple[Minor, NDArray[np.str_]]:
    """By item what is left, in the currency of the policy below, which is said beside it."""
    left = np.zeros(len(draft.item), dtype=np.int64)
    codes = np.full(len(draft.item), draft.wording.currency)
    for one in lower:
        mine, at = _places(draft, one)
        left[mine], codes[mine] = one.above_minor[at], one.wording.currency
    for one in covers:
        if one.wording.over == draft.wording.over:
            left = np.maximum(left - _taken(draft, one, left, covers), 0)
    return left, codes


def _taken(draft: PolicyCover, one: PolicyCover, minor: Minor, covers: Sequence[PolicyCover]) -> Minor:
    """By item what a top-up, and those over it, cover of ``minor``: the same share as of what was left to it.

    It is worked out in shares because each may be in a currency of its own.
    """
    mine, at = _places(draft, one)
    taken, rest = np.zeros_like(minor), np.zeros_like(minor)
    taken[mine] = mul_div(minor[mine], one.covered_minor[at], one.open_minor[at])
    rest[mine] = mul_div(minor[mine], one.above_minor[at], one.open_minor[at])
    for upper in covers:
        if upper.wording.over == one.wording.code:
            taken += _taken(draft, upper, rest, covers)
    return taken


def _places(draft: PolicyCover, one: PolicyCover) -> tuple[Ids, Ids]:
    """Items that both policies are about: their places in the one and in the other."""
    mine = np.flatnonzero(np.isin(draft.item, one.item))
    by_item = np.argsort(one.item)
    return mine, by_item[np.searchsorted(one.item, draft.item[mine], sorter=by_item)]


def _all_items(one: PolicyCover) -> Ids:
    return one.item


def passed_on(
    one: PolicyCover, covers: Sequence[PolicyCover], of: Callable[[PolicyCover], Ids] = _all_items
) -> tuple[Ids, Ids]:
    """Items whose part above the limits is a top-up's business, and those of which the next top-up has all the rest.

    ``of``: which items of a top-up count; all of them, unless said.
    """
    if not one.wording.over:
        return _items(covers, {one.wording.code}, of), np.zeros(0, dtype=np.int64)
    over = {each.wording.code: each.wording.over for each in covers}
    below, code = {one.wording.over}, one.wording.over
    while over.get(code) and over[code] not in below:
        code = over[code]
        below.add(code)
    after = covers[next(place for place, each in enumerate(covers) if each is one) + 1 :]
    return _items(after, {one.wording.code}, of), _items(after, below, of)


def _items(covers: Sequence[PolicyCover], over: set[str], of: Callable[[PolicyCover], Ids]) -> Ids:
    """Items of the top-ups over some policies."""
    found = [of(each) for each in covers if each.wording.over in over]
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])
