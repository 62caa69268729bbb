"""Importing ledger files into the store: one transaction, one effect however often it is repeated.

Read and type the files; hold them against what is on file under the ledger's lock; refuse or accept
rejects; append what is new and what is corrected; with a list of open items, close what vanished from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from seawall.engine.ledger.facts import FACT_TABLES
from seawall.engine.ledger.rejects import empty
from seawall.exchange.intake import ReadFiles, Remark
from seawall.exchange.mapping import Mapping as Mapped
from seawall.services import access, files, intake_insured, mappings
from seawall.services import intake_match as match
from seawall.services.access import Actor
from seawall.services.command import Done, Result, Write, execute, repeated
from seawall.services.files import RowsRejected
from seawall.services.intake_match import Matched
from seawall.services.intake_plan import (
    DISPUTE_SAYS,
    INSTALMENT_SAYS,
    Options,
    Plan,
    entities_of,
    plan,
    refuse_older_list,
)
from seawall.store import bulk, insured_on_file, locks, on_file, points, sources
from seawall.store import files as kept_files
from seawall.store.append import KEY, Appender
from seawall.store.asof import Of

Beside = Callable[[Write], None]
"""What else belongs to the write that takes rows: called under the ledger's lock before anything is compared."""

Then = Callable[[Write, Result], None]
"""What else one transaction writes, given what the import did."""


@dataclass(frozen=True)
class ImportResult:
    """What an import did, or would do.

    ``counts``: table → same / new / changed / vanished. ``closed``: documents that a list of open items closed.
    ``batch_no`` is None where nothing was written: a dry run, or nothing that was not on file.
    """

    counts: dict[str, dict[str, int]]
    closed: int = 0
    batch_no: int | None = None
    import_no: int | None = None
    """What the import is known by, for taking it back; None where nothing was written."""

    is_dry_run: bool = False
    rejects: pl.DataFrame = field(default_factory=empty)
    control: list[dict[str, Any]] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()

    @property
    def new_rows(self) -> int:
        """Rows of all tables that were not on file."""
        return sum(count["new"] for count in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "batch_no": self.batch_no, "import_no": self.import_no, "is_dry_run": self.is_dry_run,
            "counts": self.counts, "closed": self.closed, "rejects": self.rejects.height, "control": self.control,
        }  # fmt: skip


def commit_import(
    actor: Actor,
    paths: Sequence[Path],
    *,
    mapping: str | Path | Mapped | None = None,
    dry_run: bool = False,
    accept_rejects: bool = False,
    apply_corrections: bool = False,
    list_date: dt.date | None = None,
    control_total: Decimal | None = None,
    key: str = "",
) -> ImportResult:
    """Import files, wholly or not at all; the same files again, or their rows in another order, change nothing.

    Raises:
        NotPermitted: the actor may not import.
        NotFound: a file names an entity outside the actor's scope.
        FileRejected: a file cannot be read.
        RowsRejected: rows cannot be taken (also those that would change what is on file, unless
            ``apply_corrections``), and ``accept_rejects`` is not set.
        LockTimeout: somebody else is importing.
    """
    access.require(actor, access.IMPORT)
    used = None if mapping is None else mappings.found(mapping)
    read = files.read_tables(paths, mapping=used, list_date=list_date, control_total=control_total)
    options = Options(accept_rejects, apply_corrections, actor.where(access.IMPORT) is access.ALL)
    return commit_read(actor, read, options, dry_run=dry_run, key=key)


def commit_rows(
    actor: Actor,
    rows: Mapping[str, Sequence[Mapping[str, str]]],
    *,
    verb: str,
    origin: str,
    dry_run: bool = False,
    apply_corrections: bool = False,
    key: str = "",
    note: Mapping[str, Any] | None = None,
    beside: Beside | None = None,
    request: Mapping[str, Any] | None = None,
) -> ImportResult:
    """Take rows that no file holds (typed in, pushed, proposed), as if a ledger file of the same words had held them.

    ``rows``: table → rows in the words of ``docs/reference/ledger-files.md``, every value a text. They are kept by
    hash as files are, under ``<table>.<origin>.csv``. ``note`` goes into the audit entry. ``beside`` writes, or
    refuses, in the same transaction. ``request`` is what was asked, where the rows follow from more than that: a repeat
    under the same key must find the same request (:func:`repeated_rows`).

    Raises:
        NotPermitted: the actor may not do ``verb``.
        NotFound: a row names an entity outside the actor's scope.
        RowsRejected: rows cannot be taken.
        LockTimeout: somebody else is writing facts.
    """
    access.require(actor, verb)
    read = files.read_rows(rows, origin=origin)
    options = Options(False, apply_corrections, actor.where(verb) is access.ALL)
    return commit_read(
        actor, read, options, verb=verb, dry_run=dry_run, key=key, note=note or {}, beside=beside, request=request
    )


def repeated_rows(actor: Actor, verb: str, *, request: Mapping[str, Any], key: str) -> ImportResult | None:
    """What the same request did when it first came under its key; None where it is new.

    Raises:
        NotPermitted: the actor may not do ``verb``.
        IdempotencyMismatch: the key came before with another request, or from somebody else.
    """
    before = repeated(actor, verb, request=request, key=key)
    return None if before is None else _result(before)


def take_rows(write: Write, rows: Mapping[str, Sequence[Mapping[str, str]]], *, verb: str, origin: str) -> Result:
    """The same within a write that is under way and holds the ledger's lock, such as an approval's.

    Raises:
        NotFound: a row names an entity outside the actor's scope.
        RowsRejected: rows cannot be taken.
    """
    options = Options(describes_customers=False)
    return _Intake(write.actor, verb, files.read_rows(rows, origin=origin), options, {}).effect(write)


def commit_read(
    actor: Actor,
    read: ReadFiles,
    options: Options,
    *,
    verb: str = access.IMPORT,
    dry_run: bool = False,
    key: str = "",
    note: Mapping[str, Any] | None = None,
    beside: Beside | None = None,
    then: Then | None = None,
    request: Mapping[str, Any] | None = None,
) -> ImportResult:
    """Take what was read from files or rows, wholly or not at all; errors as of :func:`commit_import`.

    ``then`` writes what else belongs to the same transaction, given what the import did.
    """
    intake = _Intake(actor, verb, read, options, note or {}, beside, then)
    asked = request or {
        "files": sorted(source.sha256 for source in read.sources), "mapping": read.mapping and read.mapping.digest,
        "list_date": read.tables.list_date, "accept_rejects": options.accept_rejects,
        "apply_corrections": options.apply_corrections,
    }  # fmt: skip
    done = execute(actor, verb, intake.effect, request=asked, key=key, lock=[locks.LEDGER], dry_run=dry_run)
    return replace(_result(done), is_dry_run=dry_run, rejects=intake.rejects, remarks=read.remarks)


def _result(done: Done) -> ImportResult:
    return ImportResult(
        counts=done.result["counts"], closed=done.result["closed"], control=done.result["control"],
        batch_no=done.batch_no, import_no=None if done.batch_no is None else done.result["import_no"],
        is_dry_run=False, rejects=empty(),
    )  # fmt: skip


TOLD: Final = {
    access.ALLOCATION_CHANGE: "allocation.changed", access.DISPUTE_CHANGE: "dispute.changed",
    access.MATCH_CONFIRM: "receipt.matched", access.BILL_CHANGE: "bill.changed",
    access.WRITE_OFF_APPROVE: "write_off.changed", access.RECOVERY_RECORD: "write_off.changed",
    access.LIMIT_RECORD: "insurance.changed", access.INSURANCE_EVENT_RECORD: "insurance.changed",
    access.CLAIM_RECORD: "insurance.changed",
}  # fmt: skip
"""What webhooks hear of facts by the verb that brought them; of all others that the ledger changed."""


@dataclass
class _Intake:
    """One import under way, inside its transaction."""

    actor: Actor
    verb: str
    read: ReadFiles
    options: Options
    note: Mapping[str, Any]
    beside: Beside | None = None
    then: Then | None = None
    rejects: pl.DataFrame = field(default_factory=empty)

    def effect(self, write: Write) -> Result:
        """Everything between lock and audit entry.

        Raises:
            RowsRejected: rows cannot be taken, and that is not accepted.
        """
        entities = entities_of(self.read.tables)
        access.require(self.actor, self.verb, entities)
        if intake_insured.of_whole_company(self.read.tables):
            access.require_everywhere(self.actor, self.verb)
        if self.beside is not None:
            self.beside(write)
        refuse_older_list(self.read.tables)
        made = plan(self.read, self.options, write.write_no)
        self.rejects = made.rejects
        if made.rejects.height and not self.options.accept_rejects:
            raise RowsRejected(made.rejects)
        points.reached("planned")
        appender = Appender(write.write_no, {})
        new_entities = appender.entities(entities)
        result: Result = {
            "counts": made.counts, "closed": made.closed, "control": control_of(made), "import_no": write.write_no,
        }  # fmt: skip
        appender.files.update(self._record_files(write, made, entities))
        points.reached("sources")
        self._append(appender, made)
        write.changes.extend(appender.changes)
        if not self._has_effect(made, entities):
            write.change_nothing()
        elif self.then:
            self.then(write, result)
        name = TOLD.get(self.verb, "ledger.changed")
        write.announce(name, *entities, import_no=write.write_no, **_items_named(self.note))
        write.detail.update(
            result, files=[[source.name, source.sha256] for source in self.read.sources], rejects=self.rejects.height,
            new_entities=new_entities, basis=made.tables.basis, list_date=made.tables.list_date, **self.note,
        )  # fmt: skip
        return result

    def _record_files(self, write: Write, made: Plan, entities: list[str]) -> dict[str, int]:
        """Keep the files' bytes and record the files; gives their numbers by name."""
        naming = _naming_persons(made)
        for source in self.read.sources:
            kept_files.keep(source.original, source.sha256, names_persons=source.name in naming)
        mapping, taken = self.read.mapping, _rows_by_file(made)
        return sources.record(
            [
                (source.name, source.sha256, len(source.original), taken.get(source.name, 0))
                for source in self.read.sources
            ],
            import_no=write.write_no, at=write.at, basis=made.tables.basis, listed_on=made.tables.list_date,
            mapping=mapping.id if mapping else "", mapping_digest=mapping.digest if mapping else "",
            control=control_of(made), entities=entities, rejects=self.rejects,
        )  # fmt: skip

    def _append(self, appender: Appender, made: Plan) -> None:
        """New and corrected facts, in the order in which they name each other."""
        matched = made.matched
        appender.customers(matched["customers"].new, matched["customers"].changed)
        appender.contacts(match.new_contacts(made.tables.customers, made.on_file.customers))
        points.reached("customers")
        with bulk.first_load(matched["items"].new.height):
            added = appender.items(matched["items"].new, matched["items"].changed)
            points.reached("items")
            documents = pl.concat([made.on_file.items.select(added.columns), added])
            self._append_allocations(appender, matched["allocations"], documents)
        points.reached("allocations")
        for name, of, says in (
            ("instalments", Of.INSTALMENT, INSTALMENT_SAYS),
            ("disputes", Of.DISPUTE, DISPUTE_SAYS),
        ):
            appender.supersede(of, matched[name].ended, "corrected")
            appender.about_documents(name, match.of_documents(match.both(matched[name]), documents), *says)
        appender.supersede(Of.BILL, matched["bills"].ended, "corrected")
        appender.bills(match.of_documents(match.both(matched["bills"]), documents, is_debit=False))
        appender.bill_events(match.of_documents(matched["bill_events"].new, documents, is_debit=False))
        self._append_insured(appender, made, documents)
        appender.supersede(Of.CONTROL, matched["balances"].ended, "corrected")
        appender.control(match.both(matched["balances"]))
        appender.supersede(Of.RATE, matched["rates"].ended, "corrected")
        appender.rates(match.both(matched["rates"]))

    def _append_insured(self, appender: Appender, made: Plan, documents: pl.DataFrame) -> None:
        """What insurers decided and paid, under the numbers of customers and items."""
        found = [kept for kept in insured_on_file.KEPT if kept.table in made.matched]
        if not found:
            return
        customers = on_file.customers()
        owners = pl.concat([
            frame.select(*KEY, "customer_code") for frame in (made.on_file.items, made.tables.items)
        ]).unique(list(KEY))  # fmt: skip
        for kept in found:
            rows = match.both(made.matched[kept.table])
            appender.supersede(kept.of, made.matched[kept.table].ended, "corrected")
            appender.insured(kept.table, intake_insured.numbered(rows, customers, documents, owners))

    def _append_allocations(self, appender: Appender, matched: Matched, documents: pl.DataFrame) -> None:
        appender.supersede(Of.ALLOCATION, matched.ended, "corrected")
        if self.options.apply_corrections:
            appender.supersede(Of.ALLOCATION, matched.vanished, "withdrawn")
        rows = match.with_documents(match.both(matched).drop("debit_id", "credit_id"), documents)
        ever = on_file.next_occurrences(is_empty=bulk.is_empty("store_allocation"))
        if ever.height:
            rows = rows.join(ever, on=["debit_id", "credit_id", "allocated_on"], how="left", maintain_order="left")
            appender.allocations(rows.with_columns(pl.col("ever").fill_null(0)))
        else:
            appender.allocations(rows.with_columns(ever=pl.lit(0, pl.Int16)))

    def _has_effect(self, made: Plan, entities: list[str]) -> bool:
        """Whether anything is known now that was not before: a fact, an address, or that a list was seen."""
        if any(matched.has_changes for matched in made.matched.values()):
            return True
        if self.options.apply_corrections and len(made.matched["allocations"].vanished):
            return True
        if match.new_contacts(made.tables.customers, made.on_file.customers).height:
            return True
        return made.tables.basis == "open_items" and sources.is_first_list(made.tables.list_date, entities)


def _items_named(note: Mapping[str, Any]) -> dict[str, Any]:
    """What of an audit entry's note names items: codes, no words of persons."""
    return {name: note[name] for name in ("item", "credit", "debits", "recovery_of") if name in note}


def _naming_persons(made: Plan) -> set[str]:
    """The files that say addresses of persons."""
    customers = made.tables.customers
    if customers is None or "source_file" not in customers.columns:
        return set()
    return set(customers.filter(pl.col("email").is_not_null())["source_file"].drop_nulls())


def _rows_by_file(made: Plan) -> dict[str, int]:
    """How many rows of each file were taken; a file that holds several facts in a row counts each of them."""
    # A bill's row is counted with the items, as the credit document that it is.
    frames = [getattr(made.tables, name) for name in FACT_TABLES if name != "bills"]
    named = [frame["source_file"] for frame in frames if frame is not None and "source_file" in frame.columns]
    return dict(pl.concat(named).value_counts().iter_rows())


def control_of(made: Plan) -> list[dict[str, Any]]:
    """Control totals: what files say their items come to, beside what was taken; else what was taken alone."""
    if made.totals.height:
        return made.totals.to_dicts()
    signed = pl.when("is_debit").then("amount_minor").otherwise(-pl.col("amount_minor"))
    rows = made.tables.items.filter(pl.col("source_row").is_not_null())
    return rows.group_by("currency").agg(signed.sum().alias("taken_minor")).sort("currency").to_dicts()
