"""What is done about a claim, one move at a time: each becomes a fact of its table, once the order allows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from seawall.engine.kernel.errors import InputError, NotFound, UnknownCode, Where
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.protection.claim_facts import CaseFacts, Key, cases_on_file
from seawall.engine.protection.claim_order import MOVES, require_order
from seawall.engine.protection.claim_steps import REPORTS
from seawall.engine.protection.terms import CAUSES
from seawall.services import access, insured, subjects, wordings
from seawall.services.access import Actor
from seawall.services.intake import ImportResult
from seawall.store.models import Customer

EVENT_OF: Final = {kind: event for event, kind in REPORTS.items()}
"""Kind of overdue report to the event that it is."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a move is kept, and what may be said of it: its own name to the column of the table."""

    table: str
    says: Mapping[str, str]
    needs: tuple[str, ...] = ()
    """What must be said besides the day."""

    row: Mapping[str, str] = field(default_factory=dict)
    """Columns that are the same each time."""


_STEP = {"reference": "reference", "detail": "detail"}
_MONEY = {"amount": "amount", "currency": "currency"}
_FIRST_LOSS = {"aggregate_first_loss_used": "aggregate_first_loss_used"}
MOVE_OF: Final[dict[str, Move]] = {
    "opened": Move("claim_steps", _STEP),
    "overdue_report": Move("insurance_events", {"item_number": "item_number", "detail": "detail"}, ("kind",)),
    "hand_over": Move("insurance_events", {"item_number": "item_number", "detail": "detail"}, (),
                      {"event": "hand_over"}),
    "gathered": Move("claim_steps", {"document": "document", **_STEP}, ("document",)),
    "file_complete": Move("insurance_events", {"detail": "detail"}, (), {"event": "claim_file_complete"}),
    "filed": Move("insurance_events", {"reference": "detail"}, (), {"event": "claim_filed"}),
    "decided": Move("claim_steps", {"decision": "decision", **_MONEY, **_FIRST_LOSS, **_STEP}, ("decision",)),
    "paid": Move("claims", {"amount": "indemnity", "currency": "currency", **_FIRST_LOSS}, ("amount",)),
    "recovered": Move("claim_recoveries", {"received_by": "received_by", "costs": "costs", **_MONEY},
                      ("received_by", "amount")),
    "subrogated": Move("claim_steps", {**_MONEY, **_STEP}, ("amount",)),
    "withdrawn": Move("claim_steps", _STEP),
}  # fmt: skip
"""Every move, with the table that holds it."""

_DAY: Final = {"claims": "paid_on", "claim_recoveries": "received_on"}
_EXTENDS: Final = ("kind", "until_on")


def make(
    actor: Actor, key: Key, move: str, said: Mapping[str, str], *, on: dt.date, today: dt.date, correct: bool = False,
    dry_run: bool = False, idempotency_key: str = "", evidence: tuple[str, bytes] | None = None,
) -> ImportResult:  # fmt: skip
    """Record a move of a claim on a day, in its own words; the same move again is no second one.

    ``said`` by move: ``MOVE_OF[move].says``; an overdue report says its ``kind`` (OVD, EXP, RES), the last two with
    the new due day ``until_on``. ``entity`` says whose policy it is; later moves take that of the first. ``correct``
    takes over what differs on the same day. ``evidence``: name and bytes of a document, kept with the customer.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such policy, customer or entity for the actor.
        UnknownCode: no such move or cause.
        OutOfOrder: a step it rests on is missing, or it was made on another day.
        InputError: a day that cannot be, something missing or too much.
    """
    if move not in MOVE_OF:
        raise UnknownCode("There is no step {step}.", hint="Choose one of: {known}.", step=move[:40],
                          known=", ".join(MOVES))  # fmt: skip
    made = MOVE_OF[move]
    access.require(actor, insured.verb_of(made.table))
    currency = _currency(actor, key)
    words = {name: text.strip() for name, text in said.items() if text.strip()}
    row = _row(key, move, made, words, on)
    before = on_file(actor, key)
    row.setdefault("entity", _entity(actor, before))
    if move == "paid" and "aggregate_first_loss_used" not in row and before.paid.is_empty():
        row |= _first_loss(before, currency)

    def rule() -> None:
        facts = on_file(actor, key)
        if move == "opened":
            _refuse_other_cause(actor, key)
        require_order(facts, move, on, today=today, item=row.get("item_number", ""))

    return insured.record_fact(
        actor, made.table, row, correct=correct, dry_run=dry_run, key=idempotency_key, evidence=evidence, rule=rule
    )


def on_file(actor: Actor, key: Key) -> CaseFacts:
    """What is on file of a claim now, as far as the actor sees it."""
    codes = _codes(key.customer_code)
    frames = {}
    for table in ("claim_steps", "insurance_events", "claims", "claim_recoveries"):
        rows = insured.facts_of(actor, table, customers=codes)
        frames[table] = rows.with_columns(customer_code=pl.lit(key.customer_code))
    facts = InsuredFacts(
        events=frames["insurance_events"], claims=frames["claims"], recoveries=frames["claim_recoveries"],
        steps=frames["claim_steps"],
    )  # fmt: skip
    found = [case for case in cases_on_file(facts) if case.key == key]
    none = CaseFacts(key, facts.steps.clear(), facts.events.clear(), facts.claims.clear(), facts.recoveries.clear())
    return found[0] if found else none


def _codes(code: str) -> list[str]:
    """The customer's code, and those that were merged into it."""
    customer = Customer.objects.filter(code=code).first() if subjects.is_name(code) else None
    if customer is None:
        return [code]
    return subjects.codes_of(customer)


def _currency(actor: Actor, key: Key) -> str:
    """The currency of a claim's policy, once it names nothing that the actor may not speak of.

    Raises:
        UnknownCode: there is no such cause.
        NotFound: no such policy or customer for the actor.
    """
    if key.cause not in CAUSES:
        raise UnknownCode("{cause} is no cause of a loss.", hint="Choose one of: {known}.", cause=key.cause[:40],
                          known=", ".join(CAUSES), where=Where(column="cause"))  # fmt: skip
    subjects.customer_of(actor, key.customer_code)
    found = {each.policy: each.currency for each in wordings.listed(actor)}
    if key.policy not in found:
        raise NotFound("There is no insurance policy {policy}.", policy=key.policy, where=Where(column="policy"))
    return str(found[key.policy])


def _row(key: Key, move: str, made: Move, words: Mapping[str, str], on: dt.date) -> dict[str, str]:
    """The move as a row of its table.

    Raises:
        InputError: something is missing, or has no place in it.
    """
    extra = ("entity", *(_EXTENDS if move == "overdue_report" else ()))
    for name in words:
        if name not in made.says and name not in extra:
            raise InputError(
                "The step {step} says no {name}.", hint="It says: {known}.", where=Where(column=name), step=move,
                name=name[:40], known=", ".join((*made.says, *extra)),
            )  # fmt: skip
    for name in made.needs:
        if name not in words:
            raise InputError("The step {step} needs {name}.", where=Where(column=name), step=move, name=name)
    row = {"customer_code": key.customer_code, "policy": key.policy, **made.row}
    row |= {column: words[name] for name, column in made.says.items() if name in words}
    row |= {"entity": words["entity"]} if "entity" in words else {}
    row[_DAY.get(made.table, "on")] = on.isoformat()
    if made.table != "insurance_events":
        row |= {"date_of_loss": key.date_of_loss.isoformat(), "cause": key.cause}
    if made.table == "claim_steps":
        row["step"] = move
    return row | (_report(words) if move == "overdue_report" else {})


def _report(words: Mapping[str, str]) -> dict[str, str]:
    """An overdue report as the event it is; an extension or rescheduling begins its detail with the new due day.

    Raises:
        InputError: the kind is none, or its new due day is missing.
    """
    kind, until = words["kind"].upper(), words.get("until_on", "")
    if kind not in EVENT_OF:
        raise InputError(
            "{text} is none of these.", hint="Choose one of: {known}.", where=Where(column="kind"), text=kind[:20],
            known=", ".join(EVENT_OF),
        )  # fmt: skip
    if (kind != "OVD") != bool(until):
        raise InputError(
            "EXP and RES name the new due day, OVD does not.", hint="Write it as 2026-06-30.",
            where=Where(column="until_on"),
        )  # fmt: skip
    detail = " ".join(text for text in (until, words.get("detail", "")) if text)
    return {"event": EVENT_OF[kind], **({"detail": detail} if detail else {})}


def _entity(actor: Actor, before: CaseFacts) -> str:
    """Whose policy a claim's first fact says it is; nothing where it says none, or the actor may not speak for it."""
    return before.entity if before.entity and subjects.is_entity(actor, before.entity) else ""


def _first_loss(before: CaseFacts, currency: str) -> dict[str, str]:
    """What the first payment takes of the annual first loss, as the decision said."""
    used = before.decision.first_loss_minor if before.decision else None
    return {} if used is None else {"aggregate_first_loss_used": amount_text(used, currency)}


def _refuse_other_cause(actor: Actor, key: Key) -> None:
    """Refuse a second claim for one loss.

    Raises:
        InputError: the same loss is claimed for another cause.
    """
    rows = insured.facts_of(actor, "claim_steps")
    same = rows.filter(
        pl.col("customer_code").is_in(_codes(key.customer_code)), pl.col("policy") == key.policy,
        pl.col("date_of_loss") == key.date_of_loss, pl.col("cause").cast(pl.String) != key.cause,
        pl.col("step") == "opened",
    )  # fmt: skip
    if same.height:
        raise InputError(
            "This loss is claimed already, for another cause: {cause}.", hint="Take that claim back, or go on with it.",
            where=Where(column="cause"), cause=str(same["cause"][0]),
        )  # fmt: skip
