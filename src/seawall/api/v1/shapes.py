"""What the API answers with. Amounts are decimal texts in full units of the currency beside them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

Amount = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]{1,4})?$", examples=["1234.50"])]
"""A decimal text; a JSON number would lose cents on the way."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])]
Rate = Annotated[float | None, Field(description="Per one; null where it cannot be said.")]


class Page(Schema):
    """How a list goes on: send `next` as `after` for the rest; null on the last page."""

    next: str | None


class Freshness(Schema):
    """How far bank data reaches: the oldest last day of the accounts in use."""

    last_on: dt.date
    days: int
    is_stale: bool
    accounts: int


class AgeingRow(Schema):
    """One key of an ageing. `key` is null where the customer has no group, sector ..."""

    key: str | None
    name: str | None
    open: Amount
    overdue: Amount
    unapplied: Amount
    disputed: Amount
    by_bucket: dict[str, Amount]


class Ageing(Page):
    """What is open on a day by how old it is; `total` is over all pages."""

    as_of: dt.date
    known: int
    currency: str
    bank: Freshness | None = Field(description="How far bank data reaches; null where there is none.")
    scheme: str
    by: str
    group_by: str
    buckets: list[str]
    total: AgeingRow
    rows: list[AgeingRow]


class Customer(Schema):
    """One customer with its figures of the day."""

    customer_code: str
    name: str
    country: str | None
    sector: str | None
    group_code: str
    open: Amount
    overdue: Amount
    unapplied: Amount
    disputed: Amount
    max_dpd_days: int | None
    beyond_terms_days: float | None
    on_time_rate: Rate
    ecl: Amount
    is_default: bool


class Customers(Page):
    """Customers by code."""

    as_of: dt.date
    known: int
    currency: str
    bank: Freshness | None = Field(description="How far bank data reaches; null where there is none.")
    rows: list[Customer]


class OpenItem(Schema):
    """An item with something left on the day; credits have `left` unapplied and no days past due."""

    entity: str
    number: str | None
    kind: str
    issued_on: dt.date
    due_on: dt.date
    currency: Currency
    amount: Amount
    left: Amount
    dpd_days: int | None
    source_file: str | None
    source_row: int | None


class CustomerFile(Customer):
    """One customer with its open items in their own currency."""

    as_of: dt.date
    known: int
    currency: str
    bank: Freshness | None = Field(description="How far bank data reaches; null where there is none.")
    items: list[OpenItem]


class ProvisionRow(Schema):
    """One bucket of a pool."""

    pool: str
    bucket: str
    gross: Amount
    default: Amount
    rate: float
    forward_factor: float
    applied_rate: float
    ecl: Amount
    basis: str


class Provision(Schema):
    """Expected credit loss of the day; `ecl` is the sum of the rows."""

    as_of: dt.date
    known: int
    currency: str
    method: str
    standard: str
    ecl: Amount
    rows: list[ProvisionRow]


class Run(Schema):
    """One protection run."""

    run_id: uuid.UUID
    on: dt.date
    known: int
    currency: str
    entities: list[str]
    state: str
    manifest_digest: str
    result_digest: str
    started_at: dt.datetime
    done_at: dt.datetime | None


class Runs(Page):
    """Runs, newest first."""

    rows: list[Run]


class Step(Schema):
    """A finished step of a run and the hash of what it made."""

    name: str
    digest: str
    done_at: dt.datetime


class RunFile(Run):
    """One run with its manifest and steps."""

    manifest: dict[str, Any]
    steps: list[Step]


class Meta(Schema):
    """Which store answers."""

    version: str
    organisation: str
    is_demo: bool
    known: int
    usual_day: dt.date | None
    reporting_currency: str
    entities: list[str]
    currencies: list[str]
    bank: Freshness | None = Field(description="How far bank data reaches; null where there is none.")
