"""The facts of one claim: what names it, and the rows of the canonical tables that are about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.protection.claim import AMOUNTS, CASE, counted


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a claim is known by."""

    customer_code: str
    policy: str
    date_of_loss: dt.date
    cause: str

    @property
    def about(self) -> tuple[str, str]:
        """The customer, and the policy."""
        return self.customer_code, self.policy

    @property
    def mine(self) -> pl.Expr:
        """Whether a row of ``claims``, ``claim_recoveries`` or ``claim_steps`` is about it."""
        return (
            (pl.col("customer_code") == self.customer_code) & (pl.col("policy") == self.policy)
            & (pl.col("date_of_loss") == self.date_of_loss) & (pl.col("cause").cast(pl.String) == self.cause)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """The insurer's last decision: how (of ``CLAIM_DECISIONS``), how much, and how much of the annual first loss."""

    on: dt.date
    how: str
    amount_minor: int
    first_loss_minor: int | None
    """None: the insurer did not say."""


@dataclass(frozen=True)
class CaseFacts:
    """What is on file of one claim: rows of the canonical tables, the earliest first."""

    key: Key
    steps: pl.DataFrame
    events: pl.DataFrame
    payments: pl.DataFrame
    recoveries: pl.DataFrame

    def day(self, step: str) -> dt.date | None:
        """The day of a step, the first where it was done more than once."""
        rows = self.steps.filter(pl.col("step") == step)
        return rows["on"][0] if rows.height else None

    def happened(self, *names: str) -> pl.DataFrame:
        """Events of these names."""
        return self.events.filter(pl.col("event").cast(pl.String).is_in(names))

    @property
    def decision(self) -> Decided | None:
        """The insurer's last decision; without one on file, what a payment that is waited for says by its amount.

        No day of that is known: it stands on that of the loss.
        """
        rows = self.steps.filter(pl.col("step") == "decided")
        if rows.is_empty():
            return self._awaited
        row = rows.row(-1, named=True)
        first_loss = 0 if row["decision"] == "refused" else row["aggregate_first_loss_used_minor"]
        return Decided(row["on"], row["decision"], row["amount_minor"] or 0, first_loss)

    @property
    def _awaited(self) -> Decided | None:
        if not self.payments.filter(pl.col("paid_on").is_null())["indemnity_minor"].sum():
            return None
        minor, first_loss = counted(self.payments).select(AMOUNTS).sum().row(0)
        return Decided(self.key.date_of_loss, "accepted", minor, first_loss or None)

    @property
    def counting(self) -> pl.DataFrame:
        """Payments that count: what is waited for is a part of a decision, and nothing once the claim is withdrawn."""
        return counted(self.payments if self.decisions.is_empty() else self.paid)

    @property
    def first_loss_minor(self) -> int | None:
        """What the insurer took of the annual first loss: as decided, else as payments say; None: it is not said."""
        said = self.decision.first_loss_minor if self.decision else None
        return said if said is not None else int(self.counting["aggregate_first_loss_used_minor"].sum()) or None

    @property
    def decisions(self) -> pl.DataFrame:
        """What steps say that the insurer decided, and that nothing is claimed any more."""
        return self.steps.filter(pl.col("step").cast(pl.String).is_in(["decided", "withdrawn"]))

    @property
    def filed_on(self) -> dt.date | None:
        """The day it was filed; that of the loss where only a payment that is waited for says so."""
        rows = self.happened("claim_filed")
        if rows.height:
            return rows["on"][0]  # type: ignore[no-any-return]
        return self.key.date_of_loss if self.payments["paid_on"].null_count() else None

    @property
    def paid(self) -> pl.DataFrame:
        """Payments that were made."""
        return self.payments.filter(pl.col("paid_on").is_not_null())

    @property
    def paid_on(self) -> dt.date | None:
        """The day of the first payment."""
        rows = self.paid
        return rows["paid_on"][0] if rows.height else None

    @property
    def entity(self) -> str:
        """Whose policy it is, as the first fact that says so; empty for the company."""
        return self._first("entity")

    @property
    def currency(self) -> str:
        """The currency of its amounts; empty where it has none yet."""
        return self._first("currency")

    def judged_on(self, on: dt.date) -> dt.date:
        """The day it is judged on, asked on a day: its filing, else the first payment, else that day."""
        return self.filed_on or self.paid_on or on

    def _first(self, name: str) -> str:
        frames = (self.payments, self.steps, self.recoveries)
        return next((said for frame in frames for said in frame[name].drop_nulls()), "")

    @property
    def since(self) -> dt.date:
        """The day from which events about a filed claim are about this one."""
        return min(self.day("opened") or self.key.date_of_loss, self.key.date_of_loss)


def cases_on_file(facts: InsuredFacts, *, on: dt.date | None = None) -> list[CaseFacts]:
    """Every claim that facts up to a day (all, without one) name, in the order in which the losses happened."""
    until = facts if on is None else facts_until(facts, on)
    frames = (until.steps, until.claims, until.recoveries)
    named = pl.concat([frame.select(pl.col(CASE).cast(pl.String)) for frame in frames])
    keys = [
        Key(code, policy, dt.date.fromisoformat(day), cause) for code, policy, day, cause in named.unique().iter_rows()
    ]
    found = [of_key(until, key) for key in keys]
    found.sort(key=lambda case: (case.key.date_of_loss, case.since, case.key))
    return [_with_own_events(case, found) for case in found]


def of_key(facts: InsuredFacts, key: Key) -> CaseFacts:
    """The facts of one claim; of events all that are about its customer and policy."""
    about = (pl.col("customer_code") == key.customer_code) & (pl.col("policy") == key.policy)
    return CaseFacts(
        key, facts.steps.filter(key.mine).sort("on", "step"), facts.events.filter(about).sort("on", "event"),
        facts.claims.filter(key.mine).sort("paid_on", nulls_last=True),
        facts.recoveries.filter(key.mine).sort("received_on", "amount_minor"),
    )  # fmt: skip


def facts_until(facts: InsuredFacts, on: dt.date) -> InsuredFacts:
    """Facts about claims of days up to one; a payment that is waited for has none."""
    later = pl.col("paid_on") > on
    claims_then = facts.claims.filter(~later.fill_null(value=False))
    return replace(
        facts, steps=facts.steps.filter(pl.col("on") <= on), events=facts.events.filter(pl.col("on") <= on),
        claims=claims_then, recoveries=facts.recoveries.filter(pl.col("received_on") <= on),
    )  # fmt: skip


def _with_own_events(case: CaseFacts, every: Sequence[CaseFacts]) -> CaseFacts:
    """Without filings of the customer's other claims: each is about the last that had begun."""
    beside = (each for each in every if each.key.about == case.key.about)
    others = [each.since for each in beside if each.since > case.since]
    is_filing = pl.col("event").cast(pl.String).is_in(["claim_filed", "claim_file_complete"])
    mine = pl.col("on") >= case.since
    if others:
        mine &= pl.col("on") < min(others)
    return replace(case, events=case.events.filter(~is_filing | mine))
