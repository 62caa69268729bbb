"""Which policies govern a question: those shipped, overlaid with the company's own as known then.

A version says what holds from its days on; each of its values holds until the next day the company has decided
on. A company's first own day ends what is shipped for later days. A version of one entity governs questions
about that entity alone; a question over several entities is governed by the organisation's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache

from seawall.engine.kernel.policy import Policies, PolicyValue
from seawall.engine.ledger.items import Ledger
from seawall.policies.load import parse_values, shipped
from seawall.store.models import AuditEntry, PolicyVersion

Overlay = tuple[str, str]
"""A policy's id and the YAML of one version of it."""


def governing(*, known: int | None = None, entity: str = "", drafts: Sequence[Overlay] = ()) -> Policies:
    """The policies as known at a batch number (now, without one), for one entity or for the organisation.

    ``drafts`` come on top, as if they were approved.

    Raises:
        PolicyInvalid: a draft is none.
    """
    rows = PolicyVersion.objects.every_entity().filter(entity="")
    if entity:
        rows = rows | PolicyVersion.objects.every_entity().filter(entity=entity)
    if known is not None:
        rows = rows.filter(write_no__in=AuditEntry.objects.filter(batch_no__lte=known).values("write_no"))
    # An entity's own come after the organisation's, whenever they were approved.
    found = sorted(rows.values_list("entity", "id", "policy_id", "body"))
    return _overlaid((*((policy_id, body) for _, _, policy_id, body in found), *drafts))


def sole_entity(ledger: Ledger) -> str:
    """The entity of a ledger that holds one only; empty for several."""
    return ledger.entities[0] if len(ledger.entities) == 1 else ""


@lru_cache(maxsize=32)
def _overlaid(overlays: tuple[Overlay, ...]) -> Policies:
    own: dict[str, dict[dt.date, PolicyValue]] = {}
    for policy_id, body in overlays:
        for value in parse_values(body, policy_id=policy_id):
            own.setdefault(policy_id, {})[value.from_day] = value
    return with_own(shipped(), own) if own else shipped()


def with_own(policies: Policies, own: Mapping[str, Mapping[dt.date, PolicyValue]]) -> Policies:
    """The policies with the company's own values in their place."""
    changed = {
        policy_id: policies.by_id[policy_id].overlaid(tuple(values[day] for day in sorted(values)))
        for policy_id, values in own.items()
        if policy_id in policies.by_id
    }
    return Policies({**policies.by_id, **changed})
