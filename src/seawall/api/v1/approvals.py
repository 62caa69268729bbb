"""What waits for a second person, and the second person's word, for programs that act as a person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import KNOWN_MAX, After, Limit, cut, here
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.engine.kernel.money import amount_text
from seawall.services import approvals, proposals
from seawall.services.proposals import Decision, Proposed

router = Router(tags=["approvals"])
Number = Annotated[int, Path(ge=1, le=KNOWN_MAX)]


class DecisionMade(Schema):
    """How a proposal ended."""

    outcome: Literal["approved", "rejected", "withdrawn"]
    version: int
    reason: str
    decider: str
    is_alone: bool = Field(description="One person decided alone, in single-user mode.")
    result: dict[str, Any]
    decided_at: dt.datetime


class Proposal(Schema):
    """Something proposed, in its newest version. No entities: the whole organisation."""

    number: int
    version: int
    kind: str
    subject: str
    body: dict[str, Any]
    amount: str | None
    currency: str
    entities: list[str]
    reason: str
    digest: str = Field(description="Send it back to decide: it says what you looked at.")
    author: str
    proposed_at: dt.datetime
    state: str
    may_decide: bool
    decision: DecisionMade | None


class Proposals(Schema):
    """Proposals, newest first."""

    rows: list[Proposal]
    next: str | None


class Word(Schema):
    """The second person's word."""

    digest: str = Field("", max_length=64, description="`digest` of the proposal as you looked at it.")
    reason: str = Field("", max_length=2000)


@router.get("/approvals", response=problems.responses(Proposals))
def listed(
    request: HttpRequest, state: Literal["waiting", "decided", "all"] = "waiting", after: After = "", limit: Limit = 100
) -> dict[str, Any]:
    """Proposals the caller sees: those that wait, those that were decided, or all."""
    actor = actor_of(request)
    rows = [
        each for each in proposals.listed(actor, limit=10_000)
        if state == "all" or (each.decision is None) == (state == "waiting")
    ]  # fmt: skip
    shown, following = cut(rows, [f"{KNOWN_MAX - each.number:017d}" for each in rows], after, limit)
    return {"rows": [_proposal(actor, each) for each in shown], "next": following}


@router.get("/approvals/{number}", response=problems.responses(Proposal, 404))
def one(request: HttpRequest, number: Number) -> dict[str, Any]:
    """One proposal: everything the second person agrees to."""
    actor = actor_of(request)
    return _proposal(actor, proposals.seen(actor, number))


@router.post("/approvals/{number}/approve", response=problems.responses(DecisionMade, 404, 409))
def approve(request: HttpRequest, number: Number, word: Word, key: Key = "") -> Decision:
    """Agree to what `digest` says, as another person than who proposed it: it happens now, or nothing does."""
    return approvals.approve(
        actor_of(request), number, digest=word.digest, on=here(request), reason=word.reason, key=key_of(request, key)
    )


@router.post("/approvals/{number}/reject", response=problems.responses(DecisionMade, 404, 409))
def reject(request: HttpRequest, number: Number, word: Word, key: Key = "") -> Decision:
    """Say no, with a reason."""
    return approvals.reject(actor_of(request), number, digest=word.digest, reason=word.reason, key=key_of(request, key))


@router.post("/approvals/{number}/withdraw", response=problems.responses(DecisionMade, 404, 409))
def withdraw(request: HttpRequest, number: Number, word: Word, key: Key = "") -> Decision:
    """Take back what the caller proposed."""
    return approvals.withdraw(actor_of(request), number, reason=word.reason, key=key_of(request, key))


def _proposal(actor: Any, each: Proposed) -> dict[str, Any]:
    return proposal_of(each) | {"may_decide": each.decision is None and approvals.may_decide(actor, each)}


def proposal_of(each: Proposed) -> dict[str, Any]:
    """A proposal as the API shows it."""
    amount = None if each.amount_minor is None else amount_text(each.amount_minor, each.currency)
    return each.as_json() | {"amount": amount, "state": each.state, "may_decide": False}
