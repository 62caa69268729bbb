"""A mapping at work: the rows of a company's own file as canonical tables, still with the file's row numbers."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from seawall.engine.ledger.facts import AMOUNT, CLEARINGS
from seawall.engine.ledger.items import CREDIT_KINDS, DEBIT_KINDS
from seawall.engine.ledger.rejects import Sieve, gathered
from seawall.exchange.csv import RawTable, clean_header
from seawall.exchange.formats import days, is_negative, narrow, plain_amount
from seawall.exchange.mapping import Amount, Cell, Cleared, Kind, Mapping, Settled, Test
from seawall.exchange.tables import Forms, typed

_SIDE = "\x00side"
_NOTHING = r"^[-+0.,\s]*$"


@dataclass(frozen=True)
class Applied:
    """What a file became: canonical tables by name (amounts as decimals), rejects, and its totals row."""

    tables: dict[str, pl.DataFrame]
    rejects: pl.DataFrame
    total: pl.DataFrame
    """Of the totals row: ``amount`` (debit less credit) and ``open_amount``; no row where the file has none."""


def applied(mapping: Mapping, raw: RawTable) -> Applied:
    """The canonical tables of a raw one."""
    reader = _Rows(mapping, raw)
    rows, total = reader.without_totals()
    if mapping.is_once:
        rows = rows.unique(reader.columns_read(), keep="first", maintain_order=True)
    tables: dict[str, pl.DataFrame] = {}
    if mapping.items:
        items = reader.typed("items", reader.items(rows))
        tables |= reader.settled(mapping.settled, rows, items) if mapping.settled else {"items": items}
        if mapping.cleared:
            tables["clearings"] = reader.clearings(mapping.cleared, rows)
    for name, columns in mapping.others.items():
        cells = reader.columns(rows, columns)
        tables[name] = reader.typed(name, _once_each(cells) if name == "customers" else cells)
    return Applied(tables, gathered([raw.rejects, *reader.found]), total)


def _once_each(cells: pl.DataFrame) -> pl.DataFrame:
    """One row for each customer code; where rows differ, the first in alphabetical order counts, column by column."""
    if "customer_code" not in cells.columns:
        return cells
    others = [name for name in cells.columns if name != "customer_code"]
    rows = cells.filter(pl.col("customer_code").fill_null("") != "")
    return rows.group_by("customer_code").agg(pl.col(others).min()).sort("source_row")


class _Rows:
    """One raw table under one mapping: looks columns up by header and collects what it cannot take."""

    def __init__(self, mapping: Mapping, raw: RawTable) -> None:
        self.mapping, self.raw = mapping, raw
        self.names = {clean_header(name): name for name in raw.frame.columns}
        self.found: list[pl.DataFrame] = []
        self.forms = Forms(mapping.dates, mapping.numbers)

    def column(self, cell: Cell) -> pl.Expr | None:
        """The text of a cell; None if the file has none of its columns."""
        if cell.constant is not None:
            return pl.lit(cell.constant)
        if cell.join:
            parts = [self.column(part) for part in cell.join]
            known = [part for part in parts if part is not None]
            return pl.concat_str(known, separator=cell.between, ignore_nulls=True) if len(known) == len(parts) else None
        header = next(
            (self.names[clean_header(name)] for name in cell.headers if clean_header(name) in self.names), None
        )
        if header is None:
            return None
        text = pl.col(header).cast(pl.String).str.strip_chars()
        return self.translated(pl.when(text != "").then(text), cell)

    @staticmethod
    def translated(text: pl.Expr, cell: Cell) -> pl.Expr:
        if not cell.values:
            return text
        default = {"keep": text, None: "\x00" + text}.get(cell.otherwise, pl.lit(cell.otherwise))
        return text.replace_strict(
            list(cell.values), list(cell.values.values()), default=default, return_dtype=pl.String
        )

    def columns_read(self) -> list[str]:
        """The file's columns that the mapping reads."""
        first = ([name for name in map(clean_header, each) if name in self.names][:1] for each in self.mapping.columns)
        return list(dict.fromkeys(self.names[name] for names in first for name in names))

    def columns(self, rows: pl.DataFrame, cells: dict[str, Cell]) -> pl.DataFrame:
        """The named columns, as far as the file has them; values nobody translated are rejected."""
        known = {name: text for name, cell in cells.items() if (text := self.column(cell)) is not None}
        frame = rows.select(*(text.alias(name) for name, text in known.items()), "source_row")
        return self.without_unmapped(
            frame, [name for name in known if cells[name].values and cells[name].otherwise is None]
        )

    def without_unmapped(self, frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
        sieve = Sieve(frame.with_columns(source_file=pl.lit(self.raw.file)))
        for name in names:
            value = pl.col(name).str.strip_prefix("\x00")
            sieve.refuse(pl.col(name).str.starts_with("\x00"), name, "unmapped_value", value)
        self.found += sieve.found
        return sieve.kept.drop("source_file")

    def where(self, test: Test) -> pl.Expr:
        """The rows a test means; none where the file lacks the column."""
        text = self.column(test.cell)
        if text is None:
            return pl.lit(value=False)
        plain = text.fill_null("")
        meant = plain.is_in(list(test.one_of))
        for start in test.starts:
            meant |= plain.str.starts_with(start)
        return meant | (plain == "") if test.empty else meant

    def without_totals(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that are documents, and what the totals row says."""
        rows = self.raw.frame
        totals = (
            rows.filter(pl.any_horizontal(self.where(test) for test in self.mapping.totals))
            if self.mapping.totals
            else rows.clear()
        )
        drop = [self.where(test) for test in (*self.mapping.totals, *self.mapping.skip)]
        if drop:
            rows = rows.filter(~pl.any_horizontal(drop))
        return rows, self.total(totals.tail(1))

    def total(self, row: pl.DataFrame) -> pl.DataFrame:
        """The amounts of the totals row, debit less credit, as decimals."""
        found = {
            name: value
            for name, amount in (("amount", self.mapping.amount), ("open_amount", self.mapping.open_amount))
            if amount and (value := self.signed(amount)) is not None
        }
        return row.select(**found)

    def signed(self, amount: Amount) -> pl.Expr | None:
        """An amount as a decimal: one column, or debit less credit."""
        texts = [self.column(cell) for cell in (amount.cell, amount.debit, amount.credit) if cell]
        known = [
            plain_amount(text, self.mapping.numbers).cast(AMOUNT, strict=False) for text in texts if text is not None
        ]
        if len(known) < len(texts):
            return None
        return known[0] if amount.cell else known[0].fill_null(0) - known[1].fill_null(0)

    def items(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Items as text, with kind and amount worked out from marks, sides and signs."""
        cells = self.columns(rows, self.mapping.items)
        rows = rows.join(cells.select("source_row"), on="source_row", how="semi")
        cells, rows = self.with_amounts(rows, cells)
        cells = cells.with_columns(self.kinds(rows, cells[_SIDE]))
        if self.mapping.disputed:
            disputed = _of(rows, self.where(self.mapping.disputed))
            whole = pl.when(disputed).then(pl.col("amount"))
            cells = cells.with_columns(disputed_amount=whole)
        return cells.drop(_SIDE)

    def with_amounts(self, rows: pl.DataFrame, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Cells with ``amount``, ``open_amount`` and the side; rows whose side cannot be told are rejected."""
        sieve = Sieve(rows.with_columns(source_file=pl.lit(self.raw.file)))
        texts, side = self.sided(sieve, self.mapping.amount)
        side = self.marked(sieve, side)
        open_texts, _ = self.sided(Sieve(sieve.rows), self.mapping.open_amount)
        frame = cells.with_columns(
            side.alias(_SIDE),
            *(part.alias(name) for name, part in (("amount", texts), ("open_amount", open_texts)) if part is not None),
        )
        if self.mapping.amount and self.mapping.amount.negative != "reject" and texts is not None:
            frame = _signs_as_sides(frame, self.mapping.amount.negative)
        self.found += sieve.found
        keep = pl.Series(~sieve.bad)
        return frame.filter(keep), rows.filter(keep)

    def marked(self, sieve: Sieve, side: pl.Series) -> pl.Series:
        """The side by the file's mark for it, where it has one."""
        rule = self.mapping.side
        mark = self.column(rule.cell) if rule else None
        if rule is None or mark is None:
            return side
        marks = dict.fromkeys(rule.debit, "debit") | dict.fromkeys(rule.credit, "credit")
        text = _of(sieve.rows, mark)
        named = text.replace_strict(marks, default=None, return_dtype=pl.String)
        sieve.refuse_mask(named.is_null().to_numpy(), rule.cell.headers[0], "side", mark, ", ".join(marks))
        return named

    def sided(self, sieve: Sieve, amount: Amount | None) -> tuple[pl.Series | None, pl.Series]:
        """The text of the amounts, and the side where there is a column for each."""
        nothing = pl.Series([None] * sieve.rows.height, dtype=pl.String)
        if amount is None:
            return None, nothing
        if amount.cell:
            text = self.column(amount.cell)
            return (None if text is None else _of(sieve.rows, text)), nothing
        debit, credit = (self.column(cell) for cell in (amount.debit, amount.credit) if cell)
        if debit is None or credit is None:
            return None, nothing
        both = sieve.rows.select(debit.alias("debit"), credit.alias("credit"))
        filled = both.select(~narrow(pl.all().fill_null("")).str.contains(_NOTHING))
        wrong = (filled["debit"] == filled["credit"]).to_numpy()
        sieve.refuse_mask(wrong, "amount", "two_amounts")
        picked = both.select(
            amount=pl.when(filled["debit"]).then("debit").otherwise("credit"),
            side=pl.when(filled["debit"]).then(pl.lit("debit")).otherwise(pl.lit("credit")),
        )
        return picked["amount"], picked["side"]

    def kinds(self, rows: pl.DataFrame, side: pl.Series) -> pl.Series:
        """The kind by its own value where that stands on the row's side, else the one for the side."""
        rule = self.mapping.kind or Kind(None, {}, "invoice", "receipt")
        text = self.column(rule.cell) if rule.cell else None
        said = _of(rows, pl.lit(None, pl.String) if text is None else text)
        if rule.values:
            fallback = None if rule.debit and rule.credit else said
            said = said.replace_strict(rule.values, default=fallback, return_dtype=pl.String)
        by_side = {key: kind for key, kind in (("debit", rule.debit), ("credit", rule.credit)) if kind}
        own_side = said.replace_strict(
            {**dict.fromkeys(DEBIT_KINDS, "debit"), **dict.fromkeys(CREDIT_KINDS, "credit")},
            default=None,
            return_dtype=pl.String,
        )
        other = side.replace_strict(by_side, default=None, return_dtype=pl.String)
        frame = pl.DataFrame({"said": said, "own": own_side, "side": side, "other": other})
        fits = pl.col("side").is_null() | (pl.col("own") == pl.col("side"))
        alone = pl.lit(rule.debit, pl.String) if rule.debit and not rule.credit else pl.lit(None, pl.String)
        kind = pl.when(fits & pl.col("said").is_not_null()).then("said").otherwise(pl.coalesce("other", "said", alone))
        return frame.select(kind.alias("kind")).to_series()

    def settled(self, rule: Settled, rows: pl.DataFrame, items: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Items with a receipt for each debit that says when it was settled, and the allocations between them."""
        on = self.column(rule.on)
        if on is None:
            return {"items": items}
        debits = items.filter("is_debit").select("source_row", "amount", debit_number="number")
        cells = self.columns(
            rows.filter(on.is_not_null()), self.mapping.items | {"number": rule.number, "issued_on": rule.on}
        )
        known = ("entity", "customer_code", "number", "issued_on", "currency", "source_row")
        cells = cells.select(name for name in known if name in cells.columns).join(debits, on="source_row")
        receipts = self.typed("items", cells.drop("debit_number").with_columns(kind=pl.lit(rule.kind)))
        allocations = receipts.join(debits.select("source_row", "debit_number"), on="source_row").select(
            "entity", "customer_code", "debit_number", credit_number="number", allocated_on="issued_on",
            amount="amount", credit_amount=pl.lit(None, AMOUNT), source_file="source_file", source_row="source_row",
        )  # fmt: skip
        return {"items": pl.concat([items, receipts]), "allocations": allocations}

    def clearings(self, rule: Cleared, rows: pl.DataFrame) -> pl.DataFrame:
        """The clearing document and its day of each row that has one."""
        on, by = self.column(rule.on), self.column(rule.by)
        if on is None or by is None:
            return CLEARINGS.empty()
        cells = rows.filter(on.is_not_null(), by.is_not_null()).select(
            cleared_by=by, cleared_on=on, source_file=pl.lit(self.raw.file), source_row="source_row"
        )
        sieve = Sieve(cells)
        day = cells.select(days(pl.col("cleared_on"), self.mapping.dates)).to_series()
        sieve.refuse_mask(day.is_null().to_numpy(), rule.on.headers[0], "date", pl.col("cleared_on"))
        self.found += sieve.found
        return cells.with_columns(day.alias("cleared_on")).filter(day.is_not_null())

    def typed(self, table: str, cells: pl.DataFrame) -> pl.DataFrame:
        """Text cells with their types; bad ones go to the rejects."""
        frame, found = typed(RawTable(table, self.raw.file, cells), self.forms)
        self.found.append(found)
        return frame


def _of(rows: pl.DataFrame, value: pl.Expr) -> pl.Series:
    """An expression over the rows; a constant is repeated for each."""
    return rows.with_columns(value.alias("\x00value"))["\x00value"]


def _signs_as_sides(frame: pl.DataFrame, negative: str) -> pl.DataFrame:
    """Amounts without their minus, on the side it says. A minus that the mark contradicts stays, to be refused."""
    minus = is_negative(pl.col("amount")).fill_null(value=False)
    side = pl.col(_SIDE)
    other = pl.when(side == "credit").then(pl.lit("debit")).otherwise(pl.lit("credit"))
    told = minus if negative == "other_side" else minus & (side.fill_null("credit") == "credit")
    turned = pl.when(told).then(other if negative == "other_side" else pl.lit("credit"))
    amounts = [name for name in ("amount", "open_amount") if name in frame.columns]
    return frame.with_columns(
        turned.otherwise(side.fill_null("debit")).alias(_SIDE),
        *(pl.when(told).then(_unsigned(pl.col(name))).otherwise(pl.col(name)).alias(name) for name in amounts),
    )


def _unsigned(text: pl.Expr) -> pl.Expr:
    return narrow(text).str.strip_chars().str.strip_chars("()").str.strip_chars("+-").str.strip_chars()
