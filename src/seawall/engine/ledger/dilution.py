"""Dilution: the share of credit sales that is taken back by credit notes instead of being paid.

Write-offs are losses and stand elsewhere; refunds give back money of a credit note that is counted already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seawall.engine.ledger.flows import Flows


def dilution_rate(sums: Flows, period: int, periods: int) -> NDArray[np.float64]:
    """Credit notes over what was invoiced in the ``periods`` up to and with ``period``, by key.

    Not a number where the history is shorter, or nothing was invoiced.
    """
    invoiced, credited = (
        value[:, period - periods + 1 : period + 1].sum(axis=1) for value in (sums.invoiced, sums.credit_notes)
    )
    can_say = (invoiced > 0) & (period >= periods)
    rate: NDArray[np.float64] = np.divide(credited, invoiced, out=np.full(len(invoiced), np.nan), where=can_say)
    return rate
