"""The claim file (索赔材料) out of the store: what the ledger says of a loss, notes, documents; and keeping it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Final

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.protection.claim_facts import Key
from seawall.engine.protection.claim_order import require_unfiled
from seawall.exchange import claim_file
from seawall.exchange.language import Language
from seawall.services import access, insurer_messages, insurers, protection, remarks, subjects, timeline
from seawall.services.access import Actor
from seawall.services.claim_facts import checked, gathered
from seawall.services.claim_moves import on_file
from seawall.services.command import repeated
from seawall.services.customer_files import customer_file
from seawall.services.insurance import Document
from seawall.services.organisation import About
from seawall.services.reading import Reading
from seawall.store import files as kept_files
from seawall.store.models import Customer, Item
from seawall.store.models import Document as KeptDocument

CORRESPONDENCE: Final = ("note", "task", "pause", "proposal")
"""What of a customer's timeline is no fact of the ledger and no document."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A claim file that was kept: the number of the document, its name, and the hash of its bytes."""

    number: int
    name: str
    sha256: str
    bytes: int


def of_reading(reading: Reading, loss: Key, *, about: About) -> Document:
    """The claim file out of the store, as the reading knows it and its reader sees it: on all entities that it sees.

    Raises:
        NotFound: there is no such customer, or it owes nothing that the policy is about.
        UnknownCode: there is no such policy.
        UsageError: there is no policy, no such cause, or the day lies before the loss.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    reading = protection.of_all_entities(reading)
    whole = protection.insurance_of(reading)
    found, made = gathered(
        reading, whole, loss, company=about.name, is_demo=about.is_demo, policies=reading.policies
    )  # fmt: skip
    customer = subjects.customer_of(reading.actor, loss.customer_code)
    found["correspondence"] = _correspondence(reading, customer)
    found["documents"] = _documents(reading.actor, customer, found["items"])
    return checked(found, made, reading.policies, whole.facts)


def write(reading: Reading, loss: Key, *, about: About, form: str, language: Language, target: IO[bytes]) -> str:
    """Write the claim file as ``pdf`` or ``zip``; returns its name. Errors as of :func:`of_reading`.

    Raises:
        UsageError: no such form.
        InputError: the documents are more than a ZIP of ours may hold.
        NotFound: the bytes of a document are gone from the home.
    """
    found = of_reading(reading, loss, about=about)
    claim_file.write(found, language, form, target, content_of=partial(content, found))
    return claim_file.name_of(found, form)


def keep(
    reading: Reading, loss: Key, *, about: About, form: str, language: Language, key: str = "",
    shown: tuple[str, bytes] | None = None,
) -> Kept:  # fmt: skip
    """Keep the claim file with its customer under the hash of its bytes: what is filed is known by it.

    ``shown``: name and bytes of one that was made already; else it is made.

    Raises:
        NotPermitted: the actor may not add documents.
        InputError: it is too large to be kept.
    """
    actor = reading.actor
    customer = subjects.customer_of(actor, loss.customer_code)
    request = {"claim_file": [loss.customer_code, loss.policy, loss.cause], "lost_on": loss.date_of_loss, "form": form,
               "language": language.code, "on": reading.as_of.on}  # fmt: skip
    if before := repeated(actor, access.DOCUMENT_ADD, request=request, key=key):
        row = KeptDocument.objects.scoped(actor).get(pk=before.result["document"])
        return Kept(row.pk, row.name, row.sha256, row.bytes)
    name, made = shown or _made(reading, loss, about, form, language)
    if len(made) > remarks.DOCUMENT_BYTES:
        raise InputError(
            "The claim file has {size} MB, and at most {most} MB are kept.",
            hint="Keep it as PDF: it names every document by its hash.", size=len(made) >> 20,
            most=remarks.DOCUMENT_BYTES >> 20,
        )  # fmt: skip
    number = remarks.add_document(actor, customer, name=name, content=made, key=key, asked=request)
    return Kept(number, name, hashlib.sha256(made).hexdigest(), len(made))


def _made(reading: Reading, loss: Key, about: About, form: str, language: Language) -> tuple[str, bytes]:
    target = io.BytesIO()
    name = write(reading, loss, about=about, form=form, language=language, target=target)
    return name, target.getvalue()


def file_with_insurer(reading: Reading, loss: Key, *, about: About, connection_id: int, key: str = "") -> int:
    """Have the claim filed with a connected insurer, with its items and what is owed of them; the message's number.

    Raises:
        NotPermitted: the actor may not.
        NotFound: no such connection for this policy, no such customer or debt, for the actor.
        OutOfOrder: nobody opened the claim, it was withdrawn, or it is filed already.
        InputError: the claim cannot be said as it is; ``column`` names the field.
        Refused: the insurer has no way to hear it, nobody said which company the customer is, or it is told already.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    actor = reading.actor
    if insurers.found(actor, connection_id, verb=access.INSURER_SEND).policy != loss.policy:
        raise NotFound("There is no insurer {number}.", number=connection_id)
    require_unfiled(on_file(actor, loss))
    found = of_reading(reading, loss, about=about)
    currency = found["policy"]["currency"]
    owed = sum(minor_of(each["gross"], currency) for each in found["claims"])
    said = {
        "cause": loss.cause, "date_of_loss": loss.date_of_loss.isoformat(), "currency": currency,
        "amount": amount_text(owed, currency),
        "items": [
            {"item_number": row["number"], "due_on": row["due_on"], "amount": row["open"], "currency": row["currency"]}
            for row in found["items"]
        ],
    }  # fmt: skip
    return insurer_messages.say(
        actor, connection_id=connection_id, kind="file_claim", fields=said, customer_code=loss.customer_code,
        key=key,
    )  # fmt: skip


def content(found: Document, sha256: str) -> bytes:
    """The bytes of a document that the file lists.

    Raises:
        NotFound: it lists none of this hash, or the bytes are gone from the home.
    """
    name = next((each["name"] for each in found["documents"] or () if each["sha256"] == sha256), None)
    if name is None or not kept_files.is_whole(sha256):
        raise NotFound("The bytes of {name} are not in the home any more.", hint="Restore a backup.",
                       name=name or sha256)  # fmt: skip
    return kept_files.read(sha256)


def _correspondence(reading: Reading, customer: Customer) -> list[Document]:
    """Notes, tasks, pauses and proposals, oldest first."""
    told = timeline.of_customer(reading.actor, customer, customer_file(reading, code=customer.code))
    return [event.as_json() for event in reversed(told) if event.kind in CORRESPONDENCE]


def _documents(actor: Actor, customer: Customer, items: Sequence[Document]) -> list[Document]:
    """Documents on file of the customer, and of the items that are claimed; no claim file that was kept."""
    rows = KeptDocument.objects.scoped(actor).filter(customer_id__in=customer.family)
    rows = rows.exclude(name__startswith=claim_file.PREFIX).order_by("pk")
    known = Item.objects.scoped(actor).filter(document_id__in=rows.values("document_id")).order_by("version")
    named: dict[int, tuple[str | None, str | None]] = {each: (entity, number) for each, entity, number in
             known.values_list("document_id", "entity__code", "number")}  # fmt: skip
    mine = {(row["entity"], row["number"]) for row in items}
    return [
        {
            "document": row.pk, "name": row.name, "about": row.about, "entity": entity, "number": number,
            "added_on": row.recorded_at.date().isoformat(), "sha256": row.sha256, "bytes": row.bytes,
        }
        for row in rows
        for entity, number in [named.get(row.document_id or 0, (None, None))]
        if row.document_id is None or (entity, number) in mine
    ]  # fmt: skip
