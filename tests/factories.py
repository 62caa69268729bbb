"""A ledger from plain rows: one builder, amounts in major units, codes instead of ids."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from seawall.engine.kernel.asof import FROM_FILES, AsOf
from seawall.engine.kernel.money import minor_of
from seawall.engine.ledger.bills import with_ended_bills
from seawall.engine.ledger.items import (
    ACCOUNTS,
    ALLOCATIONS,
    BILL_EVENTS,
    BILLS,
    CONTROL,
    CUSTOMERS,
    DEBIT_KINDS,
    DISPUTES,
    INSTALMENTS,
    ITEMS,
    Ledger,
)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def as_of(text: str) -> AsOf:
    return AsOf(day(text), FROM_FILES)


@dataclass
class Book:
    """Write facts down in any order; :meth:`ledger` puts them in the engine's order."""

    entity: str = "E1"
    currency: str = "CNY"
    known_from: dt.date | None = None
    customers: dict[str, dict] = field(default_factory=dict)
    items: dict[str, dict] = field(default_factory=dict)
    allocations: list[dict] = field(default_factory=list)
    instalments: list[dict] = field(default_factory=list)
    disputes: list[dict] = field(default_factory=list)
    balances: list[dict] = field(default_factory=list)
    bills: list[dict] = field(default_factory=list)
    bill_events: list[dict] = field(default_factory=list)

    def customer(self, code, **facts):
        self.customers[code] = {"name": code, "group_code": code, "country": None, "sector": None, **facts}
        return self

    def item(
        self, kind, number, amount, issued, due=None, *, customer="C1", entity=None, currency=None,
        tax=0, disputed=0, parts=(), payment_method=None,
    ):  # fmt: skip
        currency, issued = currency or self.currency, day(issued)
        if customer not in self.customers:
            self.customer(customer)
        self.items[number] = {
            "kind": kind, "is_debit": kind in DEBIT_KINDS, "customer_code": customer, "number": number,
            "entity": entity or self.entity, "currency": currency, "issued_on": issued,
            "due_on": day(due) if due else issued, "amount_minor": minor_of(str(amount), currency),
            "tax_minor": minor_of(str(tax), currency), "disputed_minor": minor_of(str(disputed), currency),
            "payment_method": payment_method,
        }  # fmt: skip
        for due_on, part, *marks in parts:
            part_minor = minor_of(str(part), currency)
            self.instalments.append({
                "number": number, "due_on": day(due_on), "amount_minor": part_minor, "is_retention": bool(marks),
            })  # fmt: skip
        return self

    def bill(
        self, number, amount, received, matures, *, kind="bank", acceptor="Bank A", code=None, drawn=None,
        drawer=None, events=(), **facts,
    ):  # fmt: skip
        """A bill and its history: pairs of event and day, perhaps with whom."""
        self.item("receipt", number, amount, received, payment_method="bill", **facts)
        self.bills.append({
            "number": number, "bill_kind": kind, "acceptor": acceptor, "acceptor_code": code, "drawer": drawer,
            "drawn_on": day(drawn or received), "matures_on": day(matures),
        })  # fmt: skip
        for event, on, *whom in events:
            self.bill_events.append({
                "number": number, "event": event, "on": day(on), "counterparty": whom[0] if whom else None,
            })  # fmt: skip
        return self

    def invoice(self, number, amount, issued, due, **facts):
        return self.item("invoice", number, amount, issued, due, **facts)

    def receipt(self, number, amount, on, **facts):
        return self.item("receipt", number, amount, on, **facts)

    def credit_note(self, number, amount, on, **facts):
        return self.item("credit_note", number, amount, on, **facts)

    def allocate(self, debit, credit, amount, on, *, credit_amount=None):
        left, right = self.items[debit], self.items[credit]
        minor = minor_of(str(amount), left["currency"])
        self.allocations.append({
            "debit": debit, "credit": credit, "amount_minor": minor,
            "credit_minor": minor if credit_amount is None else minor_of(str(credit_amount), right["currency"]),
            "allocated_on": max(day(on), left["issued_on"], right["issued_on"]),
        })  # fmt: skip
        return self

    def pay(self, debit, amount, on, *, kind="receipt"):
        """A credit item that settles one debit on its own day."""
        number, debit_item = f"{kind}-{len(self.items)}", self.items[debit]
        facts = {name: debit_item[name] for name in ("entity", "currency")}
        self.item(kind, number, amount, on, customer=debit_item["customer_code"], **facts)
        return self.allocate(debit, number, amount, on)

    def dispute(self, number, amount, opened, closed=None):
        minor = minor_of(str(amount), self.items[number]["currency"])
        self.disputes.append({
            "number": number, "amount_minor": minor, "opened_on": day(opened),
            "closed_on": day(closed) if closed else None,
        })  # fmt: skip
        return self

    def control(self, amount, on, *, entity=None, currency=None, account="1122"):
        currency = currency or self.currency
        self.balances.append({
            "entity": entity or self.entity, "account": account, "currency": currency, "on": day(on),
            "amount_minor": minor_of(str(amount), currency),
        })  # fmt: skip
        return self

    def ledger(self) -> Ledger:
        codes = sorted(self.customers, key=lambda code: (self.customers[code]["group_code"], code))
        customer_id = {code: k for k, code in enumerate(codes)}
        pairs = {(customer_id[i["customer_code"]], i["entity"], i["currency"]) for i in self.items.values()}
        account_id = {pair: k for k, pair in enumerate(sorted(pairs))}

        def account(item):
            return account_id[customer_id[item["customer_code"]], item["entity"], item["currency"]]

        order = sorted(self.items.values(), key=account)
        self.item_id = {item["number"]: k for k, item in enumerate(order)}
        items = [{**item, "item_id": k, "account_id": account(item)} for k, item in enumerate(order)]
        allocations = [
            {**row, "debit_id": self.item_id[row["debit"]], "credit_id": self.item_id[row["credit"]]}
            for row in self.allocations
        ]
        details = pl.DataFrame({"number": [item["number"] for item in items]}, schema={"number": pl.String})
        return with_ended_bills(Ledger(
            customers=CUSTOMERS.frame([
                {**self.customers[code], "customer_code": code, "customer_id": k} for code, k in customer_id.items()
            ]),
            accounts=ACCOUNTS.frame([
                {"account_id": k, "customer_id": customer, "entity": entity, "currency": currency}
                for (customer, entity, currency), k in account_id.items()
            ]),
            items=ITEMS.frame(items).hstack(details),
            allocations=ALLOCATIONS.frame(sorted(allocations, key=lambda row: row["debit_id"])),
            instalments=INSTALMENTS.frame([{**row, "item_id": self.item_id[row["number"]]} for row in self.instalments]),
            disputes=DISPUTES.frame([{**row, "item_id": self.item_id[row["number"]]} for row in self.disputes]),
            control=CONTROL.frame(self.balances),
            bills=BILLS.frame([{**row, "item_id": self.item_id[row["number"]]} for row in self.bills]).sort("item_id"),
            bill_events=BILL_EVENTS.frame([{**row, "item_id": self.item_id[row["number"]]} for row in self.bill_events]),
            known_from=self.known_from,
        )).check()  # fmt: skip
