"""How old bank data is, for every page from which somebody may be chased."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from seawall.services import bank_reading
from seawall.services.access import Actor
from seawall.web import numbers


def told(actor: Actor, on: dt.date, entity: str) -> dict[str, Any] | None:
    """The sentence for a day, and whether it is a warning; None where there are no statements."""
    found = bank_reading.freshness(actor, on, entity=entity)
    if found is None:
        return None
    said = {0: _("Bank data to {day}."), 1: _("Bank data to {day}, one day old.")}.get(
        found.days, _("Bank data to {day}, {days} days old.")
    )
    if found.is_stale:
        said = _("Bank data only to {day}, {days} days old: get newer statements before anybody is chased.")
    words = said.format(day=numbers.day_text(found.last_on), days=numbers.decimal_text(found.days, 0))
    return {"words": words, "is_stale": found.is_stale}
