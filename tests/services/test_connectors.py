"""Connectors, against simulated servers: documents, credit notes, what settles what, currencies; and nothing by halves."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from looking import emptied, look
from outside_servers import LOOPBACK, Frappe, Odoo, Web
from small_ledger import SYSTEM

from seawall.engine.kernel.errors import InputError, Refused
from seawall.exchange import connectors, net
from seawall.exchange.connectors import Asked, Wire
from seawall.exchange.connectors import erpnext as frappe
from seawall.services import sources
from seawall.services.sources import Given
from seawall.store.models import Allocation, Item, SourceFile, Supersession

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def empty_queue(db):
    emptied()
    yield
    emptied()


KINDS = {1: "invoice", 11: "receipt", 12: "credit_note"}
CNY, USD = [1, "CNY"], [2, "USD"]
ACME, BETA = [11, "Acme"], [12, "Beta"]


def move(number, kind, name, partner, total, *, currency=CNY, day="2026-01-10", due="2026-02-09"):
    return {
        "id": number, "move_type": kind, "state": "posted", "name": name, "commercial_partner_id": partner, "invoice_date": day,
        "invoice_date_due": due, "currency_id": currency, "amount_total": total, "amount_tax": 0, "invoice_origin": False,
    }  # fmt: skip


def line(number, of, name, partner, amount, *, kind="entry", currency=CNY, day="2026-01-10", bank=False):
    return {
        "id": number, "move_id": [of, name], "move_name": name, "move_type": kind, "date": day, "partner_id": partner,
        "currency_id": currency, "amount_currency": amount, "statement_line_id": bank, "parent_state": "posted",
    }  # fmt: skip


def partial(number, debit, credit, amount, *, other=None, day="2026-02-20"):
    return {
        "id": number, "debit_move_id": [debit, ""], "credit_move_id": [credit, ""], "debit_amount_currency": amount,
        "credit_amount_currency": other or amount, "max_date": day,
    }  # fmt: skip


def payment(number, name, partner, amount, of, *, kind="inbound", currency=CNY):
    return {
        "id": number, "name": name, "payment_type": kind, "partner_type": "customer", "state": "paid", "partner_id": partner,
        "date": "2026-02-20", "currency_id": currency, "amount": amount, "move_id": [of, name],
    }  # fmt: skip


def odoo_records():
    """Two invoices of instalments and not, a credit note, a payment, money straight from the bank, a payment in yuan of dollars."""
    return {
        "account.move": [
            move(1, "out_invoice", "INV/1", ACME, 1000.1), move(2, "out_invoice", "INV/2", BETA, 500),
            move(3, "out_refund", "RINV/1", ACME, 100.1), move(4, "out_invoice", "INV/3", ACME, 100, currency=USD),
            {**move(9, "out_invoice", "INV/9", ACME, 1), "state": "draft"},
        ],
        "account.payment": [payment(1, "PAY/1", ACME, 900, 21), payment(2, "PAY/2", ACME, 720, 22)],
        "account.move.line": [
            line(101, 1, "INV/1", ACME, 600), line(102, 1, "INV/1", ACME, 400.1), line(103, 2, "INV/2", BETA, 500),
            line(104, 3, "RINV/1", ACME, -100.1), line(105, 4, "INV/3", ACME, 100, currency=USD),
            line(106, 21, "PAY/1", ACME, -900), line(107, 22, "PAY/2", ACME, -720),
            line(108, 30, "BNK/1", BETA, -200, bank=[5, "x"]), line(109, 31, "MISC/1", BETA, 0),
        ],
        "account.partial.reconcile": [
            partial(1, 101, 106, 600), partial(2, 102, 106, 300), partial(3, 102, 104, 100.10000000000001),
            partial(4, 103, 108, 200), partial(5, 105, 107, 100, other=720), partial(6, 101, 999, 5),
        ],
        "res.partner": [
            {"id": 11, "name": "Acme", "vat": False, "country_code": "CN", "email": "a@acme.example"},
            {"id": 12, "name": "Beta", "country_code": "DE"}, {"id": 13, "name": "Nobody of ours"},
        ],
        "res.company": [{"id": 1, "name": "Ours"}],
    }  # fmt: skip


def invoice(name, customer, total, **more):
    return {
        "name": name, "customer": customer, "posting_date": "2026-01-10", "due_date": "2026-02-09", "currency": "CNY",
        "party_account_currency": "CNY", "grand_total": total, "rounded_total": 0, "base_grand_total": total, "base_rounded_total": 0,
        "is_return": 0, "return_against": None, "outstanding_amount": 0, "po_no": None,
    } | more  # fmt: skip


def paid(name, party, amount, **more):
    return {
        "name": name, "payment_type": "Receive", "party": party, "posting_date": "2026-02-20", "paid_amount": amount, "received_amount": amount,
        "paid_from_account_currency": "CNY", "paid_to_account_currency": "CNY",
    } | more  # fmt: skip


def settles(name, of, amount):
    return {"name": name, "reference_doctype": "Sales Invoice", "reference_name": of, "allocated_amount": amount}


def frappe_records():
    return {
        "Sales Invoice": [
            invoice("SI-1", "Acme", 1000.10), invoice("SI-2", "Beta", 500),
            invoice("SI-3", "Acme", 100, currency="USD", base_grand_total=720),
            invoice("SR-1", "Acme", -100.10, is_return=1, return_against="SI-1"),
        ],
        "Payment Entry": [paid("PE-1", "Acme", 900), paid("PE-2", "Beta", 195)],
        "Customer": [{"name": "Acme", "customer_name": "Acme Ltd"}, {"name": "Beta"}, {"name": "Nobody of ours"}],
        "Company": [{"name": "Ours"}],
    }  # fmt: skip


REFERENCES = [settles("PE-1", "SI-1", 900), settles("PE-2", "SI-2", 200)]


@pytest.fixture
def serve(tmp_path, monkeypatch):
    made = []

    def start(answer):
        web = Web(tmp_path, answer)
        monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"{LOOPBACK}:{web.port}")
        made.append(web)
        return web

    yield start
    for web in made:
        web.close()


def source_of(web, kind, secret, **told):
    given = {"url": web.url, "ca": web.authority, "entity": "E1"} | told
    return sources.add(SYSTEM, Given(kind, kind, given, secret, apply_corrections=True))


@pytest.fixture
def odoo(serve):
    system = Odoo(odoo_records())
    web = serve(system)
    return system, source_of(web, "odoo", "key", database="d", user="reader", company="Ours"), web


@pytest.fixture
def erpnext(serve):
    system = Frappe(frappe_records(), REFERENCES)
    web = serve(system)
    return system, source_of(web, "erpnext", "key:secret", company="Ours"), web


def items():
    return {row.number: (KINDS[row.kind], row.account.currency, row.amount_minor)
            for row in Item.objects.every_entity().select_related("account")}  # fmt: skip


def allocated():
    ended = Supersession.objects.filter(of=Supersession.Of.ALLOCATION).values_list("fact_id", flat=True)
    names = dict(Item.objects.every_entity().values_list("document_id", "number"))
    rows = Allocation.objects.every_entity().exclude(id__in=list(ended))
    return {(names[row.debit_id], names[row.credit_id]): row.amount_minor for row in rows}


def test_odoo_brings_documents_credit_notes_payments_and_what_settles_what(odoo):
    _system, source_id, _web = odoo
    assert sources.try_it(SYSTEM, source_id=source_id) == sources.Tried()
    state, job = look(source_id)
    assert state == "done", (job.problem, sources.files(SYSTEM, source_id=source_id))
    assert items() == {
        "INV/1": ("invoice", "CNY", 100010), "INV/2": ("invoice", "CNY", 50000), "INV/3": ("invoice", "USD", 10000),
        "RINV/1": ("credit_note", "CNY", 10010), "PAY/1": ("receipt", "CNY", 90000), "PAY/2": ("receipt", "CNY", 72000),
        "BNK/1/108": ("receipt", "CNY", 20000),
    }  # fmt: skip
    assert allocated() == {
        ("INV/1", "PAY/1"): 90000, ("INV/1", "RINV/1"): 10010, ("INV/2", "BNK/1/108"): 20000, ("INV/3", "PAY/2"): 10000,
    }  # fmt: skip
    assert look(source_id)[1].result == {"taken": 0, "same": 0, "refused": 0}


def test_what_is_taken_back_in_odoo_is_taken_back_here_and_may_come_again(odoo):
    system, source_id, _web = odoo
    look(source_id)
    whole = list(system.records["account.partial.reconcile"])
    system.records["account.partial.reconcile"] = [row for row in whole if row["id"] != 4]
    assert look(source_id)[0] == "done"
    assert ("INV/2", "BNK/1/108") not in allocated()
    system.records["account.partial.reconcile"] = whole
    assert look(source_id)[0] == "done"
    assert allocated()["INV/2", "BNK/1/108"] == 20000


def test_when_nothing_settles_anything_any_more_the_last_of_it_is_taken_back_too(odoo):
    system, source_id, _web = odoo
    look(source_id)
    system.records["account.partial.reconcile"] = []
    assert look(source_id)[0] == "done"
    assert allocated() == {}


def test_erpnext_brings_invoices_returns_payments_and_deductions(erpnext):
    _system, source_id, _web = erpnext
    sources.try_it(SYSTEM, source_id=source_id)
    state, job = look(source_id)
    assert state == "done", (job.problem, sources.files(SYSTEM, source_id=source_id))
    assert items() == {
        "SI-1": ("invoice", "CNY", 100010), "SI-2": ("invoice", "CNY", 50000), "SI-3": ("invoice", "CNY", 72000),
        "SR-1": ("credit_note", "CNY", 10010), "PE-1": ("receipt", "CNY", 90000), "PE-2": ("receipt", "CNY", 19500),
        "PE-2/deductions": ("credit_note", "CNY", 500),
    }  # fmt: skip
    assert allocated() == {
        ("SI-1", "PE-1"): 90000, ("SI-1", "SR-1"): 10010, ("SI-2", "PE-2"): 19500, ("SI-2", "PE-2/deductions"): 500,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["odoo", "erpnext"])
def test_an_error_at_any_question_imports_nothing(request, kind, monkeypatch):
    system, source_id, web = request.getfixturevalue(kind)
    look(source_id)
    asked, whole = len(web.asked), web.answer
    for table in ("account.move", "Sales Invoice"):
        if table in system.records:
            system.records[table] = [{**row, "name": f"X{row['name']}"} for row in system.records[table]]
    before, files = len(items()), SourceFile.objects.every_entity().count()
    for fault in range(asked):
        count = iter(range(10**6))
        web.answer = lambda *each, fault=fault, count=count: (500, b"<html>") if next(count) == fault else whole(*each)
        state, job = look(source_id)
        assert (state, job.problem["code"]) == ("waiting", "outside")
    for answer, state in (((200, b"{"), "waiting"), ((200, b"[]"), "waiting"), ((403, b""), "failed")):
        web.answer = lambda *_, answer=answer: answer
        assert look(source_id)[0] == state
    monkeypatch.setattr(net, "SECONDS", 0.3)
    web.answer = lambda *_: __import__("time").sleep(1) or (200, b"{}")
    assert look(source_id)[0] == "waiting"
    assert (len(items()), SourceFile.objects.every_entity().count()) == (before, files)


def test_who_is_not_let_in_is_told(odoo, serve):
    _system, _source_id, web = odoo
    wrong = source_of(web, "odoo", "no", database="d", user="reader")
    with pytest.raises(Refused, match="does not let us in"):
        sources.try_it(SYSTEM, source_id=wrong)
    nowhere = source_of(web, "odoo", "key", database="d", user="reader", company="Theirs")
    with pytest.raises(InputError, match="no company"):
        sources.try_it(SYSTEM, source_id=nowhere)


def test_an_error_of_odoos_own_is_said_in_its_words(odoo):
    system, source_id, _web = odoo
    system.fails = (
        200,
        b'{"jsonrpc": "2.0", "error": {"message": "Odoo Server Error", "data": {"message": "no such db"}}}',
    )
    state, job = look(source_id)
    assert state == "waiting"
    assert job.problem["params"]["said"] == "no such db"


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [(100.10000000000001, "CNY", "100.10"), (-5, "CNY", "5.00"), (Decimal("1.5"), "JPY", "1.5"), (7.0, "JPY", "7")],
)
def test_the_noise_of_binary_fractions_is_rounded_away_and_nothing_else(value, currency, text):
    assert connectors.amount(value, currency) == text


def example():
    """The connector of the manual, run as it stands there."""
    page = (ROOT / "docs/howto/connector.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(code.splitlines()) < 100
    space = {}
    exec(compile(code, "connector.md", "exec"), space)  # noqa: S102 - the manual's own
    return space["CONNECTOR"]


def test_the_connector_of_the_manual_works(serve, monkeypatch):
    made = example()
    monkeypatch.setattr(connectors, "known", lambda: {made.kind: made})
    rows = {
        "/invoices": [
            {"id": n, "customer": "C1", "number": f"I-{n}", "date": "2026-01-10", "due": "2026-02-09", "currency": "CNY", "total": 10.5}
            for n in (1, 2, 3)
        ],
        "/receipts": [
            {"id": 1, "customer": "C1", "number": "R-1", "date": "2026-02-01", "currency": "CNY", "total": 12,
             "pays": [{"invoice": "I-1", "amount": 10.5}, {"invoice": "I-2", "amount": 1.5}]}
        ],
    }  # fmt: skip

    def answer(_method, path, query, _headers, _body):
        import json

        after = int(query["after"])
        return 200, json.dumps({"rows": [row for row in rows[path] if row["id"] > after][:2]}).encode()

    web = serve(answer)
    source_id = source_of(web, "example", "k")
    sources.try_it(SYSTEM, source_id=source_id)
    assert look(source_id)[0] == "done"
    assert (len(items()), allocated()) == (4, {("I-1", "R-1"): 1050, ("I-2", "R-1"): 150})


def test_what_goes_while_erpnext_is_read_hides_no_other(monkeypatch):
    """Pages by place would skip one; pages by rising key do not."""
    rows = [{"reference_row": f"row-{number}", "name": "P"} for number in range(4)]

    def page(_self, _kind, _fields, filters, _order):
        last = filters[-1][-1]
        found = [row for row in rows if row["reference_row"] > last][:2]
        if not last:
            rows.pop(0)  # gone once the first page was read
        return found

    monkeypatch.setattr(frappe._Frappe, "page", page)
    read = frappe._Frappe(Asked(Wire(None, ""), {}, "", "E1"))
    assert [row["reference_row"] for row in read.references([])] == ["row-0", "row-1", "row-2", "row-3"]
