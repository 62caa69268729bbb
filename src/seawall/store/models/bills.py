"""Bills receivable and what happened to them. A bill's amount and customer are those of its credit document."""

from __future__ import annotations

from typing import Final

from django.db import models

from seawall.engine.ledger.items import BILL_KINDS, BILL_STATES
from seawall.store.models.ledger import Fact
from seawall.store.scope import ScopedModel

BILL_KIND_NUMBERS: Final = {kind: number for number, kind in enumerate(BILL_KINDS, start=1)}
BILL_EVENT_NUMBERS: Final = {state: number for number, state in enumerate(BILL_STATES, start=1)}
"""How kinds and events are stored."""


class Bill(Fact, ScopedModel):
    """What a bill says beyond its credit document: who accepted it, and when it matures."""

    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    item_document_id = models.BigIntegerField()
    version = models.SmallIntegerField(default=1)
    number = models.TextField()
    received_on = models.DateField()
    bill_kind = models.SmallIntegerField()
    drawer = models.TextField(null=True)  # noqa: DJ001 - not said is not empty
    acceptor = models.TextField()
    acceptor_code = models.TextField(null=True)  # noqa: DJ001
    drawn_on = models.DateField()
    matures_on = models.DateField()

    class Meta:
        """Two writers of one version collide."""

        constraints = [models.UniqueConstraint(fields=["item_document_id", "version"], name="bill_once")]

    def __str__(self) -> str:
        return self.number


class BillEvent(Fact, ScopedModel):
    """Something that happened to a bill."""

    entity = models.ForeignKey("store.Entity", models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    item_document_id = models.BigIntegerField(db_index=True)
    event = models.SmallIntegerField()
    on = models.DateField()
    counterparty = models.TextField(null=True)  # noqa: DJ001 - not said is not empty
    note = models.TextField(null=True)  # noqa: DJ001

    def __str__(self) -> str:
        return f"{self.event} {self.on}"
