"""The trace of a claim, worked out again from its leaves, gives the indemnity."""

import random

import pytest
from referee.test_insurance_referee import a_day, a_world, insurance_of, some_terms, wording_of

from seawall.engine.kernel.trace import from_json, reworked
from seawall.engine.protection.claim import claims
from seawall.engine.protection.claim_trace import claim_trace
from seawall.engine.protection.cover import Asked


@pytest.mark.parametrize("seed", range(40))
def test_a_claim_is_what_its_leaves_say(seed):
    rng = random.Random(seed)
    world, terms, on = a_world(rng), some_terms(rng), a_day(rng, 60, 330)
    insurance = insurance_of(world, wording_of(terms))
    for customer in range(insurance.book.ledger.customers.height):
        for claim in claims(insurance, Asked(on, "insolvency"), [customer]):
            trace = claim_trace(claim)
            assert reworked(from_json(trace.as_json())) == claim.indemnity_minor
            assert sum(leaf.source is None for leaf in trace.leaves()) == 0
