"""Declarations, premium, the audit of an insurer's invoice and the choice of cover as published documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from seawall.engine.kernel.asof import add_months
from seawall.engine.kernel.errors import NotFound, UnknownCode, UsageError
from seawall.engine.kernel.money import amount_text
from seawall.engine.protection import claim as claims
from seawall.engine.protection import premium as costs
from seawall.engine.protection.claim_case import claims_of
from seawall.engine.protection.claim_facts import Key, cases_on_file, facts_until
from seawall.engine.protection.clauses import REASONS
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.declaration import Declaration, declaration, months_of, undeclared
from seawall.engine.protection.loss_history import lasting
from seawall.engine.protection.wording import Wording
from seawall.services.insurance import Document, names_of


def asked_policies(insurance: Insurance, *, on: dt.date, policy: str | None = None) -> list[Wording]:
    """Of each code the newest policy that began by a day and says what it costs, or the one that is named.

    Raises:
        UnknownCode: there is no such policy.
        NotFound: no policy had begun by then.
    """
    codes = sorted({wording.code for wording in insurance.wordings})
    if policy is not None and policy not in codes:
        raise UnknownCode(
            "There is no insurance policy {policy}.", hint="There are: {known}.", policy=policy, known=", ".join(codes)
        )
    begun = {one.code: one for one in sorted(insurance.wordings, key=lambda one: one.first_on) if one.first_on <= on}
    found = [begun[code] for code in sorted(begun) if policy in (None, code)]
    if not found:
        raise NotFound("No insurance policy had begun by {day}.", day=on)
    priced = [one for one in found if one.terms.get("premium")]
    return priced or found


def declare_document(
    insurance: Insurance, *, on: dt.date, policy: str | None = None, month: str | None = None, documents: bool = False
) -> Document:
    """What each policy is to be told of every month that ended by a day, how it follows from the ledger, what lacks.

    ``month``: only this one (``2025-01``). ``documents``: also the documents behind each line.

    Raises:
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        UsageError: the month is none of the policy's that ended.
        PolicyGap: the policy does not say what is declared, or an exchange rate is missing.
    """
    found = [
        _declared(insurance, wording, on, month, documents=documents)
        for wording in asked_policies(insurance, on=on, policy=policy)
    ]
    return {"as_of": on.isoformat(), "policies": found}


def _declared(insurance: Insurance, wording: Wording, on: dt.date, month: str | None, *, documents: bool) -> Document:
    months = _months_named(wording, _ended(wording, on), month)
    told = declaration(insurance, wording, months, _basis(wording, on))
    missing = {row["month"]: row for row in undeclared(insurance, told, on=on).iter_rows(named=True)}
    text = text_of(wording)
    lines = told.reconciliation.partition_by("month", as_dict=True)
    classes = told.classes.partition_by("month", as_dict=True)
    rows = [
        {
            "month": _name(each), "declared": text(_sum(lines.get((each,)), "minor")),
            "told": text(missing.get(each, _NOTHING)["told_minor"]),
            "missing": text(missing.get(each, _NOTHING)["missing_minor"]),
            "missing_documents": missing.get(each, _NOTHING)["documents"],
            "lines": _lines(lines.get((each,)), text), "rates": _rates(classes.get((each,)), text),
        }
        for each in months
    ]  # fmt: skip
    document = {**_head(wording), "basis": told.basis, "declared": text(told.declared_minor), "months": rows}
    return {**document, "documents": list(_documents(insurance, told, text))} if documents else document


_NOTHING: Mapping[str, int] = {"told_minor": 0, "missing_minor": 0, "documents": 0}


def _sum(frame: pl.DataFrame | None, column: str) -> int:
    return 0 if frame is None else int(frame[column].sum())


def _lines(frame: pl.DataFrame | None, text: Any) -> list[Document]:
    rows = () if frame is None else frame.select("line", "minor").iter_rows()
    return [{"line": line, "amount": text(minor)} for line, minor in rows]


def _rates(frame: pl.DataFrame | None, text: Any) -> list[Document]:
    rows = () if frame is None else frame.select("rule", "rate", "declared_minor", "documents").iter_rows()
    return [
        {"rule": None if rule < 0 else rule + 1, "rate": rate, "declared": text(minor), "documents": count}
        for rule, rate, minor, count in rows
    ]


def _documents(insurance: Insurance, told: Declaration, text: Any) -> Iterator[Document]:
    """Every document of the months: where its amount went."""
    named = names_of(insurance.book.ledger)
    signed = told.rows.with_columns(pl.col("^.*_minor$") * pl.col("sign"))
    for row in signed.iter_rows(named=True):
        number, entity, code, currency = named(row["item_id"])
        codes = told.wording.get("buyer_codes", row["month"]) or {}
        yield {
            "month": _name(row["month"]), "customer_code": code, "insurer_code": codes.get(code),
            "number": number, "entity": entity, "document_currency": currency, "amount": text(row["gross_minor"]),
            "other_policy": text(row["other_minor"]), "vat": text(row["vat_minor"]),
            "excluded": text(row["barred_minor"]), "reason": REASONS[row["reason"]].code or None,
            "declared": text(row["declared_minor"]), "rate": row["rate"],
        }  # fmt: skip


def _basis(wording: Wording, on: dt.date) -> str:
    """What the policy is charged on; of one that does not say what it costs, what is declared."""
    day = _within(wording, on)
    term = wording.get("premium", day) or wording.get("declaration", day) or wording.need("premium", day)
    return str(term["basis"])


def _within(wording: Wording, on: dt.date) -> dt.date:
    return min(max(on, wording.first_on), wording.last_on)


def _ended(wording: Wording, on: dt.date) -> list[dt.date]:
    """The policy's months that had ended by a day; its last one ends with it."""
    return [month for month in months_of(wording) if min(month, wording.last_on) <= on]


def _months_named(wording: Wording, months: list[dt.date], month: str | None) -> list[dt.date]:
    if month is None:
        return months
    found = [each for each in months if _name(each) == month]
    if not found:
        raise UsageError(
            "{month} is no month of the policy {policy} that ended.", hint="Write it as 2026-05.", month=month,
            policy=wording.code,
        )  # fmt: skip
    return found


def _name(month: dt.date) -> str:
    return f"{month:%Y-%m}"


def _head(wording: Wording) -> Document:
    return {
        "policy": wording.code, "title": wording.title, "title_zh": wording.title_zh, "currency": wording.currency,
        "from": wording.first_on.isoformat(), "to": wording.last_on.isoformat(),
    }  # fmt: skip


def text_of(wording: Wording) -> Any:
    """Amounts in the policy's currency as texts; None stays None."""
    return lambda minor: None if minor is None else amount_text(minor, wording.currency)


def due_document(insurance: Insurance, *, on: dt.date, policy: str | None = None) -> Document:
    """What each policy costs by a day, on the months that ended; and what it is expected to cost by its end.

    Raises:
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        PolicyGap: the policy does not say what it costs, or an exchange rate is missing.
    """
    found = [_due(insurance, wording, on) for wording in asked_policies(insurance, on=on, policy=policy)]
    return {"as_of": on.isoformat(), "policies": found}


def _due(insurance: Insurance, wording: Wording, on: dt.date) -> Document:
    text, day = text_of(wording), _within(wording, on)
    known = _known(insurance, wording, on)
    fees = _fees(insurance, wording, on)
    indemnity, recovered = _indemnity(insurance, wording, on), recovered_minor(insurance, wording, on)
    net = indemnity - recovered
    so_far = costs.premium(known.classes, wording, on=day, indemnity_minor=net, fees=fees)
    expected = _forecast(insurance, wording, known, on)
    at_end = costs.premium(_classes(expected), wording, on=wording.last_on, indemnity_minor=net, fees=fees)
    return {
        **_head(wording), "basis": known.basis, **_costs(so_far, text), "indemnity": text(indemnity),
        "recovered": text(recovered),
        "fees": [
            {"customer_code": fee.customer_code, "layer": fee.layer, "kind": fee.kind, "amount": text(fee.minor)}
            for fee in fees
        ],
        "instalments": [
            {"on": at.isoformat(), "amount": text(minor), "is_due": at <= on}
            for at, minor in costs.instalments(wording, on=day)
        ],
        "forecast": {"months": _expected(expected, text), **_costs(at_end, text)},
    }  # fmt: skip


def _known(insurance: Insurance, wording: Wording, on: dt.date) -> Declaration:
    wording.need("premium", _within(wording, on))
    return declaration(insurance, wording, _ended(wording, on), _basis(wording, on))


def _fees(insurance: Insurance, wording: Wording, on: dt.date) -> list[costs.Fee]:
    countries = dict(insurance.book.ledger.customers.select("customer_code", "country").iter_rows())
    return costs.limit_fees(insurance.facts.limits, countries, wording, on=on)


def _indemnity(insurance: Insurance, wording: Wording, on: dt.date) -> int:
    """What the insurer paid up to a day on claims of the policy's year, and what it decided to pay beyond that."""
    known = claims.eroding(facts_until(insurance.facts, on))
    return int(insurance.claims_of(wording, known)["indemnity_minor"].sum())


def recovered_minor(insurance: Insurance, wording: Wording, on: dt.date) -> int:
    """The insurer's part of what came in by a day after losses of the period: it lowers the loss ratio.

    Shared by the policy's rule, on the debt as it was on the day of loss, as the page of the claim judges it, and on
    what was paid for it. A loss of a customer that owed nothing then by the ledger shares nothing.

    Raises:
        PolicyGap: the policy has no rule for recoveries, or an exchange rate is missing.
    """
    key = ["customer_code", "date_of_loss", "cause"]
    mine = (pl.col("policy") == wording.code) & (pl.col("received_on") <= on)
    came_in = insurance.facts.recoveries.filter(mine).group_by(key, maintain_order=True)
    payments = insurance.claims_of(wording).filter(pl.col("paid_on") <= on)
    paid = payments.group_by(key).agg(pl.sum("indemnity_minor"))
    rows = came_in.agg(pl.sum("amount_minor", "costs_minor")).join(paid, on=key, how="inner")
    judged_on = {each.key: each.judged_on(on) for each in cases_on_file(insurance.facts, on=on)}
    total = 0
    for row in rows.iter_rows(named=True):
        loss = Key(row["customer_code"], wording.code, row["date_of_loss"], row["cause"])
        for made in claims_of(insurance, loss, judged_on[loss]):
            if made.cover.wording.first_on == wording.first_on:
                shared = claims.recovery(
                    made, row["amount_minor"], row["costs_minor"], paid_minor=row["indemnity_minor"]
                )  # fmt: skip
                total += shared.insurer_minor
    return total


def _costs(found: costs.Premium, text: Any) -> Document:
    return {
        "rates": [
            {"rule": None if line.rule < 0 else line.rule + 1, "rate": line.rate, "declared": text(line.declared_minor),
             "premium": text(line.premium_minor)}
            for line in found.lines
        ],
        "steps": [{"name": name, "amount": text(minor)} for name, minor in found.steps],
        "premium": text(found.premium_minor), "due": text(found.adjustment_minor), "loss_ratio": found.loss_ratio,
    }  # fmt: skip


def _forecast(insurance: Insurance, wording: Wording, known: Declaration, on: dt.date) -> list[costs.Expected]:
    first = add_months(wording.first_on, -12)
    always = lasting(wording, on, first, wording.last_on)
    months = months_of(wording)
    before = declaration(insurance, always, months_of(always, first, add_months(wording.last_on, -12)), known.basis)
    upto = months[-1] if on >= wording.last_on else on
    return costs.forecast(known.classes, before.classes, months, on=upto)


def _classes(expected: Sequence[costs.Expected]) -> pl.DataFrame:
    rows = [(one.month, one.rule, one.rate, one.declared_minor) for one in expected]
    schema = {"month": pl.Date, "rule": pl.Int64, "rate": pl.Float64, "declared_minor": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _expected(expected: Sequence[costs.Expected], text: Any) -> list[Document]:
    """Month by month what is declared, all rates together."""
    sums: dict[tuple[dt.date, bool], int] = {}
    for one in expected:
        key = (one.month, one.is_forecast)
        sums[key] = sums.get(key, 0) + one.declared_minor
    return [
        {"month": _name(month), "declared": text(minor), "is_forecast": later}
        for (month, later), minor in sorted(sums.items())
    ]


def audit_document(
    insurance: Insurance, charges: Sequence[costs.Charge], *, on: dt.date, policy: str | None = None
) -> Document:
    """An insurer's invoice against what the policy says is due by a day: each difference, and why.

    Raises:
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        UsageError: there are several policies and none is named.
        PolicyGap: the policy does not say what it costs, or an exchange rate is missing.
    """
    wording = one_policy(insurance, on=on, policy=policy)
    text = text_of(wording)
    known, fees = _known(insurance, wording, on), _fees(insurance, wording, on)
    net = _indemnity(insurance, wording, on) - recovered_minor(insurance, wording, on)
    ours = costs.premium(known.classes, wording, on=_within(wording, on), indemnity_minor=net, fees=fees)
    found = costs.audited(charges, ours)
    return {
        "as_of": on.isoformat(), **_head(wording), **_costs(ours, text), "agrees": not found,
        "charges": [
            {"step": one.step, "declared": text(one.declared_minor), "rate": one.rate, "amount": text(one.amount_minor)}
            for one in charges
        ],
        "differences": [
            {"step": one.step, "rate": one.rate, "ours": text(one.ours_minor), "charged": text(one.charged_minor),
             "difference": text(one.charged_minor - one.ours_minor), "because": one.because}
            for one in found
        ],
    }  # fmt: skip


def one_policy(insurance: Insurance, *, on: dt.date, policy: str | None = None) -> Wording:
    """The one policy a question is about.

    Raises:
        UnknownCode, NotFound: there is no such policy, or none that had begun.
        UsageError: there are several and none is named.
    """
    found = asked_policies(insurance, on=on, policy=policy)
    if len(found) > 1:
        raise UsageError(
            "There are several insurance policies.", hint="Name one of: {known}.", code="several_policies",
            known=", ".join(one.code for one in found),
        )  # fmt: skip
    return found[0]
