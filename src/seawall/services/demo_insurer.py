"""The demo company's insurer, a sandbox, for its exports: customers linked, limits asked for, overdues told of."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.money import amount_text, exponent
from seawall.engine.ledger.balance import open_debits
from seawall.services import insurer_messages, insurers, snapshots
from seawall.services.access import Actor
from seawall.services.demo import ON
from seawall.services.demo_insurance import CURRENCY, HOME, POLICY
from seawall.services.insurers import Given

NAME: Final = "沙盒信保 Sandbox insurer"
CUSTOMERS, NOTICES = 6, 2
ROUND_UP: Final = 10_000
"""Whole units that a limit is asked for in."""


def is_connected(actor: Actor) -> bool:
    """Whether the demo is connected to its insurer, or was until somebody ended it."""
    return any(row.name == NAME for row in insurers.listed(actor, with_removed=True))


def connect(actor: Actor, *, url: str, authority: str, client_id: str, secret: str, at: dt.datetime) -> int:
    """Connect the sandbox insurer, link the largest customers, ask for a limit on each, tell of the oldest overdues.

    Raises:
        OutsideError: the insurer does not answer.
    """
    told = {"url": url, "client_id": client_id, "ca": authority}
    number = insurers.add(actor, Given(NAME, "neutral", POLICY, told, secret=secret))
    found = _open(actor)
    largest = found.group_by("customer_code").agg(pl.col("open_minor").sum()).sort("open_minor", descending=True)
    for code, minor in largest.head(CUSTOMERS).iter_rows():
        companies = insurers.candidates(actor, connection_id=number, customer_code=code, at=at)
        if companies:
            first = companies[0]
            insurers.link(
                actor, connection_id=number, customer_code=code, company_ref=first.company_ref, name=first.name
            )
            _ask(actor, number, code, minor)
    linked = [each.customer_code for each in insurers.links(actor, connection_id=number)]
    overdue = found.filter(pl.col("customer_code").is_in(linked), pl.col("due_on") < ON).sort("due_on", "number")
    for row in overdue.head(NOTICES).iter_rows(named=True):
        _tell(actor, number, row)
    return number


def _open(actor: Actor) -> pl.DataFrame:
    """What is open on the demo's day and the policy insures, in its currency."""
    ledger, known = snapshots.open_ledger(actor, details=True)
    debits = open_debits(ledger, as_of=AsOf(ON, known)).filter(pl.col("open_minor") > 0)
    accounts = ledger.accounts.filter(pl.col("currency") == CURRENCY).select("account_id", "customer_id")
    codes = ledger.customers.filter(pl.col("country").ne_missing(HOME)).select("customer_id", "customer_code")
    return debits.join(accounts, on="account_id").join(codes, on="customer_id")


def _ask(actor: Actor, number: int, code: str, minor: int) -> None:
    unit = ROUND_UP * 10 ** exponent(CURRENCY)
    asked = {"request_type": "2", "amount": amount_text(-(-minor // unit) * unit, CURRENCY), "currency": CURRENCY}
    insurer_messages.say(actor, connection_id=number, kind="request_cover", fields=asked, customer_code=code)


def _tell(actor: Actor, number: int, row: dict[str, object]) -> None:
    said = {
        "notice": "overdue", "item_number": str(row["number"]), "issued_on": str(row["issued_on"]),
        "due_on": str(row["due_on"]), "amount": amount_text(int(str(row["open_minor"])), CURRENCY),
        "currency": CURRENCY, "on": ON.isoformat(),
    }  # fmt: skip
    code = str(row["customer_code"])
    insurer_messages.say(actor, connection_id=number, kind="notify", fields=said, customer_code=code)
