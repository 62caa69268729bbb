"""The figure everything serves: net bad-debt loss over twelve months' credit sales, against the aim of the house."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.engine.kernel.rounding import ratio


@dataclass(frozen=True, slots=True)
class Losses:
    """Twelve months' losses in minor units. The allowance is no part of them: it stands beside the ratio.

    ``indemnified`` are claims an insurer's cash has settled: lost by the customer, so part of the gross loss,
    and made good by ``indemnity``. ``unpaid_default`` is open past the definition of default on the last day.
    """

    write_offs_minor: int
    indemnified_minor: int
    unpaid_default_minor: int
    recoveries_minor: int
    indemnity_minor: int

    @property
    def gross_minor(self) -> int:
        """Claims that customers have not paid."""
        return self.write_offs_minor + self.indemnified_minor + self.unpaid_default_minor

    @property
    def net_minor(self) -> int:
        """Gross loss less what came back from customers and insurers."""
        return self.gross_minor - self.recoveries_minor - self.indemnity_minor

    @property
    def realised_minor(self) -> int:
        """The net loss without claims that may still be paid."""
        return self.net_minor - self.unpaid_default_minor


def loss_ratio(net_loss_minor: int, sales_minor: int) -> float | None:
    """Net loss over credit sales of the same twelve months; None without sales."""
    return ratio(net_loss_minor, sales_minor) if sales_minor > 0 else None
