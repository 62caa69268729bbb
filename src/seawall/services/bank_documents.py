"""What the bank's pages and programs show, as plain data: amounts are decimal texts, days are days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.matching import REASONS, Proposal, Reason
from seawall.exchange.bank.statement import PROBLEMS
from seawall.services import bank_cases, bank_matching, bank_reading
from seawall.services.access import Actor
from seawall.services.bank_cases import Case
from seawall.services.bank_matching import Unmatched
from seawall.services.bank_reading import State
from seawall.store.models import BankEntry, BankMatch

Document = dict[str, Any]


def accounts(actor: Actor, *, on: dt.date) -> Document:
    """Our accounts, how fresh they are on a day, and where statements do not follow on.

    Raises:
        NotPermitted: the actor may not read.
    """
    rows = [
        {
            "entity": each.entity, "account": each.number, "currency": each.currency, "last_on": each.last_on,
            "closing": None if each.closing_minor is None else amount_text(each.closing_minor, each.currency),
            "statements": each.statements,
            "gaps": [
                {
                    "after_on": gap.after_on, "before_on": gap.before_on,
                    "closing": amount_text(gap.closing_minor, each.currency),
                    "opening": amount_text(gap.opening_minor, each.currency),
                }
                for gap in each.gaps
            ],
        }
        for each in bank_reading.accounts(actor)
    ]  # fmt: skip
    return {"accounts": rows, "freshness": freshness(actor, on=on)}


def freshness(actor: Actor, *, on: dt.date, entity: str = "") -> Document | None:
    """How far bank data reaches on a day; None where there is none."""
    found = bank_reading.freshness(actor, on, entity=entity)
    if found is None:
        return None
    return {"last_on": found.last_on, "days": found.days, "is_stale": found.is_stale, "accounts": found.accounts}


def entries(actor: Actor, *, state: State = "all", after: int = 0, limit: int = 100) -> Document:
    """Entries, newest first; ``next`` is where the rest begins."""
    rows = bank_reading.entries(actor, state=state)[after : after + limit + 1]
    shown = [entry(row) for row in rows]
    return {"entries": shown[:limit], "next": after + limit if len(shown) > limit else None}


def entry(row: BankEntry) -> Document:
    """One entry."""
    currency = row.account.currency
    return {
        "entry_id": row.pk, "entity": row.account.entity.code, "account": row.account.number,
        "booked_on": row.booked_on, "amount": amount_text(row.amount_minor, currency), "currency": currency,
        "counterparty": row.counterparty, "reference": row.reference,
    }  # fmt: skip


def unmatched(actor: Actor, *, on: dt.date, after: int = 0, limit: int = 50, entity: str = "") -> Document:
    """Money that nothing was decided about, with what it may pay."""
    rows, count = bank_matching.unmatched(actor, on=on, start=after, limit=limit, entity=entity)
    following = after + limit if after + limit < count else None
    return {"count": count, "entries": [asked(each) for each in rows], "next": following}


def asked(found: Unmatched) -> Document:
    """One entry with its proposals; ``seen`` goes back with the confirmation."""
    proposals = [proposal(each, found.currency) for each in found.proposals]
    return entry(found.entry) | {"seen": found.digest, "proposals": proposals}


def proposal(made: Proposal, currency: str) -> Document:
    """One proposal."""
    return {
        "customer_code": made.customer_code,
        "score": round(made.score),
        "allocations": [
            {"number": part.number, "amount": amount_text(part.amount_minor, part.currency), "currency": part.currency}
            for part in made.parts
        ],
        "adjustments": [
            {"kind": each.kind, "number": each.number, "amount": amount_text(each.amount_minor, currency)}
            for each in made.adjustments
        ],
        "unapplied": amount_text(made.unapplied_minor, currency),
        "short": amount_text(made.short_minor, currency),
        "reasons": [
            {
                "code": each.code,
                "points": each.points,
                "values": filled(each, currency),
                "text": REASONS[each.code].format(**filled(each, currency)),
            }
            for each in made.reasons
        ],
    }


def filled(reason: Reason, currency: str) -> dict[str, str]:
    """What a reason's sentence is filled in with."""
    return {
        "numbers": ", ".join(reason.numbers), "customer": reason.customer, "count": str(reason.count),
        "amount": f"{amount_text(reason.amount_minor, currency)} {currency}", "percent": f"{reason.rate * 100:+.2f}",
    }  # fmt: skip


def decision(actor: Actor, entry_id: int) -> Document | None:
    """What was decided about an entry and holds; None while nothing is."""
    match = BankMatch.objects.scoped(actor).filter(entry_id=entry_id, end__isnull=True).first()
    if match is None:
        return None
    return {
        "is_aside": match.is_aside, "reason": match.body.get("reason", ""), "parts": match.body.get("parts", []),
        "credits": match.credits, "customer_code": match.customer_code, "actor": match.actor,
        "is_rule": match.is_rule, "at": match.recorded_at,
    }  # fmt: skip


def cases(actor: Actor, *, is_open: bool = True) -> Document:
    """Cases, the oldest first."""
    return {"cases": [case(each) for each in bank_cases.cases(actor, is_open=is_open)]}


def case(found: Case) -> Document:
    """One case."""
    return {
        "case_id": found.case_id, "kind": found.kind, "entity": found.entity, "customer_code": found.customer_code,
        "amount": amount_text(found.amount_minor, found.currency), "currency": found.currency,
        "next_step": found.next_step, "opened_on": found.opened_on, "entry_id": found.entry_id,
        "numbers": list(found.numbers), "credit": found.credit, "closed_on": found.closed_on,
        "resolution": found.resolution, "note": found.note,
    }  # fmt: skip


def problems(rows: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Problems of statements on file, as `bank read` prints them."""
    return [{"line": each["line"], "what": PROBLEMS[each["code"]].format(**_params(each))} for each in rows]


def _params(problem: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(problem.get(name, "")) for name in ("text", "currency", "found", "stated")}
