"""Where each insured limit stands on a day, as its decisions say: what holds, what is waited for, what comes next.

Notice days that only a policy gives are not known here: a cut then shows from the day it was decided.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from seawall.engine.ledger.insured_facts import ENDING, WAITING

LIMIT: Final = ("customer_code", "policy", "layer")
"""What a limit is: the layers of a customer under a policy are limits of their own."""

FUTURE: Final = "future"
"""State of a limit whose first decision has been made and has not taken effect."""


def standing_limits(limits: pl.DataFrame, *, on: dt.date) -> pl.DataFrame:
    """One row a limit, as decided up to the day.

    ``state`` is the last decision that has taken effect, ``expired`` where its last day is over; where there was none
    what is waited for, or :data:`FUTURE`. ``stands_minor``: what stands (0 where nothing does), in ``currency``;
    ``since``, ``expires_on`` and the terms are of that decision. ``waiting``, ``waiting_minor``: what was asked for
    and is not decided. ``next_kind``, ``next_minor``, ``next_on``: the decision that takes effect next. Both have a
    currency of their own.
    """
    begins = pl.coalesce("effective_from", "decided_on")
    rows = limits.filter(pl.col("decided_on") <= on).with_columns(begins=begins, word=pl.col("kind").cast(pl.String))
    rows = rows.sort(*LIMIT, *in_order())
    decided = _kept(rows.filter(~pl.col("word").is_in(WAITING)))
    last = decided.filter(pl.col("begins") <= on).group_by(LIMIT, maintain_order=True).last()
    first = decided.filter(pl.col("begins") > on).group_by(LIMIT, maintain_order=True).first()
    asked = rows.filter(pl.col("word").is_in(WAITING)).group_by(LIMIT, maintain_order=True).last()
    answered = decided.group_by(LIMIT).agg(answered_on=pl.col("decided_on").max())
    asked = asked.join(answered, on=LIMIT, how="left")
    asked = asked.filter(pl.col("answered_on").is_null() | (pl.col("answered_on") < pl.col("decided_on")))
    whole = (
        rows.select(*LIMIT).unique(maintain_order=True)
        .join(last.drop("kind"), on=LIMIT, how="left", maintain_order="left")
        .join(
            first.select(
                *LIMIT, next_kind="word", next_minor="amount_minor", next_on="begins", next_currency="currency",
                next_entity="entity",
            ),
            on=LIMIT, how="left", maintain_order="left",
        )
        .join(
            asked.select(
                *LIMIT, waiting="word", waiting_minor="amount_minor", waiting_currency="currency",
                asked_on="decided_on", asked_entity="entity",
            ),
            on=LIMIT, how="left", maintain_order="left",
        )
    )  # fmt: skip
    is_over = pl.col("expires_on") < on
    state = pl.when(is_over & ~pl.col("word").is_in(ENDING)).then(pl.lit("expired")).otherwise("word")
    granted = ~is_over.fill_null(value=False) & ~pl.col("word").is_in([*ENDING, *WAITING])
    return whole.with_columns(
        state=pl.coalesce(state, "waiting", pl.lit(FUTURE)),
        since=pl.col("begins"),
        stands_minor=pl.when(granted).then(pl.col("amount_minor")).otherwise(0).fill_null(0),
        currency=pl.coalesce("currency", "waiting_currency", "next_currency"),
        entity=pl.coalesce("entity", "asked_entity", "next_entity"),
    ).drop("begins", "word", "asked_entity", "next_entity")


def in_order() -> tuple[pl.Expr, ...]:
    """The order in which decisions on one limit follow each other, by which to sort them.

    The later one takes the place of the earlier from its day on. Of one day, each stands from its own day on; where
    those are the same, too, the later in ``LIMIT_KINDS`` stands: what takes a limit away, before what gives one.
    """
    return pl.col("decided_on"), pl.coalesce("effective_from", "decided_on"), pl.col("kind").to_physical()


def _kept(decided: pl.DataFrame) -> pl.DataFrame:
    """Decisions, in their order, less those that a later one took the place of before they began."""
    earliest = pl.col("begins").shift(-1).reverse().cum_min().reverse().over(LIMIT)
    return decided.filter((pl.col("begins") < earliest) | earliest.is_null())
