"""The cover map: by customer, country or grade what stands of limits, what is used of it, and what fits its need.

Limits, their use and what is left of them may be added over the customers of one policy: they stand side by side.
Indemnities may not: they share the terms of the period, and only a claim in a stated order says what is paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import SeawallError, UsageError
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.protection import cover_map as engine
from seawall.engine.protection.clauses import REASONS
from seawall.engine.protection.cover import Asked, Insurance, PolicyCover, Uninsured, cover
from seawall.engine.protection.cover_past import Past
from seawall.engine.protection.premium import limit_fees
from seawall.services import insurance
from seawall.services.insurance import Document

SIZING: Final = "house.cover_map"
"""The policy that says how limits are held against their use."""

BY: Final = ("customer", "country", "grade")
"""What the map is grouped by."""

_PARTS: Final = {"open": "open_minor", "eligible": "eligible_minor", "covered": "covered_minor",
                 "indemnity": "indemnity_minor", "above_limit": "above_minor", "disputed": "disputed_minor",
                 "excluded": "barred_minor"}  # fmt: skip
_Row = dict[str, Any]
_Key = tuple[str, int]
"""Of a need: policy and customer_id."""


def cover_map(whole: Insurance, *, on: dt.date, customer: str | None = None) -> list[Document]:
    """A row for each customer (or of one), policy and currency: those with cover or a limit first, by debt.

    Raises:
        NotFound: there is no such customer.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    whole = insurance.of_customer(whole, customer)
    return [_document(row) for row in _rows(whole, *cover(whole, Asked(on)), customer)]


def map_document(
    whole: Insurance, past: Past, sizing: engine.Sizing, *, on: dt.date, by: str = "customer"
) -> Document:  # fmt: skip
    """The cover map with the need of the past and what does not fit it, by customer, country or grade.

    ``past``: cover on the day and at the month ends before it.

    Raises:
        UsageError: the map is not grouped by that.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    if by not in BY:
        raise UsageError("The cover map is not grouped by {by}.", hint="Choose one of: {known}.", by=by,
                         known=", ".join(BY))  # fmt: skip
    needs, now, gap = past.highest(), past.now(), past.gap
    rows = [_sized(row, needs, now, sizing) for row in _rows(whole, past.covers, past.rest)]
    return {
        "as_of": on.isoformat(), "by": by, "since": past.days[0].isoformat(), "months": sizing.months,
        "over_times": sizing.over_times, "gap": None if gap is None else said(gap),
        "rows": rows if by == "customer" else grouped(rows, by),
    }  # fmt: skip


def sizing_of(value: Mapping[str, Any]) -> engine.Sizing:
    """How limits are held against their use, from a value of the policy ``house.cover_map``."""
    return engine.Sizing(value["months"], value["over_times"])


def said(error: SeawallError) -> Document:
    """An error as a document says it: its sentence and what stands in it."""
    return {"sentence": error.template, "params": error.kept}


def _rows(whole: Insurance, covers: Sequence[PolicyCover], rest: Uninsured, customer: str | None = None) -> list[_Row]:
    customers = {row["customer_id"]: row for row in whole.book.ledger.customers.iter_rows(named=True)}
    found = [row for one in engine.in_force(covers).values() for row in _of_policy(whole, one, covers)]
    found += _without(whole, rest)
    rows = [{**row, "customer": customers[row["customer_id"]]} for row in found]
    rows = [row for row in rows if customer in (None, row["customer"]["customer_code"])]
    return sorted(rows, key=_place)


def _place(row: _Row) -> tuple[bool, int, tuple[str, str, str]]:
    key = (row["customer"]["customer_code"], row["policy"] or "", row["currency"])
    return row["limit_minor"] is None and not row["covered_minor"], -row["open_minor"], key


def _of_policy(whole: Insurance, one: PolicyCover, covers: Sequence[PolicyCover]) -> Iterator[_Row]:
    """The customers of a policy: those with something open, and those with a limit."""
    wording, on = one.wording, one.asked.on
    countries = dict(whole.book.ledger.customers.select("customer_code", "country").iter_rows())
    ids = dict(whole.book.ledger.customers.select("customer_code", "customer_id").iter_rows())
    fees: dict[int, int] = {}
    for fee in limit_fees(whole.facts.limits, countries, wording, on=on, first_on=on):
        if fee.customer_code in ids:
            fees[ids[fee.customer_code]] = fees.get(ids[fee.customer_code], 0) + fee.minor
    limits = {row["customer_id"]: row for row in engine.standing(one).iter_rows(named=True)}
    years = [each for each in covers if each.wording.code == wording.code]
    debts, shared = engine.by_customer(years), pl.concat([engine.shared_use(each) for each in years])
    own = dict(shared.group_by("customer_id").agg(pl.sum("shared_minor")).iter_rows())
    known = {row["customer_id"]: row for row in debts.iter_rows(named=True)}
    for customer in sorted({*known, *limits}):
        limit = limits.get(customer, {"limit_minor": None, "grade": None})
        yield {
            **dict.fromkeys(_PARTS.values(), 0), "reason": 0, **known.get(customer, {}), **limit,
            "customer_id": customer, "policy": wording.code, "currency": wording.currency,
            "fee_minor": fees.get(customer) if limit["limit_minor"] else None, "shared_minor": own.get(customer, 0),
        }  # fmt: skip
    used = dict(shared.group_by("head_id").agg(pl.sum("shared_minor")).iter_rows())
    for row in engine.standing(one, shared=True).iter_rows(named=True):
        yield {
            **dict.fromkeys(_PARTS.values(), 0), "reason": 0, **row, "policy": wording.code, "is_group": True,
            "currency": wording.currency, "fee_minor": None, "shared_minor": -used.get(row["customer_id"], 0),
        }  # fmt: skip


def _without(whole: Insurance, rest: Uninsured) -> Iterator[_Row]:
    """What no policy is about, by customer and currency."""
    book = whole.book
    currencies = book.ledger.accounts["currency"].to_list()
    sums: dict[tuple[int, str], int] = {}
    for item, customer, minor in zip(*(each.tolist() for each in (rest.item, rest.customer, rest.open_minor)),
                                     strict=True):  # fmt: skip
        key = (customer, currencies[book.account[item]])
        sums[key] = sums.get(key, 0) + minor
    for (customer, currency), minor in sums.items():
        yield {
            **dict.fromkeys(_PARTS.values(), 0), "reason": 1, "customer_id": customer, "policy": None,
            "currency": currency, "open_minor": minor, "barred_minor": minor, "limit_minor": None, "grade": None,
            "fee_minor": None,
        }  # fmt: skip


def _document(row: _Row) -> Document:
    currency, limit, about = row["currency"], row["limit_minor"], row["customer"]
    used = None if limit is None else row["covered_minor"] - row.get("shared_minor", 0)

    def text(minor: int | None) -> str | None:
        return None if minor is None else amount_text(minor, currency)

    return {
        "customer_code": about["customer_code"], "name": about.get("name") or about["customer_code"],
        "country": about.get("country"), "grade": row["grade"], "policy": row["policy"], "currency": currency,
        "limit": text(limit), "used": text(used), "headroom": text(None if limit is None else limit - used),
        **{name: text(row[column]) for name, column in _PARTS.items()},
        "net": text(row["open_minor"] - row["indemnity_minor"]), "fee": text(row["fee_minor"]),
        "state": _state(row), "reason": REASONS[row["reason"]].code or None,
        "use_rate": float(Decimal(used or 0) / limit) if limit else None, "is_group": row.get("is_group", False),
        "insured_rate": float(Decimal(row["indemnity_minor"]) / row["open_minor"]) if row["open_minor"] else None,
    }  # fmt: skip


def _state(row: _Row) -> str:
    """``idle``: a limit and no debt. ``none``: debt and no cover. ``under``: some is not covered. ``full``: all is."""
    if row.get("is_group"):
        return "full" if row["shared_minor"] else "idle"
    if not row["open_minor"]:
        return "idle" if row["limit_minor"] else "none"
    if not row["covered_minor"]:
        return "none"
    return "under" if row["covered_minor"] < row["open_minor"] else "full"


def _sized(
    row: _Row, needs: Mapping[_Key, tuple[int, dt.date]], now: Mapping[_Key, int], sizing: engine.Sizing
) -> Document:
    """A row with the highest need of the day and the past, and whether its own limit fits it."""
    key = (row["policy"], row["customer_id"])
    most, at = needs.get(key, (0, None))
    why, is_asked = "", row["policy"] is not None and not row.get("is_group")
    if row["limit_minor"] and is_asked:
        own = row["covered_minor"] - row.get("shared_minor", 0)
        why = engine.misfit(row["limit_minor"], most, now.get(key, 0) - own, sizing)
    return {
        **_document(row), "need": amount_text(most, row["currency"]) if is_asked else None,
        "need_on": at.isoformat() if is_asked and at and most else None,
        "finding": engine.FINDINGS.get(why), "why": why or None,
    }  # fmt: skip


def grouped(rows: Iterable[Document], by: str) -> list[Document]:
    """The rows of a map added up by country or grade, each policy and currency by itself; most headroom first.

    ``headroom`` is that of the customers which have any: what one uses beyond its limit takes nothing from another.
    """
    groups: dict[tuple[str, str, str], list[Document]] = {}
    for row in rows:
        groups.setdefault((row["policy"] or "", row["currency"], row[by] or ""), []).append(row)
    found = [_added(key, mine) for key, mine in groups.items()]
    return sorted(found, key=lambda row: (
        row["policy"] is None, row["policy"] or "", row["currency"], -Decimal(row["headroom"] or 0), row["group"] or ""
    ))  # fmt: skip


def _added(key: tuple[str, str, str], rows: Sequence[Document]) -> Document:
    policy, currency, group = key
    limited = [row for row in rows if row["limit"] is not None]
    idle = [row for row in limited if row["finding"] == "idle"]

    def total(name: str, among: Iterable[Document], least: int | None = None) -> int:
        amounts = (minor_of(row[name], currency) for row in among if row[name] is not None)
        return sum(amounts if least is None else (max(least, each) for each in amounts))

    def text(minor: int) -> str:
        return amount_text(minor, currency)

    limit, used = total("limit", limited), total("used", limited)
    has_fees = any(row["fee"] is not None for row in limited)
    return {
        "group": group or None, "policy": policy or None, "currency": currency,
        "customers": len({row["customer_code"] for row in rows}),
        "limits": len(limited), "limit": text(limit) if limited else None, "used": text(used) if limited else None,
        "use_rate": float(Decimal(used) / limit) if limit else None,
        "headroom": text(total("headroom", limited, 0)) if limited else None,
        "open": text(total("open", rows)), "above_limit": text(total("above_limit", rows)),
        "idle_limit": text(total("limit", idle)) if limited else None,
        "fee": text(total("fee", limited)) if has_fees else None,
        "idle_fee": text(total("fee", idle)) if has_fees else None,
        **{name: sum(row["finding"] == name for row in limited) for name in ("under", "over", "idle")},
    }  # fmt: skip


def in_report(whole: Insurance, *, on: dt.date) -> Document:
    """The policies, each customer's cover and what is left to the company, and what is not covered, by reason.

    Raises:
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    policies = insurance.cover_document(whole, on=on)["policies"]
    leaks = insurance.leaks_document(whole, on=on)
    rows = [row for row in cover_map(whole, on=on) if row["policy"] and minor_of(row["open"], row["currency"])]
    kept = (
        "customer_code", "name", "policy", "currency", "limit", "open", "covered", "indemnity", "insured_rate", "net",
    )  # fmt: skip
    return {
        "policies": policies, "customers": [{name: row[name] for name in kept} for row in rows],
        "curable": leaks["curable"][:SHOWN], "curable_count": len(leaks["curable"]),
        "lost_by_reason": leaks["lost_by_reason"], "gap": None,
    }  # fmt: skip


SHOWN: Final = 20
"""Leaks that a report names; the list has all."""


def unsaid(error: SeawallError) -> Document:
    """What a report says where cover cannot be said: why."""
    return {
        "policies": [],
        "customers": [],
        "curable": [],
        "curable_count": 0,
        "lost_by_reason": [],
        "gap": said(error),
    }
