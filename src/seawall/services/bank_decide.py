"""Deciding about money that came in: confirming what it pays, setting it aside, taking that back, settling cases.

A confirmed match is a receipt and its allocations, taken through the intake like rows of any file, together with the
match itself: one transaction, one effect. Whoever confirms second is told so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from seawall.engine.kernel.errors import Conflict, IdempotencyMismatch, InputError, NotFound, Refused
from seawall.engine.kernel.money import Money, minor_of
from seawall.engine.ledger.matching import Proposal, is_for_rule
from seawall.engine.ledger.matching_amounts import Part
from seawall.services import access, bank_matching, intake
from seawall.services.access import Actor
from seawall.services.bank_rows import Choice, Rows
from seawall.services.command import Result, Write, execute
from seawall.store import append, chain, locks, points
from seawall.store.asof import Of
from seawall.store.models import Allocation as AllocationFact
from seawall.store.models import (
    AuditEntry,
    BankCase,
    BankCaseEnd,
    BankEntry,
    BankMatch,
    BankMatchEnd,
    Item,
    Supersession,
)

STEPS: Final = {"short": "ask_for_rest", "over": "ask_payer"}
"""Case to the next step it begins with."""

RESOLUTIONS: Final = ("paid", "credited", "refunded", "applied", "disputed", "accepted")
"""How a case may be settled."""

_NOTE_MAX: Final = 500
_F = TypeVar("_F", Item, AllocationFact)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about an entry; ``batch_no`` is None where it was decided so before, or tried only."""

    entry_id: int
    credits: tuple[str, ...]
    cases: tuple[str, ...]
    batch_no: int | None


class AlreadyDecided(Conflict):
    """Somebody else decided about the entry first."""

    code = "already_decided"
    retryable = False


class Outdated(Conflict):
    """What was seen is not what is proposed now."""

    code = "stale_version"


def confirm(
    actor: Actor, entry_id: int, *, on: dt.date, proposal: int = 0, seen: str = "", key: str = "", dry_run: bool = False
) -> Decided:
    """Confirm one of the proposals of an entry, the first unless another is named.

    ``seen`` is the digest of the proposals as they were shown; without one they are taken as they are now.

    Raises:
        NotPermitted: the actor may not confirm matches.
        NotFound: there is no such entry or proposal.
        AlreadyDecided: something was decided about the entry before.
        Outdated: other proposals were seen.
        RowsRejected: an item is not open that far any more.
        LockTimeout: somebody else is writing facts.
    """
    entry = _mine(actor, entry_id)
    given = {"proposal": proposal, "seen": seen, "on": on}
    if before := _replayed(actor, entry, key, given):
        return before
    asked = bank_matching.one(actor, entry_id, on=on)
    if seen and seen != asked.digest:
        raise Outdated("What is proposed has changed since it was shown.", hint="Look at it again.")
    if not 0 <= proposal < len(asked.proposals):
        raise NotFound("There is no proposal {number} for this entry.", number=proposal + 1)
    return _taken(actor, asked.entry, _choice(asked.proposals[proposal]), given, key=key, dry_run=dry_run)


def allocate(
    actor: Actor, entry_id: int, *, on: dt.date, customer: str, parts: Mapping[str, str], key: str = "",
    dry_run: bool = False,
) -> Decided:  # fmt: skip
    """Let an entry pay what a person says: item number to amount, in the account's currency; the rest stays unapplied.

    Raises:
        InputError: an amount is none, the customer is unknown, or more is allocated than was received.
    """
    entry = _mine(actor, entry_id)
    currency, given = entry.account.currency, {"customer": customer, "parts": dict(parts)}
    if before := _replayed(actor, entry, key, given):
        return before
    if customer not in bank_matching.names(actor, entry, on=on):
        raise InputError("There is no customer {customer}.", code="unknown_customer", customer=customer)
    chosen = [Part(number, amount, amount, currency) for number, text in sorted(parts.items())
              if (amount := minor_of(text, currency))]  # fmt: skip
    total = sum(part.amount_minor for part in chosen)
    if any(part.amount_minor < 0 for part in chosen) or total > entry.amount_minor:
        raise InputError(
            "{total} is more than the {received} received.",
            total=Money(total, currency), received=Money(entry.amount_minor, currency),
        )  # fmt: skip
    return _taken(actor, entry, Choice(customer, tuple(chosen)), given, key=key, dry_run=dry_run)


def confirm_by_rule(actor: Actor, *, on: dt.date, limit: int = 500) -> list[Decided]:
    """Confirm every proposal that is certain enough by the policy; nothing where the policy has no rule on.

    Raises:
        NotPermitted: the actor may not confirm matches.
    """
    access.require(actor, access.MATCH_CONFIRM)
    done = []
    for each in bank_matching.unmatched(actor, on=on, limit=limit)[0]:
        policy = bank_matching.policy(on, each.entity)
        if not is_for_rule(each.proposals, policy):
            continue
        now = bank_matching.one(actor, each.entry.pk, on=on)  # what was confirmed a moment ago is not open any more
        if is_for_rule(now.proposals, policy):
            done.append(_taken(actor, now.entry, _choice(now.proposals[0], is_rule=True), {}))
    return done


def set_aside(actor: Actor, entry_id: int, *, reason: str, key: str = "") -> Decided:
    """Say that an entry is none of the ledger's business: interest, a tax refund, a transfer of our own.

    Raises:
        InputError: no reason is given.
        AlreadyDecided: something was decided about the entry before.
    """
    entry = _mine(actor, entry_id)
    said = _reason(reason)

    def effect(write: Write) -> Result:
        _record(write, actor, entry, Choice("", ()), (), is_aside=True, body={"reason": said})
        write.detail.update(entry=entry.pk, aside=said)
        return {"entry": entry.pk}

    asked = {"entry": entry.pk, "aside": said}
    done = execute(actor, access.MATCH_CONFIRM, effect, request=asked, key=key, lock=[locks.LEDGER])
    return Decided(entry.pk, (), (), done.batch_no)


def take_back(actor: Actor, entry_id: int, *, reason: str, key: str = "") -> Decided:
    """End the match of an entry: its receipt and allocations no longer count, from this write on.

    Raises:
        InputError: no reason is given.
        NotFound: nothing was decided about the entry.
        Refused: the receipt pays something else by now.
    """
    entry = _mine(actor, entry_id)
    said = _reason(reason)

    def effect(write: Write) -> Result:
        match = BankMatch.objects.scoped(actor).filter(entry=entry, end__isnull=True).first()
        if match is None:
            raise NotFound("Nothing was decided about this entry.")
        _withdraw(write, entry, match)
        BankMatchEnd.objects.create(match=match, write_no=write.write_no, reason=said)
        for case in BankCase.objects.scoped(actor).filter(match=match, end__isnull=True):
            BankCaseEnd.objects.create(
                case=case, write_no=write.write_no, closed_on=write.at.date(), resolution="withdrawn", note=said
            )
        write.detail.update(entry=entry.pk, taken_back=match.credits, reason=said)
        write.announce("receipt.matched", entry.account.entity.code, entry=entry.pk, taken_back=True)
        return {"entry": entry.pk, "credits": match.credits}

    asked = {"entry": entry.pk, "taken_back": said}
    done = execute(actor, access.MATCH_CONFIRM, effect, request=asked, key=key, lock=[locks.LEDGER])
    return Decided(entry.pk, tuple(done.result["credits"]), (), done.batch_no)


def close_case(
    actor: Actor, case_id: int, *, on: dt.date, resolution: str, note: str = "", key: str = ""
) -> None:  # fmt: skip
    """Say how a case was settled.

    Raises:
        InputError: there is no such resolution.
        NotFound: there is no such case.
        AlreadyDecided: it was settled before.
    """
    if resolution not in RESOLUTIONS:
        raise InputError("A case is not settled by {resolution}.", hint="Choose one of: {known}.",
                         resolution=resolution, known=", ".join(RESOLUTIONS))  # fmt: skip
    case = BankCase.objects.scoped(actor).select_related("match__entry__account__entity").filter(pk=case_id).first()
    if case is None:
        raise NotFound("There is no case {case}.", case=case_id)
    access.require(actor, access.MATCH_CONFIRM, [case.match.entry.account.entity.code])

    def effect(write: Write) -> Result:
        if BankCaseEnd.objects.scoped(actor).filter(case=case).exists():
            raise AlreadyDecided("The case was settled before.")
        BankCaseEnd.objects.create(
            case=case, write_no=write.write_no, closed_on=on, resolution=resolution, note=note.strip()[:_NOTE_MAX]
        )
        write.detail.update(case=case.pk, resolution=resolution)
        return {"case": case.pk}

    asked = {"case": case_id, "resolution": resolution, "note": note}
    execute(actor, access.MATCH_CONFIRM, effect, request=asked, key=key, lock=[locks.LEDGER])


def _replayed(actor: Actor, entry: BankEntry, key: str, given: Mapping[str, Any]) -> Decided | None:
    """What came of the same request when its key came first; None for a new one. Says so where it was decided.

    Raises:
        AlreadyDecided: by another request.
        IdempotencyMismatch: the key came with another request.
    """
    held = BankMatch.objects.scoped(actor).filter(entry=entry).order_by("-occurrence")
    mine = next((match for match in held if key and match.body.get("key") == key), None)
    if mine is not None:
        if mine.body.get("asked") != chain.digest_of({"actor": actor.user_id, **given}):
            raise IdempotencyMismatch(
                "The key {key} was used for another request.", hint="Use a new key for a new request.", key=key
            )
        batch = AuditEntry.objects.filter(write_no=mine.write_no).values_list("batch_no", flat=True).first()
        kinds = BankCase.objects.scoped(actor).filter(match=mine).order_by("id").values_list("kind", flat=True)
        return Decided(entry.pk, tuple(mine.credits), tuple(kinds), batch)
    if held.filter(end__isnull=True).exists():
        raise _decided_before()
    return None


def _decided_before() -> AlreadyDecided:
    return AlreadyDecided("Somebody decided about this entry before.", hint="Take that back first.")


def _mine(actor: Actor, entry_id: int) -> BankEntry:
    entry = bank_matching.entry_of(actor, entry_id)
    access.require(actor, access.MATCH_CONFIRM, [entry.account.entity.code])
    return entry


def _reason(text: str) -> str:
    said = text.strip()[:_NOTE_MAX]
    if not said:
        raise InputError("Say why.", hint="A few words are enough.", code="reason_missing")
    return said


def _choice(proposal: Proposal, *, is_rule: bool = False) -> Choice:
    reasons = [
        {"code": each.code, "points": each.points, "numbers": list(each.numbers), "customer": each.customer,
         "count": each.count, "amount_minor": each.amount_minor, "rate": each.rate}
        for each in proposal.reasons
    ]  # fmt: skip
    return Choice(
        proposal.customer_code, proposal.parts, proposal.adjustments, proposal.score, reasons, is_rule,
        proposal.short_minor,
    )  # fmt: skip


def _taken(
    actor: Actor, entry: BankEntry, choice: Choice, given: Mapping[str, Any], *, key: str = "", dry_run: bool = False
) -> Decided:  # fmt: skip
    """Receipt, allocations, what is booked beside them, match and cases, in one write."""
    if entry.amount_minor <= 0:
        raise Refused("Only money that came in pays items.")
    before = BankMatch.objects.scoped(actor).filter(entry=entry).count()
    rows = Rows(entry, choice, f"BANK-{entry.pk}" + (f".{before + 1}" if before else ""))
    told: list[str] = []
    said = {"key": key, "asked": chain.digest_of({"actor": actor.user_id, **given})} if key else {}

    def beside(write: Write) -> None:
        match = _record(write, actor, entry, choice, rows.credits, body=_body(choice) | said)
        told.extend(_cases(write, entry, choice, match))

    note = {"entry": entry.pk, "score": choice.score, "is_rule": choice.is_rule}
    done = intake.commit_rows(
        actor,
        rows.tables(),
        verb=access.MATCH_CONFIRM,
        origin="bank",
        dry_run=dry_run,
        key=key,
        note=note,
        beside=beside,
    )
    return Decided(entry.pk, rows.credits, tuple(told), done.batch_no)


def _body(choice: Choice) -> dict[str, Any]:
    return {
        "parts": [[part.number, part.amount_minor, part.credit_minor] for part in choice.parts],
        "adjustments": [[each.kind, each.number, each.amount_minor] for each in choice.adjustments],
        "reasons": list(choice.reasons),
    }  # fmt: skip


def _record(
    write: Write, actor: Actor, entry: BankEntry, choice: Choice, made: tuple[str, ...], *, is_aside: bool = False,
    body: Mapping[str, Any],
) -> BankMatch:  # fmt: skip
    """The match, unless one holds already; called under the ledger's lock."""
    before = list(BankMatch.objects.scoped(actor).filter(entry=entry).values_list("end", flat=True))
    if None in before:
        raise _decided_before()
    points.reached("matched")
    return BankMatch.objects.create(
        entry=entry, occurrence=len(before) + 1, write_no=write.write_no, actor=str(actor), is_rule=choice.is_rule,
        is_aside=is_aside, customer_code=choice.customer_code, score=choice.score, body=dict(body),
        credits=list(made), recorded_at=write.at,
    )  # fmt: skip


def _cases(write: Write, entry: BankEntry, choice: Choice, match: BankMatch) -> list[str]:
    """What stays open of the payment: items paid short, money left over."""
    over = entry.amount_minor - sum(part.credit_minor for part in choice.parts)
    found = [(kind, amount) for kind, amount in (("short", choice.short_minor), ("over", over)) if amount > 0]
    for kind, amount in found:
        BankCase.objects.create(
            match=match, write_no=write.write_no, kind=kind, amount_minor=amount, next_step=STEPS[kind],
            opened_on=entry.booked_on,
        )  # fmt: skip
    return [kind for kind, _ in found]


def _withdraw(write: Write, entry: BankEntry, match: BankMatch) -> None:
    """The facts a match made no longer count. Refuses where its receipt was allocated further since."""
    entity = entry.account.entity
    items = Item.objects.every_entity().filter(entity=entity, is_debit=False, number__in=match.credits)
    live = _live(Of.ITEM, list(items))
    documents = [item.document_id for item in live]
    paid = AllocationFact.objects.every_entity().filter(entity=entity, credit_id__in=documents)
    held = _live(Of.ALLOCATION, list(paid))
    if any(each.write_no != match.write_no for each in held):
        raise Refused(
            "The receipt {number} pays something else by now.", hint="Take those allocations back first.",
            number=match.credits[0],
        )  # fmt: skip
    appender = append.Appender(write.write_no, {})
    appender.supersede(Of.ALLOCATION, [each.id for each in held], "withdrawn")
    appender.supersede(Of.ITEM, [item.id for item in live], "withdrawn")


def _live(of: Of, facts: list[_F]) -> list[_F]:
    """The facts that were not superseded."""
    ids = [each.id for each in facts]
    ended = set(Supersession.objects.filter(of=of, fact_id__in=ids).values_list("fact_id", flat=True))
    return [each for each in facts if each.id not in ended]
