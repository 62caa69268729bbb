"""The steps of a claim: which are done, which is next and by when, and what the claim file still lacks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from seawall.engine.protection import duties
from seawall.engine.protection.claim import Claim
from seawall.engine.protection.claim_facts import CaseFacts
from seawall.engine.protection.deadlines import KEPT, consequences
from seawall.engine.protection.durations import NEVER, day_of, number
from seawall.engine.protection.insured_debt import Ids
from seawall.engine.protection.wording import Wording

STEPS: Final = ("opened", "overdue_report", "hand_over", "claim_file", "filed", "decided", "paid", "recovered",
                "subrogated")  # fmt: skip
"""The steps of a claim as they usually come; a policy's clocks may ask for the hand-over before the report."""

STATES: Final = ("opened", "filed", "decided", "refused", "paid", "subrogated", "withdrawn")
"""Where a claim stands, by the last thing that happened to it."""

STEP_STATES: Final = ("done", "due", "late", "waiting", "not_needed")
"""``due``: may be done now. ``late``: its last day has passed. ``waiting``: another step comes first."""

REPORTS: Final = {"overdue_notified": "OVD", "extension_agreed": "EXP", "rescheduled": "RES"}
"""Events that are overdue reports, by the insurers' names: overdue, extension, rescheduling."""

_DUTIES: Final = {"overdue_report": "overdue_notice", "hand_over": "hand_over", "filed": "claim_filing"}
_AFTER_PAYMENT: Final = ("recovered", "subrogated")


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step of a claim as it stands."""

    name: str
    state: str
    done_on: dt.date | None = None
    last_on: dt.date | None = None
    """The last day for it, as the policy's clocks say."""

    clause: str = ""
    """The term of the policy that asks for it; empty where it says nothing."""

    consequence: str = ""
    """What follows if it is missed: one of ``deadlines.CONSEQUENCES``, or ``insurer_late``."""

    is_late: bool = False
    """It was, or still is not, done by its last day."""

    reports: tuple[str, ...] = ()
    """Of an overdue report: its kinds on file, of OVD, EXP, RES."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document of the claim file, and the day it was gathered."""

    document: str
    gathered_on: dt.date | None
    detail: str = ""
    is_asked: bool = True
    """Whether the policy asks for it; others may be gathered too."""


def state_of(facts: CaseFacts) -> str:
    """Where a claim stands: one of :data:`STATES`."""
    decision = facts.decision
    if facts.day("withdrawn"):
        return "withdrawn"
    if facts.paid.height:
        return "subrogated" if facts.day("subrogated") else "paid"
    if decision is not None:
        return "refused" if decision.how == "refused" else "decided"
    return "filed" if facts.filed_on else "opened"


def checklist_of(facts: CaseFacts, wording: Wording | None) -> tuple[Listed, ...]:
    """What the policy asks for, in its order, and what was gathered beside it."""
    key = facts.key
    term = wording and wording.get("claim_documents", max(key.date_of_loss, wording.first_on))
    asked = [name for part in ("always", key.cause) for name in (term[part] or ())] if term else []
    rows = facts.steps.filter(pl.col("step") == "gathered").select("document", "on", "detail").rows()
    found = {document: (on, detail or "") for document, on, detail in rows}
    listed = [Listed(name, *found.get(name, (None, ""))) for name in dict.fromkeys(asked)]
    return (*listed, *(Listed(name, *said, is_asked=False) for name, said in found.items() if name not in asked))


def steps_of(facts: CaseFacts, claim: Claim | None, checklist: tuple[Listed, ...], on: dt.date) -> tuple[CaseStep, ...]:
    """Every step as it stands on a day, in the order in which the policy asks for them."""
    steps = _Steps(facts, claim, checklist, on).made()
    state = state_of(facts)
    over = {"withdrawn": STEPS, "refused": ("claim_file", "paid", *_AFTER_PAYMENT)}.get(state, ())
    return tuple(
        replace(step, state="not_needed") if step.name in over and step.state != "done" else step for step in steps
    )


@dataclass(frozen=True)
class _Steps:
    """A claim, what it comes to by now, and the day it is looked at."""

    facts: CaseFacts
    claim: Claim | None
    checklist: tuple[Listed, ...]
    on: dt.date

    def made(self) -> Iterator[CaseStep]:
        """The report and the hand-over come in the order of their last days."""
        yield self._opened()
        yield from sorted((self._report(), self._duty("hand_over")), key=lambda step: step.last_on or dt.date.max)
        yield from (self._file(), self._duty("filed"), *self._insurers())
        rows, day = self.facts.recoveries, self.facts.day("subrogated")
        came = rows["received_on"][0] if rows.height else None
        yield CaseStep("recovered", "done" if came else "waiting", came, clause="recoveries")
        yield CaseStep("subrogated", "done" if day else self._passing(), day)

    def _passing(self) -> str:
        """Rights go over for what was paid: where nothing was, there is nothing to pass on."""
        if not self._is_paid:
            return "waiting"
        return "due" if int(self.facts.paid["indemnity_minor"].sum()) else "not_needed"

    @property
    def _is_paid(self) -> bool:
        return self.facts.paid_on is not None

    def _opened(self) -> CaseStep:
        begun = self.facts.day("opened")
        is_past = self.facts.filed_on is not None or self.facts.payments.height > 0 or self.facts.decision is not None
        return CaseStep("opened", "done" if begun else "not_needed" if is_past else "due", begun)

    def _duty(self, name: str) -> CaseStep:
        """A step that is a duty of the policy, over the items of the claim; by events alone where it is none."""
        term = _DUTIES[name]
        rows = self.facts.happened(duties.EVENTS[term])
        told = self.facts.filed_on if name == "filed" else rows["on"][0] if rows.height else None
        asked = self._asked(term, is_overdue=name != "filed")
        if self.claim is None or not len(asked):
            state = "due" if name == "filed" and not self._is_paid else "not_needed"
            return CaseStep(name, "done" if told else state, told)
        each = self.claim.cover.duties[term]
        by, done = each.by[asked], each.done[asked]
        todo = by[done == NEVER]
        last = day_of(int((todo if len(todo) else by).min()))
        done_on = told if name == "filed" else None if len(todo) else day_of(int(done.max()))
        state = "done" if done_on else "not_needed" if self._is_paid else "late" if last < self.on else "due"
        missed = bool((each.state[asked] == duties.MISSED).any())
        return CaseStep(name, state, done_on, last, term, self._consequence(term, asked), is_late=missed)

    def _asked(self, term: str, *, is_overdue: bool) -> Ids:
        """Items of the claim that a duty is asked for; of duties about what is overdue, those overdue by its filing."""
        if self.claim is None or term not in self.claim.cover.duties:
            return np.zeros(0, dtype=np.int64)
        one = self.claim.cover
        mine = self.claim.rows[np.isin(one.bar[self.claim.rows], KEPT)]
        mine = mine[one.duties[term].by[mine] != NEVER]
        until = min(self.on, self.facts.filed_on or self.on)
        chosen: Ids = mine[one.clocks.due[mine] < number(until)] if is_overdue else mine
        return chosen

    def _consequence(self, term: str, asked: Ids) -> str:
        """The worst that follows for any of the items."""
        kinds = set(consequences(self.claim.cover, term)[asked].tolist()) if self.claim else set()
        return next((kind for kind in ("cover_lost", "percentage_lowered") if kind in kinds), "nothing")

    def _report(self) -> CaseStep:
        """The overdue report: OVD fulfils the duty, EXP and RES move the due day of what they are about."""
        step, rows = self._duty("overdue_report"), self.facts.happened(*REPORTS)
        kinds = tuple(REPORTS[name] for name in rows["event"].cast(pl.String).unique(maintain_order=True))
        if step.state == "not_needed" and kinds:
            step = replace(step, state="done", done_on=rows["on"][0])
        return replace(step, reports=kinds)

    def _file(self) -> CaseStep:
        """The claim file: whole once the insurer says so, or every document the policy asks for was gathered."""
        filing = self._duty("filed")
        asked = [each.gathered_on for each in self.checklist if each.is_asked]
        clause = "claim_documents" if asked else ""
        done_on = self._complete_on()
        if done_on is not None:
            return CaseStep("claim_file", "done", done_on, clause=clause)
        is_over = self._is_paid or self.facts.decision is not None or (not asked and filing.done_on is not None)
        return CaseStep(
            "claim_file", "not_needed" if is_over else "due", last_on=None if filing.done_on else filing.last_on,
            clause=clause,
        )  # fmt: skip

    def _complete_on(self) -> dt.date | None:
        """The day the claim file was whole."""
        whole = self.facts.happened("claim_file_complete")
        asked = [each.gathered_on for each in self.checklist if each.is_asked]
        days = [day for day in asked if day is not None]
        if whole.height:
            return whole["on"][0]  # type: ignore[no-any-return]
        return max(days) if days and len(days) == len(asked) else None

    def _insurers(self) -> Iterator[CaseStep]:
        """The decision and the payment, which are the insurer's to make by one last day."""
        facts, last = self.facts, self._payable_by()
        decision = facts.decision
        consequence = "insurer_late" if last else ""
        for name, day, is_over, is_begun in (
            ("decided", decision.on if decision else None, self._is_paid, facts.filed_on is not None),
            ("paid", facts.paid_on, False, decision is not None),
        ):
            is_late = last is not None and (day or self.on) > last and is_begun and not (is_over and day is None)
            open_ = "not_needed" if is_over else "waiting" if not is_begun else "late" if is_late else "due"
            yield CaseStep(name, "done" if day else open_, day, last, "claim_payment", consequence, is_late)

    def _payable_by(self) -> dt.date | None:
        """The insurer's last day to pay: after the complete file and the filing, or after the waiting period."""
        filed_on = self.facts.filed_on
        complete_on = self._complete_on() if filed_on else None
        return None if self.claim is None else self.claim.paid_by(complete_on, filed_on)
