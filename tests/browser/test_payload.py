"""S12 in a real browser: what people type into every kind of text is read, not run, on the pages that show it."""

import datetime as dt

import pytest
from browser.seats import seats
from stocked import ON, SYSTEM

from seawall.engine.kernel.asof import AsOf
from seawall.services import bank, contacts, demo_bank, disputes, jobs, remarks, subjects
from seawall.services.intake import commit_import

pytestmark = pytest.mark.browser
PAYLOAD = """"'><img src=x onerror="window.qzran=1"><script>window.qzran=1</script><svg onload=window.qzran=1>"""
DAY = f"?as_of={ON.isoformat()}"
FILES = {
    "customers": "customer_code,name,sector\nQZ-1,{p},{p}\n",
    "items": "entity,customer_code,kind,number,issued_on,due_on,currency,amount,description,terms,order_number\n"
    "{entity},QZ-1,invoice,QZ-1,2025-01-10,2025-02-09,CNY,99000000.00,{p},{p},{p}\n",
}
PAGES = (
    "/", "/ledger/customers/", "/ledger/customers/QZ-1/", "/ledger/contacts/", "/ledger/ageing/", "/ledger/items/",
    "/ledger/items/{entity}/debit/QZ-1/", "/ledger/unmatched/", "/ledger/bank/", "/ledger/imports/", "/action/worklist/",
    "/action/approvals/", "/settings/jobs/", "/settings/audit/", "/settings/people/", "/ledger/search/?q=QZ-1",
)  # fmt: skip


@pytest.fixture(scope="module")
def entity(store, tmp_path_factory):
    """The payload in every text a person or a file can bring."""
    entity, folder = min(store.accounts["entity"]), tmp_path_factory.mktemp("payload")
    quoted = '"' + PAYLOAD.replace('"', '""') + '"'
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text.replace("{p}", quoted).replace("{entity}", entity), encoding="utf-8")
    commit_import(SYSTEM, [folder])
    customer, item = subjects.customer_of(SYSTEM, "QZ-1"), subjects.item_of(SYSTEM, entity, "debit", "QZ-1")
    remarks.add_note(SYSTEM, customer, text=PAYLOAD)
    remarks.add_task(SYSTEM, customer, title=PAYLOAD, due_on=ON)
    remarks.add_document(SYSTEM, item, name=PAYLOAD, content=b"x")
    remarks.pause(SYSTEM, customer, until_on=dt.date(2099, 1, 1), reason=PAYLOAD, today=ON)
    contacts.add(SYSTEM, "QZ-1", {"name": PAYLOAD, "role": PAYLOAD, "phone": PAYLOAD})
    disputes.open_dispute(SYSTEM, item, on=ON, amount="5.00", reason="price", note=PAYLOAD)
    name, data = demo_bank.statement(store, AsOf(ON, 0), entity, "CNY")
    bank.import_files(SYSTEM, [(f"{PAYLOAD[:40]}{name}", data.replace(b"payment", b"<b onclick=x>"))], entity=entity)
    jobs.enqueue(SYSTEM, "check", {})
    return entity


@seats(["laptop-en"])
def test_nothing_runs_in_the_browser(tab, entity):
    shown = 0
    for path in PAGES:
        tab.goto(path.format(entity=entity) + (DAY if "?" not in path else ""))
        assert tab.evaluate("window.qzran") is None, path
        assert tab.locator("img[src=x]").count() == 0, path
        shown += "window.qzran=1" in tab.locator("body").inner_text()
    assert shown >= 6
