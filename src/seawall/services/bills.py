"""What happens to bills in the store: an event is recorded, or the last one is taken back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.engine.ledger.bills import NEXT
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.exposures import Exposures
from seawall.services.files import RowsRejected
from seawall.services.intake import ImportResult, commit_rows
from seawall.services.reading import Reading
from seawall.store import bills_on_file, locks
from seawall.store.append import Appender
from seawall.store.asof import Of


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The event that no longer counts; ``batch_no`` is None after a dry run."""

    event: str
    batch_no: int | None


@dataclass(frozen=True)
class BillFile:
    """One bill: what it says and where it stands, its history, what it settled, and what may happen next."""

    bill: dict[str, Any]
    events: pl.DataFrame
    """``event``, ``on``, counterparty, note, source_file, source_row: oldest first, the receipt of it among them."""

    settled: pl.DataFrame
    """``on``, number and currency of the debit, amount_minor; what it settled, also where that was taken back."""

    @property
    def next_events(self) -> tuple[str, ...]:
        """What may happen to it next."""
        return NEXT[self.bill["state"]]


def bill_file(reading: Reading, found: Exposures, *, entity: str, number: str) -> BillFile:
    """The file of one bill; ``found`` is the exposure of the same reading, opened with details.

    Raises:
        NotFound: there is no such bill by the day, or its entity is not the reader's.
    """
    rows = found.bills.filter(pl.col("entity") == entity, pl.col("number") == number)
    if rows.is_empty():
        raise NotFound("There is no bill {number}.", number=number)
    bill, ledger, on = rows.row(0, named=True), reading.ledger, reading.as_of.on
    items = ledger.items
    said = ledger.bill_events.filter(
        pl.col("item_id") == bill["item_id"], pl.col("on") <= on, pl.col("event") != "received"
    )
    first = pl.DataFrame({
        "event": ["received"], "on": [bill["received_on"]], "counterparty": [bill["name"]], "note": [None],
        "source_file": [items["source_file"][bill["item_id"]]], "source_row": [items["source_row"][bill["item_id"]]],
    })  # fmt: skip
    events = pl.concat(
        [first, said.drop("item_id").with_columns(pl.col("event").cast(pl.String))], how="vertical_relaxed"
    )
    used = ledger.allocations.filter(
        pl.col("credit_id") == bill["item_id"], pl.col("amount_minor") > 0, pl.col("allocated_on") <= on
    )
    debits = items[used["debit_id"].to_numpy()]
    settled = used.select(pl.col("allocated_on").alias("on"), "amount_minor").with_columns(
        debits["number"], debits["payment_method"], ledger.accounts["currency"].gather(debits["account_id"])
    )
    is_own = pl.col("payment_method").fill_null("") != "bill_ended"
    return BillFile(bill, events, settled.filter(is_own).drop("payment_method").sort("on", "number"))


def record_event(
    actor: Actor,
    *,
    entity: str,
    number: str,
    event: str,
    on: dt.date,
    counterparty: str = "",
    note: str = "",
    dry_run: bool = False,
    key: str = "",
) -> ImportResult:
    """Record what happened to a bill on a day, under the rules of the file ``bill_events``.

    Raises:
        NotPermitted: the actor may not change bills.
        NotFound: there is no such bill, or its entity lies outside the actor's scope.
        InputError: no such event, or it cannot have happened, given what did; the code is that of the reject.
        LockTimeout: somebody else is writing facts.
    """
    access.require(actor, access.BILL_CHANGE)
    _bill(actor, entity, number)
    if event not in NEXT or event == "received":
        raise InputError("There is no event {event} of a bill.", event=event)
    row = {
        "entity": entity, "bill_number": number, "event": event, "on": on.isoformat(), "counterparty": counterparty,
        "note": note,
    }  # fmt: skip
    about = {"bill": number, "event": event, "on": on.isoformat()}
    rows = {"bill_events": [row]}
    try:
        return commit_rows(
            actor, rows, verb=access.BILL_CHANGE, origin="by-hand", dry_run=dry_run, key=key, note=about
        )  # fmt: skip
    except RowsRejected as refused:
        said = refused.rejects.row(0, named=True)
        params = {name: said[name] for name in ("column", "value", "expected")}
        raise InputError(said["hint"], code=said["code"], **params) from refused


def take_back(actor: Actor, *, entity: str, number: str, dry_run: bool = False, key: str = "") -> TakenBack:
    """Take back the last event of a bill: it was recorded by mistake.

    Raises:
        NotPermitted: the actor may not change bills.
        NotFound: there is no such bill, or its entity lies outside the actor's scope.
        InputError: nothing happened to it yet.
        LockTimeout: somebody else is writing facts.
    """
    access.require(actor, access.BILL_CHANGE)

    def effect(write: Write) -> Result:
        document_id = _bill(actor, entity, number)["document_id"]
        events = bills_on_file.bill_events().filter(pl.col("document_id") == document_id)
        if events.is_empty():
            raise InputError("Nothing has happened to the bill {number} yet.", number=number)
        last = events.sort("on", pl.col("event").to_physical()).row(-1, named=True)
        Appender(write.write_no, {}).supersede(Of.BILL_EVENT, [last["fact_id"]], "withdrawn")
        taken = {"bill": number, "entity": entity, "event": last["event"], "on": last["on"].isoformat()}
        write.detail.update(taken, taken_back=True)
        write.announce("bill.changed", entity, bill=number, taken_back=True)
        return taken

    asked = {"take_back": number, "entity": entity}
    done = execute(
        actor, access.BILL_CHANGE, effect, request=asked, key=key, lock=[locks.LEDGER], dry_run=dry_run
    )  # fmt: skip
    return TakenBack(str(done.result["event"]), done.batch_no)


def _bill(actor: Actor, entity: str, number: str) -> dict[str, Any]:
    """The bill as it stands.

    Raises:
        NotFound: there is none, or the actor may not change those of its entity: it is not said which.
    """
    where = actor.where(access.BILL_CHANGE)
    rows = bills_on_file.bills().filter(pl.col("entity") == entity, pl.col("number") == number)
    if rows.is_empty() or (where is not access.ALL and entity not in where):
        raise NotFound("There is no bill {number}.", number=number)
    return rows.row(0, named=True)
