"""What is to be declared to the insurer, month by month, and how it follows from the ledger, line by line.

Declared is what the policy insures by its kind: of its customers, countries, sectors and terms. Limits, stops of cover,
the datum line and disputes change what would be paid, not what was sold, and leave it as it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.asof import add_months, month_end
from seawall.engine.kernel.lazy import cached_property
from seawall.engine.kernel.money import AMOUNT_LIMIT_MINOR
from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.ledger.items import KINDS
from seawall.engine.ledger.marks import RECOVERY
from seawall.engine.protection.clauses import NUMBER, REASONS, Goods, barred
from seawall.engine.protection.conversion import ItemDays, item_factors
from seawall.engine.protection.cover import Insurance, of_policy, vat_within
from seawall.engine.protection.cover_facts import facts_of
from seawall.engine.protection.cover_limits import has_grade, is_kind
from seawall.engine.protection.durations import Days, number
from seawall.engine.protection.duties import declared
from seawall.engine.protection.insured_debt import DebtBook, Ids, Minor
from seawall.engine.protection.insured_limit import Decisions, standing
from seawall.engine.protection.versions import Versions
from seawall.engine.protection.wording import Wording

LINES: Final = (
    "sales", "credit_notes", "other_policy", "vat",
    *(reason.code for reason in REASONS if 0 < NUMBER[reason.code] <= NUMBER["invoiced_too_late"]),
)  # fmt: skip
"""Lines of the reconciliation in their order; all of a month together are what is declared for it."""

OF_CUSTOMER: Final = ("customer_excluded", "related_party", "public_customer", "country_not_covered",
                      "sector_not_covered")  # fmt: skip
"""Clauses about the customer alone: by these a credit note belongs to what is declared or does not."""

_SALES = tuple(KINDS.index(kind) for kind in ("invoice", "debit_note"))
_INVOICE, _CREDIT_NOTE = KINDS.index("invoice"), KINDS.index("credit_note")


@dataclass(frozen=True)
class Declaration:
    """What one policy is to be told of some months; amounts in the policy's currency.

    ``rows``: a row for each document and month: part_id (an instalment), item_id, customer_id, month (its last day),
    sign, gross_minor, other_minor (of customers the policy is not about), vat_minor, barred_minor, reason (a number of
    ``REASONS``), declared_minor, rule (place of the premium rule, -1 = the policy's own rate), rate.
    ``gross_minor`` is what the other columns come to.
    """

    wording: Wording
    basis: str
    months: tuple[dt.date, ...]
    rows: pl.DataFrame

    @cached_property
    def reconciliation(self) -> pl.DataFrame:
        """How the declared amount of each month follows from the ledger: month, line, minor; sums to ``declared``."""
        signed = self.rows.with_columns(pl.col("^.*_minor$") * pl.col("sign"))
        credit, amount = pl.col("sign") < 0, pl.col("gross_minor")
        clause = pl.Series([reason.code for reason in REASONS]).gather(self.rows["reason"].cast(pl.Int64))
        parts = [
            signed.select("month", line=pl.when(credit).then(pl.lit("credit_notes")).otherwise(pl.lit("sales")),
                          minor=amount),
            signed.select("month", line=pl.lit("other_policy"), minor=-pl.col("other_minor")),
            signed.select("month", line=pl.lit("vat"), minor=-pl.col("vat_minor")),
            signed.select("month", line=pl.lit(clause), minor=-pl.col("barred_minor")),
        ]  # fmt: skip
        order = pl.Enum(LINES)
        rows = pl.concat(parts).filter(pl.col("minor") != 0).with_columns(pl.col("line").cast(order))
        return rows.group_by("month", "line").agg(pl.sum("minor")).sort("month", "line")

    @cached_property
    def classes(self) -> pl.DataFrame:
        """What is declared, by month and premium rule: month, rule, rate, declared_minor, documents."""
        rows = self.rows.filter(pl.col("declared_minor") != 0)
        declared = (pl.col("declared_minor") * pl.col("sign")).sum().alias("declared_minor")
        return rows.group_by("month", "rule", "rate").agg(declared, documents=pl.len()).sort("month", "rule", "rate")

    @property
    def declared_minor(self) -> int:
        """What is declared for all months together."""
        return int((self.rows["declared_minor"] * self.rows["sign"]).sum())


def months_of(wording: Wording, first: dt.date | None = None, last: dt.date | None = None) -> tuple[dt.date, ...]:
    """The last days of the months of the policy's period, from the month of ``first`` to that of ``last``."""
    start = max(first or wording.first_on, wording.first_on)
    end = min(last or wording.last_on, wording.last_on)
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    return tuple(month_end(add_months(start.replace(day=1), k)) for k in range(max(count, 0)))


def declaration(
    insurance: Insurance, wording: Wording, months: Sequence[dt.date], basis: str = "", *,
    first: dt.date = dt.date.min, last: dt.date = dt.date.max,
) -> Declaration:  # fmt: skip
    """What a policy is to be told of months of its period (their last days), on its own basis.

    ``basis``: ``shipments`` (by day of shipment), ``turnover`` (by day of issue) or ``balances`` (open at each month
    end); absent: that of the term ``premium``. ``first`` and ``last`` leave out what lies outside these days.

    Raises:
        PolicyGap: the policy does not say what is declared, or an exchange rate is missing.
    """
    told = basis or wording.need("premium", wording.first_on)["basis"]
    days = (max(first, wording.first_on), min(last, wording.last_on))
    rows = [_balances(insurance, wording, month) for month in months if month <= last] if told == "balances" else [
        _sold(insurance, wording, months, told, days), _credited(insurance, wording, months, days)
    ]  # fmt: skip
    whole = pl.concat(rows) if rows else _SCHEMA_ROW
    return Declaration(wording, told, tuple(months), whole.sort("month", "item_id", "sign"))


_SCHEMA = {
    "part_id": pl.Int64, "item_id": pl.Int64, "customer_id": pl.Int64, "month": pl.Date, "sign": pl.Int64,
    "gross_minor": pl.Int64,
    "other_minor": pl.Int64, "vat_minor": pl.Int64, "barred_minor": pl.Int64, "reason": pl.Int8,
    "declared_minor": pl.Int64, "rule": pl.Int64, "rate": pl.Float64,
}  # fmt: skip
_SCHEMA_ROW = pl.DataFrame(schema=_SCHEMA)


_Between = tuple[dt.date, dt.date]


def _sold(
    insurance: Insurance, wording: Wording, months: Sequence[dt.date], basis: str, days: _Between
) -> pl.DataFrame:
    """Invoices and debit notes of the months; a debit note that reinstates a written-off debt is no sale."""
    book = insurance.book
    item = np.flatnonzero(np.isin(book.kind, _SALES) & ~_is_recovery(book))
    day = book.shipped(item) if basis == "shipments" else book.issued[item]
    month, within = _month_of(day, months, days)
    return _rows(insurance, wording, item[within], month[within], months, sign=1)


def _credited(insurance: Insurance, wording: Wording, months: Sequence[dt.date], days: _Between) -> pl.DataFrame:
    """Credit notes of the months, by day of issue: they lower what was declared before."""
    book = insurance.book
    item = np.flatnonzero(book.kind == _CREDIT_NOTE)
    month, within = _month_of(book.issued[item], months, days)
    return _rows(insurance, wording, item[within], month[within], months, sign=-1)


def _balances(insurance: Insurance, wording: Wording, month: dt.date) -> pl.DataFrame:
    """What is open at one month end."""
    book = insurance.book
    on = min(month, wording.last_on)
    left = book.open_on(on)
    item = np.flatnonzero(book.is_debt & (left > 0))
    shipped = book.shipped(item)
    item = item[shipped >= number(wording.first_on)]
    return _rows(insurance, wording, item, np.zeros(len(item), dtype=np.int64), [month], sign=1, open_minor=left[item])


def _rows(
    insurance: Insurance, wording: Wording, item: Ids, month: Ids, months: Sequence[dt.date], *, sign: int,
    open_minor: Minor | None = None,
) -> pl.DataFrame:  # fmt: skip
    book = insurance.book
    versions = Versions(wording, book.shipped(item))
    document = book.amount[item] if open_minor is None else open_minor
    gross = _in_policy(insurance, versions, item, document, month, months)
    mine = of_policy(book, wording)[book.account[item]]
    vat = np.where(mine, vat_within(book, versions, item, gross), 0)
    reason = np.where(mine, _barred(book, versions, item, sign), 0)
    other = np.where(mine, 0, gross)
    out = np.where(reason > 0, gross - vat - other, 0)
    rule, rate = rate_rules(insurance, wording, item, month, months)
    return pl.DataFrame(
        {
            "part_id": item, "item_id": book.whole[item], "customer_id": book.customer_of_account[book.account[item]],
            "month": pl.Series(list(months), dtype=pl.Date).gather(month), "sign": np.full(len(item), sign),
            "gross_minor": gross, "other_minor": other, "vat_minor": vat, "barred_minor": out, "reason": reason,
            "declared_minor": gross - other - vat - out, "rule": rule, "rate": rate,
        },
        schema=_SCHEMA,
    )  # fmt: skip


def _month_of(day: Days, months: Sequence[dt.date], days: _Between) -> tuple[Ids, NDArray[np.bool_]]:
    """The place of each day's month, and whether it is among them and within the days."""
    if not months:
        return np.zeros(len(day), dtype=np.int64), np.zeros(len(day), dtype=bool)
    ends = np.array([number(month) for month in months])
    first = number(max(months[0].replace(day=1), days[0]))
    place = np.searchsorted(ends, day, side="left")
    within = (day >= first) & (day <= number(min(months[-1], days[1])))
    return np.minimum(place, len(ends) - 1), within


def _is_recovery(book: DebtBook) -> NDArray[np.bool_]:
    marked: NDArray[np.bool_] = (book.method == RECOVERY).fill_null(value=False).to_numpy()[book.whole]
    return marked


def _in_policy(  # noqa: PLR0917
    insurance: Insurance, versions: Versions, item: Ids, document: Minor, month: Ids, months: Sequence[dt.date]
) -> Minor:
    """Amounts in the policy's currency; where it converts on the day of loss, at the rate of the month's end."""
    book = insurance.book
    codes = book.ledger.accounts["currency"].to_numpy().astype(str)[book.account[item]]
    if not len(item) or (codes == versions.wording.currency).all():
        return document
    days = ItemDays(versions.shipped, book.issued[item], book.due[item])
    minor = document.copy()
    for place in np.unique(month).tolist():
        rows = np.flatnonzero(month == place)
        part = Versions(versions.wording, versions.shipped[rows])
        its = ItemDays(days.shipped[rows], days.issued[rows], days.due[rows])
        factors = item_factors(insurance.conversion, part, codes[rows], its, on=months[place])
        if factors is not None:
            minor[rows] = apply_rate(document[rows], factors)
    return minor


def _barred(book: DebtBook, versions: Versions, item: Ids, sign: int) -> NDArray[np.int8]:
    kind = book.kind[item] if sign > 0 else np.full(len(item), _INVOICE, dtype=np.uint8)
    goods = Goods(
        kind=kind, customer=book.customer_of_account[book.account[item]], customers=book.ledger.customers,
        method=book.method.gather(book.whole[item]), owed_minor=np.full(len(item), AMOUNT_LIMIT_MINOR),
        issued=book.issued[item], shipped=versions.shipped, delivered=book.delivered(item), due=book.due[item],
    )  # fmt: skip
    found = barred(goods, versions, None)
    return found if sign > 0 else np.where(np.isin(found, [NUMBER[code] for code in OF_CUSTOMER]), found, 0)


def rate_rules(
    insurance: Insurance, wording: Wording, item: Ids, month: Ids, months: Sequence[dt.date]
) -> tuple[Ids, NDArray[np.float64]]:
    """Which premium rule each item falls under (-1: none, the policy's own rate), and its rate: those of its month."""
    rule, rate = np.full(len(item), -1, dtype=np.int64), np.zeros(len(item))
    for place in np.unique(month).tolist():
        rows = np.flatnonzero(month == place)
        day = min(max(months[place], wording.first_on), wording.last_on)
        term = wording.get("premium", day)
        if term is not None:
            rule[rows], rate[rows] = _by_rule(insurance, wording, item[rows], term, day)
    return rule, rate


def _by_rule(
    insurance: Insurance, wording: Wording, item: Ids, term: Mapping[str, Any], on: dt.date
) -> tuple[Ids, NDArray[np.float64]]:
    rules = term["rules"] or ()
    rule, rate = np.full(len(item), -1, dtype=np.int64), np.full(len(item), float(term["rate"]))
    asks_limit = any(said["kind"] is not None or said["grade"] is not None for said in rules)
    limits = _limits(insurance, wording, item, on) if asks_limit else None
    for place, said in reversed(list(enumerate(rules))):
        fits = _fits(insurance.book, item, said)
        if limits is not None:
            fits &= _limit_fits(*limits, said)
        rule[fits], rate[fits] = place, said["rate"]
    return rule, rate


def _fits(book: DebtBook, item: Ids, said: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Items whose customer and way of payment a premium rule is about."""
    customers, customer = book.ledger.customers, book.customer_of_account[book.account[item]]
    fits = np.ones(len(item), dtype=bool)
    for name in ("country", "sector"):
        if said[name] is not None:
            fits &= customers[name].is_in(list(said[name])).fill_null(value=False).to_numpy()[customer]
    if said["payment_method"] is not None:
        among = book.method.gather(book.whole[item]).is_in(list(said["payment_method"]))
        fits &= among.fill_null(value=False).to_numpy()
    return fits


def _limits(insurance: Insurance, wording: Wording, item: Ids, on: dt.date) -> tuple[Decisions, Ids]:
    """The insurer's decisions known on a day, and which of the first layer stands for each item (-1: none)."""
    book = insurance.book
    known = facts_of(insurance.facts, book, wording, insurance.conversion, on=on, loss_on=on).decisions
    customer = book.customer_of_account[book.account[item]]
    found = standing(known, 0, customer, book.shipped(item), term=book.due[item] - book.issued[item],
                     method=book.method.gather(book.whole[item]))  # fmt: skip
    return known, found.decision


def _limit_fits(known: Decisions, decision: Ids, said: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Items whose limit a premium rule is about: of its kind, and with one of its grades."""
    fits, at = np.ones(len(decision), dtype=bool), np.maximum(decision, 0)
    if said["kind"] is not None:
        kind = np.where(decision >= 0, known.kind[at], -1) if len(known.kind) else decision
        fits &= is_kind(kind, said["kind"])
    if said["grade"] is not None:
        fits &= (decision >= 0) & has_grade(known, at, said["grade"])
    return fits


def undeclared(insurance: Insurance, told: Declaration, *, on: dt.date) -> pl.DataFrame:
    """Of what is to be declared, by month what was declared by a day and what was not.

    Declared is what an event ``declaration`` names, or all of a month by one that names none.
    Columns: month, told_minor, missing_minor, documents (those missing).

    Raises:
        PolicyGap: a limit is in another currency, and a rate is missing.
    """
    book, wording = insurance.book, told.wording
    facts = facts_of(insurance.facts, book, wording, insurance.conversion, on=on, loss_on=on)
    rows = told.rows.filter(pl.col("declared_minor") != 0, pl.col("sign") > 0)
    part = rows["part_id"].to_numpy()
    customer = rows["customer_id"].to_numpy()
    ends = rows["month"].to_physical().to_numpy()
    days = declared(Versions(wording, ends), part, customer, facts.events)
    return (
        rows.with_columns(told=pl.Series(days <= number(on)))
        .group_by("month")
        .agg(
            told_minor=pl.col("declared_minor").filter(pl.col("told")).sum(),
            missing_minor=pl.col("declared_minor").filter(~pl.col("told")).sum(),
            documents=(~pl.col("told")).sum().cast(pl.Int64),
        )
        .sort("month")
    )
