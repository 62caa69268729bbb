"""Expected credit loss (预期信用损失): open amounts by bucket times the loss rate of the bucket, row by row.

A method (cohort loss rate, migration, ageing percentages) gives the rates; a standard (IFRS 9, CAS 22, CECL)
says whether they look forward and whether credit insurance reduces the allowance. Any method serves any standard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seawall.engine.kernel.errors import InputError, UsageError
from seawall.engine.kernel.rounding import apply_rate

Method = Literal["cohort_loss_rate", "migration", "ageing_percentages"]
METHODS: tuple[Method, ...] = ("cohort_loss_rate", "migration", "ageing_percentages")
STANDARDS = ("ifrs9", "cas22", "cecl")


@dataclass(frozen=True, slots=True)
class Rate:
    """The loss rate of one bucket of one pool, before looking forward, and where it comes from."""

    pool: str
    bucket: int
    rate: float
    basis: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the provision: gross amount, rates, loss."""

    gross_minor: int
    rate: float
    forward_factor: float
    applied_rate: float
    ecl_minor: int


def applied(rate: float, *, factor: float) -> float:
    """A loss rate with the forward-looking factor, at most 1."""
    return min(rate * factor, 1.0)


def matrix(gross_minor: Sequence[int], rates: Sequence[float], *, factor: float = 1.0) -> list[Row]:
    """A provision matrix: each bucket's loss rounded by itself, half away from zero; the total is their sum."""
    each = [applied(rate, factor=factor) for rate in rates]
    losses = apply_rate(np.asarray(gross_minor, dtype=np.int64), np.asarray(each, dtype=np.float64)).tolist()
    return [Row(*row) for row in zip(gross_minor, rates, [factor] * len(each), each, losses, strict=True)]


def forward_factor(factor: float, *, standard: str, standards: Mapping[str, Any]) -> float:
    """The factor a standard lets through: 1 where it does not look forward.

    Raises:
        UsageError: no such standard.
    """
    return factor if _standard(standard, standards)["looks_forward"] else 1.0


def _standard(standard: str, standards: Mapping[str, Any]) -> Mapping[str, Any]:
    if standard not in standards:
        raise UsageError(
            "There is no accounting standard {standard}.", hint="There are: {known}.",
            standard=standard, known=", ".join(standards),
        )  # fmt: skip
    found: Mapping[str, Any] = standards[standard]
    return found


@dataclass(frozen=True, slots=True)
class Insured:
    """Loss on what is not insured, on the own share of what is, on the insurer itself; and without insurance."""

    uninsured: Decimal
    own_share: Decimal
    on_insurer: Decimal
    gross: Decimal

    @property
    def net(self) -> Decimal:
        """What is left to provide for."""
        return self.uninsured + self.own_share + self.on_insurer


def net_of_insurance(
    gross: Decimal, *, rate: Decimal, insured: Decimal, share: Decimal, insurer_pd: Decimal, insurer_lgd: Decimal
) -> Insured:
    """Expected loss where credit insurance is integral to the terms: IFRS 9 and CAS 22, not CECL.

    ``insured`` is the part of ``gross`` under cover, ``share`` the insured percentage, and the last two
    the insurer's own default and loss. Each part is rounded to hundredths, half up.

    Raises:
        InputError: more is insured than is owed.
    """
    if not 0 <= insured <= gross:
        raise InputError("{insured} cannot be insured of {gross}.", insured=insured, gross=gross)
    return Insured(
        uninsured=_cents((gross - insured) * rate),
        own_share=_cents(insured * (1 - share) * rate),
        on_insurer=_cents(insured * share * rate * insurer_pd * insurer_lgd),
        gross=_cents(gross * rate),
    )


def _cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Expected:
    """One way an individual claim may end: how likely, and what comes in after how many days."""

    probability: float
    cash: tuple[tuple[int, int], ...]
    """Days from now and amount in minor units."""


def individual(gross_minor: int, outcomes: Sequence[Expected], *, interest_rate: float) -> int:
    """Individual assessment (单项计提): what is owed less the expected present value of what comes in.

    ``interest_rate`` is the yearly original effective rate, compounded by days over 365.

    Raises:
        InputError: the probabilities do not sum to 1.
    """
    if abs(sum(outcome.probability for outcome in outcomes) - 1) > 1e-9:  # noqa: PLR2004 - float noise
        raise InputError("The probabilities of the outcomes do not sum to 1.")
    expected: float = sum(
        outcome.probability * minor / (1 + interest_rate) ** (days / 365)
        for outcome in outcomes
        for days, minor in outcome.cash
    )
    return max(gross_minor - round(expected), 0)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A customer taken out of its pool: its loss now and at the beginning of the period, and why."""

    ecl_minor: int
    opening_minor: int = 0
    reason: str = ""


def chain_ladder(collected: Sequence[Sequence[float]], *, tail: float = 1.0) -> tuple[list[float], list[float]]:
    """Development factors and ultimates of a triangle (流量三角形) of cumulative collections, oldest row longest.

    A factor is the sum of a column over the sum of the one before it, taken over the rows that have both.

    Raises:
        InputError: the rows are no triangle.
    """
    width = len(collected[0]) if collected else 0
    if [len(row) for row in collected] != list(range(width, width - len(collected), -1)) or len(collected) > width:
        raise InputError("A triangle has one cell less in every row.")
    factors = []
    for k in range(width - 1):
        both = [row for row in collected if len(row) > k + 1]
        factors.append(sum(row[k + 1] for row in both) / sum(row[k] for row in both))
    ultimates = []
    for row in collected:
        ultimate = row[-1] * tail
        for factor in factors[len(row) - 1 :]:
            ultimate *= factor
        ultimates.append(ultimate)
    return factors, ultimates


def by_cell(buckets: NDArray[np.int64], rates: NDArray[np.float64]) -> NDArray[np.int64]:
    """Loss of each customer and bucket (rows and columns), rounded cell by cell."""
    return apply_rate(buckets, rates)
