"""Contacts of a customer for programs: listing, adding, changing, erasing."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.asking import Text
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import contacts

router = Router(tags=["contacts"])
Words = Annotated[str, Field(max_length=254)]
Number = Annotated[int, Path(ge=1, le=2**53)]


class Said(Schema):
    """What is known of a person; what is left out stays as it is."""

    name: Words | None = None
    email: Words | None = None
    phone: Words | None = None
    role: Words | None = None
    language: Literal["", "en", "zh-hans"] | None = None

    @property
    def words(self) -> dict[str, str]:
        """What was named."""
        return {name: value for name, value in self.dict().items() if value is not None}


class New(Said):
    """A person, and the customer it is at."""

    customer_code: Words

    @property
    def words(self) -> dict[str, str]:
        """What was named of the person."""
        return {name: value for name, value in super().words.items() if name != "customer_code"}


class Contact(Schema):
    """A person at a customer."""

    contact_id: int
    customer_code: str
    name: str
    email: str
    phone: str
    role: str
    language: str
    is_from_file: bool
    erased_at: dt.datetime | None


class Erased(Schema):
    """What was erased."""

    contact_id: int


@router.get("/contacts", response=problems.responses(list[Contact], 404), operation_id="contacts_listed")
def listed(request: HttpRequest, customer_code: Text) -> list[dict[str, Any]]:
    """Whom to speak to at a customer."""
    return [each.as_json() for each in contacts.listed(actor_of(request), customer_code.replace("\0", ""))]


@router.post("/contacts", response=problems.responses(Contact, 404, 409), operation_id="contact_added")
def add(request: HttpRequest, said: New, key: Key = "") -> dict[str, Any]:
    """Note a person at a customer."""
    code = said.customer_code.replace("\0", "")
    return contacts.add(actor_of(request), code, said.words, key=key_of(request, key)).as_json()


@router.patch("/contacts/{contact_id}", response=problems.responses(Contact, 404, 409), operation_id="contact_changed")
def change(request: HttpRequest, contact_id: Number, said: Said, key: Key = "") -> dict[str, Any]:
    """Say something else of a person."""
    return contacts.change(actor_of(request), contact_id, said.words, key=key_of(request, key)).as_json()


@router.delete("/contacts/{contact_id}", response=problems.responses(Erased, 404, 409), operation_id="contact_erased")
def erase(request: HttpRequest, contact_id: Number, key: Key = "") -> dict[str, Any]:
    """Erase a person for good: the key is destroyed, and what was sealed under it with it."""
    contacts.erase(actor_of(request), contact_id, key=key_of(request, key))
    return {"contact_id": contact_id}
