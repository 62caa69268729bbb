"""Every form of every page: a wrong value is said beside its field, and all that was typed stands there still."""

import re

import pytest
from access.registry import FOREIGN, collected
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from html_forms import sent
from stocked import person

from seawall.services.access import ROLES, Grant
from seawall.web.form_html import NEVER, TICKED, forms_of
from seawall.web.ledger.customer_acts import CUSTOMER_ACTS
from seawall.web.ledger.item_acts import ITEM_ACTS

ACTS = [
    *(("customer_act", {"code": f"{FOREIGN}-C1", "act": act}) for act in CUSTOMER_ACTS),
    *(("item_act", {"entity": FOREIGN, "side": "debit", "number": f"{FOREIGN}-{FOREIGN}-C1-2", "act": act})
      for act in ITEM_ACTS),
    ("item_act", {"entity": FOREIGN, "side": "credit", "number": f"{FOREIGN}-R1", "act": "allocate"}),
]  # fmt: skip
GOOD = {"date": "2026-03-01", "number": "5", "time": "02:30", "email": "a@example.cn", "url": "https://id.example.cn"}
BAD = {"date": "someday", "number": "many", "time": "noon", "email": "no address", "select": "zz-none"}
FILLED = "sw-policy"
"""A form that comes filled in, some fields of one thing together: it is sent as it came, but for the one tried."""

PAGES = [case for case in collected() if case.name.startswith("GET web:")]


@pytest.fixture(scope="module")
def client(world):
    made = Client(HTTP_ACCEPT_LANGUAGE="en")
    made.force_login(person("root", *(Grant(role) for role in ROLES)))
    return made


def places(world):
    for case in PAGES:
        place = case.foreign(world) if callable(case.foreign) else case.foreign or {}
        queries = case.queries if case.kind == "lists" else (case.query,)
        yield case.name.partition(":")[2], place, dict(queries[0]) if "export" not in queries[0] else {}
    yield from ((name, place, {}) for name, place in ACTS)


def forms_to_try(client, world):
    """Each form once: by the page's name, where it goes, its fields and its hidden fields."""
    seen = {}
    for name, place, query in places(world):
        try:
            path = reverse(name, kwargs=place)
        except Exception:  # noqa: BLE001, S112 - an address with places that this case does not give
            continue
        answer = client.get(path, query)
        if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
            continue
        for form in forms_of(answer.content.decode()):
            if form.is_post and form.seen:
                hidden = tuple(sorted(
                    each.attrs.get("value") or "" for each in form.controls if each.name in ("do", "act", "event")
                ))  # fmt: skip
                where = place.get("act", "")
                key = (name, where, re.sub(r"\d+|[0-9a-f-]{36}", "#", form.goes_to(path)), tuple(form.seen), hidden)
                seen.setdefault(key, (path, query, form))
    return seen


def good(control):
    if control.kind == "select":
        return next((one.value for one in control.options if one.value), "")
    if control.kind in TICKED:
        return control.attrs.get("value") or "on"
    decimal = control.attrs.get("inputmode") == "decimal"
    if control.kind == "file":
        return SimpleUploadedFile("a.txt", b"words")
    if "required" not in control.attrs and control.kind not in GOOD:
        return control.attrs.get("value") or ""
    return control.attrs.get("value") or ("1.00" if decimal else GOOD.get(control.kind, "word"))


def bad(control):
    """A value that cannot be right; None where anything goes."""
    if control.attrs.get("inputmode") == "decimal":
        return "lots"
    if control.kind in BAD:
        return BAD[control.kind]
    return "  " if "required" in control.attrs and control.kind not in (*NEVER, *TICKED) else None


def tried(client, path, query, form):
    """``(field, what came of it)`` for each field that can be wrong."""
    came = {}
    if form.attrs.get("class") == FILLED:
        shown = sent(client.get(path, query).content.decode(), FILLED)
        came = {name: said[0] if len(said) == 1 else said for name, said in shown.items()}
    for each in form.controls:
        if not each.is_seen or (wrong := bad(each)) is None:
            continue
        filled = {other.name: good(other) for other in form.controls if other.name and other.kind != "submit"}
        typed = (came or filled) | {each.name: wrong}
        target = form.goes_to(path)
        answer = client.post(target, typed, query_params=query)
        yield each, typed, answer


def came_of(control, typed, answer, path, target):
    if answer.status_code != 200:
        return f"status {answer.status_code}"
    text = answer.content.decode()
    again = [form for form in forms_of(text) if form.is_post and form.goes_to(path) == target]
    marked = [each for form in again for each in form.controls if each.attrs.get("aria-invalid") == "true"]
    if [each.name for each in marked] != [control.name]:
        said = re.findall(r'role="alert">.*?</p>', text, re.DOTALL)[:1]
        return f"marked {[each.name for each in marked]}, not {control.name}: {said}"
    if f'id="{marked[0].attrs["aria-describedby"]}"' not in text:
        return "no sentence beside the field"
    shown = next(form for form in again if any(each is marked[0] for each in form.controls))
    for each in shown.controls:
        if (
            each.is_seen
            and each.kind not in (*NEVER, *TICKED, "select", "textarea")
            and each.name in typed
            and (each.attrs.get("value", "") != typed[each.name])
        ):
            return f"{each.name} shows {each.attrs.get('value')!r}, typed was {typed[each.name]!r}"
    return ""


def test_every_form_says_what_is_wrong_beside_its_field(client, world):
    """Looks for forms wherever a page is, so that a new one is tried without a word here."""
    wrong, fields = {}, 0
    found = forms_to_try(client, world)
    for key, (path, query, form) in found.items():
        for control, typed, answer in tried(client, path, query, form):
            fields += 1
            if said := came_of(control, typed, answer, path, form.goes_to(path)):
                wrong[" ".join(map(str, (*key[:2], *key[4], control.name)))] = said
    assert len(found) > 30
    assert fields > 60
    assert wrong == {}, "\n".join(f"{name}: {said}" for name, said in wrong.items())
