"""Every page of the menu and one page of each thing there is: it opens, fits its width, and can be read by all."""

import datetime as dt
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.seats import every_page
from browser.test_journeys import RULES
from django.urls import reverse
from stocked import ON, SYSTEM, person

from seawall.engine.kernel.asof import AsOf
from seawall.services import (
    approvals,
    bank,
    demo_bank,
    insured,
    insurer_messages,
    insurers,
    periods,
    snapshots,
    sources,
    webhooks,
    wordings,
)
from seawall.services.access import Grant, actor_of
from seawall.services.intake import commit_import
from seawall.store import seal
from seawall.store.home import home
from seawall.store.models import BankEntry, ImportFile
from seawall.web.menu import PAGES

pytestmark = pytest.mark.browser
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: COVER")
    .replace("2025-12-31}", "2026-12-31}")
)
BILL = """entity,customer_code,bill_number,kind,acceptor,currency,amount,issued_on,received_on,matures_on
{},{},B-1,bank,Harbour Bank,CNY,1200.00,2026-01-10,2026-02-01,2026-04-20
"""
LOSS = {"policy": "COVER", "date_of_loss": "2026-03-10", "cause": "insolvency"}
WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def details(store, tmp_path_factory):
    """One of each thing that has a page of its own: its address by what it is."""
    folder = tmp_path_factory.mktemp("every")
    seal.make_key(home())
    account = store.accounts.filter(store.accounts["currency"] == "CNY").row(0, named=True)
    entity, code = account["entity"], store.customers["customer_code"][account["customer_id"]]
    desk, second, money = (
        actor_of(person(f"every-{role}", Grant(role))) for role in ("insurance_manager", "credit_manager", "finance")
    )
    proposed = wordings.propose(desk, BODY, reason="as signed")
    waits = wordings.propose(desk, BODY.replace("policy: COVER", "policy: NEXT"), reason="the next year").number
    approvals.approve(second, proposed.number, digest=proposed.digest, on=ON)
    limit = {"customer_code": code, "policy": "COVER", "kind": "approved", "amount": "900000", "currency": "USD"}
    insured.record_fact(SYSTEM, "insured_limits", limit | {"decided_on": "2025-01-01"})
    insured.record_fact(SYSTEM, "claim_steps", LOSS | {"customer_code": code, "step": "opened", "on": "2026-03-12"})
    connection = insurers.add(SYSTEM, insurers.Given(name="Insurer", kind="file", policy="COVER", told={}))
    insurers.link(SYSTEM, connection_id=connection, customer_code=code, company_ref="S-1")
    fields = {"request_type": "2", "amount": "5000.00", "currency": "USD"}
    message = insurer_messages.say(
        SYSTEM, connection_id=connection, kind="request_cover", fields=fields, customer_code=code
    )
    signed = periods.sign(money, on=ON, today=ON + dt.timedelta(days=20))  # before the bill, which no balance knows
    (folder / "bills.csv").write_text(BILL.format(entity, code), encoding="utf-8")
    commit_import(SYSTEM, [folder], key="a bill")
    ledger, known = snapshots.open_ledger(SYSTEM, details=True)
    name, data = demo_bank.statement(ledger, AsOf(ON, known), entity, "CNY")
    bank.import_files(SYSTEM, [(name, data)], entity=entity)
    source = sources.add(SYSTEM, sources.Given("Server", "https", {"url": "https://ledger.example/items.csv"}))
    hook = webhooks.add(SYSTEM, entity=entity, address="https://hooks.example/in", events=["run.done"])
    mine = ledger.items.filter(ledger.items["account_id"] == account["account_id"], ledger.items["is_debit"])
    claim = {"customer": code, "policy": "COVER", "lost_on": LOSS["date_of_loss"], "cause": "insolvency"}
    return {
        "customer": reverse("customer", args=[code]), "statement": reverse("statement", args=[code]),
        "item": reverse("item", args=[entity, "debit", mine["number"][0]]), "bill": reverse("bill", args=[entity, "B-1"]),
        "bank entry": reverse("entry", args=[BankEntry.objects.every_entity().earliest("pk").pk]),
        "import": reverse("import", args=[ImportFile.objects.every_entity().earliest("pk").pk]),
        "period": reverse("period", args=[signed.number]), "cover": reverse("cover_one", args=[code]),
        "claim case": reverse("claim_case", query=claim), "claim form": reverse("claim_open", query=claim),
        "claims refused": reverse("claims", query={"order": "debt", "set": "mood"}),
        "claims in order": reverse("claims", query={"order": "debt"}),
        "limits of one": reverse("insured", args=[code]),
        "limit form": reverse("insured_record", args=[code, "insured_limits"]),
        "insurance policy": reverse("insurance_policy", args=["COVER"]),
        "policy form": reverse("insurance_policy_edit", query={"policy": "COVER"}),
        "connection": reverse("insurer_connection", args=[connection]),
        "message": reverse("insurer_message", args=[message]), "approval": reverse("approval", args=[waits]),
        "house policy": reverse("policy", args=["house.cover_map"]), "person": reverse("person", args=["reader"]),
        "source": reverse("source", args=[source]), "webhook": reverse("webhook", args=[hook.endpoint_id]),
        "audit entry": reverse("audit_entry", args=[known]),
    }  # fmt: skip


@every_page
def test_every_page_of_the_menu_and_one_of_each_thing_fits_and_can_be_read_by_all(tab, details):
    faults = []
    for what, path in ({page.name: reverse(page.name) for page in PAGES} | details).items():
        tab.goto(f"{path}{'&' if '?' in path else '?'}{urlencode({'as_of': ON.isoformat()})}")
        if (too_wide := tab.evaluate(WIDTH)) > 0:
            faults.append(f"{what}: {too_wide} px too wide")
        found = Axe().run(tab, options=RULES).response["violations"]
        faults += [f"{what}: {one['id']} {[node['target'] for node in one['nodes']]}" for one in found]
    assert not faults, "\n".join(faults)
