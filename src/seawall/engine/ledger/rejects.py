"""Rows that cannot be taken are data: where they stand, what is wrong, and what to do about it.

A reason is a sentence with ``{column}``, ``{value}`` and ``{expected}`` in it, so that a door can translate
the sentence first and fill it in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.table import Column, Table
from seawall.engine.ledger.keys import has_twins

REJECTS = Table(
    "rejects",
    {
        "file": Column(pl.String),
        "row": Column(pl.Int64, "1 = first line under the header; empty where the whole file is meant", nullable=True),
        "column": Column(pl.String),
        "code": Column(pl.String, "a key of REASONS"),
        "value": Column(pl.String, "what stands there, cut to 80 characters"),
        "expected": Column(pl.String, "what should stand there, where that is known"),
        "hint": Column(pl.String, "the reason's sentence, not yet filled in"),
    },
)
VALUE_LENGTH = 80
"""Characters of an offending cell that are kept: enough to recognise it, too few to flood a screen."""

EXPECTED_LENGTH = 240
"""Characters of what is expected: all words of the longest list."""

REASONS: dict[str, str] = {
    "changed": "{value} is on file with other values ({expected}): take them over with --apply-corrections.",
    "below_settled": "{value} would be less than what is settled of it already ({expected}).",
    "open_grew": "More of {value} is open than before ({expected}): import the payments that were taken back.",
    "missing_table": "No file or sheet holds the items: give items.csv, or a mapping for your own file.",
    "missing_column": "The column {column} is missing: add it, or name it in a mapping.",
    "empty": "{column} is empty; it must be filled.",
    "width": "The row has {value} cells where the header has {expected}.",
    "date": "{value} is not a date: write it as 2026-03-31, or state the date format in a mapping.",
    "date_ambiguous": "{value} can be read in two ways: write it as 2026-03-31, or state the date format in a mapping.",
    "date_range": "{value} lies outside the days a ledger can hold ({expected}).",
    "amount": "{value} is not an amount: write it as 1234.56, or state the number format in a mapping.",
    "amount_exponent": "{value} has lost its digits: show the column as a plain number and export it again.",
    "not_positive": "{value} is not above zero: amounts are positive, the kind says the side.",
    "negative": "{value} is negative; this amount cannot be.",
    "decimals": "{value} has more decimals than {expected} allows.",
    "too_large": "{value} is larger than any amount a ledger can hold.",
    "currency": "Unknown currency {value}: use an ISO 4217 code such as CNY, EUR or USD.",
    "country": "{value} is not a country code: use two letters, such as CN or DE.",
    "kind": "Unknown kind {value}: use {expected}.",
    "too_long": "The cell is longer than {expected} characters.",
    "invisible": "{value} holds characters that cannot be seen: a code must be what it looks like.",
    "rate": "{value} is not a rate: write a number above zero.",
    "side": "{value} says neither debit nor credit: the mapping knows {expected}.",
    "two_amounts": "Debit and credit amount are both filled, or both empty.",
    "unmapped_value": "The mapping does not say what {value} means.",
    "duplicate": "{value} occurs more than once: a number is used once for each entity and side.",
    "duplicate_customer": "The customer {value} occurs more than once.",
    "unknown_customer": "The customer {value} is not in the customers file, or its row was not taken.",
    "unknown_parent": "The parent {value} is not a customer, or its row was not taken.",
    "parent_cycle": "Following the parents of {value} leads back to it.",
    "unknown_item": "There is no such document: {value}, or its row was not taken.",
    "wrong_side": "{value} stands on the other side: a debit is settled by a credit.",
    "other_customer": "The document belongs to the customer {expected}, not to {value}.",
    "other_group": "The documents belong to {value} and {expected}, who are not of one corporate group.",
    "credit_amount": "The documents are in {value} and {expected}: credit_amount must say what of the credit was used.",
    "credit_amount_differs": "Both documents are in {expected}, so credit_amount must equal amount.",
    "above_open": "{value} is more than what is open of the document ({expected}).",
    "instalments": "The instalments sum to {value}, the document to {expected}.",
    "credit_instalments": "{value} is a credit: only debit documents have instalments.",
    "dispute_above": "{value} in dispute is more than the document's {expected}.",
    "dispute_days": "The dispute closes on {value}, before it opens.",
    "dispute_credit": "{value} is a credit: only debit documents can be in dispute.",
    "no_acceptance": "{value} has no day of acceptance or delivery to count the days from: fill accepted_on or due_on.",
    "instalment_mark": "Unknown mark {value}: use {expected}, or leave it empty.",
    "count": "{value} is not a whole number of days.",
    "set_off_reference": "The set-off {value} names no agreement: fill contract_number.",
    "set_off_kind": "A {value} cannot be a set-off: its legs are a receipt (credit) and a refund (debit).",
    "set_off_sides": "The two sides of the set-off {value} do not come to the same amount on this day.",
    "bill_kind": "Unknown kind of bill {value}: use {expected}.",
    "bill_event": "Unknown event {value}: use {expected}.",
    "bill_days": "{value} lies before the day the bill was issued ({expected}).",
    "unknown_bill": "There is no such bill: {value}, or its row was not taken.",
    "bill_before_received": "{value} lies before the day the bill was received ({expected}).",
    "bill_received_on": "The bill was received on {expected}, not on {value}.",
    "bill_matured": "On {value} the bill has matured ({expected}): it can be presented, not passed on.",
    "bill_history": "{value} cannot follow {expected}.",
    "bill_ended": "The bill {value} bounced or went back on {expected}: it settles nothing from that day on.",
    "tax_above": "The tax of {value} is more than the document's {expected}.",
    "open_above": "{value} open is more than the document's {expected}.",
    "dispute_twice": "{value} has disputes with days of their own; disputed_amount must be empty.",
    "limit_kind": "Unknown kind of decision {value}: use {expected}.",
    "limit_amount": "{value} needs an amount above zero; a limit that ends is refused, cancelled or expired.",
    "limit_bank": "A limit on a letter of credit needs the bank that issues it: fill bank.",
    "limit_temporary": "A temporary limit needs its last day: fill expires_on.",
    "limit_days": "The limit ends on {value}, before it begins ({expected}).",
    "limit_backdated": "{value} lies before the decision ({expected}): a limit is cut for later shipments only.",
    "duplicate_limit": "{value} has two decisions of one kind, day and layer: give each limit a layer of its own.",
    "insurance_event": "Unknown event {value}: use {expected}.",
    "event_until": "An extension names the new due day: write it in detail, as 2026-03-31.",
    "event_outcome": "An arbitration result says who was right: write won or lost in detail.",
    "duplicate_event": "The event {value} occurs more than once for one customer, policy, item and day.",
    "cause": "Unknown cause of loss {value}: use {expected}.",
    "share": "{value} is not a share: write 0.9 for 90 %, above zero and at most 1.",
    "claim_days": "The claim was paid on {value}, before the loss ({expected}).",
    "claim_currency": "The currency of the policy {value} is not known: fill currency, or give the policy too.",
    "policy_currency": "{value} is not the currency of the policy ({expected}).",
    "duplicate_claim": "A payment of {value} occurs more than once for one policy, loss, cause and day.",
    "receiver": "Unknown receiver {value}: use {expected}.",
    "recovery_days": "The recovery was received on {value}, before the loss ({expected}).",
    "recovery_costs": "The costs of {value} are more than the recovery of {expected}.",
    "duplicate_recovery": "The recovery of {value} occurs more than once.",
    "claim_step": "Unknown step of a claim {value}: use {expected}.",
    "claim_decision": "Unknown decision {value}: use {expected}.",
    "claim_document": "Unknown document of a claim {value}: use {expected}.",
    "step_document": "A document is named with the step gathered, and only there: {value}.",
    "step_decision": "A decision says accepted, partly or refused, and nothing else does: {value}.",
    "step_amount": "{value} needs an amount above zero; a decision to pay nothing is refused.",
    "step_no_amount": "{value} belongs to a decision to pay, or to what went over to the insurer.",
    "step_days": "The step was on {value}, before the loss ({expected}).",
    "duplicate_step": "The step {value} occurs more than once for one claim and day.",
    "duplicate_balance": "The balance of {value} is given more than once for one day.",
    "control_total": "The control total is {expected}, the rows taken come to {value}.",
}  # fmt: skip
"""Every code with its sentence."""

WARNINGS: dict[str, str] = {
    "due_before_issue": "{count} items fall due before they are issued; they are taken as they are.",
    "ignored_column": "The column {column} is not known and was not read.",
    "encoding": "The file was read as {encoding}.",
    "due_from_issue": "{count} items have no due day and no terms; they fall due on the day of issue.",
    "registration_id": "{count} registration numbers fail their own check digits, the first {value} in row {row}.",
    "unknown_policy": "{count} rows of limits, events and claims name a policy without a file, the first {value}.",
    "limit_raised": "{count} decisions are called reduced and raise the limit, the first on {value}.",
    "customers_from_codes": "No customers file was given; {count} customers are named by their codes.",
}
"""What is worth saying about a file that was taken."""


def empty() -> pl.DataFrame:
    """No rejects."""
    return REJECTS.empty()


def gathered(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """All rejects in the order of file, row and column."""
    found = [part for part in parts if part.height]
    if not found:
        return empty()
    return pl.concat(found).sort("file", "row", "column", "code", nulls_last=True)


def rejects_of(
    rows: pl.DataFrame, column: str, code: str, value: pl.Expr | str = "", expected: pl.Expr | str = ""
) -> pl.DataFrame:
    """One reject for each of ``rows``, which carry ``source_file`` and ``source_row``."""
    lengths = (VALUE_LENGTH, EXPECTED_LENGTH)
    said = [pl.lit(part) if isinstance(part, str) else part for part in (value, expected)]
    value_text, expected_text = (
        part.cast(pl.String).fill_null("").str.head(length) for part, length in zip(said, lengths, strict=True)
    )
    return rows.select(
        file="source_file",
        row="source_row",
        column=pl.lit(column),
        code=pl.lit(code),
        value=value_text,
        expected=expected_text,
        hint=pl.lit(REASONS[code]),
    )


def reject(
    file: str, code: str, *, row: int | None = None, column: str = "", value: str = "", expected: str = ""
) -> pl.DataFrame:
    """A single reject, about a row or about the whole file."""
    place: dict[str, Any] = {"source_file": [file], "source_row": [row]}
    rows = pl.DataFrame(place, schema={"source_file": pl.String, "source_row": pl.Int64})
    return rejects_of(rows, column, code, value, expected)


def sentences(rejects: pl.DataFrame) -> list[str]:
    """The reasons in English, filled in."""
    rows = rejects.select("hint", "column", "value", "expected").iter_rows(named=True)
    return [row.pop("hint").format(**row) for row in rows]


@dataclass
class Sieve:
    """A table on its way in: rules point at bad rows, and what no rule pointed at is kept."""

    rows: pl.DataFrame
    found: list[pl.DataFrame] = field(default_factory=list)
    bad: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.bad = np.zeros(self.rows.height, dtype=bool)

    def refuse(
        self, where: pl.Expr, column: str, code: str, value: pl.Expr | str = "", expected: pl.Expr | str = ""
    ) -> None:
        """Reject the rows where the expression holds; empty counts as not holding."""
        mask = self.rows.select(where.fill_null(value=False).alias("bad")).to_series()
        self.refuse_mask(mask.to_numpy(), column, code, value, expected)

    def refuse_mask(
        self, mask: NDArray[np.bool_], column: str, code: str, value: pl.Expr | str = "", expected: pl.Expr | str = ""
    ) -> None:
        """Reject the rows of a mask."""
        if mask.any():
            self.found.append(rejects_of(self.rows.filter(pl.Series(mask)), column, code, value, expected))
            self.bad |= mask

    def refuse_twins(self, key: list[str], column: str, code: str) -> None:
        """Of equal rows the first is kept; of rows that share a key and differ none is."""
        if not has_twins(self.rows.select(key)):
            return
        twins = self.rows.select(key).is_duplicated()
        said = [name for name in self.rows.columns if name not in ("source_file", "source_row")]
        suspects = self.rows.with_row_index("at").filter(twins)
        # The first of equal rows is the one that stands first in its file.
        suspects = suspects.sort("source_file", "source_row", maintain_order=True)
        equal = suspects.select(pl.struct(said).n_unique().over(key).eq(1) & pl.int_range(pl.len()).over(key).eq(0))
        mask = np.zeros(self.rows.height, dtype=bool)
        mask[suspects.filter(~equal.to_series())["at"].to_numpy()] = True
        self.refuse_mask(mask, column, code, pl.col(column))

    @property
    def kept(self) -> pl.DataFrame:
        """The rows no rule has pointed at."""
        return self.rows.filter(pl.Series(~self.bad)) if self.bad.any() else self.rows
