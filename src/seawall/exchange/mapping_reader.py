"""Mappings from YAML: shipped ones by id, one's own by path; what is not understood is refused with its line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from seawall.engine.ledger.facts import Basis
from seawall.engine.ledger.items import CREDIT_KINDS, DEBIT_KINDS
from seawall.exchange import limits
from seawall.exchange.encoding import NAMES as ENCODINGS
from seawall.exchange.formats import DATE_TOKENS, NumberForm, pattern_of
from seawall.exchange.mapping import Amount, Cell, Cleared, Kind, Mapping, Settled, Side, Test
from seawall.exchange.mapping_yaml import Lines, MappingInvalid, invalid, parsed
from seawall.exchange.tables import FIELDS


def shipped() -> dict[str, str]:
    """The mappings that come with the product: id and title."""
    folder = files("seawall.exchange") / "mappings"
    names = sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {name: load_mapping(name).title for name in names}


def load_mapping(name: str | Path) -> Mapping:
    """A shipped mapping by its id, or one's own by its path.

    Raises:
        MappingInvalid: there is none, or it does not fit the schema; the message names the line.
    """
    text, file = _text_of(name)
    root, lines = parsed(text, file)
    return _Reader(file, lines).mapping(root, hashlib.sha256(text).hexdigest())


def read_mapping(text: bytes, *, file: str) -> Mapping:
    """A mapping from its text; it may be like a shipped one, never like a file of this machine.

    Raises:
        MappingInvalid: it does not fit the schema, or is too long; the message names the line.
    """
    if len(text) > limits.MAPPING_BYTES:
        raise MappingInvalid("A mapping has at most {limit} bytes.", limit=limits.MAPPING_BYTES)
    root, lines = parsed(text, file)
    like = str(root.get("like") or "")
    if like and like not in known_names():
        raise invalid(
            file, lines.get(("like",), 1), "there is no shipped mapping {name}; known are {known}",
            name=like, known=", ".join(known_names()),
        )  # fmt: skip
    return _Reader(file, lines).mapping(root, hashlib.sha256(text).hexdigest())


def _text_of(name: str | Path) -> tuple[bytes, str]:
    path = Path(name)
    inside = files("seawall.exchange") / "mappings" / f"{name}.yaml"
    if path.suffix.lower() in (".yaml", ".yml"):
        if not path.is_file() or path.stat().st_size > limits.MAPPING_BYTES:
            raise MappingInvalid("There is no mapping {name}.", name=str(name))
        return path.read_bytes(), path.name
    if not str(name).isidentifier() or not inside.is_file():
        raise MappingInvalid(
            "There is no mapping {name}.", hint="Shipped are {known}; or give the path of a .yaml file.",
            name=str(name), known=", ".join(known_names()),
        )  # fmt: skip
    return inside.read_bytes(), f"{name}.yaml"


def shipped_text(name: str) -> str:
    """The YAML of a shipped mapping.

    Raises:
        MappingInvalid: there is none of that name.
    """
    return _text_of(name)[0].decode()


def known_names() -> list[str]:
    """The ids of the shipped mappings."""
    folder = files("seawall.exchange") / "mappings"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


_ROOT_KEYS = (
    "id", "title", "title_zh", "layout", "headers_from", "like", "basis", "list_date", "file", "dates", "numbers",
    "repeats", "skip", "totals", "control_total", "items", "settled", "cleared", "customers", "allocations",
    "instalments", "disputes", "balances",
)  # fmt: skip
_ITEM_KEYS = (*FIELDS["items"], "side", "disputed")


@dataclass
class _Reader:
    """Plain values to a mapping; remembers the lines for what it has to refuse."""

    file: str
    lines: Lines

    def refuse(self, path: tuple[str | int, ...], message: str, **params: Any) -> MappingInvalid:
        while path and path not in self.lines:
            path = path[:-1]
        return invalid(self.file, self.lines.get(path, 1), message, **params)

    def mapping(self, root: dict[str, Any], digest: str) -> Mapping:
        self.keys(root, (), _ROOT_KEYS)
        if root.get("like"):
            root, digest = self.merged(root, digest)
        form = self.section(root, "file", ("encoding", "delimiter", "quote", "sheet"))
        items = self.section(root, "items", _ITEM_KEYS)
        basis = self.choice(root, "basis", get_args(Basis), (), "full_ledger")
        special = ("amount", "open_amount", "side", "kind", "disputed", "disputed_amount")
        return Mapping(
            id=str(root.get("id") or Path(self.file).stem),
            title=str(root.get("title") or self.file),
            title_zh=str(root.get("title_zh") or ""),
            is_verified=self.choice(root, "layout", ("verified", "unverified"), (), "verified") == "verified",
            headers_from=str(root.get("headers_from") or ""),
            digest=digest,
            basis=cast("Basis", basis),
            list_date_form=self.list_date(root),
            encoding=self.encoding(form),
            delimiter=self.delimiter(form),
            quote="" if form.get("quote") == "none" else form.get("quote", '"'),
            sheet=form.get("sheet"),
            dates=tuple(self.date(root, place) for place in range(len(root.get("dates") or []))),
            numbers=self.numbers(root),
            is_once=self.choice(root, "repeats", ("same", "reject"), (), "reject") == "same",
            skip=self.tests(root, "skip"),
            totals=self.tests(root, "totals"),
            control_total=str(root.get("control_total") or ""),
            items={name: self.cell(rule, ("items", name)) for name, rule in items.items() if name not in special},
            amount=self.amount(items, "amount"),
            open_amount=self.amount(items, "open_amount"),
            side=self.side(items),
            kind=self.kind(items),
            disputed=self.test(items["disputed"], ("items", "disputed")) if "disputed" in items else None,
            settled=self.settled(root),
            cleared=self.cleared(root),
            others={
                table: {
                    name: self.cell(rule, (table, name))
                    for name, rule in self.section(root, table, tuple(FIELDS[table])).items()
                }
                for table in ("customers", "allocations", "instalments", "disputes", "balances")
                if table in root
            },
        )

    def merged(self, root: dict[str, Any], digest: str) -> tuple[dict[str, Any], str]:
        """A mapping that is like a shipped one, but for what it says itself."""
        text, file = _text_of(str(root["like"]))
        base, lines = parsed(text, file)
        if base.get("like"):
            raise self.refuse(("like",), "{name} is itself like another", name=root["like"])
        self.lines = {**lines, **self.lines}
        joined = dict(base)
        for key, value in root.items():
            both = isinstance(value, dict) and isinstance(base.get(key), dict)
            joined[key] = {**base[key], **value} if both else value
        return joined, hashlib.sha256((digest + hashlib.sha256(text).hexdigest()).encode()).hexdigest()

    def keys(self, value: Any, path: tuple[str | int, ...], known: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            raise self.refuse(path, "{key} must hold keys and values", key=".".join(map(str, path)) or self.file)
        for key in value:
            if key not in known:
                raise self.refuse((*path, key), "unknown key {key}; known are {known}", key=key, known=", ".join(known))

    def section(self, root: dict[str, Any], name: str, known: tuple[str, ...]) -> dict[str, Any]:
        value = root.get(name) or {}
        self.keys(value, (name,), known)
        return cast("dict[str, Any]", value)

    def choice(
        self, values: dict[str, Any], key: str, known: tuple[str, ...], path: tuple[str | int, ...], default: str | None
    ) -> str:
        value = values.get(key, default)
        if value not in known:
            raise self.refuse(
                (*path, key), "{key} is {value}; it can be {known}", key=key, value=value, known=", ".join(known)
            )
        return str(value)

    def texts(self, value: Any, path: tuple[str | int, ...]) -> tuple[str, ...]:
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(text, str) and text for text in listed):
            raise self.refuse(path, "{key} must be a text or a list of texts", key=".".join(map(str, path)))
        return tuple(listed)

    def cell(self, rule: Any, path: tuple[str | int, ...]) -> Cell:
        if not isinstance(rule, dict):
            return Cell(headers=self.texts(rule, path))
        self.keys(rule, path, ("from", "constant", "join", "with", "values", "otherwise"))
        sources = [key for key in ("from", "constant", "join") if rule.get(key) is not None]
        if len(sources) != 1:
            raise self.refuse(path, "say exactly one of from, constant, join")
        values = rule.get("values") or {}
        if not isinstance(values, dict):
            raise self.refuse((*path, "values"), "values must hold keys and values")
        parts = rule.get("join") or []
        return Cell(
            headers=self.texts(rule["from"], (*path, "from")) if "from" in rule else (),
            constant=rule.get("constant"),
            join=tuple(self.cell(part, (*path, "join", place)) for place, part in enumerate(parts)),
            between=str(rule.get("with") or ""),
            values={key: str(value or "") for key, value in values.items()},
            otherwise=rule.get("otherwise"),
        )

    def test(self, rule: Any, path: tuple[str | int, ...]) -> Test:
        self.keys(rule, path, ("column", "is", "starts", "empty"))
        if "column" not in rule:
            raise self.refuse(path, "say which column is meant")
        test = Test(
            cell=Cell(headers=self.texts(rule["column"], (*path, "column"))),
            one_of=self.texts(rule["is"], (*path, "is")) if "is" in rule else (),
            starts=self.texts(rule["starts"], (*path, "starts")) if "starts" in rule else (),
            empty=rule.get("empty") == "true",
        )
        if not (test.one_of or test.starts or test.empty):
            raise self.refuse(path, "say is, starts or empty: true")
        return test

    def tests(self, root: dict[str, Any], key: str) -> tuple[Test, ...]:
        rules = root.get(key) or []
        rules = rules if isinstance(rules, list) else [rules]
        return tuple(self.test(rule, (key, place)) for place, rule in enumerate(rules))

    def amount(self, items: dict[str, Any], name: str) -> Amount | None:
        if name not in items:
            return None
        rule, path = items[name], ("items", name)
        if not isinstance(rule, dict):
            return Amount(cell=self.cell(rule, path))
        self.keys(rule, path, ("from", "debit", "credit", "negative"))
        negative: Any = self.choice(rule, "negative", ("reject", "other_side", "credit"), path, "reject")
        if "from" in rule:
            return Amount(cell=Cell(headers=self.texts(rule["from"], path)), negative=negative)
        if "debit" not in rule or "credit" not in rule:
            raise self.refuse(path, "say from, or debit and credit")
        debit, credit = (self.cell(rule[side], (*path, side)) for side in ("debit", "credit"))
        return Amount(debit=debit, credit=credit, negative=negative)

    def side(self, items: dict[str, Any]) -> Side | None:
        if "side" not in items:
            return None
        rule, path = items["side"], ("items", "side")
        self.keys(rule, path, ("from", "debit", "credit"))
        if set(rule) != {"from", "debit", "credit"}:
            raise self.refuse(path, "say from, debit and credit")
        headers = Cell(headers=self.texts(rule["from"], (*path, "from")))
        return Side(headers, *(self.texts(rule[side], (*path, side)) for side in ("debit", "credit")))

    def kind(self, items: dict[str, Any]) -> Kind | None:
        rule, path = items.get("kind"), ("items", "kind")
        if rule is None:
            return None
        if not isinstance(rule, dict):
            return Kind(self.cell(rule, path), {}, None, None)
        self.keys(rule, path, ("from", "constant", "values", "debit", "credit"))
        values = rule.get("values") or {}
        known = {"debit": DEBIT_KINDS, "credit": CREDIT_KINDS}
        for side in ("debit", "credit"):
            if side in rule:
                self.choice(rule, side, known[side], path, None)
        for value in values:
            self.choice(values, value, DEBIT_KINDS + CREDIT_KINDS, (*path, "values"), None)
        cell = (
            self.cell({key: rule[key] for key in ("from", "constant") if key in rule}, path)
            if {"from", "constant"} & set(rule)
            else None
        )
        return Kind(cell, values, rule.get("debit"), rule.get("credit"))

    def settled(self, root: dict[str, Any]) -> Settled | None:
        rule = self.section(root, "settled", ("on", "kind", "number"))
        if not rule:
            return None
        if not {"on", "number"} <= set(rule):
            raise self.refuse(("settled",), "say on and number")
        kind = self.choice(rule, "kind", CREDIT_KINDS, ("settled",), "receipt")
        return Settled(self.cell(rule["on"], ("settled", "on")), kind, self.cell(rule["number"], ("settled", "number")))

    def cleared(self, root: dict[str, Any]) -> Cleared | None:
        rule = self.section(root, "cleared", ("on", "by"))
        if not rule:
            return None
        if set(rule) != {"on", "by"}:
            raise self.refuse(("cleared",), "say on and by")
        return Cleared(*(self.cell(rule[key], ("cleared", key)) for key in ("on", "by")))

    def list_date(self, root: dict[str, Any]) -> str:
        rule = self.section(root, "list_date", ("in_file_name",))
        return self.pattern(rule["in_file_name"], ("list_date", "in_file_name")) if rule else ""

    def date(self, root: dict[str, Any], place: int) -> str:
        return self.pattern(root["dates"][place], ("dates", place))

    def pattern(self, text: Any, path: tuple[str | int, ...]) -> str:
        pattern = pattern_of(text) if isinstance(text, str) else None
        if pattern is None:
            known = ", ".join(DATE_TOKENS)
            raise self.refuse(path, "{value} is not a form of dates; build it of {known}", value=text, known=known)
        return pattern

    def numbers(self, root: dict[str, Any]) -> NumberForm:
        rule = self.section(root, "numbers", ("decimal", "thousands"))
        decimal = self.choice(rule, "decimal", (".", ","), ("numbers",), ".")
        thousands = self.choice(rule, "thousands", (",", ".", "'", "space", "none"), ("numbers",), "none")
        if thousands == decimal:
            raise self.refuse(("numbers",), "decimal and thousands are the same")
        return NumberForm(decimal, thousands)

    def encoding(self, form: dict[str, Any]) -> str | None:
        if "encoding" not in form:
            return None
        return self.choice({"encoding": str(form["encoding"]).lower()}, "encoding", tuple(ENCODINGS), ("file",), None)

    def delimiter(self, form: dict[str, Any]) -> str | None:
        if "delimiter" not in form:
            return None
        known = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", ",": ",", ";": ";", "\t": "\t", "|": "|"}
        return known[self.choice(form, "delimiter", tuple(known), ("file",), None)]
