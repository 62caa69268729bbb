"""From covered losses to indemnity: the operators of a policy in its own order, to the minor unit.

Each operator works on the loss of one customer and is spread over the customer's items by largest remainder. The two
that belong to the whole period work on the losses one after the other, in the order of the customers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.rounding import apply_contract_rate, split_by, sum_by
from seawall.engine.protection.insured_debt import Ids, Minor
from seawall.engine.protection.terms import ANNUAL
from seawall.engine.protection.wording import Wording
from seawall.engine.protection.wording_rules import annual_maximum


@dataclass(frozen=True, slots=True)
class Annual:
    """What is left for the whole period: of the first loss still to be borne, of the maximum still to be paid.

    None: the policy has no such term.
    """

    first_loss_left: int | None
    maximum_left: int | None


@dataclass(frozen=True)
class Losses:
    """Covered losses, a row a part of an item under one percentage."""

    customer: Ids
    """Dense, 0 … ``size`` − 1, in the order in which the losses happened."""

    minor: Minor
    rate: NDArray[np.float64]
    size: int


@dataclass(frozen=True)
class Outcome:
    """What is left of each row, and what each operator took, in the policy's order."""

    indemnity: Minor
    taken: dict[str, Minor] = field(default_factory=dict)
    """Operator to what it took of each row."""


def apply_operators(losses: Losses, wording: Wording, *, on: dt.date, annual: Annual | None) -> Outcome:
    """The indemnity of covered losses on the day of loss; without ``annual`` the operators of the period are left out.

    Raises:
        PolicyGap: the policy does not say in which order they stand.
    """
    left, taken = losses.minor, {}
    for operator in wording.need("loss_operators", on):
        if annual is None and operator in ANNUAL:
            continue
        after = _applied(operator, left, losses, wording, on, annual)
        taken[operator] = left - after
        left = after
    return Outcome(left, taken)


def annual_terms(wording: Wording, on: dt.date) -> Annual:
    """The whole first loss and the whole maximum of the period, before anything happened."""
    first = wording.get("aggregate_first_loss", on)
    return Annual(None if first is None else first["amount"], annual_maximum(wording, on))


def _applied(  # noqa: PLR0917 - one step of the loop above
    operator: str, left: Minor, losses: Losses, wording: Wording, on: dt.date, annual: Annual | None
) -> Minor:
    if operator == "insured_rate":
        return _at_rates(left, losses)
    loss = sum_by(losses.customer, left, losses.size)
    covered = sum_by(losses.customer, losses.minor, losses.size)
    after = _of_customer(operator, loss, covered, wording, on, annual)
    return split_by(after, left, losses.customer)


def _at_rates(left: Minor, losses: Losses) -> Minor:
    """The insured share: rounded once for each customer and percentage, then spread over the rows."""
    if not len(left):
        return left
    rates, which = np.unique(losses.rate, return_inverse=True)
    group = losses.customer * max(len(rates), 1) + which
    whole = sum_by(group, left, losses.size * max(len(rates), 1))
    share = apply_contract_rate(whole, np.tile(rates, losses.size))
    return split_by(share, left, group)


def _of_customer(  # noqa: PLR0917
    operator: str, loss: Minor, covered: Minor, wording: Wording, on: dt.date, annual: Annual | None
) -> Minor:
    """What one operator leaves of each customer's loss."""
    if operator == "aggregate_first_loss":
        return loss - _in_turn(loss, annual.first_loss_left if annual else None)
    if operator == "annual_maximum":
        return _in_turn(loss, annual.maximum_left if annual else None, absent=loss)
    if operator == "deductible":
        return _positive(loss - _share(loss, wording.need("deductible", on)))
    amount = wording.need(f"{operator}_amount", on) or 0
    left: Minor = {
        "threshold": np.where(loss > amount, loss, 0),
        "each_and_every": _positive(loss - amount),
        "customer_maximum": np.minimum(loss, amount),
        "minimum_retention": np.minimum(loss, _positive(covered - amount)),
    }[operator]
    return left


def _positive(amounts: Minor) -> Minor:
    kept: Minor = np.maximum(amounts, 0)
    return kept


def _share(loss: Minor, term: Mapping[str, Any]) -> Minor:
    """What a deductible in per cent takes of each loss, within its bounds."""
    share = apply_contract_rate(loss, term["rate"])
    share = share if term["minimum_amount"] is None else np.maximum(share, term["minimum_amount"])
    return share if term["maximum_amount"] is None else np.minimum(share, term["maximum_amount"])


def _in_turn(loss: Minor, amount: int | None, absent: Minor | None = None) -> Minor:
    """Of an amount for all, what each loss takes, one after the other."""
    if amount is None:
        return np.zeros_like(loss) if absent is None else absent
    reached = np.minimum(np.cumsum(loss), max(amount, 0))
    taken: Minor = np.diff(np.r_[0, reached])
    return taken
