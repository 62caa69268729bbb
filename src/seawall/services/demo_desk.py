"""What people of the demo company did at their desks: notes, tasks, disputes, a pause, contacts, and matched money."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.money import amount_text
from seawall.engine.ledger.balance import open_debits
from seawall.services import bank_decide, bank_matching, contacts, disputes, remarks, snapshots, subjects
from seawall.services.access import Actor
from seawall.store.models import Customer, Note

CUSTOMERS, CONTACTS, MATCHED = 16, 24, 3

DISPUTES: Final = ("quality", "price", "quantity", "documents", "delivery", "terms")
"""Reasons; the first two disputes are about the whole item."""

TASKS: Final = (
    ("跟进月底前付款的承诺", "Ask after the payment that was promised", 2),
    ("索取盖章的对账单", "Get the statement of account back, signed", 5),
    ("与销售复核信用额度", "Review the credit limit with sales", 9),
    ("补寄发票原件", "Send the original invoice again", -4),
    ("确认质量争议的处理结果", "Ask quality control how the complaint ended", 1),
    ("安排上门拜访", "Arrange a visit", 12),
    ("准备律师函草稿", "Draft the letter before action", 3),
    ("核对对方的付款账户", "Check the account they paid from", -1),
)
"""Titles in both languages, and the days from the demo's day they are due; every third is done."""

NOTES: Final = (
    (
        "电话联系财务部：本月资金紧张，承诺月底前付清。",
        "Called: money is short, payment promised by month end.",
    ),
    ("对账单已寄出，等待盖章回传。", "Statement of account sent; waiting for it to come back signed."),
    ("财务联系人已更换，请以新邮箱为准。", "Accounts payable has a new address; use that one."),
    ("客户请求把账期延长到 60 天，未同意。", "Asked for 60 days instead of 30; not granted."),
    ("上门拜访：生产正常，库存偏高。", "Visited: production runs, stock is high."),
    ("客户称发票抬头有误，已补开。", "Said the invoice named the wrong company; issued again."),
    ("同意先付一半，余款下月中旬付清。", "Will pay half now and the rest in the middle of next month."),
    ("连续三次未接电话，改发催款函。", "Three calls without an answer; a letter goes out instead."),
)
"""What was noted, in both languages."""


@dataclass(frozen=True)
class _Debt:
    """The largest overdue item of a customer."""

    customer: str
    country: str
    entity: str
    number: str
    currency: str
    open_minor: int

    def say(self, texts: tuple[Any, ...]) -> str:
        """Chinese of a Chinese customer, English of any other."""
        return str(texts[0] if self.country == "CN" else texts[1])


def has_desk() -> bool:
    """Whether the demo's people have been at work; notes are written last."""
    return Note.objects.every_entity().exists()


def load(actor: Actor, *, on: dt.date) -> None:
    """Do what people do in a month; what was done before, by its key, is not done again."""
    debts = _debts(actor, on)
    _disputes(actor, debts[-len(DISPUTES) :], on)
    _tasks(actor, debts, on)
    customers = {debt.customer: subjects.customer_of(actor, debt.customer) for debt in debts}
    quiet = customers[debts[2].customer]
    remarks.pause(actor, quiet, until_on=on + dt.timedelta(days=14), reason=debts[2].say(NOTES[6]), today=on,
                  key="demo pause")  # fmt: skip
    _contacts(actor)
    _match(actor, on)
    _notes(actor, debts, customers)


def _debts(actor: Actor, on: dt.date) -> list[_Debt]:
    ledger, known = snapshots.open_ledger(actor, details=True)
    people = ledger.accounts.join(ledger.customers, on="customer_id", how="left", maintain_order="left")
    rows = open_debits(ledger, as_of=AsOf(on, known)).join(
        people.select("account_id", "customer_code", "country", "entity", "currency"), on="account_id"
    )
    late = rows.filter(pl.col("due_on") < on, pl.col("kind") == "invoice").sort(
        "open_minor", "number", descending=[True, False]
    )
    largest = late.unique("customer_code", keep="first", maintain_order=True).head(CUSTOMERS)
    names = ("customer_code", "country", "entity", "number", "currency", "open_minor")
    return [_Debt(*row) for row in largest.select(names).iter_rows()]


def _disputes(actor: Actor, debts: list[_Debt], on: dt.date) -> None:
    for place, (debt, reason) in enumerate(zip(debts, DISPUTES, strict=False)):
        subject = subjects.item_of(actor, debt.entity, "debit", debt.number)
        share = debt.open_minor if place < 2 else max(debt.open_minor // 4, 1)  # noqa: PLR2004 - the first two
        disputes.open_dispute(
            actor, subject, on=on - dt.timedelta(days=5 + 3 * place), amount=amount_text(share, debt.currency),
            reason=reason, key=f"demo dispute {place}",
        )  # fmt: skip


def _tasks(actor: Actor, debts: list[_Debt], on: dt.date) -> None:
    for place, (debt, task) in enumerate(zip(debts, TASKS, strict=False)):
        subject = subjects.item_of(actor, debt.entity, "debit", debt.number)
        due_on = on + dt.timedelta(days=task[2])
        number = remarks.add_task(actor, subject, title=debt.say(task), due_on=due_on, key=f"demo task {place}")
        if place % 3 == 2:  # noqa: PLR2004 - every third
            remarks.change_task(actor, number, version=1, is_done=True, key=f"demo task {place} done")


def _contacts(actor: Actor) -> None:
    ledger, _known = snapshots.open_ledger(actor)
    rows = ledger.customers.select("customer_code", "country").sort("customer_code").head(CONTACTS)
    for place, (code, country) in enumerate(rows.iter_rows()):
        is_here = country == "CN"
        said = {
            "name": "财务部" if is_here else "Accounts payable", "role": "对账与付款" if is_here else "pays invoices",
            "email": f"ap@{code.lower()}.example", "language": "zh-hans" if is_here else "en",
        }  # fmt: skip
        contacts.add(actor, code, said, key=f"demo contact {place}")


def _match(actor: Actor, on: dt.date) -> None:
    """Confirm the receipts that are surest, and one that a bank's charge is missing of."""
    waiting, _count = bank_matching.unmatched(actor, on=on)
    found = [each for each in waiting if each.proposals]
    found.sort(key=lambda each: (not each.proposals[0].adjustments, -each.proposals[0].score, each.entry.pk))
    for each in found[:MATCHED]:
        bank_decide.confirm(actor, each.entry.pk, on=on, key=f"demo match {each.entry.pk}")


def _notes(actor: Actor, debts: list[_Debt], customers: dict[str, Customer]) -> None:
    for place, debt in enumerate(debts):
        text = debt.say(NOTES[place % len(NOTES)])
        remarks.add_note(actor, customers[debt.customer], text=text, key=f"demo note {place}")
