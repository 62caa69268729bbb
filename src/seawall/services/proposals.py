"""Proposals as they are read: one with its versions, what waits, what was decided."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from seawall.engine.kernel.errors import NotFound
from seawall.services import access
from seawall.services.access import Actor
from seawall.store import chain
from seawall.store.models import Proposal, ProposalDecision

Outcome = ProposalDecision.Outcome
AGREED = (
    "number",
    "version",
    "kind",
    "subject",
    "subject_state",
    "body",
    "amount_minor",
    "currency",
    "entities",
    "reason",
)
"""What a second person agrees to: the digest is over these."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a proposal ended. ``result`` is what its effect answered; ``is_alone``: one person, in single-user mode."""

    number: int
    version: int
    digest: str
    outcome: str
    reason: str
    decider: str
    is_alone: bool
    result: dict[str, Any]
    decided_at: dt.datetime

    @classmethod
    def of(cls, row: ProposalDecision) -> Self:
        """From its row."""
        return cls(
            row.proposal_no, row.version, row.digest, str(row.outcome), row.reason, row.decider, row.is_alone,
            row.result, row.recorded_at,
        )  # fmt: skip

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Self:
        """From plain values."""
        return cls(**{**said, "decided_at": dt.datetime.fromisoformat(said["decided_at"])})

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {**asdict(self), "decided_at": self.decided_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal in one of its versions. Amounts are minor units; no entities means the whole organisation."""

    number: int
    version: int
    kind: str
    subject: str
    subject_state: str
    body: dict[str, Any]
    amount_minor: int | None
    currency: str
    entities: tuple[str, ...]
    reason: str
    digest: str
    author: str
    author_id: int | None
    acts_for_id: int | None
    proposed_at: dt.datetime
    decision: Decision | None = None

    @classmethod
    def of(cls, row: Proposal) -> Self:
        """From its row."""
        return cls(
            row.proposal_no, row.version, row.kind, row.subject, row.subject_state, row.body, row.amount_minor,
            row.currency, tuple(row.entities), row.reason, row.digest, row.author, row.author_id, row.acts_for_id,
            row.recorded_at,
        )  # fmt: skip

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Self:
        """From plain values."""
        at = dt.datetime.fromisoformat(said["proposed_at"])
        return cls(**{**said, "entities": tuple(said["entities"]), "proposed_at": at, "decision": None})

    @property
    def state(self) -> str:
        """``waiting``, or how it ended."""
        return self.decision.outcome if self.decision else "waiting"

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        plain_values = {each.name: getattr(self, each.name) for each in fields(self)}
        return plain_values | {
            "entities": list(self.entities), "proposed_at": self.proposed_at.isoformat(),
            "decision": self.decision and self.decision.as_json(),
        }  # fmt: skip


def plain(body: Any) -> Any:
    """A body as JSON has it, so that its digest is the same before and after it was stored."""
    return json.loads(chain.canonical({"": body}))[""]


def state_digest(state: Any) -> str:
    """The digest of what a subject is now."""
    return chain.digest_of({"state": state})


def digest_of(proposed: Proposed) -> str:
    """The digest over all that a second person agrees to."""
    return chain.digest_of({name: getattr(proposed, name) for name in AGREED} | {"entities": list(proposed.entities)})


def newest(number: int) -> Proposed:
    """The newest version of a proposal, for who has passed the door.

    Raises:
        NotFound: there is none.
    """
    row = Proposal.objects.every_entity().filter(proposal_no=number).order_by("-version").first()
    if row is None:
        raise _nowhere(number)
    return Proposed.of(row)


def decision_of(number: int) -> Decision | None:
    """How a proposal ended; None while it is open."""
    row = ProposalDecision.objects.every_entity().filter(proposal_no=number).first()
    return Decision.of(row) if row else None


def authors_of(number: int) -> frozenset[int | None]:
    """All people who wrote a version, and those they acted for; None stands for the machine's owner."""
    rows = Proposal.objects.every_entity().filter(proposal_no=number).values_list("author_id", "acts_for_id")
    return frozenset(
        person for author, principal in rows for person in (author, principal or author)
    )  # fmt: skip


def seen(actor: Actor, number: int) -> Proposed:
    """A proposal as the actor sees it, in its newest version, with its decision.

    Raises:
        NotFound: no such proposal, or it concerns an entity outside the actor's scope.
    """
    access.require(actor, access.READ)
    row = Proposal.objects.scoped(actor).filter(proposal_no=number).order_by("-version").first()
    if row is None:
        raise _nowhere(number)
    return replace(Proposed.of(row), decision=decision_of(number))


def versions(actor: Actor, number: int) -> list[Proposed]:
    """All versions of a proposal, oldest first.

    Raises:
        NotFound: no such proposal, or it concerns an entity outside the actor's scope.
    """
    access.require(actor, access.READ)
    rows = Proposal.objects.scoped(actor).filter(proposal_no=number).order_by("version")
    return [Proposed.of(row) for row in rows] or _raise(_nowhere(number))


def listed(actor: Actor, *, limit: int = 500, kind: str = "", subject: str = "") -> list[Proposed]:
    """Proposals the actor sees in their newest version, newest first."""
    access.require(actor, access.READ)
    rows = Proposal.objects.scoped(actor)
    if kind:
        rows = rows.filter(kind=kind)
    if subject:
        rows = rows.filter(subject=subject)
    found = list(rows.order_by("proposal_no", "-version").distinct("proposal_no"))
    found.sort(key=lambda row: -row.proposal_no)
    taken = found[:limit]
    ended = ProposalDecision.objects.scoped(actor).filter(proposal_no__in=[row.proposal_no for row in taken])
    decisions = {row.proposal_no: Decision.of(row) for row in ended}
    return [replace(Proposed.of(row), decision=decisions.get(row.proposal_no)) for row in taken]


def _nowhere(number: int) -> NotFound:
    return NotFound("There is no proposal {number}.", number=number)


def _raise(error: NotFound) -> Any:
    raise error
