"""Leaks: what is at stake in them, added up."""

import polars as pl

from seawall.engine.protection import leaks


def test_what_several_open_duties_could_each_lose_of_an_item_is_at_stake_once():
    rows = pl.DataFrame(
        [
            {"item_id": 1, "reason": "overdue_not_notified_yet", "at_stake_minor": 90},
            {"item_id": 1, "reason": "not_handed_over_yet", "at_stake_minor": 90},
            {"item_id": 1, "reason": "above_limit", "at_stake_minor": 40},
            {"item_id": 2, "reason": "not_handed_over_yet", "at_stake_minor": 5},
            {"item_id": 2, "reason": "not_handed_over_yet", "at_stake_minor": 7},
        ]
    )
    assert leaks.stake_of(rows) == 90 + 40 + 5 + 7
