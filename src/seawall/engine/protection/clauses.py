"""Clauses that leave a whole item out of a policy, in the order in which a claim is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seawall.engine.ledger.items import KINDS
from seawall.engine.protection.durations import Days
from seawall.engine.protection.versions import Versions


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not covered: a stable code, the term of the policy it comes from, and how it can be cured."""

    code: str
    term: str
    cure: str = ""
    """What still helps: ``lower_debt``, ``settle_dispute``, ``ask_limit``; nothing where nothing does."""


REASONS: Final = (
    Reason("", ""),
    Reason("no_policy", ""),
    Reason("document_not_insured", "documents"),
    Reason("customer_excluded", "excluded_buyers"),
    Reason("related_party", "related_buyers"),
    Reason("public_customer", "public_buyers"),
    Reason("country_not_covered", "countries"),
    Reason("sector_not_covered", "sectors"),
    Reason("below_datum_line", "datum_line_amount"),
    Reason("payment_method_not_covered", "payment_methods"),
    Reason("cause_not_insured", "causes"),
    Reason("term_too_long", "max_payment_term"),
    Reason("invoiced_too_late", "max_invoicing"),
    Reason("not_declared", "declaration"),
    Reason("stopped_by_overdue", "stop_of_cover"),
    Reason("stopped_by_insolvency", "stop_of_cover"),
    Reason("stopped_by_claim", "stop_of_cover"),
    Reason("stopped_by_adverse_information", "stop_of_cover"),
    Reason("overdue_not_notified", "overdue_notice"),
    Reason("not_handed_over", "hand_over"),
    Reason("claim_not_filed", "claim_filing"),
    Reason("disputed", "disputed", "settle_dispute"),
    Reason("no_limit", "limit_needed", "ask_limit"),
    Reason("limit_pending", "limit_needed", "ask_limit"),
    Reason("limit_refused", "limit_needed"),
    Reason("limit_cancelled", "limit_needed"),
    Reason("limit_expired", "limit_needed", "ask_limit"),
    Reason("limit_not_for_this", "limit_needed", "ask_limit"),
    Reason("limit_not_justified", "discretionary_limit"),
    Reason("above_limit", "limit_needed", "lower_debt"),
)
"""Every reason, in the order in which they are looked for."""

NUMBER: Final = {reason.code: number for number, reason in enumerate(REASONS)}


@dataclass(frozen=True)
class Goods:
    """What clauses ask of items, by item."""

    kind: NDArray[np.uint8]
    customer: NDArray[np.int64]
    customers: pl.DataFrame
    """By ``customer_id``."""

    method: pl.Series
    owed_minor: NDArray[np.int64]
    """What the customer of each item owes in all."""

    issued: Days
    shipped: Days
    delivered: Days
    due: Days


def barred(goods: Goods, versions: Versions, cause: str | None) -> NDArray[np.int8]:
    """By item the first clause that leaves it out, as its number in :data:`REASONS`; 0 where none does."""
    found = np.zeros(len(goods.kind), dtype=np.int8)
    for code, says in _CLAUSES.items():
        term = REASONS[NUMBER[code]].term
        if term != "documents" and not versions.has(term):
            continue
        out = _documents(goods, versions) if term == "documents" else versions.mark(term, _bound(says, goods, cause))
        found[(found == 0) & out] = NUMBER[code]
    return found


_Places = NDArray[np.int64]
_Clause = Callable[[Goods, str | None, Any, _Places], Any]


def _bound(says: _Clause, goods: Goods, cause: str | None) -> Callable[[Any, _Places], Any]:
    return lambda value, places: says(goods, cause, value, places)


def _documents(goods: Goods, versions: Versions) -> NDArray[np.bool_]:
    """Items of a kind that the policy does not insure: all but invoices where it names none."""
    out = np.zeros(len(goods.kind), dtype=bool)
    for value, places in versions.each("documents"):
        kinds = [KINDS.index(kind) for kind in value or ("invoice",)]
        out[places] = ~np.isin(goods.kind[places], kinds)
    return out


def _among(values: pl.Series, codes: tuple[str, ...]) -> NDArray[np.bool_]:
    return values.is_in(list(codes)).fill_null(value=False).to_numpy()


def _listed(values: pl.Series, lists: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Those that are excluded, or are not among those covered. What says nothing is not among those covered."""
    out = np.zeros(len(values), dtype=bool)
    if lists["covered"] is not None:
        out |= ~_among(values, lists["covered"])
    if lists["excluded"] is not None:
        out |= _among(values, lists["excluded"])
    return out


def _of_customers(goods: Goods, column: str, lists: Mapping[str, Any], places: _Places) -> NDArray[np.bool_]:
    return _listed(goods.customers[column], lists)[goods.customer[places]]


def _named(goods: Goods, codes: tuple[str, ...], places: _Places) -> NDArray[np.bool_]:
    return _among(goods.customers["customer_code"], codes)[goods.customer[places]]


def _too_long(goods: Goods, value: Mapping[str, Any], places: _Places) -> NDArray[np.bool_]:
    start = {"issue": goods.issued, "shipment": goods.shipped, "delivery": goods.delivered}[value["from"]]
    out: NDArray[np.bool_] = goods.due[places] > value["length"].after_all(start[places])
    return out


def _late_invoice(goods: Goods, value: Mapping[str, Any], places: _Places) -> NDArray[np.bool_]:
    start = goods.shipped if value["from"] == "shipment" else goods.delivered
    out: NDArray[np.bool_] = goods.issued[places] > value["length"].after_all(start[places])
    return out


_CLAUSES: Final[dict[str, _Clause]] = {
    "document_not_insured": lambda *_: False,
    "customer_excluded": lambda goods, _, codes, places: _named(goods, codes, places),
    "related_party": lambda goods, _, value, places: _named(goods, value["codes"], places) & (not value["insured"]),
    "public_customer": lambda goods, _, value, places: _named(goods, value["codes"], places) & (not value["insured"]),
    "country_not_covered": lambda goods, _, value, places: _of_customers(goods, "country", value, places),
    "sector_not_covered": lambda goods, _, value, places: _of_customers(goods, "sector", value, places),
    "below_datum_line": lambda goods, _, amount, places: goods.owed_minor[places] <= amount,
    "payment_method_not_covered": lambda goods, _, value, places: _listed(goods.method.gather(places), value),
    "cause_not_insured": lambda _, cause, value, __: cause is not None and cause not in value,
    "term_too_long": lambda goods, _, value, places: _too_long(goods, value, places),
    "invoiced_too_late": lambda goods, _, value, places: _late_invoice(goods, value, places),
}
