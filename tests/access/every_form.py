"""Every page that can be opened and every form on it, found by the routers and the cases of the rooms."""

import re

from access.registry import FOREIGN, collected
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, reverse

from seawall.web.form_html import TICKED, forms_of
from seawall.web.ledger.customer_acts import CUSTOMER_ACTS
from seawall.web.ledger.item_acts import ITEM_ACTS

DEBIT = {"entity": FOREIGN, "side": "debit", "number": f"{FOREIGN}-{FOREIGN}-C1-2"}
ACTS = [
    *(("customer_act", {"code": f"{FOREIGN}-C1", "act": act}) for act in CUSTOMER_ACTS),
    *(("item_act", DEBIT | {"act": act}) for act in ITEM_ACTS),
    ("item_act", {"entity": FOREIGN, "side": "credit", "number": f"{FOREIGN}-R1", "act": "allocate"}),
]
GOOD = {"date": "2026-03-01", "number": "5", "time": "02:30", "email": "a@example.cn", "url": "https://id.example.cn"}


def places(world):
    """``(name, place, query)`` of every page."""
    for case in collected():
        if case.name.startswith("GET web:"):
            place = case.foreign(world) if callable(case.foreign) else case.foreign or {}
            query = dict(case.queries[0]) if case.kind == "lists" else dict(case.query)
            yield case.name.partition(":")[2], place, {} if "export" in query else query
    yield from ((name, place, {}) for name, place in ACTS)


def opened(client, world, more=()):
    """``(name, place, path, query, answer)`` of every page that opens."""
    for name, place, query in [*places(world), *(("", {"path": path}, {}) for path in more)]:
        try:
            path = reverse(name, kwargs=place) if name else place["path"]
        except NoReverseMatch:  # an address with places that this case does not give
            continue
        answer = client.get(path, query)
        if answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html"):
            yield name, place, path, query, answer


def forms_to_try(client, world):
    """Each form once: by the page's name, where it goes, its fields and its hidden fields."""
    seen = {}
    for name, place, path, query, answer in opened(client, world):
        for form in forms_of(answer.content.decode()):
            if form.is_post and form.seen:
                hidden = [each.attrs.get("value") for each in form.controls if each.name in ("do", "act", "event")]
                where = re.sub(r"\d+|[0-9a-f-]{36}", "#", form.goes_to(path))
                seen.setdefault((name, place.get("act", ""), where, *form.seen, *hidden), (path, query, form))
    return seen


def good(control):
    """A value that is right, as far as the form tells."""
    if control.kind == "select":
        return next((one.value for one in control.options if one.value), "")
    if control.kind in TICKED:
        return control.attrs.get("value") or "on"
    if control.kind == "file":
        return SimpleUploadedFile("a.txt", b"words")
    if "required" not in control.attrs and control.kind not in GOOD:
        return control.attrs.get("value") or ""
    decimal = control.attrs.get("inputmode") == "decimal"
    return control.attrs.get("value") or ("1.00" if decimal else GOOD.get(control.kind, "word"))
