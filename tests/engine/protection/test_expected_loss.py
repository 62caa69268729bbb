from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.kernel.errors import InputError, UsageError
from seawall.engine.protection.expected_loss import (
    Expected,
    chain_ladder,
    forward_factor,
    individual,
    matrix,
    net_of_insurance,
)

RATE = st.floats(0, 1)
STANDARDS = {"ifrs9": {"looks_forward": True}, "other": {"looks_forward": False}}


@given(st.lists(st.tuples(st.integers(0, 10**12), RATE), min_size=1, max_size=8), RATE)
def test_a_higher_rate_never_lowers_the_loss(rows, more):
    gross, rates = zip(*rows, strict=True)
    higher = [min(rate + more, 1.0) for rate in rates]
    low, high = (sum(row.ecl_minor for row in matrix(gross, each)) for each in (rates, higher))
    assert 0 <= low <= high <= sum(gross)


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_more_cover_never_raises_the_net_loss(insured, share):
    def net(amount):
        return net_of_insurance(
            Decimal(10**6), rate=Decimal("0.05"), insured=Decimal(amount), share=Decimal(str(round(share, 4))),
            insurer_pd=Decimal("0.001"), insurer_lgd=Decimal(1),
        ).net  # fmt: skip

    assert net(insured) <= net(0) + Decimal("0.02")


def test_no_more_can_be_insured_than_is_owed():
    with pytest.raises(InputError):
        net_of_insurance(Decimal(1), rate=Decimal(1), insured=Decimal(2), share=Decimal(1), insurer_pd=Decimal(0),
                         insurer_lgd=Decimal(0))  # fmt: skip


def test_a_standard_that_does_not_look_forward_lets_no_factor_through():
    assert forward_factor(1.2, standard="ifrs9", standards=STANDARDS) == 1.2
    assert forward_factor(1.2, standard="other", standards=STANDARDS) == 1.0
    with pytest.raises(UsageError):
        forward_factor(1.2, standard="none", standards=STANDARDS)


class TestIndividual:
    def test_owed_less_what_is_expected_to_come_in_discounted(self):
        outcomes = [Expected(0.6, ((365, 100_000),)), Expected(0.4, ())]
        assert individual(100_000, outcomes, interest_rate=0.25) == 100_000 - 48_000

    def test_never_less_than_nothing(self):
        assert individual(100, [Expected(1.0, ((0, 200),))], interest_rate=0.0) == 0

    def test_probabilities_sum_to_one(self):
        with pytest.raises(InputError):
            individual(100, [Expected(0.5, ())], interest_rate=0.0)


def test_a_triangle_needs_one_cell_less_in_every_row():
    for bad in ([[1, 2], [1, 2]], [[1], [1], [1]]):
        with pytest.raises(InputError):
            chain_ladder(bad)
    assert chain_ladder([[100, 110], [200]], tail=1.1) == ([1.1], pytest.approx([121, 242]))
