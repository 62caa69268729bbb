"""What the desk's operations are asked, and what they answer with."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from seawall.api.v1.asking import FIRST_DAY, LAST_DAY, After, Buckets, Limit, Question, Text
from seawall.api.v1.shapes import Amount, Currency

On = Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Code = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
Maybe = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=400, description="ENTITY/debit/NUMBER or ENTITY/credit/NUMBER.")]
Number = Annotated[int, Field(ge=1, le=2**53)]


class About(Schema):
    """A customer by its code, or an item by its name: one of the two."""

    customer: Annotated[str, Field(max_length=200)] = ""
    item: Annotated[str, Field(max_length=400, description="ENTITY/debit/NUMBER or ENTITY/credit/NUMBER.")] = ""


class ItemRow(Schema):
    """One item as it stands on the day."""

    item: str
    customer_code: str
    kind: str
    number: str
    entity: str
    currency: Currency
    issued_on: dt.date
    due_on: dt.date
    dpd_days: int | None
    amount: Amount
    open: Amount
    disputed: Amount


class Items(Schema):
    """Items, oldest due first; `open` sums all pages by currency."""

    as_of: dt.date
    known: int
    open: dict[str, Amount]
    rows: list[ItemRow]
    next: str | None


class ItemsQuestion(Question):
    """What the list is narrowed to."""

    customer: Text = ""
    kind: Text = ""
    state: Literal["", "open", "overdue", "disputed", "settled"] = ""
    number: Text = ""
    due_from: On | None = None
    due_to: On | None = None
    amount_from: Text = ""
    amount_to: Text = ""
    after: After = ""
    limit: Limit = 100


class StatementQuestion(Buckets):
    """Whose statement, and from which day; without a day, of the year."""

    since: On | None = None


class Statement(Schema):
    """A statement of account; each account in its own currency."""

    company: str
    customer: dict[str, str | None]
    since: dt.date
    as_of: dt.date
    known: int
    buckets: list[str]
    accounts: list[dict[str, Any]]


class Events(Schema):
    """What happened, newest first."""

    rows: list[dict[str, Any]]
    next: str | None


class TimelineQuestion(Question, About):
    """Whose timeline, and of which kind."""

    kind: Text = ""
    after: After = ""
    limit: Limit = 100


class NewDocument(About):
    """What a file belongs to: a customer or an item, of which perhaps a dispute or a task; a task may stand alone."""

    dispute: Number | None = None
    task: Number | None = None


class DocumentRow(Schema):
    """A file that is kept; `about_no` is the number of the dispute or task it belongs to."""

    number: int = Field(validation_alias="pk")
    name: str
    about: str
    about_no: int | None
    bytes: int
    sha256: str
    author: str
    recorded_at: dt.datetime


class DocumentRows(Schema):
    """Documents, newest first."""

    rows: list[DocumentRow]


class Note(About):
    """A note to write."""

    text: Words


class NewTask(About):
    """A task to give."""

    title: Words
    due_on: On
    assignee: Annotated[str, Field(max_length=150)] = ""


class TaskChange(Schema):
    """A task's next version; what is null stays."""

    version: Number
    is_done: bool | None = None
    due_on: On | None = None
    assignee: Annotated[str, Field(max_length=150)] | None = None


class Task(Schema):
    """A task as it stands."""

    number: int
    version: int
    title: str
    due_on: dt.date
    assignee: str
    is_done: bool
    author: str


class Tasks(Schema):
    """Tasks, soonest due first."""

    rows: list[Task]


class Rest(Schema):
    """Let chasing rest until a day; without a day it goes on."""

    customer: Code
    until_on: On | None = None
    reason: Words


class NewDispute(Schema):
    """A dispute to open."""

    item: Name
    on: On
    amount: Amount
    reason: Code
    note: Maybe = ""


class DisputeEnd(Schema):
    """A dispute to close: `on` is the first day it is no longer open."""

    item: Name
    on: On
    note: Maybe = ""


class Dispute(Schema):
    """A dispute as it stands."""

    number: int
    opened_on: dt.date
    closed_on: dt.date | None
    amount: Amount
    reason: str


class Disputes(Schema):
    """An item's disputes, oldest first."""

    rows: list[Dispute]


class NewAllocations(Schema):
    """A credit to be used: number of each debit item and the amount."""

    credit: Name
    on: On
    amounts: Annotated[dict[Code, Amount], Field(min_length=1, max_length=500)]


class Offer(Schema):
    """An open item, and how much of the credit is proposed for it."""

    number: str
    due_on: dt.date
    open: Amount
    proposed: Amount


class Offers(Schema):
    """Open items a credit could be used for, oldest due first."""

    rows: list[Offer]


class Withdrawal(Schema):
    """An allocation to take back."""

    item: Name
    allocation: Number
    reason: Words


class NewWriteOff(Schema):
    """A write-off to put before a second person; `document` is the number of the evidence."""

    item: Name
    amount: Amount
    on: On
    reason: Words
    document: Number | None = None


class NewRecovery(Schema):
    """Money that came in for what was written off."""

    write_off: Name
    amount: Amount
    on: On
    receipt: Annotated[str, Field(max_length=200)] = ""
    note: Maybe = ""


class Merge(Schema):
    """Two codes that are one customer."""

    customer: Code
    into: Code
    on: On
    reason: Words


class Split(Schema):
    """A code that stands for itself again."""

    customer: Code
    reason: Words


class Description(Schema):
    """What a customer is said to be; an empty text takes a field away, and what is not named stays."""

    customer: Code
    version: Number
    fields: Annotated[dict[Code, Annotated[str, Field(max_length=200)]], Field(max_length=20)]
    reason: Maybe = ""


class Written(Schema):
    """What a write made: the number of the row or proposal, and of the batch where facts were added."""

    number: int | None = None
    batch_no: int | None = None


class OffersQuestion(Question):
    """The credit that is to be used."""

    credit: Name
