"""ERPNext, by the REST interface of Frappe: sales invoices with returns, payment entries, customers.

Read whole each time, in pages by name. Amounts are those of the receivables account's currency, in which ERPNext
itself settles. Journal entries and the payments within a point-of-sale invoice are not read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import InputError, OutsideError
from seawall.exchange.connectors import PAGE_ROWS, Asked, Connector, Field, Rows, Tables, amount, require_unread

_INVOICES: Final = (
    "name", "customer", "posting_date", "due_date", "currency", "party_account_currency", "grand_total",
    "rounded_total", "base_grand_total", "base_rounded_total", "is_return", "return_against", "outstanding_amount",
    "po_no",
)  # fmt: skip
_PAYMENTS: Final = (
    "name", "payment_type", "party", "posting_date", "paid_amount", "received_amount", "paid_from_account_currency",
    "paid_to_account_currency",
)  # fmt: skip
_REFERENCES: Final = ("reference_doctype", "reference_name", "allocated_amount")
_CHILD: Final = "Payment Entry Reference"
_ROW: Final = "reference_row"
_CUSTOMERS: Final = ("name", "customer_name", "tax_id", "customer_group")


class _Frappe:
    """One reading of one site."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.count = asked, 0
        self.wire = replace(asked.wire, headers={"Authorization": f"token {asked.secret}"})

    def page(self, kind: str, fields: tuple[str, ...], filters: list[Any], order: str) -> list[dict[str, Any]]:
        """The first page of documents of a kind."""
        query = {
            "fields": json.dumps(fields), "filters": json.dumps(filters), "order_by": order,
            "limit_start": "0", "limit_page_length": str(PAGE_ROWS),
        }  # fmt: skip
        answer = self.wire.json(f"/api/resource/{quote(kind)}", query=query)
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise OutsideError("{host} does not answer as expected.", host=self.asked.told["url"])
        self.count += len(rows)
        self.asked.reached(self.count)
        return rows

    def all(self, kind: str, fields: tuple[str, ...], filters: list[Any]) -> Iterator[dict[str, Any]]:
        """Every document of a kind, each page beginning after the last name of the one before."""
        return self._rising("name", lambda after: self.page(kind, fields, [*filters, ["name", *after]], "name asc"))

    def references(self, filters: list[Any]) -> Iterator[dict[str, Any]]:
        """Every reference of the payment entries: a list of a kind may name fields of its child table."""
        fields = ("name", f"`tab{_CHILD}`.name as {_ROW}", *(f"`tab{_CHILD}`.{name}" for name in _REFERENCES))
        order = f"`tab{_CHILD}`.name asc"
        return self._rising(
            _ROW, lambda after: self.page("Payment Entry", fields, [*filters, [_CHILD, "name", *after]], order)
        )

    def _rising(self, key: str, page: Callable[[list[str]], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        """Page after page, each beginning after the last key of the one before: what comes meanwhile shifts none."""
        last, pages = "", 0
        while rows := page([">", last]):
            require_unread(pages := pages + 1)
            if rows[-1][key] <= last:
                raise OutsideError("The answers do not end.")
            last = rows[-1][key]
            yield from rows


def read(asked: Asked) -> Tables:
    """The receivables of a company.

    Raises:
        OutsideError: ERPNext does not answer, or not as expected.
        Refused: it does not let us in.
    """
    frappe, company = _Frappe(asked), asked.told["company"]
    booked: list[Any] = [["docstatus", "=", 1], ["company", "=", company]]
    customers_pay = [*booked, ["party_type", "=", "Customer"], ["payment_type", "in", ["Receive", "Pay"]]]
    references = list(frappe.references(customers_pay))
    invoices = {row["name"]: row for row in frappe.all("Sales Invoice", _INVOICES, booked)}
    payments = {row["name"]: row for row in frappe.all("Payment Entry", _PAYMENTS, customers_pay)}
    items = {name: _invoice(asked, row) for name, row in invoices.items()}
    items |= {name: _payment(asked, row) for name, row in payments.items()}
    allocations = _of_payments(references, payments, items)
    allocations += _of_returns(invoices, items, allocations)
    named = {row["customer_code"] for row in items.values()}
    customers = [_customer(row) for row in frappe.all("Customer", _CUSTOMERS, []) if row["name"] in named]
    return {"customers": customers, "items": list(items.values()), "allocations": allocations}


def _invoice(asked: Asked, row: dict[str, Any]) -> dict[str, str]:
    owed = row["party_account_currency"] or row["currency"]
    prefix = "" if owed == row["currency"] else "base_"
    total = row[f"{prefix}rounded_total"] or row[f"{prefix}grand_total"]
    return {
        "entity": asked.entity, "customer_code": row["customer"],
        "kind": "credit_note" if row["is_return"] else "invoice", "number": row["name"],
        "issued_on": row["posting_date"], "due_on": "" if row["is_return"] else row["due_date"] or "",
        "currency": owed, "amount": amount(total, owed), "order_number": row["po_no"] or "",
    }  # fmt: skip


def _payment(asked: Asked, row: dict[str, Any]) -> dict[str, str]:
    is_receipt = row["payment_type"] == "Receive"
    currency = row["paid_from_account_currency" if is_receipt else "paid_to_account_currency"]
    return {
        "entity": asked.entity, "customer_code": row["party"], "kind": "receipt" if is_receipt else "refund",
        "number": row["name"], "issued_on": row["posting_date"], "due_on": "", "currency": currency,
        "amount": amount(row["paid_amount" if is_receipt else "received_amount"], currency), "order_number": "",
    }  # fmt: skip


def _of_payments(references: list[dict[str, Any]], payments: dict[str, Any], items: dict[str, dict[str, str]]) -> Rows:
    """What payments settle. What one settles beyond its money was deducted there: a credit note beside it."""
    left = {name: Decimal(items[name]["amount"]) for name in payments}
    rows: Rows = []
    for each in references:
        payment, named = each["name"], each["reference_name"]
        if each["reference_doctype"] != "Sales Invoice" or named not in items or payment not in payments:
            continue
        given = Decimal(amount(each["allocated_amount"], items[named]["currency"]))
        from_money = min(given, left[payment])
        left[payment] -= from_money
        rows.append(_settles(items[named], items[payment], from_money))
        if (beyond := given - from_money) > 0 and items[payment]["kind"] == "receipt":
            rows.append(_settles(items[named], _deduction(items, items[payment], beyond), beyond))
    return [row for row in rows if row["amount"].strip("0.")]


def _deduction(items: dict[str, dict[str, str]], payment: dict[str, str], beyond: Decimal) -> dict[str, str]:
    number = f"{payment['number']}/deductions"
    before = Decimal(items[number]["amount"]) if number in items else Decimal(0)
    items[number] = {**payment, "kind": "credit_note", "number": number, "amount": f"{before + beyond:f}"}
    return items[number]


def _of_returns(invoices: dict[str, Any], items: dict[str, dict[str, str]], paid: Rows) -> Rows:
    """What returns settle of the invoice they are against: what is neither left of them nor paid back."""
    back: dict[str, Decimal] = defaultdict(Decimal)
    for row in paid:
        back[row["credit_number"]] += Decimal(row["amount"])
    rows: Rows = []
    for name, row in invoices.items():
        if not row["is_return"] or row["return_against"] not in items:
            continue
        left = Decimal(amount(row["outstanding_amount"], items[name]["currency"]))
        settled = Decimal(items[name]["amount"]) - left - back[name]
        if settled > 0:
            rows.append(_settles(items[row["return_against"]], items[name], settled))
    return rows


def _settles(one: dict[str, str], other: dict[str, str], given: Decimal) -> dict[str, str]:
    debit, credit = (one, other) if one["kind"] in ("invoice", "refund") else (other, one)
    return {
        "entity": debit["entity"], "customer_code": debit["customer_code"], "debit_number": debit["number"],
        "credit_number": credit["number"], "allocated_on": max(debit["issued_on"], credit["issued_on"]),
        "amount": f"{given:f}",
    }  # fmt: skip


def _customer(row: dict[str, Any]) -> dict[str, str]:
    return {
        "customer_code": row["name"], "name": row["customer_name"] or row["name"],
        "registration_id": row["tax_id"] or "", "sector": row["customer_group"] or "",
    }  # fmt: skip


def probe(asked: Asked) -> None:
    """See whether ERPNext lets us in and has the company.

    Raises:
        Refused: it does not let us in.
        InputError: there is no company of that name.
    """
    company = asked.told["company"]
    if not _Frappe(asked).page("Company", ("name",), [["name", "=", company]], "name asc"):
        raise InputError("There is no company {company}.", company=company[:100])


CONNECTOR: Final = Connector(
    "erpnext", "ERPNext",
    (Field("url", gettext_noop("Address")), Field("company", gettext_noop("Company"))),
    read, probe,
)  # fmt: skip
