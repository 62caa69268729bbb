"""Why a claim comes to what it does: from the indemnity down to the terms of the policy and the items, row by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.trace import Source, Step, formula, worked
from seawall.engine.protection.claim import Claim
from seawall.engine.protection.clauses import NUMBER, REASONS
from seawall.engine.protection.cover import PolicyCover
from seawall.engine.protection.durations import day_of
from seawall.engine.protection.insured_debt import Minor
from seawall.engine.protection.terms import OPERATORS


@formula("claim_indemnity", "the covered loss less what each operator takes, in the policy's order")
def _indemnity(values: Any) -> int:
    return int(values[0] - sum(values[1:]))


@formula("claim_covered", "what is owed on the day of loss less what is not covered")
def _covered(values: Any) -> int:
    return int(values[0] - sum(values[1:]))


@formula("claim_owed", "the open items added up")
def _owed(values: Any) -> int:
    return int(sum(values))


LABELS: Final = {
    "insured_rate": "Own share", "threshold": "Threshold", "each_and_every": "Each-and-every first loss",
    "deductible": "Deductible", "aggregate_first_loss": "Aggregate first loss",
    "minimum_retention": "Minimum retention", "customer_maximum": "Above the maximum for one customer",
    "annual_maximum": "Above the annual maximum",
}  # fmt: skip


def claim_trace(claim: Claim) -> Step:
    """The trace of a claim; worked out again from its leaves it gives the indemnity."""
    one, currency = claim.cover, claim.cover.wording.currency
    rows = claim.rows.tolist()
    open_ = [_open(one, at) for at in rows if one.open_minor[at]]
    owed = worked("claim_owed", "Owed on the day of loss", "money", open_, currency=currency)
    less = [
        Step("item {number}: {reason}", minor, "money", currency, source=source,
             params={"number": _number(one, at), "reason": reason})
        for at, minor, reason, source in lost(one, rows)
    ]  # fmt: skip
    covered = worked("claim_covered", "Covered loss", "money", [owed, *less], currency=currency)
    taken = [_operator(claim, step.name, -step.minor) for step in claim.steps if step.name in OPERATORS]
    return worked("claim_indemnity", "Indemnity", "money", [covered, *taken], currency=currency)


def _operator(claim: Claim, name: str, minor: int) -> Step:
    return Step(
        LABELS[name], minor, "money", claim.cover.wording.currency, source=term_source(claim.cover, OPERATORS[name])
    )


def term_source(one: PolicyCover, term: str, day: dt.date | None = None) -> Source:
    """The term of the policy that governs on a day, without one on that of the loss."""
    wording = one.wording
    found = wording.dated(term, day or one.term_day)
    since = "" if found is None else str(found.from_day)
    return Source("policy", f"{wording.code} {term}", since, "" if found is None else found.source)


def lost(one: PolicyCover, rows: Sequence[int]) -> Iterator[tuple[int, int, str, Source]]:
    """What of these rows is not covered, part by part: the row, how much, why, and the clause when it was shipped."""
    parts: tuple[tuple[Minor, Any], ...] = (
        (one.vat_minor, "vat"), (one.barred_minor, one.bar), (one.disputed_minor, "disputed"),
        (one.above_minor, one.above_code),
    )  # fmt: skip
    for minor, said in parts:
        for at in rows:
            if minor[at]:
                reason = said if isinstance(said, str) else REASONS[int(said[at])].code
                term = REASONS[NUMBER[reason]].term if reason in NUMBER else reason
                day = max(day_of(int(one.versions.shipped[at])), one.wording.first_on)
                yield at, int(minor[at]), reason, term_source(one, term, day)


def _open(one: PolicyCover, at: int) -> Step:
    source = row_source(one.book.ledger.items, int(one.book.whole[one.item[at]]))
    return Step("item {number}", int(one.open_minor[at]), "money", one.wording.currency, source=source,
                params={"number": _number(one, at)})  # fmt: skip


def _number(one: PolicyCover, at: int) -> str:
    items, whole = one.book.ledger.items, int(one.book.whole[one.item[at]])
    return str(items["number"][whole]) if "number" in items.columns else str(whole)


def row_source(items: pl.DataFrame, whole: int) -> Source:
    """The row of the file an item came from; its number in the ledger where that is not known."""
    if "source_file" not in items.columns or items["source_file"][whole] is None:
        return Source("table", "items", str(whole))
    return Source("row", items["source_file"][whole], str(items["source_row"][whole]))
