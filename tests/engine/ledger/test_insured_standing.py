"""Where an insured limit stands before its first decision takes effect."""

import datetime as dt

import polars as pl

from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS
from seawall.engine.ledger.insured_standing import standing_limits
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
