"""Acting on the ledger: items, statements, timelines, and what people write beside them and into them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from seawall.api.v1 import problems
from seawall.api.v1.asking import cut, opened
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.desk_shapes import (
    About,
    Description,
    DisputeEnd,
    Disputes,
    DocumentRows,
    Events,
    Items,
    ItemsQuestion,
    Merge,
    Name,
    NewAllocations,
    NewDispute,
    NewDocument,
    NewRecovery,
    NewTask,
    NewWriteOff,
    Note,
    Offers,
    OffersQuestion,
    Rest,
    Split,
    Statement,
    StatementQuestion,
    TaskChange,
    Tasks,
    TimelineQuestion,
    Withdrawal,
    Written,
)
from seawall.api.v1.keys import Key
from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.money import amount_text
from seawall.exchange import inert
from seawall.services import (
    allocating,
    attachments,
    customers,
    disputes,
    item_list,
    merging,
    remarks,
    statements,
    subjects,
    timeline,
    write_offs,
)
from seawall.services.customer_files import customer_file
from seawall.services.organisation import about, day_of

router = Router(tags=["desk"])


@router.get("/items", response=problems.responses(Items, 404))
def item_rows(request: HttpRequest, question: Query[ItemsQuestion]) -> dict[str, Any]:
    """Items of a day, narrowed, a page at a time."""
    reading = opened(request, question, details=True)
    names = item_list.Filter.__dataclass_fields__
    rows = item_list.items(reading, item_list.Filter(**{name: getattr(question, name) for name in names}))
    plain = rows.to_dicts()
    shown, following = cut(plain, [item_list.key_of(row) for row in plain], question.after, question.limit)
    return {
        "as_of": reading.as_of.on, "known": reading.as_of.known,
        "open": {code: amount_text(minor, code) for code, minor in item_list.totals(rows).items()},
        "rows": [_item(row) for row in shown], "next": following,
    }  # fmt: skip


@router.get("/statements/{path:code}", response=problems.responses(Statement, 404))
def statement(request: HttpRequest, code: str, question: Query[StatementQuestion]) -> dict[str, Any]:
    """A customer's statement of account."""
    reading, facts = opened(request, question, details=True), about(actor_of(request))
    since = question.since or reading.as_of.on.replace(month=1, day=1)
    return statements.statement_document(
        reading, code=code, since=since, scheme=question.buckets, company=facts.name, is_demo=facts.is_demo
    )


@router.get("/timeline", response=problems.responses(Events, 404))
def timeline_rows(request: HttpRequest, question: Query[TimelineQuestion]) -> dict[str, Any]:
    """Everything that happened to a customer or an item, newest first."""
    actor, subject = actor_of(request), _subject(request, question)
    reading = opened(request, question, details=True)
    is_item = isinstance(subject, subjects.Subject)
    file = customer_file(reading, code=subject.customer.code if is_item else subject.code)
    made = timeline.of_item if is_item else timeline.of_customer
    keyed = timeline.by_key(made(actor, subject, file, kind=question.kind))
    shown, following = cut(list(keyed.values()), list(keyed), question.after, question.limit)
    return {"rows": [event.as_json() for event in shown], "next": following}


@router.post("/notes", response=problems.responses(Written, 404))
def note(request: HttpRequest, asked: Note, key: Key = "") -> dict[str, Any]:
    """Write a note on a customer or an item."""
    return {
        "number": remarks.add_note(
            actor_of(request), _subject(request, asked), text=asked.text, key=key_of(request, key)
        )
    }


@router.get("/tasks", response=problems.responses(Tasks))
def task_rows(request: HttpRequest, open_only: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - a query's parameter
    """Tasks the caller sees."""
    return {"rows": remarks.tasks(actor_of(request), open_only=open_only)}


@router.post("/tasks", response=problems.responses(Written, 404))
def task(request: HttpRequest, asked: NewTask, key: Key = "") -> dict[str, Any]:
    """Give somebody something to do by a day."""
    number = remarks.add_task(
        actor_of(request), _subject(request, asked), title=asked.title, due_on=asked.due_on, assignee=asked.assignee,
        key=key_of(request, key),
    )  # fmt: skip
    return {"number": number}


@router.post("/tasks/{int:number}", response=problems.responses(Written, 404))
def task_change(request: HttpRequest, number: int, asked: TaskChange, key: Key = "") -> dict[str, Any]:
    """Change a task: done or open again, another day, another person. Answers with the version."""
    version = remarks.change_task(
        actor_of(request), number, version=asked.version, is_done=asked.is_done, due_on=asked.due_on,
        assignee=asked.assignee, key=key_of(request, key),
    )  # fmt: skip
    return {"number": version}


@router.post("/documents", response=problems.responses(Written, 404))
def document_add(
    request: HttpRequest, asked: Form[NewDocument], file: File[UploadedFile], key: Key = ""
) -> dict[str, Any]:  # fmt: skip
    """Keep a file with a customer or an item, a dispute of an item, or a task."""
    if (file.size or 0) > remarks.DOCUMENT_BYTES:
        raise InputError("A document has between 1 byte and {most} MB.", most=remarks.DOCUMENT_BYTES // 2**20)
    is_named = asked.customer or asked.item or asked.task is None
    number = attachments.keep(
        actor_of(request), _subject(request, asked) if is_named else None, name=file.name or "", content=file.read(),
        dispute=asked.dispute, task=asked.task, key=key_of(request, key),
    )  # fmt: skip
    return {"number": number}


@router.get("/documents", response=problems.responses(DocumentRows, 404))
def document_rows(request: HttpRequest, asked: Query[About]) -> dict[str, Any]:
    """Documents of a customer or of an item, those of its disputes and tasks with them, newest first."""
    actor, subject = actor_of(request), _subject(request, asked)
    is_item = isinstance(subject, subjects.Subject)
    customers = [] if is_item else subject.family
    return {"rows": remarks.documents(actor, customers=customers, document_id=subject.document_id if is_item else None)}


@router.get("/documents/{int:number}", response=problems.responses(bytes, 404), operation_id="document_content")
def document_content(request: HttpRequest, number: int) -> HttpResponse:
    """A document's bytes: an attachment that no browser opens in our name."""
    name, content = remarks.document(actor_of(request), number)
    return HttpResponse(content, headers=inert.headers(name))


@router.post("/pauses", response=problems.responses(Written, 404))
def rest(request: HttpRequest, asked: Rest, key: Key = "") -> dict[str, Any]:
    """Let chasing a customer rest, or go on."""
    actor = actor_of(request)
    customer = subjects.customer_of(actor, asked.customer)
    remarks.pause(
        actor,
        customer,
        until_on=asked.until_on,
        reason=asked.reason,
        today=day_of(timezone.now()),
        key=key_of(request, key),
    )
    return {}


@router.get("/disputes", response=problems.responses(Disputes, 404))
def dispute_rows(request: HttpRequest, item: Name) -> dict[str, Any]:
    """An item's disputes."""
    actor = actor_of(request)
    found = subjects.item_named(actor, item)
    return {"rows": [_dispute(row, found.currency) for row in disputes.of_item(actor, found)]}


@router.post("/disputes", response=problems.responses(Written, 404))
def dispute_open(request: HttpRequest, asked: NewDispute, key: Key = "") -> dict[str, Any]:
    """Open a dispute about a part of an invoice."""
    actor = actor_of(request)
    done = disputes.open_dispute(
        actor, subjects.item_named(actor, asked.item), on=asked.on, amount=asked.amount, reason=asked.reason,
        note=asked.note, key=key_of(request, key),
    )  # fmt: skip
    return {"batch_no": done.batch_no}


@router.post("/disputes/{int:number}/change", response=problems.responses(Written, 404))
def dispute_change(request: HttpRequest, number: int, asked: NewDispute, key: Key = "") -> dict[str, Any]:
    """Another amount or reason from a day on."""
    actor = actor_of(request)
    done = disputes.change_dispute(
        actor, subjects.item_named(actor, asked.item), number, on=asked.on, amount=asked.amount, reason=asked.reason,
        note=asked.note, key=key_of(request, key),
    )  # fmt: skip
    return {"batch_no": done.batch_no}


@router.post("/disputes/{int:number}/close", response=problems.responses(Written, 404))
def dispute_close(request: HttpRequest, number: int, asked: DisputeEnd, key: Key = "") -> dict[str, Any]:
    """Close a dispute."""
    actor = actor_of(request)
    item = subjects.item_named(actor, asked.item)
    return {
        "batch_no": disputes.close_dispute(
            actor, item, number, on=asked.on, note=asked.note, key=key_of(request, key)
        ).batch_no
    }


@router.get("/offers", response=problems.responses(Offers, 404))
def offer_rows(request: HttpRequest, question: Query[OffersQuestion]) -> dict[str, Any]:
    """Open items a credit could be used for, with what is proposed of each, oldest due first."""
    credit = subjects.item_named(actor_of(request), question.credit)
    rows = allocating.offers(opened(request, question, details=True), credit)
    return {
        "rows": [
            {
                "number": row.number, "due_on": row.due_on, "open": amount_text(row.left_minor, credit.currency),
                "proposed": amount_text(row.proposed_minor, credit.currency),
            }
            for row in rows
        ]
    }  # fmt: skip


@router.post("/offers", response=problems.responses(Written, 404))
def allocate(request: HttpRequest, asked: NewAllocations, key: Key = "") -> dict[str, Any]:
    """Use a credit for open items."""
    actor = actor_of(request)
    credit = subjects.item_named(actor, asked.credit)
    return {
        "batch_no": allocating.allocate(actor, credit, asked.amounts, on=asked.on, key=key_of(request, key)).batch_no
    }


@router.post("/withdrawals", response=problems.responses(Written, 404))
def withdraw(request: HttpRequest, asked: Withdrawal, key: Key = "") -> dict[str, Any]:
    """Take an allocation back; what was known before keeps it."""
    actor = actor_of(request)
    item = subjects.item_named(actor, asked.item)
    return {
        "batch_no": allocating.withdraw(actor, item, asked.allocation, reason=asked.reason, key=key_of(request, key))
    }


@router.post("/write-offs", response=problems.responses(Written, 404))
def write_off(request: HttpRequest, asked: NewWriteOff, key: Key = "") -> dict[str, Any]:
    """Propose a write-off: it happens when another person approves it. Answers with the proposal's number."""
    actor = actor_of(request)
    made = write_offs.propose(
        actor, subjects.item_named(actor, asked.item), amount=asked.amount, on=asked.on, reason=asked.reason,
        document_no=asked.document, key=key_of(request, key),
    )  # fmt: skip
    return {"number": made.number}


@router.post("/recoveries", response=problems.responses(Written, 404))
def recovery(request: HttpRequest, asked: NewRecovery, key: Key = "") -> dict[str, Any]:
    """Record money that came in for what was written off."""
    actor = actor_of(request)
    done = write_offs.record_recovery(
        actor, subjects.item_named(actor, asked.write_off), amount=asked.amount, on=asked.on, receipt=asked.receipt,
        note=asked.note, key=key_of(request, key),
    )  # fmt: skip
    return {"batch_no": done.batch_no}


@router.post("/merges", response=problems.responses(Written, 404, 409))
def merge(request: HttpRequest, asked: Merge, key: Key = "") -> dict[str, Any]:
    """Say that two codes are one customer."""
    done = merging.merge(
        actor_of(request), asked.customer, asked.into, on=asked.on, reason=asked.reason, key=key_of(request, key)
    )
    return {"batch_no": done.batch_no}


@router.post("/splits", response=problems.responses(Written, 404, 409))
def split(request: HttpRequest, asked: Split, key: Key = "") -> dict[str, Any]:
    """Take a merge back."""
    return {
        "batch_no": merging.split(
            actor_of(request), asked.customer, reason=asked.reason, key=key_of(request, key)
        ).batch_no
    }


@router.post("/descriptions", response=problems.responses(Written, 404))
def describe(request: HttpRequest, asked: Description, key: Key = "") -> dict[str, Any]:
    """Change what is said about a customer, as its next version. Answers with the version."""
    actor = actor_of(request)
    done = customers.change(
        actor, subjects.customer_of(actor, asked.customer), asked.fields, version=asked.version, reason=asked.reason,
        key=key_of(request, key),
    )  # fmt: skip
    return {"number": done.result["version"], "batch_no": done.batch_no}


def _subject(request: HttpRequest, asked: About) -> Any:
    if bool(asked.customer) == bool(asked.item):
        raise InputError("Name a customer or an item: one of the two.")
    actor = actor_of(request)
    return subjects.item_named(actor, asked.item) if asked.item else subjects.customer_of(actor, asked.customer)


def _item(row: dict[str, Any]) -> dict[str, Any]:
    currency, side = row["currency"], "debit" if row["is_debit"] else "credit"
    plain = ("customer_code", "number", "entity", "currency", "issued_on", "due_on", "dpd_days")
    amounts = {"amount": row["amount_minor"], "open": row["left_minor"], "disputed": row["disputed_minor"] or 0}
    return {name: row[name] for name in plain} | {
        "item": f"{row['entity']}/{side}/{row['number']}", "kind": str(row["kind"]),
        **{name: amount_text(minor, currency) for name, minor in amounts.items()},
    }  # fmt: skip


def _dispute(row: disputes.Disputed, currency: str) -> dict[str, Any]:
    return {
        "number": row.number, "opened_on": row.opened_on, "closed_on": row.closed_on,
        "amount": amount_text(row.amount_minor, currency), "reason": row.reason,
    }  # fmt: skip
