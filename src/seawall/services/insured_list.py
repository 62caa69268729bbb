"""The list of insured limits and one customer's file with its insurers, as a day and a batch know them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.insured_facts import LIMIT_KINDS, InsuredFacts
from seawall.engine.ledger.insured_standing import FUTURE, LIMIT, standing_limits
from seawall.services import snapshots
from seawall.services.reading import Reading, kept

SOON_DAYS: Final = 30
"""A limit that ends within so many days is shown as ending soon."""

STATES: Final = (*LIMIT_KINDS, FUTURE, "waiting", "soon")
"""What the list can be narrowed to: a state, what waits for an answer, what ends or is cut soon."""

ALIVE: Final = "alive"
_PLAIN: Final = (
    "entity", "customer_code", "policy", "layer", "state", "currency", "payment_method", "max_term_days",
    "insured_rate", "bank", "decided_on", "since", "expires_on", "notice_days", "conditions", "waiting", "asked_on",
    "waiting_currency", "next_kind", "next_on", "next_currency",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; an empty field narrows nothing. ``text`` is looked for in codes and names."""

    text: str = ""
    policy: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no state.

        Raises:
            InputError: it is none.
        """
        if self.state and self.state not in STATES:
            raise InputError(
                "{text} is none of these.", hint="Choose one of: {known}.", text=self.state, known=", ".join(STATES)
            )


def insured_of(reading: Reading) -> InsuredFacts:
    """What insurers decided and paid, as the reading knows it and its actor sees it."""
    found: InsuredFacts = kept(
        reading, "insured", lambda: snapshots.open_insured(reading.actor, known=reading.as_of.known)
    )
    return found


def limits(insured: InsuredFacts, names: Mapping[str, str], asked: Filter, *, on: dt.date) -> pl.DataFrame:
    """Every limit the filter leaves, as it stands on a day (``standing_limits``), with the customer's ``name``."""
    rows = standing_limits(insured.limits, on=on)
    name = pl.col("customer_code").replace_strict(dict(names), default=pl.col("customer_code"), return_dtype=pl.String)
    rows = rows.with_columns(name=name)
    if asked.policy:
        rows = rows.filter(pl.col("policy") == asked.policy)
    if asked.text:
        sought = asked.text.casefold()
        has = [
            pl.col(column).str.to_lowercase().str.contains(sought, literal=True) for column in ("customer_code", "name")
        ]
        rows = rows.filter(pl.any_horizontal(has))
    if asked.state == "waiting":
        rows = rows.filter(pl.col("waiting").is_not_null())
    elif asked.state == "soon":
        rows = rows.filter(is_soon(on))
    elif asked.state:
        rows = rows.filter(pl.col("state") == asked.state)
    return rows.sort(*LIMIT)


def is_soon(on: dt.date) -> pl.Expr:
    """Whether what stands ends, or is changed by a decision that has been made, within :data:`SOON_DAYS`."""
    last = on + dt.timedelta(days=SOON_DAYS)
    ends = (pl.col("stands_minor") > 0) & pl.col("expires_on").is_between(on, last)
    return (ends | pl.col("next_on").is_between(on, last)).fill_null(value=False)


def totals(rows: pl.DataFrame) -> dict[str, int]:
    """What stands together, by currency; it is not what could be paid: that is the cover's to say."""
    standing = rows.filter(pl.col("stands_minor") > 0)
    sums = standing.group_by("currency").agg(pl.col("stands_minor").cast(pl.Int128).sum().cast(pl.Int64))
    return dict(sums.sort("currency").iter_rows())


CURRENCY_OF: Final = {
    "stands_minor": "currency", "waiting_minor": "waiting_currency", "next_minor": "next_currency",
}  # fmt: skip
"""Amounts of a limit, each with the column of its own currency."""


def limit_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A limit in the published shape."""

    def amount(name: str) -> str | None:
        return _said(row[name], row[CURRENCY_OF[name]])

    return {name: row[name] for name in _PLAIN} | {
        "name": row.get("name"), "amount": amount("stands_minor"), "waiting_amount": amount("waiting_minor"),
        "next_amount": amount("next_minor"),
    }  # fmt: skip


def document(insured: InsuredFacts, names: Mapping[str, str], asked: Filter, *, on: dt.date) -> dict[str, Any]:
    """The list in the published shape (``report-shapes.md``)."""
    rows = limits(insured, names, asked, on=on)
    return {
        "as_of": on.isoformat(), "limits": [limit_document(row) for row in rows.iter_rows(named=True)],
        "totals": {code: amount_text(minor, code) for code, minor in totals(rows).items()},
    }  # fmt: skip


def _said(minor: int | None, currency: str | None) -> str | None:
    """An amount as text; nothing where the fact names none, and so no currency either."""
    return None if minor is None or currency is None else amount_text(minor, currency)


def fact_document(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A fact in the words of its ledger file, amounts as texts, with its number where it has one."""
    said = {
        name: row[name]
        for name in row
        if not name.endswith("_minor") and name not in ("version", "until_on", "outcome")
    }
    for name in row:
        if name.endswith("_minor"):
            said[name.removesuffix("_minor")] = _said(row[name], row["currency"])
    return {("number" if name == "fact_id" else name): value for name, value in said.items()} | {"table": table}
