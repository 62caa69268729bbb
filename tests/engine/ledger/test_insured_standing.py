"""Where an insured limit stands before its first decision takes effect."""

import datetime as dt

import polars as pl

from seawall.engine.ledger.insured_facts import INSURED_LIMIT_FACTS
from seawall.engine.ledger.insured_standing import standing_limits


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
