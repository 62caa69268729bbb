"""Whom to speak to at a customer: the one place of personal data, and how it is erased for good."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, Where
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store import contact_keys
from seawall.store.models import Account, Contact, Customer

LENGTH: Final = 254
TITLES: Final = {
    "name": gettext_noop("Full name"), "email": gettext_noop("E-mail"), "phone": gettext_noop("Phone"),
    "role": gettext_noop("What the person does there"), "language": gettext_noop("Language"),
}  # fmt: skip
"""Field to what people call it."""

LANGUAGES: Final = ("", "en", "zh-hans")
ADDRESS: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as shown; an erased one has no words left."""

    contact_id: int
    customer_code: str
    name: str
    email: str
    phone: str
    role: str
    language: str
    is_from_file: bool
    erased_at: dt.datetime | None

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "contact_id": self.contact_id, "customer_code": self.customer_code, "name": self.name,
            "email": self.email, "phone": self.phone, "role": self.role, "language": self.language,
            "is_from_file": self.is_from_file, "erased_at": self.erased_at and self.erased_at.isoformat(),
        }  # fmt: skip


def listed(actor: Actor, customer_code: str, *, with_erased: bool = False) -> list[Person]:
    """The contacts of a customer and of the codes merged into it, oldest first.

    Raises:
        NotPermitted: the actor may not read contacts of this customer.
        NotFound: no such customer for the actor.
    """
    return of(actor, subjects.customer_of(actor, customer_code), with_erased=with_erased)


def of(actor: Actor, customer: Customer, *, with_erased: bool = False) -> list[Person]:
    """The same of a customer the actor was shown.

    Raises:
        NotPermitted: the actor may not read contacts of this customer.
    """
    _require(actor, access.CONTACT_READ, customer)
    rows = Contact.objects.filter(customer_id__in=customer.family).select_related("customer")
    return [_person(row, row.customer) for row in rows.order_by("id") if with_erased or row.erased_at is None]


def may(actor: Actor, verb: str, customer: Customer) -> bool:
    """Whether the actor may do ``verb`` with a customer's contacts: it takes the right where an account of it is.

    Codes that were merged are one customer: an account of any of them counts for the contacts of all.
    """
    where = actor.where(verb)
    if where is access.ALL:
        return True
    accounts = Account.objects.scoped(actor).filter(customer_id__in=subjects.families_of([customer.pk]))
    return bool(accounts.filter(entity__code__in=where).exists())


def page(actor: Actor, *, text: str = "", start: int = 0, size: int = 100) -> tuple[list[Person], int]:
    """A piece of all contacts the actor may read, by customer, and how many there are; only these are opened.

    ``text`` narrows them to a customer (a part of its code) or to a whole mail address: nothing else can be searched.

    Raises:
        NotPermitted: the actor may not read contacts.
    """
    access.require(actor, access.CONTACT_READ)
    rows = Contact.objects.filter(erased_at=None)
    where = actor.where(access.CONTACT_READ)
    if where is not access.ALL:
        accounts = Account.objects.scoped(actor).filter(entity__code__in=where)
        rows = rows.filter(customer_id__in=subjects.families_of(accounts.values_list("customer_id", flat=True)))
    if "@" in text:
        rows = rows.filter(digest=contact_keys.digests([text])[0])
    elif text:
        rows = rows.filter(customer__code__icontains=text) if subjects.is_name(text) else rows.none()
    found = rows.select_related("customer").order_by("customer__code", "id")
    return [_person(row, row.customer) for row in found[start : start + size]], found.count()


def one(actor: Actor, contact_id: int) -> Person:
    """One contact.

    Raises:
        NotPermitted: the actor may not read contacts of its customer.
        NotFound: no such contact for the actor, or it is erased.
    """
    row, customer = _found(actor, contact_id)
    _require(actor, access.CONTACT_READ, customer)
    return _person(row, customer)


def add(actor: Actor, customer_code: str, said: Mapping[str, str], *, key: str = "") -> Person:
    """Note a person at a customer: name, email, phone, role, language.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such customer for the actor.
        InputError: nothing is said, or something cannot be taken.
    """
    access.require(actor, access.CONTACT_CHANGE)
    customer = subjects.customer_of(actor, customer_code)
    _require(actor, access.CONTACT_CHANGE, customer)
    checked = _checked(said)

    def effect(write: Write) -> Result:
        row = Contact.objects.create(customer_id=customer.pk, changed_at=write.at, **_sealed(customer.pk, checked))
        write.detail.update(contact=row.pk, customer=customer.code, act="added")
        return {"contact_id": row.pk}

    request = {"customer": customer.code, "digest": _digest(checked)}
    done = execute(actor, access.CONTACT_CHANGE, effect, request=request, key=key)
    return _person(Contact.objects.get(pk=done.result["contact_id"]), customer)


def change(actor: Actor, contact_id: int, said: Mapping[str, str], *, key: str = "") -> Person:
    """Say something else of a person; what is not named stays. The key is a new one: what was said before is gone.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such contact for the actor, or it is erased.
        InputError: something cannot be taken.
    """
    access.require(actor, access.CONTACT_CHANGE)
    row, customer = _found(actor, contact_id)
    _require(actor, access.CONTACT_CHANGE, customer)

    def effect(write: Write) -> Result:
        now = Contact.objects.select_for_update().get(pk=row.pk)
        before = _person(now, customer)
        kept = {name: getattr(before, name) for name in contact_keys.FIELDS}
        checked = _checked(kept | {name: value for name, value in said.items() if name in kept})
        if checked == kept:
            write.change_nothing()
        said_now = _sealed(customer.pk, checked)
        if now.is_from_file:
            said_now.pop("digest")  # the file's own address stays known, or the next import would bring it back
        Contact.objects.filter(pk=row.pk).update(changed_at=write.at, **said_now)
        write.detail.update(contact=row.pk, customer=customer.code, act="changed")
        return {}

    request = {"contact": contact_id, "digest": _digest(said)}
    execute(actor, access.CONTACT_CHANGE, effect, request=request, key=key, lock=[f"contact {contact_id}"])
    return _person(Contact.objects.get(pk=row.pk), customer)


def erase(actor: Actor, contact_id: int, *, key: str = "") -> None:
    """Erase a person for good: its key is destroyed, and with it all that was sealed under it, kept files too.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such contact for the actor, or it is erased already.
    """
    access.require(actor, access.CONTACT_ERASE)
    row, customer = _found(actor, contact_id, with_erased=True)
    _require(actor, access.CONTACT_ERASE, customer)

    def effect(write: Write) -> Result:
        mine = Contact.objects.filter(pk=row.pk, erased_at=None)
        if not mine.update(key="", body="", erased_at=write.at, changed_at=write.at):
            raise NotFound("There is no contact {number}.", number=contact_id)
        write.detail.update(contact=row.pk, customer=customer.code, act="erased")
        return {}

    execute(actor, access.CONTACT_ERASE, effect, request={"erase": contact_id}, key=key, lock=[f"contact {contact_id}"])


def _require(actor: Actor, verb: str, customer: Customer) -> None:
    access.require(actor, verb)
    if not may(actor, verb, customer):
        raise NotPermitted(
            "{actor} may not do this.", hint="It needs the right {verb}.", actor=actor.name, verb=verb
        )  # fmt: skip


def _digest(said: Mapping[str, str]) -> str:
    """What was said, so that the same request is known again and nothing can be read from it."""
    return contact_keys.digests([repr(sorted(said.items()))])[0]


def _found(actor: Actor, contact_id: int, *, with_erased: bool = False) -> tuple[Contact, Customer]:
    row = Contact.objects.filter(pk=contact_id).select_related("customer").first()
    if row is None or (row.erased_at and not with_erased):
        raise NotFound("There is no contact {number}.", number=contact_id)
    if not Account.objects.scoped(actor).filter(customer_id__in=subjects.families_of([row.customer_id])).exists():
        raise NotFound("There is no contact {number}.", number=contact_id)
    return row, row.customer


def _sealed(customer_id: int, said: Mapping[str, str]) -> dict[str, str]:
    key, sealed_key = contact_keys.new_key()
    return {
        "key": sealed_key, "body": contact_keys.sealed_body(key, customer_id, said),
        "digest": contact_keys.digests([said["email"]])[0],
    }  # fmt: skip


def _person(row: Contact, customer: Customer) -> Person:
    said = dict.fromkeys(contact_keys.FIELDS, "")
    if row.key:
        said = contact_keys.opened_body(contact_keys.opened_key(row.key), row.customer_id, row.body)
    return Person(row.pk, customer.code, **said, is_from_file=row.is_from_file, erased_at=row.erased_at)


def _checked(said: Mapping[str, str]) -> dict[str, str]:
    """What was said, each in one line.

    Raises:
        InputError: nothing, too much, or no address.
    """
    words = {name: " ".join(str(said.get(name, "")).replace("\0", "").split()) for name in contact_keys.FIELDS}
    if not words["name"] and not words["email"] and not words["phone"]:
        raise InputError("A contact needs a name, an address or a number.", where=Where(column="name"))
    for name, value in words.items():
        if len(value) > LENGTH:
            raise InputError(
                "{field} is longer than {most} characters.", where=Where(column=name), field=TITLES[name], most=LENGTH
            )  # fmt: skip
    if words["email"] and not ADDRESS.fullmatch(words["email"]):
        raise InputError("{text} is not a mail address.", where=Where(column="email"), text=words["email"])
    if words["language"] not in LANGUAGES:
        raise InputError("{text} is not a language here.", hint="Write en or zh-hans.", text=words["language"])
    return words
