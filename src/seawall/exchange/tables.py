"""Raw tables to canonical ones: text to days, exact decimals, kinds and codes, and a reject for what is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import polars as pl

from seawall.engine.kernel.fx import RATES
from seawall.engine.kernel.money import EXPONENTS
from seawall.engine.ledger.facts import AMOUNT, MAIN_ENTITY
from seawall.engine.ledger.insured_facts import (
    CAUSE,
    CLAIM_DECISION,
    CLAIM_DOCUMENT,
    CLAIM_STEP,
    INSURANCE_EVENT,
    LIMIT_KIND,
    RECEIVER,
)
from seawall.engine.ledger.items import BILL_KIND, BILL_STATE, CREDIT_KINDS, DEBIT_KINDS, KIND
from seawall.engine.ledger.rejects import Sieve, gathered, reject, rejects_of
from seawall.exchange import limits
from seawall.exchange.csv import RawTable, clean_header
from seawall.exchange.formats import NumberForm, days, plain_amount

Sort = Literal[
    "code", "text", "word", "date", "amount", "not_negative", "signed", "kind", "currency", "country", "rate",
    "count", "bill_kind", "bill_event", "entity", "limit_kind", "insurance_event", "cause", "share",
    "receiver", "claim_step", "claim_decision", "claim_document",
]  # fmt: skip

FILE_KINDS: Final = tuple(kind for kind in DEBIT_KINDS + CREDIT_KINDS if kind != "settled_unknown")
"""Kinds a file may name; ``settled_unknown`` is only ever concluded."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How a company's own file writes days (patterns, in turn) and amounts."""

    dates: tuple[str, ...] = ()
    numbers: NumberForm = field(default_factory=NumberForm)


@dataclass(frozen=True, slots=True)
class Field:
    """What a column of a canonical file holds. ``required``: the column must be there, and filled."""

    sort: Sort
    required: bool = False


_CODE, _TEXT, _DATE = Field("code"), Field("text"), Field("date")
_ENTITY = Field("entity")
"""One of ours: the only one where the file has no such column, else filled in every row."""

_NEED_CODE, _NEED_DATE, _NEED_AMOUNT = Field("code", True), Field("date", True), Field("amount", True)

FIELDS: Final[dict[str, dict[str, Field]]] = {
    "customers": {
        "customer_code": _NEED_CODE, "name": _TEXT, "country": Field("country"), "sector": _TEXT,
        "registration_id": _CODE, "parent_code": _CODE, "currency": Field("currency"), "language": _CODE,
        "email": _TEXT,
    },
    "items": {
        "entity": _ENTITY, "customer_code": _NEED_CODE, "kind": Field("kind", True), "number": _NEED_CODE,
        "issued_on": _NEED_DATE, "due_on": _DATE, "currency": Field("currency", True), "amount": _NEED_AMOUNT,
        "disputed_amount": Field("not_negative"), "terms": _TEXT, "order_number": _TEXT, "description": _TEXT,
        "shipped_on": _DATE, "delivered_on": _DATE, "tax_amount": Field("not_negative"),
        "payment_method": Field("word"),
        "contract_number": _TEXT, "open_amount": Field("not_negative"),
    },
    "allocations": {
        "entity": _ENTITY, "customer_code": _CODE, "debit_number": _NEED_CODE, "credit_number": _NEED_CODE,
        "allocated_on": _NEED_DATE, "amount": _NEED_AMOUNT, "credit_amount": Field("amount"),
    },
    "instalments": {
        "entity": _ENTITY, "number": _NEED_CODE, "due_on": _DATE, "amount": _NEED_AMOUNT, "mark": Field("word"),
        "days_after": Field("count"), "accepted_on": _DATE,
    },
    "disputes": {
        "entity": _ENTITY, "number": _NEED_CODE, "opened_on": _NEED_DATE, "closed_on": _DATE,
        "amount": _NEED_AMOUNT, "reason": _TEXT,
    },
    "balances": {
        "entity": _ENTITY, "account": _NEED_CODE, "currency": Field("currency", True), "on": _NEED_DATE,
        "amount": Field("signed", True),
    },
    "bills": {
        "entity": _ENTITY, "customer_code": _NEED_CODE, "bill_number": _NEED_CODE, "kind": Field("bill_kind", True),
        "drawer": _TEXT, "acceptor": Field("text", True), "acceptor_code": _CODE,
        "currency": Field("currency", True), "amount": _NEED_AMOUNT, "issued_on": _NEED_DATE,
        "received_on": _NEED_DATE, "matures_on": _NEED_DATE,
    },
    "bill_events": {
        "entity": _ENTITY, "bill_number": _NEED_CODE, "event": Field("bill_event", True), "on": _NEED_DATE,
        "counterparty": _TEXT, "note": _TEXT,
    },
    "insured_limits": {
        "entity": _CODE, "customer_code": _NEED_CODE, "policy": _NEED_CODE, "layer": _CODE,
        "kind": Field("limit_kind", True), "amount": Field("not_negative"), "currency": Field("currency"),
        "payment_method": Field("word"), "max_term_days": Field("count"), "insured_rate": Field("share"),
        "bank": _TEXT, "decided_on": _NEED_DATE, "effective_from": _DATE, "expires_on": _DATE,
        "notice_days": Field("count"), "conditions": _TEXT,
    },
    "insurance_events": {
        "entity": _CODE, "customer_code": _CODE, "policy": _NEED_CODE, "item_number": _CODE,
        "event": Field("insurance_event", True), "on": _NEED_DATE, "detail": _TEXT,
    },
    "claims": {
        "entity": _CODE, "customer_code": _NEED_CODE, "policy": _NEED_CODE, "date_of_loss": _NEED_DATE,
        "cause": Field("cause", True), "paid_on": _DATE, "currency": Field("currency"),
        "indemnity": Field("not_negative"), "aggregate_first_loss_used": Field("not_negative"),
    },
    "claim_recoveries": {
        "entity": _CODE, "customer_code": _NEED_CODE, "policy": _NEED_CODE, "date_of_loss": _NEED_DATE,
        "cause": Field("cause", True), "received_on": _NEED_DATE, "received_by": Field("receiver", True),
        "currency": Field("currency"), "amount": _NEED_AMOUNT, "costs": Field("not_negative"),
    },
    "claim_steps": {
        "entity": _CODE, "customer_code": _NEED_CODE, "policy": _NEED_CODE, "date_of_loss": _NEED_DATE,
        "cause": Field("cause", True), "step": Field("claim_step", True), "document": Field("claim_document"),
        "on": _NEED_DATE, "decision": Field("claim_decision"), "currency": Field("currency"),
        "amount": Field("not_negative"), "aggregate_first_loss_used": Field("not_negative"), "reference": _CODE,
        "detail": _TEXT,
    },
    "rates": {
        "currency": Field("currency", True), "on": _NEED_DATE, "rate": Field("rate", True),
        "to": Field("currency", True),
    },
}  # fmt: skip
"""The canonical files, column by column."""

_PLAIN_AMOUNT = r"^-?[0-9]{1,18}(?:\.[0-9]{0,4}0*)?$"
_NUMBER = r"^-?[0-9]+(\.[0-9]*)?$"
_EXPONENT = r"^-?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+$"
_FIRST_YEAR: Final = 1000
_FLOAT_DIGITS: Final = 15
"""Digits a floating-point number is good for: as a spreadsheet shows it."""
_DATE_FORMATS = ("%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
"""Days with the year first can be read in one way only; any other order needs a mapping."""

_TWO_WAYS = r"^[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}$"
_INVISIBLE = r"[\p{Cf}\p{Co}\p{Cn}]"
"""Characters nobody sees: two codes that look the same would be two customers."""

_TYPES: dict[str, Any] = {
    "date": pl.Date, "kind": KIND, "rate": pl.Float64, "count": pl.Int32, "bill_kind": BILL_KIND,
    "bill_event": BILL_STATE, "limit_kind": LIMIT_KIND, "insurance_event": INSURANCE_EVENT, "cause": CAUSE,
    "receiver": RECEIVER, "share": pl.Float64, "claim_step": CLAIM_STEP, "claim_decision": CLAIM_DECISION,
    "claim_document": CLAIM_DOCUMENT,
} | dict.fromkeys(("amount", "not_negative", "signed"), AMOUNT)  # fmt: skip
_OWN_NAMES: Final = {
    "rates": {"currency": "from_currency", "to": "to_currency"},
    "bills": {"bill_number": "number", "kind": "bill_kind", "issued_on": "drawn_on"},
    "bill_events": {"bill_number": "number"},
}
"""Columns that have another name once the table is read."""


def typed(raw: RawTable, forms: Forms | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of one canonical table with their types, and the rejects.

    Columns the file does not have come as empty ones; amounts are exact decimals. ``forms`` says how the file
    writes days and amounts, where a mapping does.
    """
    fields = FIELDS[raw.name]
    frame = _named(raw, fields)
    missing = [name for name, field in fields.items() if field.required and name not in frame.columns]
    if missing:
        found = [reject(raw.file, "missing_column", column=name) for name in missing]
        return empty_table(raw.name), gathered([raw.rejects, *found])
    texts = [_text(column, fields[column.name].sort, is_trimmed=raw.is_trimmed) for column in frame.drop("source_row")]
    rows = _filled(frame.with_columns(texts), fields).with_columns(source_file=pl.lit(raw.file))
    if fields.get("entity") == _ENTITY and "entity" not in rows.columns:
        rows = rows.with_columns(entity=pl.lit(MAIN_ENTITY))
    sieve = Sieve(rows)
    parsed = [_column(sieve, name, field, forms) for name, field in fields.items() if name in rows.columns]
    sieve.rows = rows.with_columns(parsed)
    return _shape(raw.name, sieve.kept, raw.file), gathered([raw.rejects, *sieve.found])


def ignored(raw: RawTable) -> list[str]:
    """Columns of a canonical file that no canonical table has."""
    known = FIELDS[raw.name]
    return [
        name
        for name in raw.frame.columns
        if clean_header(name) not in known and name[:1] != "\0" and name != "source_row"
    ]


def _named(raw: RawTable, fields: dict[str, Field]) -> pl.DataFrame:
    """The columns we know, under our own names."""
    names = {column: clean_header(column) for column in raw.frame.columns if column != "source_row"}
    known = [raw.frame[column].alias(name) for column, name in names.items() if name in fields]
    return pl.DataFrame([*known, raw.frame["source_row"]])


def _text(column: pl.Series, sort: Sort, *, is_trimmed: bool) -> pl.Series:
    """A column as text; blanks at the ends go, an empty cell is empty. Days and decimals stay what they are."""
    dtype = column.dtype
    if dtype in (pl.Date, pl.Null) or dtype.is_decimal() or (is_trimmed and dtype == pl.String):
        return column
    if isinstance(dtype, pl.Datetime):
        return column.dt.date()
    if dtype.is_float():
        column = column.round_sig_figs(_FLOAT_DIGITS)
    text = column.cast(pl.String).str.strip_chars()
    if dtype.is_float() and sort in ("code", "entity", "text", "word"):
        text = text.str.strip_suffix(".0")
    empty = text == ""
    return text.set(empty, None) if empty.any() else text


def _filled(rows: pl.DataFrame, fields: dict[str, Field]) -> pl.DataFrame:
    """Without rows that are empty in every column we know."""
    mine = [name for name in fields if name in rows.columns]
    if not mine or not rows[mine[0]].null_count():
        return rows
    return rows.filter(~pl.all_horizontal(pl.col(mine).is_null()))


def _column(sieve: Sieve, name: str, field: Field, forms: Forms | None) -> pl.Series:
    """One column with its type; its bad cells go to the sieve. Where there are entities, each row has one."""
    text = sieve.rows[name]
    if (field.required or field == _ENTITY) and text.null_count():
        sieve.refuse(pl.col(name).is_null(), name, "empty")
    if forms and field.sort == "date":
        return _days(sieve, text, field.sort, forms)
    if forms and field.sort in ("amount", "not_negative", "signed"):
        return _amounts(sieve, text, field.sort, forms)
    return _PARSERS.get(field.sort, _plain_text)(sieve, text, field.sort)


def _plain_text(sieve: Sieve, text: pl.Series, sort: Sort) -> pl.Series:
    longest = limits.CELL_CHARACTERS if sort == "text" else limits.CODE_CHARACTERS
    text = text.cast(pl.String)
    if sort == "word" and text.null_count() < len(text):
        text = text.str.to_lowercase()
    if (text.str.len_bytes() > longest).any():
        too_long = pl.col(text.name).str.len_chars() > longest
        sieve.refuse(too_long, text.name, "too_long", pl.col(text.name), str(longest))
    if sort in ("code", "entity") and text.str.len_bytes().sum() != text.str.len_chars().sum():
        sieve.refuse(pl.col(text.name).str.contains(_INVISIBLE), text.name, "invisible", pl.col(text.name))
    return text


def _days(sieve: Sieve, text: pl.Series, _: Sort, forms: Forms | None = None) -> pl.Series:
    found = text
    if text.dtype != pl.Date:
        text = text.cast(pl.String)
        found = _real(text.str.to_date("%Y-%m-%d", strict=False))
        if found.null_count() > text.null_count():
            found = _other_days(text, found, forms)
            bad = (found.is_null() & text.is_not_null()).to_numpy()
            two_ways = text.str.contains(_TWO_WAYS).fill_null(value=False).to_numpy() & (forms is None)
            sieve.refuse_mask(bad & two_ways, text.name, "date_ambiguous", pl.col(text.name))
            sieve.refuse_mask(bad & ~two_ways, text.name, "date", pl.col(text.name))
    within = found.is_between(dt.date.fromisoformat(limits.FIRST_DAY), dt.date.fromisoformat(limits.LAST_DAY))
    outside = ~within.fill_null(value=True).to_numpy()
    sieve.refuse_mask(outside, text.name, "date_range", pl.col(text.name), f"{limits.FIRST_DAY} – {limits.LAST_DAY}")
    return found


def _other_days(text: pl.Series, found: pl.Series, forms: Forms | None) -> pl.Series:
    """Days where the usual form did not fit, by the other forms; each distinct text is looked at once."""
    rest = pl.DataFrame({"text": text.filter(found.is_null() & text.is_not_null()).unique()})
    other = rest.with_columns(day=days(pl.col("text"), forms.dates if forms else _DATE_FORMATS))
    looked_up = pl.DataFrame({"text": text}).join(other, on="text", how="left", maintain_order="left")["day"]
    return pl.select(pl.coalesce(found, _real(looked_up))).to_series().alias(text.name)


def _real(found: pl.Series) -> pl.Series:
    """Days without those of the first centuries: a two-digit year was read as a whole one."""
    return found.set((found.dt.year() < _FIRST_YEAR).fill_null(value=False), None)


def _amounts(sieve: Sieve, text: pl.Series, sort: Sort, forms: Forms | None = None) -> pl.Series:
    if text.dtype.is_decimal():
        amounts = text.cast(AMOUNT)
        sieve.refuse_mask((amounts != text).fill_null(value=False).to_numpy(), text.name, "decimals", pl.col(text.name))
    else:
        text = text.cast(pl.String)
        text = text if forms is None else _in_form(sieve, text, forms)
        plain = text.str.contains(_PLAIN_AMOUNT)
        if not plain.all():
            sieve.found.extend(_why_no_amount(sieve, text, plain))
            text = text.set(~plain.fill_null(value=True), None)
        amounts = text.cast(AMOUNT, strict=False)
    least = {"amount": amounts <= 0, "not_negative": amounts < 0}.get(sort)
    if least is not None:
        code = "not_positive" if sort == "amount" else "negative"
        sieve.refuse_mask(least.fill_null(value=False).to_numpy(), text.name, code, pl.col(text.name))
    return amounts


def _in_form(sieve: Sieve, text: pl.Series, forms: Forms) -> pl.Series:
    """Amounts as 1234.56 from the form a mapping states; what is not written in it is refused."""
    plain = pl.DataFrame({text.name: text}).select(plain_amount(pl.col(text.name), forms.numbers)).to_series()
    bad = (plain.is_null() & text.is_not_null()).to_numpy()
    sieve.refuse_mask(bad, text.name, "amount", pl.col(text.name))
    return plain.alias(text.name)


def _why_no_amount(sieve: Sieve, text: pl.Series, plain: pl.Series) -> list[pl.DataFrame]:
    """Rejects of cells that are no plain amount, by what they look like."""
    bad = ~plain.fill_null(value=True)
    sieve.bad |= bad.to_numpy()
    cells = pl.col(text.name)
    number, exponent = cells.str.contains(_NUMBER), cells.str.contains(_EXPONENT)
    rows = sieve.rows.filter(bad).with_columns(
        why=pl.when(exponent).then(pl.lit("amount_exponent"))
        .when(number & cells.str.contains(r"^-?[0-9]{19}")).then(pl.lit("too_large"))
        .when(number).then(pl.lit("decimals")).otherwise(pl.lit("amount"))
    )  # fmt: skip
    return [
        rejects_of(part, text.name, str(why[0]), cells, "any currency" if why[0] == "decimals" else "")
        for why, part in rows.group_by("why")
    ]


def _kinds(sieve: Sieve, text: pl.Series, _: Sort) -> pl.Series:
    kinds = text.cast(pl.String).cast(KIND, strict=False)
    if kinds.null_count() > text.null_count():
        kinds = text.cast(pl.String).str.to_lowercase().cast(KIND, strict=False)
    unknown = (kinds.is_null() & text.is_not_null()) | (kinds == "settled_unknown").fill_null(value=False)
    sieve.refuse_mask(unknown.to_numpy(), text.name, "kind", pl.col(text.name), ", ".join(FILE_KINDS))
    return kinds


def _one_of(sieve: Sieve, text: pl.Series, sort: Sort) -> pl.Series:
    """A word of a short list, whatever its case; ``hand-over`` and ``hand over`` are ``hand_over``."""
    allowed = _TYPES[sort]
    words = text.cast(pl.String).str.to_lowercase().str.replace_all("[ -]+", "_").cast(allowed, strict=False)
    unknown = (words.is_null() & text.is_not_null()).to_numpy()
    sieve.refuse_mask(unknown, text.name, sort, pl.col(text.name), ", ".join(allowed.categories))
    return words


def _counts(sieve: Sieve, text: pl.Series, _: Sort) -> pl.Series:
    plain = text.cast(pl.String).str.strip_suffix(".0")
    counts = plain.set(~plain.str.contains("^[0-9]{1,5}$").fill_null(value=True), None).cast(pl.Int32)
    bad = (counts.is_null() & text.is_not_null()).to_numpy()
    sieve.refuse_mask(bad, text.name, "count", pl.col(text.name))
    return counts


def _currencies(sieve: Sieve, text: pl.Series, _: Sort) -> pl.Series:
    codes = text.cast(pl.String)
    unknown = ~codes.is_in(list(EXPONENTS)).fill_null(value=True)
    if unknown.any():
        codes = codes.str.to_uppercase()
        unknown = ~codes.is_in(list(EXPONENTS)).fill_null(value=True)
    sieve.refuse_mask(unknown.to_numpy(), text.name, "currency", pl.col(text.name))
    return codes


def _countries(sieve: Sieve, text: pl.Series, _: Sort) -> pl.Series:
    codes = text.cast(pl.String).str.to_uppercase()
    unknown = ~codes.str.contains("^[A-Z]{2}$").fill_null(value=True)
    sieve.refuse_mask(unknown.to_numpy(), text.name, "country", pl.col(text.name))
    return codes


def _rates(sieve: Sieve, text: pl.Series, _: Sort) -> pl.Series:
    rates = text.cast(pl.Float64, strict=False)
    wrong = ~((rates > 0) & rates.is_finite()).fill_null(value=False) & text.is_not_null()
    sieve.refuse_mask(wrong.to_numpy(), text.name, "rate", pl.col(text.name))
    return rates


def _shares(sieve: Sieve, text: pl.Series, _: Sort) -> pl.Series:
    rates = text.cast(pl.Float64, strict=False)
    wrong = ~((rates > 0) & (rates <= 1)).fill_null(value=False) & text.is_not_null()
    sieve.refuse_mask(wrong.to_numpy(), text.name, "share", pl.col(text.name))
    return rates


_PARSERS: Final[dict[Sort, Callable[[Sieve, pl.Series, Sort], pl.Series]]] = {
    "date": _days, "amount": _amounts, "not_negative": _amounts, "signed": _amounts, "kind": _kinds,
    "currency": _currencies, "country": _countries, "rate": _rates, "count": _counts, "bill_kind": _one_of,
    "bill_event": _one_of, "limit_kind": _one_of, "insurance_event": _one_of, "cause": _one_of, "share": _shares,
    "receiver": _one_of, "claim_step": _one_of, "claim_decision": _one_of, "claim_document": _one_of,
}  # fmt: skip


def _shape(table: str, rows: pl.DataFrame, file: str) -> pl.DataFrame:
    """Every column of the canonical table, empty where the file has none."""
    fields = FIELDS[table]
    columns = [
        pl.col(name) if name in rows.columns else pl.lit(None, _TYPES.get(field.sort, pl.String)).alias(name)
        for name, field in fields.items()
    ]
    whole = rows.select(*columns, source_file=pl.lit(file), source_row="source_row")
    if table == "customers":
        return whole.with_columns(pl.coalesce("name", "customer_code").alias("name"))
    if table == "items":
        debit = pl.col("kind").cast(KIND).to_physical() < len(DEBIT_KINDS)
        return whole.with_columns(debit.alias("is_debit"))
    whole = whole.rename(_OWN_NAMES.get(table, {}))
    return whole.select(*RATES.columns) if table == "rates" else whole


def empty_table(table: str) -> pl.DataFrame:
    """A canonical table without rows, as the reader gives it."""
    return _shape(table, pl.DataFrame(schema={"source_row": pl.Int64}), "")
