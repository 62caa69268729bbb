"""What makes rows of a ledger fit together: rules across tables, each pointing at the rows that break it.

Rows fall in the order customers, items, what refers to items; so a row that names a row which was not taken
is not taken either. The outcome does not depend on the order of rows in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from seawall.engine.kernel.table import Table
from seawall.engine.ledger.allocation_rules import (
    DOCUMENT_KEY,
    KNOWN_BILL_ALLOCATIONS,
    Ends,
    checked_allocations,
    looked_up,
)
from seawall.engine.ledger.bill_rules import (
    KNOWN_BILLS,
    KNOWN_EVENTS,
    as_items,
    checked_bills,
    checked_events,
    ends_of,
    taken_with_items,
)
from seawall.engine.ledger.facts import (
    BALANCE_FACTS,
    CUSTOMER_FACTS,
    DISPUTE_FACTS,
    INSTALMENT_FACTS,
    ITEM_FACTS,
    CanonicalTables,
    codes_of_insured,
    customers_from_codes,
    group_roots,
)
from seawall.engine.ledger.insured_facts import INSURED_TABLES, InsuredFacts
from seawall.engine.ledger.insured_rules import (
    Currencies,
    checked_claim_steps,
    checked_claims,
    checked_insurance_events,
    checked_limits,
    checked_recoveries,
    currencies_of,
)
from seawall.engine.ledger.keys import places
from seawall.engine.ledger.mark_rules import refuse_set_offs, with_retention_days
from seawall.engine.ledger.minor_units import in_minor, major, places_of, plain, through
from seawall.engine.ledger.rejects import Sieve, gathered
from seawall.engine.ledger.settling import cleared, closed_by_list

_KEY = DOCUMENT_KEY
_TERMS_DAYS = r"(?i)^(?:.*\bnet(?:to)?\s*|n\s*)?([0-9]{1,3})\s*(?:d|days?|天|日)?\s*(?:net(?:to)?)?$"
"""Terms that say a number of days: ``30``, ``30 days``, ``net 30``, ``N30``, ``2/10 net 30``, ``30天``."""

KNOWN_CUSTOMERS = {"customer_code": pl.String, "parent_code": pl.String}
KNOWN_ITEMS = {
    "entity": pl.String, "is_debit": pl.Boolean, "number": pl.String, "customer_code": pl.String,
    "currency": pl.String, "issued_on": pl.Date, "amount_minor": pl.Int64, "settled_minor": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What is on file already, for rows that refer to it.

    ``items.settled_minor`` is what allocations have settled (debit) or used (credit) that are not in the
    tables now being checked. Where an item is in both, the tables say what it is.
    """

    customers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KNOWN_CUSTOMERS))
    items: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KNOWN_ITEMS))
    bills: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KNOWN_BILLS))
    bill_events: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KNOWN_EVENTS))
    bill_allocations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=KNOWN_BILL_ALLOCATIONS))
    """What bills on file have settled; it is within ``items.settled_minor``, also where the bill has ended."""

    policy_currencies: Mapping[str, str] = field(default_factory=dict)
    """By code of an insurance policy: its currency."""

    limit_currencies: Mapping[str, str] = field(default_factory=dict)
    """The same as limits on file say it, where no policy does."""

    takes_codes: bool = False
    """Without a table of customers, whoever insurers decided on is a customer, also one without items."""


def checked(tables: CanonicalTables, *, known: Known | None = None) -> tuple[CanonicalTables, pl.DataFrame]:
    """The tables with amounts in minor units and without what cannot be taken, and the rejects."""
    known = known or Known()
    found: list[pl.DataFrame] = []
    customers = None if tables.customers is None else _customers(tables.customers, known, found)
    drawn = checked_bills(tables.bills, found)
    items = _items(as_items(tables.items, drawn), customers, known, found)
    bills = taken_with_items(drawn, items)
    events = checked_events(tables.bill_events, _known_bills(bills, items, known), known.bill_events, found)
    book = _book(items, known)
    ends = Ends(ends_of(events, known.bill_events), known.bill_allocations)
    allocations = checked_allocations(tables.allocations, book, _groups(customers, known), ends, found)
    disputes = _disputes(tables.disputes, book, found)
    whole = replace(
        tables,
        customers=customers,
        items=_undisputed_twice(items, disputes, found),
        allocations=allocations,
        instalments=_instalments(tables.instalments, book, items, found),
        disputes=disputes,
        balances=_balances(tables.balances, found),
        bills=bills,
        bill_events=events,
    )
    whole = _with_insured(whole, book, known, found)
    return closed_by_list(cleared(_as_listed(whole, known)), known.items).check(), gathered(found)


def _with_insured(
    tables: CanonicalTables, book: pl.DataFrame, known: Known, found: list[pl.DataFrame]
) -> CanonicalTables:
    """The tables, whose customers are checked, with what insurers decided and paid checked too."""
    if all(getattr(tables, name).is_empty() for name in INSURED_TABLES):
        return tables.with_insured(InsuredFacts())
    mine = book if tables.customers is None else tables.customers
    codes = pl.concat([mine["customer_code"], known.customers["customer_code"]]).unique()
    if tables.customers is None and known.takes_codes:
        codes = pl.concat([codes, codes_of_insured(tables)]).unique()
    limits = checked_limits(tables.insured_limits, codes, found)
    debits = book.filter("is_debit").select("entity", "number", "customer_code")
    currencies = Currencies(known.policy_currencies, {**known.limit_currencies, **currencies_of(limits)})
    insured = InsuredFacts(
        limits,
        checked_insurance_events(tables.insurance_events, codes, debits, found),
        checked_claims(tables.claims, codes, currencies, found),
        checked_recoveries(tables.claim_recoveries, codes, currencies, found),
        checked_claim_steps(tables.claim_steps, codes, currencies, found),
    )
    return tables.with_insured(insured)


def noted(said: CanonicalTables, taken: CanonicalTables) -> list[tuple[str, int]]:
    """What is worth saying about tables that were taken: codes of ``rejects.WARNINGS``, and how many rows."""
    is_debit, due = pl.col("is_debit"), pl.col("due_on")
    undated = is_debit & due.is_null() & pl.col("terms").str.extract(_TERMS_DAYS, 1).is_null()
    counts = {
        "due_before_issue": taken.items.select((is_debit & (due < pl.col("issued_on"))).sum()).item(),
        "due_from_issue": said.items.select(undated.sum()).item(),
        "customers_from_codes": customers_from_codes(taken).height if taken.customers is None else 0,
    }
    return [(code, count) for code, count in counts.items() if count]


def _as_listed(tables: CanonicalTables, known: Known) -> CanonicalTables:
    """Of a list of open items: what it shows is open; what an item once came to is kept if it is on file."""
    if tables.basis != "open_items":
        return tables
    before = known.items.select(*_KEY, before="amount_minor")
    rows = tables.items.join(before, on=_KEY, how="left", maintain_order="left")
    rows = rows.with_columns(
        pl.when(pl.col("open_minor").is_null())
        .then(pl.max_horizontal("amount_minor", "before"))
        .otherwise("amount_minor")
        .alias("amount_minor"),
        pl.coalesce("open_minor", "amount_minor").alias("open_minor"),
    )  # fmt: skip
    return replace(tables, items=rows.drop("before"))


def _finish(sieve: Sieve, table: Table, found: list[pl.DataFrame]) -> pl.DataFrame:
    found.extend(sieve.found)
    return sieve.kept.select(*table.columns)


def _customers(rows: pl.DataFrame, known: Known, found: list[pl.DataFrame]) -> pl.DataFrame:
    sieve = Sieve(rows)
    sieve.refuse_twins(["customer_code"], "customer_code", "duplicate_customer")
    if rows["parent_code"].null_count() < rows.height:
        others = known.customers.join(rows, on="customer_code", how="anti").select(*KNOWN_CUSTOMERS)
        family = pl.concat([rows.select(*KNOWN_CUSTOMERS), others]).unique("customer_code", keep="first")
        codes = family["customer_code"]
        _, has_root = group_roots(family)
        cyclic = codes.filter(pl.Series(~has_root))
        parent, code = pl.col("parent_code"), pl.col("customer_code")
        sieve.refuse(code.is_in(cyclic.implode()), "parent_code", "parent_cycle", code)
        sieve.refuse(~parent.is_in(codes.implode()), "parent_code", "unknown_parent", parent)
    kept = sieve.kept
    # A parent that was not taken takes its children's place in the group with it, not the children.
    lost = kept.filter(pl.col("parent_code").is_in(sieve.rows.filter(pl.Series(sieve.bad))["customer_code"].implode()))
    if lost.height:
        gone = pl.col("parent_code").is_in(lost["parent_code"].implode())
        sieve.refuse(gone, "parent_code", "unknown_parent", pl.col("parent_code"))
        found.extend(sieve.found)
        return _customers(sieve.kept, known, found)
    return _finish(sieve, CUSTOMER_FACTS, found)


def _items(rows: pl.DataFrame, customers: pl.DataFrame | None, known: Known, found: list[pl.DataFrame]) -> pl.DataFrame:
    names = {"amount": "amount_minor", "tax_amount": "tax_minor", "disputed_amount": "disputed_minor"}
    rows = rows.with_columns(places_of(rows["currency"]))
    rows, sieve = in_minor(rows, names | {"open_amount": "open_minor"}, found)
    sieve.refuse_twins(_KEY, "number", "duplicate")
    if customers is not None:
        codes = pl.concat([customers["customer_code"], known.customers["customer_code"]]).unique()
        code = pl.col("customer_code")
        sieve.refuse(~code.is_in(codes.implode()), "customer_code", "unknown_customer", code)
    for column, name in (
        ("tax_above", "tax_amount"),
        ("dispute_above", "disputed_amount"),
        ("open_above", "open_amount"),
    ):
        above = pl.col((names | {"open_amount": "open_minor"})[name]) > pl.col("amount_minor")
        sieve.refuse(above, name, column, plain(name), plain("amount"))
    refuse_set_offs(sieve)
    sieve.rows = _with_due_days(sieve.rows)
    return _finish(sieve, ITEM_FACTS, found)


def _with_due_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Due days: of a credit its day of issue; of a debit what the file says, else its terms, else the day of issue."""
    issued, due = pl.col("issued_on"), pl.col("due_on")
    if rows.select((pl.col("is_debit") & due.is_null()).any()).item():
        days = pl.col("terms").str.extract(_TERMS_DAYS, 1).cast(pl.Int32, strict=False)
        due = pl.coalesce(due, issued + pl.duration(days=days), issued)
    return rows.with_columns(
        pl.when("is_debit").then(due).otherwise(issued).alias("due_on"),
        pl.col("tax_minor").fill_null(0),
        pl.col("disputed_minor").fill_null(0),
    )


def _known_bills(bills: pl.DataFrame, items: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Every bill that an event may be about: those of the tables and those on file."""
    if bills.is_empty():
        return known.bills
    received = items.select("source_file", "source_row", received_on="issued_on")
    mine = bills.join(received, on=["source_file", "source_row"], how="left").select(*KNOWN_BILLS)
    return pl.concat([mine, known.bills.join(mine, on=["entity", "number"], how="anti")])


def _instalments(
    rows: pl.DataFrame, book: pl.DataFrame, items: pl.DataFrame, found: list[pl.DataFrame]
) -> pl.DataFrame:
    if rows.is_empty():
        return INSTALMENT_FACTS.empty()
    rows = with_retention_days(rows, items, found)
    rows = _about_debits(rows, book, "credit_instalments", found)
    rows, sieve = in_minor(rows, {"amount": "amount_minor"}, found)
    whole = pl.col("amount_minor").sum().over("entity", "number")
    differs = whole != pl.col("item_minor")
    total = pl.col("amount").sum().over("entity", "number")
    sieve.rows = sieve.rows.with_columns(total=total.cast(pl.Float64).cast(pl.String))
    sieve.refuse(differs, "amount", "instalments", pl.col("total"), major("item_minor", "places"))
    return _finish(sieve, INSTALMENT_FACTS, found)


def _disputes(rows: pl.DataFrame, book: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    if rows.is_empty():
        return DISPUTE_FACTS.empty()
    rows = _about_debits(rows, book, "dispute_credit", found)
    rows, sieve = in_minor(rows, {"amount": "amount_minor"}, found)
    above = pl.col("amount_minor") > pl.col("item_minor")
    sieve.refuse(above, "amount", "dispute_above", plain("amount"), major("item_minor", "places"))
    sieve.refuse(pl.col("closed_on") < pl.col("opened_on"), "closed_on", "dispute_days", pl.col("closed_on"))
    return _finish(sieve, DISPUTE_FACTS, found)


def _undisputed_twice(items: pl.DataFrame, disputes: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    """Items without an undated dispute where they have dated ones."""
    if disputes.is_empty() or not items["disputed_minor"].sum():
        return items
    dated = items.join(disputes.select("entity", "number").unique(), on=["entity", "number"], how="semi")
    twice = dated.filter(pl.col("is_debit"), pl.col("disputed_minor") > 0)
    sieve = Sieve(twice)
    sieve.refuse(pl.lit(value=True), "disputed_amount", "dispute_twice", pl.col("number"))
    found.extend(sieve.found)
    again = items.join(twice.select(_KEY).with_columns(twice=True), on=_KEY, how="left", maintain_order="left")
    kept = pl.when(pl.col("twice").is_null()).then("disputed_minor").otherwise(0)
    return again.with_columns(kept.cast(pl.Int64).alias("disputed_minor")).drop("twice")


def _balances(rows: pl.DataFrame, found: list[pl.DataFrame]) -> pl.DataFrame:
    if rows.is_empty():
        return BALANCE_FACTS.empty()
    rows = rows.with_columns(places_of(rows["currency"]))
    _, sieve = in_minor(rows, {"amount": "amount_minor"}, found)
    sieve.refuse_twins(["entity", "account", "currency", "on"], "account", "duplicate_balance")
    return _finish(sieve, BALANCE_FACTS, found)


def _about_debits(rows: pl.DataFrame, book: pl.DataFrame, on_credit: str, found: list[pl.DataFrame]) -> pl.DataFrame:
    """Rows about debit items, with the item's ``currency`` and ``item_minor``."""
    rows = looked_up(rows.rename({"number": "debit_number"}), book, "debit")
    sieve = Sieve(rows)
    lacking, elsewhere = pl.col("debit_currency").is_null(), pl.col("debit_elsewhere")
    sieve.refuse(lacking & elsewhere, "number", on_credit, pl.col("debit_number"))
    sieve.refuse(lacking & ~elsewhere, "number", "unknown_item", pl.col("debit_number"))
    rows = through(sieve, found)
    names = {"debit_number": "number", "debit_currency": "currency", "debit_places": "places"}
    return rows.rename(names).with_columns(item_minor=book["amount_minor"].gather(rows["debit_at"]))


def _book(items: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Every item that rows may refer to, those of the tables and those on file, with what is ``open`` of it."""
    mine = items.select(pl.col(name) for name in KNOWN_ITEMS if name != "settled_minor")
    if known.items.is_empty():
        book = mine.with_columns(settled_minor=pl.lit(0, pl.Int64))
    else:
        at = places(mine.select(_KEY), known.items.select(_KEY))
        book = mine.with_columns(settled_minor=known.items["settled_minor"].gather(at).fill_null(0))
        book = pl.concat([book, known.items.join(mine, on=_KEY, how="anti").select(*book.columns)])
    return book.with_columns(
        places_of(book["currency"]), (pl.col("amount_minor") - pl.col("settled_minor")).alias("open")
    )


def _groups(customers: pl.DataFrame | None, known: Known) -> pl.DataFrame | None:
    """Customer code and the code of its group's root."""
    mine = pl.DataFrame(schema=KNOWN_CUSTOMERS) if customers is None else customers.select(*KNOWN_CUSTOMERS)
    family = pl.concat([mine, known.customers.join(mine, on="customer_code", how="anti").select(*KNOWN_CUSTOMERS)])
    if family["parent_code"].null_count() == family.height:
        return None
    roots, _ = group_roots(family)
    return family.select("customer_code", group_code=family["customer_code"].gather(roots))
