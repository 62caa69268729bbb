"""Codes of the engine in words: kinds of items, reasons, bases, dimensions."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.money import amount_text
from seawall.exchange.language import Language
from seawall.exchange.report_reasons import reason

PAYMENT_METHODS = {
    "bank": noop("bank transfer"),
    "bank_charge": noop("bank charge"),
    "discount": noop("discount taken"),
    "advance": noop("advance receipt"),
}
"""Ways of paying that the product itself writes or reads; others stand as their file says."""

KINDS = {
    "invoice": noop("invoice"),
    "debit_note": noop("debit note"),
    "refund": noop("refund"),
    "receipt": noop("receipt"),
    "credit_note": noop("credit note"),
    "write_off": noop("write-off"),
    "settled_unknown": noop("settled, not known how"),
}
ICONS = {
    "invoice": "invoice",
    "debit_note": "invoice",
    "refund": "receipt",
    "receipt": "receipt",
    "credit_note": "credit",
    "write_off": "lost",
    "settled_unknown": "info",
}
PATTERNS = {
    "first_time_late": noop("late for the first time"),
    "later_than_ever": noop("later than ever"),
    "slowing": noop("paying more slowly"),
    "stopped_paying": noop("stopped paying"),
}
BASES = {
    "own": noop("own history"),
    "shrunk": noop("own history, drawn towards the floor"),
    "floor": noop("the policy's floor"),
    "policy": noop("set by policy"),
    "individual": noop("assessed one by one"),
}
METHODS = {
    "cohort_loss_rate": noop("loss rates by cohort"),
    "migration": noop("roll rates (migration)"),
    "ageing_percentages": noop("ageing percentages"),
}
STANDARDS = {"ifrs9": "IFRS 9", "cas22": "CAS 22", "cecl": "CECL"}
DIMENSIONS = {
    "customer": noop("Customers"),
    "group": noop("Groups"),
    "sector": noop("Sectors"),
    "country": noop("Countries"),
    "entity": noop("Entities"),
    "currency": noop("Currencies"),
}
EVENTS = {
    "charge": noop("charge to the allowance"),
    "release": noop("release of the allowance"),
    "write_off": noop("write-off against the allowance"),
    "recovery": noop("recovery of what was written off"),
    "opening": noop("opening allowance"),
    "closing": noop("closing allowance"),
}
STATES = {"started": noop("under way"), "done": noop("done"), "failed": noop("failed")}


def word(words: dict[str, str], code: str | None) -> str:
    """A code in the reader's language; a code nobody has words for stays as it is."""
    return _(words[code]) if code in words else (code or "")


def language() -> Language:
    """The language in force, as the exchange names it."""
    return Language("zh" if (get_language() or "").startswith("zh") else "en")


def reasons(text: str, currency: str) -> str:
    """A worklist's reasons as sentences."""
    speech = language()
    said = (_amounts(one, currency) for one in json.loads(text))
    return (" " if speech.code == "en" else "").join(reason(one, currency, speech) for one in said)


def _amounts(one: dict[str, Any], currency: str) -> dict[str, Any]:
    if "amount_minor" not in one:
        return one
    return one | {"amount": amount_text(one["amount_minor"], currency)}
