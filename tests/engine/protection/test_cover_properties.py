"""What must hold of cover whatever the ledger: parts add up, a receipt or a higher limit never harms, order says nothing."""

import datetime as dt
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from referee.test_insurance_referee import a_day, a_world, insurance_of, some_terms, wording_of

from seawall.engine.protection.claim import claims
from seawall.engine.protection.cover import Asked, cover
from seawall.engine.protection.insured_limit import within
from seawall.engine.protection.loss_operators import Annual, Losses, apply_operators


def asked(seed):
    rng = random.Random(seed)
    return rng, a_world(rng), some_terms(rng), a_day(rng, 60, 330)


def covered(world, terms, on):
    (one,), _ = cover(insurance_of(world, wording_of(terms)), Asked(on))
    return one


@pytest.mark.promise("R10")
def test_every_part_of_what_is_owed_adds_up(count, promise):
    """Many buyers at once: insured + first loss + own share + uninsured = exposure, to the minor unit."""
    cases = count(20_000, 1_000_000)
    rng = np.random.default_rng(7)
    done = 0
    while done < cases:
        size = 5_000
        customer = np.sort(rng.integers(0, 1_500, size))
        minor = rng.integers(1, rng.choice([100, 10**6, 10**12]), size)
        rate = rng.choice([0.9, 0.85, 1.0, 0.333333333, 0.0], size)
        terms = some_terms(random.Random(int(rng.integers(2**31))))
        losses = Losses(customer, minor, rate, 1_500)
        annual = Annual(int(rng.integers(0, 10**6)), int(rng.integers(0, 10**9)))
        for left in (None, annual):
            outcome = apply_operators(losses, wording_of(terms), on=dt.date(2025, 6, 1), annual=left)
            assert (outcome.indemnity >= 0).all()
            assert all((taken >= 0).all() for taken in outcome.taken.values())
            assert (sum(outcome.taken.values()) + outcome.indemnity == minor).all()
        done += size
    promise(f"{cases:,} parts of losses: insured + first loss + own share = covered, 0 minor units apart")


@pytest.mark.parametrize("seed", range(40))
def test_every_part_of_every_item_adds_up(seed):
    _, world, terms, on = asked(seed)
    one = covered(world, terms, on)
    parts = (one.vat_minor, one.barred_minor, one.disputed_minor, one.above_minor, one.own_share_minor, one.first_loss_minor,
             one.indemnity_minor)  # fmt: skip
    assert (sum(parts) == one.open_minor).all()
    assert all((part >= 0).all() for part in parts)


@pytest.mark.parametrize("seed", range(40))
def test_a_receipt_never_lowers_what_is_covered_of_the_rest(seed):
    rng, world, terms, on = asked(seed)
    before = covered(world, terms, on)
    customers = sorted({row["customer"] for row in world["items"] if row["kind"] == "invoice"})
    paid = {"kind": "receipt", "number": "MORE", "customer": rng.choice(customers), "issued": on, "due": on,
            "amount": rng.randint(1, 400_000), "tax": 0, "shipped": None}  # fmt: skip
    after = covered({**world, "items": [*world["items"], paid]}, terms, on)
    for item, minor, owed in zip(before.item.tolist(), before.covered_minor, before.open_minor, strict=True):
        at = np.flatnonzero(after.item == item)
        if len(at) and after.open_minor[at[0]] == owed:
            assert after.covered_minor[at[0]] >= minor


@pytest.mark.parametrize("seed", range(40))
def test_a_higher_limit_never_lowers_what_is_covered_of_a_customer(seed):
    rng, world, terms, on = asked(seed)
    if not world["limits"]:
        return
    before = covered(world, terms, on)
    higher = [{**row, "amount": row["amount"] + rng.randint(0, 500_000)} for row in world["limits"]]
    after = covered({**world, "limits": higher}, terms, on)
    for customer in np.unique(before.customer):
        assert (
            after.covered_minor[after.customer == customer].sum()
            >= before.covered_minor[before.customer == customer].sum()
        )


@pytest.mark.parametrize("seed", range(30))
def test_the_order_of_rows_says_nothing(seed):
    rng, world, terms, on = asked(seed)
    one = covered(world, terms, on)
    shuffled = {name: rng.sample(rows, len(rows)) for name, rows in world.items() if name != "items"}
    other = covered({**shuffled, "items": world["items"]}, terms, on)
    assert (one.item == other.item).all()
    assert (one.indemnity_minor == other.indemnity_minor).all()
    assert (one.reason == other.reason).all()


@pytest.mark.parametrize("seed", range(30))
def test_an_indemnity_is_never_more_than_its_bounds_and_no_deductible_raises_it(seed):
    _, world, terms, on = asked(seed)
    lower = {**terms, "amounts": {name: amount // 2 for name, amount in terms["amounts"].items()}}
    lower["amounts"] |= {name: terms["amounts"][name] for name in ("customer_maximum", "annual_maximum")}
    strict, mild = (insurance_of(world, wording_of(each)) for each in (terms, lower))
    for customer in range(strict.book.ledger.customers.height):
        pair = [claims(each, Asked(on, "insolvency"), [customer]) for each in (strict, mild)]
        if not pair[0]:
            continue
        (hard,), (soft,) = pair
        assert 0 <= hard.indemnity_minor <= hard.insured_minor <= hard.covered_minor <= hard.gross_minor
        if "threshold" not in terms["operators"]:
            assert hard.indemnity_minor <= soft.indemnity_minor


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 100), st.integers(0, 3), st.integers(0, 250)), max_size=30))
def test_what_is_within_limits_is_what_items_take_one_after_the_other(rows):
    rows = sorted(rows, key=lambda row: row[0])
    limits = {(customer, run): limit for customer, _, run, limit in rows}
    rows = [(customer, amount, run, limits[customer, run]) for customer, amount, run, _ in rows]
    arrays = [np.array([row[k] for row in rows], dtype=np.int64) for k in range(4)]
    taken, used = [], {}
    for customer, amount, _, limit in rows:
        part = min(amount, max(0, limit - used.get(customer, 0)))
        used[customer] = used.get(customer, 0) + part
        taken.append(part)
    assert within(arrays[1], arrays[3], arrays[2], arrays[0]).tolist() == taken


def test_what_is_asked_twice_is_answered_the_same():
    _, world, terms, on = asked(3)
    insurance = insurance_of(world, wording_of(terms))
    first, second = (cover(replace(insurance), Asked(on))[0][0] for _ in range(2))
    assert (first.indemnity_minor == second.indemnity_minor).all()
