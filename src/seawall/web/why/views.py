"""The panel beside the page: how one figure comes about, step by step, down to policies and source rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from seawall.engine.explain import is_of_bank
from seawall.engine.kernel.trace import FORMULAS, Source, Step
from seawall.engine.protection.claim_facts import Key
from seawall.exchange import report_cover
from seawall.policies.load import shipped
from seawall.services import bank_why, claim_cases, protection
from seawall.services.reading import explained
from seawall.web import numbers, words
from seawall.web.question import day_of
from seawall.web.reader import Reader, page

OPEN_DEPTH = 2
"""So many levels stand open; deeper ones open by a click."""


@page("why/trace.html", "today")
def view(reader: Reader, figure: str) -> dict[str, Any]:
    """The trace of one figure, of one customer where the address names one."""
    customer = reader.request.GET.get("customer", "")
    if is_of_bank(figure):
        asked = reader.question
        step = bank_why.explained(reader.actor, figure, on=asked.on, entity=asked.entity, currency=asked.currency)
        return {"step": told(step, 0), "day": asked.on, "customer": "", "known": None}
    step = explained(reader.detailed, figure=figure, scheme=reader.question.scheme, customer=customer)
    return _panel(reader, step, customer)


@page("why/trace.html", "claims")
def claim(reader: Reader) -> dict[str, Any]:
    """The trace of a claim: of one on file (``of=case``), else of one that is not there yet."""
    given = {
        name: reader.request.GET.get(name, "").strip()[:100] for name in ("customer", "cause", "lost_on", "policy")
    }
    on = day_of(given["lost_on"], reader.question.on)
    cause, policy = given["cause"] or "insolvency", given["policy"]
    if reader.request.GET.get("of") == "case":
        step = claim_cases.explained(reader.detailed, Key(given["customer"], policy, on, cause))
    else:
        step = protection.claim_explained(
            reader.detailed, customer=given["customer"], cause=cause, lost_on=on, policy=policy or None
        )
    return _panel(reader, step, given["customer"])


@page("why/trace.html", "cover")
def cover(reader: Reader) -> dict[str, Any]:
    """The trace of the cover of one item."""
    given = {name: reader.request.GET.get(name, "").strip()[:100] for name in ("customer", "item", "policy")}
    step = protection.cover_explained(
        reader.detailed, customer=given["customer"], item=given["item"], policy=given["policy"] or None
    )
    return _panel(reader, step, given["customer"])


def _panel(reader: Reader, step: Step, customer: str) -> dict[str, Any]:
    return {"step": told(step, 0), "day": reader.question.on, "customer": customer, "known": reader.reading.as_of.known}


def told(step: Step, depth: int) -> dict[str, Any]:
    """A step and those below it, in words."""
    known = FORMULAS.get(step.formula_id)
    return {
        "label": _label(step),
        "value": shown(step),
        "formula": _(known.title) if known else "",
        "reference": known.reference if known else "",
        "source": _source(step.source) if step.source else "",
        "inputs": [told(each, depth + 1) for each in step.inputs],
        "is_open": depth < OPEN_DEPTH,
    }


def shown(step: Step) -> str:
    """A step's value as people read it, with its unit."""
    value = step.value
    if value is None:
        return numbers.NOTHING
    if step.unit == "money":
        return f"{numbers.Unit(step.currency, 1).text(int(value))} {step.currency}"
    if isinstance(value, str):
        return value
    ways = {
        "rate": lambda: numbers.percent_text(value, 4 if 0 < abs(value) < 0.001 else 2),  # noqa: PLR2004
        "days": lambda: _("{days} days").format(days=numbers.days_text(value, 0 if isinstance(value, int) else 1)),
        "count": lambda: numbers.decimal_text(value, 0),
    }
    return ways.get(step.unit, lambda: numbers.decimal_text(value, 4))()


def _label(step: Step) -> str:
    """The label in the reader's language; a policy's is its own title, which both languages have."""
    if step.source and step.source.kind == "policy" and step.source.name in shipped().by_id:
        policy = shipped().by_id[step.source.name]
        if step.label == policy.title:
            return policy.title_zh if numbers.babel_locale().startswith("zh") else policy.title
    params = {name: _param(name, value) for name, value in step.params.items()}
    return _(step.label).format(**params) if params else _(step.label)


def _param(name: str, value: str) -> str:
    if name == "bucket":
        return numbers.bucket_text(value)
    return report_cover.reason_text(value, words.language()) if name == "reason" else _day(value)


def _day(text: str) -> str:
    try:
        return numbers.day_text(dt.date.fromisoformat(text))
    except ValueError:
        return text


def _source(source: Source) -> str:
    """Where a leaf comes from, in one line."""
    if source.kind == "policy" and not source.at:  # a policy that says nothing of it
        said = _("policy {name}")
    elif source.kind == "policy":
        said = _("policy {name}, from {at}: {note}")
    elif source.kind == "row":
        said = _("file {name}, row {at} ({note})") if source.at and source.name else _("{name} {note}")
    elif source.kind == "rate":
        said = _("exchange rate of {name}, {at}")
    else:
        said = _("table {name} of the report, {at}") if source.at else _("table {name} of the report")
    return said.format(name=source.name, at=_day(source.at), note=source.note).strip()
