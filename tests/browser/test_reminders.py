"""Deadlines and reminders in the browser: the act beside a deadline, one's choice, a calendar address made and ended."""

import pytest
from stocked import ON, person

from seawall.services import approvals, wordings
from seawall.services.access import Grant, actor_of

pytestmark = pytest.mark.browser
HERE = f"/protection/deadlines/?as_of={ON.isoformat()}&within=90&kind=overdue_notice"
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: COVER")
    .replace("2025-12-31}", "2026-12-31}")
)


@pytest.fixture(scope="module")
def insured(store):
    author, second = (
        actor_of(person(f"reminder-{role}", Grant(role))) for role in ("insurance_manager", "credit_manager")
    )
    asked = wordings.propose(author, BODY, reason="as signed")
    approvals.approve(second, asked.number, digest=asked.digest, on=ON)


def is_within(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")


def test_the_act_beside_a_deadline_is_filled_in(insured, tab):
    tab.goto(HERE)
    assert is_within(tab)
    tab.click("a[href*='event=overdue_notified']")
    assert tab.input_value("[name=policy]") == "COVER"
    assert tab.input_value("[name=event]") == "overdue_notified"
    assert tab.input_value("[name=item_number]")
    assert is_within(tab)
    tab.click("section form button[type=submit]")
    tab.wait_for_url("**/protection/deadlines/**")


def test_one_chooses_and_has_a_calendar_address(insured, tab):
    tab.goto(HERE)
    tab.click("a[href$='/deadlines/reminders/']")
    assert is_within(tab)
    tab.uncheck("[name=kind][value=mep_end]")
    tab.click("form:has([name=is_on]) button[type=submit]")
    assert not tab.is_checked("[name=kind][value=mep_end]")
    assert tab.is_checked("[name=kind][value=hand_over]")
    tab.fill("form:has([value=make]) [name=name]", "telephone")
    tab.click("form:has([value=make]) button[type=submit]")
    said = tab.inner_text("[role=status]")
    assert "/calendar/cal_" in said
    assert is_within(tab)
    assert tab.request.get(said.split()[-1]).text().startswith("BEGIN:VCALENDAR")
    tab.click("form:has([name=address_no]) button[type=submit]")
    tab.wait_for_selector("[role=status]")
    assert tab.locator("form:has([name=address_no])").count() == 0
