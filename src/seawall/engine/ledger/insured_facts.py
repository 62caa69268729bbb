"""What insurers decided and paid, and what happened under their policies: facts beside the ledger, in codes.

A *limit* is one layer of a policy's cover for one customer. Its decisions are never overwritten: what stands on a
day follows from all of them, and ``kind`` says what each one did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import polars as pl

from seawall.engine.kernel.table import Column, Table

WAITING: Final = ("requested", "referred")
"""Asked for, or the insurer is still looking: nothing stands yet. The amount is what was asked for."""

GRANTING: Final = ("approved", "partial", "discretionary", "temporary", "lc", "reduced")
"""From its day on the layer stands at the row's whole amount. ``partial``: less than was asked for. ``discretionary``:
set by ourselves within the policy. ``temporary``: ends by itself. ``lc``: on the bank that issues a letter of credit.
``reduced``: less than before, for shipments from its day on."""

ENDING: Final = ("refused", "cancelled", "expired")
"""From its day on the layer covers no further shipment; an amount is what was asked for, or what ended."""

LIMIT_KINDS: Final = (*WAITING, *GRANTING, *ENDING)
"""Kinds of decisions; of two made on one day that take effect on one day the later in this order stands."""

LIMIT_KIND: Final = pl.Enum(LIMIT_KINDS)
FIRST_LAYER: Final = "1"
"""The layer of a decision that names none."""

CUTTING: Final = ("reduced", "cancelled", "expired")
"""Decisions that take something away: never from before the day they were made."""

INSURANCE_EVENTS: Final = (
    "credit_report", "declaration", "extension_agreed", "rescheduled", "overdue_notified", "adverse_information",
    "goods_refused", "political_event", "insolvency", "hand_over", "claim_filed", "claim_file_complete",
    "arbitration_result", "letter_of_credit",
)  # fmt: skip
"""What may happen under a policy. ``credit_report``: evidence for a discretionary limit came in. ``declaration``: told
to the insurer (an item: that shipment). ``extension_agreed``, ``rescheduled``: ``detail`` names the new due day.
``hand_over``: given to collection. ``insolvency``: the court's day. ``arbitration_result``: ``detail`` says ``won`` or
``lost``. ``letter_of_credit``: an item is paid by one, and ``detail`` names the bank that issues it."""

INSURANCE_EVENT: Final = pl.Enum(INSURANCE_EVENTS)
EXTENDING: Final = ("extension_agreed", "rescheduled")
CAUSES: Final = ("insolvency", "protracted_default", "political", "goods_refusal")
"""Why a loss came about."""

CAUSE: Final = pl.Enum(CAUSES)
RECEIVERS: Final = ("us", "insurer")
"""Who received a recovery."""

RECEIVER: Final = pl.Enum(RECEIVERS)
OUTCOMES: Final = ("won", "lost")
CLAIM_STEPS: Final = ("opened", "gathered", "decided", "subrogated", "withdrawn")
"""What is done about a claim and no event or payment says. ``opened``: the insurer has notice of the loss.
``gathered``: a document of the claim file is there. ``decided``: the insurer said what it pays. ``subrogated``: rights
against the customer went over to it. ``withdrawn``: nothing is claimed any more."""

CLAIM_STEP: Final = pl.Enum(CLAIM_STEPS)
CLAIM_DECISIONS: Final = ("accepted", "partly", "refused")
"""How the insurer decided."""

CLAIM_DECISION: Final = pl.Enum(CLAIM_DECISIONS)
CLAIM_DOCUMENTS: Final = (
    "claim_form", "invoices", "statement_of_account", "contract", "delivery_proof", "correspondence", "limit_history",
    "discretionary_evidence", "notice_copy", "debt_confirmation", "securities", "insolvency_confirmation",
    "refusal_statement", "political_evidence",
)  # fmt: skip
"""Documents a claim file may need. ``contract``: with the order. ``delivery_proof``: bill of lading or signed delivery.
``notice_copy``: of the overdue notice. ``debt_confirmation``: what a third party says is owed. ``securities``:
retention of title, guarantees. ``insolvency_confirmation``: of the court or the practitioner. ``refusal_statement``:
that the goods were not taken. ``political_evidence``: the act of state."""

CLAIM_DOCUMENT: Final = pl.Enum(CLAIM_DOCUMENTS)
_DAY = r"(\d{4}-\d{2}-\d{2})"
_OUTCOME = r"(?i)\b(won|lost)\b"
_SOURCE = {
    "source_file": Column(pl.String, nullable=True),
    "source_row": Column(pl.Int64, "1 = first line under the header", nullable=True),
}
_ENTITY = Column(pl.String, "whose policy it is; empty: of all entities", nullable=True)

INSURED_LIMIT_FACTS = Table(
    "insured_limits",
    {
        "entity": _ENTITY,
        "customer_code": Column(pl.String),
        "policy": Column(pl.String, "code of the policy"),
        "layer": Column(pl.String, "one limit of several on the same customer; 1 where none is named"),
        "kind": Column(LIMIT_KIND, "what the decision did"),
        "amount_minor": Column(pl.Int64, "the whole layer after it, or what was asked for", nullable=True),
        "currency": Column(pl.String, "ISO 4217; empty only where there is no amount", nullable=True),
        "payment_method": Column(pl.String, "the only one it covers; empty: any", nullable=True),
        "max_term_days": Column(pl.Int32, "longest payment term it covers; empty: the policy's", nullable=True),
        "insured_rate": Column(pl.Float64, "share the insurer pays; empty: the policy's", nullable=True),
        "bank": Column(pl.String, "that issues the letter of credit", nullable=True),
        "decided_on": Column(pl.Date, "the day of the request, decision or notice"),
        "effective_from": Column(
            pl.Date, "first day of shipment it is for; empty: decided_on and the policy's notice days", nullable=True
        ),
        "expires_on": Column(pl.Date, "last day of shipment it is for", nullable=True),
        "notice_days": Column(pl.Int32, "from the notice to its effect, as the decision says", nullable=True),
        "conditions": Column(pl.String, nullable=True),
        **_SOURCE,
    },
)
INSURANCE_EVENT_FACTS = Table(
    "insurance_events",
    {
        "entity": _ENTITY,
        "customer_code": Column(pl.String, "empty only in a declaration", nullable=True),
        "policy": Column(pl.String, "code of the policy"),
        "item_number": Column(pl.String, "the debit item it is about; empty: the customer as a whole", nullable=True),
        "event": Column(INSURANCE_EVENT),
        "on": Column(pl.Date),
        "detail": Column(pl.String, nullable=True),
        "until_on": Column(pl.Date, "the new due day of an extension", nullable=True),
        "outcome": Column(pl.String, "of an arbitration: one of OUTCOMES", nullable=True),
        **_SOURCE,
    },
)
CLAIM_FACTS = Table(
    "claims",
    {
        "entity": _ENTITY,
        "customer_code": Column(pl.String),
        "policy": Column(pl.String, "code of the policy"),
        "date_of_loss": Column(pl.Date),
        "cause": Column(CAUSE),
        "paid_on": Column(pl.Date, "empty: not paid yet", nullable=True),
        "currency": Column(pl.String, "of the policy"),
        "indemnity_minor": Column(pl.Int64, "what the insurer paid; 0 before it did"),
        "aggregate_first_loss_used_minor": Column(pl.Int64, "what the claim took of the annual first loss"),
        **_SOURCE,
    },
)
RECOVERY_FACTS = Table(
    "claim_recoveries",
    {
        "entity": _ENTITY,
        "customer_code": Column(pl.String),
        "policy": Column(pl.String, "code of the policy"),
        "date_of_loss": Column(pl.Date, "of the claim it is on"),
        "cause": Column(CAUSE, "of the claim it is on"),
        "received_on": Column(pl.Date),
        "received_by": Column(RECEIVER),
        "currency": Column(pl.String, "of the policy"),
        "amount_minor": Column(pl.Int64, "before costs"),
        "costs_minor": Column(pl.Int64, "of collecting it"),
        **_SOURCE,
    },
)
CLAIM_STEP_FACTS = Table(
    "claim_steps",
    {
        "entity": _ENTITY,
        "customer_code": Column(pl.String),
        "policy": Column(pl.String, "code of the policy"),
        "date_of_loss": Column(pl.Date, "of the claim it is about"),
        "cause": Column(CAUSE, "of the claim it is about"),
        "step": Column(CLAIM_STEP),
        "document": Column(CLAIM_DOCUMENT, "what was gathered", nullable=True),
        "on": Column(pl.Date),
        "decision": Column(CLAIM_DECISION, "how the insurer decided", nullable=True),
        "currency": Column(pl.String, "of the policy; empty only where there is no amount", nullable=True),
        "amount_minor": Column(pl.Int64, "what was decided, or went over to the insurer", nullable=True),
        "aggregate_first_loss_used_minor": Column(
            pl.Int64, "what the decision takes of the annual first loss", nullable=True
        ),
        "reference": Column(pl.String, "the insurer's", nullable=True),
        "detail": Column(pl.String, nullable=True),
        **_SOURCE,
    },
)
INSURED_TABLES: Final = {
    table.name: table
    for table in (INSURED_LIMIT_FACTS, INSURANCE_EVENT_FACTS, CLAIM_FACTS, RECOVERY_FACTS, CLAIM_STEP_FACTS)
}


@dataclass(frozen=True)
class InsuredFacts:
    """All of them, as known at one time: beside a ledger, never in its sums."""

    limits: pl.DataFrame = field(default_factory=INSURED_LIMIT_FACTS.empty)
    events: pl.DataFrame = field(default_factory=INSURANCE_EVENT_FACTS.empty)
    claims: pl.DataFrame = field(default_factory=CLAIM_FACTS.empty)
    recoveries: pl.DataFrame = field(default_factory=RECOVERY_FACTS.empty)
    steps: pl.DataFrame = field(default_factory=CLAIM_STEP_FACTS.empty)

    def check(self) -> InsuredFacts:
        """The facts themselves, once every table is what was declared.

        Raises:
            Broken: one is not.
        """
        for name, frame in self.by_table().items():
            INSURED_TABLES[name].check(frame)
        return self

    def by_table(self) -> dict[str, pl.DataFrame]:
        """The frames by the names of their tables."""
        frames = (self.limits, self.events, self.claims, self.recoveries, self.steps)
        return dict(zip(INSURED_TABLES, frames, strict=True))

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame]) -> Self:
        """From frames by the names of their tables."""
        return cls(*(frames[name] for name in INSURED_TABLES))

    def seen(self, entities: Collection[str], customers: pl.Series) -> InsuredFacts:
        """What those see who see these entities only: what is theirs; of no entity, what is about these customers."""
        theirs = pl.col("entity").is_in(list(entities))
        about = pl.col("entity").is_null() & pl.col("customer_code").is_in(customers.implode())
        kept = (theirs | about).fill_null(value=False)
        return InsuredFacts.of({name: frame.filter(kept) for name, frame in self.by_table().items()})

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known at all."""
        return not any(frame.height for frame in self.by_table().values())


def with_meaning(events: pl.DataFrame) -> pl.DataFrame:
    """Events with what their ``detail`` says that figures rest on: ``until_on`` and ``outcome``."""
    name, detail = pl.col("event").cast(pl.String), pl.col("detail")
    until = detail.str.extract(_DAY, 1).str.to_date("%Y-%m-%d", strict=False)
    outcome = detail.str.extract(_OUTCOME, 1).str.to_lowercase()
    return events.with_columns(
        until_on=pl.when(name.is_in(EXTENDING)).then(until).otherwise(None),
        outcome=pl.when(name == "arbitration_result").then(outcome).otherwise(None),
    )
