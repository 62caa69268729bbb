"""What is lost to cover, by cause, at the month ends before a day: as a published document."""

from __future__ import annotations

from typing import Any

from seawall.engine.kernel.money import amount_text
from seawall.engine.protection.cover_past import Past
from seawall.services.cover_maps import said
from seawall.services.insurance import Document


def lost_document(past: Past) -> Document:
    """What was open, not covered and past saving at each month end and on the day itself, by currency and reason.

    Every day has a row for each currency in which anything was lost on any of them. ``by_reason`` names the reasons
    of that day, the most first.
    """
    sums: dict[tuple[Any, str], dict[str, int]] = {}
    for on, currency, reason, minor in past.lost.iter_rows():
        sums.setdefault((on, currency), {})[reason] = minor
    currencies = sorted({currency for _, currency in sums})
    months = [
        _month(on.isoformat(), currency, sums.get((on, currency), {})) for currency in currencies for on in past.days
    ]
    return {
        "as_of": past.days[-1].isoformat(), "since": past.days[0].isoformat(),
        "gap": None if past.gap is None else said(past.gap), "months": months,
    }  # fmt: skip


def _month(on: str, currency: str, reasons: dict[str, int]) -> Document:
    order = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    return {
        "on": on, "currency": currency, "amount": amount_text(sum(reasons.values()), currency),
        "by_reason": [{"reason": reason, "amount": amount_text(reasons[reason], currency)} for reason in order],
    }  # fmt: skip
