"""Intake sources: the list, adding one, and one with the files it gave, its acts and its history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from seawall.engine.kernel.errors import AccessError, NotFound, SeawallError
from seawall.services import access, jobs, mappings, source_changes, source_intake, sources
from seawall.services.sources import Given, SourceView
from seawall.web import errors, forms, words
from seawall.web.reader import Reader, page

AREAS = ("host_key", "ca")
"""Fields of several lines."""

TONES = {"taken": "is-good", "same": "", "refused": "is-danger"}
ICONS = {"taken": "check", "same": "check", "refused": "alert"}


@page("settings/sources.html", "sources")
def view(reader: Reader) -> dict[str, Any]:
    """Every source and how it stands."""
    may_see = reader.actor.may(access.IMPORT) or reader.actor.may(access.INTEGRATION_CHANGE)
    with_removed = reader.request.GET.get("removed") == "1"
    found = sources.listed(reader.actor, with_removed=with_removed) if may_see else []
    return {
        "sources": [_row(each) for each in found], "may_see": may_see, "with_removed": with_removed,
        "may_change": reader.actor.may(access.INTEGRATION_CHANGE),
        "kinds": [(kind.kind, _(kind.title)) for kind in sources.kinds().values()],
        "has_worker": jobs.has_worker(),
    }  # fmt: skip


@page("settings/source_new.html", "sources", methods=("GET", "HEAD", "POST"), carry=("kind",))
def new(reader: Reader) -> dict[str, Any] | HttpResponse:
    """The form of a source of one kind; POST adds it."""
    access.require(reader.actor, access.INTEGRATION_CHANGE)
    given = reader.request.POST if reader.request.method == "POST" else reader.request.GET
    kinds = sources.kinds()
    kind = kinds.get(given.get("kind", ""), kinds["folder"])
    if reader.request.method == "POST":
        source_id = sources.add(reader.actor, _given(kind, given))
        messages.success(reader.request, _("The source is added. Test it before you rely on it."), extra_tags="good")
        return redirect("source", source_id=source_id)
    kinds_shown = [(each.kind, _(each.title)) for each in kinds.values()]
    return _form(reader, kind, given) | {"kinds": kinds_shown, "title": _("Add a source")}


@page("settings/source_new.html", "sources", methods=("GET", "HEAD", "POST"))
def change(reader: Reader, source_id: int) -> dict[str, Any] | HttpResponse:
    """The form of a source that is there; its secret is not in it, and stays where none is given."""
    access.require(reader.actor, access.INTEGRATION_CHANGE)
    source = sources.shown(reader.actor, source_id=source_id)
    kind = sources.kinds().get(source.kind)
    if kind is None or source.removed_at:
        raise NotFound("There is no source {source}.", source=source_id)
    if reader.request.method == "POST":
        given = asdict(_given(kind, reader.request.POST))
        if source_changes.change(reader.actor, source_id=source_id, changes=given):
            said = _("The source is changed. Test it before you rely on it.")
        else:
            said = _("Nothing was changed.")
        messages.success(reader.request, said, extra_tags="good")
        return redirect("source", source_id=source_id)
    return _form(reader, kind, _as_given(source)) | {"source": source, "title": _("Change the source")}


def _as_given(source: SourceView) -> dict[str, str]:
    """A source in the words of its form."""
    checks = {name: "on" for name in ("accept_rejects", "apply_corrections") if getattr(source, name)}
    told = {f"told_{name}": value for name, value in source.told.items()}
    said = {"name": source.name, "scope": source.entity, "brings": source.brings, "mapping": source.mapping}
    return {**told, **said, **checks, "every_minutes": str(source.every_minutes)}


def _form(reader: Reader, kind: sources.Kind, given: Any) -> dict[str, Any]:
    """What the form of a kind of source shows."""
    return {
        "kind": kind, "given": given,
        "fields": [
            {"name": each.name, "title": _(each.title), "is_required": each.is_required,
             "is_area": each.name in AREAS, "value": given.get(f"told_{each.name}", "")}
            for each in kind.fields
        ],
        "every": [(minutes, _(title)) for minutes, title in sources.EVERY.items()],
        "brings": [(name, _(title)) for name, title in sources.BRINGS.items()],
        "mappings": [each.name for each in mappings.listed(reader.actor)],
        "entities": reader.usual.entities,
        "everywhere": reader.actor.where(access.INTEGRATION_CHANGE) is access.ALL,
    }  # fmt: skip


@page("settings/source.html", "sources", methods=("GET", "HEAD", "POST"))
def one(reader: Reader, source_id: int) -> dict[str, Any] | HttpResponse:
    """One source with the files it gave; POST tests it, has it looked into, pauses, resumes or removes it."""
    if reader.request.method == "POST":
        return _act(reader, source_id)
    source = sources.shown(reader.actor, source_id=source_id)
    titles = {each.name: _(each.title) for each in kind.fields} if (kind := sources.kinds().get(source.kind)) else {}
    return {
        "source": _row(source),
        "facts": [(titles.get(name, name), value) for name, value in source.told.items() if value],
        "files": [_file(each) for each in sources.files(reader.actor, source_id=source_id)],
        "may_change": reader.actor.may(access.INTEGRATION_CHANGE), "may_run": reader.actor.may(access.IMPORT),
        "is_simulated": bool(kind and kind.is_connector), "has_worker": jobs.has_worker(),
    }  # fmt: skip


def _act(reader: Reader, source_id: int) -> HttpResponse:
    act = reader.request.POST.get("act", "")
    try:
        if act == "run":
            return redirect("job", job_id=source_intake.run(reader.actor, source_id=source_id))
        messages.success(reader.request, _done(reader, act, source_id), extra_tags="good")
    except AccessError:
        raise
    except SeawallError as error:
        forms.refused(reader.request, error)
    return redirect("source", source_id=source_id)


def _done(reader: Reader, act: str, source_id: int) -> str:
    """Do an act; the sentence that says so."""
    if act == "remove":
        sources.remove(reader.actor, source_id=source_id)
        return _("The source is removed; what it gave stays.")
    if act in ("pause", "resume"):
        sources.pause(reader.actor, source_id=source_id, is_paused=act == "pause")
        return _("The source is paused.") if act == "pause" else _("The source is looked into again.")
    found = sources.try_it(reader.actor, source_id=source_id)
    if not found.names:
        return _("It answers and lets us in.")
    return _("It answers and lets us in. Files: {count}, among them {names}.").format(
        count=found.count, names=words.language().listed(found.names[:5])
    )


def _given(kind: sources.Kind, given: Any) -> Given:
    minutes = given.get("every_minutes", "0")
    return Given(
        name=given.get("name", ""), kind=kind.kind, secret=given.get("secret", "").replace("\r\n", "\n"),
        told={each.name: given.get(f"told_{each.name}", "").replace("\r\n", "\n") for each in kind.fields},
        entity=given.get("scope", ""), brings=given.get("brings", "ledger"), mapping=given.get("mapping", ""),
        accept_rejects="accept_rejects" in given, apply_corrections="apply_corrections" in given,
        every_minutes=int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 6 else -1,  # noqa: PLR2004
    )  # fmt: skip


def _row(source: SourceView) -> dict[str, Any]:
    return {
        "id": source.source_id, "name": source.name, "title": _(source.title), "entity": source.entity,
        "brings": words.word(sources.BRINGS, source.brings), "state": source.state,
        "state_words": words.word(sources.STATES, source.state), "has_secret": source.has_secret,
        "mapping": source.mapping, "accept_rejects": source.accept_rejects,
        "apply_corrections": source.apply_corrections, "every": _(sources.EVERY[source.every_minutes]),
        "is_paused": source.is_paused, "removed_at": source.removed_at, "recorded_at": source.recorded_at,
    }  # fmt: skip


def _file(file: sources.FileView) -> dict[str, Any]:
    said = [errors.say(file.template, file.params), errors.say(file.hint, file.params)]
    return {
        "name": file.name, "bytes": file.bytes, "sha256": file.sha256, "outcome": file.outcome,
        "outcome_words": words.word(sources.OUTCOMES, file.outcome), "tone": TONES[file.outcome],
        "icon": ICONS[file.outcome], "import_no": file.import_no, "recorded_at": file.recorded_at,
        "problem": words.language().sentences(part for part in said if part),
        "rejects": [_reject(row) for row in file.rejects],
    }  # fmt: skip


def _reject(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "said": errors.say(row["hint"], {name: row[name] for name in ("column", "value", "expected")})}
