"""Self-set limits in the browser: seen with what justifies them, kept by the button, opened as a document."""

import os

import pytest
from evidence_book import ON, bring

pytestmark = pytest.mark.browser
HERE, ASKED = "/protection/evidence/", f"?as_of={ON}&currency=USD"


@pytest.fixture(scope="module")
def brought(store, tmp_path_factory):
    bring(tmp_path_factory.mktemp("evidence"))


def shown(page, name, seat):
    """Keep a picture where somebody wants to look."""
    folder = os.environ.get("SEAWALL_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}-{seat[0]['width']}-{seat[1]}.png", full_page=True)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_self_set_limit_is_seen_kept_and_opened(tab, brought, seat):
    tab.goto(f"/protection/limits/{ASKED}")
    tab.click(f"a[href^='{HERE}']")
    tab.wait_for_url(f"**{HERE}**")
    shown(tab, "evidence", seat)
    assert fits(tab)
    tab.click("tbody a[href*='/evidence/C1/']")
    tab.wait_for_url("**/C1/**")
    shown(tab, "evidence-customer", seat)
    assert fits(tab)
    if keep := tab.locator("main form[method=post] button.btn-primary").all():
        keep[0].click()
        tab.locator("a[href*='/ledger/documents/']").first.wait_for()
        shown(tab, "evidence-kept", seat)
        assert fits(tab)
    assert tab.locator("a[href*='/ledger/documents/']").count() >= 2
