"""Scenarios of what is recorded by hand of insurers: decisions, events, claims, recoveries; and taken back."""

import datetime as dt
import itertools

from stocked import ON, SYSTEM, person
from verbs.registry import scenario

from seawall.engine.protection.claim_facts import Key
from seawall.services import access, approvals, calendar_addresses, claim_moves, insured, reminders, wordings
from seawall.services.access import Grant, actor_of

NUMBERS = itertools.count(1)


def limit(world):
    return {
        "customer_code": world.customer_code, "policy": f"P{next(NUMBERS)}", "kind": "approved", "amount": "1000",
        "currency": "CNY", "decided_on": "2026-01-01",
    }  # fmt: skip


def event(world):
    return {
        "customer_code": world.customer_code, "policy": f"P{next(NUMBERS)}", "event": "adverse_information",
        "on": "2026-03-01", "detail": "asks for time",
    }  # fmt: skip


def claim(world):
    return {
        "customer_code": world.customer_code, "policy": f"P{next(NUMBERS)}", "date_of_loss": "2026-03-01",
        "cause": "insolvency", "currency": "CNY", "paid_on": "2026-03-20", "indemnity": "10",
    }  # fmt: skip


def number_of(table, row):
    rows = insured.facts_of(SYSTEM, table, customers=[row["customer_code"]])
    return rows.filter(policy=row["policy"])["fact_id"].item()


@scenario(access.LIMIT_RECORD)
def a_limit_is_decided(world):
    row = limit(world)
    return lambda: insured.record_fact(SYSTEM, "insured_limits", row)


@scenario(access.LIMIT_RECORD)
def a_decision_is_corrected(world):
    row = limit(world)
    insured.record_fact(SYSTEM, "insured_limits", row)
    return lambda: insured.record_fact(SYSTEM, "insured_limits", row | {"amount": "2000"}, correct=True)


@scenario(access.LIMIT_RECORD)
def a_decision_is_taken_back(world):
    row = limit(world)
    insured.record_fact(SYSTEM, "insured_limits", row)
    number = number_of("insured_limits", row)
    return lambda: insured.take_back(SYSTEM, "insured_limits", number, reason="of another customer")


@scenario(access.INSURANCE_EVENT_RECORD)
def an_event_with_its_evidence_is_recorded(world):
    row = event(world) | {"event": "credit_report"}
    content = f"%PDF report {next(NUMBERS)}".encode()
    return lambda: insured.record_fact(SYSTEM, "insurance_events", row, evidence=("report.pdf", content))


@scenario(access.INSURANCE_EVENT_RECORD)
def an_event_is_taken_back(world):
    row = event(world)
    insured.record_fact(SYSTEM, "insurance_events", row)
    number = number_of("insurance_events", row)
    return lambda: insured.take_back(SYSTEM, "insurance_events", number, reason="a rumour")


@scenario(access.CLAIM_RECORD)
def a_payment_is_recorded(world):
    row = claim(world)
    return lambda: insured.record_fact(SYSTEM, "claims", row)


@scenario(access.CLAIM_RECORD)
def a_recovery_is_recorded(world):
    row = {name: value for name, value in claim(world).items() if name not in ("paid_on", "indemnity")}
    more = {"received_on": "2026-03-25", "received_by": "us", "amount": "5", "costs": "1"}
    return lambda: insured.record_fact(SYSTEM, "claim_recoveries", row | more)


@scenario(access.CLAIM_RECORD)
def a_claim_is_taken_back(world):
    row = claim(world)
    insured.record_fact(SYSTEM, "claims", row)
    number = number_of("claims", row)
    return lambda: insured.take_back(SYSTEM, "claims", number, reason="paid to another policy")


def case(world):
    """A claim nobody has opened: of the one policy, on a day of its own."""
    if not any(each.policy == "CLAIMED" for each in wordings.listed(SYSTEM)):
        body = wordings.template("sinosure-style").replace("policy: SINOSURE-STYLE", "policy: CLAIMED")
        asked = wordings.propose(proposer("insurance_manager"), body, reason="claims")
        approvals.approve(proposer("credit_manager"), asked.number, digest=asked.digest, on=ON)
    return Key(world.customer_code, "CLAIMED", dt.date(2025, 1, 1) + dt.timedelta(days=next(NUMBERS)), "insolvency")


def moved(key, move, **said):
    return claim_moves.make(SYSTEM, key, move, said, on=key.date_of_loss, today=ON)


@scenario(access.CLAIM_RECORD)
def a_claim_is_opened(world):
    key = case(world)
    return lambda: moved(key, "opened", reference="N-1")


@scenario(access.INSURANCE_EVENT_RECORD)
def a_claim_is_filed(world):
    key = case(world)
    moved(key, "opened")
    return lambda: moved(key, "filed", reference=f"CL-{next(NUMBERS)}")


@scenario(access.CLAIM_RECORD)
def an_insurer_decides_on_a_claim(world):
    key = case(world)
    moved(key, "opened")
    moved(key, "filed", reference=f"CL-{next(NUMBERS)}")
    return lambda: moved(key, "decided", decision="partly", amount="10")


@scenario(access.CLAIM_RECORD)
def a_document_of_a_claim_is_gathered(world):
    key = case(world)
    moved(key, "opened")
    content = f"%PDF proof {next(NUMBERS)}".encode()
    return lambda: claim_moves.make(
        SYSTEM, key, "gathered", {"document": "delivery_proof"}, on=key.date_of_loss, today=ON,
        evidence=("proof.pdf", content),
    )  # fmt: skip


def wording():
    """A policy of a code nobody has used, from a template."""
    return wordings.template("sinosure-style").replace("policy: SINOSURE-STYLE", f"policy: W{next(NUMBERS)}")


def proposer(role):
    return actor_of(person(f"insurer-{role}{next(NUMBERS)}", Grant(role)))


@scenario(access.POLICY_PROPOSE)
def an_insurance_policy_is_proposed(_world):
    author, body = proposer("insurance_manager"), wording()
    return lambda: wordings.propose(author, body, reason="renewal")


@scenario(access.POLICY_APPROVE)
def an_insurance_policy_is_approved(_world):
    asked = wordings.propose(proposer("insurance_manager"), wording(), reason="renewal")
    second = proposer("credit_manager")
    return lambda: approvals.approve(second, asked.number, digest=asked.digest, on=ON)


@scenario(access.SELF)
def somebody_chooses_of_what_to_be_reminded(_world):
    ann = actor_of(person(f"reminded{next(NUMBERS)}", Grant("insurance_manager")))
    return lambda: reminders.choose(ann, is_on=True, kinds=["hand_over"])


@scenario(access.SELF)
def a_calendar_address_is_made(_world):
    ann = actor_of(person(f"reads{next(NUMBERS)}", Grant("viewer")))
    return lambda: calendar_addresses.make(ann, name="telephone")
