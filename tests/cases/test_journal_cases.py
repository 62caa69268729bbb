"""Runs the worked examples of the journals of bank and claims that an accountant can read and add to."""

from pathlib import Path

import pytest
import yaml

from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.ledger.bank_journal import Booked, lines
from seawall.engine.ledger.matching_amounts import Adjustment, Part
from seawall.engine.protection import claim_journal


def cases(name):
    return list(yaml.safe_load_all((Path(__file__).parent / "journal" / f"{name}.yaml").read_text("utf-8")))


CASES, CLAIMS = cases("bank"), cases("claim")


def booked(case):
    currency = case["receipt"]["currency"]
    foreign = case.get("foreign", {})
    parts = []
    for number, credit in case["receipt"]["pays"].items():
        amount, code = foreign.get(number, (credit, currency))
        parts.append(Part(number, minor_of(str(amount), code), minor_of(str(credit), currency), code))
    beside = [
        Adjustment(kind, number, minor_of(str(amount), currency))
        for kind, name in (("bank_charge", "charge"), ("discount", "discount"))
        for number, amount in case.get(name, {}).items()
    ]
    difference = minor_of(str(case.get("difference", 0)), currency)
    return Booked(minor_of(str(case["receipt"]["amount"]), currency), currency, tuple(parts), tuple(beside), difference)


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_bank_journal(case):
    found = [
        [
            line.event, line.account, line.number or "-", line.currency,
            *(amount_text(minor, line.currency) if minor else "-" for minor in (line.debit_minor, line.credit_minor)),
        ]
        for line in lines(booked(case))
    ]  # fmt: skip
    assert found == [row.split() for row in case["expected"].strip().splitlines()]


def claim_fact(said, currency):
    def minor(name):
        return minor_of(str(said[name]), currency)

    if "decided" in said:
        return claim_journal.Decided(said["day"], said["decided"], minor("amount"))
    if "paid" in said:
        return claim_journal.Paid(said["day"], minor("paid"))
    shares = (minor(name) for name in ("amount", "costs", "insurer", "insured"))
    return claim_journal.Recovered(said["day"], said["recovered"], *shares)


def recognised(case):
    """When an indemnity is an asset, by the day: one way, or from each day on another."""
    said = case.get("recognition", "decision")
    if isinstance(said, str):
        return lambda _day: said
    return lambda day: said[max(begun for begun in said if begun <= day)]


@pytest.mark.parametrize("case", CLAIMS, ids=[case["title"] for case in CLAIMS])
def test_claim_journal(case):
    currency = case["currency"]
    facts = [claim_fact(said, currency) for said in case["facts"]]
    found = [
        [
            posting.on.isoformat(), posting.event, line.account,
            *(amount_text(minor, currency) if minor else "-" for minor in (line.debit_minor, line.credit_minor)),
        ]
        for posting in claim_journal.postings(facts, recognised(case)) for line in posting.lines
    ]  # fmt: skip
    assert found == [row.split() for row in case["expected"].strip().splitlines()]
