"""Sources in the browser, by API and command: added, tested, run, paused, removed; what is wrong said beside its field."""

import json

import pytest
from small_ledger import ITEMS

from seawall.services import sources
from seawall.services.access import Actor
from seawall.store.models import IntakeSource, Job, User

SYSTEM = Actor.system()


@pytest.fixture
def boss(client_of, db):
    return client_of("boss")


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    (tmp_path / "items.csv").write_text("\n".join(ITEMS))
    monkeypatch.setenv("SEAWALL_INTAKE_FOLDERS", str(tmp_path))
    return tmp_path


def text(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_source_is_added_tested_run_paused_and_removed(boss, inbox):
    assert "There is no source yet" in text(boss, "/settings/sources/")
    form = {"kind": "folder", "name": "Inbox <b>", "told_folder": str(inbox), "every_minutes": "15"}
    where = boss.post("/settings/sources/new/", form)["Location"]
    for act, said in (("test", "items.csv"), ("pause", "is paused"), ("resume", "is looked into again")):
        assert said in boss.post(where, {"act": act}, follow=True).content.decode()
    assert boss.post(where, {"act": "run"})["Location"].startswith("/settings/jobs/")
    assert Job.objects.filter(kind="source").count() == 1
    assert "Inbox &lt;b&gt;" in text(boss, "/settings/sources/")
    assert "what it gave stays" in boss.post(where, {"act": "remove"}, follow=True).content.decode()
    assert "Remove the source" not in text(boss, where)
    assert "Inbox" not in text(boss, "/settings/sources/")
    assert "removed" in text(boss, "/settings/sources/?removed=1")


@pytest.mark.parametrize(
    ("form", "said", "field"),
    [
        ({"kind": "folder", "name": "x", "told_folder": "/etc"}, "no folder that files may be taken from", "told_folder"),
        ({"kind": "sftp", "name": "x", "told_host": "h", "told_user": "u", "told_host_key": "k", "secret": "canary"}, "key is missing", "told_host_key"),
        ({"kind": "https", "name": "x", "told_url": "http://a.example"}, "Only https", "told_url"),
        ({"kind": "odoo", "name": "", "told_url": "https://a.example"}, "needs a name", "name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(boss, form, said, field):
    seen = boss.post("/settings/sources/new/", form).content.decode()
    assert said in seen
    assert f'name="{field}"' in seen.split('aria-invalid="true"')[0].rsplit("<", 1)[1]
    assert form.get("told_url", "") in seen
    assert "canary" not in seen
    assert IntakeSource.objects.every_entity().count() == 0


def test_a_missing_field_is_named_in_the_readers_language(boss):
    User.objects.filter(username="boss").update(language="zh-hans")
    form = {"kind": "sftp", "name": "x", "told_user": "u", "secret": "s"}
    seen = boss.post("/settings/sources/new/", form).content.decode()
    assert "服务器" in seen.split('role="alert">')[1].split("</span>")[0]


def test_a_source_is_changed_and_its_secret_never_shown(boss):
    form = {"kind": "https", "name": "ERP", "told_url": "https://a.example/i.csv", "secret": "canary"}
    where = boss.post("/settings/sources/new/", form)["Location"]
    assert f"{where}change/" in text(boss, where)
    page = text(boss, f"{where}change/")
    assert 'value="https://a.example/i.csv"' in page
    assert "canary" not in page
    asked = {"name": "ERP 2", "told_url": "https://a.example/j.csv", "every_minutes": "60", "secret": ""}
    said = boss.post(f"{where}change/", asked, follow=True).content.decode()
    assert "The source is changed." in said
    assert "ERP 2" in said
    assert "https://a.example/j.csv" in said
    assert "Nothing was changed." in boss.post(f"{where}change/", asked, follow=True).content.decode()
    refused = boss.post(f"{where}change/", asked | {"told_url": "https://b.example/"}).content.decode()
    assert 'name="secret"' in refused.split('aria-invalid="true"')[0].rsplit("<", 1)[1]
    assert "https://b.example/" in refused


def test_connectors_say_that_they_were_tried_on_a_simulated_server_only(boss):
    assert "simulated server only" in text(boss, "/settings/sources/new/?kind=odoo")


def test_a_viewer_sees_none_and_is_told_why(client_of, db):
    reader = client_of("reader")
    assert "Who imports or keeps integrations" in text(reader, "/settings/sources/")
    assert reader.get("/settings/sources/new/").status_code == 403


def test_the_same_by_api(boss, inbox):
    def call(method, path, body=None):
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(boss, method)(f"/api/v1{path}", **more)

    asked = {"name": "Inbox", "kind": "folder", "settings": {"folder": str(inbox)}, "secret": "canary"}
    made = call("post", "/sources", asked).json()
    assert (made["state"], made["has_secret"], "canary" in json.dumps(made)) == ("by hand", True, False)
    number = made["source_id"]
    assert call("post", f"/sources/{number}/test", {}).json() == {"count": 1, "names": ["items.csv"]}
    run = call("post", f"/sources/{number}/run", {})
    assert (run.status_code, run.json()["kind"]) == (202, "source")
    assert call("post", f"/sources/{number}/pause", {}).json()["state"] == "paused"
    assert call("post", f"/sources/{number}/resume", {}).json()["state"] == "by hand"
    changed = call("patch", f"/sources/{number}", {"every_minutes": 60, "name": "In"}).json()
    assert (changed["every_minutes"], changed["name"], changed["settings"]["folder"]) == (60, "In", str(inbox))
    assert call("patch", f"/sources/{number}", {"every_minutes": 7}).status_code == 422
    assert call("patch", "/sources/999999", {"every_minutes": 5}).status_code == 404
    assert call("get", f"/sources/{number}/files").json() == {"rows": []}
    assert call("delete", f"/sources/{number}").json()["has_secret"] is False
    assert call("get", "/sources").json() == {"rows": []}
    assert call("post", "/sources", asked | {"settings": {}}).json()["detail"] == "Folder is missing."
    assert call("get", "/sources/999999").status_code == 404
    assert [each.state for each in sources.listed(SYSTEM, with_removed=True)] == ["removed"]
