"""Insurance cases as YAML that a credit manager can read: policies, limits, events, items, and what must come out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml
from factories import Book, day

from seawall.engine.kernel.fx import RATES, RateTable
from seawall.engine.kernel.money import minor_of
from seawall.engine.ledger.insured_facts import (
    CLAIM_FACTS,
    CLAIM_STEP_FACTS,
    INSURANCE_EVENT_FACTS,
    INSURED_LIMIT_FACTS,
    RECOVERY_FACTS,
    InsuredFacts,
    with_meaning,
)
from seawall.engine.ledger.items import DETAIL_COLUMNS
from seawall.engine.protection.conversion import Conversion
from seawall.engine.protection.cover import Insurance
from seawall.policies.insurance import load_wordings

HERE = Path(__file__).parent / "cases"


def cases(topic):
    for path in sorted((HERE / topic).glob("*.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['title']}")


def insurance_of(case, *, rates=()):
    """The insurance of a case: its ledger, its policies, and what insurers decided."""
    tables = [*rates, RateTable("case", rates_of(case))]
    return Insurance.of(ledger_of(case), wordings_of(case), facts_of(case), Conversion(tables, case.get("rate_age", 7)))


def rates_of(case):
    """Rows of ``rates``: from, to, day, rate."""
    names = {"from": "from_currency", "to": "to_currency", "day": "on", "rate": "rate"}
    return RATES.frame([{names[name]: value for name, value in row.items()} for row in case.get("rates", ())])


def wordings_of(case):
    bodies = case["policies"] if "policies" in case else [case["policy"]]
    return load_wordings([(f"{body['policy']}.yaml", yaml.safe_dump(body, sort_keys=False)) for body in bodies])


def ledger_of(case):
    book = Book(currency=case.get("currency", "USD"))
    for code, facts in case.get("customers", {}).items():
        book.customer(code, **facts)
    shipped, delivered = {}, {}
    for number, item in case["items"].items():
        book.item(
            item.get("kind", "invoice"), number, item["amount"], str(item["issued"]), text(item.get("due")),
            customer=item.get("customer", "C1"), currency=item.get("currency"), tax=item.get("tax", 0),
            disputed=item.get("disputed", 0),
            payment_method=item.get("payment_method"), entity=item.get("entity"),
            parts=[(str(part["due"]), part["amount"]) for part in item.get("instalments", ())],
        )  # fmt: skip
        shipped[number], delivered[number] = item.get("shipped"), item.get("delivered")
    for row in case.get("allocations", ()):
        book.allocate(row["debit"], row["credit"], row["amount"], str(row["day"]))
    for row in case.get("disputes", ()):
        book.dispute(row["number"], row["amount"], str(row["opened"]), text(row.get("closed")))
    return with_details(book.ledger(), book, shipped, delivered)


def with_details(ledger, book, shipped, delivered):
    from dataclasses import replace

    import polars as pl

    numbers = sorted(book.item_id, key=book.item_id.get)
    details = {"number": numbers, "shipped_on": [shipped[each] for each in numbers],
               "delivered_on": [delivered[each] for each in numbers]}  # fmt: skip
    columns = [pl.Series(name, values, dtype=DETAIL_COLUMNS[name]) for name, values in details.items()]
    return replace(ledger, items=ledger.items.with_columns(columns))


def facts_of(case):
    def frame(table, rows):
        whole = [{"customer_code": "C1", "policy": codes[0], **row} for row in rows]
        return table.frame([{name: row.get(name) for name in table.columns} for row in whole])

    codes = [one["policy"] for one in (case["policies"] if "policies" in case else [case["policy"]])]
    limits = [
        {"layer": "1", "currency": case.get("currency", "USD"), "effective_from": None, **row,
         "amount_minor": None if "amount" not in row else minor_of(str(row["amount"]), row.get("currency", case.get("currency", "USD")))}
        for row in case.get("limits", ())
    ]  # fmt: skip
    events = with_meaning(frame(INSURANCE_EVENT_FACTS, [{**row, "on": row["day"]} for row in case.get("events", ())]))
    claims = [
        {"currency": case.get("currency", "USD"), "cause": "insolvency", **row,
         "indemnity_minor": minor_of(str(row.get("indemnity", 0)), case.get("currency", "USD")),
         "aggregate_first_loss_used_minor": minor_of(str(row.get("aggregate_first_loss_used", 0)), case.get("currency", "USD"))}
        for row in case.get("claims", ())
    ]  # fmt: skip
    recoveries = [in_minor(case, {"cause": "insolvency", "received_by": "us", "costs": 0, **row}, "amount", "costs")
                  for row in case.get("recoveries", ())]  # fmt: skip
    steps = [in_minor(case, {"cause": "insolvency", **row, "on": row["day"]}, "amount", "aggregate_first_loss_used")
             for row in case.get("steps", ())]  # fmt: skip
    return InsuredFacts(frame(INSURED_LIMIT_FACTS, limits), events, frame(CLAIM_FACTS, claims),
                        frame(RECOVERY_FACTS, recoveries), frame(CLAIM_STEP_FACTS, steps))  # fmt: skip


def in_minor(case, row, *names):
    currency = case.get("currency", "USD")
    amounts = {f"{name}_minor": minor_of(str(row[name]), currency) for name in names if name in row}
    return {"currency": currency, **row, **amounts}


def text(value):
    return None if value is None else str(value)


def on(case):
    value = case["as_of"]
    return value if isinstance(value, dt.date) else day(value)
