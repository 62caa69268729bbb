"""Coming in with a second factor in a real browser: an authenticator app, a recovery code, a passkey."""

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.seats import every_page, seats
from stocked import PASSWORD

from seawall.services.access import Grant
from seawall.store import seal
from seawall.store.home import home

pytestmark = pytest.mark.browser
PAGES = ("/settings/people/", "/settings/people/roles/", "/settings/people/invite/", "/settings/people/by-name/narrow/",
         "/settings/account/", "/settings/account/app/", "/settings/account/passkey/")  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LAPTOP = seats(["laptop-en"])


@pytest.fixture(scope="module", autouse=True)
def key(store):
    seal.make_key(home())


@every_page
def test_every_page_of_people_fits_and_can_be_read_by_all(tab, request):
    for path in PAGES:
        tab.goto(path)
        tab.wait_for_load_state("networkidle")
        too_wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
        found = Axe().run(tab, options=RULES)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"


@pytest.fixture
def newcomer(store, browser, server):
    """Somebody of this test alone, and a fresh window that is reached by its name, as passkeys want it."""
    from stocked import person

    made = []

    def comes(username):
        person(username, Grant("viewer"))
        context = browser.new_context(base_url=server.replace("127.0.0.1", "localhost"), locale="en-GB")
        made.append(context)
        page = context.new_page()
        signs_in(page, username)
        return page

    yield comes
    for context in made:
        context.close()


def signs_in(page, username):
    page.goto("/sign-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("form.sw-signin button[type=submit]")


def signs_out(page):
    page.click("details.sw-user > summary")
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/**")


def test_with_an_app_then_with_a_recovery_code(newcomer):
    page = newcomer("with-app")
    page.goto("/settings/account/app/")
    secret = page.locator(".sw-mono").inner_text().replace(" ", "")
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.click("main button[type=submit]")
    codes = page.locator(".sw-codes li").all_inner_texts()
    assert len(codes) == 10
    signs_out(page)
    signs_in(page, "with-app")
    page.wait_for_url("**/sign-in/second/")
    page.fill("[name=code]", "000000")
    page.click(".sw-signin-code button")
    assert page.get_by_role("alert").is_visible()
    page.goto("/ledger/ageing/")
    assert "/sign-in/" in page.url, "half way in is not in"
    signs_in(page, "with-app")
    page.fill("[name=code]", codes[0])
    page.click(".sw-signin-code button")
    page.wait_for_selector("nav.sw-rail")
    signs_out(page)
    signs_in(page, "with-app")
    page.fill("[name=code]", codes[0])
    page.click(".sw-signin-code button")
    assert page.get_by_role("alert").is_visible(), "a recovery code serves once"


def test_with_a_passkey(newcomer):
    page = newcomer("with-key")
    client = page.context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    client.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                     "isUserVerified": True, "automaticPresenceSimulation": True}},
    )  # fmt: skip
    page.goto("/settings/account/passkey/")
    page.fill("[name=name]", "Laptop")
    page.click("form[data-passkey] button[type=submit]")
    page.wait_for_selector(".sw-codes")
    signs_out(page)
    signs_in(page, "with-key")
    page.wait_for_url("**/sign-in/second/")
    page.click("form[data-passkey] button[type=submit]")
    page.wait_for_selector("nav.sw-rail")
    page.goto("/settings/account/")
    assert page.get_by_text("Laptop").is_visible()


def test_somebody_is_invited_and_comes_in(newcomer, browser, server):
    from stocked import person

    person("chief", Grant("administrator"))
    context = browser.new_context(base_url=server.replace("127.0.0.1", "localhost"), locale="en-GB")
    page = context.new_page()
    signs_in(page, "chief")
    page.goto("/settings/people/invite/")
    page.fill("[name=username]", "freshly")
    page.select_option("[name=role]", "collector")
    page.click("main form button[type=submit]")
    link = page.locator(".sw-mono").inner_text()
    context.clear_cookies()
    page.goto(link)
    page.fill("[name=new]", "a-long-new-one-7")
    page.fill("[name=again]", "a-long-new-one-7")
    page.click("button[type=submit]")
    page.wait_for_url("**/sign-in/")
    page.fill("[name=username]", "freshly")
    page.fill("[name=password]", "a-long-new-one-7")
    page.click("form.sw-signin button[type=submit]")
    page.wait_for_selector("nav.sw-rail")
    assert page.goto(link).status == 404, "the link has served"
    context.close()
