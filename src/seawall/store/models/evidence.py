"""What justified a self-set limit on the day of a delivery, and the document it is kept in; it only grows."""

from __future__ import annotations

from django.db import models

from seawall.store.models.beside import Beside, Document


class LimitEvidence(Beside):
    """One delivery day of a customer under a policy's discretionary limit. Of several, the newest row counts.

    ``document_id`` is none: it is about the customer's deliveries of a day, not about one item. ``entities`` are those
    whose items and payments its document names.
    """

    policy = models.TextField()
    delivered_on = models.DateField()
    basis = models.TextField()
    """What justified it: ``payments``, ``report``, ``nothing_asked``, or ``none``."""

    until_on = models.DateField(null=True)
    lost = models.TextField(blank=True)
    """Why the right was lost by that day; empty: it was not."""

    limit_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    digest = models.CharField(max_length=64)
    """Of all that is said of the day: what the newest row says already is not kept again."""

    kept_as = models.ForeignKey(Document, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.policy} {self.delivered_on} {self.basis}"
