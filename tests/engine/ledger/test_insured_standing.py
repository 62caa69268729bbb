"""Where an insured limit stands before its first decision takes effect."""

import datetime as dt

import polars as pl
import pytest

from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS
from seawall.engine.ledger.insured_standing import FUTURE, standing_limits
from seawall.exchange.language import Language
from seawall.exchange.report_insured import state_text
from seawall.services.insured_list import limit_document


def test_a_limit_that_begins_later_says_in_which_currency_and_whose_it_is():
    none = INSURED_LIMIT_FACTS.empty()
    decided = {
        "entity": "E1", "customer_code": "C1", "policy": "P", "layer": "1", "kind": "approved", "amount_minor": 500,
        "currency": "USD", "decided_on": dt.date(2025, 1, 1), "effective_from": dt.date(2025, 6, 1),
    }  # fmt: skip
    (row,) = standing_limits(pl.DataFrame([decided | {name: None for name in none.columns if name not in decided}],
                                          schema=none.schema), on=dt.date(2025, 2, 1)).to_dicts()  # fmt: skip
    assert (row["stands_minor"], row["next_minor"], str(row["next_on"])) == (0, 500, "2025-06-01")
    assert (row["currency"], row["entity"]) == ("USD", "E1")
    assert row["state"] == FUTURE
    said = state_text(row["state"], row["next_kind"], row["next_on"], Language("en"))
    assert said == "Limit approved, from 1 June 2025"
    assert state_text("approved", None, None, Language("zh")) == "限额已批复"


def decided(kind, minor, on, begins=None):
    none = INSURED_LIMIT_FACTS.empty()
    given = {
        "customer_code": "C1", "policy": "P", "layer": "1", "kind": kind, "amount_minor": minor, "currency": "USD",
        "decided_on": dt.date.fromisoformat(on), "effective_from": begins and dt.date.fromisoformat(begins),
    }  # fmt: skip
    return {name: given.get(name) for name in none.columns}


def standing_of(*rows, on):
    whole = pl.DataFrame(list(rows), schema=INSURED_LIMIT_FACTS.empty().schema)
    (row,) = standing_limits(whole, on=dt.date.fromisoformat(on)).to_dicts()
    return row["state"], row["stands_minor"], row["next_kind"], row["next_on"] and row["next_on"].isoformat()


def test_a_decision_made_later_takes_back_one_that_was_still_to_begin():
    rows = [decided("approved", 100, "2025-01-01", "2025-06-01"), decided("approved", 50, "2025-02-01")]
    assert standing_of(*rows, on="2025-01-15") == ("future", 0, "approved", "2025-06-01")
    assert standing_of(*rows, on="2025-03-01") == ("approved", 50, None, None)
    assert standing_of(*rows, on="2025-07-01") == ("approved", 50, None, None)


@pytest.mark.parametrize("turn", [1, -1])
def test_decisions_of_one_day_each_stand_from_their_own_and_a_cut_before_a_grant(turn):
    later = [
        decided("cancelled", None, "2025-01-15", "2025-02-01"),
        decided("approved", 80, "2025-01-15", "2025-03-01"),
    ]
    rows = [decided("approved", 100, "2025-01-01"), *later[::turn]]
    assert standing_of(*rows, on="2025-01-20") == ("approved", 100, "cancelled", "2025-02-01")
    assert standing_of(*rows, on="2025-02-10") == ("cancelled", 0, "approved", "2025-03-01")
    assert standing_of(*rows, on="2025-03-01") == ("approved", 80, None, None)
    same = [decided("approved", 80, "2025-01-15"), decided("cancelled", None, "2025-01-15")]
    assert standing_of(*same[::turn], on="2025-01-15") == ("cancelled", 0, None, None)


def test_what_was_asked_for_has_a_currency_of_its_own():
    none = INSURED_LIMIT_FACTS.empty()
    stands = {
        "customer_code": "C1", "policy": "P", "layer": "1", "kind": "approved", "amount_minor": 100_000_00,
        "currency": "USD", "decided_on": dt.date(2025, 1, 1),
    }  # fmt: skip
    asked = {
        **stands, "kind": "requested", "amount_minor": 1_000_000, "currency": "JPY", "decided_on": dt.date(2025, 2, 1),
    }  # fmt: skip
    rows = [each | {name: None for name in none.columns if name not in each} for each in (stands, asked)]
    (row,) = standing_limits(pl.DataFrame(rows, schema=none.schema), on=dt.date(2025, 3, 1)).to_dicts()
    assert (row["currency"], row["stands_minor"]) == ("USD", 100_000_00)
    document = limit_document(row)
    assert (document["waiting_amount"], document["waiting_currency"]) == ("1000000", "JPY")
