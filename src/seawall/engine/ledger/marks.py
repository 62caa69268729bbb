"""Words with a meaning: payment methods that say what an item is beyond its kind, and the mark of an instalment.

Any other payment method is for people only.
"""

from __future__ import annotations

from typing import Final

RECOVERY: Final = "recovery"
"""On a debit note: it reinstates a debt that was written off. What is received on it is a recovery; it is no sale."""

INDEMNITY: Final = "indemnity"
"""On a receipt: an insurer paid, not the customer."""

BILL: Final = "bill"
"""On a receipt: a bill of exchange was received; ``bills`` says which, and what became of it."""

BILL_ENDED: Final = "bill_ended"
"""On a refund that is never in a file: a bill bounced or went back, and what it had settled is owed again."""

ADVANCE: Final = "advance"
"""On a receipt: received before there was an invoice (预收款); until it is applied it stands in a column of its own."""

SET_OFF: Final = "set_off"
"""On an item of either side: one leg of a set-off (往来对冲). Neither cash nor loss nor dilution."""

RETENTION: Final = "retention"
"""On an instalment: held back until the work has proved good (质保金)."""
