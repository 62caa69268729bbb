"""Whom to speak to: all contacts a reader may read, one contact to change, and erasing it for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from seawall.services import access, contacts
from seawall.services.contacts import Person
from seawall.web.ledger.acts import Act, Field, Given, form, text
from seawall.web.paging import PAGE, piece, sought
from seawall.web.reader import Reader, page

LANGUAGES = (("", "–"), ("en", "English"), ("zh-hans", "简体中文"))
SAID = ("name", "role", "email", "phone", "language")


@page("ledger/contacts.html", "contacts")
def view(reader: Reader) -> dict[str, Any]:
    """All of them by customer; only those on the page are opened."""
    asked = sought(reader)
    start, _pager = piece(reader, 10**9)
    people, count = contacts.page(reader.actor, text=asked, start=start, size=PAGE)
    _start, pager = piece(reader, count)
    return {
        "contacts": rows(reader, people),
        "count": count,
        "pager": pager,
        "filter_words": asked,
        "with_customer": True,
    }


@page("ledger/act.html", "contacts", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, contact_id: int) -> dict[str, Any] | HttpResponse:
    """One contact as a form; POST says something else of it."""
    person = contacts.one(reader.actor, contact_id)
    return _formed(reader, "change", person)


@page("ledger/contact_erase.html", "contacts", methods=("GET", "HEAD", "POST"))
def erase(reader: Reader, contact_id: int) -> dict[str, Any] | HttpResponse:
    """What erasing means, and the button that does it."""
    person = contacts.one(reader.actor, contact_id)
    made = _formed(reader, "erase", person)
    return made if isinstance(made, HttpResponse) else made | {"person": person, "who": _who(person)}


def _formed(reader: Reader, name: str, person: Person) -> dict[str, Any] | HttpResponse:
    back = reverse("customer", args=[person.customer_code]) + reader.question.carried() + "#contacts"
    made = form(reader, _ACTS, name, person, back)
    return made if isinstance(made, HttpResponse) else made | {"about": person.customer_code}


def fields(_reader: Reader, person: Any) -> Sequence[Field]:
    """What is asked of a person; empty for a new one."""
    known = person if isinstance(person, Person) else None
    said = {name: getattr(known, name) if known else "" for name in SAID}
    return [
        Field("name", _("Full name"), value=said["name"], is_required=False),
        Field(
            "role", _("What the person does there"), value=said["role"], is_required=False,
            hint=_("such as accounts payable, buyer, managing director"),
        ),
        Field("email", _("E-mail"), "email", said["email"], is_required=False),
        Field("phone", _("Phone"), value=said["phone"], is_required=False),
        Field("language", _("Language"), "choice", said["language"], LANGUAGES, is_required=False),
    ]  # fmt: skip


def said_of(given: Given) -> dict[str, str]:
    """What a form says of a person."""
    return {name: text(given, name) for name in SAID if name in given}


def rows(reader: Reader, people: Sequence[Person]) -> list[dict[str, Any]]:
    """Persons as the tables show them, with what this reader may do."""
    carried, actor = reader.question.carried(), reader.actor
    languages = dict(LANGUAGES)
    return [
        {
            "person": each,
            "who": _who(each),
            "language": languages[each.language] if each.language else "",
            "customer": reverse("customer", args=[each.customer_code]) + carried,
            "change": reverse("contact", args=[each.contact_id]) + carried if actor.may(access.CONTACT_CHANGE) else "",
            "erase": reverse("contact_erase", args=[each.contact_id]) + carried
            if actor.may(access.CONTACT_ERASE)
            else "",
        }
        for each in people
    ]


def of_customer(reader: Reader, customer: Any) -> list[dict[str, Any]] | None:
    """The contacts of a customer's file; None for who may not read them."""
    if not contacts.may(reader.actor, access.CONTACT_READ, customer):
        return None
    return rows(reader, contacts.of(reader.actor, customer))


def _who(person: Person) -> str:
    return person.name or person.email or person.phone


def add(reader: Reader, customer: Any, given: Given) -> str:
    """Note a person at a customer."""
    contacts.add(reader.actor, customer.code, said_of(given))
    return _("The contact is kept.")


def _change(reader: Reader, person: Any, given: Given) -> str:
    contacts.change(reader.actor, person.contact_id, said_of(given))
    return _("The contact is changed.")


def _erase(reader: Reader, person: Any, _given: Given) -> str:
    contacts.erase(reader.actor, person.contact_id)
    return _("The contact is erased.")


def _nothing(_reader: Reader, _person: Any) -> Sequence[Field]:
    return []


ADD = Act(gettext_lazy("Add a contact"), access.CONTACT_CHANGE, fields, add, "", "user")  # type: ignore[arg-type]
_ACTS = {
    "change": Act(gettext_lazy("Change the contact"), access.CONTACT_CHANGE, fields, _change),  # type: ignore[arg-type]
    "erase": Act(gettext_lazy("Erase for good"), access.CONTACT_ERASE, _nothing, _erase),  # type: ignore[arg-type]
}
