"""Exposure and bills as published documents: what stands beside the ageing, by customer, by acceptor, bill by bill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.policy import Policies
from seawall.engine.ledger import exposure as room
from seawall.engine.ledger.ageing import ageing, grouped
from seawall.engine.ledger.bills import bill_states
from seawall.engine.ledger.items import BILL_STATES, Ledger
from seawall.engine.ledger.marks import ADVANCE
from seawall.engine.ledger.scheme import Scheme
from seawall.engine.report import Report
from seawall.services.figures import Document, records
from seawall.services.figures import ageing as ageing_figures

POLICY = "house.bills"
PARTS = ("held_minor", "recourse_minor", "exposure_minor", "on_customer_minor", "retention_minor",
         "retention_due_minor", "advance_minor")  # fmt: skip
"""What a row of :attr:`Exposures.customers` says beside ``open_minor``."""


@dataclass(frozen=True)
class Exposures:
    """The exposure of one day in the reporting currency.

    ``customers``: customer_code, name, open_minor and :data:`PARTS`, of those with anything beside what is open.
    ``bills``: every bill that has not ended, and those that ended, with ``*_reporting_minor`` beside its own amount.
    """

    on: dt.date
    currency: str
    policy: Mapping[str, Any]
    total: dict[str, int]
    customers: pl.DataFrame
    acceptors: pl.DataFrame
    bills: pl.DataFrame

    @property
    def is_void(self) -> bool:
        """Whether there is nothing beside what is open."""
        return self.customers.is_empty()

    @property
    def maturing(self) -> pl.DataFrame:
        """Bills in hand that mature from the day on within the policy's days, and those past it, by maturity."""
        last = self.on + dt.timedelta(days=self.policy["maturing_days"])
        return self.bills.filter(pl.col("held_minor") != 0, pl.col("matures_on") <= last)


def exposures(ledger: Ledger, *, as_of: AsOf, rates: Rates, policies: Policies) -> Exposures:
    """The exposure of a day.

    Raises:
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: a policy says nothing on the day, or an exchange rate is missing.
    """
    plain = set(rates.by_currency) <= {rates.reporting}
    aged = ageing(ledger, as_of=as_of, scheme=Scheme((0,)), rates=None if plain else rates)
    owed = grouped(aged, ledger, by="customer", in_reporting=not plain)
    return _exposures(ledger, as_of, rates, policies, owed.select("customer_code", "name", "open_minor"))


def has_any(ledger: Ledger) -> bool:
    """Whether the ledger has a bill, retention money or an advance at all; costs one look at the payment methods."""
    if ledger.bills.height or ledger.instalments["is_retention"].any():
        return True
    if "payment_method" not in ledger.items.columns:
        return False
    return bool((ledger.items["payment_method"] == ADVANCE).any())


def ageing_document(
    ledger: Ledger, *, as_of: AsOf, rates: Rates, policies: Policies, scheme: Scheme, group_by: str
) -> Document:
    """The published ageing, with ``beside`` (totals and customers of the exposure) where there is anything to say.

    Raises:
        UsageError: there are no figures by ``group_by``.
        NotKnown: the day lies before what the ledger knows.
        PolicyGap: a policy or an exchange rate is missing.
    """
    made = ageing_figures(ledger, as_of=as_of, rates=rates, scheme=scheme, group_by=group_by)
    if not has_any(ledger):
        return made
    found = document(exposures(ledger, as_of=as_of, rates=rates, policies=policies))
    return made | {"beside": {name: found[name] for name in ("total", "customers")}}


def of_report(report: Report, ledger: Ledger, policies: Policies) -> Exposures:
    """The exposure of a report's day, by the report's own open amounts and rates.

    Raises:
        PolicyGap: a policy says nothing on the day.
    """
    used = {code: RateUsed(rate, on, source) for code, rate, on, source in report.rates_used}
    rates = Rates(report.currency, report.as_of.on, used | {report.currency: RateUsed(1.0, report.as_of.on, "")})
    owed = report.customers.select("customer_code", "name", "open_minor")
    return _exposures(ledger, report.as_of, rates, policies, owed)


def _exposures(ledger: Ledger, as_of: AsOf, rates: Rates, policies: Policies, owed: pl.DataFrame) -> Exposures:
    policy = policies.at(POLICY, as_of.on).value
    bills = _bills(ledger, as_of, rates, policy)
    beside = room.beside_open(ledger, as_of=as_of, recourse_days=policy["recourse_days"], rates=rates)
    accounts = ledger.accounts.join(ledger.customers.select("customer_id", "customer_code", "name"), on="customer_id")
    sums = beside.join(accounts, on="account_id").group_by("customer_code", "name").agg(pl.col(room.AMOUNTS).sum())
    mine = bills.filter("is_on_customer").group_by("customer_code").agg(
        on_customer=(pl.col("held_reporting_minor") + pl.col("recourse_reporting_minor")).sum()
    )  # fmt: skip
    customers = (
        sums.join(owed.drop("name"), on="customer_code", how="left")
        .join(mine, on="customer_code", how="left")
        .with_columns(pl.col("open_minor", "on_customer").fill_null(0))
        .with_columns(
            exposure_minor=pl.col("open_minor") + pl.col("held_minor") + pl.col("recourse_minor"),
            on_customer_minor=pl.col("open_minor") + pl.col("on_customer"),
        )
        .sort("exposure_minor", "customer_code", descending=[True, False])
        .select("customer_code", "name", "open_minor", *PARTS)
    )
    total = {name: int(customers[name].sum()) for name in PARTS if "customer" not in name}
    total["open_minor"] = int(owed["open_minor"].sum())
    total["exposure_minor"] = total["open_minor"] + total["held_minor"] + total["recourse_minor"]
    reporting = bills.with_columns(held_minor="held_reporting_minor", recourse_minor="recourse_reporting_minor")
    return Exposures(as_of.on, rates.reporting, policy, total, customers, room.by_acceptor(reporting), bills)


def _bills(ledger: Ledger, as_of: AsOf, rates: Rates, policy: Mapping[str, Any]) -> pl.DataFrame:
    """Bills with their customer, entity and number, in the order of maturity, amounts in both currencies."""
    states = bill_states(ledger, as_of=as_of, recourse_days=policy["recourse_days"])
    amounts = ("amount_minor", "held_minor", "recourse_minor")
    own = states.select(*amounts)
    converted = room.in_reporting(states, ledger, rates, amounts)
    kind = pl.col("bill_kind").cast(pl.String)
    named = (
        converted.rename({name: name.replace("_minor", "_reporting_minor") for name in amounts})
        .with_columns(own)
        .with_columns(
            is_on_customer=pl.when(kind == "bank")
            .then(pl.lit(policy["bank_on"] == "customer"))
            .otherwise(pl.lit(policy["commercial_on"] == "customer")),
            number=_number(ledger, states),
        )
        .join(ledger.accounts, on="account_id", how="left", maintain_order="left")
    )
    names = ledger.customers.select("customer_id", "customer_code", "name")
    return named.join(names, on="customer_id", how="left", maintain_order="left").with_columns(
        kind, pl.col("state").cast(pl.String)
    )


def _number(ledger: Ledger, states: pl.DataFrame) -> pl.Series:
    if "number" not in ledger.items.columns:
        return pl.Series("number", [None] * states.height, dtype=pl.String)
    return ledger.items["number"].gather(states["item_id"])


BILL = (
    "entity", "customer_code", "name", "number", "bill_kind", "drawer", "acceptor", "acceptor_code", "currency",
    "drawn_on", "received_on", "matures_on", "state", "since", "counterparty",
)  # fmt: skip
"""What a published bill says beside its amounts."""


def document(found: Exposures, *, state: str = "") -> Document:
    """The published shape (``report-shapes.md``): totals, customers, acceptors, bills (of one state, where asked)."""
    bills = found.bills.filter(pl.col("state") == state) if state else found.bills
    return {
        "as_of": found.on.isoformat(),
        "currency": found.currency,
        "recourse_days": found.policy["recourse_days"],
        "states": list(BILL_STATES),
        "total": _texts(found.total, found.currency),
        "customers": records(found.customers, found.currency),
        "acceptors": records(found.acceptors, found.currency),
        "maturing": [_bill(row) for row in found.maturing.iter_rows(named=True)],
        "bills": [_bill(row) for row in bills.iter_rows(named=True)],
    }


def in_report(found: Exposures) -> Document:
    """The same for a report: without the bills that have ended."""
    whole = document(found)
    return whole | {"bills": [row for row in whole["bills"] if row["state"] not in ("paid", "bounced", "returned")]}


def _texts(amounts: Mapping[str, int], currency: str) -> Document:
    return {name.removesuffix("_minor"): amount_text(minor, currency) for name, minor in amounts.items()}


def shown(bills: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Rows of :attr:`Exposures.bills` in the published shape."""
    return [_bill(row) for row in bills]


def settled(rows: pl.DataFrame) -> list[Document]:
    """What a bill settled, in the published shape: day, number, currency and amount."""
    plain = ("on", "number", "currency")
    return [
        {name: row[name] for name in plain} | _texts({"amount_minor": row["amount_minor"]}, row["currency"])
        for row in rows.iter_rows(named=True)
    ]


def _bill(row: Mapping[str, Any]) -> Document:
    said = {name: row[name].isoformat() if isinstance(row[name], dt.date) else row[name] for name in BILL}
    amounts = ("amount_minor", "held_minor", "recourse_minor")
    return said | _texts({name: row[name] for name in amounts}, row["currency"])
