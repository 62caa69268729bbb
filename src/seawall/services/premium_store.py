"""Declarations, premium and the choice of cover out of the store, as one reading knows them and its reader sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from seawall.exchange.premium_invoice import charges
from seawall.services import cover_choice, premium
from seawall.services.insurance import Document
from seawall.services.protection import insurance_of
from seawall.services.reading import Reading, kept

AT_ONCE_ROWS: Final = 3_000_000
"""So many items, times years, times options are replayed within a request: some seconds."""


def declaration(
    reading: Reading, *, policy: str | None = None, month: str | None = None, documents: bool = False
) -> Document:
    """What is to be declared (``premium.declare_document``); ``reading`` with details.

    Raises:
        UsageError: there is no policy, or the month is none of its that ended.
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    made: Document = kept(
        reading, ("declaration", policy, month, documents),
        lambda: premium.declare_document(
            insurance_of(reading), on=reading.as_of.on, policy=policy, month=month, documents=documents
        ),
    )  # fmt: skip
    return made


def due(reading: Reading, *, policy: str | None = None) -> Document:
    """What policies cost (``premium.due_document``); errors as of :func:`declaration`."""
    made: Document = kept(
        reading, ("premium", policy),
        lambda: premium.due_document(insurance_of(reading), on=reading.as_of.on, policy=policy),
    )  # fmt: skip
    return made


def audit(reading: Reading, invoice: str, *, policy: str | None = None, name: str = "CSV") -> Document:
    """An insurer's invoice, the text of a CSV, against the policy (``premium.audit_document``).

    Raises:
        FileRejected: the invoice cannot be read; says row and column.
        UsageError: there is no policy, or several and none is named.
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    asked, on = insurance_of(reading), reading.as_of.on
    currency = premium.one_policy(asked, on=on, policy=policy).currency
    return premium.audit_document(asked, charges(invoice, currency, name=name), on=on, policy=policy)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is asked of past years under other policies: as ``cover_choice.whatif_document`` is asked."""

    years: int
    policy: str | None = None
    options: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    limits: str = "current"
    appetite: str | None = None
    more_limit: str | None = None


def whatif(reading: Reading, asked: WhatIf, progress: Callable[[int, int], None] | None = None) -> Document:
    """What past years would have cost (``cover_choice.whatif_document``, which says what it raises)."""
    on = reading.as_of.on
    rules = reading.policies.at(cover_choice.CHOICE, on).value
    made: Document = kept(
        reading, ("whatif", asked),
        lambda: cover_choice.whatif_document(
            insurance_of(reading), rules, on=on, **asdict(asked), progress=progress
        ),
    )  # fmt: skip
    return made


def is_long(reading: Reading, asked: WhatIf) -> bool:
    """Whether the answer is better worked out in the background; errors as of :func:`whatif`."""
    given = {name: getattr(asked, name) for name in ("years", "policy", "options", "presets", "limits")}
    count = len(cover_choice.options_of(insurance_of(reading), on=reading.as_of.on, **given))
    return count * asked.years * reading.ledger.items.height > AT_ONCE_ROWS
