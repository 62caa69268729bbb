"""The demo company's credit insurance: a policy in Sinosure's style on its exports, with limits, events and claims."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.balance import open_debits
from seawall.engine.ledger.items import Ledger
from seawall.services import approvals, insured, intake, people, snapshots, wordings
from seawall.services.access import Actor, Grant, actor_of
from seawall.store.models import User

POLICY: Final = "SINO-2026"
CURRENCY, HOME = "USD", "CN"
"""The policy's currency, and the country in which nobody is insured."""

TEMPLATE: Final = "sinosure-style"
PEOPLE: Final = (("insurance", "林保", "insurance_manager"), ("credit", "赵信", "credit_manager"))
"""Who proposes the policy, and who approves it."""

STEP_MINOR: Final = 1_000_000
"""Limits are round: tens of thousands of dollars."""

KINDS: Final = 19
"""After so many customers the kinds of decisions come again."""

UNDECLARED, UNNOTIFIED = 17, 3
"""Every so-manieth shipment was not declared; every so-manieth overdue debt was not notified."""


@dataclass(frozen=True, slots=True)
class _Debt:
    """What one export customer owes in one currency, and its items: number, day of issue, due day."""

    customer: str
    country: str
    currency: str
    open_minor: int
    items: tuple[tuple[str, dt.date, dt.date], ...]


def has_insurance(actor: Actor) -> bool:
    """Whether the demo company's policy is on file."""
    return any(each.policy == POLICY for each in wordings.listed(actor))


def load(actor: Actor, *, on: dt.date) -> None:
    """Bring the policy, approved by a second person, and what its insurer decided; once, by their keys."""
    debts = _debts(actor, on)
    made = {
        "insured_limits": _limits(debts, on), "insurance_events": _events(debts, on), "claims": _claims(debts, on),
        "claim_recoveries": _recoveries(debts, on), "claim_steps": _steps(debts, on),
    }  # fmt: skip
    for table, rows in made.items():
        intake.commit_rows(actor, {table: rows}, verb=insured.verb_of(table), origin="demo", key=f"demo {table}")
    _approve(actor, on)


def wording(on: dt.date) -> str:
    """The demo's own policy: the template, for the year of the demo's day, on exports only."""
    year = on.year
    text = wordings.template(TEMPLATE)
    for old, new in (
        ("policy: SINOSURE-STYLE", f"policy: {POLICY}"),
        ("period: {from: 2025-01-01, to: 2025-12-31}", f"period: {{from: {year}-01-01, to: {year}-12-31}}"),
        ("  vat: out", "  vat: out\n  countries: {excluded: [CN]}"),
    ):
        text = text.replace(old, new)
    return text.replace("\n    2025-01-01:", f"\n    {year}-01-01:")


def _approve(actor: Actor, on: dt.date) -> None:
    author, second = (_person(actor, *each) for each in PEOPLE)
    asked = wordings.propose(author, wording(on), reason="保单续转 / renewal", key="demo policy")
    approvals.approve(second, asked.number, digest=asked.digest, on=on, key="demo policy approved")


def _person(actor: Actor, username: str, name: str, role: str) -> Actor:
    if not User.objects.filter(username=username).exists():
        people.create(actor, username=username, name=name, grants=[Grant(role)])
    return actor_of(User.objects.get(username=username))


def _debts(actor: Actor, on: dt.date) -> list[_Debt]:
    """Export customers by what they owe, the largest first."""
    ledger, known = snapshots.open_ledger(actor, details=True)
    rows = _open(ledger, AsOf(on, known)).filter(pl.col("country") != HOME).sort("due_on", "number")
    grouped = rows.group_by("customer_code", "country", "currency", maintain_order=True).agg(
        pl.col("open_minor").sum(), pl.struct("number", "issued_on", "due_on").alias("items")
    )
    grouped = grouped.sort("open_minor", "customer_code", descending=[True, False])
    return [
        _Debt(
            row["customer_code"], row["country"], row["currency"], row["open_minor"],
            tuple((each["number"], each["issued_on"], each["due_on"]) for each in row["items"]),
        )
        for row in grouped.iter_rows(named=True)
    ]  # fmt: skip


def _open(ledger: Ledger, as_of: AsOf) -> pl.DataFrame:
    people_of = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    columns = people_of.select("account_id", "customer_code", "country", "currency")
    return open_debits(ledger, as_of=as_of).join(columns, on="account_id")


def _limits(debts: list[_Debt], on: dt.date) -> list[dict[str, str]]:
    """A limit each, decided as insurers decide: most in full, some in part, some cut, refused, or asked for."""
    rows = []
    for place, debt in enumerate(debts):
        about = {"customer_code": debt.customer, "policy": POLICY, "currency": CURRENCY}
        rows += [about | said for said in _decisions(place % KINDS, _round(debt.open_minor * 3), on)]
    return rows


def _decisions(kind: int, minor: int, on: dt.date) -> list[dict[str, str]]:
    """What the insurer said of one customer, of a full limit of so much."""
    first = str(dt.date(on.year, 1, 5))

    def said(kind: str, part: int, day: str, **more: str) -> dict[str, str]:
        amount = amount_text(minor // part, CURRENCY) if part else ""
        return {"kind": kind, "amount": amount, "decided_on": day} | more

    def ago(days: int) -> str:
        return str(on - dt.timedelta(days=days))

    full = said("approved", 1, first, insured_rate="0.9")
    special = {
        0: [said("partial", 2, first)],
        3: [full, said("reduced", 3, ago(12), notice_days="30")],
        5: [said("refused", 0, first, conditions="近三年财务报表未提供")],
        8: [said("requested", 1, ago(6))],
        11: [full, said("temporary", 2, ago(40), layer="2", expires_on=ago(-9))],
        14: [full, said("cancelled", 0, ago(20))],
    }
    return special.get(kind, [full])


def _round(minor: int) -> int:
    return max(STEP_MINOR, (minor + STEP_MINOR - 1) // STEP_MINOR * STEP_MINOR)


def _events(debts: list[_Debt], on: dt.date) -> list[dict[str, str]]:
    """Shipments declared, overdue debts notified, an extension, reports, bad news: most of what a clerk would do."""
    rows: list[dict[str, str]] = []
    count = 0
    for place, debt in enumerate(debts):
        about = {"customer_code": debt.customer, "policy": POLICY}
        for number, issued_on, due_on in debt.items:
            count += 1
            if issued_on.year == on.year and count % UNDECLARED:
                day = str(min(issued_on + dt.timedelta(days=2), on))
                rows.append(about | {"event": "declaration", "item_number": number, "on": day})
            if due_on + dt.timedelta(days=30) < on and count % UNNOTIFIED:
                told = min(due_on + dt.timedelta(days=25), on)
                rows.append(about | {"event": "overdue_notified", "item_number": number, "on": str(told)})
        if place in (4, 9):
            rows.append(
                about | {"event": "credit_report", "on": str(on - dt.timedelta(days=60)), "detail": "资信报告 B+"}
            )
    number, _, due_on = debts[1].items[-1]
    extended = {"event": "extension_agreed", "item_number": number, "on": str(on - dt.timedelta(days=3))}
    later = f"同意展期至 {due_on + dt.timedelta(days=30)}"
    rows.append({"customer_code": debts[1].customer, "policy": POLICY, "detail": later} | extended)
    bad = {"event": "adverse_information", "on": str(on - dt.timedelta(days=8)), "detail": "被其他供应商起诉"}
    rows.append({"customer_code": debts[6].customer, "policy": POLICY} | bad)
    return rows


def _claims(debts: list[_Debt], on: dt.date) -> list[dict[str, str]]:
    """A claim that was paid in the spring, and one that is waited for."""
    about = {"policy": POLICY, "currency": CURRENCY}
    paid = {"paid_on": f"{on.year}-05-12", "indemnity": "18450.00", "aggregate_first_loss_used": "0"}
    lost = {"date_of_loss": f"{on.year}-02-16", "cause": "insolvency"}
    waiting = {"date_of_loss": f"{on.year}-08-03", "cause": "protracted_default"}
    return [
        about | {"customer_code": debts[-1].customer} | lost | paid,
        about | {"customer_code": debts[-2].customer} | waiting,
    ]


def _recoveries(debts: list[_Debt], on: dt.date) -> list[dict[str, str]]:
    lost = {"date_of_loss": f"{on.year}-02-16", "cause": "insolvency", "currency": "USD", "policy": POLICY}
    came = {"received_on": f"{on.year}-07-20", "received_by": "us", "amount": "3200.00", "costs": "450.00"}
    return [{"customer_code": debts[-1].customer} | lost | came]


def _steps(debts: list[_Debt], on: dt.date) -> list[dict[str, str]]:
    """A claim under way: opened three weeks ago, the first documents gathered, the rest still to come."""
    lost = {"date_of_loss": str(on - dt.timedelta(days=30)), "cause": "protracted_default", "policy": POLICY}
    about = {"customer_code": debts[0].customer} | lost
    steps = [{"step": "opened", "on": str(on - dt.timedelta(days=21)), "reference": f"LA-{on:%y%m}-17"}]
    for days, document in ((18, "contract"), (12, "invoices")):
        steps.append({"step": "gathered", "on": str(on - dt.timedelta(days=days)), "document": document})
    return [about | step for step in steps]
