"""A claim under way: where it stands, what is next, and what it brings; derived from facts, never stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl

from seawall.engine.protection.claim import CASE, Claim, Recovery, claims, recovery
from seawall.engine.protection.claim_facts import CaseFacts, Key
from seawall.engine.protection.claim_steps import CaseStep, Listed, checklist_of, state_of, steps_of
from seawall.engine.protection.cover import Asked, Insurance
from seawall.engine.protection.wording import Wording

DIFFERENCES: Final = ("decided_below", "decided_above", "paid_below", "paid_above", "above_maximum",
                      "first_loss_differs")  # fmt: skip
"""``decided``: against what was expected at filing. ``paid``: against what was decided, or expected. ``above_maximum``:
more than was left of the annual maximum. ``first_loss_differs``: the insurer took another part of the first loss."""


@dataclass(frozen=True, slots=True)
class Split:
    """One recovery shared. In sum over all of a claim the insurer never gets back more than it paid."""

    received_on: dt.date
    received_by: str
    shared: Recovery


@dataclass(frozen=True)
class Case:
    """A claim on a day. Amounts in the policy's currency; None: nothing can be said of it yet."""

    facts: CaseFacts
    on: dt.date
    currency: str
    state: str
    steps: tuple[CaseStep, ...]
    checklist: tuple[Listed, ...]
    claim: Claim | None
    """What it comes to: as at its filing, once it was filed. None where the ledger owes nothing under the policy."""

    decided_minor: int | None
    paid_minor: int | None
    differences: tuple[tuple[str, int], ...]
    splits: tuple[Split, ...] | None
    subrogated_minor: int

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.facts.key

    @property
    def next_step(self) -> CaseStep | None:
        """What is to be done next: what is late first; a duty that was missed is past once the claim is filed."""
        past = ("overdue_report", "hand_over") if self.facts.filed_on else ()
        todo = [step for step in self.steps if step.state == "due" or (step.state == "late" and step.name not in past)]
        return min(todo, key=lambda step: step.state != "late", default=None)

    @property
    def expected_minor(self) -> int | None:
        """What the policy's terms bring."""
        return None if self.claim is None else self.claim.indemnity_minor

    @property
    def standing_minor(self) -> int | None:
        """What the insurer brings as it stands: paid, else decided, else expected; nothing once it is given up."""
        if self.paid_minor is None and self.state == "withdrawn":
            return 0
        known = (each for each in (self.paid_minor, self.decided_minor, self.expected_minor) if each is not None)
        return next(known, None)

    @property
    def retained_minor(self) -> int | None:
        """What stays with the insured of what was owed, before recoveries."""
        standing = self.standing_minor
        return None if self.claim is None or standing is None else self.claim.gross_minor - standing

    @property
    def subrogated_left_minor(self) -> int:
        """What the insurer may still get back of the rights that went over to it."""
        back = sum(each.shared.insurer_minor for each in self.splits or ())
        return max(self.subrogated_minor - back, 0)

    @property
    def takes(self) -> tuple[int, int]:
        """What it takes of the annual first loss and of the annual maximum: what is decided and not yet paid too."""
        if self.state in ("refused", "withdrawn") and not self.paid_minor:
            return 0, 0
        decided = None if self.state == "withdrawn" else self.decided_minor
        known = [each for each in (self.paid_minor, decided) if each is not None]
        said = self.facts.first_loss_minor
        ours = 0 if self.claim is None else -_step_minor(self.claim, "aggregate_first_loss")
        return ours if said is None else said, max(known, default=self.expected_minor or 0)


def case(insurance: Insurance, facts: CaseFacts, on: dt.date, *, earlier: pl.DataFrame | None = None) -> Case:
    """A claim as it stands on a day.

    ``earlier``: rows of ``claims`` of other claims, which take their part of the terms of the period before this one
    (without them what was paid and decided).

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    now = claim_of(insurance, facts.key, on, earlier=earlier)
    judged_on = facts.judged_on(on)
    at_filing = now if judged_on == on else claim_of(insurance, facts.key, judged_on, earlier=earlier)
    wording = now.cover.wording if now else _wording(insurance, facts.key)
    checklist = checklist_of(facts, wording)
    steps = steps_of(facts, now, checklist, on)
    decision = facts.decision
    decided = None if decision is None else decision.amount_minor
    paid = int(facts.paid["indemnity_minor"].sum()) if facts.paid.height else None
    moved = facts.steps.filter(pl.col("step") == "subrogated")
    currency = wording.currency if wording else facts.currency
    return Case(
        facts, on, currency, state_of(facts), steps, checklist, at_filing, decided, paid,
        _differences(facts, at_filing, decided, paid), shared(facts.recoveries, at_filing, paid or 0),
        int(moved["amount_minor"].sum()),
    )  # fmt: skip


def erosion(one: Case) -> pl.DataFrame:
    """What a claim takes of the terms of its period, as rows of ``claims``: its payments, and the rest."""
    first_loss, indemnity = one.takes
    payments = one.facts.counting
    rest = {
        "aggregate_first_loss_used_minor": first_loss - int(payments["aggregate_first_loss_used_minor"].sum()),
        "indemnity_minor": max(indemnity - int(payments["indemnity_minor"].sum()), 0),
    }
    key = one.key
    row = {name: getattr(key, name) for name in CASE} | {"currency": one.currency} | rest
    frame = pl.DataFrame([{name: row.get(name) for name in payments.columns}], schema=payments.schema)
    return pl.concat([payments, frame])


def shared(recoveries: pl.DataFrame, claim: Claim | None, paid_minor: int) -> tuple[Split, ...] | None:
    """Each recovery shared by the policy's rule: of the sum up to it less that before, so that no cent is lost.

    ``recoveries``: rows of a claim, the earliest first. ``paid_minor``: what the insurer paid in all. None: there is no
    claim or no rule to share by.
    """
    if claim is None or claim.cover.wording.get("recoveries", claim.cover.term_day) is None:
        return None
    splits: list[Split] = []
    before = recovery(claim, 0, paid_minor=paid_minor)
    for row in recoveries.iter_rows(named=True):
        amount, costs = before.amount_minor + row["amount_minor"], before.costs_minor + row["costs_minor"]
        whole = recovery(claim, amount, costs, paid_minor=paid_minor)
        part = Recovery(*(getattr(whole, name) - getattr(before, name) for name in Recovery.__slots__))
        splits.append(Split(row["received_on"], row["received_by"], part))
        before = whole
    return tuple(splits)


def claim_of(
    insurance: Insurance, key: Key, judged_on: dt.date, *, earlier: pl.DataFrame | None = None
) -> Claim | None:  # fmt: skip
    """What it comes to by what was done up to a day; the policy's period with the most at stake where there are two.

    None where the ledger owes nothing under the policy.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    made = claims_of(insurance, key, judged_on, earlier=earlier)
    return max(made, key=lambda claim: claim.gross_minor, default=None)


def claims_of(
    insurance: Insurance, key: Key, judged_on: dt.date, *, earlier: pl.DataFrame | None = None
) -> tuple[Claim, ...]:  # fmt: skip
    """The same under each of the policy's periods; none where the ledger owes nothing. Errors as there."""
    mine = insurance.of_customer(key.customer_code)
    if mine is None:
        return ()
    (customer,) = (
        mine.book.ledger.customers.filter(pl.col("customer_code") == key.customer_code)["customer_id"].to_list()
    )  # fmt: skip
    asked = Asked(key.date_of_loss, key.cause, max(judged_on, key.date_of_loss))
    return claims(mine, asked, [customer], policy=key.policy, earlier=earlier)


def _wording(insurance: Insurance, key: Key) -> Wording | None:
    found = [one for one in insurance.wordings if one.code == key.policy]
    about = [one for one in found if one.first_on <= key.date_of_loss]
    return next(iter((about or found)[-1:]), None)


def _differences(
    facts: CaseFacts, claim: Claim | None, decided: int | None, paid: int | None
) -> tuple[tuple[str, int], ...]:
    """How the insurer's figures differ from ours: what, and by how much (above zero: in our favour)."""
    expected = None if claim is None else claim.indemnity_minor
    found = [("decided", decided, expected), ("paid", paid, expected if decided is None else decided)]
    said = [
        (f"{name}_{'above' if more > less else 'below'}", more - less)
        for name, more, less in found if more is not None and less is not None and more != less
    ]  # fmt: skip
    if claim is None:
        return tuple(said)
    left = claim.left.maximum_left
    most = None if left is None else left + claim.indemnity_minor
    stands = paid if paid is not None else decided
    if most is not None and stands is not None and stands > most:
        said.append(("above_maximum", stands - most))
    used = facts.first_loss_minor
    ours = -_step_minor(claim, "aggregate_first_loss")
    if used is not None and used != ours:
        said.append(("first_loss_differs", ours - used))
    return tuple(said)


def _step_minor(claim: Claim, name: str) -> int:
    return sum(step.minor for step in claim.steps if step.name == name)
