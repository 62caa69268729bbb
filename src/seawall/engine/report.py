"""What a protection run hands over: the tables of the report, declared column by column."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.table import Column, Table
from seawall.engine.ledger.scheme import Scheme

UNIT = pl.Enum(["money", "rate", "days", "count", "number"])
BASIS = pl.Enum(["own", "shrunk", "floor", "policy", "individual"])
"""Where a loss rate comes from: the ledger's own history, that history drawn towards the floor because it
is thin, the floor alone, a percentage set by policy, or an assessment of one customer."""

FIGURES = Table(
    "figures",
    {
        "name": Column(pl.String, "stable name; `explain` takes it"),
        "unit": Column(UNIT, "which of the next three columns holds the value"),
        "value_minor": Column(pl.Int64, "of unit money", nullable=True),
        "value_number": Column(
            pl.Float64, "of unit rate (per one), days or number; empty = cannot be said", nullable=True
        ),
        "value_count": Column(pl.Int64, "of unit count", nullable=True),
        "currency": Column(pl.String, "of unit money: the reporting currency", nullable=True),
        "basis": Column(BASIS, "of a loss rate: where it comes from", nullable=True),
    },
    key=("name",),
)
AGEING = Table(
    "ageing",
    {
        "customer_code": Column(pl.String),
        "entity": Column(pl.String, "code of the selling legal entity"),
        "currency": Column(pl.String, "the account's own, of the columns that do not end in `_reporting_minor`"),
        "open_minor": Column(pl.Int64, "debit items less what settled them"),
        "overdue_minor": Column(pl.Int64),
        "unapplied_minor": Column(pl.Int64, "credits not used yet, positive"),
        "disputed_minor": Column(pl.Int64),
        "open_reporting_minor": Column(pl.Int64, "the same four in the reporting currency"),
        "overdue_reporting_minor": Column(pl.Int64),
        "unapplied_reporting_minor": Column(pl.Int64),
        "disputed_reporting_minor": Column(pl.Int64),
    },
    key=("customer_code", "entity", "currency"),
)
"""Plus two columns for each bucket of the scheme: ``<bucket>_minor`` and ``<bucket>_reporting_minor``."""

CUSTOMERS = Table(
    "customers",
    {
        "customer_code": Column(pl.String),
        "name": Column(pl.String),
        "country": Column(pl.String, nullable=True),
        "sector": Column(pl.String, nullable=True),
        "group_code": Column(pl.String, "the root of its parents; itself where it has none"),
        "open_minor": Column(pl.Int64),
        "overdue_minor": Column(pl.Int64),
        "unapplied_minor": Column(pl.Int64, "positive; never netted into the buckets"),
        "disputed_minor": Column(pl.Int64),
        "share_rate": Column(pl.Float64, "of all that is open"),
        "max_dpd_days": Column(pl.Int32, "of its oldest open part; 0 = nothing overdue"),
        "payments": Column(pl.Int64, "settlements by receipts in the behaviour window"),
        "beyond_terms_days": Column(
            pl.Float64, "weighted days beyond terms of what was paid; early counts negative", nullable=True
        ),
        "beyond_terms_clipped_days": Column(pl.Float64, "the same, early counts 0", nullable=True),
        "beyond_terms_with_open_days": Column(
            pl.Float64, "as the first, open overdue parts as if paid on the day", nullable=True
        ),
        "trend_days": Column(pl.Float64, "last three months less the nine before; positive = slower", nullable=True),
        "on_time_rate": Column(pl.Float64, "share paid by the due day, by value", nullable=True),
        "longest_late_days": Column(pl.Int32, "the latest payment of the window, days past due", nullable=True),
        "last_paid_on": Column(pl.Date, nullable=True),
        "is_pattern_broken": Column(pl.Boolean),
        "pattern_reason": Column(
            pl.String, "code: first_time_late, later_than_ever, slowing, stopped_paying", nullable=True
        ),
        "sales_12m_minor": Column(pl.Int64, "credit sales of the last 12 months with VAT, less credit notes"),
        "dso_days": Column(pl.Float64, "simple: open over those sales, times the days", nullable=True),
        "loss_12m_minor": Column(pl.Int64, "written off in the last 12 months"),
        "is_default": Column(pl.Boolean, "by the definition in force"),
        "default_minor": Column(pl.Int64, "open past the definition of default, disputed parts as the policy says"),
        "ecl_minor": Column(pl.Int64, "expected credit loss, rounded by bucket of the customer"),
        "assessed": Column(pl.String, "collective or individual"),
    },
    key=("customer_code",),
)
"""Plus one column for each bucket of the scheme: ``<bucket>_minor``."""

MONTHS = Table(
    "months",
    {
        "on": Column(pl.Date, "a month end"),
        "sales_minor": Column(
            pl.Int64, "credit sales of the month with VAT: invoices and debit notes less credit notes"
        ),
        "sales_ex_vat_minor": Column(pl.Int64),
        "receipts_minor": Column(pl.Int64, "cash of customers received in the month, without indemnities"),
        "open_minor": Column(pl.Int64),
        "overdue_minor": Column(pl.Int64),
        "default_minor": Column(pl.Int64, "open past the definition of default: unpaid default claims"),
        "write_offs_minor": Column(pl.Int64),
        "indemnified_minor": Column(pl.Int64, "claims settled by an insurer's indemnity"),
        "recoveries_minor": Column(pl.Int64, "received on what had been written off"),
        "indemnity_minor": Column(pl.Int64, "received from insurers"),
        "dso_days": Column(pl.Float64, "simple, on the last 3 months' sales", nullable=True),
        "dso_countback_days": Column(pl.Float64, nullable=True),
        "dso_best_days": Column(pl.Float64, nullable=True),
        "dso_delinquent_days": Column(pl.Float64, nullable=True),
        "dso_sales_weighted_days": Column(pl.Float64, nullable=True),
        "cei_rate": Column(pl.Float64, "collection effectiveness of the month", nullable=True),
        "sales_12m_ex_vat_minor": Column(pl.Int64, "rolling"),
        "net_loss_12m_minor": Column(
            pl.Int64, "write-offs, indemnified and unpaid default claims less recoveries and indemnities"
        ),
        "loss_ratio_rate": Column(pl.Float64, "net loss over sales, rolling 12 months", nullable=True),
    },
    key=("on",),
)
ROLL_RATES = Table(
    "roll_rates",
    {
        "step": Column(pl.String, "month (30-day buckets) or year (years since invoice)"),
        "ordinal": Column(pl.Int32),
        "bucket": Column(pl.String),
        "next_bucket": Column(pl.String),
        "steps": Column(pl.Int64, "how many ratios the mean is taken over"),
        "roll_rate": Column(pl.Float64, "simple mean of the steps' ratios, capped at 1", nullable=True),
        "loss_rate": Column(pl.Float64, "product of the rates from here on, times the final loss", nullable=True),
        "item_loss_rate": Column(pl.Float64, "share that ends written off, from the item flows", nullable=True),
    },
    key=("step", "ordinal"),
)
ROLL_STEPS = Table(
    "roll_steps",
    {
        "step": Column(pl.String, "month or year"),
        "on": Column(pl.Date, "the day the step ends"),
        "ordinal": Column(pl.Int32),
        "bucket": Column(pl.String),
        "from_minor": Column(pl.Int64, "open in the bucket when the step begins"),
        "to_minor": Column(pl.Int64, "open in the next bucket when it ends; of the last one only the increase"),
        "written_off_minor": Column(pl.Int64, "added back: migrated, not collected"),
        "roll_rate": Column(pl.Float64, nullable=True),
    },
    key=("step", "on", "ordinal"),
)
ROLL_FLOWS = Table(
    "roll_flows",
    {
        "step": Column(pl.String, "month or year"),
        "on": Column(pl.Date, "the day the step ends"),
        "bucket": Column(pl.String, "where it stood when the step began"),
        "state": Column(pl.String, "where it stands when it ends: a bucket, paid or written_off"),
        "amount_minor": Column(pl.Int64),
        "items": Column(pl.Int64, "whole parts that ended there; a part paid in part stays in its bucket"),
    },
    key=("step", "on", "bucket", "state"),
)
LOSS_RATES = Table(
    "loss_rates",
    {
        "pool": Column(pl.String, "`all`, or the segment the policy pools by"),
        "ordinal": Column(pl.Int32),
        "bucket": Column(pl.String),
        "reached_minor": Column(pl.Int64, "of the cohort, what was still unpaid when it came into the bucket"),
        "lost_minor": Column(pl.Int64, "of that, what was lost in the end"),
        "customers": Column(pl.Int64, "that reached the bucket"),
        "customers_lost": Column(pl.Int64),
        "own_rate": Column(pl.Float64, "lost over reached", nullable=True),
        "low_rate": Column(pl.Float64, "95 % interval of the own rate", nullable=True),
        "high_rate": Column(pl.Float64, nullable=True),
        "floor_rate": Column(pl.Float64, "the policy's, for this bucket"),
        "weight_rate": Column(pl.Float64, "weight of the own rate in the rate used"),
        "rate": Column(pl.Float64, "the rate used, before looking forward"),
        "basis": Column(BASIS),
    },
    key=("pool", "ordinal"),
)
PROVISION = Table(
    "provision",
    {
        "pool": Column(pl.String, "`all`, a segment, or `individual`"),
        "ordinal": Column(pl.Int32),
        "bucket": Column(pl.String),
        "gross_minor": Column(pl.Int64, "open, the base the rate is applied to"),
        "default_minor": Column(pl.Int64, "of it past the definition of default"),
        "rate": Column(pl.Float64, "the loss rate, before looking forward"),
        "forward_factor": Column(pl.Float64),
        "applied_rate": Column(pl.Float64, "rate times factor, at most 1"),
        "ecl_minor": Column(pl.Int64, "rounded in this row"),
        "basis": Column(BASIS),
    },
    key=("pool", "ordinal"),
)
CONCENTRATION = Table(
    "concentration",
    {
        "dimension": Column(pl.String, "customer, group, sector, country, entity, currency"),
        "measure": Column(pl.String, "hhi, effective_number, cr1, cr5, cr10"),
        "value": Column(pl.Float64, nullable=True),
        "limit": Column(pl.Float64, "the policy's, where it has one", nullable=True),
        "is_over": Column(pl.Boolean),
    },
    key=("dimension", "measure"),
)
LARGEST = Table(
    "largest",
    {
        "dimension": Column(pl.String),
        "rank": Column(pl.Int32, "1 = the largest; ten at most"),
        "code": Column(pl.String, "customer or group code, sector, country …; `-` = not stated"),
        "open_minor": Column(pl.Int64),
        "share_rate": Column(pl.Float64),
        "limit": Column(pl.Float64, nullable=True),
        "is_over": Column(pl.Boolean),
    },
    key=("dimension", "rank"),
)
WORKLIST = Table(
    "worklist",
    {
        "customer_code": Column(pl.String),
        "name": Column(pl.String),
        "rank": Column(pl.Int32, "1 = call first; empty = left out, see excluded", nullable=True),
        "excluded": Column(pl.String, "code: unapplied_covers, all_disputed, small, within_grace", nullable=True),
        "overdue_minor": Column(pl.Int64, "overdue and not disputed"),
        "worth_minor": Column(pl.Int64, "expected loss on what is overdue: what a call can save"),
        "max_dpd_days": Column(pl.Int32),
        "urgency": Column(pl.Float64, "1 = usual; more = sooner, by the policy's weights"),
        "score": Column(pl.Float64, "overdue in major units times urgency: what the rank is by"),
        "reasons": Column(pl.String, "JSON list of {code, params}; sentences by code in `engine.action.worklist`"),
    },
    key=("customer_code",),
)
JOURNAL = Table(
    "journal",
    {
        "line": Column(pl.Int32),
        "event": Column(pl.String, "charge, release, write_off, recovery"),
        "account": Column(pl.String, "code: impairment_loss, allowance, receivables"),
        "account_name": Column(pl.String),
        "account_name_zh": Column(pl.String),
        "debit_minor": Column(pl.Int64),
        "credit_minor": Column(pl.Int64),
    },
    key=("line",),
)
ALLOWANCE = Table(
    "allowance",
    {
        "line": Column(pl.Int32),
        "movement": Column(pl.String, "opening, charge, write_off, recovery, closing"),
        "on": Column(pl.Date, "the day, or the last day of the period"),
        "amount_minor": Column(pl.Int64, "signed: the first four lines sum to the closing"),
    },
    key=("line",),
)
TABLES = (
    FIGURES, AGEING, CUSTOMERS, MONTHS, ROLL_RATES, ROLL_STEPS, ROLL_FLOWS, LOSS_RATES,
    PROVISION, CONCENTRATION, LARGEST, WORKLIST, JOURNAL, ALLOWANCE,
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """All figures of one run, each table in the order of its key; amounts in ``currency`` unless named document."""

    as_of: AsOf
    currency: str
    scheme: Scheme
    method: str
    standard: str
    policies_digest: str
    rates_used: tuple[tuple[str, float, dt.date, str], ...]
    """Currency, rate to the reporting currency, its day, its source."""

    figures: pl.DataFrame
    ageing: pl.DataFrame
    customers: pl.DataFrame
    months: pl.DataFrame
    roll_rates: pl.DataFrame
    roll_steps: pl.DataFrame
    roll_flows: pl.DataFrame
    loss_rates: pl.DataFrame
    provision: pl.DataFrame
    concentration: pl.DataFrame
    largest: pl.DataFrame
    worklist: pl.DataFrame
    journal: pl.DataFrame
    allowance: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by name."""
        return {table.name: getattr(self, table.name) for table in TABLES}

    def check(self) -> Report:
        """The report itself, once every table is what was declared.

        Raises:
            Broken: it is not.
        """
        for table in TABLES:
            table.check(getattr(self, table.name))
        return self

    def figure(self, name: str) -> int | float | None:
        """One headline figure: minor units, a rate, days or a count; None = cannot be said.

        Raises:
            KeyError: no such figure.
        """
        rows = self.figures.filter(pl.col("name") == name).rows(named=True)
        if not rows:
            raise KeyError(name)
        unit = rows[0]["unit"]
        column = {"money": "value_minor", "count": "value_count"}.get(unit, "value_number")
        value: int | float | None = rows[0][column]
        return value

    def digest(self) -> str:
        """SHA-256 of the whole content, the same for the same facts whatever order or partition they came in.

        And whenever they were known: a write that brings no fact, as of a backup, changes no figure.
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        asked = (
            self.as_of.on,
            self.currency,
            self.scheme,
            self.method,
            self.standard,
            self.policies_digest,
            self.rates_used,
        )
        digest = hashlib.sha256(repr(asked).encode())
        for name, frame in self.tables().items():
            digest.update(f"{name} {frame.height}".encode())
            for column in frame:
                digest.update(f"{column.name} {column.dtype}".encode())
                digest.update(_content(column))
        return digest.hexdigest()


def _content(column: pl.Series) -> bytes:
    """The bytes of a column: empties apart from values, texts with their lengths."""
    empty = column.is_null().to_numpy().tobytes()
    if column.dtype.is_numeric() or column.dtype in (pl.Date, pl.Boolean):
        physical = column.to_physical()
        values = physical.fill_null(value=False) if column.dtype == pl.Boolean else physical.fill_null(0)
        return empty + np.ascontiguousarray(values.to_numpy()).tobytes()
    texts = column.cast(pl.String).fill_null("")
    return empty + texts.str.len_bytes().to_numpy().tobytes() + "".join(texts.to_list()).encode()
