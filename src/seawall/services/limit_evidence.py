"""The vault of evidence for self-set limits: what justifies each on every delivery day, listed, and kept as documents.

A delivery counts as insured only if what justified its limit can be shown later. So each delivery day is kept once, in
a document of the customer's by the hash of its bytes; where facts that came later say otherwise, it is kept anew, and
the earlier document stays.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import NotFound, UnknownCode
from seawall.engine.kernel.money import amount_text
from seawall.engine.protection.cover import Insurance
from seawall.engine.protection.durations import NEVER, day_of
from seawall.engine.protection.self_set import SelfSet, self_set
from seawall.exchange import report_evidence
from seawall.exchange.language import Language
from seawall.services import access, insurance, jobs, protection, subjects
from seawall.services.access import ALL, Actor
from seawall.services.command import Result, Write, execute
from seawall.services.governing import governing
from seawall.services.insurance import Document
from seawall.services.jobs_work import Working
from seawall.services.organisation import about
from seawall.services.reading import Reading, kept, open_reading
from seawall.store import files as kept_files
from seawall.store.models import Customer, LimitEvidence
from seawall.store.models import Document as KeptDocument

KIND: Final = "limit_evidence"
SETTINGS: Final = "house.limit_evidence"
STATES: Final = ("justified", "lost", "not_justified", "decided")
"""``lost``: the right to set a limit is gone. ``decided``: the insurer has decided on the customer since."""


_Filed = dict[tuple[str, str, str], LimitEvidence]
"""By customer, policy and day of delivery: what is kept, the newest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept: customers' limits with something new, delivery days, and the numbers of the documents."""

    limits: int
    days: int
    documents: tuple[int, ...]

    def as_json(self) -> Document:
        """For doors."""
        return {"limits": self.limits, "days": self.days, "documents": list(self.documents)}


def vault(reading: Reading, *, customer: str | None = None, policy: str | None = None) -> Document:
    """Every self-set limit with what justifies it today and what is kept; of one customer also day by day.

    Of a reading narrowed to an entity: the days on which that entity delivered, told and kept as of all entities.
    What is still to be kept only who sees every entity can say.

    Raises:
        UsageError: there is no insurance policy.
        NotFound, UnknownCode: there is no such customer or policy.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    actor, on, entity = reading.actor, reading.as_of.on, reading.entity
    # evidence is of all that a customer bought and paid: compared with a part, it would seem another
    reading = protection.of_all_entities(reading)
    _require(protection.insurance_of(reading), customer=customer, policy=policy)
    limits = [_of_entity(one, entity) for one in _limits(reading)] if entity else _limits(reading)
    return _vault([one for one in limits if one["days"] or not entity], _on_file(actor, customer), on,
                  customer=customer, policy=policy, tells=actor.entities is ALL)  # fmt: skip


def _of_entity(one: Document, entity: str) -> Document:
    """A limit with the days on which one entity delivered."""
    return one | {"days": [day for day in one["days"] if any(each["entity"] == entity for each in day["items"])]}


def of_files(whole: Insurance, *, on: dt.date, customer: str | None = None, policy: str | None = None) -> Document:
    """The same of ledger files, of which nothing is kept. Errors as of :func:`vault`."""
    _require(whole, customer=customer, policy=policy)
    return _vault(list(_all(whole, on)), {}, on, customer=customer, policy=policy)


def _require(whole: Insurance, *, customer: str | None, policy: str | None = None) -> None:
    """Let through what the ledger knows; nothing else is asked of the database, which cannot hold every text."""
    codes = {wording.code for wording in whole.wordings}
    if policy is not None and policy not in codes:
        raise UnknownCode("There is no insurance policy {policy}.", hint="There are: {known}.", policy=policy,
                          known=", ".join(sorted(codes)))  # fmt: skip
    if customer is not None and customer not in whole.book.ledger.customers["customer_code"]:
        raise NotFound("There is no customer {customer}.", customer=customer)


def _vault(
    limits: Sequence[Document], on_file: _Filed, on: dt.date, *, customer: str | None, policy: str | None,
    tells: bool = True,
) -> Document:  # fmt: skip
    """``tells``: also what is to be kept."""
    rows = [one for one in limits if policy in (None, one["policy"]) and customer in (None, one["customer_code"])]
    return {
        "as_of": on.isoformat(),
        "limits": [_shown(one, on_file, whole=customer is not None, tells=tells) for one in rows],
    }


def keep(
    actor: Actor, *, on: dt.date, language: Language, customer: str | None = None, progress: Any = None, key: str = ""
) -> Kept:  # fmt: skip
    """Keep what justifies every delivery day up to a day that is not kept as it is, by what is known now.

    A document a customer and policy, in this language. Taken up again under its ``key``, it goes on with what is left.

    Raises:
        NotPermitted: the actor may not record limits of every entity: of part of the ledger it would be half a proof.
        UsageError: there is no insurance policy.
        NotFound: there is no such customer.
        PolicyGap: a policy or an exchange rate says nothing where it is needed.
    """
    access.require_everywhere(actor, access.LIMIT_RECORD)
    company = about(actor)
    reading = open_reading(actor, on=on, currency=company.reporting_currency or None, details=True)
    _require(protection.insurance_of(reading), customer=customer)
    on_file = _on_file(actor, customer)
    waits = [(one, _new(one, on_file)) for one in _limits(reading) if customer in (None, one["customer_code"])]
    waits = [(one, days) for one, days in waits if days]
    documents: list[int] = []
    for place, (one, days) in enumerate(waits):
        if progress is not None:
            progress(place, len(waits))
        number = _keep(actor, one, days, language, company.name, key=_key_of(key, one, days))
        documents += [] if number is None else [number]
    return Kept(len(waits), sum(len(days) for _, days in waits), tuple(documents))


def _limits(reading: Reading) -> list[Document]:
    whole, on = protection.insurance_of(reading), reading.as_of.on
    made: list[Document] = kept(reading, "self-set limits", lambda: list(_all(whole, on)))
    return made


def _all(whole: Insurance, on: dt.date) -> Iterator[Document]:
    """Every self-set limit of every policy: what it rests on today, and on each day of delivery."""
    names = insurance.names_of(whole.book.ledger)
    customers = whole.book.ledger.customers
    for wording in whole.wordings:
        if not wording.first_on <= on:
            continue
        found = self_set(whole, wording, on=on)
        for rows in found.rows.partition_by("customer_id", maintain_order=True):
            if not (rows["is_own"] & ((rows["set_minor"] > 0) | (rows["basis"] != "none"))).any():
                continue  # nobody set a limit, and nothing would justify one
            about_ = customers.row(rows["customer_id"][0], named=True)
            yield {
                "customer_code": about_["customer_code"], "name": about_.get("name") or about_["customer_code"],
                "policy": wording.code, "currency": wording.currency, **_today(rows, on, wording.currency),
                "days": [_day(found, day, names) for day in _by_day(rows)],
            }  # fmt: skip


def _by_day(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Deliveries under a self-set limit, day by day."""
    return rows.filter(pl.col("item_id") >= 0, "is_own").partition_by("delivered_on", maintain_order=True)


def _today(rows: pl.DataFrame, on: dt.date, currency: str) -> Document:
    """How the limit stands today; after the policy's period, as it stood at the last delivery."""
    today = rows.filter(pl.col("item_id") == -1)
    row = (today if today.height else rows).row(-1, named=True)
    state = (
        "decided" if not row["is_own"] else "lost" if row["lost"] else
        "not_justified" if row["basis"] == "none" else "justified"
    )  # fmt: skip
    return {
        "on": on.isoformat() if today.height else _text(row["delivered_on"]), "state": state, **_said(row),
        "set": amount_text(row["set_minor"], currency) if row["set_minor"] else None,
        "limit": amount_text(row["limit_minor"], currency),
    }  # fmt: skip


def _said(row: Mapping[str, Any]) -> Document:
    """What a limit rests on, or since when and why the right to set it is lost."""
    return {
        "basis": row["basis"], "until_on": _text(row["until"]), "reported_on": _text(row["reported_on"]),
        "lost": row["lost"] or None, "lost_on": _text(row["lost_on"]),
    }  # fmt: skip


def _day(found: SelfSet, rows: pl.DataFrame, names: Any) -> Document:
    """One day of delivery: its items, and the payments that count for it."""
    row, currency = rows.row(0, named=True), found.wording.currency
    day = day_of(row["delivered_on"])
    payments = found.payments(row["customer_id"], row["delivered_on"])
    said = _said(row)
    if row["lost"] or row["basis"] == "none":
        said["until_on"] = None
    return {
        "delivered_on": day.isoformat(), **said, "is_justified": row["limit_minor"] > 0,
        "limit": amount_text(row["limit_minor"], currency), "limit_minor": row["limit_minor"], "currency": currency,
        "items": [{"entity": names(item)[1], "number": names(item)[0]} for item in rows["item_id"].unique().sort()],
        "payments": [_payment(found, int(place), names) for place in payments],
    }  # fmt: skip


def _payment(found: SelfSet, place: int, names: Any) -> Document:
    item, paid = int(found.paid.item[place]), found.paid
    number, entity, _, currency = names(int(found.book.whole[item]))
    return {
        "entity": entity, "number": number, "due_on": _text(paid.due[place]), "paid_on": _text(paid.day[place]),
        "paid_by": _text(paid.mep_end[place]), "amount": amount_text(int(found.book.amount[item]), currency),
        "currency": currency,
    }  # fmt: skip


def _digest(day: Document) -> str:
    """Of what a day rests on, in its own currencies: a rate of exchange that moves is no other evidence."""
    told = {name: value for name, value in day.items() if not name.startswith(("limit", "is_"))}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _on_file(actor: Actor, customer: str | None) -> _Filed:
    rows = LimitEvidence.objects.scoped(actor).select_related("customer", "kept_as").order_by("id")
    rows = rows if customer is None else rows.filter(customer__code=customer)
    return {(row.customer.code, row.policy, row.delivered_on.isoformat()): row for row in rows}


def _new(one: Document, on_file: _Filed) -> list[Document]:
    """Days that are not kept as they are: those justified, and those kept before that are so no longer."""
    waits = []
    for day in one["days"]:
        before = on_file.get((one["customer_code"], one["policy"], day["delivered_on"]))
        if day["is_justified"] if before is None else before.digest != _digest(day):
            waits.append(day)
    return waits


def _key_of(key: str, one: Document, days: Sequence[Document]) -> str:
    """One effect's key within a request: by what it keeps, for that may be more once the request is taken up again."""
    named = json.dumps([key, one["policy"], one["customer_code"], *map(_digest, days)])
    return hashlib.sha256(named.encode()).hexdigest() if key else ""


def _keep(
    actor: Actor, one: Document, days: Sequence[Document], language: Language, company: str, *, key: str
) -> int | None:
    """Keep days of one limit in one document; None where another kept them meanwhile."""
    code, policy = one["customer_code"], one["policy"]
    named = subjects.about(actor, access.LIMIT_RECORD, Customer.objects.get(code=code))
    named["entities"] = sorted({each["entity"] for day in days for each in (*day["items"], *day["payments"])})
    told = one | {"company": company, "days": list(days)}
    content = report_evidence.pdf(told, language)
    sha256, name = hashlib.sha256(content).hexdigest(), report_evidence.name_of(told)

    def effect(write: Write) -> Result:
        mine = LimitEvidence.objects.every_entity().filter(customer=named["customer"], policy=policy).order_by("id")
        newest = {row.delivered_on.isoformat(): row.digest for row in mine}
        fresh = [day for day in days if newest.get(day["delivered_on"]) != _digest(day)]
        if not fresh:
            write.change_nothing()
            return {"document": None}
        kept_files.keep(content, sha256)
        who = {"author": str(write.actor), "write_no": write.write_no, "recorded_at": write.at}
        document = KeptDocument.objects.create(
            **named, **who, about=KeptDocument.About.CUSTOMER, about_no=None, name=name, sha256=sha256,
            bytes=len(content),
        )  # fmt: skip
        LimitEvidence.objects.bulk_create(
            LimitEvidence(
                **named, **who, policy=policy, delivered_on=day["delivered_on"], basis=day["basis"],
                until_on=day["until_on"], lost=day["lost"] or "", limit_minor=day["limit_minor"],
                currency=day["currency"], digest=_digest(day), kept_as=document,
            )
            for day in fresh
        )  # fmt: skip
        write.detail.update(customer=code, policy=policy, document=document.pk, sha256=sha256, days=len(fresh))
        return {"document": document.pk}

    asked = {"keep_evidence": code, "policy": policy, "days": [_digest(day) for day in days]}
    lock = [f"evidence {policy} {code}"]
    done = execute(actor, access.LIMIT_RECORD, effect, request=asked, key=key, lock=lock)
    number: int | None = done.result["document"]
    return number


def _shown(one: Document, on_file: _Filed, *, whole: bool, tells: bool) -> Document:
    """A limit with what is kept of it; ``whole``: day by day."""
    waits = {day["delivered_on"] for day in _new(one, on_file)} if tells else set()
    days = [_shown_day(one, day, on_file, waits) for day in one["days"]]
    filed = [day["document"] for day in days if day["document"] is not None]
    return {
        **{name: value for name, value in one.items() if name != "days"}, "deliveries": len(days),
        "justified": sum(day["is_justified"] for day in one["days"]), "kept": len(filed), "to_keep": len(waits),
        "document": max(filed, key=lambda each: each["number"], default=None), **({"days": days} if whole else {}),
    }  # fmt: skip


def _shown_day(one: Document, day: Document, on_file: _Filed, waits: set[str]) -> Document:
    row = on_file.get((one["customer_code"], one["policy"], day["delivered_on"]))
    filed = None if row is None else {
        "number": row.kept_as_id, "name": row.kept_as.name, "sha256": row.kept_as.sha256,
        "kept_on": row.recorded_at.date().isoformat(),
    }  # fmt: skip
    shown = {name: value for name, value in day.items() if name != "limit_minor"}
    return shown | {"document": filed, "to_keep": day["delivered_on"] in waits}


def _text(day: Any) -> str | None:
    return None if day in (NEVER, -1) else day_of(int(day)).isoformat()


def _nightly(actor: Actor, arguments: dict[str, Any], working: Working) -> Result:
    """Keep every delivery day's evidence that is due."""
    on = dt.date.fromisoformat(arguments["on"])
    if not protection.has_policies(actor):
        return Kept(0, 0, ()).as_json()
    language = Language.named(governing().at(SETTINGS, on).value["language"])
    done = keep(actor, on=on, language=language, progress=working.progress)
    working.say("Evidence kept: {days} delivery days of {limits} self-set limits.", days=done.days, limits=done.limits)
    return done.as_json()


jobs.register(
    KIND, _nightly, title=gettext_noop("Evidence of self-set limits"), verb=access.LIMIT_RECORD, daily=dt.time(3, 0)
)
