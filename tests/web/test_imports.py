"""Imports in the browser: files sent in, looked at, imported, fetched again and taken back; mappings made and tried."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from small_ledger import ITEMS

from seawall.services import imports, mappings
from seawall.services.access import Actor
from seawall.store.models import AuditEntry, ImportFile, Upload

SYSTEM = Actor.system()


@pytest.fixture
def boss(client_of, db):
    """The administrator, where no worker of an earlier test is thought to live."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    return client_of("boss")


def file(name, text, kind="text/csv"):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else "\n".join(text).encode(), kind)


def sent(client, *files):
    response = client.post("/ledger/imports/new/", {"files": list(files)})
    assert response.status_code == 302, response.content.decode()[:2000]
    return response["Location"]


def text(client, address, **query):
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


NEW = [ITEMS[0], "ZZ,ZC,invoice,ZI-1,2026-03-01,2026-03-31,CNY,12345.60,x"]


def test_what_is_being_imported_does_not_wait_for_anybody(boss):
    from django.db import connection

    waiting, moving = (
        sent(boss, file("items.csv", NEW)),
        sent(boss, file("items.csv", [*NEW, NEW[1].replace("ZI-1", "ZI-2")])),
    )
    with connection.cursor() as cursor:  # a worker lives, and takes its time
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert boss.post(moving, {"mapping": ""}).status_code == 302
    under_way, for_me = text(boss, "/ledger/imports/").split("Waiting for you", 1)
    assert "Under way" in under_way
    assert moving in under_way
    assert waiting not in under_way
    assert waiting in for_me
    assert moving not in for_me


def test_a_file_is_looked_at_imported_and_taken_back(boss):
    where = sent(boss, file("items.csv", NEW))
    seen = text(boss, where)
    assert "Preview of an import" in seen
    assert "12,345.60" in seen
    assert not ImportFile.objects.every_entity().filter(entities__contains=["ZZ"]).exists()
    assert boss.post(where, {"mapping": ""}).status_code == 302
    assert "Imported" in text(boss, where)
    made = next(each for each in imports.imports(SYSTEM) if each.name == "items.csv")
    assert boss.post(f"/ledger/imports/{made.file_id}/undo/", {"reason": "wrong file"}).status_code == 302
    shown = text(boss, f"/ledger/imports/{made.file_id}/")
    assert "Taken back on" in shown
    assert "wrong file" in shown
    assert boss.post(f"/ledger/imports/{made.file_id}/undo/", {"reason": "again"}, follow=True).status_code == 200


def test_rejects_stand_with_row_column_reason_and_what_to_do(boss):
    lines = [*NEW, "ZZ,ZC,invoice,ZI-2,01/02/2026,,CNY,5.00,"]
    where = sent(boss, file("items.csv", lines))
    seen = text(boss, where, control_total="99.00")
    assert "can be read in two ways" in seen
    assert "Take the good rows" in seen
    assert re.search(r'class="neg">.*99|−12,246.60', seen)
    refused = boss.post(where, {"control_total": "99.00"})
    assert refused.status_code == 200
    assert "rows cannot be taken" in refused.content.decode()
    assert "12x is not an amount" in text(boss, where, control_total="12x")
    assert "is not a day" in text(boss, where, list_date="2026-13-01")
    assert boss.post(where, {"discard": "1"}).status_code == 302
    assert not Upload.objects.exclude(state="done").exists()


def test_what_is_no_ledger_file_is_said_beside_the_form(boss):
    for given in ([], [file("x.exe", b"MZ")], [file("items.csv.html", b"<script>alert(1)</script>", "text/html")]):
        response = boss.post("/ledger/imports/new/", {"files": given} if given else {})
        assert response.status_code == 200
        assert 'role="alert"' in response.content.decode()


EVIL = (
    ("items.csv", b"<html><script>alert(1)</script>"),
    ("items.svg.csv", b"<svg onload=alert(1)>"),
    ("../../items.csv", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
    ('items"; x="y.csv', b"%PDF-1.4\n<script>"),
    ("items\r\nSet-Cookie: a=b.csv", b"GIF89a/*<script>*/=1;"),
    ("items\u202egnp.csv", b"MZ<script>"),
    ("<img src=x onerror=alert(1)>.csv", b"a,b\n<img src=x>,2\n"),
    ("items.html.csv", b"entity\n<script>alert(1)</script>\n"),
)


@pytest.mark.promise("S13")
def test_an_upload_is_inert_whatever_it_says_it_is(boss, promise):
    executed = 0
    for name, content in EVIL:
        page = boss.post(
            "/ledger/imports/new/", {"files": file(name, content, "text/html")}, follow=True
        ).content.decode()
        executed += page.count("<script>alert") + page.count("<img src=x") + page.count("<svg onload")
        Upload.objects.all().delete()
        made = ImportFile.objects.create(
            import_no=1, sha256=kept(content), name=name.replace("\r\n", ""), bytes=len(content), basis="full_ledger",
            rows=0, entities=["ZZ"], recorded_at="2026-01-01T00:00Z",
        )  # fmt: skip
        for door in (f"/ledger/imports/{made.pk}/original/", f"/api/v1/imports/files/{made.pk}/original"):
            answer = boss.get(door)
            assert answer.content == content
            assert answer["Content-Type"] == "application/octet-stream"
            assert answer["Content-Disposition"].startswith('attachment; filename="')
            assert not set("\r\n<>") & set(answer["Content-Disposition"])
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer["Content-Security-Policy"]
            assert "Set-Cookie" not in answer.headers
    assert executed == 0
    promise(
        f"{len(EVIL)} polyglots, double endings and path names by two doors: executed or rendered inline {executed}"
    )


def kept(content):
    import hashlib

    from seawall.store import files

    sha256 = hashlib.sha256(content).hexdigest()
    files.keep(content, sha256)
    return sha256


GERMAN = "Kunde;Beleg;Datum;Fällig am;Betrag\nK1;RE-1;31.01.2026;02.03.2026;1.234,50\nK2;RE-2;01.02.2026;;99,00\n"


def test_a_mapping_is_proposed_changed_tried_and_saved(boss):
    answer = boss.post("/ledger/mappings/new/", {"act": "file", "files": file("liste.csv", GERMAN.encode("cp1252"))})
    upload = answer["Location"].partition("upload=")[2]
    seen = text(boss, "/ledger/mappings/new/", upload=upload)
    assert "No column says the currency" in seen
    assert "<option selected>Kunde</option>" in seen
    body = re.search(r"<textarea[^>]*>(.*?)</textarea>", seen, re.DOTALL)[1].replace("&#x27;", "'")
    kept_ = {"text": body, "upload": upload, "name": "liste"}
    changed = boss.post(
        "/ledger/mappings/new/", {**kept_, "act": "fields", "field.description": "Fällig am", "field.due_on": ""}
    )
    assert "description: Fällig am" in changed.content.decode()
    assert "due_on" not in re.search(r"<textarea[^>]*>(.*?)</textarea>", changed.content.decode(), re.DOTALL)[1]
    wrong = boss.post("/ledger/mappings/new/", {**kept_, "text": body + "\nwrong: 1\n", "act": "try"}).content.decode()
    assert "liste.yaml, line" in wrong
    assert "unknown key wrong" in wrong
    tried = boss.post("/ledger/mappings/new/", {**kept_, "act": "try"}).content.decode()
    assert "1,333.50" in tried
    bad = boss.post("/ledger/mappings/new/", {**kept_, "name": "kingdee", "act": "save"}).content.decode()
    assert "is the name of a shipped mapping" in bad
    saved = boss.post("/ledger/mappings/new/", {**kept_, "act": "save"})
    assert saved["Location"] == f"/ledger/imports/uploads/{upload}/?mapping=liste"
    assert mappings.listed(SYSTEM)[0].name == "liste"
    assert "1,333.50" in text(boss, saved["Location"])
    assert AuditEntry.objects.filter(verb="mapping.change").count() == 1
    assert "version 1" in text(boss, "/ledger/mappings/")
    assert boss.post("/ledger/mappings/liste/").status_code == 302


def test_who_reads_only_neither_sends_nor_fetches(client_of, db):
    reader = client_of("reader")
    number = next(iter(imports.imports(SYSTEM))).file_id
    assert "Import files" not in text(reader, "/ledger/imports/")
    assert "Take this import back" not in text(reader, f"/ledger/imports/{number}/")
    for address in ("/ledger/imports/new/", f"/ledger/imports/{number}/original/", "/ledger/mappings/new/"):
        assert reader.get(address).status_code == 403
    assert reader.post(f"/ledger/imports/{number}/undo/", {"reason": "x"}).status_code == 403


@pytest.fixture
def waits(boss):
    """An upload whose import waits for a worker that said a moment ago that it lives."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        lived = cursor.fetchone()[0]
    where = sent(boss, file("items.csv", NEW))
    assert boss.post(where, {"mapping": ""}).status_code == 302
    yield where
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers WHERE id = %s", [lived])


def test_an_import_in_the_background_shows_how_far_it_is_with_and_without_scripts(boss, waits):
    from seawall.store.models import Job

    seen = text(boss, waits)
    assert "the import goes on" in seen
    assert f'hx-get="{waits}"' in seen
    assert f'href="{waits}"' in seen
    assert boss.post(waits, {"mapping": ""}).status_code == 302
    assert Job.objects.filter(kind="import").count() == 1
    problem = {"template": "{count} rows cannot be taken. The first: {place}.", "hint": "", "code": "rows_rejected",
               "params": {"count": "1", "place": "items.csv, row 1"}}  # fmt: skip
    Job.objects.filter(kind="import").update(state="failed", problem=problem)
    assert boss.get(waits, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    failed = text(boss, waits)
    assert "The import did not go through" in failed
    assert "items.csv, row 1" in failed


def test_where_the_worker_is_gone_the_page_says_so_and_imports_at_once(boss, waits):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    seen = text(boss, waits)
    assert "seawall worker" in seen
    assert "Import it now" in seen
    assert boss.post(waits, {"mapping": ""}).status_code == 302
    assert "Imported" in text(boss, waits)
