"""A real browser on a stocked store. Any answer of 400 or more, and any word on the console, fails the test."""

import os
import shutil

import pytest
from browser.seats import seat_of
from django.conf import settings
from django.test import override_settings
from stocked import PASSWORD, empty, stock

CHROMIUM = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser_type_launch_args():
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return {"executable_path": CHROMIUM, "args": list(QUIET)}


@pytest.fixture(scope="module")
def store(django_db_setup, django_db_blocker, tmp_path_factory):
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    middleware = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    with django_db_blocker.unblock(), override_settings(STORAGES=plain, MIDDLEWARE=middleware):
        yield stock(tmp_path_factory.mktemp("ledger"))
        empty()


@pytest.fixture(scope="module")
def server(store):
    """The pages under an address of this machine, static files with them."""
    from pytest_django.live_server_helper import LiveServer

    live = LiveServer("127.0.0.1")
    yield live.url
    live.stop()


JOURNEYS = ("laptop-en", "phone-zh")


@pytest.fixture(params=[seat_of(name) for name in JOURNEYS], ids=JOURNEYS)
def seat(request):
    """A screen and a language: those of a journey, where its test names no others."""
    return request.param


def is_fault(said):
    """An error or a warning; not that there is no /favicon.ico, which the browser asks for beside a bare file."""
    return said.type in ("error", "warning") and not said.location["url"].endswith("/favicon.ico")


@pytest.fixture
def tab(browser, server, seat):
    """A signed-in tab in one language and size; what went wrong in it is checked at the end."""
    size, language = seat
    context = browser.new_context(viewport=size, base_url=server, locale="en-GB")
    page, faults = context.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.goto("/sign-in/")
    page.fill("[name=username]", "boss")
    page.fill("[name=password]", PASSWORD)
    page.click("form.sw-signin button[type=submit]")
    page.wait_for_url(f"{server}/**")
    speak(page, language)
    yield page
    context.close()
    assert faults == []


def speak(page, language):
    """Choose a language by the button a reader uses."""
    wanted = "zh-Hans" if language == "zh-hans" else "en"
    if page.evaluate("document.documentElement.lang") == wanted:
        return
    if page.viewport_size["width"] < 800:
        page.click("details.sw-user > summary")
    page.locator("form[action='/language/'] button:visible").first.click()
    page.locator(f"html[lang='{wanted}']").wait_for(state="attached")  # asked in the page itself it meets the CSP
