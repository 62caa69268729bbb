"""What insurers decided and paid, by hand: a decision, an event, a payment, a recovery; and taking one back.

Each is taken as a row of the ledger files is: the same words, checks and rejects, and a source that is kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from seawall.engine.kernel.errors import InputError, NotFound, UnknownCode, Where
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.files import RowsRejected
from seawall.services.intake import ImportResult, commit_rows
from seawall.services.remarks import DOCUMENT_BYTES, NAME_MAX
from seawall.store import files as kept_files
from seawall.store import insured_on_file, locks
from seawall.store.append import Appender
from seawall.store.models import Document

ORIGIN: Final = "by-hand"
VERBS: Final = {
    "insured_limits": access.LIMIT_RECORD, "insurance_events": access.INSURANCE_EVENT_RECORD,
    "claims": access.CLAIM_RECORD, "claim_recoveries": access.CLAIM_RECORD,
    "claim_steps": access.CLAIM_RECORD,
}  # fmt: skip
"""The right each table needs."""

DAYS: Final = {
    "insured_limits": "decided_on", "insurance_events": "on", "claims": "date_of_loss",
    "claim_recoveries": "received_on", "claim_steps": "on",
}  # fmt: skip
"""The column that says on which day a fact of each table happened."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A fact that no longer counts; ``batch_no`` is None after a dry run."""

    table: str
    number: int
    batch_no: int | None


def record_fact(
    actor: Actor,
    table: str,
    said: Mapping[str, str],
    *,
    correct: bool = False,
    dry_run: bool = False,
    key: str = "",
    evidence: tuple[str, bytes] | None = None,
    rule: Callable[[], None] | None = None,
) -> ImportResult:
    """Record one fact in the words of its ledger file; an empty text says nothing.

    Without ``entity`` it is of the whole company, unless the actor works in one entity only. ``correct`` takes over
    what differs from the same fact on file. ``evidence`` is the name and bytes of a document that is kept with the
    customer in the same write, and named in the event's ``detail`` by its hash. ``rule`` refuses what the facts on file
    do not allow, under the ledger's lock.

    Raises:
        NotPermitted: the actor may not, or not for the whole company.
        NotFound: the entity or the customer lies outside the actor's scope.
        UnknownCode: there is no such table or column.
        InputError: the row cannot be taken; the code is that of the reject.
        LockTimeout: somebody else is writing facts.
    """
    verb = verb_of(table)
    access.require(actor, verb)
    row = {name: text.strip() for name, text in said.items() if text.strip()}
    row |= _entity(actor, verb, row)
    if (entity := row.get("entity")) and not subjects.is_entity(actor, entity):
        raise NotFound("There is no entity {entity} for you.", entity=entity, where=Where(column="entity"))
    if (code := row.get("customer_code", "")) and actor.entities is not access.ALL:
        subjects.customer_of(actor, code)  # who sees everything may speak of one without an account
    keeps: Callable[[Write], None] | None = None
    if evidence is not None:
        keeps, row["detail"] = _kept_beside(actor, row, evidence)
    named = ("customer_code", "policy", "kind", "event", "date_of_loss")
    about: dict[str, Any] = {name: row[name] for name in row if name in named}
    try:
        return commit_rows(
            actor, {table: [row]}, verb=verb, origin=ORIGIN, apply_corrections=correct, dry_run=dry_run, key=key,
            note=about, beside=_both(rule, keeps),
        )  # fmt: skip
    except RowsRejected as refused:
        first = refused.rejects.row(0, named=True)
        params = {name: first[name] for name in ("column", "value", "expected")}
        raise InputError(first["hint"], code=first["code"], where=Where(column=first["column"]), **params) from refused


def _both(rule: Callable[[], None] | None, keeps: Callable[[Write], None] | None) -> Callable[[Write], None]:
    def beside(write: Write) -> None:
        if rule is not None:
            rule()
        if keeps is not None:
            keeps(write)

    return beside


def take_back(actor: Actor, table: str, number: int, *, reason: str, dry_run: bool = False, key: str = "") -> TakenBack:
    """Take back a fact that was recorded by mistake: it no longer counts, and what was known before stays known then.

    Raises:
        NotPermitted: the actor may not, or not for the whole company.
        NotFound: there is no such fact for the actor.
        InputError: no reason is given.
        LockTimeout: somebody else is writing facts.
    """
    verb, why = verb_of(table), subjects.said(reason)
    access.require(actor, verb)

    def effect(write: Write) -> Result:
        rows = insured_on_file.standing(table).filter(pl.col("fact_id") == number)
        if rows.is_empty() or not _sees(actor, rows.row(0, named=True)):
            raise NotFound("There is no fact {number} of this kind.", number=number)
        fact = rows.row(0, named=True)
        _require_own(actor, verb, fact["entity"])
        Appender(write.write_no, {}).supersede(insured_on_file.BY_TABLE[table].of, [number], "withdrawn")
        entities = [fact["entity"]] if fact["entity"] else []
        write.announce("insurance.changed", *entities, table=table, taken_back=True)
        write.detail.update(table=table, fact=number, customer=fact["customer_code"], policy=fact["policy"], reason=why)
        return {"number": number}

    asked = {"take_back": number, "table": table, "reason": why}
    done = execute(actor, verb, effect, request=asked, key=key, lock=[locks.LEDGER], dry_run=dry_run)
    return TakenBack(table, number, done.batch_no)


def verb_of(table: str) -> str:
    """The right that a table needs.

    Raises:
        UnknownCode: there is no such table.
    """
    if table not in VERBS:
        raise UnknownCode(
            "There is no table {table} of insurance.", hint="Choose one of: {known}.", table=table,
            known=", ".join(VERBS),
        )  # fmt: skip
    return VERBS[table]


def facts_of(actor: Actor, table: str, *, customers: Collection[str] | None = None) -> pl.DataFrame:
    """The facts of a table that count now, as far as the actor sees them, with their numbers (``fact_id``).

    ``customers``: codes; None: everybody's.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    return seen(actor, insured_on_file.standing(table, customers))


def seen(actor: Actor, rows: pl.DataFrame) -> pl.DataFrame:
    """Facts as far as an actor sees them: of its entities, and the company's about customers of theirs."""
    entities = actor.entities
    if entities is access.ALL:
        return rows
    customers = insured_on_file.customers_of(sorted(entities))
    theirs = pl.col("entity").is_in(sorted(entities))
    about = pl.col("entity").is_null() & pl.col("customer_code").is_in(customers)
    return rows.filter((theirs | about).fill_null(value=False))


def _sees(actor: Actor, fact: Mapping[str, Any]) -> bool:
    entities = actor.entities
    if entities is access.ALL or fact["entity"] in entities:
        return True
    return fact["entity"] is None and fact["customer_code"] in insured_on_file.customers_of(sorted(entities))


def _require_own(actor: Actor, verb: str, entity: str | None) -> None:
    if entity is None:
        access.require_everywhere(actor, verb)
    else:
        access.require(actor, verb, [entity])


def _entity(actor: Actor, verb: str, row: Mapping[str, str]) -> dict[str, str]:
    """The only entity an actor works in, where the row names none."""
    where = actor.where(verb)
    return {"entity": next(iter(where))} if "entity" not in row and where is not access.ALL and len(where) == 1 else {}


def _kept_beside(actor: Actor, row: Mapping[str, str], evidence: tuple[str, bytes]) -> tuple[Any, str]:
    """What keeps a document in the same write, and the event's ``detail`` that names it."""
    name, content = evidence
    if not content or len(content) > DOCUMENT_BYTES:
        raise InputError("A document has between 1 byte and {most} MB.", most=DOCUMENT_BYTES // 2**20)
    customer = subjects.customer_of(actor, row.get("customer_code", ""))
    named = subjects.about(actor, access.DOCUMENT_ADD, customer)
    sha256 = hashlib.sha256(content).hexdigest()
    plain = " ".join(name.replace("\x00", "").split())[:NAME_MAX] or "document"

    def beside(write: Write) -> None:
        kept_files.keep(content, sha256, names_persons=False)
        Document.objects.create(
            **named, author=str(write.actor), write_no=write.write_no, recorded_at=write.at,
            about=Document.About.CUSTOMER, about_no=None, name=plain, sha256=sha256, bytes=len(content),
        )  # fmt: skip

    told = row.get("detail", "")
    return beside, f"{told} ({plain}, sha256 {sha256})".strip()


def day_text(day: dt.date | None) -> str:
    """A day as the ledger files write it; empty where there is none."""
    return day.isoformat() if day else ""
