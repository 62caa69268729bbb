"""Every form of every page: a wrong value is said beside its field, and all that was typed stands there still."""

import re

import pytest
from access.every_form import forms_to_try, good
from django.test import Client
from html_forms import sent
from stocked import person

from seawall.services.access import ROLES, Grant
from seawall.web.form_html import NEVER, TICKED, forms_of

BAD = {"date": "someday", "number": "many", "time": "noon", "email": "no address", "select": "zz-none"}
FILLED = "sw-policy"
"""A form that comes filled in, some fields of one thing together: it is sent as it came, but for the one tried."""


@pytest.fixture(scope="module")
def client(world):
    made = Client(HTTP_ACCEPT_LANGUAGE="en")
    made.force_login(person("root", *(Grant(role) for role in ROLES)))
    return made


def bad(control):
    """A value that cannot be right; None where anything goes."""
    if control.attrs.get("inputmode") == "decimal":
        return "lots"
    if control.kind in BAD:
        return BAD[control.kind]
    return "  " if "required" in control.attrs and control.kind not in (*NEVER, *TICKED) else None


LONG = 40
"""Of a form with more fields than these, the gate tries every fifth."""


def tried(client, path, query, form, every):
    """``(field, what came of it)`` for each field that can be wrong, or every so-manieth of a long form."""
    came = {}
    if form.attrs.get("class") == FILLED:
        shown = sent(client.get(path, query).content.decode(), FILLED)
        came = {name: said[0] if len(said) == 1 else said for name, said in shown.items()}
    to_try = [(each, wrong) for each in form.controls if each.is_seen and (wrong := bad(each)) is not None]
    for each, wrong in to_try[:: every if len(to_try) > LONG else 1]:
        filled = {other.name: good(other) for other in form.controls if other.name and other.kind != "submit"}
        typed = (came or filled) | {each.name: wrong}
        yield each, typed, client.post(form.goes_to(path), typed, query_params=query)


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


@pytest.mark.slow
def test_every_form_says_what_is_wrong_beside_its_field(client, world, count):
    """Looks for forms wherever a page is, so that a new one is tried without a word here."""
    wrong, fields = {}, 0
    found = forms_to_try(client, world)
    for key, (path, query, form) in found.items():
        for control, typed, answer in tried(client, path, query, form, count(5, 1)):
            fields += 1
            if said := came_of(control, typed, answer, path, form.goes_to(path)):
                wrong[" ".join(map(str, (*key, control.name)))] = said
    assert len(found) > 30
    assert fields > 60
    assert wrong == {}, "\n".join(f"{name}: {said}" for name, said in wrong.items())
