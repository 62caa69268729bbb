"""The cover map: by customer what stands of limits, what is used of it, what is covered; and what a report says of it.

Amounts of one customer under one policy are added up; those of different customers never are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from seawall.engine.kernel.errors import SeawallError
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.ledger.insured_standing import standing_limits
from seawall.engine.protection.cover import Insurance
from seawall.services import insurance
from seawall.services.insurance import Document

_SUMMED: Final = ("open", "eligible", "covered", "indemnity", "above_limit", "disputed", "excluded")
_Key = tuple[str, str, str]
"""Customer, policy and currency."""


def cover_map(
    whole: Insurance, items: Iterable[Mapping[str, Any]], *, on: dt.date, customer: str | None = None
) -> list[Document]:
    """A row for each customer (or of one), policy and currency: those with cover or a limit first, by debt.

    ``items`` are those of ``insurance.cover_document``.
    """
    rows: dict[_Key, dict[str, Any]] = {}
    limits = {key: minor for key, minor in _limits(whole, on).items() if customer in (None, key[0])}
    for item in items:
        row = rows.setdefault((item["customer_code"], item["policy"] or "", item["currency"]), _nothing())
        for name in _SUMMED:
            row[name] += minor_of(item[name], item["currency"])
        if item["reason"]:
            lost = minor_of(item["open"], item["currency"]) - minor_of(item["covered"], item["currency"])
            row["reasons"][item["reason"]] = row["reasons"].get(item["reason"], 0) + lost
    for key in limits:
        rows.setdefault(key, _nothing())
    customers = {row["customer_code"]: row for row in whole.book.ledger.customers.iter_rows(named=True)}

    def place(key: _Key) -> tuple[bool, int, _Key]:
        return key not in limits and not rows[key]["covered"], -rows[key]["open"], key

    return [_mapped(key, rows[key], limits.get(key), customers) for key in sorted(rows, key=place)]


def in_report(whole: Insurance, *, on: dt.date) -> Document:
    """The policies, each customer's cover and what is left to the company, and what is not covered, by reason.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    found = insurance.cover_document(whole, on=on)
    leaks = insurance.leaks_document(whole, on=on)
    rows = [
        row
        for row in cover_map(whole, found["items"], on=on)
        if row["policy"] and minor_of(row["open"], row["currency"])
    ]
    kept = (
        "customer_code",
        "name",
        "policy",
        "currency",
        "limit",
        "open",
        "covered",
        "indemnity",
        "insured_rate",
        "net",
    )
    return {
        "policies": found["policies"], "customers": [{name: row[name] for name in kept} for row in rows],
        "curable": leaks["curable"][:SHOWN], "curable_count": len(leaks["curable"]),
        "lost_by_reason": leaks["lost_by_reason"], "gap": None,
    }  # fmt: skip


SHOWN: Final = 20
"""Leaks that a report names; the list has all."""


def unsaid(error: SeawallError) -> Document:
    """What a report says where cover cannot be said: why."""
    return {
        "policies": [], "customers": [], "curable": [], "curable_count": 0, "lost_by_reason": [],
        "gap": {"sentence": error.template, "params": {name: str(value) for name, value in error.params.items()}},
    }  # fmt: skip


def _nothing() -> dict[str, Any]:
    return dict.fromkeys(_SUMMED, 0) | {"reasons": {}}


def _limits(whole: Insurance, on: dt.date) -> dict[_Key, int]:
    """What stands of limits; layers of one customer add up."""
    sums: dict[_Key, int] = {}
    for row in standing_limits(whole.facts.limits, on=on).iter_rows(named=True):
        if row["stands_minor"]:
            key = (row["customer_code"], row["policy"], row["currency"])
            sums[key] = sums.get(key, 0) + row["stands_minor"]
    return sums


def _mapped(
    key: _Key, row: Mapping[str, Any], limit: int | None, customers: Mapping[str, Mapping[str, Any]]
) -> Document:
    code, policy, currency = key
    about = customers.get(code, {})
    headroom = None if limit is None else limit - row["covered"]
    reasons = sorted(row["reasons"], key=lambda reason: -row["reasons"][reason])
    return {
        "customer_code": code, "name": about.get("name") or code, "country": about.get("country"),
        "policy": policy or None, "currency": currency,
        "limit": None if limit is None else amount_text(limit, currency),
        "headroom": None if headroom is None else amount_text(headroom, currency),
        **{name: amount_text(row[name], currency) for name in _SUMMED},
        "net": amount_text(row["open"] - row["indemnity"], currency),
        "state": _state(row, limit), "reason": reasons[0] if reasons else None,
        "use_rate": float(Decimal(row["covered"]) / limit) if limit else None,
        "insured_rate": float(Decimal(row["indemnity"]) / row["open"]) if row["open"] else None,
    }  # fmt: skip


def _state(row: Mapping[str, Any], limit: int | None) -> str:
    """``idle``: a limit and no debt. ``none``: debt and no cover. ``under``: some is not covered. ``full``: all is."""
    if not row["open"]:
        return "idle" if limit else "none"
    if not row["covered"]:
        return "none"
    return "under" if row["covered"] < row["open"] else "full"
