"""Why one item is covered as it is: from what would be paid down to clauses, the limit it fell under, its rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from seawall.engine.kernel.trace import Source, Step, formula, worked
from seawall.engine.protection.claim_trace import lost, row_source, term_source
from seawall.engine.protection.cover import PolicyCover
from seawall.engine.protection.durations import day_of


@formula("cover_indemnity", "what is covered less the own share and first losses")
def _indemnity(values: Any) -> int:
    return int(values[0] - sum(values[1:]))


@formula("cover_covered", "what is open less what is not covered")
def _covered(values: Any) -> int:
    return int(values[0] - sum(values[1:]))


def cover_trace(one: PolicyCover, item: int) -> Step:
    """The trace of the cover of one item of the ledger, its instalments together; from its leaves it works out again.

    Amounts in the policy's currency. ``item`` is among those that the policy is about.
    """
    rows, currency = np.flatnonzero(one.book.whole[one.item] == item), one.wording.currency
    source = row_source(one.book.ledger.items, item)
    open_ = Step("Open", int(one.open_minor[rows].sum()), "money", currency, source=source)
    less = [
        Step("Not covered: {reason}", minor, "money", currency, source=clause, params={"reason": reason})
        for _at, minor, reason, clause in lost(one, rows.tolist())
    ]
    covered = worked("cover_covered", "Covered", "money", [open_, *less], currency=currency)
    first = int(one.first_loss_minor[rows].sum())
    whole = Source("policy", one.wording.code, str(one.wording.first_on))
    taken = [Step("First losses and maxima", first, "money", currency, source=whole)]
    own = _own_share(one, rows)
    return worked("cover_indemnity", "Indemnity", "money", [covered, *own, *taken * bool(first)], currency=currency)


def _own_share(one: PolicyCover, rows: Any) -> list[Step]:
    """A leaf for each part of the item that is within a limit: its percentage, and the limit's day."""
    slices, taken = one.slices, one.outcome.taken["insured_rate"]
    found = []
    for part in np.flatnonzero(np.isin(slices.row, rows)).tolist():
        rate, decision = f"{slices.rate[part] * 100:.6g} %", int(slices.decision[part])
        minor, currency = int(taken[part]), one.wording.currency
        if decision < 0:
            source, label, params = term_source(one, "insured_rate"), "Own share: {rate} is insured", {"rate": rate}
        else:
            day = day_of(int(one.facts.decisions.since[decision])).isoformat()
            source, label = Source("table", "insured_limits", day), "Own share: {rate} is insured, limit of {day}"
            params = {"rate": rate, "day": day}
        found.append(Step(label, minor, "money", currency, source=source, params=params))
    return found
