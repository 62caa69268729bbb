"""Premium in the browser: what it costs, down to the documents of a month, an invoice audited, other cover compared."""

import pytest
from stocked import ON, person

from seawall.services import approvals, wordings
from seawall.services.access import Grant, actor_of

pytestmark = pytest.mark.browser
HERE = f"/protection/premium/?as_of={ON.isoformat()}"
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: PREMIUM")
    .replace("{from: 2025-01-01, to: 2025-12-31}", "{from: 2025-04-01, to: 2026-06-30}")
    .replace("2025-01-01:", "2025-04-01:")
)


@pytest.fixture(scope="module")
def insured(store):
    author, second = (
        actor_of(person(f"premium-{role}", Grant(role))) for role in ("insurance_manager", "credit_manager")
    )
    asked = wordings.propose(author, BODY, reason="as signed")
    approvals.approve(second, asked.number, digest=asked.digest, on=ON)


def is_within(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")


def test_from_the_premium_to_the_documents_and_an_invoice(insured, tab, tmp_path):
    tab.goto(HERE)
    tab.wait_for_selector("#chart-declared", state="attached")
    assert is_within(tab)
    tab.click("a[href*='premium/declaration']")
    tab.wait_for_selector("table.sw-table")
    assert is_within(tab)
    tab.click("a[href*='month=2025-10']")
    tab.wait_for_selector("text=2025-10")
    assert is_within(tab)
    tab.goto(HERE)
    tab.click("a[href*='premium/audit']")
    (tmp_path / "invoice.csv").write_text("step,declared,rate,amount\non_declared,1000,0.0035,3.50\nhandling,,,50\n")
    tab.set_input_files("[name=invoice]", tmp_path / "invoice.csv")
    tab.click("section form button[type=submit]")
    tab.wait_for_selector("text=handling")
    assert is_within(tab)


def test_other_cover_is_compared(insured, tab):
    tab.goto(HERE.replace("/premium/", "/premium/whatif/"))
    assert is_within(tab)
    tab.fill("[name=part]", "5")
    tab.fill("[name=more_limit]", "10000")
    tab.fill("[name=options]", "B: insured_rate.rate=0.7")
    tab.select_option("[name=limits]", "free")
    tab.click("section form button[type=submit]")
    tab.wait_for_selector("text=part:5")
    assert is_within(tab)
