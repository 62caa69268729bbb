"""Policies: the list by room, one policy with its timeline, and an own version: edit, preview, propose."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError, SeawallError, Where
from seawall.services import access, policies
from seawall.services.documents import UNVERIFIED
from seawall.services.policies import Change, Line
from seawall.web import headline, numbers
from seawall.web.ledger.acts import day
from seawall.web.reader import Reader, page, today

ROOMS = {"accounting": noop("Accounting"), "house": noop("House"), "insurance": noop("Insurance"), "law": noop("Law")}
UNITS = {
    "rate": noop("per one"),
    "days": noop("days"),
    "count": noop("number"),
    "number": noop("number"),
    "text": noop("text"),
}
TEXT_MAX = 20_000


@page("settings/policies.html", "policies")
def view(reader: Reader) -> dict[str, Any]:
    """Every policy as it stands on the question's day."""
    lines = [
        _line(each) for each in policies.listed(reader.actor, on=reader.question.on, entity=reader.question.entity)
    ]
    rooms = [(_(ROOMS.get(room, room)), list(rows)) for room, rows in groupby(lines, key=lambda row: row["room"])]
    return {
        "policy_rooms": rooms,
        "own": sum(row["is_own"] for row in lines),
        "unverified": sum(not row["is_verified"] for row in lines),
    }


@page("settings/policy.html", "policies")
def one(reader: Reader, policy_id: str) -> dict[str, Any]:
    """One policy: what holds when, from where, and the company's own versions."""
    file = policies.shown(reader.actor, policy_id, on=reader.question.on, entity=reader.question.entity)
    return {
        "line": _line(file.line),
        "spans": file.spans,
        "versions": file.versions,
        "waiting": file.proposals,
        "may_propose": reader.actor.may(access.POLICY_PROPOSE),
        "mark": UNVERIFIED,
    }


@page("settings/policy_edit.html", "policies", methods=("GET", "HEAD", "POST"), carry=("as",))
def edit(reader: Reader, policy_id: str) -> dict[str, Any] | HttpResponse:
    """An own version: as a form where it holds single values, as YAML otherwise or if asked; preview, then propose."""
    access.require(reader.actor, access.POLICY_PROPOSE)
    file = policies.shown(reader.actor, policy_id, on=reader.question.on)
    fields = policies.fields_of(policy_id)
    given = reader.request.POST if reader.request.method == "POST" else reader.request.GET
    as_yaml = not fields or given.get("as") == "yaml"
    shown = {"line": _line(file.line), "as_yaml": as_yaml, "can_form": bool(fields), "entities": reader.about.names}
    if reader.request.method != "POST":
        return shown | _begun(reader, policy_id, fields, as_yaml=as_yaml)
    return _answered(reader, policy_id, fields, shown)


def _begun(reader: Reader, policy_id: str, fields: Any, *, as_yaml: bool) -> dict[str, Any]:
    """The form as it first shows: what is in force, from today on."""
    here = today(reader.about)
    if as_yaml:
        body = policies.draft_of(reader.actor, policy_id, on=here, from_day=here)
        return {"typed": {"body": body}}
    value, source = policies.in_force(policy_id, on=here)
    values = value if isinstance(value, dict) else {"value": value}
    typed = {"from_day": here.isoformat(), "source": _cleared(source), "note": ""}
    return {"typed": typed, "fields": _inputs(fields, values)}


def _answered(reader: Reader, policy_id: str, fields: Any, shown: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    """What was sent, previewed or proposed."""
    given = reader.request.POST
    typed = {
        name: given.get(name, "")[:TEXT_MAX] for name in ("body", "from_day", "source", "note", "reason", "entity")
    }
    answer = shown | {"typed": typed, "fields": _inputs(fields, given, prefix="value.")}
    try:
        body = typed["body"] if shown["as_yaml"] else _body(typed, fields, given)
        answer["body"] = body
        if given.get("act") != "propose":
            answer["preview"] = _preview(reader, policy_id, body, typed["entity"])
            return answer
        made = policies.propose(reader.actor, policy_id, body, reason=typed["reason"], entity=typed["entity"])
    except SeawallError as error:
        if not error.where.column:
            is_reason = given.get("act") == "propose" and not typed["reason"].strip()
            error.where = Where(column="reason" if is_reason else "body")
        raise
    messages.success(reader.request, _("Proposed. Another person approves it."), extra_tags="good")
    return redirect("approval", number=made.number)


def _body(typed: dict[str, str], fields: Any, given: Any) -> str:
    """The YAML of what a form holds."""
    from_day = day(typed, "from_day")
    values = {name: _value(kind, name, given.get(f"value.{name}", "")) for name, kind in fields.items()}
    value = values["value"] if set(values) == {"value"} else values
    entry = {"value": value, "source": typed["source"].strip()}
    if typed["note"].strip():
        entry["note"] = typed["note"].strip()
    return policies.written({"values": {from_day: entry}})


def _value(kind: Any, name: str, text: str) -> Any:
    """A typed value; what is no number stays a text, and the schema says what it should be."""
    text = text.strip()
    if isinstance(kind, list) or kind == "text":
        return text
    try:
        return int(text) if kind in ("days", "count") else float(text)
    except ValueError:
        raise InputError(
            "{text} is not a number.", hint="Write it with a point, as 0.05.", where=Where(column=name),
            text=text or "–",
        ) from None  # fmt: skip


def _inputs(fields: Any, values: Any, *, prefix: str = "") -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "value": values.get(f"{prefix}{name}", ""),
            "choices": kind if isinstance(kind, list) else None,
            "unit": "" if isinstance(kind, list) else _(UNITS[kind]),
        }
        for name, kind in fields.items()
    ]


def _preview(reader: Reader, policy_id: str, body: str, entity: str) -> dict[str, Any]:
    question = reader.question
    seen = policies.preview(
        reader.actor, policy_id, body, on=question.on, entity=entity, currency=question.currency or None
    )
    return {
        "on": seen.on,
        "known": seen.known,
        "is_early": seen.is_early,
        "count": len(seen.changed),
        "rows": [
            _change(each, seen.currency) for each in (*seen.changed, *(c for c in seen.figures if not c.is_changed))
        ],
    }


def _change(change: Change, currency: str) -> dict[str, Any]:
    return {
        "title": headline.title(change.name),
        "active": headline.value(change.active, change.unit, currency),
        "draft": headline.value(change.draft, change.unit, currency),
        "is_changed": change.is_changed,
    }


def _line(line: Line) -> dict[str, Any]:
    chinese = numbers.babel_locale().startswith("zh")
    return {
        "id": line.policy_id, "room": line.room.partition(".")[0], "title": line.title_zh if chinese else line.title,
        "value": line.value, "from_day": line.from_day, "source": _cleared(line.source), "unit": line.unit,
        "governed_by": line.governed_by, "is_verified": line.is_verified, "is_own": line.is_own,
        "approved_by": line.approved_by, "next_day": line.next_day, "waiting": line.waiting,
    }  # fmt: skip


def _cleared(source: str) -> str:
    """A source without its mark; the page says in words that nobody has checked it yet."""
    return " ".join(source.replace(f" {UNVERIFIED}", "").replace(UNVERIFIED, "").split())
