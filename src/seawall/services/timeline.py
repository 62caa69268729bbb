"""One timeline of a customer or an item: what the ledger says happened, and what people did, newest first."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import UsageError
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.services import access, insured, insurer_events, insurer_messages, insurers, proposals, subjects
from seawall.services.access import Actor
from seawall.services.customer_files import CustomerFile
from seawall.services.subjects import Subject
from seawall.store import insured_on_file
from seawall.store.models import (
    AuditEntry,
    Customer,
    CustomerMerge,
    CustomerVersion,
    Document,
    Item,
    Note,
    Pause,
    Supersession,
    TaskVersion,
)

KINDS: Final = ("ledger", "bill", "dispute", "note", "task", "document", "pause", "proposal", "change", "insurance",
                "insurer")  # fmt: skip
"""What a timeline can be narrowed to."""

_OF_SOMETHING = (Document.About.DISPUTE, Document.About.TASK)
ROWS = 500
"""As many of each sort, the newest: what is older is in the audit record."""


MICROS: Final = 1_000_000
END_MICROS: Final = 10**17
"""Microseconds in a second, and a moment after all others, some thousand years from now."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``act`` says what, within ``kind``; ``at`` is when it was written down.

    ``what`` are the words of a person (a note, a title, a reason) or of the ledger (kinds, numbers), by name.
    """

    on: dt.date
    kind: str
    act: str
    who: str = ""
    at: dt.datetime | None = None
    what: dict[str, Any] | None = None
    amount_minor: int | None = None
    currency: str = ""
    item: tuple[str, str, str] | None = None
    number: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For doors: plain values."""
        what = {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in self.said.items()}
        return {
            "on": self.on.isoformat(), "kind": self.kind, "act": self.act, "who": self.who,
            "at": self.at and self.at.isoformat(), "what": what,
            "amount": None if self.amount_minor is None else amount_text(self.amount_minor, self.currency),
            "currency": self.currency, "item": "/".join(self.item) if self.item else None, "number": self.number,
        }  # fmt: skip

    @property
    def said(self) -> dict[str, Any]:
        """The words and names, where there are any."""
        return self.what or {}


def of_customer(actor: Actor, customer: Customer, file: CustomerFile, *, kind: str = "") -> list[Event]:
    """Everything about a customer and its items.

    Raises:
        UsageError: there is no such kind.
    """
    _require_kind(kind)
    about, codes = {"customer_id__in": customer.family}, set(subjects.codes_of(customer))
    found = [*_ledger(file, None), *_remarks(actor, about)]
    found += [*_versions(customer.family), *_merges(actor, customer.family)]
    found += [*_proposed(actor, codes, None), *_insured(actor, codes, None), *_messages(actor, codes, None)]
    return _sorted(found, kind)


def of_item(actor: Actor, subject: Subject, file: CustomerFile, *, kind: str = "") -> list[Event]:
    """Everything about one item; ``file`` is that of its customer.

    Raises:
        UsageError: there is no such kind.
    """
    _require_kind(kind)
    about = {"document_id": subject.document_id}
    found = [*_ledger(file, subject), *_remarks(actor, about), *_corrections(actor, subject)]
    codes = {subject.customer.code}
    found += [*_proposed(actor, codes, subject.name), *_insured(actor, codes, subject)]
    found += _messages(actor, codes, subject)
    return _sorted(found, kind)


def by_key(events: Sequence[Event]) -> dict[str, Event]:
    """Events by keys that stand in their order, newest first, and stay the same whatever else happens."""
    found: dict[str, Event] = {}
    for event in events:
        key, times = _key_of(event), 0
        while f"{key} {times:04d}" in found:  # the same payment twice on one day
            times += 1
        found[f"{key} {times:04d}"] = event
    return dict(sorted(found.items()))


def _key_of(event: Event) -> str:
    """Later days, and later moments of a day, first; what was not written down at a moment comes last of its day."""
    moment = 0 if event.at is None else round(event.at.timestamp() * MICROS)
    told = json.dumps(event.as_json(), sort_keys=True, default=str)
    return (
        f"{dt.date.max.toordinal() - event.on.toordinal():07d} {END_MICROS - moment:018d} {event.kind} "
        f"{event.number or 0:012d} {hashlib.sha256(told.encode()).hexdigest()[:16]}"
    )


def _require_kind(kind: str) -> None:
    if kind and kind not in KINDS:
        raise UsageError("A timeline has no {kind}.", hint="Choose one of: {known}.", kind=kind, known=", ".join(KINDS))


def _sorted(found: Sequence[Event], kind: str) -> list[Event]:
    rows = [event for event in found if not kind or event.kind == kind]
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(rows, key=lambda event: (event.on, event.at or first), reverse=True)


def _ledger(file: CustomerFile, only: Subject | None) -> Iterator[Event]:
    its = only and (only.entity, only.side, only.number)
    paid_by = {row.other.place for row in file.events if row.other and row.item.place == its}
    for row in file.events:
        item, other = row.item, row.other
        is_its_bill = row.event.startswith("bill_") and item.place in paid_by
        if only is None or its in (item.place, other and other.place) or is_its_bill:
            kind = next((kind for kind in ("dispute", "bill") if row.event.startswith(f"{kind}_")), "ledger")
            what = {
                "kind": item.kind, "number": item.number, "other_number": other and other.number,
                "other_kind": other and other.kind, "note": row.note,
            }  # fmt: skip
            yield Event(
                row.on, kind, row.event, what=what, amount_minor=row.amount_minor, currency=item.currency,
                item=item.place,
            )  # fmt: skip


def _remarks(actor: Actor, about: dict[str, Any]) -> Iterator[Event]:
    notes = Note.objects.scoped(actor).filter(**about).order_by("-write_no")[:ROWS]
    yield from (_said(row, "note", "written", row.text) for row in notes)
    tasks = TaskVersion.objects.scoped(actor).filter(**about).select_related("assignee").order_by("-write_no")[:ROWS]
    for row in tasks:
        act = "given" if row.version == 1 else "done" if row.is_done else "changed"
        yield _said(
            row, "task", act, row.title, number=row.task_no, due_on=row.due_on, assignee=str(row.assignee or "")
        )
    documents = Document.objects.scoped(actor).filter(**about).order_by("-write_no")[:ROWS]
    for one in documents:
        act = f"added_to_{one.about}" if one.about in _OF_SOMETHING else "added"
        yield _said(one, "document", act, one.name, number=one.pk, about=one.about)
    if "document_id" not in about:
        pauses = Pause.objects.scoped(actor).filter(**about).order_by("-write_no")[:ROWS]
        for rest in pauses:
            yield _said(rest, "pause", "paused" if rest.until_on else "resumed", rest.reason, until_on=rest.until_on)


def _said(row: Any, kind: str, act: str, text: str, *, number: int | None = None, **more: Any) -> Event:
    return Event(
        row.recorded_at.date(), kind, act, row.author, row.recorded_at, {"text": text, **more}, number=number
    )  # fmt: skip


def _versions(family: Sequence[int]) -> Iterator[Event]:
    rows = list(CustomerVersion.objects.filter(customer_id__in=family).order_by("-write_no")[:ROWS])
    told = _told(row.write_no for row in rows)
    for row in rows:
        if entry := told.get(row.write_no):
            act = "described" if row.version == 1 else "customer_changed"
            yield _entered(entry, act, text=row.name, version=row.version)


def _merges(actor: Actor, family: Sequence[int]) -> Iterator[Event]:
    rows = CustomerMerge.objects.filter(into_id__in=family).select_related("customer", "into")
    for row in rows:
        if not subjects.is_seen(actor, row.customer):
            continue
        codes = {"code": row.customer.code, "into": row.into.code, "text": row.reason}
        yield Event(row.recorded_at.date(), "change", "merged", row.author, row.recorded_at, codes)
        ended = Supersession.objects.filter(of=Supersession.Of.MERGE, fact_id=row.pk).first()
        if ended and (entry := _told([ended.write_no]).get(ended.write_no)):
            yield _entered(entry, "split", **(codes | {"text": _detail(entry).get("reason", "")}))


def _corrections(actor: Actor, subject: Subject) -> Iterator[Event]:
    """Each version of the document, and each write by hand about it, with who and when."""
    rows = list(Item.objects.scoped(actor).filter(document_id=subject.document_id))
    told = _told(row.write_no for row in rows)
    for row in rows:
        if entry := told.get(row.write_no):
            act = "entered" if row.version == 1 else "corrected"
            yield _entered(
                entry, act, amount_minor=row.amount_minor, currency=subject.currency, version=row.version, text=""
            )  # fmt: skip
    by_hand = AuditEntry.objects.filter(
        verb__in=(access.ALLOCATION_CHANGE, access.DISPUTE_CHANGE),
        body__contains=f'"item_id":{subject.document_id}',
    )
    for entry in by_hand.order_by("-batch_no")[:ROWS]:
        detail = _detail(entry)
        if detail.get("item_id") == subject.document_id:
            act = "withdrawn" if "withdrawn" in detail else f"dispute_{detail.get('dispute', 'changed')}"
            yield _entered(entry, act, text=detail.get("reason") or detail.get("note") or "")


def _proposed(actor: Actor, codes: set[str], item: str | None) -> Iterator[Event]:
    for one in proposals.listed(actor, limit=ROWS, kind="write_off", subject=item or ""):
        if one.body.get("customer_code") not in codes:
            continue
        about = {"text": one.reason, "subject": one.body.get("number", "")}
        at, named = one.proposed_at, tuple(one.subject.split("/", 2))
        shown = {"amount_minor": one.amount_minor, "currency": one.currency, "number": one.number, "item": named}
        yield Event(at.date(), "proposal", "proposed", one.author, at, about, **shown)  # type: ignore[arg-type]
        if one.decision:
            end = one.decision
            said = about | {"text": end.reason}
            yield Event(end.decided_at.date(), "proposal", end.outcome, end.decider, end.decided_at, said, **shown)  # type: ignore[arg-type]


def _insured(actor: Actor, codes: set[str], only: Subject | None) -> Iterator[Event]:
    """What insurers decided and paid, and what happened under their policies; ``act`` is the decision or the event."""
    on_file = insured_on_file.tables_about(codes)
    for table, day in insured.DAYS.items():
        if table not in on_file:
            continue
        rows = insured.facts_of(actor, table, customers=codes)
        if only is not None:
            is_it = pl.col("entity").is_null() | (pl.col("entity") == only.entity)
            rows = rows.filter(is_it, item_number=only.number) if table == "insurance_events" else rows.head(0)
        rows = rows.sort(day, "fact_id").tail(ROWS)
        writes = insured_on_file.written(table, rows["fact_id"].to_list())
        told = _told(writes.values())
        for row in rows.iter_rows(named=True):
            yield _fact(table, row, told.get(writes[row["fact_id"]]))


def _fact(table: str, row: dict[str, Any], entry: AuditEntry | None) -> Event:
    act = row.get("kind") or row.get("event") or ("claim" if table == "claims" else "recovery")
    act = f"claim_{row['step']}" if table == "claim_steps" else act
    minor = row.get("amount_minor", row.get("indemnity_minor"))
    what = {"policy": row["policy"], "text": row.get("conditions") or row.get("detail") or ""}
    what |= {
        name: row[name]
        for name in ("layer", "item_number", "cause", "received_by", "paid_on", "document", "decision")
        if row.get(name)
    }
    item = (row["entity"], "debit", row["item_number"]) if row["entity"] and row.get("item_number") else None
    return Event(
        row[insured.DAYS[table]], "insurance", act, entry.actor if entry else "",
        entry.recorded_at if entry else None, what, minor, row.get("currency") or "", item, row["fact_id"],
    )  # fmt: skip


def _messages(actor: Actor, codes: set[str], only: Subject | None) -> Iterator[Event]:
    """What was said to insurers and what they said, for who deals with them."""
    if not insurers.may_see(actor):
        return
    seen, number = insurers.seen(actor), only.number if only else ""
    for code in sorted(codes) if seen.exists() else ():
        for said in insurer_messages.listed(actor, customer_code=code, limit=ROWS):
            if number in ("", said.item_number):
                amount, currency = said.body.get("amount"), said.body.get("currency", "")
                what = {"message": said.kind, "insurer": said.connection, "state": said.state}
                yield Event(
                    said.recorded_at.date(), "insurer", "said", said.said_by, said.recorded_at, what,
                    minor_of(amount, currency) if amount else None, currency, number=said.message_no,
                )  # fmt: skip
        heard = [] if number else insurer_events.listed(actor, seen, customer_code=code, limit=ROWS)
        for each in heard:
            what = {"message": each.kind, "insurer": each.connection, "state": each.state}
            yield Event(each.recorded_at.date(), "insurer", "heard", "", each.recorded_at, what, number=each.event_no)


def _entered(entry: AuditEntry, act: str, *, amount_minor: int | None = None, currency: str = "", **what: Any) -> Event:
    at = entry.recorded_at
    return Event(at.date(), "change", act, entry.actor, at, what, amount_minor, currency, number=entry.batch_no)


def _told(writes: Any) -> dict[int, AuditEntry]:
    numbers = set(writes)
    return {entry.write_no: entry for entry in AuditEntry.objects.filter(write_no__in=numbers)} if numbers else {}


def _detail(entry: AuditEntry) -> dict[str, Any]:
    body = json.loads(entry.body)
    detail: dict[str, Any] = body.get("detail", {})
    return detail


__all__ = ["KINDS", "Event", "of_customer", "of_item"]
