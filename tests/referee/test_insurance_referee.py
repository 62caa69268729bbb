"""Cover and claims of made-up ledgers agree with the slow referee to the minor unit."""

import datetime as dt
import random
from dataclasses import replace

import polars as pl
import pytest
import yaml
from factories import Book
from referee.insurance_referee import Referee, group, tower

from seawall.engine.ledger.insured_facts import CLAIM_FACTS, INSURANCE_EVENT_FACTS, INSURED_LIMIT_FACTS, InsuredFacts
from seawall.engine.ledger.items import DETAIL_COLUMNS
from seawall.engine.protection.claim import claims
from seawall.engine.protection.clauses import REASONS
from seawall.engine.protection.cover import Asked, Insurance, by_item, cover
from seawall.engine.protection.cover_past import past
from seawall.engine.protection.leaks import leaks
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

BARRING = ("term_too_long", "stopped_by_overdue", "stopped_by_insolvency", "stopped_by_adverse_information",
           "overdue_not_notified")  # fmt: skip
STEPS = {"late": [{"days": 10, "factor": 0.9}, {"days": 40, "rate": 0.5}], "then": "lost"}
CALM = """
policy: P
form: whole_turnover
currency: USD
period: {from: 2025-01-01, to: 2025-12-31}
terms:
  causes: [insolvency]
  vat: in
  max_payment_term: none
  receipt_allocation: as_booked
  disputed: suspended
  mep: none
  stop_of_cover: none
  insured_rate: 0.9
  loss_operators: [insured_rate]
"""


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
        "missed": rng.choice(["lost", {"rate": 0.7}, {"factor": 0.75}, STEPS, STEPS]), "rate": rng.choice([0.9, 0.85, 0.333333333]),
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


def agree_on_needs(insurance, world, terms, on, seed):
    """The highest need of the day and three month ends, and what was lost then, by a second reckoning."""
    found = past(insurance, on, 3)
    highest = {}
    for day in found.days:
        said = Referee(world, terms, day).cover()
        needs, lost = {}, 0
        for row in said.values():
            needs[row["item"]["customer"]] = needs.get(row["item"]["customer"], 0) + row["eligible"]
            lost += row["excluded"]
        for customer, need in needs.items():
            highest[customer] = max(highest.get(customer, (0, day)), (need, day))
        barred = found.lost.filter((pl.col("on") == day) & pl.col("reason").is_in(BARRING))
        assert barred["amount_minor"].sum() == lost, (seed, day)
    codes = insurance.book.ledger.customers["customer_code"].to_list()
    assert {codes[customer]: most for (_, customer), most in found.highest().items()} == highest, seed


def test_needs_and_losses_of_past_months_agree_with_the_referee(count):
    for seed in range(count(25, 500)):
        rng = random.Random(seed)
        world, terms, on = a_world(rng), some_terms(rng), a_day(rng, 150, 330)
        agree_on_needs(insurance_of(world, wording_of(terms)), world, terms, on, seed)


def test_towers_of_top_ups_cover_no_part_twice_and_agree_with_the_referee(count):
    for seed in range(count(60, 2_000)):
        rng = random.Random(seed)
        codes = rng.sample("ABCDE", rng.randint(1, 4))
        uppers = [(code, rng.choice(["P", *codes[:k]]), rng.randint(1, 500_00)) for k, code in enumerate(codes)]
        amounts, limit = [rng.randint(1, 400_00) for _ in range(rng.randint(1, 5))], rng.randint(1, 400_00)
        said = tower(amounts, limit, uppers)
        for code, parts in covered_by(amounts, limit, uppers).items():
            assert parts == said[code], (seed, code)
        assert all(sum(parts) <= whole for *parts, whole in zip(*said.values(), amounts, strict=True)), seed


def test_limits_that_groups_share_agree_with_the_referee(count):
    for seed in range(count(60, 2_000)):
        rng = random.Random(seed)
        items = [(rng.choice("ABC"), rng.randint(1, 400_00)) for _ in range(rng.randint(1, 8))]
        own = {code: rng.randint(1, 500_00) for code in "ABC" if rng.random() < 0.7}
        most, before_own = rng.randint(1, 900_00), rng.random() < 0.5
        body = yaml.safe_load(CALM)
        body["terms"]["group_limits"] = {"layers": ["G"], "takes": "before_own" if before_own else "after_own"}
        book = Book(currency="USD")
        for code in "ABC":
            book.customer(code, group_code="A")
        for k, (owner, amount) in enumerate(items):
            book.item("invoice", f"I{k}", f"{amount / 100:.2f}", f"2025-01-{k + 1:02}", "2025-03-01", customer=owner)
        rows = [("A", "G", most), *((code, "1", minor) for code, minor in own.items())]
        limits = [{"customer_code": code, "policy": "P", "layer": layer, "kind": "approved", "amount_minor": minor,
                   "currency": "USD", "decided_on": START} for code, layer, minor in rows]  # fmt: skip
        facts = InsuredFacts(limits=INSURED_LIMIT_FACTS.frame(limits))
        ledger = book.ledger()
        ((one,), _) = cover(
            Insurance.of(ledger, load_wordings([("p", yaml.safe_dump(body))]), facts), Asked(dt.date(2025, 2, 1))
        )
        found = dict(zip(one.item.tolist(), one.covered_minor.tolist(), strict=True))
        said = group(items, own, most, before_own=before_own)
        assert [found[book.item_id[f"I{k}"]] for k in range(len(items))] == said, seed


def covered_by(amounts, limit, uppers):
    """The same by the engine: by code of a policy, what it covers of each item."""
    body = yaml.safe_load(CALM)
    bodies = [body, *(body | {"policy": code, "form": "top_up", "over": over} for code, over, _ in uppers)]
    book = Book(currency="USD")
    for k, amount in enumerate(amounts):
        book.item("invoice", f"I{k}", f"{amount / 100:.2f}", f"2025-01-{k + 1:02}", "2025-03-01", customer="A")
    limits = [{"customer_code": "A", "policy": code, "layer": "1", "kind": "approved", "amount_minor": most,
               "currency": "USD", "decided_on": START} for code, most in [("P", limit), *((u[0], u[2]) for u in uppers)]]  # fmt: skip
    facts = InsuredFacts(limits=INSURED_LIMIT_FACTS.frame(limits))
    wordings = load_wordings([(each["policy"], yaml.safe_dump(each)) for each in bodies])
    covers, _ = cover(Insurance.of(book.ledger(), wordings, facts), Asked(dt.date(2025, 2, 1)))
    found = {one.wording.code: [0] * len(amounts) for one in covers}
    for one in covers:
        for item, minor in zip(one.item.tolist(), one.covered_minor.tolist(), strict=True):
            found[one.wording.code][item] = minor
    leaking = sum(leaks(one, covers)["amount_minor"].sum() for one in covers)
    assert leaking == sum(amounts) - sum(map(sum, found.values())), "what nobody covers leaks once"
    return found


@pytest.mark.promise("R10")
def test_cover_and_claims_agree_with_the_referee(count, promise):
    tries = count(150, 5_000)
    items = sum(agree(seed) for seed in range(tries))
    assert items > tries
    promise(
        f"{tries:,} ledgers with {items:,} open items: cover and claims equal to a second reckoning, 0 minor units apart"
    )
