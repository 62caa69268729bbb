"""Insurers in the browser, by API and by command: connected, linked, asked, withdrawn, put away; files there and back."""

import json

import pytest
from cli.commands import run
from django.test import Client
from small_ledger import CUSTOMERS, ITEMS

from seawall.exchange.insurers.messages import OUTGOING
from seawall.exchange.insurers.port import incoming
from seawall.services import insurer_events, insurers
from seawall.services.access import Actor
from seawall.services.insurers import Given
from seawall.services.intake import commit_import
from seawall.store import insured_on_file
from seawall.store.models import InsurerConnection, InsurerEvent
from seawall.web.protection import insurer_words

SYSTEM = Actor.system()
HERE = "/protection/insurers/"
ASK = {"kind": "request_cover", "customer": "C1", "request_type": "2", "amount": "5000.00", "currency": "CNY"}


@pytest.fixture
def boss(client_of, tmp_path, db):
    made = client_of("boss")
    for name, lines in (("customers.csv", CUSTOMERS), ("items.csv", ITEMS)):
        (tmp_path / name).write_text("\n".join(lines))
    commit_import(SYSTEM, [tmp_path / "customers.csv", tmp_path / "items.csv"], key="insurers")
    return made


def text(client, address, **how):
    response = client.get(address, **how)
    assert response.status_code == 200
    return response.content.decode()


def connected(client, **more):
    form = {"kind": "file", "name": "Sino <b>", "policy": "P-1"} | more
    where = client.post(f"{HERE}connections/new/", form)["Location"]
    return where, int(where.strip("/").rsplit("/", 1)[1])


def test_an_insurer_by_files_from_the_first_page_to_a_fact(boss, tmp_path):
    assert "No insurer is connected yet" in text(boss, HERE)
    where, number = connected(boss)
    assert "Sino &lt;b&gt;" in text(boss, f"{HERE}connections/")
    linked = boss.post(where, {"act": "link", "customer": "C1", "company_ref": "S-1"}, follow=True).content.decode()
    assert "S-1" in linked
    sent = boss.post(f"{HERE}say/", ASK | {"connection": str(number)})
    assert "waits to be sent" in text(boss, sent["Location"])
    again = boss.post(f"{HERE}say/", ASK | {"connection": str(number)}).content.decode()
    assert "is open" in again
    assert 'value="5000.00"' in again, "what was typed stays"
    file = boss.post(f"{where}files/", {"do": "export", "kind": "request_cover", "form": "csv"})
    rows = file.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "5000.00" in rows[1]
    batch = file["Content-Disposition"].split("request_cover-")[1].split(".csv")[0]
    assert boss.get(f"{where}files/{batch}/").content == file.content
    assert boss.get(f"{where}files/{batch}/?form=xlsx").content[:2] == b"PK"
    decisions = "customer_code,kind,amount,currency,decided_on,expires_on\nC1,partial,3000.00,CNY,2026-03-02,2027-03-01\nC1,maybe,1,CNY,2026-03-02,\n"
    with (tmp_path / "d.csv").open("w+b") as sent_file:
        sent_file.write(decisions.encode())
        sent_file.seek(0)
        said = boss.post(f"{where}files/", {"do": "import", "file": sent_file}, follow=True).content.decode()
    assert "New: 2, set apart: 1, facts: 1" in said
    assert insured_on_file.standing("insured_limits")["amount_minor"].to_list() == [300000]
    assert "done" in text(boss, sent["Location"])
    (apart,) = InsurerEvent.objects.every_entity().filter(state="quarantined")
    assert "maybe" in text(boss, f"{HERE}said/{apart.pk}/")
    assert "What could not be read" in text(boss, HERE)
    assert "Say why" in boss.post(f"{HERE}said/{apart.pk}/", {"do": "dismiss", "reason": " "}).content.decode()
    boss.post(f"{HERE}said/{apart.pk}/", {"do": "dismiss", "reason": "a slip"})
    assert InsurerEvent.objects.every_entity().get(pk=apart.pk).state == "dismissed"


def test_the_same_file_twice_brings_nothing_new_and_a_request_is_withdrawn_with_a_reason(boss):
    where, number = connected(boss)
    boss.post(where, {"act": "link", "customer": "C1", "company_ref": "S-1"})
    sent = boss.post(f"{HERE}say/", ASK | {"connection": str(number)})["Location"]
    assert "Say why" in boss.post(sent, {"do": "withdraw", "reason": " "}).content.decode()
    assert "withdrawn" in boss.post(sent, {"do": "withdraw", "reason": "by mistake"}, follow=True).content.decode()
    assert "waits for a person" in boss.post(sent, {"do": "again"}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("form", "said", "field"),
    [
        ({"amount": "1.234"}, "amount", "amount"), ({"customer": "C9"}, "no customer", "customer"),
        ({"currency": "XXQ"}, "XXQ", "currency"), ({"kind": "notify", "due_on": "2026-02-30"}, "due_on", "due_on"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(boss, form, said, field):
    where, number = connected(boss)
    boss.post(where, {"act": "link", "customer": "C1", "company_ref": "S-1"})
    notice = {
        "notice": "overdue",
        "item_number": "I-1",
        "issued_on": "2026-01-10",
        "due_on": "2026-02-09",
        "on": "2026-03-01",
    }
    seen = boss.post(f"{HERE}say/", ASK | notice | {"connection": str(number)} | form).content.decode()
    assert said in seen
    assert f'name="{field}"' in seen.split('aria-invalid="true"')[0].rsplit("<", 1)[1]


def test_every_form_and_every_page_speaks_both_languages(boss):
    _, number = connected(boss)
    connected(boss, kind="neutral", name="N", told_url="https://a.example", told_client_id="x", secret="s3cret")
    pages = [HERE, f"{HERE}said/", f"{HERE}differences/", f"{HERE}connections/", f"{HERE}connections/{number}/"]
    pages += [f"{HERE}say/?kind={kind}" for kind in insurer_words.BY_FORM]
    pages += [f"{HERE}connections/new/?kind={kind}" for kind in insurers.kinds()]
    for page in pages:
        assert "<h1>" in text(boss, page)
        boss.post("/language/", {"language": "zh-hans", "next": page})
        assert "信保" in text(boss, page)
        boss.post("/language/", {"language": "en", "next": page})


def test_experimental_interfaces_say_so(boss):
    for kind in ("allianz", "atradius", "coface"):
        assert "nobody tried this interface under a contract" in text(boss, f"{HERE}connections/new/?kind={kind}")
    assert "nobody tried" not in text(boss, f"{HERE}connections/new/?kind=file")


def test_each_field_of_each_message_has_words():
    from dataclasses import fields

    for _title, kind in OUTGOING.values():
        named = {each.name.removesuffix("_minor") for each in fields(kind)}
        assert named - set(insurer_words.FIELDS) <= {"name", "country", "registration_id"}


def test_by_api(boss):
    def ask(method, path, **body):
        how = {"data": json.dumps(body), "content_type": "application/json"} if method != "get" else {"data": body}
        response = getattr(boss, method)(f"/api/v1{path}", **how)
        return response.status_code, response.json()

    status, made = ask("post", "/insurers", name="A", kind="file", policy="P-1")
    assert (status, made["state"], made["say"][0]) == (200, "by file", "change_cover")
    here = f"/insurers/{made['connection_id']}"
    assert ask("post", f"{here}/links", customer="C1", company_ref="S-1") == (200, {"taken": 0})
    fields = {"request_type": "2", "amount": "10.00", "currency": "CNY"}
    status, said = ask("post", f"{here}/messages", kind="request_cover", customer="C1", fields=fields)
    assert (status, said["state"], said["body"]["amount"]) == (200, "waiting", "10.00")
    status, refused = ask("post", f"{here}/messages", kind="request_cover", customer="C1", fields=fields)
    assert (status, refused["code"]) == (422, "request_open")
    assert ask("post", f"{here}/export", kind="request_cover")[1]["count"] == 1
    assert [row["state"] for row in ask("get", "/insurer-messages")[1]["rows"]] == ["taken"]
    row = InsurerConnection.objects.every_entity().get(pk=made["connection_id"])
    insurer_events.written(row, {}, lambda write: insurer_events.take(write, row, [incoming("decision", {})], "news"))
    status, page = ask("get", "/insurer-events", state="quarantined")
    number = page["rows"][0]["event_no"]
    assert ask("post", f"/insurer-events/{number}/again")[1]["state"] == "quarantined"
    assert ask("post", f"/insurer-events/{number}/dismiss", reason="a slip")[1]["state"] == "dismissed"
    assert ask("post", f"{here}/compare")[0] == 422
    assert ask("delete", here)[1]["state"] == "removed"


@pytest.mark.django_db(transaction=True)
def test_a_call_without_a_signature_is_not_believed_and_writes_nothing(boss):
    number = insurers.add(
        SYSTEM, Given("N", "neutral", "P", {"url": "https://a.example", "client_id": "x"}, secret="s3")
    )
    stranger = Client()
    for path in (number, 999_999):
        answer = stranger.post(f"/insurers/{path}/events/", b"{}", content_type="application/json")
        assert answer.status_code == 404
    assert stranger.get(f"/insurers/{number}/events/").status_code == 405
    assert InsurerEvent.objects.every_entity().count() == 0


def test_the_command_refuses_what_it_does_not_understand():
    assert run("insurer", "say", "many", "request_cover").code == 2
    assert run("insurer", "--help").code == 0
