"""Insurance policies from YAML files: read by the table of terms, refused with file, line and reason."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from seawall.engine.kernel.errors import (
    Flaw,
    Listed,
    PolicyGap,
    PolicyInvalid,
    PolicyOverlap,
    Sentence,
    UnknownCode,
    UsageError,
    Where,
)
from seawall.engine.kernel.money import exponent
from seawall.engine.kernel.text import is_keepable
from seawall.engine.protection import wording_rules
from seawall.engine.protection.term_values import Reader, is_day, work_days
from seawall.engine.protection.terms import FORMS, TERMS
from seawall.engine.protection.wording import NONE, Dated, Wording
from seawall.policies import load, schema

TEMPLATES = Path(__file__).parent / load.INSURANCE
HEAD = ("policy", "form", "period", "currency", "terms")
"""What every policy file says; the rest of :data:`KNOWN` it may say."""

KNOWN = (*HEAD, "title", "title_zh", "insurer", "source", "entities", "buyers", "over", "calendar", "note")
FIRST_YEAR, LAST_YEAR = 1950, 2200
TEXT_MAX = 200_000
"""Characters of a policy file: far more than a policy needs."""


def templates() -> dict[str, Wording]:
    """The policies shipped as templates, by the name of their file."""
    return {path.stem: parse(path.read_text("utf-8"), name=path.name) for path in sorted(TEMPLATES.glob("*.yaml"))}


def load_wordings(texts: Sequence[tuple[str, str]]) -> tuple[Wording, ...]:
    """The policies of several files, given as name and text, in the order of their codes and periods.

    Raises:
        PolicyInvalid: a file does not fit, or has another currency than one of the same code; says which line and why.
        PolicyGap: a needed term says nothing on a day.
        PolicyOverlap: a day stands twice, or two files hold one policy for the same days.
    """
    read = [(name, parse(text, name=name)) for name, text in texts]
    found = sorted(read, key=lambda one: (one[1].code, one[1].first_on))
    for (earlier_name, earlier), (name, later) in pairwise(found):
        if earlier.code == later.code and later.first_on <= earlier.last_on:
            raise PolicyOverlap(
                "The policy {policy} is given for {day} by both {file} and {other}.",
                policy=later.code, day=later.first_on, file=name, other=earlier_name, where=Where(file=name),
            )  # fmt: skip
    _refuse_mixed(found, dict(texts))
    _refuse_rings(found)
    codes = {wording.code for _, wording in found}
    for name, wording in found:
        if wording.over and wording.over not in codes:
            raise PolicyInvalid(
                "The policy {policy} in {file} lies over {over}, and there is no such policy.",
                policy=wording.code, over=wording.over, file=name, where=Where(file=name),
            )  # fmt: skip
    return tuple(wording for _, wording in found)


def _refuse_mixed(found: Sequence[tuple[str, Wording]], texts: Mapping[str, str]) -> None:
    """Refuse a policy whose periods are in several currencies: what is kept of it would be added up across them."""
    for (other, earlier), (name, later) in pairwise(found):
        if earlier.code == later.code and earlier.currency != later.currency:
            what = Sentence(
                "The policy {policy} is in {currency} in {other}, and has one currency.",
                {"policy": later.code, "currency": earlier.currency, "other": other},
            )
            raise _invalid(name, load.line_of(texts[name], ("currency",)), what)


def _refuse_rings(found: Sequence[tuple[str, Wording]]) -> None:
    """Refuse a top-up that lies, perhaps over others, on itself."""
    over = {wording.code: wording.over for _, wording in found}
    for name, wording in found:
        below = [wording.over]
        while below[-1] and below[-1] not in below[:-1]:
            below.append(over.get(below[-1], ""))
        if wording.code in below:
            raise PolicyInvalid(
                "The policy {policy} in {file} lies over itself.",
                policy=wording.code, file=name, where=Where(file=name),
            )  # fmt: skip


def parse(text: str, *, name: str) -> Wording:
    """One policy from the text of a YAML file; ``name`` is what errors call the file.

    Raises:
        PolicyInvalid: the text is no policy; says which line and why.
        PolicyGap: a needed term says nothing on a day.
        PolicyOverlap: a day, or another name, stands twice.
    """
    try:
        body = _read(text, name)
        return from_body(body)
    except (yaml.YAMLError, ValueError) as error:  # a value such as 0x_ is no number, though YAML takes it for one
        raise _invalid(name, *load.no_yaml(error)) from None
    except Flaw as flaw:
        refused = _invalid(name, load.line_of(text, flaw.path), flaw.said, hint=flaw.hint)
        refused.path = flaw.path
        raise refused from None
    except PolicyGap as error:
        error.where = Where(file=name, row=load.line_of(text, ("terms", error.params.get("term"))))
        raise


def _invalid(name: str, line: int | None, what: Sentence, *, hint: str = "") -> PolicyInvalid:
    return PolicyInvalid(
        "The insurance policy {file} cannot be used, line {line}: {what}", hint=hint,
        **{**what.params, "file": name, "line": line or 1, "what": what}, where=Where(file=name, row=line),
    )  # fmt: skip


def from_body(body: object) -> Wording:
    """A policy from what a YAML file, or a form, said.

    Raises:
        Flaw: it is no policy; says at which keys.
        PolicyGap: a needed term says nothing on a day.
    """
    if not isinstance(body, Mapping):
        raise Flaw((), "A policy is a table of names and values.")
    for key in HEAD:
        if key not in body:
            raise Flaw((key,), "The field {name} is missing.", name=key)
    for key in body:
        if key not in KNOWN:
            raise Flaw((key,), "The field {name} is not known; known are {known}.", name=key, known=Listed(KNOWN))
    wording = _head(body)
    reader = Reader(wording.currency, wording.calendar)
    terms = body["terms"]
    if not isinstance(terms, Mapping) or not terms:
        raise Flaw(("terms",), "A policy has terms: a table of names and values.")
    read = {name: _values(name, said, wording, reader) for name, said in terms.items()}
    whole = replace(wording, terms=read, body=body)
    wording_rules.check(whole)
    return whole


def _read(text: str, name: str) -> object:
    if len(text) > TEXT_MAX:
        raise Flaw((), "A policy file has at most {limit} characters.", limit=TEXT_MAX)
    load.refuse_tricks(text, chars_max=TEXT_MAX)
    node = yaml.compose(text, Loader=load.LOADER)
    load.refuse_repeats(node, name)
    load.refuse_impossible_days(node)
    return yaml.load(text, Loader=load.LOADER)  # noqa: S506 - a safe loader


def _head(body: Mapping[str, Any]) -> Wording:
    code, form = _word(body, "policy"), _word(body, "form")
    if form not in FORMS:
        raise Flaw(("form",), "{value} is not one of {known}.", value=form, known=Listed(FORMS))
    try:
        currency = _word(body, "currency")
        exponent(currency)
    except UnknownCode as error:
        raise Flaw(("currency",), error.template, hint=error.hint_template, **error.params) from None
    first_on, last_on = _period(body["period"])
    title = _word(body, "title", code)
    return Wording(
        code=code, title=title, title_zh=_word(body, "title_zh", title), insurer=_word(body, "insurer", ""),
        form=form, first_on=first_on, last_on=last_on, currency=currency, terms={},
        source=_word(body, "source", ""), entities=_words(body, "entities"), customers=_words(body, "buyers"),
        over=_word(body, "over", ""),
        calendar=work_days(body["calendar"], ("calendar",)) if "calendar" in body else None,
        note=_word(body, "note", ""),
    )  # fmt: skip


def _period(said: object) -> tuple[dt.date, dt.date]:
    if not isinstance(said, Mapping) or set(said) != {"from", "to"}:
        raise Flaw(("period",), "The period is {from: 2026-01-01, to: 2026-12-31}, both days within it.")
    for name, day in said.items():
        if not is_day(day) or not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Flaw(
                ("period", name), "{value} is not a day between {first} and {last}.",
                value=day, first=FIRST_YEAR, last=LAST_YEAR,
            )  # fmt: skip
    return said["from"], said["to"]


def _values(name: object, said: object, wording: Wording, reader: Reader) -> tuple[Dated, ...]:
    """A term's values: one for the whole period, or by the day from which each holds."""
    if not isinstance(name, str) or name not in TERMS:
        raise Flaw(("terms", name), "The term {term} is not known.", term=name)
    if not (isinstance(said, Mapping) and any(is_day(key) for key in said)):
        return (Dated(wording.first_on, _value(name, said, reader, ("terms", name)), wording.source),)
    return tuple(
        _dated(name, day, said[day], wording, reader)
        for day in sorted(said, key=lambda day: (not is_day(day), str(day)))
    )


def _dated(name: str, day: object, entry: object, wording: Wording, reader: Reader) -> Dated:
    path = ("terms", name, day)
    if not is_day(day) or not FIRST_YEAR <= day.year <= LAST_YEAR:  # type: ignore[attr-defined]
        raise Flaw(path, "{value} is not a day: write it as 2026-01-31.", value=day)
    if not isinstance(entry, Mapping) or "value" not in entry:
        raise Flaw(path, "A dated entry holds value, and perhaps source and note.")
    for key in entry:
        if key not in schema.VALUE_KEYS:
            raise Flaw((*path, key), "The field {name} is not known.", name=key)
    value = None if entry["value"] is None else _value(name, entry["value"], reader, (*path, "value"))
    source, note = _word(entry, "source", wording.source, path), _word(entry, "note", "", path)
    return Dated(day, value, source, note)  # type: ignore[arg-type]


def _value(name: str, said: object, reader: Reader, path: tuple[object, ...]) -> Any:
    term = TERMS[name]
    if said == NONE:
        if term.is_needed and not term.may_be_none:
            raise Flaw(path, "The term {term} cannot be none.", term=name)
        return NONE
    return reader.read(term.value, said, path)


def _word(body: Mapping[str, Any], key: str, absent: str | None = None, path: tuple[object, ...] = ()) -> str:
    said = body.get(key, absent)
    if isinstance(said, int) and not isinstance(said, bool):
        said = str(said)
    if not isinstance(said, str) or (absent is None and not said.strip()):
        raise Flaw((*path, key), "{value} is not a text: set it in quotation marks.", value=said)
    if not is_keepable(said):
        raise Flaw((*path, key), "The text holds a character that cannot be kept.", hint="Type it anew.")
    return said.strip()


def _words(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    said = body.get(key, [])
    if not isinstance(said, list) or (key in body and not said):
        raise Flaw((key,), "{value} is not a list: write [one, another].", value=said)
    return tuple(_word({key: one}, key) for one in said)


def with_settings(wordings: Sequence[Wording], settings: Sequence[str]) -> tuple[Wording, ...]:
    """The policies with some terms otherwise: ``mep.days=30``, or of one policy ``SINO-2025:insured_rate.rate=0.8``.

    A setting holds on every day of the policy, in place of what the dated values say.

    Raises:
        UsageError: a setting is no term and value, or names no policy that is here.
        PolicyInvalid: the policy cannot be used with it; says why.
        PolicyGap: a needed term would say nothing.
    """
    found = list(wordings)
    for setting in settings:
        path, is_set, value = setting.partition("=")
        code, is_named, name = path.rpartition(":")
        if not is_set or (is_named and code not in {one.code for one in found}):
            raise UsageError(
                "{setting} sets no term of a policy that is here.", hint="Write TERM=VALUE, as in mep.days=30.",
                setting=setting,
            )  # fmt: skip
        found = [one if is_named and one.code != code else _with_setting(one, name, value, setting) for one in found]
    return tuple(found)


def _with_setting(wording: Wording, name: str, value: str, setting: str) -> Wording:
    term, *path = name.strip().split(".")
    body = copy.deepcopy(dict(wording.body))
    try:
        said = _read(value, setting) if value.strip() else None
        _require_term(term)
        if path and term not in body["terms"]:
            body["terms"][term] = {}
        body["terms"][term] = _put(body["terms"].get(term), term, path, said)
        return from_body(body)
    except (yaml.YAMLError, ValueError) as error:
        raise _unusable(setting, load.no_yaml(error)[1]) from None
    except Flaw as flaw:
        raise _unusable(setting, flaw.said, hint=flaw.hint) from None


def _unusable(setting: str, what: Sentence, *, hint: str = "") -> PolicyInvalid:
    said = {**what.params, "setting": setting, "what": what}
    return PolicyInvalid("The setting {setting} cannot be used: {what}", hint=hint, **said)


def _require_term(term: str) -> None:
    if term not in TERMS:
        raise Flaw((), "The term {term} is not known.", term=term)


def _put(before: Any, term: str, path: Sequence[str], said: object) -> Any:
    """What a term says once the value at ``path`` is replaced; of dated values, each."""
    if not path:
        return said
    if isinstance(before, Mapping) and any(is_day(key) for key in before):
        return {day: {**entry, "value": _put(entry["value"], term, path, said)} for day, entry in before.items()}
    field = TERMS[term].value
    is_table = isinstance(before, Mapping) and (not field.main or bool(set(before) & set(field.fields)))
    table = dict(before) if is_table or not before else {field.main: before}
    return {**table, path[0]: _put(table.get(path[0]), term, path[1:], said) if path[1:] else said}
