"""Rules for insured limits, events under a policy and claims: what a file may say of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

from seawall.engine.ledger.insured_facts import (
    CLAIM_FACTS,
    CLAIM_STEP_FACTS,
    CUTTING,
    EXTENDING,
    FIRST_LAYER,
    GRANTING,
    INSURANCE_EVENT_FACTS,
    INSURED_LIMIT_FACTS,
    RECOVERY_FACTS,
    WAITING,
    InsuredFacts,
    with_meaning,
)
from seawall.engine.ledger.minor_units import in_minor, places_of, plain, through
from seawall.engine.ledger.rejects import Sieve

LIMIT_KEY = ("customer_code", "policy", "layer", "kind", "decided_on")
"""One decision of a kind on a day; another layer is another limit."""

EVENT_KEY = ("customer_code", "policy", "item_number", "event", "on", "detail")
CLAIM_KEY = ("customer_code", "policy", "date_of_loss", "cause", "paid_on")
"""One payment of a claim; what came later for the same loss has its own day."""

RECOVERY_KEY = ("customer_code", "policy", "date_of_loss", "cause", "received_on", "received_by", "amount_minor")
CLAIM_STEP_KEY = ("customer_code", "policy", "date_of_loss", "cause", "step", "document", "on")


@dataclass(frozen=True, slots=True)
class Currencies:
    """By code of a policy: the currency it says it has, and the one that all its limits are in."""

    of_policies: Mapping[str, str] = field(default_factory=dict)
    of_limits: Mapping[str, str] = field(default_factory=dict)


def checked_limits(rows: pl.DataFrame, customers: pl.Series, found: list[pl.DataFrame]) -> pl.DataFrame:
    """Decisions on limits of customers that are known, with amounts in minor units."""
    if rows.is_empty():
        return INSURED_LIMIT_FACTS.empty()
    rows = rows.with_columns(pl.col("layer").fill_null(FIRST_LAYER))
    sieve = Sieve(rows)
    kind, amount = pl.col("kind").cast(pl.String), pl.col("amount")
    needs_amount = kind.is_in([*WAITING, *GRANTING])
    sieve.refuse(needs_amount & (amount.is_null() | (amount == 0)), "amount", "limit_amount", kind)
    sieve.refuse(amount.is_not_null() & pl.col("currency").is_null(), "currency", "empty")
    sieve.refuse((kind == "lc") & pl.col("bank").is_null(), "bank", "limit_bank")
    sieve.refuse((kind == "temporary") & pl.col("expires_on").is_null(), "expires_on", "limit_temporary")
    begins = pl.coalesce("effective_from", "decided_on")
    sieve.refuse(pl.col("expires_on") < begins, "expires_on", "limit_days", pl.col("expires_on"), begins)
    backdated = kind.is_in(CUTTING) & (pl.col("effective_from") < pl.col("decided_on"))
    sieve.refuse(backdated, "effective_from", "limit_backdated", pl.col("effective_from"), pl.col("decided_on"))
    _refuse_strangers(sieve, customers)
    rows = through(sieve, found)
    _, sieve = in_minor(rows.with_columns(places_of(rows["currency"])), {"amount": "amount_minor"}, found)
    noticed = pl.col("decided_on") + pl.duration(days=pl.col("notice_days"))
    sieve.rows = sieve.rows.with_columns(effective_from=pl.coalesce("effective_from", noticed))
    sieve.refuse_twins([*LIMIT_KEY], "customer_code", "duplicate_limit")
    return through(sieve, found).select(*INSURED_LIMIT_FACTS.columns)


def checked_insurance_events(
    rows: pl.DataFrame, customers: pl.Series, items: pl.DataFrame, found: list[pl.DataFrame]
) -> pl.DataFrame:
    """Events about customers and debit items (``entity``, ``number``, ``customer_code``) that are known."""
    if rows.is_empty():
        return INSURANCE_EVENT_FACTS.empty()
    sieve = Sieve(with_meaning(rows))
    event, code = pl.col("event").cast(pl.String), pl.col("customer_code")
    sieve.refuse(code.is_null() & (event != "declaration"), "customer_code", "empty")
    _refuse_strangers(sieve, customers)
    _refuse_other_items(sieve, items)
    sieve.refuse(event.is_in(EXTENDING) & pl.col("until_on").is_null(), "detail", "event_until", pl.col("detail"))
    is_letter = event == "letter_of_credit"
    sieve.refuse(is_letter & pl.col("item_number").is_null(), "item_number", "empty")
    sieve.refuse(is_letter & pl.col("detail").is_null(), "detail", "empty")
    undecided = (event == "arbitration_result") & pl.col("outcome").is_null()
    sieve.refuse(undecided, "detail", "event_outcome", pl.col("detail"))
    sieve.refuse_twins([*EVENT_KEY], "event", "duplicate_event")
    return through(sieve, found).select(*INSURANCE_EVENT_FACTS.columns)


def _refuse_other_items(sieve: Sieve, items: pl.DataFrame) -> None:
    """Refuse items that are not there, and those of another customer or entity than the row says."""
    if sieve.rows["item_number"].null_count() == sieve.rows.height:
        return
    owners = items.group_by(item_number="number").agg(owners="customer_code", entities="entity")
    rows = sieve.rows.select("item_number", "customer_code", "entity")
    rows = rows.join(owners, on="item_number", how="left", maintain_order="left")
    number, code, entity = pl.col("item_number"), pl.col("customer_code"), pl.col("entity")
    same_entity = entity.is_null() | pl.col("entities").list.contains(entity)
    unknown = number.is_not_null() & (pl.col("owners").is_null() | ~same_entity)
    other = ~unknown & number.is_not_null() & code.is_not_null() & ~pl.col("owners").list.contains(code)
    masks = rows.select(
        unknown=unknown.fill_null(value=False), other=other.fill_null(value=False), owner=pl.col("owners").list.first()
    )
    sieve.refuse_mask(masks["unknown"].to_numpy(), "item_number", "unknown_item", number)
    sieve.rows = sieve.rows.with_columns(masks["owner"])
    sieve.refuse_mask(masks["other"].to_numpy(), "customer_code", "other_customer", code, pl.col("owner"))


def checked_claims(
    rows: pl.DataFrame, customers: pl.Series, currencies: Currencies, found: list[pl.DataFrame]
) -> pl.DataFrame:
    """Claims of customers that are known; their amounts are in the currency of the policy."""
    if rows.is_empty():
        return CLAIM_FACTS.empty()
    sieve = _in_currency(rows, currencies)
    early = pl.col("paid_on") < pl.col("date_of_loss")
    sieve.refuse(early, "paid_on", "claim_days", pl.col("paid_on"), pl.col("date_of_loss"))
    sieve.refuse(pl.col("paid_on").is_not_null() & pl.col("indemnity").is_null(), "indemnity", "empty")
    _refuse_strangers(sieve, customers)
    amounts = {"indemnity": "indemnity_minor", "aggregate_first_loss_used": "aggregate_first_loss_used_minor"}
    sieve = _amounts(sieve, amounts, found)
    sieve.refuse_twins([*CLAIM_KEY], "customer_code", "duplicate_claim")
    return through(sieve, found).select(*CLAIM_FACTS.columns)


def checked_recoveries(
    rows: pl.DataFrame, customers: pl.Series, currencies: Currencies, found: list[pl.DataFrame]
) -> pl.DataFrame:
    """What came in after losses, of customers that are known."""
    if rows.is_empty():
        return RECOVERY_FACTS.empty()
    sieve = _in_currency(rows, currencies)
    early = pl.col("received_on") < pl.col("date_of_loss")
    sieve.refuse(early, "received_on", "recovery_days", pl.col("received_on"), pl.col("date_of_loss"))
    sieve.refuse(pl.col("costs") > pl.col("amount"), "costs", "recovery_costs", plain("costs"), plain("amount"))
    _refuse_strangers(sieve, customers)
    sieve = _amounts(sieve, {"amount": "amount_minor", "costs": "costs_minor"}, found)
    sieve.refuse_twins([*RECOVERY_KEY], "customer_code", "duplicate_recovery")
    return through(sieve, found).select(*RECOVERY_FACTS.columns)


def checked_claim_steps(
    rows: pl.DataFrame, customers: pl.Series, currencies: Currencies, found: list[pl.DataFrame]
) -> pl.DataFrame:
    """Steps of claims on customers that are known; a decision says how and how much, a document which."""
    if rows.is_empty():
        return CLAIM_STEP_FACTS.empty()
    step, decision = pl.col("step").cast(pl.String), pl.col("decision").cast(pl.String)
    amount = pl.col("amount")
    is_money = amount.is_not_null() | pl.col("aggregate_first_loss_used").is_not_null()
    sieve = _in_currency(rows, currencies, where=is_money)
    sieve.refuse((step == "gathered") != pl.col("document").is_not_null(), "document", "step_document", step)
    sieve.refuse((step == "decided") != decision.is_not_null(), "decision", "step_decision", step)
    pays = (step == "subrogated") | decision.is_in(["accepted", "partly"])
    sieve.refuse(pays.fill_null(value=False) & ~(amount > 0).fill_null(value=False), "amount", "step_amount", step)
    sieve.refuse(~pays.fill_null(value=False) & (amount > 0), "amount", "step_no_amount", plain("amount"))
    early = step.is_in(["decided", "subrogated"]) & (pl.col("on") < pl.col("date_of_loss"))
    sieve.refuse(early, "on", "step_days", pl.col("on"), pl.col("date_of_loss"))
    _refuse_strangers(sieve, customers)
    rows = through(sieve, found)
    amounts = {"amount": "amount_minor", "aggregate_first_loss_used": "aggregate_first_loss_used_minor"}
    _, sieve = in_minor(rows.with_columns(places_of(rows["currency"])), amounts, found)
    sieve.refuse_twins([*CLAIM_STEP_KEY], "step", "duplicate_step")
    return through(sieve, found).select(*CLAIM_STEP_FACTS.columns)


def _in_currency(rows: pl.DataFrame, currencies: Currencies, where: pl.Expr | None = None) -> Sieve:
    """Rows with the currency of their policy; refused where none is known and one is needed, or another is said."""
    policy = pl.col("policy")
    needed = pl.lit(value=True) if where is None else where
    of_policy, of_limits = (
        policy.replace_strict(dict(known), default=None, return_dtype=pl.String)
        for known in (currencies.of_policies, currencies.of_limits)
    )
    sieve = Sieve(rows.with_columns(pl.coalesce("currency", of_policy, of_limits).alias("currency"), said=of_policy))
    sieve.refuse(needed & pl.col("currency").is_null(), "currency", "claim_currency", policy)
    sieve.refuse(
        pl.col("currency") != pl.col("said"), "currency", "policy_currency", pl.col("currency"), pl.col("said")
    )
    return sieve


def _amounts(sieve: Sieve, amounts: dict[str, str], found: list[pl.DataFrame]) -> Sieve:
    """What the sieve kept with amounts in minor units; an amount that is not said is 0."""
    rows = through(sieve, found)
    _, kept = in_minor(rows.with_columns(places_of(rows["currency"])), dict(amounts), found)
    kept.rows = kept.rows.with_columns(pl.col(*amounts.values()).fill_null(0))
    return kept


def _refuse_strangers(sieve: Sieve, customers: pl.Series) -> None:
    """Refuse rows of customers who are not known."""
    code = pl.col("customer_code")
    sieve.refuse(~code.is_in(customers.implode()), "customer_code", "unknown_customer", code)


def currencies_of(limits: pl.DataFrame) -> dict[str, str]:
    """By policy: the currency that all its limits are in."""
    only = limits.filter(pl.col("currency").is_not_null()).group_by("policy").agg(pl.col("currency").unique())
    return {policy: codes[0] for policy, codes in only.iter_rows() if len(codes) == 1}


def noted_insured(insured: InsuredFacts, policies: Collection[str]) -> list[tuple[str, dict[str, str | int]]]:
    """What is worth saying of facts that were taken: codes of ``rejects.WARNINGS``, how many rows, and the first.

    ``policies``: codes of the policies that stand beside them; none: their policies are elsewhere.
    """
    named = pl.concat([frame["policy"] for frame in insured.by_table().values()])
    strange = named.filter(~named.is_in(list(policies)))
    limits = insured.limits.filter(pl.col("kind").cast(pl.String).is_in(GRANTING)).sort(
        "decided_on", maintain_order=True
    )
    before = pl.col("amount_minor").shift(1).over("customer_code", "policy", "layer", "currency")
    raised = limits.filter((pl.col("kind") == "reduced") & (pl.col("amount_minor") > before))["customer_code"]
    found = {"unknown_policy": strange if policies else strange.clear(), "limit_raised": raised}
    return [(code, {"count": rows.len(), "value": rows[0]}) for code, rows in found.items() if rows.len()]
