"""Reminders on their page and by API: chosen by each for itself, and a calendar read by who has its address."""

import io
import json
import re
import sys

import pytest
from cli.commands import run
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from stocked import person

from seawall.exchange import chat
from seawall.services import calendar_addresses, reminders, reminding, sign_in
from seawall.services.access import Grant, actor_of

PAGE = "/protection/deadlines/reminders/"


@pytest.fixture(scope="module")
def desk(store, django_db_blocker):
    with django_db_blocker.unblock():
        return actor_of(person("reminder-desk", Grant("insurance_manager")))


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_mails_lead_to_the_page_of_deadlines():
    assert reverse("deadlines") == reminding.PAGE


def test_one_chooses_for_oneself_and_sees_the_companys_days(desk, client_of):
    client = client_of("reminder-desk")
    said = text(client.get(PAGE))
    assert "30 · 14 · 7 · 3 · 1 · 0" in said
    assert "You have no e-mail address" in said
    assert said.count(" checked") == 10
    kept = text(client.post(PAGE, {"do": "choose", "is_on": "yes", "kind": ["hand_over", "declaration"]}, follow=True))
    assert "Your choice is kept." in kept
    assert reminders.mine(desk).kinds == ("hand_over", "declaration")
    client.post(PAGE, {"do": "choose", "kind": ["hand_over"]})
    assert not reminders.mine(desk).is_on
    refused = client.post(PAGE, {"do": "choose", "is_on": "yes"}).content.decode()
    assert "Choose at least one kind" in refused
    assert "is not something to do here" in client.post(PAGE, {"do": "dance"}).content.decode()
    assert "you may not" in text(client_of("reader").get(PAGE))


def test_an_address_is_shown_once_and_read_by_nobody_signed_in_until_it_is_ended(desk, client_of):
    client = client_of("reminder-desk")
    made = text(client.post(PAGE, {"do": "make", "name": "my <b>telephone"}))
    address = re.search(r"http://testserver(/calendar/cal_[\w-]+\.ics)", made)[1]
    assert "my &lt;b&gt;telephone" in made
    assert "/calendar/cal_" not in text(client.get(PAGE))
    anybody = Client()
    answer = anybody.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.content.decode().startswith("BEGIN:VCALENDAR")
    assert answer["Cache-Control"] == "private, no-store"
    assert anybody.post(address).status_code == 405
    number = calendar_addresses.mine(desk)[0].address_no
    assert "is ended" in text(client.post(PAGE, {"do": "end", "address_no": str(number)}, follow=True))
    gone, never = anybody.get(address), anybody.get("/calendar/cal_never.ics")
    assert (
        (gone.status_code, gone.content) == (never.status_code, never.content) == (404, b"There is no such calendar.\n")
    )
    assert client.post(PAGE, {"do": "end", "address_no": str(number)}).status_code == 404


def test_no_log_holds_the_token(desk, client_of, caplog):
    made = text(client_of("reminder-desk").post(PAGE, {"do": "make", "name": "log"}))
    address = re.search(r"/calendar/cal_[\w-]+\.ics", made)[0]
    for _ in range(calendar_addresses.READS_AN_HOUR + 1):
        last = Client().get(address)
    assert last.status_code == 429
    assert "cal_" not in caplog.text


def test_by_api(desk, client_of):
    client = client_of("reminder-desk")

    def ask(method, path, **body):
        how = {"data": json.dumps(body), "content_type": "application/json"} if method != "get" else {}
        answer = getattr(client, method)(f"/api/v1{path}", **how)
        return answer.status_code, answer.json()

    assert ask("put", "/reminders", is_on=True, kinds=["hand_over"])[0] == 200
    assert ask("get", "/reminders") == (200, {"is_on": True, "kinds": ["hand_over"], "is_own": True})
    assert ask("put", "/reminders", is_on=True, kinds=["doom"])[0] == 422
    status, said = ask("post", "/calendar-addresses", name="api")
    assert status == 200
    assert Client().get(said["address"]).status_code == 200
    rows = ask("get", "/calendar-addresses")[1]["rows"]
    assert rows[0]["name"] == "api"
    assert rows[0]["last_read_at"] is not None
    assert ask("delete", f"/calendar-addresses/{rows[0]['address_no']}")[0] == 200
    assert ask("delete", f"/calendar-addresses/{rows[0]['address_no']}")[0] == 404
    assert Client().get(said["address"]).status_code == 404


@pytest.mark.usefixtures("client_of")
def test_by_command(desk, monkeypatch):
    made = run("reminder", "calendar", "command", "--user", "reminder-desk")
    assert made.code == 0, made.err
    path = made.out.strip()
    assert re.fullmatch(r"/calendar/cal_[\w-]+\.ics", path), "without an address of the pages only the path is known"
    assert Client().get(path).status_code == 200
    listed = run("reminder", "calendars", "--user", "reminder-desk", "--format", "json")
    rows = json.loads(listed.raw)["calendars"]
    assert rows[0]["name"] == "command"
    ended = run("reminder", "end-calendar", str(rows[0]["address_no"]), "--user", "reminder-desk")
    assert (ended.code, Client().get(path).status_code) == (0, 404)
    monkeypatch.setattr(chat, "_asked", lambda _question: {"state": "sound"})
    monkeypatch.setattr(sys, "stdin", io.StringIO("slack://the-secret\n"))
    added = run("reminder", "add-chat", "the desk", "--said-in", "zh-hans", "--kind", "hand_over")
    assert added.code == 0, added.err
    (row,) = json.loads(run("reminder", "chats", "--format", "json").raw)["chats"]
    said = {name: row[name] for name in ("name", "service", "language", "kinds", "state")}
    assert said == {"name": "the desk", "service": "slack", "language": "zh-hans", "kinds": ["hand_over"], "state": ""}
    assert "the-secret" not in str(row) + added.out + added.err
    assert f"number {row['alert_no']}," in added.err
    for verb in ("test-chat", "end-chat"):
        assert run("reminder", verb, str(row["alert_no"])).code == 0
    assert json.loads(run("reminder", "chats", "--format", "json").raw)["chats"] == []
    refused = run("reminder", "show")
    assert refused.code == 1
    assert "Nobody is signed in" in refused.err
    token = sign_in.make_token(desk, name="cli", days=1, at=timezone.now())
    monkeypatch.setenv("SEAWALL_TOKEN", token)
    assert run("reminder", "choose", "--kind", "declaration").code == 0
    assert json.loads(run("reminder", "show", "--format", "json").raw)["kinds"] == ["declaration"]
    assert run("reminder", "choose", "--off").code == 0
    assert not reminders.mine(desk).is_on
    assert run("reminder", "chats").code == 1
