"""What an import will do, worked out before anything is written: rows checked and held against what is on file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from seawall.engine.kernel.errors import InputError
from seawall.engine.ledger.fact_rules import checked
from seawall.engine.ledger.facts import CanonicalTables
from seawall.engine.ledger.insured_facts import INSURED_TABLES, InsuredFacts
from seawall.engine.ledger.insured_rules import Currencies
from seawall.engine.ledger.rejects import empty, gathered
from seawall.exchange.control import control_totals
from seawall.exchange.intake import ReadFiles
from seawall.services import intake_insured, wordings
from seawall.services import intake_match as match
from seawall.services.intake_bills import match_bill_events, match_bills
from seawall.services.intake_match import Matched, OnFile
from seawall.store import bills_on_file, bulk, insured_on_file, on_file, sources

INSTALMENT_SAYS = ("due_on", "amount_minor", "is_retention")
DISPUTE_SAYS = ("opened_on", "closed_on", "amount_minor", "reason")
_COLUMN_OF = {
    "customers": "customer_code", "items": "number", "allocations": "debit_number", "instalments": "number",
    "disputes": "number", "balances": "account", "rates": "from_currency", "bills": "number",
    "insured_limits": "customer_code", "claims": "customer_code", "claim_steps": "customer_code",
}  # fmt: skip
"""The column a reject of a table points at."""


@dataclass(frozen=True, slots=True)
class Options:
    """How an import treats what does not simply fit. ``describes_customers``: it may say what customers are.

    ``says_all``: who gives the tables reads a system whole, so that one without rows says that there is nothing.
    """

    accept_rejects: bool = False
    apply_corrections: bool = False
    describes_customers: bool = True
    says_all: bool = False


@dataclass(frozen=True)
class Plan:
    """The files' tables once checked, what is on file of them, and each table sorted; ``totals`` are control totals."""

    tables: CanonicalTables
    on_file: OnFile
    rejects: pl.DataFrame
    matched: dict[str, Matched]
    totals: pl.DataFrame

    @property
    def corrections(self) -> pl.DataFrame:
        """A reject for each row that would correct what is on file."""
        held = [(self.matched[table], column) for table, column in _COLUMN_OF.items() if table in self.matched]
        return pl.concat([match.rejects(matched, column) for matched, column in held])

    @property
    def closed(self) -> int:
        """How many documents are closed because a list of open items shows less of them, or nothing."""
        return int(self.matched["items"].new["source_row"].null_count())

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """By table: rows that are the same, new, changed, vanished."""
        return {name: matched.counts() for name, matched in self.matched.items()}


def entities_of(tables: CanonicalTables) -> list[str]:
    """Codes of our entities that any row names."""
    frames = (
        tables.items, tables.allocations, tables.instalments, tables.disputes, tables.balances, tables.bills,
        tables.bill_events,
    )  # fmt: skip
    return sorted({code for frame in frames for code in frame["entity"].unique()} | intake_insured.entities_of(tables))


def refuse_older_list(tables: CanonicalTables) -> None:
    """Let pass what is not a list of open items, and lists no older than those on file.

    Raises:
        InputError: a newer list is on file for one of the entities.
    """
    if tables.basis != "open_items" or tables.list_date is None:
        return
    newest = on_file.newest_lists()
    for entity in entities_of(tables):
        if entity in newest and tables.list_date < newest[entity]:
            raise InputError(
                "A list of {newest} is on file for {entity}; an earlier one cannot follow it.",
                code="older_list", newest=newest[entity], entity=entity,
            )  # fmt: skip


def plan(read: ReadFiles, options: Options, write_no: int) -> Plan:
    """Check and match; what may not be taken is among ``rejects``, and with them accepted the rest is done without.

    In a list of open items with refused rows, only what is listed is compared: a refused row must not look settled.
    """
    made = _Planner(read, options, write_no).made(read.tables)
    late = empty() if options.apply_corrections else made.corrections
    late = pl.concat([late, match.over_settled(made.matched, made.on_file)])
    rejects = gathered([made.rejects, late])
    if not rejects.height or not options.accept_rejects:
        return replace(made, rejects=rejects)
    is_list = read.tables.basis == "open_items"
    if not late.height and not is_list:
        return made
    again = _Planner(read, options, write_no, concludes=not is_list).made(_without(read.tables, rejects))
    return replace(again, rejects=gathered([again.rejects, rejects]).unique(maintain_order=True))


@dataclass(frozen=True, slots=True)
class _Planner:
    """``concludes``: what a list of open items leaves out is settled."""

    read: ReadFiles
    options: Options
    write_no: int
    concludes: bool = True

    def made(self, tables: CanonicalTables) -> Plan:
        present = _on_file(tables)
        known = match.known(present, tables, self._left_out(tables), _currencies(tables))
        good, rejects = checked(tables, known=known)
        totals, differing = control_totals(self.read.expected, good.items)
        if good.items["source_row"].null_count():  # documents that are concluded, and those they close
            present = _on_file(good)
        good = match.renumbered(good, present.items, self.write_no)
        rejects = gathered([self.read.rejects, rejects, differing, match.grown(good, known.items)])
        return Plan(good, present, rejects, self._matched(good, present), totals)

    def _left_out(self, tables: CanonicalTables) -> pl.DataFrame:
        """Documents on file with something open, of the entities of a list of open items."""
        if tables.basis != "open_items" or not self.concludes:
            return on_file.open_items([])
        ids = on_file.entities()
        return on_file.open_items([ids[code] for code in entities_of(tables) if code in ids])

    def _matched(self, good: CanonicalTables, present: OnFile) -> dict[str, Matched]:
        described = good.customers if self.options.describes_customers else None
        return {
            "customers": match.match_customers(described, good.items, present.customers),
            "items": match.match_items(good.items, present.items),
            "allocations": match.match_allocations(good.allocations, good.items, present, are_all=self._says_all()),
            "instalments": match.match_parts(good.instalments, INSTALMENT_SAYS, present.items, present.instalments),
            "disputes": match.match_parts(good.disputes, DISPUTE_SAYS, present.items, present.disputes),
            "balances": match.match_versions(
                good.balances, present.control, ("entity", "account", "currency", "on"), "amount_minor"
            ),
            "bills": match_bills(good.bills, good.items, present.bills),
            "bill_events": match_bill_events(good.bill_events, present.bill_events),
            "rates": match.match_versions(
                sources.with_source(good.rates), present.rates, ("from_currency", "to_currency", "on"), "rate"
            ),
            **intake_insured.match_insured(good, present.insured),
        }

    def _says_all(self) -> bool:
        """Whether a table of allocations without rows is one: given as such, and no row of it was rejected."""
        return self.options.says_all and "allocations" in self.read.names and not self.read.rejects.height


def _on_file(tables: CanonicalTables) -> OnFile:
    """What is on file about the documents that the tables name."""
    is_empty = bulk.is_empty("store_item")
    if not is_empty:
        on_file.speak_of(match.document_keys(tables, on_file.entities()))
    return OnFile(
        customers=on_file.customers(),
        items=on_file.items(is_empty=is_empty),
        allocations=on_file.allocations(is_empty=is_empty),
        instalments=on_file.instalments(is_empty=is_empty),
        disputes=on_file.disputes(is_empty=is_empty),
        control=on_file.control(),
        bills=bills_on_file.bills(),
        bill_events=bills_on_file.bill_events(),
        rates=on_file.rates(),
        insured=intake_insured.on_file(tables),
    )


def _currencies(tables: CanonicalTables) -> Currencies | None:
    """What is on file of the currencies of policies, where rows need them."""
    if not (tables.claims.height or tables.claim_recoveries.height or tables.claim_steps.height):
        return None
    return Currencies(wordings.currencies(), insured_on_file.limit_currencies())


def _without(tables: CanonicalTables, rejects: pl.DataFrame) -> CanonicalTables:
    """The tables without the rows that rejects point at."""
    at = rejects.select(source_file="file", source_row="row")

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        if "source_row" not in frame.columns:
            return frame
        return frame.join(at, on=["source_file", "source_row"], how="anti", maintain_order="left")

    insured = InsuredFacts.of({name: kept(getattr(tables, name)) for name in INSURED_TABLES})
    return replace(
        tables.with_insured(insured),
        customers=None if tables.customers is None else kept(tables.customers),
        items=kept(tables.items),
        allocations=kept(tables.allocations),
        instalments=kept(tables.instalments),
        disputes=kept(tables.disputes),
        balances=kept(tables.balances),
        bills=kept(tables.bills),
        bill_events=kept(tables.bill_events),
        rates=kept(tables.rates),
    )
