"""Mappings for programs: list, read, propose, save and end them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from seawall.api.v1 import problems
from seawall.api.v1.auth import actor_of, key_of
from seawall.api.v1.keys import Key
from seawall.services import mappings
from seawall.services.mappings import Known

router = Router(tags=["mappings"])

Yaml = Annotated[str, Field(max_length=64 * 1024, description="The mapping as YAML.")]


class Mapping(Schema):
    """A mapping; `version` is 0 for one that comes with the product."""

    name: str
    title: str
    title_zh: str
    is_verified: bool
    headers_from: str
    basis: str
    version: int
    recorded_at: dt.datetime | None


class Mappings(Schema):
    """The company's own mappings, then the shipped ones."""

    rows: list[Mapping]


class MappingFile(Mapping):
    """A mapping with its text."""

    text: str


class Text(Schema):
    """A mapping's text."""

    text: Yaml


class Saved(Schema):
    """What became of it; `batch_no` is empty where nothing changed."""

    name: str
    version: int
    batch_no: int | None


@router.get("", response=problems.responses(Mappings))
def listed(request: HttpRequest) -> dict[str, Any]:
    """Every mapping: the company's own, then the shipped ones."""
    return {"rows": [_shown(each) for each in mappings.listed(actor_of(request))]}


@router.get("/{name}", response=problems.responses(MappingFile, 404))
def one(request: HttpRequest, name: str) -> dict[str, Any]:
    """One mapping with its YAML."""
    known, text = mappings.body(actor_of(request), name)
    return {**_shown(known), "text": text}


@router.put("/{name}", response=problems.responses(Saved, 409))
def save(request: HttpRequest, name: str, given: Text, key: Key = "") -> dict[str, Any]:
    """Save a mapping as the next version of its name; the same text again changes nothing."""
    done = mappings.save(actor_of(request), name=name, text=given.text, key=key_of(request, key))
    return {**done.result, "batch_no": done.batch_no}


@router.delete("/{name}", response=problems.responses(Saved, 404, 409))
def end(request: HttpRequest, name: str, key: Key = "") -> dict[str, Any]:
    """End one of the company's own mappings; it stays on record."""
    done = mappings.end(actor_of(request), name=name, key=key_of(request, key))
    return {**done.result, "batch_no": done.batch_no}


def _shown(known: Known) -> dict[str, Any]:
    names = ("name", "title", "title_zh", "is_verified", "headers_from", "basis", "version", "recorded_at")
    return {name: getattr(known, name) for name in names}
