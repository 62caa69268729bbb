"""What came in, what went out and what stayed open, by period: whole numbers that add up across partitions.

Event form: an invoice, and each allocation, is one entry in the period where it counts; a running sum
then gives what is open at every period's end. Twenty-four month ends cost little more than one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.fx import Rates
from seawall.engine.kernel.rounding import apply_rate, sum_by
from seawall.engine.ledger.allocation import as_parts
from seawall.engine.ledger.items import Ledger
from seawall.engine.ledger.marks import RECOVERY

Minor: TypeAlias = NDArray[np.int64]
By = Literal["all", "entity", "customer", "group", "sector", "country"]

KEYS: dict[By, tuple[str, ...]] = {
    "all": (),
    "entity": ("entity",),
    "customer": ("customer_code", "name"),
    "group": ("group_code",),
    "sector": ("sector",),
    "country": ("country",),
}


@dataclass(frozen=True)
class Flows:
    """Sums by key (rows) and period (columns), in minor units of each key's currency.

    Period 0 is everything up to ``ends[0]``; period ``k`` runs from the day after ``ends[k-1]`` to
    ``ends[k]``. ``open`` and ``overdue`` are as of each end. ``open_by_issue[k, t, m]`` is what is open at
    end ``t`` of sales made in period ``m``. ``sales_ex_vat`` and ``sales`` are less credit notes.
    """

    keys: pl.DataFrame
    ends: tuple[dt.date, ...]
    invoiced: Minor
    credit_notes: Minor
    sales_ex_vat: Minor
    open: Minor
    overdue: Minor
    open_by_issue: Minor

    @property
    def sales(self) -> Minor:
        """Credit sales with VAT: invoices and debit notes less credit notes issued in the period."""
        return self.invoiced - self.credit_notes

    @property
    def days(self) -> NDArray[np.int64]:
        """Days of each period but the first, which has no beginning."""
        return np.diff(np.array(self.ends, dtype="datetime64[D]")).astype(np.int64)

    def together(self, other: Flows) -> Flows:
        """The flows of two partitions: the rows of both; :meth:`summed` then joins equal keys.

        Raises:
            Broken: their periods differ.
        """
        if self.ends != other.ends:
            raise Broken("Flows of different periods cannot be put together.")
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in MEASURES}
        return Flows(pl.concat([self.keys, other.keys]), self.ends, **both)

    def summed(self) -> Flows:
        """One row for each key, in the order of keys."""
        place, index = _distinct(self.keys)
        return Flows(place, self.ends, **{name: _by_row(getattr(self, name), index, place.height) for name in MEASURES})

    def converted(self, rates: Rates) -> Flows:
        """In the reporting currency, each sum of a document currency converted and rounded by itself.

        Raises:
            PolicyGap: ``rates`` lacks a currency.
        """
        factor = rates.per_minor(self.keys["currency"].to_list())
        values = {name: getattr(self, name) for name in MEASURES}
        moved = {name: apply_rate(value, factor.reshape(-1, *[1] * (value.ndim - 1))) for name, value in values.items()}
        return Flows(self.keys.with_columns(currency=pl.lit(rates.reporting)), self.ends, **moved).summed()


MEASURES = ("invoiced", "credit_notes", "sales_ex_vat", "open", "overdue", "open_by_issue")


def flows(ledger: Ledger, *, ends: Sequence[dt.date], by: By = "all", by_issue_trend: bool = True) -> Flows:
    """The sums of a ledger by key and document currency.

    ``by_issue_trend`` False keeps ``open_by_issue`` for the last end only (shape key, 1, period): for
    many keys.
    """
    whole = as_parts(ledger)
    keys, key_of_account = _distinct(_account_keys(ledger, by))
    moves = _Moves(whole, key_of_account, keys.height, ends)
    issued, settled = moves.debits(), moves.settlements()
    tax = moves.of("credit_note", "tax_minor") - moves.of_sales("tax_minor")
    invoiced, credit_notes = moves.of_sales("amount_minor"), moves.of("credit_note", "amount_minor")
    return Flows(
        keys=keys,
        ends=tuple(ends),
        invoiced=invoiced,
        credit_notes=credit_notes,
        sales_ex_vat=invoiced - credit_notes + tax,
        open=np.cumsum(issued - settled, axis=1),
        overdue=np.cumsum(moves.overdue(), axis=1),
        open_by_issue=moves.open_by_issue(trend=by_issue_trend),
    )


def _account_keys(ledger: Ledger, by: By) -> pl.DataFrame:
    named = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    return named.select(*KEYS[by], "currency")


def _distinct(keys: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """The distinct rows in order, and for each row which of them it is."""
    distinct = keys.unique().sort(keys.columns, nulls_last=True).with_row_index("place")
    place = keys.join(distinct, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")["place"]
    return distinct.drop("place"), place.to_numpy().astype(np.int64)


def _by_row(value: Minor, index: NDArray[np.int64], size: int) -> Minor:
    summed = np.zeros((size, *value.shape[1:]), dtype=np.int64)
    np.add.at(summed, index, value)
    return summed


class _Moves:
    """Items and allocations as (key, period) entries. The last column collects what comes after the last end."""

    def __init__(self, ledger: Ledger, key_of_account: NDArray[np.int64], size: int, ends: Sequence[dt.date]) -> None:
        edges = np.array(ends, dtype="datetime64[D]").astype(np.int32)
        self.size, self.width = size, len(ends)
        self.items = ledger.items
        self.is_debit = ledger.items["is_debit"].to_numpy()
        self.amount = ledger.items["amount_minor"].to_numpy()
        self.key = key_of_account[ledger.items["account_id"].to_numpy()]
        self.issued = np.searchsorted(edges, _days(ledger.items["issued_on"]), side="left")
        late = np.searchsorted(edges, _days(ledger.items["due_on"]), side="right")
        self.late = np.maximum(late, self.issued)
        self.debit = ledger.allocations["debit_id"].to_numpy()
        self.settled = np.searchsorted(edges, _days(ledger.allocations["allocated_on"]), side="left")
        self.settled_minor = ledger.allocations["amount_minor"].to_numpy()
        self.is_sale = self._is_sale()

    def debits(self) -> Minor:
        mine = self.is_debit
        return self._sum(self.key[mine], self.issued[mine], self.amount[mine])

    def settlements(self) -> Minor:
        return self._sum(self.key[self.debit], self.settled, self.settled_minor)

    def overdue(self) -> Minor:
        """A debit enters when it falls overdue; what settles it leaves then at the earliest."""
        mine = self.is_debit
        enters = self._sum(self.key[mine], self.late[mine], self.amount[mine])
        leaves = np.maximum(self.settled, self.late[self.debit])
        return enters - self._sum(self.key[self.debit], leaves, self.settled_minor)

    def of_sales(self, column: str) -> Minor:
        return self._of(self.is_sale, column)

    def of(self, kind: str, column: str) -> Minor:
        return self._of((self.items["kind"] == kind).to_numpy(), column)

    def open_by_issue(self, *, trend: bool) -> Minor:
        sale = np.flatnonzero(self.is_sale)
        paid = np.flatnonzero(self.is_sale[self.debit])
        debit = self.debit[paid]
        at = np.concatenate([self.issued[sale], self.settled[paid]])
        month = np.concatenate([self.issued[sale], self.issued[debit]])
        key = np.concatenate([self.key[sale], self.key[debit]])
        minor = np.concatenate([self.amount[sale], -self.settled_minor[paid]])
        if not trend:  # everything that happened by the last end is one entry
            at = np.where(at < self.width, 0, 1)
        steps = self.width if trend else 1
        here = (at < steps) & (month < self.width)
        cell = (key[here] * steps + at[here]) * self.width + month[here]
        cells = sum_by(cell, minor[here], self.size * steps * self.width)
        return np.cumsum(cells.reshape(self.size, steps, self.width), axis=1)

    def _is_sale(self) -> NDArray[np.bool_]:
        sale: NDArray[np.bool_] = self.items["kind"].is_in(["invoice", "debit_note"]).to_numpy().copy()
        notes = np.flatnonzero((self.items["kind"] == "debit_note").to_numpy())
        sale[notes] = (self.items["payment_method"].gather(notes).fill_null("") != RECOVERY).to_numpy()
        return sale

    def _of(self, mask: NDArray[np.bool_], column: str) -> Minor:
        rows = np.flatnonzero(mask)
        return self._sum(self.key[rows], self.issued[rows], self.items[column].to_numpy()[rows])

    def _sum(self, key: NDArray[np.int64], period: NDArray[Any], minor: Minor) -> Minor:
        cell = key * (self.width + 1) + period
        cells = sum_by(cell, minor, self.size * (self.width + 1))
        return cells.reshape(self.size, self.width + 1)[:, : self.width]


def _days(dates: pl.Series) -> NDArray[np.int32]:
    physical: NDArray[np.int32] = dates.to_physical().to_numpy()
    return physical
