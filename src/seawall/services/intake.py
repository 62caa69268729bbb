"""Importing ledger files into the store: one transaction, one effect however often it is repeated.

Read and type the files; hold them against what is on file under the ledger's lock; refuse or accept
rejects; append what is new and what is corrected; with a list of open items, close what vanished from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from seawall.engine.kernel.errors import InputError
from seawall.engine.ledger.fact_rules import checked
from seawall.engine.ledger.facts import CanonicalTables
from seawall.engine.ledger.rejects import empty
from seawall.exchange.intake import ReadFiles, Remark
from seawall.exchange.sources import found
from seawall.services import access, command, files
from seawall.services import intake_match as match
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.files import RowsRejected
from seawall.services.intake_match import Matched, OnFile
from seawall.services.open_list import closing
from seawall.store import bulk, locks, on_file, sources
from seawall.store import files as kept_files
from seawall.store.append import Appender
from seawall.store.asof import Of

INSTALMENT_SAYS = ("due_on", "amount_minor")
DISPUTE_SAYS = ("opened_on", "closed_on", "amount_minor", "reason")


@dataclass(frozen=True)
class ImportResult:
    """What an import did, or would do.

    ``counts``: table → same / new / changed / vanished. ``closed``: documents that a list of open items closed.
    ``batch_no`` is None where nothing was written: a dry run, or nothing that was not on file.
    """

    counts: dict[str, dict[str, int]]
    closed: int = 0
    batch_no: int | None = None
    is_dry_run: bool = False
    rejects: pl.DataFrame = field(default_factory=empty)
    control: dict[str, dict[str, int]] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()

    @property
    def new_rows(self) -> int:
        """Rows of all tables that were not on file."""
        return sum(count["new"] for count in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {
            "batch_no": self.batch_no, "is_dry_run": self.is_dry_run, "counts": self.counts, "closed": self.closed,
            "rejects": self.rejects.height, "control": self.control,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How an import treats what does not simply fit."""

    accept_rejects: bool = False
    apply_corrections: bool = False


def commit_import(
    actor: Actor,
    paths: Sequence[Path],
    *,
    mapping: str | Path | None = None,
    dry_run: bool = False,
    accept_rejects: bool = False,
    apply_corrections: bool = False,
    list_date: dt.date | None = None,
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
    read = files.read_tables(paths, mapping=mapping, list_date=list_date)
    intake = _Intake(actor, read, tuple(found(paths)), str(mapping or ""), Options(accept_rejects, apply_corrections))
    asked = {
        "files": sorted(source.sha256 for source in read.sources), "mapping": intake.mapping,
        "list_date": read.tables.list_date, "accept_rejects": accept_rejects, "apply_corrections": apply_corrections,
    }  # fmt: skip
    done = execute(actor, access.IMPORT, intake.effect, request=asked, key=key, lock=[locks.LEDGER], dry_run=dry_run)
    return ImportResult(
        counts=done.result["counts"], closed=done.result["closed"], control=done.result["control"],
        batch_no=done.batch_no, is_dry_run=dry_run, rejects=intake.rejects, remarks=read.remarks,
    )  # fmt: skip


@dataclass
class _Plan:
    """The files' tables once checked and held against what is on file."""

    tables: CanonicalTables
    on_file: OnFile
    rejects: pl.DataFrame
    matched: dict[str, Matched]

    @property
    def corrections(self) -> pl.DataFrame:
        """A reject for each row that would correct what is on file."""
        columns = {
            "customers": "customer_code", "items": "number", "allocations": "debit_number", "instalments": "number",
            "disputes": "number", "balances": "account", "rates": "from_currency",
        }  # fmt: skip
        return pl.concat([match.rejects(self.matched[table], column) for table, column in columns.items()])


@dataclass
class _Intake:
    """One import under way, inside its transaction."""

    actor: Actor
    read: ReadFiles
    paths: tuple[Path, ...]
    mapping: str
    options: Options
    rejects: pl.DataFrame = field(default_factory=empty)

    def effect(self, write: Write) -> Result:
        """Everything between lock and audit entry."""
        tables = self.read.tables
        if tables.basis == "open_items" and tables.list_date is None:
            raise InputError("A list of open items needs its day.", hint="Give it with --list-date.", code="list_date")
        entities = _entities(tables)
        access.require(self.actor, access.IMPORT, entities)
        self._refuse_older_list(tables, entities)
        plan = self._plan(tables)
        self._refuse(plan.rejects)
        appender = Appender(write.write_no, {})
        new_entities = appender.entities(entities)
        control = _control(plan.tables)
        appender.files.update(self._sources(write, plan, entities, control))
        command.at_point("sources")
        self._append(appender, plan)
        closed = self._close(appender, plan) if tables.basis == "open_items" else 0
        counts = {name: matched.counts() for name, matched in plan.matched.items()}
        if not self._has_effect(plan, closed, entities):
            write.change_nothing()
        write.detail.update(
            files=[[source.name, source.sha256] for source in self.read.sources], counts=counts, closed=closed,
            control=control, rejects=self.rejects.height, new_entities=new_entities, basis=tables.basis,
            list_date=tables.list_date,
        )  # fmt: skip
        return {"counts": counts, "closed": closed, "control": control}

    def _refuse(self, rejects: pl.DataFrame) -> None:
        """Stop at rejects, unless they are accepted.

        Raises:
            RowsRejected: there are some.
        """
        self.rejects = pl.concat([self.rejects, rejects])
        if rejects.height and not self.options.accept_rejects:
            raise RowsRejected(self.rejects)

    def _refuse_older_list(self, tables: CanonicalTables, entities: list[str]) -> None:
        if tables.basis != "open_items" or tables.list_date is None:
            return
        newest = on_file.newest_lists()
        for entity in entities:
            if entity in newest and tables.list_date < newest[entity]:
                raise InputError(
                    "A list of {newest} is on file for {entity}; an earlier one cannot follow it.",
                    code="older_list", newest=newest[entity], entity=entity,
                )  # fmt: skip

    def _plan(self, tables: CanonicalTables) -> _Plan:
        """Check and match; what may not be corrected is refused, and the rest then done again without it."""
        early = self.read.rejects.filter(~((pl.col("code") == "missing_table") & _has_rows(tables)))
        present = self._on_file(tables)
        plan = self._matched(tables, present, early)
        late = plan.corrections if not self.options.apply_corrections else empty()
        late = pl.concat([late, match.over_settled(plan.matched, present)])
        if not late.height:
            return plan
        if not self.options.accept_rejects:
            return replace(plan, rejects=pl.concat([plan.rejects, late]))
        again = self._matched(_without(tables, late), present, early)
        return replace(again, rejects=pl.concat([again.rejects, late]))

    def _on_file(self, tables: CanonicalTables) -> OnFile:
        """What is on file about the documents the files name."""
        is_empty = bulk.is_empty("store_item")
        if not is_empty:
            on_file.speak_of(match.document_keys(tables))
        return OnFile(
            customers=on_file.customers(),
            items=on_file.items(is_empty=is_empty),
            allocations=on_file.allocations(is_empty=is_empty),
            instalments=on_file.instalments(is_empty=is_empty),
            disputes=on_file.disputes(is_empty=is_empty),
            control=on_file.control(),
            rates=on_file.rates(),
        )

    def _matched(self, tables: CanonicalTables, present: OnFile, early: pl.DataFrame) -> _Plan:
        good, rejects = checked(tables, known=match.known(present, tables))
        described = good.customers if access.ALL is self.actor.where(access.IMPORT) else None
        matched = {
            "customers": match.match_customers(described, good.items, present.customers),
            "items": match.match_items(good.items, present.items),
            "allocations": match.match_allocations(good.allocations, good.items, present),
            "instalments": match.match_parts(good.instalments, INSTALMENT_SAYS, present.items, present.instalments),
            "disputes": match.match_parts(good.disputes, DISPUTE_SAYS, present.items, present.disputes),
            "balances": match.match_versions(
                good.balances, present.control, ("entity", "account", "currency", "on"), "amount_minor"
            ),
            "rates": match.match_versions(
                sources.with_source(good.rates), present.rates, ("from_currency", "to_currency", "on"), "rate"
            ),
        }
        return _Plan(good, present, pl.concat([early, rejects]), matched)

    def _sources(
        self, write: Write, plan: _Plan, entities: list[str], control: dict[str, dict[str, int]]
    ) -> dict[str, int]:
        """Keep the files' bytes and record the files; gives their numbers by name."""
        for path, source in zip(self.paths, self.read.sources, strict=True):
            kept_files.keep(path, source.sha256)
        return sources.record(
            [(source.name, source.sha256, len(source.data)) for source in self.read.sources],
            import_no=write.write_no, at=write.at, mapping=self.mapping, basis=plan.tables.basis,
            listed_on=plan.tables.list_date, rows=plan.tables.items.height, control=control, entities=entities,
            rejects=self.rejects,
        )  # fmt: skip

    def _append(self, appender: Appender, plan: _Plan) -> None:
        """New and corrected facts, in the order in which they name each other."""
        matched = plan.matched
        appender.customers(matched["customers"].new, matched["customers"].changed)
        appender.contacts(match.new_contacts(plan.tables.customers, plan.on_file.customers))
        command.at_point("customers")
        added = appender.items(matched["items"].new, matched["items"].changed)
        command.at_point("items")
        documents = pl.concat([plan.on_file.items.select(added.columns), added])
        self._append_allocations(appender, matched["allocations"], documents)
        command.at_point("allocations")
        for name, table, of, says in (
            ("instalments", "store_instalment", Of.INSTALMENT, INSTALMENT_SAYS),
            ("disputes", "store_dispute", Of.DISPUTE, DISPUTE_SAYS),
        ):
            self._append_parts(appender, matched[name], documents, (table, of, says))
        appender.supersede(Of.CONTROL, matched["balances"].ended, "corrected")
        appender.control(match.both(matched["balances"]))
        appender.supersede(Of.RATE, matched["rates"].ended, "corrected")
        appender.rates(match.both(matched["rates"]))

    def _append_allocations(self, appender: Appender, matched: Matched, documents: pl.DataFrame) -> None:
        appender.supersede(Of.ALLOCATION, matched.ended, "corrected")
        if self.options.apply_corrections:
            appender.supersede(Of.ALLOCATION, matched.vanished, "withdrawn")
        rows = match.both(matched).drop("debit_id", "credit_id")
        rows = match.with_documents(rows, documents)
        ever = on_file.next_occurrences(is_empty=bulk.is_empty("store_allocation"))
        if ever.height:
            rows = rows.join(ever, on=["debit_id", "credit_id", "allocated_on"], how="left")
            appender.allocations(rows.with_columns(pl.col("ever").fill_null(0)))
        else:
            appender.allocations(rows.with_columns(ever=pl.lit(0, pl.Int16)))

    def _append_parts(
        self, appender: Appender, matched: Matched, documents: pl.DataFrame, kind: tuple[str, Of, tuple[str, ...]]
    ) -> None:
        table, of, says = kind
        appender.supersede(of, matched.ended, "corrected")
        ids = documents.filter("is_debit").select("entity", "number", "document_id")
        rows = match.both(matched).drop("document_id").join(ids, on=["entity", "number"], how="left")
        appender.about_documents(table, rows, *says)

    def _close(self, appender: Appender, plan: _Plan) -> int:
        """Close what vanished from a list of open items, wholly or in part; returns how many documents."""
        on = plan.tables.list_date
        assert on is not None  # noqa: S101 - refused before
        open_before = on_file.open_items(list({appender.entity_ids[code] for code in _entities(plan.tables)}))
        found_closed = closing(open_before, plan.tables.items, on)
        grown = found_closed.grown
        self._refuse(match.refused(grown, "open_amount", "open_grew", pl.col("number"), pl.col("was_minor")))
        added = appender.items(sources.without(found_closed.items), plan.on_file.items.head(0))
        documents = pl.concat([open_before.select(added.columns), added])
        rows = match.with_documents(found_closed.allocations, documents)
        appender.allocations(rows.with_columns(ever=pl.lit(0, pl.Int16)))
        command.at_point("closed")
        return found_closed.allocations["debit_number"].n_unique()

    def _has_effect(self, plan: _Plan, closed: int, entities: list[str]) -> bool:
        """Whether anything is known now that was not before: a fact, an address, or that a list was seen."""
        if closed or any(matched.has_changes for matched in plan.matched.values()):
            return True
        if self.options.apply_corrections and len(plan.matched["allocations"].vanished):
            return True
        if match.new_contacts(plan.tables.customers, plan.on_file.customers).height:
            return True
        return plan.tables.basis == "open_items" and sources.is_first_list(plan.tables.list_date, entities)


def _entities(tables: CanonicalTables) -> list[str]:
    frames = (tables.items, tables.allocations, tables.instalments, tables.disputes, tables.balances)
    return sorted({code for frame in frames for code in frame["entity"].unique()})


def _has_rows(tables: CanonicalTables) -> bool:
    frames = (tables.customers, tables.allocations, tables.disputes, tables.instalments, tables.balances, tables.rates)
    return any(frame is not None and frame.height for frame in frames)


def _without(tables: CanonicalTables, rejects: pl.DataFrame) -> CanonicalTables:
    """The tables without the rows that rejects point at."""
    at = rejects.select(source_file="file", source_row="row")

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        if "source_row" not in frame.columns:
            return frame
        return frame.join(at, on=["source_file", "source_row"], how="anti", maintain_order="left")

    return replace(
        tables,
        customers=None if tables.customers is None else kept(tables.customers),
        items=kept(tables.items),
        allocations=kept(tables.allocations),
        instalments=kept(tables.instalments),
        disputes=kept(tables.disputes),
        balances=kept(tables.balances),
        rates=kept(tables.rates),
    )


def _control(tables: CanonicalTables) -> dict[str, dict[str, int]]:
    """Control totals of what was taken: by currency the sum of debit and of credit items, in minor units."""
    sums = tables.items.group_by("currency", "is_debit").agg(pl.col("amount_minor").sum()).sort("currency", "is_debit")
    found_totals: dict[str, dict[str, int]] = {}
    for currency, is_debit, amount in sums.iter_rows():
        found_totals.setdefault(currency, {})["debit_minor" if is_debit else "credit_minor"] = amount
    return found_totals
