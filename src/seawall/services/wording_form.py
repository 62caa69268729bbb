"""A policy as a form: the head and each term as typed fields, and the text that the fields say.

Over the text it began with: what is not touched stays as it was written, with its comments. Only a value that no
field can hold without loss stands as a line of YAML.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import Flaw, InputError, Where
from seawall.engine.protection.term_values import Reader, is_day
from seawall.engine.protection.terms import TERMS
from seawall.engine.protection.wording import NONE, Wording
from seawall.policies import insurance, load
from seawall.services import wording_text
from seawall.services.wording_values import ABSENT, YES, Typed, fits, name_at, places_of, typed_of, value_of
from seawall.services.wordings import in_words

HEAD: Final = ("policy", "title", "title_zh", "insurer", "form", "currency", "over", "source", "note")
"""Texts of a policy's head."""

LISTS: Final = ("entities", "buyers")
CALENDAR: Final = "calendar"
"""Of the head, a line of YAML."""


SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (noop("Period and currency"), ("attachment", "conversion")),
    (noop("What is insured"), (
        "causes", "documents", "countries", "sectors", "public_buyers", "related_buyers", "excluded_buyers",
        "payment_methods", "datum_line_amount", "vat", "max_payment_term", "max_invoicing",
    )),
    (noop("Limits and the discretionary limit"), (
        "limit_needed", "limit_notice", "limit_review", "limit_backdating", "discretionary_limit", "bank_limits",
        "group_limits", "buyer_codes",
    )),
    (noop("Duties and their clocks"), (
        "receipt_allocation", "disputed", "dispute_tolerance_rate", "mep", "stop_of_cover", "overdue_notice",
        "hand_over", "declaration",
    )),
    (noop("Loss, and the order of its calculation"), (
        "waiting_period", "claim_filing", "claim_documents", "claim_payment", "insured_rate",
        "threshold_amount", "each_and_every_amount",
        "deductible", "aggregate_first_loss", "minimum_retention_amount", "customer_maximum_amount", "annual_maximum",
        "loss_operators", "loss_payee",
    )),
    (noop("Premium"), ("premium",)),
    (noop("Fees"), ("limit_fees",)),
    (noop("Recoveries after a loss"), ("recoveries",)),
)  # fmt: skip
"""Terms in the order in which a policy is read, by the titles of its parts."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a policy file says of a term from a day on (an empty day: from the beginning)."""

    on: str
    value: Any
    source: str = ""
    note: str = ""
    at: str = ""
    """The field of a form that holds its day."""


def entries_of(said: Any) -> list[Entry]:
    """The values of a term as its file says them."""
    if not (isinstance(said, Mapping) and any(is_day(day) for day in said)):
        return [Entry("", said)]
    return [
        Entry(str(day), one.get("value"), str(one.get("source", "")), str(one.get("note", "")))
        for day, one in sorted(said.items())
    ]


def form_of(text: str) -> dict[str, list[str]]:
    """A policy as its form holds it.

    Raises:
        PolicyInvalid, PolicyOverlap, PolicyGap: the text is no policy.
    """
    wording = insurance.parse(text, name="policy.yaml")
    body = wording.body
    made = {name: [str(body.get(name, ""))] for name in HEAD}
    made |= {"period_from": [str(wording.first_on)], "period_to": [str(wording.last_on)]}
    made |= {name: [", ".join(map(str, body.get(name, ())))] for name in LISTS}
    made[CALENDAR] = [in_words(body[CALENDAR]) if CALENDAR in body else ""]
    for term, said in body["terms"].items():
        for place, entry in enumerate(entries_of(said)):
            made |= _typed(wording, term, entry, name_of(term, place))
    return made


def name_of(term: str, place: int) -> str:
    """The name under which the fields of a term's value stand."""
    return f"t.{term}.{place}"


def _typed(wording: Wording, term: str, entry: Entry, name: str) -> dict[str, list[str]]:
    made = {f"{name}.on": [entry.on], f"{name}.source": [entry.source], f"{name}.note": [entry.note]}
    field = TERMS[term].value
    if entry.value == NONE:
        return made | {f"{name}.none": [YES]}
    if entry.value is None:
        return made | {f"{name}.ends": [YES]}
    if not fits(field, entry.value, Reader(wording.currency, wording.calendar)):
        return made | {f"{name}.yaml": [in_words(entry.value)]}
    return made | typed_of(field, entry.value, f"{name}.v")


def text_of(typed: Typed, base: str) -> str:
    """The text that a form says, over the text it began with.

    Raises:
        InputError: a field is no YAML or no day, or a code or a day stands twice; says which.
        PolicyInvalid, PolicyOverlap, PolicyGap: the text it began with is no policy.
    """
    began = form_of(base)
    before: dict[str, Any] = dict(plain(base))
    after = dict(before)
    for name in (*HEAD, *LISTS):
        said = _said(typed, name)
        if said != _said(began, name):
            after.pop(name, None)
            if said:
                after[name] = said if name in HEAD else _codes(said)
    if (said := _said(typed, CALENDAR)) != _said(began, CALENDAR):
        after.pop(CALENDAR, None)
        after |= {CALENDAR: _yaml(said, CALENDAR)} if said else {}
    period = {end: _day(typed, f"period_{end}") for end in ("from", "to")}
    after["period"] = period
    terms = {**before["terms"]}
    for term in TERMS:
        if _of_term(typed, term) != _of_term(began, term):
            terms.pop(term, None)
            terms |= _term(typed, term, period["from"])
    after["terms"] = {term: terms[term] for term in TERMS if term in terms}
    return wording_text.rewritten(base, before, after)


def _said(typed: Typed, name: str) -> str:
    return (typed.get(name) or [""])[-1].strip()


def _codes(text: str) -> list[str]:
    return [code for part in text.replace("，", ",").split(",") if (code := part.strip())]


def _of_term(typed: Typed, term: str) -> dict[str, list[str]]:
    """All that is typed for a term."""
    mine = {name: [one.strip() for one in said if one.strip()] for name, said in typed.items()
            if name.startswith(f"t.{term}.")}  # fmt: skip
    return {name: said for name, said in mine.items() if said}


def _term(typed: Typed, term: str, first: Any) -> dict[str, Any]:
    """A term as a policy file says it; nothing where the form says nothing."""
    entries = list(_entries(typed, term))
    if not entries:
        return {}
    if len(entries) == 1 and not entries[0].source and not entries[0].note and entries[0].on in ("", str(first)):
        return {term: entries[0].value}
    dated: dict[Any, Any] = {}
    for each in entries:
        if not each.on and dated:
            raise InputError("Say from which day on this holds.", where=Where(column=each.at))
        day = dt.date.fromisoformat(each.on) if each.on else first
        if day in dated:
            raise InputError("{value} stands twice.", where=Where(column=each.at), value=day)
        more = {name: said for name in ("source", "note") if (said := getattr(each, name))}
        dated[day] = {"value": each.value, **more}
    return {term: dated}


def _entries(typed: Typed, term: str) -> Iterator[Entry]:
    for place in places_of(typed, f"t.{term}"):
        name = name_of(term, place)
        on = str(_day(typed, f"{name}.on") or "")
        source, note = _said(typed, f"{name}.source"), _said(typed, f"{name}.note")
        if _said(typed, f"{name}.none"):
            yield Entry(on, NONE, source, note, f"{name}.on")
        elif _said(typed, f"{name}.ends"):
            yield Entry(on, None, source, note, f"{name}.on")
        elif (value := _value(typed, term, name)) is not ABSENT:
            yield Entry(on, value, source, note, f"{name}.on")


def _value(typed: Typed, term: str, name: str) -> Any:
    text = _said(typed, f"{name}.yaml")
    return _yaml(text, f"{name}.yaml") if text else value_of(TERMS[term].value, typed, f"{name}.v")


def _yaml(text: str, name: str) -> Any:
    try:
        return plain(text)
    except (yaml.YAMLError, Flaw, ValueError):
        raise InputError(
            "{text} is not written as YAML.", hint="Write it as in the text of the policy.", text=text[:80],
            where=Where(column=name),
        ) from None  # fmt: skip


def _day(typed: Typed, name: str) -> Any:
    text = _said(typed, name)
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(
            "{day} is not a date.", hint="Write it as 2026-06-30.", where=Where(column=name), day=text[:40]
        ) from None


def plain(text: str) -> Any:
    """What a YAML text says; references and levels without end are not read."""
    load.refuse_tricks(text, chars_max=insurance.TEXT_MAX)
    return yaml.safe_load(text)


def field_at(typed: Typed, path: tuple[object, ...]) -> str:
    """Under which name the form has what a flaw is about, by its keys in the policy."""
    keys = list(map(str, path))
    if not keys or keys[0] != "terms" or len(keys) == 1:
        return "_".join(keys[:2]) if keys[:1] == ["period"] and len(keys) > 1 else "".join(keys[:1])
    term, rest = keys[1], path[2:]
    places = places_of(typed, f"t.{term}") or [0]
    name = name_of(term, places[0])
    if rest and is_day(rest[0]):
        days = {_said(typed, f"{name_of(term, place)}.on"): place for place in places}
        name, rest = name_of(term, days.get(str(rest[0]), places[0])), rest[1:]
        if rest[:1] in (("source",), ("note",)):
            return f"{name}.{rest[0]}"
        rest = rest[1:]
    if term not in TERMS or _said(typed, f"{name}.yaml"):
        return f"{name}.yaml"
    return name_at(TERMS[term].value, typed, f"{name}.v", rest)
