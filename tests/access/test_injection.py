"""S12: what people type is text on every page. A payload goes through every text field of every form, and is looked for."""

import os
import subprocess
import sys
from html import escape
from html.parser import HTMLParser

import pytest
from access.every_form import forms_to_try, good, opened
from access.registry import FOREIGN
from django.test import Client
from stocked import SYSTEM, person

from seawall.services import contacts, remarks, subjects
from seawall.services.access import ROLES, Grant
from seawall.services.intake import commit_import
from seawall.store.models import AuditEntry

PAYLOAD = "\"'><img src=x onerror=qzran()><script>qzran()</script>{{7*7}}"


EVERY = 1 if os.environ.get("SEAWALL_PROMISES") == "full" else 4
"""Every so-manieth form is tried."""

TAKEN = 20 // EVERY
"""More forms than these write something down when they are sent with the payload; the others refuse, or only ask."""


class Runs(HTMLParser):
    """What a browser would run or style by itself in a page: inline scripts, handlers, styles, addresses of scripts."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        handlers = [name for name in said if name.startswith("on") or name == "style"]
        is_inline = tag == "style" or (tag == "script" and "src" not in said and said.get("type") != "application/json")
        is_script = any(
            (said.get(name) or "").strip().lower().startswith(("javascript:", "data:text", "vbscript:"))
            for name in ("href", "src", "action", "formaction")
        )
        if handlers or is_inline or is_script or said.get("src") == "x":
            self.found.append(self.get_starttag_text())


WORDS = {
    "customers": "customer_code,name,country,sector\nQZB-X,{p},CN,{p}\n",
    "items": "entity,customer_code,kind,number,issued_on,due_on,currency,amount,description,terms,order_number\n"
    "QZB,QZB-X,invoice,QZB-X-1,2026-01-10,2026-02-09,CNY,10.00,{p},{p},{p}\n",
}


@pytest.fixture(scope="module")
def client(world):
    made = Client(HTTP_ACCEPT_LANGUAGE="en")
    made.force_login(person("root", *(Grant(role) for role in ROLES)))
    return made


@pytest.fixture(scope="module")
def hostile(world, client, tmp_path_factory):
    """The payload in every text column of a file, and through every text field of every form."""
    folder, quoted = tmp_path_factory.mktemp("hostile"), '"' + PAYLOAD.replace('"', '""') + '"'
    for name, text in WORDS.items():
        (folder / f"{name}.csv").write_text(text.replace("{p}", quoted), encoding="utf-8")
    commit_import(SYSTEM, [folder])
    customer = subjects.customer_of(SYSTEM, f"{FOREIGN}-C1")
    remarks.add_document(SYSTEM, customer, name=PAYLOAD, content=b"x")
    contacts.add(SYSTEM, customer.code, {"name": PAYLOAD, "role": PAYLOAD, "phone": PAYLOAD})
    answers, sent, took = [], 0, 0
    for path, query, form in list(forms_to_try(client, world).values())[::EVERY]:
        base = {each.name: good(each) for each in form.controls if each.name and each.kind != "submit"}
        writes = AuditEntry.objects.count()
        for each in form.controls:
            if each.is_seen and each.kind in ("text", "textarea", "search", "url", "email"):
                answers.append(client.post(form.goes_to(path), base | {each.name: PAYLOAD}, query_params=query))
                sent += 1
        took += AuditEntry.objects.count() > writes
    return answers, sent, took


def pages_now(client, world):
    more = [f"/ledger/customers/{FOREIGN}-{end}/" for end in ("X", "C1")]
    for name, _place, path, _query, answer in opened(client, world, more):
        yield name, path, answer


@pytest.mark.promise("S12")
def test_a_payload_in_every_text_field_runs_on_no_page(client, world, hostile, promise, tmp_path):
    answers, sent, took = hostile
    shown, scanned, ran = 0, 0, []
    for answer in answers:
        text = answer.content.decode(errors="replace")
        ran += Runs(text).found
        scanned += 1
    for name, path, answer in pages_now(client, world):
        text, policy = answer.content.decode(), answer.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, name
        assert "unsafe" not in policy, name
        scanned += 1
        shown += "onerror=qzran()" in text
        if found := Runs(text).found:
            ran.append((name, path, found[:2]))
    assert ran == []
    assert sent > 100
    assert took > TAKEN, "forms must take the payload, or nothing was tried but refusals"
    assert shown > 5, "the payload must stand on pages, or nothing was tried"
    warnings = deployed(str(tmp_path))
    assert warnings == []
    promise(f"a payload in {sent} fields of forms, taken by {took} forms, and 7 columns of files, "
            f"{scanned} pages and answers scanned, {shown} show it: run 0; `check --deploy` warnings {len(warnings)}")  # fmt: skip


def test_the_scan_has_teeth():
    for text in ("<p><img src=x></p>", "<a title=x onerror = qzran()>", "<SCRIPT>qzran()", "<b style='x'>", "<style>",
                 "<a href=' JavaScript:x'>", f"<p>{PAYLOAD}</p>", f'<input value="{PAYLOAD}">'):  # fmt: skip
        assert Runs(text).found, text
    assert Runs(f"<p>{escape(PAYLOAD)}</p><input value='{escape(PAYLOAD)}'><script src='/x.js'></script>").found == []


def deployed(home):
    """Warnings of Django's own list with the settings that ship, behind TLS; in a process of their own."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("SEAWALL", "DJANGO", "DATABASE"))
    }
    env = plain | {"SEAWALL_TLS": "1", "SEAWALL_HOME": home, "DJANGO_SETTINGS_MODULE": "seawall.site.settings"}
    call = [sys.executable, "-W", "ignore", "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    told = subprocess.run(call, env=env, capture_output=True, text=True)
    return told.stderr.splitlines() if told.returncode else []
