"""Which step of a claim may follow which, and on which days: what is against the order is refused, with the way out."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from seawall.engine.kernel.errors import InputError, Refused, Where
from seawall.engine.protection.claim_facts import CaseFacts

MOVES: Final = ("opened", "overdue_report", "hand_over", "gathered", "file_complete", "filed", "decided", "paid",
                "recovered", "subrogated", "withdrawn")  # fmt: skip
"""What may be recorded of a claim."""

ONCE: Final = {"hand_over": "hand_over", "file_complete": "claim_file_complete", "filed": "claim_filed"}
"""Moves that are events and are made once, by the event."""


MOVES_OF: Final = {
    "opened": ("opened",), "overdue_report": ("overdue_report",), "hand_over": ("hand_over",),
    "claim_file": ("gathered", "file_complete"), "filed": ("filed",), "decided": ("decided",), "paid": ("paid",),
    "recovered": ("recovered",), "subrogated": ("subrogated",),
}  # fmt: skip
"""Step of a claim to the moves that bring it about."""

_AGAIN: Final = ("overdue_report", "claim_file", "decided", "paid", "recovered", "subrogated")
"""Steps that may be made more than once."""


def is_open(step: str, step_state: str, state: str) -> bool:
    """Whether a step may be made, by how it stands (``claim_steps.STEP_STATES``) and where the claim does."""
    if state == "withdrawn" or step_state == "not_needed":
        return False
    # money may come in before anything else was done
    is_waiting = step_state == "waiting" and step != "recovered"
    return step_state in ("due", "late") or (step in _AGAIN and not is_waiting)


class OutOfOrder(Refused):
    """A step of a claim before the one it rests on, or one that was made already."""

    code = "claim_order"


def require_order(facts: CaseFacts, move: str, on: dt.date, *, today: dt.date, item: str = "") -> None:
    """Refuse a move that the facts of a claim do not allow on a day; the very same move again is allowed, and nothing.

    ``item``: the item it is about, where it is about one.

    Raises:
        OutOfOrder: a step it rests on is missing, or it was made on another day.
        InputError: the day has not come, or lies before the step it rests on.
    """
    if on > today:
        raise InputError(
            "{day} has not come yet.", hint="Give the day on which it happened.", where=Where(column="on"), day=on
        )
    _refuse_again(facts, move, on, item)
    if move != "opened":
        _require_open(facts, move)
    rests_on = _rests_on(facts, move)
    if rests_on is not None and on < rests_on:
        raise InputError(
            "{day} is before {before}, the day of the step it rests on.",
            hint="Correct the day, or take that step back.",
            where=Where(column="on"), day=on, before=rests_on,
        )  # fmt: skip


def require_unfiled(facts: CaseFacts) -> None:
    """Refuse to file a claim that is not open, or is filed already on whatever day.

    Raises:
        OutOfOrder: it is so.
    """
    _require_open(facts, "filed")
    if facts.filed_on is not None:
        raise _done_before(facts.filed_on)


def _done_before(day: dt.date) -> OutOfOrder:
    return OutOfOrder("This was recorded already, on {day}.", hint="If that was wrong, take it back first.", day=day)


def _refuse_again(facts: CaseFacts, move: str, on: dt.date, item: str) -> None:
    """Refuse what was done on another day."""
    before = facts.day(move) if move in ("opened", "withdrawn") else None
    if move in ONCE and not item:
        rows = facts.happened(ONCE[move])
        rows = rows.filter(pl.col("item_number").is_null()) if move == "hand_over" else rows
        before = rows["on"][0] if rows.height else None
    if before is not None and before != on:
        raise _done_before(before)


def _require_open(facts: CaseFacts, move: str) -> None:
    """Refuse a step whose forerunner is missing."""
    withdrawn, opened = facts.day("withdrawn"), facts.day("opened")
    if withdrawn is not None and move not in ("withdrawn", "recovered"):
        raise OutOfOrder(
            "The claim was withdrawn on {day}.", hint="To go on with it, take the withdrawal back.", day=withdrawn
        )
    if opened is None and facts.payments.is_empty():
        raise OutOfOrder("There is no such claim yet.", hint="Open it first: the notice of the loss to the insurer.")
    if move == "decided" and facts.filed_on is None:
        raise OutOfOrder("The insurer decides on what was filed.", hint="Record first that the claim was filed.")
    if move == "paid":
        _require_decision(facts)
    if move == "subrogated" and facts.paid_on is None:
        raise OutOfOrder("Rights go over to the insurer once it has paid.", hint="Record the payment first.")
    if move == "withdrawn" and facts.paid_on is not None:
        raise OutOfOrder(
            "The insurer has paid: a claim that is paid is not withdrawn.",
            hint="What goes back to the insurer is a recovery.",
        )


def _require_decision(facts: CaseFacts) -> None:
    decision = facts.decision
    if decision is None:
        raise OutOfOrder("The insurer pays what it decided on.", hint="Record its decision first.")
    if decision.how == "refused":
        raise OutOfOrder("The insurer refused the claim.", hint="If it pays after all, record its new decision first.")


def _rests_on(facts: CaseFacts, move: str) -> dt.date | None:
    """The day before which a move cannot have been made."""
    lost, decision = facts.key.date_of_loss, facts.decision
    days = {
        "opened": lost,
        "filed": max(lost, facts.day("opened") or lost),
        "decided": max(facts.filed_on or lost, decision.on if decision else lost),
        "paid": decision.on if decision else None,
        "recovered": lost,
        "subrogated": facts.paid_on,
        "withdrawn": facts.day("opened"),
    }
    return days.get(move)
