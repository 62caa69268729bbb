"""What people do all day, in both languages, on a laptop and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from stocked import ON

pytestmark = pytest.mark.browser
DAY = f"?as_of={ON.isoformat()}"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def is_phone(tab):
    return tab.viewport_size["width"] < 800


def test_from_today_down_to_the_source_row_with_the_day_in_the_address(tab):
    tab.goto("/?as_of=2026-02-28")
    tab.locator(".sw-work a").first.click()
    tab.locator("a[href*='/debit/']:not([href*='/do/']), a[href*='/credit/']:not([href*='/do/'])").first.click()
    assert tab.get_by_text("items.csv").is_visible()
    assert "as_of=2026-02-28" in tab.url


def test_why_opens_beside_the_page_and_closes_by_escape(tab):
    tab.goto("/" + DAY)
    tab.locator(".sw-why").first.click()
    tab.wait_for_selector("#panel[open] .sw-formula")
    found = Axe().run(tab, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    tab.keyboard.press("Escape")
    assert tab.locator("#panel[open]").count() == 0


def test_search_finds_while_typing(tab, store):
    code = store.customers["customer_code"][7]
    tab.goto("/ledger/ageing/" + DAY)
    tab.locator("#search").press_sequentially(code)
    tab.wait_for_selector("#found a")
    assert code in tab.locator("#found").inner_text()


def test_the_day_is_changed_and_stays_in_the_address(tab):
    tab.goto("/ledger/ageing/" + DAY)
    if is_phone(tab):
        tab.locator("label[for=asking]").click()
    tab.locator(".sw-step a").first.click()
    tab.wait_for_url("**as_of=2026-02-28**")
    tab.goto("/ledger/ageing/" + DAY + "&group_by=sector")
    tab.locator("tbody a").first.click()
    tab.wait_for_url("**only_sector**")


def test_the_keyboard_goes_everywhere(tab):
    if is_phone(tab):
        pytest.skip("a phone has no keys")
    tab.goto("/" + DAY)
    tab.keyboard.press("g")
    tab.keyboard.press("c")
    tab.wait_for_url("**/ledger/customers/**")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    assert tab.locator("tr.is-here").count() == 1
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/ledger/customers/*/**")
    tab.keyboard.press("?")
    assert tab.locator("#keys[open]").count() == 1
    tab.keyboard.press("Escape")
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "search"


def test_the_table_is_exported_as_seen(tab):
    tab.goto("/ledger/ageing/" + DAY)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == f"seawall-ageing-{ON.isoformat()}.csv"
