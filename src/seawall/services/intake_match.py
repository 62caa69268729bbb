"""Rows of a file held against what is on file: same, new, changed, vanished.

What a file is silent about it does not change: an empty cell leaves what is on file. Everything here is
pure: frames in, frames out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from seawall.engine.ledger.allocation_rules import KNOWN_BILL_ALLOCATIONS
from seawall.engine.ledger.bill_rules import KNOWN_BILLS, KNOWN_EVENTS
from seawall.engine.ledger.bills import ENDED
from seawall.engine.ledger.fact_rules import Known
from seawall.engine.ledger.facts import CUSTOMER_FACTS, CanonicalTables
from seawall.engine.ledger.insured_rules import Currencies
from seawall.engine.ledger.keys import places
from seawall.engine.ledger.rejects import REASONS, VALUE_LENGTH, empty
from seawall.store import contact_keys
from seawall.store.append import KEY
from seawall.store.on_file import CUSTOMER_SAYS, ITEM_AMOUNTS, ITEM_DETAILS

ITEM_SAYS: Final = ("kind", "customer_code", "currency", *ITEM_AMOUNTS, *ITEM_DETAILS)
_ALLOCATED: Final = ["debit_id", "credit_id", "allocated_on"]
_NUMBERS: Final = ("fact_id", "version", "document_id", "customer_id", "is_described")


@dataclass(frozen=True)
class OnFile:
    """What is on file about the documents a file speaks of."""

    customers: pl.DataFrame
    items: pl.DataFrame
    allocations: pl.DataFrame
    instalments: pl.DataFrame
    disputes: pl.DataFrame
    control: pl.DataFrame
    rates: pl.DataFrame
    bills: pl.DataFrame
    bill_events: pl.DataFrame
    insured: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """Limits, events, claims and recoveries by table, where the files hold any."""

    @property
    def ended_bills(self) -> pl.Series:
        """Documents of bills that bounced or went back: what they settled is open again."""
        events = self.bill_events
        return events.filter(pl.col("event").cast(pl.String).is_in(ENDED))["document_id"]


@dataclass(frozen=True)
class Matched:
    """One table, sorted. ``changed`` carries the number and version of the fact it replaces, and ``is_correction``.

    ``ended`` are the facts that the changed rows replace; ``vanished`` those on file that the file lacks.
    """

    new: pl.DataFrame
    changed: pl.DataFrame
    same: int
    ended: pl.Series = field(default_factory=lambda: pl.Series("fact_id", [], dtype=pl.Int64))
    vanished: pl.Series = field(default_factory=lambda: pl.Series("fact_id", [], dtype=pl.Int64))

    @property
    def has_changes(self) -> bool:
        """Whether anything is new or changed."""
        return bool(self.new.height or self.changed.height)

    def counts(self) -> dict[str, int]:
        """How many rows of each sort; documents that no row holds, concluded from a list, are not among them."""
        new = self.new.height
        if "number" in self.new.columns or "debit_number" in self.new.columns:
            new -= self.new["source_row"].null_count()
        return {"same": self.same, "new": new, "changed": self.changed.height, "vanished": len(self.vanished)}


def document_keys(tables: CanonicalTables, entities: Iterable[str]) -> pl.DataFrame:
    """The documents (entity, side, number) that any row of the files names; ``entities`` are those on file."""
    parts = [tables.items.select(KEY)]
    for rows, number, is_debit in (
        (tables.allocations, "debit_number", True),
        (tables.allocations, "credit_number", False),
        (tables.instalments, "number", True),
        (tables.disputes, "number", True),
        (tables.bills, "number", False),
        (tables.bill_events, "number", False),
    ):
        if rows.height:
            parts.append(rows.select("entity", pl.lit(is_debit).alias("is_debit"), pl.col(number).alias("number")))
    named = tables.insurance_events["item_number"].drop_nulls().unique()
    if len(named):  # an event may leave open whose item it is
        everywhere = pl.DataFrame({"entity": list(entities)}, schema={"entity": pl.String})
        numbers = pl.DataFrame({"number": named}).select(pl.lit(value=True).alias("is_debit"), "number")
        parts.append(everywhere.join(numbers, how="cross"))
    return pl.concat(parts).unique()


def known(
    on_file: OnFile, tables: CanonicalTables, open_items: pl.DataFrame, currencies: Currencies | None = None
) -> Known:
    """What rules across tables must know: customers, and documents with what stays settled of them.

    ``open_items``: further documents on file that a list of open items speaks of by leaving them out.
    """
    customers = _families(on_file.customers)
    bills, events = on_file.bills.select(*KNOWN_BILLS), on_file.bill_events.select(*KNOWN_EVENTS)
    said = currencies or Currencies()
    whole = Known(
        customers=customers, bills=bills, bill_events=events, policy_currencies=said.of_policies,
        limit_currencies=said.of_limits,
    )  # fmt: skip
    if not on_file.items.height and not open_items.height:
        return whole
    staying = _numbered(on_file).join(
        tables.allocations.select("entity", "debit_number", "credit_number", "allocated_on").unique(),
        on=["entity", "debit_number", "credit_number", "allocated_on"],
        how="anti",
    )
    items = on_file.items.join(_settled(staying), on="document_id", how="left")
    items = items.with_columns(pl.col("settled_minor").fill_null(0))
    others = open_items.join(items, on="document_id", how="anti")
    columns = (*KEY, "customer_code", "currency", "issued_on", "amount_minor", "settled_minor")
    return replace(
        whole,
        items=pl.concat([items.select(columns), others.select(columns)]),
        bill_allocations=_by_bills(staying, on_file),
    )


def _by_bills(allocations: pl.DataFrame, on_file: OnFile) -> pl.DataFrame:
    """What bills on file have settled of the documents spoken of."""
    bills = on_file.bills.select("entity", credit_id="document_id", credit_number="number")
    debits = on_file.items.select(debit_id="document_id", debit_number="number")
    rows = allocations.drop("entity", "debit_number", "credit_number").join(bills, on="credit_id")
    return rows.join(debits, on="debit_id").select(*KNOWN_BILL_ALLOCATIONS)


def _families(customers: pl.DataFrame) -> pl.DataFrame:
    """Customers with the one each belongs to; a merged code belongs to the customer it is."""
    return customers.select("customer_code", pl.coalesce("merged_into", "parent_code").alias("parent_code"))


def renumbered(tables: CanonicalTables, on_file: pl.DataFrame, write_no: int) -> CanonicalTables:
    """The tables with a number of their own for concluded documents whose number an equal list of the day has used."""
    is_concluded = pl.col("source_row").is_null()
    taken = tables.items.filter(is_concluded).join(on_file.select(KEY), on=KEY, how="semi")
    if tables.basis != "open_items" or not taken.height:
        return tables
    new = {number: f"{number}+{write_no}" for number in taken["number"]}

    def fresh(name: str) -> pl.Expr:
        return pl.when(is_concluded).then(pl.col(name).replace(new)).otherwise(name).alias(name)

    return replace(
        tables,
        items=tables.items.with_columns(fresh("number")),
        allocations=tables.allocations.with_columns(fresh("debit_number"), fresh("credit_number")),
    )


def grown(tables: CanonicalTables, known_items: pl.DataFrame) -> pl.DataFrame:
    """Rejects for rows of a list of open items with more open than is on file."""
    if tables.basis != "open_items":
        return empty()
    said = tables.allocations.filter(pl.col("source_row").is_not_null())
    used = pl.concat([
        said.select("entity", pl.lit(side == "debit").alias("is_debit"), number=f"{side}_number", used_minor=amount)
        for side, amount in (("debit", "amount_minor"), ("credit", "credit_minor"))
    ]).group_by(KEY).agg(pl.col("used_minor").sum())  # fmt: skip
    rows = tables.items.join(known_items.select(*KEY, "settled_minor"), on=KEY).join(used, on=KEY, how="left")
    left = pl.col("amount_minor") - pl.col("settled_minor") - pl.col("used_minor").fill_null(0)
    more = rows.filter(left < pl.col("open_minor"))
    return refused(more, "open_amount", "open_grew", pl.col("number"), left) if more.height else empty()


def _numbered(on_file: OnFile) -> pl.DataFrame:
    """Allocations on file with the entity and numbers of the documents, where both are spoken of."""
    if not on_file.allocations.height:
        nothing = dict.fromkeys(("entity", "debit_number", "credit_number"), pl.String)
        return on_file.allocations.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in nothing.items())
    sides = {
        side: on_file.items.select(
            pl.col("document_id").alias(f"{side}_id"),
            pl.col("number").alias(f"{side}_number"),
            *(["entity"] if side == "debit" else []),
        )
        for side in ("debit", "credit")
    }
    rows = on_file.allocations.join(sides["debit"], on="debit_id", how="left")
    return rows.join(sides["credit"], on="credit_id", how="left")


def _settled(allocations: pl.DataFrame) -> pl.DataFrame:
    """By document: what allocations settle (debit) or use (credit) of it."""
    both = [
        allocations.select(document_id=f"{side}_id", settled_minor=amount)
        for side, amount in (("debit", "amount_minor"), ("credit", "credit_minor"))
    ]
    return pl.concat(both).group_by("document_id").agg(pl.col("settled_minor").sum())


def match_customers(rows: pl.DataFrame | None, items: pl.DataFrame, on_file: pl.DataFrame) -> Matched:
    """Customers of the file, and codes on items that nobody described.

    A first description of a customer known by its code alone is no correction.
    """
    described = CUSTOMER_FACTS.empty() if rows is None else rows
    codes = items.select("customer_code").unique()
    bare = codes.join(described, on="customer_code", how="anti").join(on_file, on="customer_code", how="anti")
    new = described.join(on_file, on="customer_code", how="anti")
    both = beside(described, on_file, ["customer_code"], CUSTOMER_SAYS)
    changed = both.filter(pl.col("differs") != "").with_columns(is_correction=pl.col("is_described") == 1)
    new = pl.concat([new, bare.with_columns(name="customer_code")], how="diagonal")
    return Matched(new, changed, both.height - changed.height, changed["fact_id"])


def match_items(rows: pl.DataFrame, on_file: pl.DataFrame) -> Matched:
    """Documents of the file by their key."""
    new = rows.join(on_file.select(KEY), on=KEY, how="anti", maintain_order="left") if on_file.height else rows
    both = beside(rows, on_file, list(KEY), ITEM_SAYS)
    changed = both.filter(pl.col("differs") != "").with_columns(is_correction=pl.lit(value=True))
    return Matched(new, changed, both.height - changed.height, changed["fact_id"])


def match_versions(rows: pl.DataFrame, on_file: pl.DataFrame, key: tuple[str, ...], says: str) -> Matched:
    """Facts with a key and one value: balances of control accounts, exchange rates."""
    new = rows.join(on_file, on=key, how="anti").with_columns(version=pl.lit(None, pl.Int16))
    both = beside(rows, on_file, list(key), (says,))
    changed = both.filter(pl.col("differs") != "").with_columns(is_correction=pl.lit(value=True))
    return Matched(new, changed, both.height - changed.height, changed["fact_id"])


def beside(
    rows: pl.DataFrame, on_file: pl.DataFrame, key: list[str], says: tuple[str, ...], *, nulls_equal: bool = False
) -> pl.DataFrame:
    """Rows that are on file, their silences filled from there; ``differs`` names what is not the same."""
    numbers = [name for name in _NUMBERS if name in on_file.columns]
    before = on_file.select(*key, *numbers, *(pl.col(name).alias(f"{name}_before") for name in says))
    both = rows.join(before, on=key, how="inner", maintain_order="left", nulls_equal=nulls_equal)
    both = both.with_columns(pl.coalesce(name, f"{name}_before").alias(name) for name in says)
    marks = [pl.when(pl.col(name).ne_missing(pl.col(f"{name}_before"))).then(pl.lit(name)) for name in says]
    differs = pl.concat_str(marks, separator=", ", ignore_nulls=True).alias("differs")
    return both.with_columns(differs).drop(f"{name}_before" for name in says)


def match_allocations(rows: pl.DataFrame, listed: pl.DataFrame, on_file: OnFile, *, are_all: bool = False) -> Matched:
    """Allocations as multisets by pair and day; ``listed`` are the documents of the file.

    ``are_all``: no rows say that nothing settles anything; else they say nothing.

    Rows whose documents are both on file carry their numbers; the others are new.
    """
    before = on_file.allocations
    rows = with_documents(rows, on_file.items)
    if not before.height or not (rows.height or are_all):
        return Matched(rows, rows.head(0).with_columns(is_correction=pl.lit(value=True)), 0)
    amounts = [*_ALLOCATED, "amount_minor", "credit_minor"]
    rows, before = (frame.with_columns(nth=pl.int_range(pl.len()).over(amounts)) for frame in (rows, before))
    left = rows.join(before, on=[*amounts, "nth"], how="anti", maintain_order="left").drop("nth")
    gone = before.join(rows, on=[*amounts, "nth"], how="anti").drop("nth")
    changed = left.join(gone, on=_ALLOCATED, how="semi", maintain_order="left")
    new = left.join(gone, on=_ALLOCATED, how="anti", maintain_order="left")
    ended = gone.join(changed, on=_ALLOCATED, how="semi")
    vanished = _within(gone.join(ended, on="fact_id", how="anti"), listed, on_file.items)
    changed = changed.with_columns(is_correction=pl.lit(value=True))
    return Matched(new, changed, rows.height - left.height, ended["fact_id"], vanished["fact_id"])


def with_documents(rows: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """Allocations with ``debit_id`` and ``credit_id`` of the documents that are there; empty of others."""
    for side in ("debit", "credit"):
        ids = _numbers(rows, documents, f"{side}_number", is_debit=side == "debit")
        rows = rows.with_columns(ids.alias(f"{side}_id"))
    return rows


def of_documents(rows: pl.DataFrame, documents: pl.DataFrame, *, is_debit: bool = True) -> pl.DataFrame:
    """Instalments, disputes, bills or events of bills with ``document_id`` of their document."""
    return rows.with_columns(_numbers(rows, documents, "number", is_debit=is_debit).alias("document_id"))


def _numbers(rows: pl.DataFrame, documents: pl.DataFrame, number: str, *, is_debit: bool) -> pl.Series:
    """For each row, the ``document_id`` of the document it names on one side; empty where there is none."""
    if rows.is_empty():
        return documents["document_id"].head(0)
    side = documents.filter("is_debit" if is_debit else ~pl.col("is_debit"))
    return side["document_id"].gather(places(rows.select("entity", number), side.select("entity", "number")))


def _within(allocations: pl.DataFrame, listed: pl.DataFrame, on_file: pl.DataFrame) -> pl.DataFrame:
    """Allocations between two documents that are both in the file."""
    ids = on_file.join(listed.select(KEY), on=KEY, how="semi")["document_id"].implode()
    return allocations.filter(pl.col("debit_id").is_in(ids), pl.col("credit_id").is_in(ids))


def match_parts(rows: pl.DataFrame, says: tuple[str, ...], items: pl.DataFrame, on_file: pl.DataFrame) -> Matched:
    """Instalments or disputes: those of a document all together, since one alone has no key.

    A dispute that was open and now has a closing day goes on, and another may be added; neither is a correction.
    """
    ids = items.filter("is_debit").select("entity", "number", "document_id")
    rows = rows.join(ids, on=["entity", "number"], how="left", maintain_order="left")
    before = on_file.join(rows, on="document_id", how="semi")
    new = rows.join(before, on="document_id", how="anti", maintain_order="left")
    rows = rows.join(before, on="document_id", how="semi", maintain_order="left")
    key = ["document_id", *says]
    nth = pl.int_range(pl.len()).over(key).alias("nth")
    rows, before = rows.with_columns(nth), before.with_columns(nth)
    left, gone = (
        one.join(other, on=[*key, "nth"], how="anti", nulls_equal=True)
        for one, other in ((rows, before), (before, rows))
    )
    differing = pl.concat([left.select("document_id"), gone.select("document_id")]).unique()
    went_on = [name for name in says if name != "closed_on"]
    still_open = gone.filter(pl.col("closed_on").is_null()) if "closed_on" in says else gone.head(0)
    replaced = gone.join(
        still_open.join(left, on=["document_id", *went_on], how="semi", nulls_equal=True), on="fact_id", how="anti"
    )
    is_whole = "closed_on" not in says
    corrected = differing if is_whole else replaced
    changed = rows.join(differing, on="document_id", how="semi", maintain_order="left").drop("nth")
    is_correction = pl.col("document_id").is_in(corrected["document_id"].implode())
    ended = before.join(differing, on="document_id", how="semi")["fact_id"]
    return Matched(new, changed.with_columns(is_correction=is_correction), rows.height - changed.height, ended)


def rejects(matched: Matched, column: str) -> pl.DataFrame:
    """A reject for each row that would correct what is on file."""
    rows = matched.changed.filter("is_correction")
    differs = "differs" if "differs" in rows.columns else "amount_minor"
    expected = pl.col(differs) if differs == "differs" else pl.lit("amount")
    return refused(rows, column, "changed", pl.col(column), expected) if rows.height else empty()


def refused(rows: pl.DataFrame, column: str, code: str, value: pl.Expr, expected: pl.Expr) -> pl.DataFrame:
    """One reject for each row, for a reason of ``engine.ledger.rejects.REASONS``."""
    return rows.select(
        file=pl.col("source_file").fill_null(""),
        row="source_row",
        column=pl.lit(column),
        code=pl.lit(code),
        value=value.cast(pl.String).fill_null("").str.head(VALUE_LENGTH),
        expected=expected.cast(pl.String).fill_null("").str.head(VALUE_LENGTH),
        hint=pl.lit(REASONS[code]),
    )


def both(matched: Matched) -> pl.DataFrame:
    """New and changed rows together."""
    return pl.concat([matched.new, matched.changed], how="diagonal") if matched.changed.height else matched.new


def new_contacts(customers: pl.DataFrame | None, on_file: pl.DataFrame) -> pl.DataFrame:
    """Customers whose address is not on file, with its digest; nobody who was erased comes back by a file."""
    if customers is None:
        return pl.DataFrame(schema=dict.fromkeys(("customer_code", "email", "digest"), pl.String))
    said = customers.filter(pl.col("email").is_not_null()).select("customer_code", "email")
    said = said.with_columns(digest=pl.Series(contact_keys.digests(said["email"]), dtype=pl.String))
    before = on_file.select("customer_code", "addresses")
    known = pl.col("addresses").fill_null("").str.split(" ").list.contains(pl.col("digest"))
    return said.join(before, on="customer_code", how="left").filter(~known)


def over_settled(matched: dict[str, Matched], on_file: OnFile) -> pl.DataFrame:
    """Rejects for corrected documents that would be less than what is settled of them."""
    changed = matched["items"].changed
    if not changed.height:
        return empty()
    ended = pl.concat([matched["allocations"].ended, matched["allocations"].vanished])
    is_void = pl.col("credit_id").is_in(on_file.ended_bills.implode())
    staying = on_file.allocations.filter(~pl.col("fact_id").is_in(ended.implode()), ~is_void)
    added = both(matched["allocations"]).select("debit_id", "credit_id", "amount_minor", "credit_minor")
    settled = _settled(pl.concat([staying.select(added.columns), added]))
    over = changed.join(settled, on="document_id").filter(pl.col("amount_minor") < pl.col("settled_minor"))
    return refused(over, "amount", "below_settled", pl.col("number"), pl.col("settled_minor"))
