"""A mapping proposed from a file itself: what its headers are called, and what shape its values have.

Everything that was not certain is among the doubts, so that a person looks at it before the first import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import polars as pl
import yaml

from seawall.engine.kernel.errors import FileRejected, SeawallError, Where
from seawall.engine.kernel.money import exponent
from seawall.exchange.formats import NumberForm, days, is_negative, pattern_of, plain_amount
from seawall.exchange.heads import Head

DATE_FORMS: Final = (
    "YYYY-MM-DD", "YYYY/M/D", "YYYY.M.D", "YYYYMMDD", "YYYY年M月D日", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY", "D-M-YYYY",
    "D-MMM-YYYY", "D MMM YYYY", "serial",
)  # fmt: skip
"""Forms of days, tried in turn; the first that reads every value is taken."""

NUMBER_FORMS: Final = (
    (".", "none"), (".", ","), (",", "none"), (",", "."), (",", "space"), (".", "space"), (".", "'"),
)  # fmt: skip
DOUBTS: Final = {
    "currency": "No column says the currency: every row is read as {value}.",
    "days_two_ways": "Days can be read as {value} and as {other}: {value} was taken.",
    "amount_two_ways": "Amounts can be read in two ways; {value} was taken as the decimal sign.",
    "by_shape": "{value} was taken for {field} by what stands in it, not by its header.",
    "no_kind": "No column says what a document is: positive amounts are invoices, negative ones credit notes.",
    "kind_unknown": "Nobody has said what {value} means; it is read by its side.",
    "open_items": "The file has open amounts: it is read as a list of open items; what vanishes from it is settled.",
    "list_date": "The day of the list stands nowhere in the file's name: give it on importing.",
}
"""What a person should look at, by code."""

_EXACT_ONLY: Final = ("kind", "side", "debit", "credit", "entity", "number", "country", "email")
"""Fields whose names are so short that other headers hold them too."""

_BRACKETS = re.compile(r"[((][^))]*[))]")
_PLAIN = re.compile(r"[\W_]+")
_DAY_IN_NAME = re.compile(r"\d{4}-\d{2}-\d{2}")
_MANY = 8


@dataclass(frozen=True)
class Guess:
    """A proposed mapping as YAML, which header each field took, and what is doubtful."""

    text: str
    taken: dict[str, str]
    doubts: tuple[tuple[str, dict[str, str]], ...]


def guess(head: Head, *, currency: str = "") -> Guess:
    """A mapping for a file, from its first lines. ``currency`` is taken where no column says one.

    Raises:
        FileRejected: not even customer, number, day and amount can be told apart.
    """
    return _Guesser(head, currency).made()


@cache
def _words() -> dict[str, Any]:
    text = (files("seawall.exchange") / "synonyms.yaml").read_text(encoding="utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words


def plain(header: str) -> str:
    """A header as synonyms are compared: without case, blanks, punctuation and what stands in brackets."""
    return _PLAIN.sub("", _BRACKETS.sub("", header)).casefold()


@dataclass
class _Guesser:
    head: Head
    currency: str
    doubts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)

    def made(self) -> Guess:
        headers = self.head.headers
        width = len(headers)
        rows = [list(row[:width]) + [""] * (width - len(row)) for row in self.head.rows]
        self.total = next((row for row in reversed(rows) if _is_total(row)), None)
        rows = [row for row in rows if not _is_total(row)]
        named = [(header, place) for place, header in enumerate(headers) if header]
        self.values = {header: pl.Series([row[place] for row in rows], dtype=pl.String) for header, place in named}
        for exact in (True, False):
            self.by_name("items", exact=exact)
            self.by_name("customers", exact=exact)
        self.by_shape()
        self.require()
        root = self.root()
        return Guess(_written(root, self.doubts), dict(self.taken), tuple(self.doubts))

    def by_name(self, table: str, *, exact: bool) -> None:
        """Give each field the first free header that has one of its names, or (not ``exact``) holds one."""
        free = [header for header in self.values if header not in self.taken.values()]
        for name, synonyms in _words()[table].items():
            if name in self.taken or (not exact and name in _EXACT_ONLY):
                continue
            called = ((header, one) for one in synonyms for header in free if _is_called(header, one, exact=exact))
            header, _ = next(called, ("", ""))
            if header:
                self.taken[name] = header
                free.remove(header)

    def by_shape(self) -> None:
        """What no name told: days, amounts and numbers by how their values look."""
        tests: dict[str, Callable[[pl.Series], bool]] = {
            "issued_on": lambda values: bool(_date_forms(values)),
            "amount": lambda values: bool(_number_forms(values)) and not _date_forms(values),
            "number": lambda values: values.n_unique() == len(values) and bool(values.str.contains(r"\d").all()),
            "customer_code": lambda values: values.n_unique() < len(values) or len(values) < _MANY,
        }
        has_sides = {"debit", "credit"} <= set(self.taken)
        if "open_amount" in self.taken and "amount" not in self.taken:
            self.taken["amount"] = self.taken["open_amount"]
        for name, fits in tests.items():
            if name in self.taken or (name == "amount" and has_sides):
                continue
            free = [header for header in self.values if header not in self.taken.values()]
            header = next(
                (each for each in free if _filled(self.values[each]).len() and fits(_filled(self.values[each]))), ""
            )
            if header:
                self.taken[name] = header
                self.doubts.append(("by_shape", {"value": header, "field": name}))
        if "customer_code" not in self.taken and "name" in self.taken:
            self.taken["customer_code"] = self.taken["name"]

    def require(self) -> None:
        has_amount = "amount" in self.taken or {"debit", "credit"} <= set(self.taken)
        missing = [name for name in ("customer_code", "number", "issued_on") if name not in self.taken]
        missing += [] if has_amount else ["amount"]
        if missing:
            raise FileRejected(
                "{file}: no column looks like {missing}.", hint="Write the mapping by hand: see the shipped ones.",
                where=Where(self.head.file), code="no_guess", file=self.head.file, missing=", ".join(missing),
            )  # fmt: skip

    def root(self) -> dict[str, Any]:
        self.is_sided = {"debit", "credit"} <= set(self.taken)
        root: dict[str, Any] = {"title": self.head.file, "layout": "unverified"}
        root["basis"] = "open_items" if self.is_list() else "full_ledger"
        if self.is_list():
            self.listed(root)
        if self.head.encoding not in ("", "utf-8"):
            root["file"] = {"encoding": self.head.encoding}
        root |= {"dates": self.dates(), "numbers": self.numbers()} | self.rows() | {"items": self.items()}
        if customers := {name: self.taken[name] for name in _words()["customers"] if name in self.taken}:
            root["customers"] = {"customer_code": self.taken["customer_code"], **customers}
        return {key: value for key, value in root.items() if value}

    def is_list(self) -> bool:
        return self.taken.get("open_amount", "") not in ("", self.taken.get("amount"))

    def listed(self, root: dict[str, Any]) -> None:
        self.doubts.append(("open_items", {}))
        if _DAY_IN_NAME.search(self.head.file):
            root["list_date"] = {"in_file_name": "YYYY-MM-DD"}
        else:
            self.doubts.append(("list_date", {}))

    def dates(self) -> list[str]:
        """The form that reads the days of every column; where none does, one for each column."""
        columns = [_filled(self.values[self.taken[name]]) for name in ("issued_on", "due_on") if name in self.taken]
        together = _date_forms(pl.concat(columns))
        found = [together] if together else [_date_forms(values) for values in columns]
        for each in found:
            two = [form for form in each if form in ("D/M/YYYY", "M/D/YYYY")]
            if len(two) > 1:
                self.doubts.append(("days_two_ways", {"value": two[0], "other": two[1]}))
        return [form for form in dict.fromkeys(each[0] for each in found if each) if form != "YYYY-MM-DD"]

    def numbers(self) -> dict[str, str]:
        names = [name for name in ("amount", "open_amount", "debit", "credit", "tax_amount") if name in self.taken]
        values = pl.concat([_filled(self.values[self.taken[name]]) for name in names])
        found = _number_forms(values) or [NUMBER_FORMS[1]]
        signs = {decimal for decimal, _ in found}
        has_any = values.str.contains(r"[.,]").any()
        if len(signs) > 1 and has_any:
            self.doubts.append(("amount_two_ways", {"value": found[0][0]}))
        return {"decimal": found[0][0], "thousands": found[0][1]}

    def rows(self) -> dict[str, Any]:
        """Rows that are no documents: totals, and lines without a number."""
        said: dict[str, Any] = {}
        number = self.taken["number"]
        if (self.values[number] == "").any():
            said["skip"] = [{"column": number, "empty": "true"}]
        if self.total is not None:
            place = next(place for place, cell in enumerate(self.total) if _totals_word(cell))
            if header := self.head.headers[place]:
                said["totals"] = [{"column": header, "starts": self.total[place]}]
        return said

    def items(self) -> dict[str, Any]:
        plain_fields = (
            "entity", "customer_code", "number", "issued_on", "due_on", "terms", "order_number", "contract_number",
            "description",
        )  # fmt: skip
        items: dict[str, Any] = {name: self.taken[name] for name in plain_fields if name in self.taken}
        items["currency"] = self.currency_rule()
        side = self.side()
        signed = self.negative()
        items |= {"side": side} if side else {}
        items["kind"] = self.kind(is_sided=bool(side) or self.is_sided, is_signed=signed)
        if self.is_sided:
            items["amount"] = {"debit": self.taken["debit"], "credit": self.taken["credit"]}
        else:
            items["amount"] = self.signed("amount", is_signed=signed, has_mark=bool(side))
        if self.is_list():
            items["open_amount"] = self.signed("open_amount", is_signed=signed, has_mark=bool(side))
        return items

    def signed(self, name: str, *, is_signed: bool, has_mark: bool) -> Any:
        if not is_signed:
            return self.taken[name]
        return {"from": self.taken[name], "negative": "credit" if has_mark else "other_side"}

    def negative(self) -> bool:
        values = [_filled(self.values[self.taken[name]]) for name in ("amount",) if name in self.taken]
        return any(value.to_frame("v").select(is_negative(pl.col("v"))).to_series().any() for value in values)

    def currency_rule(self) -> Any:
        if "currency" in self.taken:
            header, words = self.taken["currency"], _words()["currencies"]
            said = {value: words[value] for value in _filled(self.values[header]).unique().sort() if value in words}
            return {"from": header, "values": said, "otherwise": "keep"} if said else header
        marks = " ".join(self.taken.get(name, "") for name in ("amount", "open_amount", "debit"))
        found = next((code for word, code in _words()["currencies"].items() if word in marks), "")
        code = re.search(r"\b([A-Z]{3})\b", marks)
        found = found or (code[1] if code and _is_currency(code[1]) else "")
        if not found:
            found = self.currency or ("CNY" if any("一" <= sign <= "鿿" for sign in "".join(self.values)) else "EUR")
            self.doubts.append(("currency", {"value": found}))
        return {"constant": found}

    def side(self) -> dict[str, Any]:
        """The mark for debit or credit, with the file's own spelling of it."""
        if "side" not in self.taken:
            return {}
        marks = _filled(self.values[self.taken["side"]]).unique().sort().to_list()
        for rule in _words()["sides"]:
            said = {each: [m for m in marks if m.casefold() in {w.casefold() for w in rule[each]}] for each in rule}
            if sum(map(len, said.values())) == len(marks):
                known = {each: said[each] or rule[each][:1] for each in rule}
                return {"from": self.taken["side"], **known}
        return {}

    def kind(self, *, is_sided: bool, is_signed: bool) -> dict[str, Any]:
        by_side = {"debit": "invoice", "credit": "receipt" if is_sided else "credit_note"}
        if "kind" not in self.taken:
            if is_signed and not is_sided:
                self.doubts.append(("no_kind", {}))
            return by_side if is_sided or is_signed else {"constant": "invoice"}
        known = {plain(word): kind for kind, words in _words()["kinds"].items() for word in words}
        values = _filled(self.values[self.taken["kind"]]).unique().sort().to_list()
        said = {value: known[plain(value)] for value in values if plain(value) in known}
        for value in [value for value in values if value not in said][:_MANY]:
            self.doubts.append(("kind_unknown", {"value": value}))
        return {"from": self.taken["kind"], **({"values": said} if said else {}), **by_side}


def _filled(values: pl.Series) -> pl.Series:
    return values.filter(values != "")


def _is_called(header: str, synonym: str, *, exact: bool) -> bool:
    name, word = plain(header), plain(synonym)
    return name == word if exact else len(word) >= 2 and word in name  # noqa: PLR2004 - one sign says nothing


def _date_forms(values: pl.Series) -> list[str]:
    """The forms that read every value."""
    if not values.len():
        return []
    frame = values.to_frame("v")
    reads = []
    for form in DATE_FORMS:
        pattern = pattern_of(form)
        day = frame.select(days(pl.col("v"), (pattern,) if pattern else ())).to_series()
        is_iso = form == "YYYY-MM-DD" or not values.str.contains(r"^\d{4}-\d{2}-\d{2}$").all()
        if is_iso and not day.null_count():
            reads.append(form)
    return reads


def _number_forms(values: pl.Series) -> list[tuple[str, str]]:
    """The forms of numbers that read every value."""
    if not values.len():
        return []
    frame = values.to_frame("v")
    return [
        form for form in NUMBER_FORMS
        if not frame.select(plain_amount(pl.col("v"), NumberForm(*form))).to_series().null_count()
    ]  # fmt: skip


def _totals_word(cell: str) -> bool:
    return plain(cell) in {plain(word) for word in _words()["totals"]}


def _is_total(row: Sequence[str]) -> bool:
    return any(_totals_word(cell) for cell in row)


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except SeawallError:
        return False
    return True


def _written(root: dict[str, Any], doubts: list[tuple[str, dict[str, str]]]) -> str:
    """The mapping as YAML, its doubts in front as remarks."""
    said = "".join(f"# ? {' '.join(DOUBTS[code].format(**params).split())}\n" for code, params in doubts)
    body: str = yaml.safe_dump(root, allow_unicode=True, sort_keys=False, width=120)
    return said + body
