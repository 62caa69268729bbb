"""Some rights end at an amount: the table says for whom, a policy says where."""

import datetime as dt

import pytest

from seawall.engine.kernel.errors import NotFound, NotPermitted
from seawall.services.access import Actor, Grant, Principal, Within, require, require_amount

ON = dt.date(2026, 3, 31)
VERB = "write_off.approve"
EVERYWHERE = Actor.of("m", ["credit_manager"])


def asked(actor, amount_minor, currency="CNY", entities=()):
    require_amount(actor, VERB, amount_minor=amount_minor, currency=currency, on=ON, entities=entities)


def test_a_small_right_ends_at_the_limit_whatever_the_sign():
    asked(EVERYWHERE, 50_000_00)
    asked(EVERYWHERE, -50_000_00)
    for amount in (50_000_01, -50_000_01):
        with pytest.raises(NotPermitted):
            asked(EVERYWHERE, amount)
    asked(Actor.of("f", ["finance"]), 50_000_01)


def test_a_currency_without_a_limit_is_large():
    with pytest.raises(NotPermitted):
        asked(EVERYWHERE, 1, "CHF")
    asked(EVERYWHERE, 1_000_000, "JPY")
    with pytest.raises(NotPermitted):
        asked(EVERYWHERE, 1_000_001, "JPY")


def test_the_large_right_of_one_entity_is_none_in_another():
    actor = Actor(1, "x", frozenset({Grant("credit_manager", "A"), Grant("finance", "B")}))
    asked(actor, 90_000_00, entities=["B"])
    asked(actor, 10_00, entities=["A", "B"])
    with pytest.raises(NotPermitted):
        asked(actor, 90_000_00, entities=["A"])
    with pytest.raises(NotFound):
        asked(actor, 1, entities=["C"])


def test_without_the_verb_no_amount_is_small_enough():
    with pytest.raises(NotPermitted):
        asked(Actor.of("c", ["collector"]), 1)


def test_what_is_narrowed_is_narrowed_in_verbs_and_entities():
    wide = frozenset({Grant("finance")})
    actor = Actor(1, "x", wide, within=Within(frozenset({"read", VERB}), frozenset({"A"})))
    require(actor, VERB, ["A"])
    asked(actor, 90_000_00, entities=["A"])
    assert actor.entities == {"A"}
    with pytest.raises(NotFound):
        require(actor, VERB, ["B"])
    with pytest.raises(NotPermitted):
        require(actor, "ledger.import")
    none_left = Actor(1, "x", frozenset({Grant("finance", "B")}), within=Within(None, frozenset({"A"})))
    with pytest.raises(NotPermitted):
        require(none_left, "read")


def test_a_deputy_is_named_with_its_principal_and_both_count_as_persons():
    deputy = Actor(3, "ann", frozenset({Grant("finance")}), acts_for=Principal(5, "bob"))
    assert str(deputy) == "ann (#3) for bob (#5)"
    assert deputy.persons == {3, 5}
    assert Actor.system().persons == frozenset()
