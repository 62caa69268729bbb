"""Four eyes: what one person proposes, another approves; the effect is part of the approval's own transaction.

A room registers a kind of proposal here (``KIND_MODULES`` names its module) and calls :func:`propose`. The
second person agrees to a digest over kind, subject, body, amount, entities and the state the subject was in;
anything else than what that digest says is refused. Two people who decide at the same moment make one decision.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seawall.engine.kernel.errors import (
    ApprovalRequired,
    Broken,
    NotFound,
    NotPermitted,
    StaleVersion,
    UnknownCode,
)
from seawall.services import access, reasons, single_user
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.governing import governing
from seawall.services.proposals import (
    Decision,
    Outcome,
    Proposed,
    authors_of,
    decision_of,
    digest_of,
    newest,
    plain,
    seen,
    state_digest,
)
from seawall.store.models import Proposal, ProposalDecision, User

KIND_MODULES: Final = ("seawall.services.policies", "seawall.services.wordings", "seawall.services.write_offs")
"""Modules that register kinds; a room adds its own."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that needs two people. ``propose`` and ``approve`` are rights; ``title`` is in the catalogue.

    ``effect`` does the thing inside the approval's transaction; ``state`` says what the subject is now, in plain
    values, and a proposal whose subject has changed is refused; ``locks`` names what the effect needs to itself.
    A kind whose effect adds facts to the ledger has its ``approve`` in ``store.chain.FACT_VERBS``.
    """

    name: str
    title: str
    propose: str
    approve: str
    effect: Callable[[Write, Proposed], Result]
    state: Callable[[str, Sequence[str]], Any] = lambda _subject, _entities: None
    locks: Callable[[Proposed], Iterable[str]] = lambda _proposed: ()


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; the module that calls this stands in ``KIND_MODULES``."""
    _KINDS[kind.name] = kind


def kinds() -> Mapping[str, Kind]:
    """All kinds by name."""
    for module in KIND_MODULES:
        importlib.import_module(module)
    return _KINDS


def kind_of(name: str) -> Kind:
    """A kind by its name.

    Raises:
        UnknownCode: there is none.
    """
    found = kinds().get(name)
    if found is None:
        raise UnknownCode("There is no kind of proposal {kind}.", kind=name)
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What is proposed: everything the second person agrees to."""

    subject: str
    body: Mapping[str, Any]
    reason: str
    entities: Sequence[str] = ()
    amount_minor: int | None = None
    currency: str = ""


def propose(actor: Actor, kind_name: str, asked: Asked, *, key: str = "", dry_run: bool = False) -> Proposed:
    """Put something before a second person.

    Raises:
        NotPermitted: the actor may not propose this.
        NotFound: an entity lies outside the actor's scope.
        InputError: no reason is given.
    """
    kind = kind_of(kind_name)

    def effect(write: Write) -> Result:
        _require_right(actor, kind.propose, asked.entities)
        return _written(write, kind, asked, number=write.write_no, version=1)

    done = execute(actor, kind.propose, effect, request=_request(asked), key=key, dry_run=dry_run)
    return Proposed.of_json(done.result)


def revise(actor: Actor, number: int, asked: Asked, *, version: int, key: str = "") -> Proposed:
    """Replace an open proposal by its next version; who does so can no longer approve it.

    Raises:
        NotFound: no such proposal for the actor.
        NotPermitted: the actor may not propose this.
        StaleVersion: it was changed or decided meanwhile, or is about something else.
    """
    kind = kind_of(seen(actor, number).kind)

    def effect(write: Write) -> Result:
        _require_right(actor, kind.propose, asked.entities)
        before = newest(number)
        _require_undecided(number)
        _require_version(before, version)
        if (before.subject, before.entities) != (asked.subject, tuple(sorted(asked.entities))):
            raise StaleVersion("Another version of a proposal is about the same thing.", hint="Make a new proposal.")
        return _written(write, kind, asked, number=number, version=version + 1)

    request = _request(asked) | {"number": number, "version": version}
    return Proposed.of_json(execute(actor, kind.propose, effect, request=request, key=key, lock=[_lock(number)]).result)


def approve(actor: Actor, number: int, *, digest: str, on: dt.date, reason: str = "", key: str = "") -> Decision:
    """Agree to what ``digest`` says, as the second person: the effect happens now, or nothing does.

    Raises:
        NotFound: no such proposal for the actor.
        NotPermitted: the actor may not approve this, or not for so much.
        ApprovalRequired: the actor had a hand in it: it takes another person.
        StaleVersion: it is decided, was changed, its subject changed, or its proposer's right is gone.
    """
    actor = single_user.standing(actor)
    proposed = seen(actor, number)
    kind = kind_of(proposed.kind)

    def effect(write: Write) -> Result:
        current = newest(number)
        _require_undecided(number)
        _require_agreed(current, digest)
        _require_band(actor, kind, current, on)
        is_alone = _require_second_person(actor, current)
        _require_author_still(current, kind)
        _require_same_state(current, kind)
        result = kind.effect(write, current)
        return _decided(write, current, Outcome.APPROVED, reason, result=result, is_alone=is_alone)

    request = {"approve": number, "digest": reasons.kept(digest)}
    lock = [_lock(number), *kind.locks(proposed)]
    return Decision.of_json(execute(actor, kind.approve, effect, request=request, key=key, lock=lock).result)


def reject(actor: Actor, number: int, *, digest: str, reason: str, key: str = "") -> Decision:
    """Say no, with a reason, as the second person.

    Raises:
        NotFound: no such proposal for the actor.
        NotPermitted: the actor may not decide this.
        ApprovalRequired: the actor had a hand in it: withdraw it instead.
        StaleVersion: it is decided, or was changed.
        InputError: no reason is given.
    """
    actor = single_user.standing(actor)
    kind = kind_of(seen(actor, number).kind)
    reasons.needed(reason)

    def effect(write: Write) -> Result:
        current = newest(number)
        _require_undecided(number)
        _require_agreed(current, digest)
        _require_right(actor, kind.approve, current.entities)
        is_alone = _require_second_person(actor, current)
        return _decided(write, current, Outcome.REJECTED, reason, is_alone=is_alone)

    request = {"reject": number, "digest": reasons.kept(digest), "reason": reason}
    return Decision.of_json(execute(actor, kind.approve, effect, request=request, key=key, lock=[_lock(number)]).result)


def withdraw(actor: Actor, number: int, *, reason: str = "", key: str = "") -> Decision:
    """Take back what one proposed.

    Raises:
        NotFound: no such proposal for the actor.
        NotPermitted: the actor did not propose it.
        StaleVersion: it is decided.
    """
    kind = kind_of(seen(actor, number).kind)

    def effect(write: Write) -> Result:
        current = newest(number)
        _require_undecided(number)
        if not is_author(actor, current):
            raise NotPermitted("Only who proposed it may withdraw it.", hint="Reject it, with a reason.")
        return _decided(write, current, Outcome.WITHDRAWN, reason, is_alone=False)

    request = {"withdraw": number}
    return Decision.of_json(execute(actor, kind.propose, effect, request=request, key=key, lock=[_lock(number)]).result)


def may_decide(actor: Actor, proposed: Proposed) -> bool:
    """Whether the actor could be the second person; the amount is looked at when it decides."""
    actor = single_user.standing(actor)
    try:
        _require_right(actor, kind_of(proposed.kind).approve, proposed.entities)
        _require_second_person(actor, proposed)
    except (ApprovalRequired, NotPermitted, NotFound):
        return False
    return True


def _lock(number: int) -> str:
    return f"approval {number}"


def _request(asked: Asked) -> dict[str, Any]:
    return {
        "subject": asked.subject, "body": plain(asked.body), "reason": reasons.kept(asked.reason),
        "entities": sorted(asked.entities), "amount_minor": asked.amount_minor, "currency": asked.currency,
    }  # fmt: skip


def _require_right(actor: Actor, verb: str, entities: Sequence[str]) -> None:
    """Everywhere the proposal reaches; one of the whole organisation needs the right in all of it."""
    if entities:
        access.require(actor, verb, entities)
    else:
        access.require_everywhere(actor, verb)


def _require_band(actor: Actor, kind: Kind, proposed: Proposed, on: dt.date) -> None:
    _require_right(actor, kind.approve, proposed.entities)
    if proposed.amount_minor is not None:
        access.require_amount(
            actor, kind.approve, amount_minor=proposed.amount_minor, currency=proposed.currency, on=on,
            entities=proposed.entities, policies=governing(),
        )  # fmt: skip


def _require_undecided(number: int) -> None:
    before = decision_of(number)
    if before is not None:
        raise StaleVersion(
            "The proposal {number} was decided already: {outcome} by {who}.",
            code="already_decided", number=number, outcome=before.outcome, who=before.decider,
        )  # fmt: skip


def _require_version(proposed: Proposed, version: int) -> None:
    if proposed.version != version:
        raise StaleVersion(
            "The proposal {number} has a version {version} by now.", hint="Look at it again.",
            number=proposed.number, version=proposed.version,
        )  # fmt: skip


def _require_agreed(proposed: Proposed, digest: str) -> None:
    """What is about to happen is what was written down, and what the second person looked at."""
    if digest_of(proposed) != proposed.digest:
        raise Broken("The proposal {number} is not what was proposed.", number=proposed.number)
    if digest != proposed.digest:
        raise StaleVersion(
            "The proposal {number} is not what you looked at.", hint="Look at it again.", number=proposed.number
        )


def is_author(actor: Actor, proposed: Proposed) -> bool:
    """Whether one of the people behind the actor wrote any of its versions. The machine's owner could be anybody."""
    authors = authors_of(proposed.number)
    return bool(actor.persons & authors) or (actor.user_id is None and None in authors)


def _require_second_person(actor: Actor, proposed: Proposed) -> bool:
    """Let another person through; true where one person decides alone, in single-user mode.

    Raises:
        ApprovalRequired: the actor had a hand in the proposal, or is nobody in particular.
    """
    if actor.user_id is not None and not is_author(actor, proposed):
        return False
    if single_user.is_on():
        return True
    if actor.user_id is None:
        raise ApprovalRequired(
            "Whoever works without signing in is nobody in particular: it takes a person.",
            hint="Sign in, or give the API token of the person who decides.",
        )
    raise ApprovalRequired(
        "You had a hand in this proposal: it takes another person.", hint="Ask somebody with the right to approve."
    )


def _require_author_still(proposed: Proposed, kind: Kind) -> None:
    """A proposal stands as long as its author might still make it."""
    if proposed.author_id is not None and not _might_still(proposed, kind):
        raise StaleVersion(
            "{who}, who proposed this, may no longer do so.",
            hint="Somebody with the right must propose it anew.",
            who=proposed.author,
        )


def _might_still(proposed: Proposed, kind: Kind) -> bool:
    """Whether the author is still here, and it (or whom it acted for) still has the right."""
    people = {user.pk: user for user in User.objects.filter(pk__in=[proposed.author_id, proposed.acts_for_id or 0])}
    writer, principal = people.get(proposed.author_id or 0), people.get(proposed.acts_for_id or proposed.author_id or 0)
    if writer is None or principal is None or not writer.is_active:
        return False
    try:
        _require_right(access.actor_of(principal), kind.propose, proposed.entities)
    except (NotPermitted, NotFound):
        return False
    return True


def _require_same_state(proposed: Proposed, kind: Kind) -> None:
    if state_digest(kind.state(proposed.subject, proposed.entities)) != proposed.subject_state:
        raise StaleVersion(
            "{subject} was changed since this was proposed.", hint="Propose it anew.", subject=proposed.subject
        )


def _written(write: Write, kind: Kind, asked: Asked, *, number: int, version: int) -> Result:
    actor = write.actor
    row = Proposal(
        proposal_no=number, version=version, kind=kind.name, subject=asked.subject,
        subject_state=state_digest(kind.state(asked.subject, sorted(asked.entities))), body=plain(asked.body),
        amount_minor=asked.amount_minor, currency=asked.currency, entities=sorted(asked.entities),
        reason=reasons.needed(asked.reason), author=str(actor), author_id=actor.user_id,
        acts_for_id=actor.acts_for.user_id if actor.acts_for else None,
        write_no=write.write_no, recorded_at=write.at,
    )  # fmt: skip
    row.digest = digest_of(Proposed.of(row))
    row.save(force_insert=True)
    write.detail.update(
        proposal=number, version=version, kind=kind.name, subject=asked.subject, digest=row.digest,
        entities=row.entities, amount_minor=row.amount_minor, currency=row.currency,
    )  # fmt: skip
    write.announce("approval.proposed", *row.entities, proposal=number, version=version, kind=kind.name)
    return Proposed.of(row).as_json()


def _decided(
    write: Write, proposed: Proposed, outcome: Outcome, reason: str, *, is_alone: bool, result: Result | None = None
) -> Result:
    actor = write.actor
    row = ProposalDecision.objects.create(
        proposal_no=proposed.number, version=proposed.version, digest=proposed.digest, outcome=outcome,
        entities=list(proposed.entities), reason=reasons.kept(reason), decider=str(actor), decider_id=actor.user_id,
        acts_for_id=actor.acts_for.user_id if actor.acts_for else None, is_alone=is_alone,
        result=plain(result or {}), write_no=write.write_no, recorded_at=write.at,
    )  # fmt: skip
    write.detail.update(
        proposal=proposed.number, version=proposed.version, kind=proposed.kind, subject=proposed.subject,
        digest=proposed.digest, proposed_by=proposed.author, outcome=str(outcome), is_alone=is_alone,
    )  # fmt: skip
    said = {"proposal": proposed.number, "kind": proposed.kind, "outcome": str(outcome)}
    write.announce("approval.decided", *proposed.entities, **said)
    return Decision.of(row).as_json()
