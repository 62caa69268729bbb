"""Cover and claims of made-up ledgers agree with the slow referee to the minor unit."""

import datetime as dt
import random
from dataclasses import replace

import polars as pl
import pytest
import yaml
from factories import Book
from referee.insurance_referee import Referee

from seawall.engine.ledger.insured_facts import CLAIM_FACTS, INSURANCE_EVENT_FACTS, INSURED_LIMIT_FACTS, InsuredFacts
from seawall.engine.ledger.items import DETAIL_COLUMNS
from seawall.engine.protection.claim import claims
from seawall.engine.protection.clauses import REASONS
from seawall.engine.protection.cover import Asked, Insurance, by_item, cover
from seawall.policies.insurance import load_wordings

START = dt.date(2025, 1, 1)
OPERATORS = [
    "threshold",
    "each_and_every",
    "minimum_retention",
    "customer_maximum",
    "aggregate_first_loss",
    "annual_maximum",
]


def a_day(rng, first=0, last=330):
    return START + dt.timedelta(days=rng.randint(first, last))


def a_world(rng):
    world = {name: [] for name in ("items", "allocations", "disputes", "limits", "events", "claims")}
    for customer in ("A", "B")[: rng.randint(1, 2)]:
        for k in range(rng.randint(1, 7)):
            issued = a_day(rng, 0, 250)
            amount = rng.choice([rng.randint(1, 999), rng.randint(1, 9_999_99)])
            world["items"].append({
                "kind": "invoice", "number": f"{customer}{k}", "customer": customer, "issued": issued, "amount": amount,
                "shipped": max(START, issued - dt.timedelta(days=rng.choice([0, 0, 3, 20]))),
                "due": issued + dt.timedelta(days=rng.choice([0, 30, 60, 90, 120])),
                "tax": rng.choice([0, 0, amount * 13 // 113]),
            })  # fmt: skip
        add_credits(rng, world, customer)
        add_limits(rng, world, customer)
        for event in ("insolvency", "adverse_information", "overdue_notified", "overdue_notified", "extension_agreed",
                      "extension_agreed", "arbitration_result"):  # fmt: skip
            if rng.random() < 0.35:
                number = rng.choice(
                    [
                        each["number"]
                        for each in world["items"]
                        if each["customer"] == customer and each["kind"] == "invoice"
                    ]
                )
                about_item = event in ("extension_agreed", "arbitration_result") or (
                    event == "overdue_notified" and rng.random() < 0.5
                )
                world["events"].append({"event": event, "customer": customer, "on": a_day(rng), "until": a_day(rng, 100, 400),
                                        "number": number if about_item else None,
                                        "outcome": rng.choice(["won", "lost"])})  # fmt: skip
    for _ in range(rng.randint(0, 2)):
        world["claims"].append({"on": a_day(rng), "used": rng.randint(0, 300_00), "paid": rng.randint(0, 9_000_00)})
    return world


def add_credits(rng, world, customer):
    debts = [each for each in world["items"] if each["customer"] == customer]
    left = {each["number"]: each["amount"] for each in debts}
    for k in range(rng.randint(0, 4)):
        number, kind, issued = (
            f"{customer}-R{k}",
            rng.choice(["receipt", "receipt", "receipt", "credit_note"]),
            a_day(rng),
        )
        amount = rng.randint(1, 5_000_00)
        world["items"].append({"kind": kind, "number": number, "customer": customer, "issued": issued, "due": issued,
                               "amount": amount, "tax": 0, "shipped": None})  # fmt: skip
        for debt in rng.sample(debts, min(len(debts), rng.randint(0, 3))):
            part = min(left[debt["number"]], amount, rng.choice([10**9, rng.randint(1, 3_000_00)]))
            if part:
                left[debt["number"]] -= part
                amount -= part
                day = max(issued, debt["issued"], a_day(rng))
                world["allocations"].append({"debit": debt["number"], "credit": number, "amount": part, "on": day})
    for debt in debts:
        if rng.random() < 0.2:
            opened = a_day(rng, 50, 300)
            closed = rng.choice([None, opened + dt.timedelta(days=rng.randint(0, 60))])
            world["disputes"].append(
                {"number": debt["number"], "amount": rng.randint(1, debt["amount"]), "opened": opened, "closed": closed}
            )


def add_limits(rng, world, customer):
    for layer in ("1", "2")[: rng.randint(0, 2) or 1]:
        for _ in range(rng.randint(0, 4)):
            decided = a_day(rng, 0, 200)
            kind = rng.choice(["approved", "approved", "reduced", "partial", "cancelled", "refused", "requested"])
            world["limits"].append({
                "customer": customer, "layer": layer, "kind": kind, "amount": rng.randint(1, 9_999_99), "decided": decided,
                "from": decided + dt.timedelta(days=rng.choice([-20, 0, 0, 30])),
                "expires": rng.choice([None, None, decided + dt.timedelta(days=rng.randint(30, 200))]),
                "rate": rng.choice([None, None, 0.8]), "term": rng.choice([None, None, None, 60]),
            })  # fmt: skip
    unique, seen = [], set()
    for row in world["limits"]:
        key = (row["customer"], row["layer"], row["kind"], row["decided"])
        if key not in seen:
            seen.add(key)
            unique.append(row)
    world["limits"] = unique


def some_terms(rng):
    operators = rng.sample(OPERATORS, rng.randint(0, 6))
    operators.insert(rng.randint(0, len(operators)), "insured_rate")
    return {
        "rule": rng.choice(["as_booked", "oldest_due", "oldest_issued"]), "vat": rng.choice(["in", "out"]),
        "mep": rng.choice([0, 30, 60]), "notice": rng.choice([10, 30]), "max_term": rng.choice([60, 90]),
        "missed": rng.choice(["lost", {"rate": 0.7}, {"factor": 0.75}]), "rate": rng.choice([0.9, 0.85, 0.333333333]),
        "operators": operators,
        "amounts": {
            "threshold": rng.randint(0, 1_000_00), "each_and_every": rng.randint(0, 1_000_00),
            "minimum_retention": rng.randint(0, 1_000_00), "customer_maximum": rng.randint(0, 20_000_00),
            "aggregate_first_loss": rng.randint(0, 1_000_00), "annual_maximum": rng.randint(0, 20_000_00),
        },
    }  # fmt: skip


def wording_of(terms):
    def plain(minor):
        return f"{minor // 100}.{minor % 100:02}"

    named = {"aggregate_first_loss": "aggregate_first_loss", "annual_maximum": "annual_maximum"}
    amounts = {
        named.get(name, f"{name}_amount"): plain(terms["amounts"][name])
        for name in terms["operators"]
        if name != "insured_rate"
    }
    body = {
        "policy": "P", "form": "whole_turnover", "currency": "USD",
        "period": {"from": START, "to": dt.date(2025, 12, 31)},
        "terms": {
            "causes": ["insolvency"], "vat": terms["vat"], "max_payment_term": {"days": terms["max_term"]},
            "receipt_allocation": terms["rule"], "disputed": "suspended", "mep": {"days": terms["mep"]},
            "stop_of_cover": ["mep_end", "insolvency", "adverse_information"], "insured_rate": terms["rate"],
            "overdue_notice": {"from": "mep_end", "within": {"days": terms["notice"]}, "missed": terms["missed"]},
            "loss_operators": terms["operators"], **amounts,
        },
    }  # fmt: skip
    return load_wordings([("p.yaml", yaml.safe_dump(body, sort_keys=False))])[0]


def insurance_of(world, wording):
    book = Book(currency="USD")
    for row in world["items"]:
        book.item(row["kind"], row["number"], f"{row['amount'] / 100:.2f}", str(row["issued"]), str(row["due"]),
                  customer=row["customer"], tax=f"{row['tax'] / 100:.2f}")  # fmt: skip
    for row in world["allocations"]:
        book.allocate(row["debit"], row["credit"], f"{row['amount'] / 100:.2f}", str(row["on"]))
    for row in world["disputes"]:
        book.dispute(
            row["number"], f"{row['amount'] / 100:.2f}", str(row["opened"]), row["closed"] and str(row["closed"])
        )
    ledger = book.ledger()
    for row in world["items"]:
        row["id"] = book.item_id[row["number"]]
    numbers = sorted(book.item_id, key=book.item_id.get)
    shipped = {row["number"]: row["shipped"] for row in world["items"]}
    ledger = replace(ledger, items=ledger.items.with_columns(
        pl.Series("number", numbers), pl.Series("shipped_on", [shipped[each] for each in numbers], dtype=DETAIL_COLUMNS["shipped_on"])
    ))  # fmt: skip
    return Insurance.of(ledger, [wording], facts_of(world))


def facts_of(world):
    limits = INSURED_LIMIT_FACTS.frame([
        {"customer_code": row["customer"], "policy": "P", "layer": row["layer"], "kind": row["kind"], "amount_minor": row["amount"],
         "currency": "USD", "decided_on": row["decided"], "effective_from": row["from"], "expires_on": row["expires"],
         "insured_rate": row["rate"], "max_term_days": row["term"]}
        for row in world["limits"]
    ])  # fmt: skip
    events = INSURANCE_EVENT_FACTS.frame([
        {"customer_code": row["customer"], "policy": "P", "item_number": row["number"], "event": row["event"], "on": row["on"],
         "until_on": row["until"] if row["event"] == "extension_agreed" else None,
         "outcome": row["outcome"] if row["event"] == "arbitration_result" else None}
        for row in world["events"]
    ])  # fmt: skip
    paid = CLAIM_FACTS.frame([
        {"customer_code": "Z", "policy": "P", "date_of_loss": row["on"], "cause": "insolvency", "currency": "USD",
         "indemnity_minor": row["paid"], "aggregate_first_loss_used_minor": row["used"]}
        for row in world["claims"]
    ])  # fmt: skip
    return InsuredFacts(limits, events, paid)


def agree(seed):
    rng = random.Random(seed)
    world, terms, on = a_world(rng), some_terms(rng), a_day(rng, 60, 330)
    insurance = insurance_of(world, wording_of(terms))
    referee = Referee(world, terms, on)
    said = referee.cover()
    (one,), rest = cover(insurance, Asked(on))
    numbers = insurance.book.ledger.items["number"]
    found = {numbers[row["item_id"]]: row for row in by_item(one).iter_rows(named=True)}
    assert not len(rest.item)
    assert set(found) == set(said), seed
    for number, row in found.items():
        theirs = said[number]
        ours = {
            name: row[f"{name}_minor"]
            for name in ("open", "vat", "disputed", "eligible", "covered", "own_share", "indemnity")
        }
        assert ours == {name: theirs[name] for name in ours}, (
            seed,
            number,
            theirs["reason"],
            REASONS[row["reason"]].code,
        )
        assert row["barred_minor"] == theirs["excluded"], (seed, number)
        if theirs["reason"]:
            assert REASONS[row["reason"]].code == theirs["reason"], (seed, number)
    agree_on_claims(insurance, Referee(world, terms, on), on, seed)
    return len(found)


def agree_on_claims(insurance, referee, on, seed):
    codes = insurance.book.ledger.customers["customer_code"].to_list()
    referee.terms["amounts"] = {**referee.terms["amounts"]}
    for place, code in enumerate(codes):
        made = claims(insurance, Asked(on, "insolvency"), [place])
        gross, indemnity = referee.claim(code)
        assert (made[0].gross_minor, made[0].indemnity_minor) == (gross, indemnity) if made else not gross, (seed, code)


@pytest.mark.promise("R10")
def test_cover_and_claims_agree_with_the_referee(count, promise):
    tries = count(150, 5_000)
    items = sum(agree(seed) for seed in range(tries))
    assert items > tries
    promise(
        f"{tries:,} ledgers with {items:,} open items: cover and claims equal to a second reckoning, 0 minor units apart"
    )
