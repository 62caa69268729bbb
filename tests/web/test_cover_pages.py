"""The pages of cover: the map, one customer, leaks, deadlines with their calendar, claims; and what they say without a policy."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from stocked import ON, SYSTEM, person

from seawall.services import approvals, insured, insurer_messages, insurers, protection, reading, wordings
from seawall.services.access import Grant, actor_of
from seawall.services.insurers import Given
from seawall.web.protection.claims import IN_FULL

DAY = {"as_of": ON.isoformat()}
BODY = (
    wordings.template("sinosure-style")
    .replace("policy: SINOSURE-STYLE", "policy: COVER")
    .replace("2025-12-31}", "2026-12-31}")
)
PAGES = ("cover", "cover_leaks", "cover_lost", "deadlines", "claims")


@pytest.fixture(scope="module")
def code(store, django_db_blocker):
    with django_db_blocker.unblock():
        desk = actor_of(person("cover-desk", Grant("insurance_manager"), Grant("finance")))
        account = store.accounts.filter(store.accounts["currency"] == "CNY").row(0, named=True)
        customer = store.customers["customer_code"][account["customer_id"]]
    return customer, desk


@pytest.fixture(scope="module")
def covered(code, django_db_blocker):
    customer, desk = code
    with django_db_blocker.unblock():
        second = actor_of(person("cover-second", Grant("credit_manager")))
        asked = wordings.propose(desk, BODY, reason="as signed")
        approvals.approve(second, asked.number, digest=asked.digest, on=ON)
        for row in (
            {"kind": "approved", "amount": "900000", "currency": "USD", "decided_on": "2025-01-01"},
            {
                "kind": "temporary",
                "amount": "50000",
                "currency": "USD",
                "decided_on": "2026-01-01",
                "expires_on": "2026-04-10",
                "layer": "2",
            },
        ):
            insured.record_fact(SYSTEM, "insured_limits", row | {"customer_code": customer, "policy": "COVER"})
    return customer


def opened():
    return reading.open_reading(SYSTEM, on=ON, currency="CNY", details=True)


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_without_a_policy_each_page_says_the_next_step(code, page, client_of):
    said = text(client_of("cover-desk").get(reverse(page), DAY))
    assert "There is no insurance policy yet" in said
    assert reverse("insurance_policies") in said


@pytest.mark.parametrize("page", PAGES)
def test_each_page_keeps_the_steps_from_month_end_to_month_end(covered, page, client_of):
    assert "?as_of=2026-02-28" in text(client_of("cover-desk").get(reverse(page), DAY))


def test_the_map_shows_limits_and_is_narrowed_and_exported(covered, client_of):
    client = client_of("cover-desk")
    said = text(client.get(reverse("cover"), DAY))
    assert "it is never added up" in said
    assert "950,000.00" in said
    assert "sources not checked" in said
    narrowed = text(client.get(reverse("cover"), DAY | {"policy": "COVER", "q": covered}))
    assert "Cover of 1 customers" in narrowed
    csv = text(client.get(reverse("cover"), DAY | {"export": "csv", "policy": "COVER"}))
    assert "950000.00" in csv


def test_the_map_says_which_limits_do_not_fit_and_adds_up_what_may_be_added(covered, client_of):
    client = client_of("cover-desk")
    said = text(client.get(reverse("cover"), DAY | {"finding": "over"}))
    assert "too large" in said
    assert "needed, on" in said
    assert "No customer fits" in text(client.get(reverse("cover"), DAY | {"finding": "idle", "policy": "COVER"}))
    grouped = text(client.get(reverse("cover"), DAY | {"group": "country"}))
    assert "indemnities never" in grouped
    assert "Indemnity" not in grouped.split("<table")[1]
    assert "country=" in grouped.split("<tbody>")[1]
    assert "950000.00" in text(client.get(reverse("cover"), DAY | {"group": "country", "export": "csv"}))
    assert client.get(reverse("cover"), DAY | {"group": "mood"}).status_code == 400
    sheet = client.get(reverse("cover"), DAY | {"group": "grade", "export": "xlsx"})
    assert sheet.content[:2] == b"PK"


def test_what_was_lost_stands_over_the_months_as_chart_table_and_file(covered, client_of):
    client = client_of("cover-desk")
    assert reverse("cover_lost") in text(client.get(reverse("cover_leaks"), DAY))
    said = text(client.get(reverse("cover_lost"), DAY))
    assert 'data-chart="chart-lost-0"' in said
    assert "2026-02-28" in said
    csv = text(client.get(reverse("cover_lost"), DAY | {"export": "csv"}))
    assert len(csv.strip().splitlines()) > 12


def test_a_customers_items_leaks_and_deadlines_stand_on_one_page(covered, client_of):
    said = text(client_of("cover-desk").get(reverse("cover_one", args=[covered]), DAY))
    for title in ("Open items", "Can still be saved", "Deadlines"):
        assert title in said
    assert client_of("cover-desk").get(reverse("cover_one", args=["NOBODY"]), DAY).status_code == 404


def test_leaks_deadlines_and_the_calendar(covered, client_of):
    client = client_of("cover-desk")
    assert "leaks can still be closed" in text(client.get(reverse("cover_leaks"), DAY))
    dates = text(client.get(reverse("deadlines"), DAY | {"within": "14"}))
    assert "Limit: expiry or review" in dates
    assert client.get(reverse("deadlines"), DAY | {"within": "soon"}).status_code == 422
    assert client.get(reverse("deadlines"), DAY | {"kind": "doom"}).status_code == 422
    calendar = client.get(reverse("deadlines_calendar"), DAY)
    assert calendar["Content-Type"].startswith("text/calendar")
    lines = calendar.content.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert "DTSTART;VALUE=DATE:20260410" in lines
    assert all(len(line.encode()) <= 75 for line in lines)


def test_a_claim_is_worked_out_line_by_line(covered, client_of):
    client = client_of("cover-desk")
    asked = DAY | {"customer": covered, "cause": "insolvency", "lost_on": ON.isoformat()}
    said = text(client.get(reverse("claims"), asked))
    for line in ("Owed on the day of loss", "Indemnity", "Retained"):
        assert line in said
    assert client.get(reverse("claims"), asked | {"lost_on": "soon"}).status_code == 422
    assert client.get(reverse("claims"), asked | {"customer": "NOBODY"}).status_code == 404
    insured.record_fact(SYSTEM, "claims", {
        "customer_code": covered, "policy": "COVER", "date_of_loss": "2026-03-01", "cause": "insolvency", "paid_on": "2026-03-20",
        "indemnity": "1000",
    })  # fmt: skip
    assert "1,000.00" in text(client.get(reverse("claims"), DAY))


def test_several_claims_stand_in_the_order_of_losses_and_what_they_come_to_together(covered, client_of):
    client = client_of("cover-desk")
    said = text(client.get(reverse("claims"), DAY | {"order": "debt"}))
    for line in ("Together", "In the order of losses", "These may be added up"):
        assert line in said
    document = protection.claim(opened(), order="debt", cause="insolvency", lost_on=ON)
    rows = [document, *document["further"]]
    assert said.count("Owed on the day of loss") == 2 + IN_FULL

    def listed(**asked):
        csv = text(client.get(reverse("claims"), DAY | asked | {"export": "csv"}))
        rows = csv.split("In the order of losses")[1].split("\r\n\r\n")[0].strip().splitlines()
        return [row.split(",")[1] for row in rows[1:]]

    assert listed(order="debt") == [row["customer_code"] for row in rows]
    others = [row["customer_code"] for row in rows if row["customer_code"] != covered][:2]
    assert listed(customer=f"{covered}, {others[1]}，{others[0]}") == [covered, others[1], others[0]]
    assert client.get(reverse("claims"), DAY | {"order": "mood"}).status_code == 400


def test_further_questions_are_folded_and_what_is_wrong_stands_beside_its_field(covered, client_of):
    client, asked = client_of("cover-desk"), DAY | {"customer": covered}
    plain = text(client.get(reverse("claims"), asked))
    assert 'sw-further" open' not in plain
    further = {"set": "insured_rate.rate=0.5\r\n\r\nCOVER:mep.days=20", "recovered": "100.00", "costs": "10"}
    said = text(client.get(reverse("claims"), asked | further))
    assert 'sw-further" open' in said
    assert "aria-invalid" not in said
    assert "Recoveries" not in plain.split("Claims under way")[0]
    number = protection.claim(opened(), customers=[covered], cause="insolvency", lost_on=ON)["items"][0]["number"]
    assert client.get(reverse("claims"), asked | {"won": number}).status_code == 200
    for field, wrong in (("set", "insured_rate.rate=2"), ("set", "mood"), ("set", "insured_rate="), ("won", "NO-SUCH"),
                         ("recovered", "-5"), ("recovered", "much"), ("costs", "1.234")):  # fmt: skip
        amount = {"recovered": "100"} if field == "costs" else {}
        answer = client.get(reverse("claims"), asked | amount | {field: wrong})
        assert answer.status_code == 200, wrong
        assert f'id="fault-{field}"' in text(answer), wrong
        assert wrong in unescape(text(answer))
        assert "Owed on the day of loss" not in text(answer)


def test_the_customers_page_and_the_page_of_the_day_say_it_too(covered, client_of):
    client = client_of("cover-desk")
    said = text(client.get(reverse("customer", args=[covered]), DAY))
    assert 'id="insurance"' in said
    assert "950,000.00" in said
    today = text(client.get(reverse("today"), DAY))
    assert "Insurance: next deadline" in today
    card = today.split('id="insured"')[1].split("</section>")[0]
    (row,) = protection.of_the_day(opened())["policies"]
    assert float(row["limit"]) >= 950000
    for name in ("limit", "used", "headroom", "at_stake"):
        assert f"{float(row[name]):,.2f}".removesuffix(".00") in card, name


def test_the_customers_file_shows_what_insurers_decided_and_what_was_said_to_them(covered, client_of):
    number = insurers.add(SYSTEM, Given(name="Sino <b>", kind="file", policy="COVER", told={}))
    insurers.link(SYSTEM, connection_id=number, customer_code=covered, company_ref="S-1")
    asked = {"request_type": "2", "amount": "5000.00", "currency": "USD"}
    said = insurer_messages.say(SYSTEM, connection_id=number, kind="request_cover", fields=asked, customer_code=covered)
    place, client = reverse("customer", args=[covered]), client_of("cover-desk")
    seen = text(client.get(place, DAY | {"kind": "insurer"}))
    assert "Request for cover to Sino &lt;b&gt;: waits to be sent" in seen
    assert f'href="{reverse("insurer_message", args=[said])}"' in seen
    assert "5,000.00 USD" in seen
    assert "kind=insurer#timeline" in seen
    facts = text(client.get(place, DAY | {"kind": "insurance"}))
    assert "Temporary limit" in facts
    assert "50,000.00 USD" in facts
    client.post("/language/", {"language": "zh-hans", "next": place})
    assert "致Sino &lt;b&gt;：" in text(client.get(place, DAY | {"kind": "insurer"}))
    client.post("/language/", {"language": "en", "next": place})
    outside = text(client_of("reader").get(place, DAY))
    assert "Request for cover" not in outside
    assert "kind=insurer#timeline" not in outside


def test_names_stand_beside_codes(covered, store, client_of):
    name = dict(store.customers.select("customer_code", "name").iter_rows())[covered]
    client = client_of("cover-desk")
    for page in ("cover", "cover_leaks", "deadlines"):
        said = text(client.get(reverse(page), DAY | {"within": "14"}))
        assert name in said, page
        assert covered in said, page
        assert name in text(client.get(reverse(page), DAY | {"export": "csv", "within": "14"})), page
    assert name in text(client.get(reverse("claims"), DAY))
    assert f"Cover of {name}" in text(client.get(reverse("cover_one", args=[covered]), DAY))


def test_beside_a_deadline_stands_the_act_that_meets_it_and_then_who_did_it(covered, client_of):
    client = client_of("cover-desk")
    rows = protection.deadlines(opened(), customer=covered, within=90)["deadlines"]
    row = next(each for each in rows if each["kind"] == "overdue_notice" and each["state"] == "open" and each["number"])
    place = reverse("insured_record", args=[covered, "insurance_events"])
    asked = {"policy": "COVER", "item_number": row["number"], "event": "overdue_notified", "to": "deadlines"}
    shown = text(client.get(reverse("deadlines"), DAY | {"within": "90", "kind": "overdue_notice"}))
    ways = [unescape(found) for found in re.findall(r'href="([^"]+)"', shown)]
    (way,) = [each for each in ways if each.startswith(place) and f"item_number={row['number']}&" in each]
    assert {name: values[0] for name, values in parse_qs(urlsplit(way).query).items()}.items() >= asked.items()
    assert "Record: Overdue notified" in shown
    assert "Record: Overdue notified" not in text(client_of("reader").get(reverse("deadlines"), DAY | {"within": "90"}))
    form = text(client.get(way))
    assert f'name="item_number" value="{row["number"]}"' in form
    assert '<option value="overdue_notified" selected>' in form
    given = asked | {"on": ON.isoformat(), "detail": "", "entity": "", "correct": ""}
    done = client.post(way, given)
    assert done["Location"].startswith(reverse("deadlines"))
    csv = text(client.get(reverse("deadlines"), DAY | {"within": "90", "kind": "overdue_notice", "export": "csv"}))
    (mine,) = [line for line in csv.splitlines() if row["number"] in line]
    assert "cover-desk" in mine
    assert csv.index("\nDone\r\n") < csv.index(mine)


def test_each_item_says_why_it_is_covered_as_it_is(covered, client_of):
    client = client_of("cover-desk")
    page = text(client.get(reverse("cover_one", args=[covered]), DAY))
    (address, *_) = re.findall(r'hx-get="([^"]*/why/a/cover/[^"]*)"', page)
    panel = unescape(text(client.get(unescape(address))))
    assert "what is covered less the own share and first losses" in panel
    nobody = DAY | {"customer": covered, "item": "none"}
    assert client.get(reverse("why_cover"), nobody).status_code == 404
