"""To which year of a renewed policy each claim on file belongs: its first loss and its maximum are what it used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from seawall.engine.kernel.rounding import apply_rate
from seawall.engine.protection.conversion import Conversion, account_factors
from seawall.engine.protection.durations import number
from seawall.engine.protection.insured_debt import DebtBook
from seawall.engine.protection.wording import Wording


def claims_of_year(
    claims: pl.DataFrame, wording: Wording, years: Sequence[Wording], book: DebtBook, conversion: Conversion
) -> pl.DataFrame:
    """The claims on file that belong to one year of a policy; ``years``: all of its years, ``book``: all customers.

    A policy about losses: those lost in the year. One about shipments: those of customers most of whose debt on the day
    of loss was shipped in the year; where the ledger knows of none, those lost in it. What is lost after a year and
    before the next one belongs to it.

    Raises:
        PolicyGap: an exchange rate is missing.
    """
    mine = claims.filter(pl.col("policy") == wording.code)
    if mine.is_empty():
        return mine
    known = sorted(years, key=lambda each: each.first_on)
    keys = mine.select("customer_code", "date_of_loss").iter_rows()
    narrow = _of_customers(book, mine["customer_code"].unique().to_list()) if len(known) > 1 else book
    found = [_year_of(code, on, known, narrow, conversion) for code, on in keys]
    belongs = [one is not None and one.first_on == wording.first_on for one in found]
    return mine.filter(pl.Series(belongs, dtype=pl.Boolean))


def _year_of(
    code: str, on: dt.date, years: Sequence[Wording], book: DebtBook, conversion: Conversion
) -> Wording | None:
    begun = [one for one in years if one.first_on <= on]
    if not begun:
        return None
    last = begun[-1]
    if len(begun) == 1 or last.get("attachment", last.first_on) == "losses":
        return last
    return _shipped_most(code, on, begun, book, conversion) or last


def _shipped_most(
    code: str, on: dt.date, years: Sequence[Wording], book: DebtBook, conversion: Conversion
) -> Wording | None:
    """The year in which most was shipped of what a customer owed on a day; of equal ones the later."""
    known = book.ledger.known_from
    if known is not None and on < known:
        return None
    accounts, customers = book.ledger.accounts, book.ledger.customers
    owners = customers.filter(pl.col("customer_code") == code)["customer_id"].implode()
    is_theirs = accounts["customer_id"].is_in(owners).to_numpy()[book.account]
    item = np.flatnonzero(is_theirs & book.is_debt & (book.open_on(on) > 0))
    factor = account_factors(conversion, years[-1], accounts["currency"].to_list(), on) if len(item) else np.zeros(0)
    owed, shipped = apply_rate(book.open_on(on)[item], factor[book.account[item]]), book.shipped(item)
    sums = [int(owed[(shipped >= number(one.first_on)) & (shipped <= number(one.last_on))].sum()) for one in years]
    most = max(sums)
    return None if most == 0 else [one for one, owes in zip(years, sums, strict=True) if owes == most][-1]


def _of_customers(book: DebtBook, codes: Sequence[str]) -> DebtBook:
    return DebtBook(book.ledger.of_customers(codes))
