"""What pages say while there are no facts."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _


def no_facts(title: str) -> dict[str, Any]:
    """The store is empty: how facts come in."""
    return {
        "title": title,
        "words": "",
        "empty": {
            "picture": "imports",
            "title": _("There are no facts yet"),
            "words": _("Import the customers, items and allocations of your ledger; the figures follow at once."),
            "command": "seawall import customers.csv items.csv allocations.csv",
            "address": reverse("imports"),
            "step": _("Imports"),
        },
    }
