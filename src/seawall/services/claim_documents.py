"""Claims under way as published documents: the list of them, and each with its steps, money and claim file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from seawall.engine.kernel.errors import NotFound, PolicyError
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.trace import Step
from seawall.engine.protection.claim_case import Case, Split, case, erosion
from seawall.engine.protection.claim_facts import CaseFacts, Key, cases_on_file
from seawall.engine.protection.claim_trace import claim_trace
from seawall.engine.protection.cover import Insurance
from seawall.services import cover_maps
from seawall.services.insurance import Document


@dataclass(frozen=True)
class Worked:
    """A claim on file, and how it stands; ``case`` is None where a policy or a rate does not say, and ``gap`` why."""

    facts: CaseFacts
    case: Case | None
    gap: PolicyError | None = None

    @property
    def takes(self) -> pl.DataFrame:
        """What it takes of the terms of its period, as rows of ``claims``; its payments where no more is known."""
        return self.facts.counting if self.case is None else erosion(self.case)


def worked(insurance: Insurance, on: dt.date, *, policy: str | None = None) -> Iterator[Worked]:
    """Every claim on file on a day (under one policy), worked out as it is come to, in the order of the losses.

    Each takes its part of its period before the next of its policy.
    """
    taken: dict[str, list[pl.DataFrame]] = {}
    for facts in cases_on_file(insurance.facts, on=on):
        if policy not in (None, facts.key.policy):
            continue
        earlier = taken.setdefault(facts.key.policy, [insurance.facts.claims.clear()])
        try:
            one = Worked(facts, case(insurance, facts, on, earlier=pl.concat(earlier)))
        except PolicyError as gap:
            one = Worked(facts, None, gap)
        yield one
        earlier.append(one.takes)


def before(insurance: Insurance, loss: Key, on: dt.date) -> tuple[pl.DataFrame, dt.date]:
    """What claims before a loss take of the terms of its period, as rows of ``claims``; and the day it is judged on.

    So a claim is the same wherever it is shown: one that is on file, and one that nobody opened yet, after all of its
    day.
    """
    earlier = [insurance.facts.claims.clear()]
    for each in worked(insurance, on, policy=loss.policy):
        if each.facts.key == loss:
            return pl.concat(earlier), max(each.facts.judged_on(on), loss.date_of_loss)
        if each.facts.key.date_of_loss > loss.date_of_loss:
            break
        earlier.append(each.takes)
    return pl.concat(earlier), on


def cases_document(
    insurance: Insurance, *, on: dt.date, customer: str | None = None,
    is_asked: Callable[[CaseFacts], bool] = lambda _facts: True,
) -> Document:  # fmt: skip
    """Every claim (that is asked for) with where it stands and what is next, those that wait for somebody first."""
    found = [each for each in worked(insurance, on) if customer in (None, each.facts.key.customer_code)]
    rows = [_line(each, on) for each in found if is_asked(each.facts)]
    rows.sort(key=lambda row: (row["next_step"] is None, row["next_by"] or "9999", row["date_of_loss"]))
    return {"as_of": on.isoformat(), "cases": rows}


def case_document(insurance: Insurance, key: Key, *, on: dt.date) -> Document:
    """One claim: its steps, its money, its claim file, its recoveries.

    Raises:
        NotFound: nothing is on file of it by that day.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    return _document(_worked_out(insurance, key, on=on))


def case_explained(insurance: Insurance, key: Key, *, on: dt.date) -> Step:
    """Why what is expected of the policy for one claim is what it is: its trace.

    Raises:
        NotFound: nothing is on file of it by that day, or the ledger owes nothing under the policy.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    claim = _worked_out(insurance, key, on=on).claim
    if claim is None:
        raise NotFound(
            "No policy is about what {customer} owed on {day}.", customer=key.customer_code, day=key.date_of_loss
        )
    return claim_trace(claim)


def _worked_out(insurance: Insurance, key: Key, *, on: dt.date) -> Case:
    found = next((each for each in worked(insurance, on, policy=key.policy) if each.facts.key == key), None)
    if found is None:
        raise NotFound("There is no claim on {customer} of {day}.", customer=key.customer_code, day=key.date_of_loss)
    if found.case is None:
        raise found.gap or NotFound("There is no claim on {customer} of {day}.")
    return found.case


def _line(each: Worked, on: dt.date) -> Document:
    one, nothing = each.case, dict.fromkeys(("state", "currency", "next_step", "next_by", "days_left", "is_late"))
    if one is None:
        return {
            **named(each.facts.key),
            **nothing,
            **dict.fromkeys(_MONEY),
            "gap": each.gap and cover_maps.unsaid(each.gap)["gap"],
        }
    following = one.next_step
    last = following.last_on if following else None
    return {
        **named(one.key), "state": one.state, "currency": one.currency,
        "next_step": following.name if following else None, "next_by": None if last is None else last.isoformat(),
        "days_left": None if last is None else (last - on).days,
        "is_late": following is not None and following.state == "late", **_money(one), "gap": None,
    }  # fmt: skip


_MONEY = ("gross", "expected", "decided", "paid", "retained", "recovered", "insurers_part", "own_part")


def named(key: Key) -> Document:
    """What a claim is known by."""
    return {
        "customer_code": key.customer_code, "policy": key.policy, "date_of_loss": key.date_of_loss.isoformat(),
        "cause": key.cause,
    }  # fmt: skip


def _money(one: Case) -> Document:
    """What was owed, what the insurer brings, what came back and whose it is."""
    splits = one.splits
    amounts = {
        "gross": None if one.claim is None else one.claim.gross_minor,
        "expected": one.expected_minor,
        "decided": one.decided_minor,
        "paid": one.paid_minor,
        "retained": one.retained_minor,
        "recovered": int(one.facts.recoveries["amount_minor"].sum()),
        "insurers_part": None if splits is None else sum(each.shared.insurer_minor for each in splits),
        "own_part": None if splits is None else sum(each.shared.insured_minor for each in splits),
    }
    return {name: _text(minor, one.currency) for name, minor in amounts.items()}


def _text(minor: int | None, currency: str) -> str | None:
    return None if minor is None or not currency else amount_text(minor, currency)


def _document(one: Case) -> Document:
    claim, following = one.claim, one.next_step
    waiting = None if claim is None or claim.waiting_over is None else claim.waiting_over.isoformat()
    return {
        "as_of": one.on.isoformat(), **named(one.key), "currency": one.currency, "state": one.state,
        "next_step": following.name if following else None,
        "steps": [
            {
                "name": step.name, "state": step.state, "on": _day(step.done_on), "last_on": _day(step.last_on),
                "days_left": None if step.last_on is None or step.state == "done" else (step.last_on - one.on).days,
                "clause": step.clause or None, "consequence": step.consequence or None, "is_late": step.is_late,
                "reports": list(step.reports),
            }
            for step in one.steps
        ],
        "checklist": [
            {
                "document": each.document, "gathered_on": _day(each.gathered_on), "detail": each.detail or None,
                "is_asked": each.is_asked,
            }
            for each in one.checklist
        ],
        "money": _money(one),
        "takes": {
            name: _text(minor, one.currency)
            for name, minor in zip(("aggregate_first_loss", "annual_maximum"), one.takes, strict=True)
        },
        "differences": [{"kind": kind, "amount": _text(minor, one.currency)} for kind, minor in one.differences],
        "waterfall": [
            {"name": step.name, "amount": _text(step.minor, one.currency)} for step in (claim.steps if claim else ())
        ],
        "payable_from": waiting,
        "balances": {
            "aggregate_first_loss_left": _text(claim.left.first_loss_left if claim else None, one.currency),
            "annual_maximum_left": _text(claim.left.maximum_left if claim else None, one.currency),
        },
        "payments": [
            {
                "paid_on": _day(row["paid_on"]), "amount": _text(row["indemnity_minor"], row["currency"]),
                "aggregate_first_loss_used": _text(row["aggregate_first_loss_used_minor"], row["currency"]),
            }
            for row in one.facts.paid.iter_rows(named=True)
        ],
        "recoveries": [_split(each, one.currency) for each in one.splits or ()],
        "subrogation": {
            "assigned": _text(one.subrogated_minor, one.currency),
            "left": _text(one.subrogated_left_minor, one.currency),
        },
    }  # fmt: skip


def _split(each: Split, currency: str) -> Document:
    shared = each.shared
    return {
        "received_on": each.received_on.isoformat(), "received_by": each.received_by,
        "amount": _text(shared.amount_minor, currency), "costs": _text(shared.costs_minor, currency),
        "insured_debt": _text(shared.insured_debt_minor, currency), "insurer": _text(shared.insurer_minor, currency),
        "insured": _text(shared.insured_minor, currency),
    }  # fmt: skip


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
