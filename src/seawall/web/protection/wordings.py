"""Insurance policies: the list, one in plain words with its versions, and a new version by form or as YAML."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from seawall.engine.kernel.errors import InputError, NotFound, SeawallError, UnknownCode, Where
from seawall.engine.protection.terms import FORMS, TERMS
from seawall.engine.protection.wording import Wording
from seawall.services import access, wordings
from seawall.services.wordings import Line, Version
from seawall.web import errors, numbers
from seawall.web.reader import Reader, page

FORM_WORDS = {
    "whole_turnover": noop("whole turnover"), "excess_of_loss": noop("excess of loss"),
    "single_buyer": noop("single customer"), "top_up": noop("top-up"),
}  # fmt: skip
TEXT_MAX = 200_000


@page("protection/policies.html", "insurance_policies")
def view(reader: Reader) -> dict[str, Any]:
    """Every policy in force or past, what waits for a second person, and the templates to begin with."""
    rows = [_line(reader, each) for each in wordings.listed(reader.actor)]
    return {
        "rows": rows,
        "waiting": wordings.waiting_new(reader.actor),
        "templates": [
            {"name": name, "title": wording.title_zh if _is_chinese() else wording.title, "insurer": wording.insurer}
            for name, wording in wordings.templates().items()
        ],
        "may_propose": reader.actor.may(access.POLICY_PROPOSE),
    }


@page("protection/policy.html", "insurance_policies")
def one(reader: Reader, code: str) -> dict[str, Any]:
    """One policy in plain words, its versions, and the difference between two of them."""
    file = wordings.shown(reader.actor, code)
    return {
        "title": file.line.title_zh if _is_chinese() else file.line.title,
        "line": _line(reader, file.line),
        "terms": [_term(each) for each in wordings.terms_of(file.wording)],
        "versions": file.versions,
        "waiting": file.proposals,
        "remarks": _remarks(reader, file.wording),
        "body": file.versions[0].body,
        "may_propose": reader.actor.may(access.POLICY_PROPOSE),
        **_compared(reader, file.versions),
    }


@page(
    "protection/policy_edit.html", "insurance_policies", methods=("GET", "HEAD", "POST"), carry=("as", "from", "code")
)
def edit(reader: Reader) -> dict[str, Any] | HttpResponse:
    """A new version or policy: begun with a policy or a template, as a form or as YAML; checked, then proposed."""
    access.require(reader.actor, access.POLICY_PROPOSE)
    given = reader.request.POST if reader.request.method == "POST" else reader.request.GET
    as_yaml = given.get("as") == "yaml"
    code, template = given.get("code", "")[:100], given.get("from", "")[:100]
    begun = (
        wordings.shown(reader.actor, code).versions[0].body if code else wordings.template(template) if template else ""
    )
    shown = {"as_yaml": as_yaml or not begun, "code": code, "from": template, "can_form": bool(begun)}
    if reader.request.method != "POST":
        return shown | _begun(begun, as_yaml=bool(shown["as_yaml"]))
    typed = {name: str(value)[:TEXT_MAX].replace("\r\n", "\n") for name, value in given.items()}
    _require_head(typed, as_yaml=bool(shown["as_yaml"]))
    body = typed.get("body", "") if shown["as_yaml"] else wordings.composed(typed, begun)
    return _answered(reader, shown, typed, body, begun)


def _begun(begun: str, *, as_yaml: bool) -> dict[str, Any]:
    if as_yaml:
        return {"typed": {"body": begun}}
    values = wordings.fields_of(begun)
    return {"typed": values, "head": _head(values), "fields": _fields(values)}


def _answered(
    reader: Reader, shown: dict[str, Any], typed: dict[str, str], body: str, begun: str
) -> dict[str, Any] | HttpResponse:
    """What was sent, checked or proposed."""
    answer = shown | {"typed": typed | {"body": body}, "head": _head(typed), "fields": _fields(typed)}
    try:
        wording = wordings.checked(body)
        if typed.get("act") != "propose":
            answer["remarks"] = _remarks(reader, wording)
            answer["checked"] = [_term(each) for each in wordings.terms_of(wording)]
            answer["difference"] = _marked(wordings.difference(begun, body)) if begun else []
            return answer
        made = wordings.propose(
            reader.actor, body, reason=typed.get("reason", ""), valid_from=_day(typed, "valid_from")
        )  # fmt: skip
    except SeawallError as error:
        if not error.where.column:
            is_reason = typed.get("act") == "propose" and not typed.get("reason", "").strip()
            error.where = Where(column="reason" if is_reason else "body", row=error.where.row)
        raise
    messages.success(reader.request, _("Proposed. Another person approves it."), extra_tags="good")
    for said in _remarks(reader, wording):
        messages.warning(reader.request, said, extra_tags="amber")
    return redirect("approval", number=made.number)


def _remarks(reader: Reader, wording: Wording) -> list[str]:
    """What of a policy can never come to bear."""
    return [errors.say(each.template, dict(each.params)) for each in wordings.remarks(reader.actor, wording)]


def _require_head(typed: dict[str, str], *, as_yaml: bool) -> None:
    """Refuse what a field of the form cannot be, beside that field."""
    _day(typed, "valid_from")
    if as_yaml:
        return
    for name in ("period_from", "period_to"):
        _day(typed, name)
    if (form := typed.get("form", "")) not in FORMS:
        raise UnknownCode("{text} is none of the choices.", where=Where(column="form"), text=form[:40])


def _day(typed: dict[str, str], name: str) -> dt.date | None:
    text = typed.get(name, "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(
            "{day} is not a date.", hint="Write it as 2026-06-30.", where=Where(column=name), day=text[:40]
        ) from None


def _compared(reader: Reader, versions: tuple[Version, ...]) -> dict[str, Any]:
    """The difference between the version asked for and the one before it."""
    asked = reader.request.GET.get("version", "")
    found = next((each for each in versions if str(each.version) == asked), None)
    if asked and found is None:
        raise NotFound("There is no version {version} of this policy.", version=asked[:20])
    if found is None:
        return {"shown_version": None}
    before = next((each.body for each in versions if each.version == found.version - 1), "")
    return {"shown_version": found, "difference": _marked(wordings.difference(before, found.body))}


def _marked(lines: list[tuple[str, str]]) -> list[dict[str, str]]:
    tones = {"+": "is-added", "-": "is-gone", "@": "is-place"}
    return [{"mark": mark, "line": line, "tone": tones.get(mark, "")} for mark, line in lines]


def _line(reader: Reader, line: Line) -> dict[str, Any]:
    on = reader.question.on
    return {
        "policy": line.policy, "title": line.title_zh if _is_chinese() else line.title, "insurer": line.insurer,
        "form": _(FORM_WORDS[line.form]), "currency": line.currency, "first_on": line.first_on, "last_on": line.last_on,
        "entity": line.entity, "version": line.version, "valid_from": line.valid_from, "approved_by": line.approved_by,
        "is_verified": line.is_verified, "waiting": line.waiting, "is_now": line.first_on <= on <= line.last_on,
        "address": reverse("insurance_policy", args=[line.policy]) + reader.question.carried(),
    }  # fmt: skip


def _term(term: dict[str, Any]) -> dict[str, Any]:
    language = "_zh" if _is_chinese() else ""
    return {
        "name": term["term"], "title": term[f"title{language}"], "about": term[f"about{language}"],
        "values": [value | {"words": value[f"sentence{language}"]} for value in term["values"]],
    }  # fmt: skip


def _head(values: dict[str, str]) -> list[dict[str, Any]]:
    """The head of a policy as fields."""
    shown = (
        ("policy", _("Code of the policy"), "text"), ("title", _("Title"), "text"),
        ("title_zh", _("Title in Chinese"), "text"), ("insurer", _("Insurer"), "text"), ("form", _("Form"), "choice"),
        ("period_from", _("Period from"), "date"),
        ("period_to", _("Period until"), "date"), ("currency", _("Currency"), "text"),
        ("entities", _("Entities insured; empty is all"), "text"),
        ("buyers", _("Only these customers; empty is all"), "text"),
        ("over", _("Lies over the policy"), "text"),
    )  # fmt: skip
    choices = [(form, _(FORM_WORDS[form])) for form in FORMS]
    return [
        {"name": name, "title": title, "kind": kind, "value": values.get(name, ""), "choices": choices}
        for name, title, kind in shown
    ]


def _fields(values: dict[str, str]) -> list[dict[str, Any]]:
    """Each term as a field: its words, and its value as YAML."""
    chinese = _is_chinese()
    return [
        {
            "name": f"term.{name}", "title": term.value.title_zh if chinese else term.value.title,
            "about": term.about_zh if chinese else term.about, "is_needed": term.is_needed,
            "value": values.get(f"term.{name}", ""),
        }
        for name, term in TERMS.items()
    ]  # fmt: skip


def _is_chinese() -> bool:
    return numbers.babel_locale().startswith("zh")
