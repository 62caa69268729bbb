"""A real day's work of the five main roles, each by its own hands and through pages only, one after the other."""

import datetime as dt
import re

import pytest
from stocked import PASSWORD, person

from seawall.engine.kernel.asof import AsOf
from seawall.services import demo_bank, snapshots
from seawall.services.access import Actor, Grant
from seawall.services.audit import verify

pytestmark = pytest.mark.browser
ON = dt.date(2026, 3, 31)
DAY = f"?as_of={ON.isoformat()}"
ROLES = ("collector", "credit_analyst", "credit_manager", "finance", "auditor")
SAID = {}
"""What one person leaves for the next: the customer, the invoice."""


@pytest.fixture(scope="module")
def people(store):
    return {role: person(role.replace("_", "-"), Grant(role)) for role in ROLES}


@pytest.fixture
def desk(browser, server, people):
    """A signed-in page of one role; any fault in it fails the test."""
    opened, faults = [], []

    def sit(role):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=server, locale="en-GB")
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", lambda told: faults.append(f"{told.status} {told.url}") if told.status >= 400 else None)
        page.goto("/sign-in/")
        page.fill("[name=username]", people[role].username)
        page.fill("[name=password]", PASSWORD)
        page.click("form.sw-signin button[type=submit]")
        page.wait_for_url(f"{server}/")
        opened.append(context)
        return page

    yield sit
    for context in opened:
        context.close()
    assert faults == []


def sent(page, button=None):
    """Send the form of the page; the sentence that says it is done."""
    name = button or page.locator("main h1").inner_text()
    with page.expect_navigation():
        page.locator("main form").get_by_role("button", name=name, exact=button is None).first.click()
    return page.locator(".sw-say.is-good").first.inner_text()


def test_a_collector_calls_notes_disputes_and_proposes(desk, tmp_path):
    page = desk("collector")
    page.goto("/action/worklist/" + DAY)
    page.locator("[data-row] a:visible").first.click()
    page.wait_for_url("**/ledger/customers/**")
    SAID["customer"] = page.url.split("?")[0]
    page.keyboard.press("n")
    page.wait_for_url("**/do/note/**")
    page.fill("[name=text]", "Called Mr Wang: pays the older ones on Friday, disputes the price of one.")
    assert sent(page) == "The note is kept."
    page.get_by_role("link", name="Add a contact").first.click()
    page.fill("[name=name]", "Wang Wei 王伟")
    page.fill("[name=email]", "wang@example.cn")
    assert sent(page) == "The contact is kept."
    page.get_by_role("link", name="Add a task").click()
    page.fill("[name=title]", "Ask Mr Wang for the proof of delivery")
    page.fill("[name=due_on]", "2026-04-03")
    assert sent(page) == "The task is given."
    page.locator("a[href*='/debit/']:not([href*='/do/'])").first.click()
    page.wait_for_url("**/debit/**")
    SAID["item"] = page.url.split("?")[0]
    page.get_by_role("link", name="Open a dispute").click()
    page.fill("[name=amount]", "nearly all of it")
    with page.expect_navigation():
        page.get_by_role("button", name="Open a dispute").click()
    assert page.locator("[name=amount]").get_attribute("aria-invalid") == "true"
    assert page.locator("[name=amount]").input_value() == "nearly all of it"
    page.fill("[name=amount]", "1.00")
    assert sent(page) == "The dispute is open."
    page.get_by_role("link", name="Add a document to a dispute").click()
    page.set_input_files("[name=file]", {"name": "mail.txt", "mimeType": "text/plain", "buffer": b"too dear"})
    assert sent(page) == "The document is kept."
    assert page.get_by_role("link", name="mail.txt").count() >= 1
    page.get_by_role("link", name="Propose a write-off").click()
    page.fill("[name=amount]", "2.00")
    page.fill("[name=reason]", "Not worth a second letter")
    assert "waits for another person" in sent(page)


def test_a_credit_analyst_describes_a_customer_and_proposes_a_policy(desk):
    page = desk("credit_analyst")
    page.goto(SAID["customer"] + DAY)
    assert page.get_by_text("Wang Wei 王伟").is_visible()
    page.get_by_role("link", name="Change", exact=True).click()
    page.fill("[name=sector]", "valves")
    page.fill("[name=reason]", "as the register says")
    assert "stays on record" in sent(page)
    page.goto("/settings/policies/house.bank_freshness/edit/" + DAY)
    page.fill("[name='value.stale_days']", "4")
    page.fill("[name=source]", "Credit committee of 31 March")
    page.get_by_role("button", name="Preview").click()
    page.wait_for_selector("#preview")
    page.fill("[name=reason]", "a long weekend")
    with page.expect_navigation():
        page.get_by_role("button", name="Propose").click()
    assert page.get_by_text("it waits for another person").is_visible()


def test_a_credit_manager_decides_what_waits_and_lets_chasing_rest(desk):
    page = desk("credit_manager")
    for _each in range(2):
        page.goto("/action/approvals/" + DAY)
        page.locator("[data-row] a").first.click()
        page.wait_for_url(re.compile(r"/action/approvals/\d+/"))
        with page.expect_navigation():
            page.get_by_role("button", name="Approve").click()
        assert page.locator(".sw-say.is-good").inner_text() == "Approved."
    page.goto(SAID["item"] + DAY)
    assert page.get_by_text(re.compile("Write-off of .* approved")).is_visible()
    page.goto(SAID["customer"] + DAY)
    page.get_by_role("link", name="Let chasing rest").click()
    page.fill("[name=until_on]", "2099-01-04")
    page.fill("[name=reason]", "instalments are agreed")
    assert sent(page) == "Chasing rests until that day."
    assert page.get_by_text("Chasing is paused until").is_visible()


def test_finance_brings_the_bank_matches_and_signs_the_month(desk, tmp_path):
    page = desk("finance")
    ledger, known = snapshots.open_ledger(Actor.system(), details=True)
    entity = min(ledger.accounts["entity"])
    name, data = demo_bank.statement(ledger, AsOf(ON, known), entity, "CNY")
    page.goto("/ledger/bank/" + DAY)
    page.set_input_files("[name=files]", {"name": name, "mimeType": "text/plain", "buffer": data})
    if page.locator("form[enctype] [name=entity] option").count() > 1:
        page.select_option("form[enctype] [name=entity]", entity)
    with page.expect_navigation():
        page.click("form[enctype] button[type=submit]")
    page.goto("/ledger/unmatched/")
    before = page.locator("[data-row]").count()
    with page.expect_navigation():
        page.locator("[data-row] [data-key=c]").first.click()
    assert page.locator(".sw-say.is-good").inner_text().startswith("Matched")
    assert page.locator("[data-row]").count() == before - 1
    page.goto("/ledger/periods/?sign=2026-02-28")
    with page.expect_navigation(timeout=30_000):
        page.get_by_role("button", name="Sign this report").click()
    page.wait_for_url(re.compile(r"/ledger/periods/\d+/"))
    assert page.get_by_role("link", name="PDF").is_visible()


def test_an_auditor_sees_who_did_it_and_changes_nothing(desk):
    page = desk("auditor")
    page.goto("/settings/audit/?verb=write_off.approve")
    assert page.get_by_text("credit-manager").first.is_visible()
    page.goto("/settings/audit/chain/")
    assert page.get_by_role("heading", name="The chain holds").is_visible()
    page.goto("/ledger/periods/")
    page.locator("[data-row] a").first.click()
    page.get_by_role("link", name="What came later").click()
    page.wait_for_selector("#difference")
    page.goto(SAID["customer"] + DAY)
    assert page.get_by_text("Called Mr Wang").is_visible()
    assert page.get_by_text("Wang Wei").count() == 0, "contacts are none of an auditor's business"
    assert page.locator("nav.sw-doing a[href*='/do/']").count() == 0
    assert page.locator("main form[method=post]").count() == 0
    assert verify(Actor.system()).holds
