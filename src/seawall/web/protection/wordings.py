"""Insurance policies: the list, one in plain words with its versions, and a new version by form or as YAML."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import Conflict, InputError, NotFound, PolicyError, SeawallError
from seawall.engine.protection.terms import TERMS, WORDS
from seawall.engine.protection.wording import Wording
from seawall.services import access, wording_form, wordings
from seawall.services.wording_values import Typed
from seawall.services.wordings import Line, Version
from seawall.web import errors, forms
from seawall.web.ledger.acts import day_if_any
from seawall.web.protection.wording_fields import Page, is_chinese, leaves, mark
from seawall.web.reader import Reader, page

TEXT_MAX = 200_000
"""Characters of a policy; of what is sent one more is read, so that a longer text is refused and not cut."""


@page("protection/policies.html", "insurance_policies")
def view(reader: Reader) -> dict[str, Any]:
    """Every policy in force or past, what waits for a second person, and the templates to begin with."""
    rows = [_line(reader, each) for each in wordings.listed(reader.actor)]
    return {
        "rows": rows,
        "waiting": wordings.waiting_new(reader.actor),
        "templates": [
            {"name": name, "title": wording.title_zh if is_chinese() else wording.title, "insurer": wording.insurer}
            for name, wording in wordings.templates().items()
        ],
        "may_propose": reader.actor.may(access.POLICY_PROPOSE),
    }


@page("protection/policy.html", "insurance_policies")
def one(reader: Reader, code: str) -> dict[str, Any]:
    """One policy in plain words, its versions, and the difference between two of them."""
    file = wordings.shown(reader.actor, code)
    return {
        "title": file.line.title_zh if is_chinese() else file.line.title,
        "line": _line(reader, file.line),
        "terms": [_term(each) for each in wordings.terms_of(file.wording)],
        "versions": file.versions,
        "waiting": file.proposals,
        "remarks": _remarks(reader, file.wording),
        "body": file.versions[0].body,
        "may_propose": reader.actor.may(access.POLICY_PROPOSE),
        **_compared(reader, file.versions),
    }


@page("protection/policy_edit.html", "insurance_policies", methods=("GET", "HEAD", "POST"))
def edit(reader: Reader) -> dict[str, Any] | HttpResponse:
    """A new version or policy: begun with a policy or a template, as a form or as YAML; checked, then proposed."""
    access.require(reader.actor, access.POLICY_PROPOSE)
    is_sent = reader.request.method == "POST"
    given = reader.request.POST if is_sent else reader.request.GET
    code, template = given.get("code", "")[:100], given.get("from", "")[:100]
    begun = (
        wordings.shown(reader.actor, code).versions[0].body if code else wordings.template(template) if template else ""
    )
    shown = {"code": code, "from": template, "begun": begun}
    if not is_sent:
        return shown | _shown(begun, as_yaml=given.get("as") == "yaml" or not begun)
    typed = {name: [one.replace("\r\n", "\n")[: TEXT_MAX + 1] for one in said] for name, said in given.lists()}
    return _answered(reader, shown, typed)


def _answered(reader: Reader, shown: dict[str, Any], typed: Typed) -> dict[str, Any] | HttpResponse:
    """What was sent: shown the other way, with room for a further value, checked, or proposed."""
    as_yaml, act = _one(typed, "as") == "yaml", _one(typed, "act")
    kept = {name: _one(typed, name) for name in ("reason", "valid_from")}
    base = _one(typed, "base") or shown["begun"]
    try:
        body = _one(typed, "body") if as_yaml else wording_form.text_of(typed, base)
        if act in ("as_form", "as_yaml"):
            return shown | kept | _shown(body, as_yaml=act == "as_yaml")
        if act.startswith("more."):
            return shown | kept | _form(typed, base, more=act.removeprefix("more."))
        valid_from = day_if_any(kept, "valid_from")
        wording = wordings.checked(body)
        if act != "propose":
            found = _shown(body, as_yaml=as_yaml)
            return shown | kept | found | _found(reader, wording, shown["begun"], body)
        made = wordings.propose(reader.actor, body, reason=kept["reason"], valid_from=valid_from)
    except (InputError, PolicyError, Conflict) as error:
        return shown | kept | _refused(typed, base, error, as_yaml=as_yaml)
    messages.success(reader.request, _("Proposed. Another person approves it."), extra_tags="good")
    for said in _remarks(reader, wording):
        messages.warning(reader.request, said, extra_tags="amber")
    return redirect("approval", number=made.number)


def _one(typed: Typed, name: str) -> str:
    return (typed.get(name) or [""])[-1]


def _shown(body: str, *, as_yaml: bool) -> dict[str, Any]:
    """A text as YAML, or as the form that holds it.

    Raises:
        PolicyInvalid, PolicyOverlap, PolicyGap: as a form, where it is no policy.
    """
    return {"as_yaml": True, "body": body} if as_yaml else _form(wording_form.form_of(body), body)


def _form(typed: Typed, base: str, *, more: str = "") -> dict[str, Any]:
    """The form, with what the text it began with says in plain words."""
    plain = {each["name"]: each["values"] for each in map(_term, wordings.terms_of(wordings.checked(base)))}
    made = Page(typed, plain, more)
    return {
        "as_yaml": False, "base": base, "head": made.head(), "sections": made.sections(), "endorsements": made.later(),
    }  # fmt: skip


def _found(reader: Reader, wording: Wording, begun: str, body: str) -> dict[str, Any]:
    """What a text says as a policy, and what differs from what it began with."""
    return {
        "remarks": _remarks(reader, wording),
        "checked": [_term(each) for each in wordings.terms_of(wording)],
        "difference": _marked(wordings.difference(begun, body)) if begun else [],
    }  # fmt: skip


def _refused(typed: Typed, base: str, error: SeawallError, *, as_yaml: bool) -> dict[str, Any]:
    """The page as it was sent, what is wrong beside the field it is about, else above all."""
    words = forms.told(error)
    if as_yaml:
        return {"as_yaml": True, "body": _one(typed, "body"), "fault": words, "fault_at": error.where.column or "body"}
    made = _form(typed, base)
    name = error.where.column or wording_form.field_at(typed, getattr(error, "path", ()) or _of_gap(error))
    if name not in ("reason", "valid_from") and mark([made["head"], made["sections"]], name, words):
        for term in (term for section in made["sections"] for term in section["terms"]):
            term["has_fault"] = any("error" in one for one in leaves(term))
        return made | {"fault": words, "fault_at": "field"}
    is_reason = _one(typed, "act") == "propose" and not _one(typed, "reason").strip()
    return made | {"fault": words, "fault_at": name or ("reason" if is_reason else "")}


def _of_gap(error: SeawallError) -> tuple[object, ...]:
    """The keys that a needed term stands at, of which a policy says nothing."""
    return ("terms", error.params["term"]) if error.params.get("term") in TERMS else ()


def _remarks(reader: Reader, wording: Wording) -> list[str]:
    """What of a policy can never come to bear."""
    return [errors.say(each.template, dict(each.params)) for each in wordings.remarks(reader.actor, wording)]


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
        "policy": line.policy, "title": line.title_zh if is_chinese() else line.title, "insurer": line.insurer,
        "form": WORDS[line.form][is_chinese()], "currency": line.currency,
        "first_on": line.first_on, "last_on": line.last_on, "entity": line.entity, "version": line.version,
        "valid_from": line.valid_from, "approved_by": line.approved_by,
        "is_verified": line.is_verified, "waiting": line.waiting, "is_now": line.first_on <= on <= line.last_on,
        "address": reverse("insurance_policy", args=[line.policy]) + reader.question.carried(),
    }  # fmt: skip


def _term(term: dict[str, Any]) -> dict[str, Any]:
    language = "_zh" if is_chinese() else ""
    return {
        "name": term["term"], "title": term[f"title{language}"], "about": term[f"about{language}"],
        "values": [value | {"words": value[f"sentence{language}"]} for value in term["values"]],
    }  # fmt: skip
