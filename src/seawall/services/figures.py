"""Figures as published documents: plain dictionaries that every door shows, with amounts as decimal texts.

The shapes are promises, described in ``docs/reference/report-shapes.md``: a key that is published stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.fx import Rates, RateTable, rates_for, reporting_currency
from seawall.engine.kernel.money import amount_text, exponent
from seawall.engine.ledger import ageing as room
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.scheme import DEFAULT_SCHEME, Scheme

Document: TypeAlias = dict[str, Any]

GROUPS = {
    "customer": "customer_code",
    "group": "group_code",
    "entity": "entity",
    "currency": "currency",
    "sector": "sector",
}
"""What an ageing can be asked by, and the column that names it."""

RATE_AGE = "house.fx"
"""The policy that says how old an exchange rate may be."""


def rates_of(
    ledger: Ledger, *, as_of: AsOf, currency: str | None, tables: Iterable[RateTable], max_age_days: int
) -> Rates:
    """The rates a question needs; into the ledger's own currency where it has but one and none is asked for.

    Raises:
        UsageError: several currencies and none asked for.
        PolicyGap: a rate is missing or too old.
    """
    used = ledger.currencies
    reporting = reporting_currency(used, currency)
    if reporting is None:
        return Rates("", as_of.on, {})
    return rates_for(used, reporting, as_of.on, tables, max_age_days)


def only_entities(ledger: Ledger, entities: Sequence[str] | None) -> Ledger:
    """The ledger of these selling entities; of all where none is named.

    Raises:
        UsageError: one of them is not in the ledger.
    """
    if not entities:
        return ledger
    known = set(ledger.entities)
    for entity in entities:
        if entity not in known:
            raise UsageError(
                "There is no entity {entity} in this ledger.", hint="There are: {known}.",
                entity=entity, known=", ".join(sorted(known)),
            )  # fmt: skip
    return ledger.only(ledger.accounts["entity"].is_in(list(entities)))


def ageing(
    ledger: Ledger, *, as_of: AsOf, rates: Rates, scheme: Scheme = DEFAULT_SCHEME, group_by: str = "customer"
) -> Document:
    """What is open on the day by how old it is: in all, and by customer, group, entity, currency or sector.

    Raises:
        UsageError: ``group_by`` is none of these.
        NotKnown: the day lies before what the ledger knows.
    """
    if group_by not in GROUPS:
        raise unknown_group(group_by, GROUPS)
    plain = set(rates.by_currency) <= {rates.reporting}
    rows = room.ageing(ledger, as_of=as_of, scheme=scheme, rates=None if plain else rates)
    document: Document = {
        "as_of": as_of.on.isoformat(),
        "currency": rates.reporting or None,
        "scheme": "/".join(str(edge) for edge in scheme.edges if edge),
        "buckets": list(scheme.names),
    }
    if scheme.by == "issue":
        document["by"] = scheme.by
    by_customer = _summed(rows, ledger, "customer", plain=plain)
    document["total"] = ageing_total(by_customer, scheme, rates.reporting)
    document["customers"] = ageing_rows(by_customer, "customer_code", scheme, rates.reporting)
    if group_by != "customer":
        groups = _summed(rows, ledger, group_by, plain=plain)
        document["group_by"] = group_by
        document["groups"] = ageing_rows(groups, GROUPS[group_by], scheme, rates.reporting)
        if group_by == "currency":
            _beside(document["groups"], room.grouped(rows, ledger, by="currency"), scheme)
    return document


def _beside(groups: list[Document], rows: pl.DataFrame, scheme: Scheme) -> None:
    """Put each currency's own amounts beside those in the reporting currency."""
    own = {currency: frame for (currency,), frame in rows.group_by("currency")}
    for group in groups:
        currency = group["currency"]
        group["document"] = ageing_total(own[currency], scheme, currency)


def _summed(rows: pl.DataFrame, ledger: Ledger, by: str, *, plain: bool) -> pl.DataFrame:
    summed = room.grouped(rows, ledger, by=by, in_reporting=not plain)  # type: ignore[arg-type]  # checked above
    return summed.sort(GROUPS[by], nulls_last=True)


def ageing_total(rows: pl.DataFrame, scheme: Scheme, currency: str) -> Document:
    """The sums over all rows of an ageing, as decimal texts."""
    sums = {name: int(rows[f"{name}_minor"].sum()) for name in (*room.MEASURES, *scheme.names)}
    text = {name: amount_text(minor, currency) if currency else "0" for name, minor in sums.items()}
    return {name: text[name] for name in room.MEASURES} | {"by_bucket": {name: text[name] for name in scheme.names}}


def ageing_rows(rows: pl.DataFrame, key: str, scheme: Scheme, currency: str) -> list[Document]:
    """The rows of an ageing under the column that names them, as decimal texts."""
    columns = [rows[key].to_list()]
    columns += [_amount_texts(rows[f"{name}_minor"], currency) for name in (*room.MEASURES, *scheme.names)]
    head = (key, *room.MEASURES)
    return [
        dict(zip(head, row, strict=False)) | {"by_bucket": dict(zip(scheme.names, row[len(head) :], strict=True))}
        for row in zip(*columns, strict=True)
    ]


def _amount_texts(minor: pl.Series, currency: str) -> list[str]:
    """:func:`amount_text` of a whole column; in one step for the usual two decimals and no negative amount."""
    values = minor.to_list()
    if not values:
        return []
    if exponent(currency) != 2 or min(values) < 0:  # noqa: PLR2004
        return [amount_text(value, currency) for value in values]
    return [f"{value // 100}.{value % 100:02d}" for value in values]


def records(frame: pl.DataFrame, currency: str) -> list[Document]:
    """Rows as plain values: ``x_minor`` becomes ``x`` as a decimal text, days become ISO texts."""
    names = [name.removesuffix("_minor") for name in frame.columns]
    columns = [_plain(column, currency) for column in frame.iter_columns()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: pl.Series, currency: str) -> Sequence[Any]:
    if column.name.endswith("_minor"):
        return [None if minor is None else amount_text(minor, currency) for minor in column.to_list()]
    if column.dtype == pl.Date:
        return [day and day.isoformat() for day in column.to_list()]
    return column.to_list()


def unknown_group(by: str, known: Iterable[str]) -> UsageError:
    """The error for a question by something that has no figures."""
    return UsageError("There are no figures by {by}.", hint="Choose one of: {known}.", by=by, known=", ".join(known))
