"""Insurers in the browser: a limit asked of the sandbox insurer until it is decided, what was set apart, both sides compared."""

import datetime as dt
import os

import pytest
from insured import POLICY, rounds
from sandbox_insurer import SECRET, running
from stocked import SYSTEM

from seawall.services import insurer_comparing, insurer_messages, insurers
from seawall.services.insurers import Given
from seawall.store.models import Account

pytestmark = pytest.mark.browser
HERE = "/protection/insurers/"


@pytest.fixture(scope="module")
def insurer(store, tmp_path_factory):
    """A sandbox insurer with a decision, a message that waits, something set apart, and a comparison."""
    code = Account.objects.every_entity().select_related("customer").earliest("id").customer.code
    with running(tmp_path_factory.mktemp("sandbox"), seed=3) as made:
        os.environ["SEAWALL_PRIVATE_HOSTS"] = made.host
        told = {"url": made.url, "client_id": "seawall", "ca": made.authority}
        number = insurers.add(SYSTEM, Given("Sandbox", "neutral", POLICY, told, secret=SECRET))
        (company, *_) = insurers.candidates(SYSTEM, connection_id=number, customer_code=code, at=made.now)
        insurers.link(
            SYSTEM, connection_id=number, customer_code=code, company_ref=company.company_ref, name=company.name
        )
        asked = {"request_type": "2", "amount": "1200000.00", "currency": "CNY"}
        insurer_messages.say(SYSTEM, connection_id=number, kind="request_cover", fields=asked, customer_code=code)
        rounds(made, number)
        made.advance(days=4)
        made.admin("decide", company_ref="S-STRANGE", policy=POLICY, kind="approved", amount="9.00", currency="CNY")
        rounds(made, number)
        adverse = {"on": "2026-03-01", "text": "asks for a delay of ninety days"}
        insurer_messages.say(SYSTEM, connection_id=number, kind="report_adverse", fields=adverse, customer_code=code)
        insurer_comparing.compare(SYSTEM, connection_id=number, at=made.now)
        insurers.add(SYSTEM, Given("中国信保", "file", "SINO-2026", {}))
        made.connection, made.code = number, code
        yield made
        del os.environ["SEAWALL_PRIVATE_HOSTS"]


def shown(page, name, seat):
    """Keep a picture where somebody wants to look."""
    folder = os.environ.get("SEAWALL_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}-{seat[0]['width']}-{seat[1]}.png", full_page=True)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_every_page_of_insurers_fits_and_says_what_it_is_for(tab, insurer, seat):
    pages = {
        "insurers": HERE, "said": f"{HERE}said/", "differences": f"{HERE}differences/", "say": f"{HERE}say/?kind=notify",
        "connections": f"{HERE}connections/", "connection": f"{HERE}connections/{insurer.connection}/",
        "search": f"{HERE}connections/{insurer.connection}/?customer={insurer.code}",
        "file": f"{HERE}connections/{insurer.connection + 1}/", "new": f"{HERE}connections/new/?kind=allianz",
    }  # fmt: skip
    for name, path in pages.items():
        tab.goto(path)
        shown(tab, f"insurer-{name}", seat)
        assert fits(tab), name
        assert tab.locator("h1").inner_text()
    tab.goto(f"{HERE}?state=done")
    tab.locator("a[href*='/messages/']").first.click()
    shown(tab, "insurer-message", seat)
    assert fits(tab)
    tab.goto(f"{HERE}said/?state=quarantined")
    tab.locator("tbody a").first.click()
    shown(tab, "insurer-event", seat)
    assert fits(tab)
    assert tab.locator("pre").inner_text()


def test_a_limit_is_asked_for_with_the_form_and_goes_out(tab, insurer, seat):
    tab.goto(f"{HERE}say/?kind=request_cover")
    tab.select_option("[name=connection]", str(insurer.connection))
    tab.fill("[name=customer]", insurer.code)
    tab.select_option("[name=request_type]", "3" if seat[1] == "en" else "8")
    tab.fill("[name=amount]", "2500000.00")
    tab.fill("[name=currency]", "CNY")
    tab.click("main form[method=post] button.btn-primary")
    tab.wait_for_url("**/messages/*/")
    insurer.advance(seconds=dt.timedelta(days=1).total_seconds())
    assert rounds(insurer, insurer.connection)["sent"] >= 1
    tab.reload()
    assert "CNY" in tab.locator("main").inner_text()
