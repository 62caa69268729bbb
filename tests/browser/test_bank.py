"""From a statement to a matched receipt and back, by keys; short and over-payments become cases."""

import datetime as dt
import os
import re

import pytest

from seawall.engine.kernel.asof import AsOf
from seawall.services import demo_bank, snapshots
from seawall.services.access import Actor

ON = dt.date(2026, 3, 31)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def statement(store, tmp_path_factory):
    ledger, known = snapshots.open_ledger(Actor.system(), details=True)
    entity = min(ledger.accounts["entity"])
    name, data = demo_bank.statement(ledger, AsOf(ON, known), entity, "CNY")
    path = tmp_path_factory.mktemp("bank") / name
    path.write_bytes(data)
    return entity, path


def shown(page, name, seat):
    """Keep a picture where somebody wants to look."""
    folder = os.environ.get("SEAWALL_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}-{seat[0]['width']}-{seat[1]}.png", full_page=True)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_statement_comes_in_and_its_money_is_matched_row_by_row(tab, statement, seat):
    entity, path = statement
    tab.goto("/ledger/bank/?as_of=2026-03-31")
    shown(tab, "bank-empty", seat)
    tab.set_input_files("[name=files]", path)
    if tab.locator("[name=entity]").count() and tab.locator("select[name=entity] option").count() > 1:
        tab.select_option("form[enctype] [name=entity]", entity)
    tab.click("form[enctype] button[type=submit]")
    tab.wait_for_url(re.compile("/ledger/(unmatched|bank)/"))
    tab.goto("/ledger/unmatched/")
    shown(tab, "unmatched", seat)
    assert fits(tab)
    rows = tab.locator("[data-row]").count()
    assert rows > 3
    assert tab.locator(".is-here [data-key=c]").count() <= 1
    while not tab.locator(".is-here [data-key=c]").count():
        tab.keyboard.press("j")
    with tab.expect_navigation():
        tab.keyboard.press("c")
    assert tab.locator("[data-row]").count() == rows - 1
    assert tab.locator(".is-here").count() == 1
    tab.goto("/ledger/cases/")
    shown(tab, "cases", seat)
    assert fits(tab)
    tab.goto("/ledger/unmatched/")
    tab.locator(".sw-match-do a").first.click()
    tab.wait_for_url(re.compile(r"/ledger/unmatched/\d+/"))
    shown(tab, "entry", seat)
    assert fits(tab)
    tab.goto("/ledger/bank/")
    shown(tab, "bank", seat)
    assert fits(tab)
    for name, address in (("today", "/"), ("worklist", "/action/worklist/"), ("ageing", "/ledger/ageing/")):
        tab.goto(f"{address}?as_of=2026-03-31")
        shown(tab, f"fresh-{name}", seat)
        assert tab.locator(".sw-fresh, .sw-say.is-amber").count() >= 1
