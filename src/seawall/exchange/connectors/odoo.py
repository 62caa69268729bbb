"""Odoo, by its external JSON-RPC interface: invoices, payments, what settles what, customers.

Read whole each time, in pages by id, so nothing is missed that changed late. What settles comes before the
documents: a document made in between is read too, and none is missing that a settlement names.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import InputError, OutsideError, Refused
from seawall.exchange.connectors import PAGE_ROWS, Asked, Connector, Field, Rows, Tables, amount, require_unread

_CUSTOMER_MOVES: Final = {"out_invoice": "invoice", "out_receipt": "invoice", "out_refund": "credit_note"}
_PAID: Final = {"inbound": "receipt", "outbound": "refund"}
_PAYMENT_STATES: Final = ["posted", "in_process", "paid", "reconciled"]
_MOVES: Final = (
    "name", "move_type", "commercial_partner_id", "invoice_date", "invoice_date_due", "currency_id", "amount_total",
    "amount_tax", "invoice_origin",
)  # fmt: skip
_PAYMENTS: Final = ("name", "payment_type", "partner_id", "date", "currency_id", "amount", "move_id")
_LINES: Final = (
    "move_id", "move_name", "move_type", "date", "partner_id", "currency_id", "amount_currency", "statement_line_id",
)  # fmt: skip
_PARTIALS: Final = ("debit_move_id", "credit_move_id", "debit_amount_currency", "credit_amount_currency", "max_date")
_PARTNERS: Final = ("name", "ref", "vat", "country_code", "email", "commercial_partner_id")


class _Odoo:
    """One reading of one database."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.count = 0
        self.user_id = self._call(
            "common", "authenticate", [asked.told["database"], asked.told["user"], asked.secret, {}]
        )
        if not self.user_id:
            raise Refused(
                "{host} does not let us in.", hint="Check the source's secret.", code="not_let_in",
                host=asked.told["url"],
            )  # fmt: skip

    def _call(self, service: str, method: str, args: list[Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "id": 1,
                "params": {"service": service, "method": method, "args": args}}  # fmt: skip
        answer = self.asked.wire.json("/jsonrpc", body=body)
        if not isinstance(answer, dict) or "error" in answer or "result" not in answer:
            error = answer.get("error", {}) if isinstance(answer, dict) else {}
            said = (error.get("data") or {}).get("message") or error.get("message") or "?"
            raise OutsideError(
                "{host} answers with an error: {said}.", host=self.asked.told["url"], said=str(said)[:300]
            )
        return answer["result"]

    def all(self, model: str, domain: list[Any], fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Every record of a model, by pages of rising ids."""
        last, pages = 0, 0
        told = self.asked.told
        while True:
            require_unread(pages := pages + 1)
            options = {"fields": list(fields), "order": "id", "limit": PAGE_ROWS}
            where = [*domain, ["id", ">", last]]
            args = [told["database"], self.user_id, self.asked.secret, model, "search_read", [where], options]
            rows = self._call("object", "execute_kw", args)
            if not rows:
                return
            if rows[-1]["id"] <= last:
                raise OutsideError("The answers do not end.")
            last = rows[-1]["id"]
            self.count += len(rows)
            self.asked.reached(self.count)
            yield from rows

    def of_company(self, domain: list[Any]) -> list[Any]:
        """A domain within the company that was named, if one was."""
        company = self.asked.told.get("company", "")
        return [*domain, ["company_id.name", "=", company]] if company else domain


def read(asked: Asked) -> Tables:
    """The receivables of a company.

    Raises:
        OutsideError: Odoo does not answer, or with an error.
        Refused: it does not let us in.
    """
    odoo = _Odoo(asked)
    partials = list(odoo.all("account.partial.reconcile", odoo.of_company([]), _PARTIALS))
    receivable = [["account_id.account_type", "=", "asset_receivable"], ["parent_state", "=", "posted"]]
    lines = {row["id"]: row for row in odoo.all("account.move.line", odoo.of_company(receivable), _LINES)}
    posted = [["state", "=", "posted"], ["move_type", "in", list(_CUSTOMER_MOVES)]]
    moves = list(odoo.all("account.move", odoo.of_company(posted), _MOVES))
    paid = [["partner_type", "=", "customer"], ["state", "in", _PAYMENT_STATES]]
    payments = [row for row in odoo.all("account.payment", odoo.of_company(paid), _PAYMENTS) if row["move_id"]]
    documents = {row["id"]: _move(asked, row) for row in moves}
    documents |= {row["move_id"][0]: _payment(asked, row) for row in payments}
    entries = {row["id"]: _entry(asked, row) for row in lines.values() if row["move_id"][0] not in documents}
    items = [*documents.values(), *(row for row in entries.values() if row["amount"].strip("0."))]

    def document(line: Any) -> dict[str, str] | None:
        """The document that a line of a move belongs to."""
        found = lines.get(line[0])
        return found and (documents.get(found["move_id"][0]) or entries.get(found["id"]))

    allocations = [
        _allocation(row, debit, credit)
        for row in partials
        if (debit := document(row["debit_move_id"])) and (credit := document(row["credit_move_id"]))
    ]
    return {"customers": _customers(odoo, items), "items": items, "allocations": _summed(allocations)}


def _move(asked: Asked, row: dict[str, Any]) -> dict[str, str]:
    currency = row["currency_id"][1]
    return {
        "entity": asked.entity, "customer_code": _code(row["commercial_partner_id"]),
        "kind": _CUSTOMER_MOVES[row["move_type"]], "number": row["name"], "issued_on": row["invoice_date"],
        "due_on": row["invoice_date_due"] or "", "currency": currency, "amount": amount(row["amount_total"], currency),
        "tax_amount": amount(row["amount_tax"], currency), "order_number": row["invoice_origin"] or "",
    }  # fmt: skip


def _payment(asked: Asked, row: dict[str, Any]) -> dict[str, str]:
    currency = row["currency_id"][1]
    return {
        "entity": asked.entity, "customer_code": _code(row["partner_id"]), "kind": _PAID[row["payment_type"]],
        "number": row["name"], "issued_on": row["date"], "currency": currency,
        "amount": amount(row["amount"], currency),
    }  # fmt: skip


def _entry(asked: Asked, row: dict[str, Any]) -> dict[str, str]:
    """A line on a receivables account that no invoice or payment made: money from the bank, or an entry by hand."""
    currency, is_debit = row["currency_id"][1], row["amount_currency"] > 0
    from_bank = bool(row["statement_line_id"])
    kind = ("refund" if is_debit else "receipt") if from_bank else ("debit_note" if is_debit else "credit_note")
    return {
        "entity": asked.entity, "customer_code": _code(row["partner_id"]), "kind": kind,
        "number": f"{row['move_name']}/{row['id']}", "issued_on": row["date"], "currency": currency,
        "amount": amount(row["amount_currency"], currency),
    }  # fmt: skip


def _allocation(row: dict[str, Any], debit: dict[str, str], credit: dict[str, str]) -> dict[str, str]:
    made = {
        "entity": debit["entity"], "customer_code": debit["customer_code"], "debit_number": debit["number"],
        "credit_number": credit["number"], "allocated_on": row["max_date"],
        "amount": amount(row["debit_amount_currency"], debit["currency"]), "credit_amount": "",
    }  # fmt: skip
    if debit["currency"] != credit["currency"]:
        made["credit_amount"] = amount(row["credit_amount_currency"], credit["currency"])
    return made


def _summed(rows: Rows) -> Rows:
    """What several lines of one invoice (its instalments) got from one payment on one day, together."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        before = found.setdefault((row["debit_number"], row["credit_number"], row["allocated_on"]), row)
        if before is not row:
            for name in ("amount", "credit_amount"):
                before[name] = f"{Decimal(before[name]) + Decimal(row[name]):f}" if row[name] else ""
    return [row for row in found.values() if row["amount"].strip("0.")]


def _customers(odoo: _Odoo, items: Rows) -> Rows:
    """Those the documents name, and no more: an address book is none of the ledger's business."""
    named = sorted({int(row["customer_code"]) for row in items if row["customer_code"]})
    rows: Rows = []
    for start in range(0, len(named), PAGE_ROWS):
        for row in odoo.all("res.partner", [["id", "in", named[start : start + PAGE_ROWS]]], _PARTNERS):
            rows.append({
                "customer_code": str(row["id"]), "name": row["name"] or str(row["id"]),
                "country": row["country_code"] or "", "registration_id": row["vat"] or "", "email": row["email"] or "",
            })  # fmt: skip
    return rows


def _code(partner: Any) -> str:
    return str(partner[0]) if partner else ""


def probe(asked: Asked) -> None:
    """See whether Odoo lets us in and has a ledger.

    Raises:
        Refused: it does not let us in.
        InputError: there is no company of that name.
    """
    odoo = _Odoo(asked)
    company = asked.told.get("company", "")
    if company and not list(odoo.all("res.company", [["name", "=", company]], ("name",))):
        raise InputError("There is no company {company}.", company=company[:100])


CONNECTOR: Final = Connector(
    "odoo", "Odoo",
    (
        Field("url", gettext_noop("Address")), Field("database", gettext_noop("Database")),
        Field("user", gettext_noop("User")), Field("company", gettext_noop("Company"), is_required=False),
    ),
    read, probe,
)  # fmt: skip
