"""What a ledger and its insurance policies say of a loss: a claim file (索赔材料) without notes and documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger.insured_facts import InsuredFacts
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import DEFAULT_SCHEME
from seawall.engine.protection import duties
from seawall.engine.protection.claim import Claim
from seawall.engine.protection.claim_evidence import evidence_of
from seawall.engine.protection.claim_facts import Key, of_key
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.deadlines import KEPT
from seawall.engine.protection.durations import NEVER, day_of
from seawall.engine.protection.durations import number as number_of
from seawall.services import claim_checklist, documents, insurance
from seawall.services.claim_documents import before
from seawall.services.insurance import Document
from seawall.services.statements import statement_document

CHECKLIST, DISPUTES = "house.claim_file", "house.dispute_reasons"
DUTIES: Final = ("declaration", "overdue_notice", "hand_over", "claim_filing")
"""What the insured had to do, in the order in which it comes."""


def of_files(
    book: documents.Asked, asked_of: Insurance, loss: Key, *, policies: Policies, company: str = "",
    is_demo: bool = False,
) -> Document:  # fmt: skip
    """The claim file of a ledger and its policies, on the day of the ledger; nothing is said of documents.

    Raises:
        NotFound: there is no such customer, or it owes nothing that the policy is about.
        UnknownCode: there is no such policy.
        UsageError: no such cause, or the day lies before the loss.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    found, made = gathered(book, asked_of, loss, company=company, is_demo=is_demo, policies=policies)
    return checked(found, made, policies, asked_of.facts)


def gathered(
    book: documents.Asked, asked_of: Insurance, loss: Key, *, company: str, is_demo: bool, policies: Policies
) -> tuple[Document, Sequence[Claim]]:
    """The file without its checklist, and the claims it is of: one for each period of the policy.

    Raises:
        NotFound: there is no such customer, or it owes nothing that the policy is about.
        UnknownCode: there is no such policy.
        UsageError: no such cause, or the day lies before the loss.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    on = book.as_of.on
    if on < loss.date_of_loss:
        raise UsageError("The file would be of {day}, before the loss.", hint="Choose a day from {lost_on} on.",
                         day=on, lost_on=loss.date_of_loss)  # fmt: skip
    earlier, judged_on = before(asked_of, loss, on)

    def judged(day: dt.date) -> Sequence[Claim]:
        return insurance.claims_on(
            asked_of, [loss.customer_code], cause=loss.cause, lost_on=loss.date_of_loss, judged_on=day,
            policy=loss.policy, earlier=earlier,
        )[1]  # fmt: skip

    made = judged(judged_on)
    now = made if judged_on == on else judged(on)
    lines = [insurance.claim_lines(one) for one in made]
    first = made[0]
    items = [row for one, said in zip(made, lines, strict=True) for row in _items(one, said["items"])]
    statement = statement_document(
        book, code=loss.customer_code, since=_since(book.ledger, items), scheme=DEFAULT_SCHEME, company=company,
        is_demo=is_demo,
    )  # fmt: skip
    return {
        "report": "claim_file", "company": company, "is_demo": is_demo, "as_of": on.isoformat(),
        "known": book.as_of.known, "customer": statement["customer"], "policy": _policy(first),
        "date_of_loss": loss.date_of_loss.isoformat(), "cause": loss.cause, "claims": _claims(made, lines, now),
        "items": items, "since": statement["since"], "statement": statement["accounts"],
        "disputes": _disputes(now[0], items, policies.at(DISPUTES, on).value),
        "duties": sorted((row for one in now for row in _duties(one)), key=lambda row: (row["on"], row["number"])),
        "events": _events(now[0], items), "limits": _limits(asked_of, loss, on),
        "evidence": [each for each in map(_evidence, made) if each is not None],
        "payments": _said(asked_of.facts.claims, loss, on, ("paid_on", "indemnity")),
        "recoveries": _said(asked_of.facts.recoveries, loss, on, ("received_on", "received_by", "amount", "costs")),
        "correspondence": None, "documents": None,
    }, made  # fmt: skip


def checked(found: Document, made: Sequence[Claim], policies: Policies, facts: InsuredFacts) -> Document:
    """The file with its checklist: what the policy asks for, or where it names nothing the house's list.

    What a step of the claim says was gathered by then is there.
    """
    key = Key(found["customer"]["customer_code"], found["policy"]["policy"], made[0].cover.asked.on, found["cause"])
    until = facts.steps.filter(pl.col("on") <= dt.date.fromisoformat(found["as_of"]))
    steps = of_key(replace(facts, steps=until), key).steps
    wording, day = made[0].cover.wording, made[0].cover.term_day
    asked = wording.get("claim_documents", day) or {}
    rows = claim_checklist.checklist(
        found, policies.at(CHECKLIST, dt.date.fromisoformat(found["as_of"])).value,
        asked=[*dict.fromkeys([*(asked.get("always") or ()), *(asked.get(found["cause"]) or ())])],
        duties=[name for name in wording.terms if wording.get(name, day) is not None],
        gathered=steps.filter(pl.col("step") == "gathered")["document"].cast(pl.String).to_list(),
    )  # fmt: skip
    return found | {"checklist": rows}


def _claims(made: Sequence[Claim], lines: Sequence[Document], now: Sequence[Claim]) -> list[Document]:
    """Each as it was judged, with its days to be paid by what happened up to ``now``."""
    days = {
        one.cover.wording.first_on: {"payable_from": _day(one.payable_from), "pay_by": _day(one.pay_by)} for one in now
    }
    return [_claim(one, said) | days[one.cover.wording.first_on] for one, said in zip(made, lines, strict=True)]


def _claim(one: Claim, lines: Document) -> Document:
    """The waterfall under one period of the policy; its items stand with those of the others."""
    wording = one.cover.wording
    kept = ("policy", "currency", "steps", "gross", "indemnity", "retained", "payable_from", "pay_by", "insurer_code",
            "loss_payee", "balances")  # fmt: skip
    amounts = {"covered": amount_text(one.covered_minor, wording.currency)}
    return {name: lines[name] for name in kept} | amounts | {
        "from": wording.first_on.isoformat(), "to": wording.last_on.isoformat(),
    }  # fmt: skip


def _policy(claim: Claim) -> Document:
    wording = claim.cover.wording
    return {
        "policy": wording.code, "title": wording.title, "title_zh": wording.title_zh, "insurer": wording.insurer,
        "currency": wording.currency,
    }  # fmt: skip


def _items(claim: Claim, items: Sequence[Document]) -> list[Document]:
    """The items of a claim as published, each with the days that its cover goes by; the earliest of its instalments."""
    one, days = claim.cover, dict[tuple[str, str], dict[str, int]]()
    names = insurance.names_of(one.book.ledger)
    for at in claim.rows.tolist():
        number, entity, _customer, _currency = names(int(one.book.whole[one.item[at]]))
        clocks = {"issued_on": one.clocks.issue, "shipped_on": one.clocks.shipment, "due_on": one.clocks.due}
        kept = days.setdefault((entity, number), {})
        for name, values in clocks.items():
            kept[name] = min(kept.get(name, int(values[at])), int(values[at]))
    lost = number_of(one.asked.on)
    return [
        row
        | {name: day_of(day).isoformat() for name, day in days[row["entity"], row["number"]].items()}
        | {"dpd_days": lost - days[row["entity"], row["number"]]["due_on"]}
        for row in items
    ]


def _since(ledger: Ledger, items: Sequence[Document]) -> dt.date:
    """The month in which the oldest item was issued, unless the ledger begins later."""
    first = min(dt.date.fromisoformat(row["issued_on"]) for row in items).replace(day=1)
    return first if ledger.known_from is None else max(first, ledger.known_from + dt.timedelta(days=1))


def _disputes(claim: Claim, items: Sequence[Document], titles: Mapping[str, Mapping[str, str]]) -> list[Document]:
    ledger = claim.cover.book.ledger
    names = insurance.names_of(ledger)
    on = claim.cover.asked.known_on
    rows = ledger.disputes.filter(pl.col("opened_on") <= on).sort("opened_on", "item_id")
    rows = rows.with_columns(closed_on=pl.when(pl.col("closed_on") <= on).then("closed_on"))
    mine = {(row["entity"], row["number"]) for row in items}
    made = []
    for row in rows.iter_rows(named=True):
        number, entity, _customer, currency = names(row["item_id"])
        if (entity, number) in mine:
            title = titles.get(row["reason"] or "", {})
            made.append({
                "entity": entity, "number": number, "opened_on": _day(row["opened_on"]),
                "closed_on": _day(row["closed_on"]), "currency": currency,
                "amount": amount_text(row["amount_minor"], currency), "reason": row["reason"],
                "title": title.get("en"), "title_zh": title.get("zh"),
            })  # fmt: skip
    return made


def _duties(claim: Claim) -> list[Document]:
    """By when each duty was to be done for the items of a claim, and whether it was; none where cover was never."""
    one, names = claim.cover, insurance.names_of(claim.cover.book.ledger)
    rows = claim.rows[np.isin(one.bar[claim.rows], KEPT)]
    found: dict[tuple[str, str, str, int], Document] = {}
    for term in (term for term in DUTIES if term in one.duties):
        duty = one.duties[term]
        for at in rows[duty.by[rows] != NEVER].tolist():
            number, entity, _customer, _currency = names(int(one.book.whole[one.item[at]]))
            by, done = int(duty.by[at]), int(duty.done[at])
            found[term, entity, number, by] = {
                "kind": term, "entity": entity, "number": number, "on": day_of(by).isoformat(),
                "state": duties.STATES[int(duty.state[at])],
                "done_on": None if done == NEVER else day_of(done).isoformat(),
            }  # fmt: skip
    return list(found.values())


def _events(claim: Claim, items: Sequence[Document]) -> list[Document]:
    """What happened to the customer or the items under the policy; an event about an item in instalments is one."""
    about = pl.col("item_number").is_null() | pl.col("item_number").is_in([row["number"] for row in items])
    rows = claim.cover.facts.events.filter(pl.col("customer_id") == claim.customer, about)
    rows = rows.select("on", pl.col("event").cast(pl.String), number="item_number", detail="detail")
    told = rows.unique(maintain_order=True).sort("on", maintain_order=True)
    return [row | {"on": _day(row["on"])} for row in told.iter_rows(named=True)]


_OF_LIMIT = (
    "layer", "kind", "currency", "decided_on", "effective_from", "expires_on", "notice_days", "insured_rate",
    "max_term_days", "payment_method", "bank", "conditions",
)  # fmt: skip


def _limits(asked_of: Insurance, loss: Key, on: dt.date) -> list[Document]:
    facts = asked_of.facts.limits
    rows = facts.filter(
        pl.col("policy") == loss.policy, pl.col("customer_code") == loss.customer_code, pl.col("decided_on") <= on
    )
    rows = rows.with_columns(pl.col("kind").cast(pl.String)).sort("decided_on", "layer", maintain_order=True)
    return [_written(row, _OF_LIMIT, ("amount",)) for row in rows.iter_rows(named=True)]


def _said(facts: pl.DataFrame, loss: Key, on: dt.date, names: Sequence[str]) -> list[Document]:
    """Payments or recoveries on this very claim up to a day, by the first of these names; what is waited for too."""
    rows = facts.filter(loss.mine, (pl.col(names[0]) <= on).fill_null(value=True))
    amounts = [name for name in names if f"{name}_minor" in rows.columns]
    plain = ["currency", *(name for name in names if name not in amounts)]
    return [_written(row, plain, amounts) for row in rows.sort(names[0], nulls_last=True).iter_rows(named=True)]


def _written(row: Mapping[str, Any], names: Sequence[str], amounts: Sequence[str]) -> Document:
    """Facts as texts: days and amounts."""
    plain = {name: _day(row[name]) if isinstance(row[name], dt.date) else row[name] for name in names}
    return plain | {
        name: None if row[f"{name}_minor"] is None else amount_text(row[f"{name}_minor"], row["currency"])
        for name in amounts
    }


def _evidence(claim: Claim) -> Document | None:
    """What the limits of our own rest on, under one period of the policy."""
    found = evidence_of(claim)
    if found is None:
        return None
    names, currency = insurance.names_of(claim.cover.book.ledger), claim.cover.wording.currency
    shipments = [
        {
            "entity": names(row["item_id"])[1], "number": names(row["item_id"])[0], "currency": currency,
            "shipped_on": _day(row["shipped_on"]), "limit": amount_text(row["limit_minor"], currency),
            "is_justified": row["limit_minor"] > 0, "payments": row["payments"], "until_on": _day(row["until_on"]),
            "report_on": _day(row["report_on"]),
        }
        for row in found.shipments.sort("shipped_on", "item_id").iter_rows(named=True)
    ]  # fmt: skip
    payments = [
        {
            "entity": names(row["item_id"])[1], "number": names(row["item_id"])[0], "currency": currency,
            "due_on": _day(row["due_on"]), "paid_on": _day(row["paid_on"]),
            "amount": amount_text(row["amount_minor"], currency),
        }
        for row in found.payments.sort("paid_on", "item_id").iter_rows(named=True)
    ]  # fmt: skip
    return {"shipments": shipments, "payments": payments}


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
