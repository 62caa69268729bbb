"""Mappings by name: those that ship with the product, and the company's own, kept as versions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.exchange import heads, mapping_reader
from seawall.exchange.heads import Fit, Head
from seawall.exchange.mapping import Mapping
from seawall.exchange.mapping_yaml import MappingInvalid
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Done, Result, Write, execute
from seawall.store.models import SavedMapping

_NAME = re.compile(r"[a-z][a-z0-9_]{0,58}")


@dataclass(frozen=True, slots=True)
class Known:
    """A mapping as lists show it; ``version`` is 0 for one that ships with the product."""

    name: str
    title: str
    title_zh: str
    is_verified: bool
    headers_from: str
    basis: str
    version: int = 0
    actor: str = ""
    recorded_at: dt.datetime | None = None

    @property
    def is_own(self) -> bool:
        """Whether the company made it."""
        return self.version > 0


def listed(actor: Actor) -> list[Known]:
    """The company's own mappings, then the shipped ones.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    own = [_own(row, _read(row)) for row in _newest()]
    shipped = [_shipped(mapping_reader.load_mapping(name)) for name in mapping_reader.known_names()]
    return own + shipped


def body(actor: Actor, name: str) -> tuple[Known, str]:
    """A mapping and its YAML.

    Raises:
        NotPermitted: the actor may not read.
        NotFound: there is no such mapping.
    """
    access.require(actor, access.READ)
    if row := _one(name):
        return _own(row, _read(row)), row.body
    if name not in mapping_reader.known_names():
        raise NotFound("There is no mapping {name}.", name=name)
    return _shipped(mapping_reader.load_mapping(name)), mapping_reader.shipped_text(name)


def versions(actor: Actor, name: str) -> list[SavedMapping]:
    """Every version of one of the company's mappings, the newest first.

    Raises:
        NotPermitted: the actor may not read.
    """
    access.require(actor, access.READ)
    return list(SavedMapping.objects.filter(name=name).order_by("-version"))


def found(name: str | Path | Mapping) -> Mapping:
    """A mapping by the name of one of the company's own, the id of a shipped one, or the path of a YAML.

    Raises:
        MappingInvalid: there is none, or it does not fit the schema.
    """
    if isinstance(name, Mapping):
        return name
    if isinstance(name, str) and (row := _one(name)):
        return _read(row)
    return mapping_reader.load_mapping(name)


def named(name: str) -> Mapping:
    """As :func:`found`, by name only: who asks from outside names no file of this machine.

    Raises:
        MappingInvalid: there is none of that name.
    """
    if not _NAME.fullmatch(name):
        raise MappingInvalid("There is no mapping {name}.", name=name[:60])
    return found(name)


def checked(text: str, *, name: str = "mapping") -> Mapping:
    """A mapping from its YAML, read as it would be on saving.

    Raises:
        MappingInvalid: it does not fit the schema; the message names the line.
    """
    return mapping_reader.read_mapping(text.encode(), file=f"{name}.yaml")


def save(actor: Actor, *, name: str, text: str, key: str = "") -> Done:
    """Save a mapping as the next version of its name; the same text again changes nothing.

    Raises:
        NotPermitted: the actor may not.
        InputError: the name is that of a shipped mapping, or no name.
        MappingInvalid: the text does not fit the schema.
    """
    access.require_everywhere(actor, access.MAPPING_CHANGE)
    _check_name(name)
    mapping = checked(text, name=name)

    def effect(write: Write) -> Result:
        last = SavedMapping.objects.filter(name=name).order_by("-version").first()
        if last and last.body == text and not last.is_ended:
            write.change_nothing()
            return {"name": name, "version": last.version}
        return _append(write, name, last, title=mapping.title, body=text, digest=mapping.digest)

    request = {"name": name, "text": text}
    return execute(actor, access.MAPPING_CHANGE, effect, request=request, key=key, lock=["mappings"])


def end(actor: Actor, *, name: str, key: str = "") -> Done:
    """End one of the company's mappings: it is no longer offered, and stays on record.

    Raises:
        NotPermitted: the actor may not.
        NotFound: there is no such mapping of the company's own.
    """
    access.require_everywhere(actor, access.MAPPING_CHANGE)

    def effect(write: Write) -> Result:
        last = _one(name)
        if last is None:
            raise NotFound("There is no mapping {name}.", name=name)
        return _append(write, name, last, title=last.title, body=last.body, digest=last.digest, is_ended=True)

    request = {"name": name, "end": True}
    return execute(actor, access.MAPPING_CHANGE, effect, request=request, key=key, lock=["mappings"])


def fits(seen: Sequence[Head]) -> list[Fit]:
    """Mappings by how well they fit the headers of files, the best first; those that lack a column come last."""
    known = [_read(row) for row in _newest()]
    known += [mapping_reader.load_mapping(name) for name in mapping_reader.known_names()]
    made = [max((heads.fit(mapping, each) for each in seen), key=_by_fit) for mapping in known] if seen else []
    return sorted(made, key=_by_fit, reverse=True)


def _by_fit(fit: Fit) -> tuple[bool, int, str]:
    return fit.is_usable, fit.found, fit.id


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError("{name} is no name for a mapping.", hint="Use small letters, digits and _.", name=name[:60])
    if name in mapping_reader.known_names():
        raise InputError("{name} is the name of a shipped mapping.", hint="Choose another name.", name=name)


def _append(write: Write, name: str, last: SavedMapping | None, **fields: str | bool) -> Result:
    version = last.version + 1 if last else 1
    SavedMapping.objects.create(
        name=name, version=version, write_no=write.write_no, actor=str(write.actor), recorded_at=write.at, **fields
    )
    write.detail.update(name=name, version=version, digest=fields["digest"], is_ended=bool(fields.get("is_ended")))
    return {"name": name, "version": version}


def _newest() -> list[SavedMapping]:
    rows = SavedMapping.objects.order_by("name", "-version").distinct("name")
    return [row for row in rows if not row.is_ended]


def _one(name: str) -> SavedMapping | None:
    last = SavedMapping.objects.filter(name=name).order_by("-version").first()
    return None if last is None or last.is_ended else last


def _read(row: SavedMapping) -> Mapping:
    return replace(checked(row.body, name=row.name), id=row.name)


def _own(row: SavedMapping, mapping: Mapping) -> Known:
    return Known(
        row.name, mapping.title, mapping.title_zh, mapping.is_verified, mapping.headers_from, mapping.basis,
        row.version, row.actor, row.recorded_at,
    )  # fmt: skip


def _shipped(mapping: Mapping) -> Known:
    return Known(mapping.id, mapping.title, mapping.title_zh, mapping.is_verified, mapping.headers_from, mapping.basis)
