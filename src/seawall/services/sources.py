"""Intake sources: folders, servers and systems that are looked into by schedule, as data with sealed secrets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import InputError, NotFound, SeawallError
from seawall.exchange import connectors
from seawall.exchange.connectors import Field
from seawall.exchange.heads import CANONICAL
from seawall.services import access, mappings, subjects
from seawall.services.access import ALL, Actor
from seawall.services.command import Result, Write, execute
from seawall.services.source_opening import PURPOSE, Settings, opened
from seawall.store import seal
from seawall.store.models import IntakeSource, SourceFile

NAME_CHARACTERS, VALUE_CHARACTERS, SECRET_CHARACTERS = 60, 2000, 20_000
EVERY: Final = {
    0: gettext_noop("only when somebody says so"),
    5: gettext_noop("every 5 minutes"),
    15: gettext_noop("every 15 minutes"),
    60: gettext_noop("every hour"),
    1440: gettext_noop("every day"),
}
"""How often a source may be looked into, in minutes."""

BRINGS: Final = {"ledger": gettext_noop("ledger files"), "bank": gettext_noop("bank statements")}
OUTCOMES: Final = {
    "taken": gettext_noop("taken"),
    "same": gettext_noop("nothing new"),
    "refused": gettext_noop("not taken"),
}

_FILE_PLACES: Final[dict[str, tuple[str, tuple[Field, ...]]]] = {
    "folder": (
        gettext_noop("Folder of this machine"),
        (Field("folder", gettext_noop("Folder")), Field("pattern", gettext_noop("Names"), is_required=False)),
    ),
    "sftp": (
        gettext_noop("SFTP server"),
        (
            Field("host", gettext_noop("Server")), Field("port", gettext_noop("Port"), is_required=False),
            Field("user", gettext_noop("User")), Field("path", gettext_noop("Folder"), is_required=False),
            Field("pattern", gettext_noop("Names"), is_required=False),
            Field("host_key", gettext_noop("The server's key")),
        ),
    ),
    "https": (
        gettext_noop("HTTPS address"),
        (
            Field("url", gettext_noop("Address")), Field("name", gettext_noop("Name of the file"), is_required=False),
            Field("ca", gettext_noop("Its own certificate authority"), is_required=False),
        ),
    ),
}  # fmt: skip
_OF_CONNECTORS: Final = (
    Field("entity", gettext_noop("Entity")),
    Field("ca", gettext_noop("Its own certificate authority"), is_required=False),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source: the words for it, and what it must be told."""

    kind: str
    title: str
    fields: tuple[Field, ...]
    is_connector: bool
    needs_secret: bool


def kinds() -> dict[str, Kind]:
    """Every kind of source there is: places of files, then connectors."""
    made = {
        name: Kind(name, title, fields, is_connector=False, needs_secret=name == "sftp")
        for name, (title, fields) in _FILE_PLACES.items()
    }
    for name, each in connectors.known().items():
        fields = (*each.fields, *_OF_CONNECTORS)
        made[name] = Kind(name, each.title, fields, is_connector=True, needs_secret=True)
    return made


@dataclass(frozen=True, slots=True)
class Given:
    """A source as somebody describes it. ``entity``: whose facts it may bring; empty is everybody's."""

    name: str
    kind: str
    told: Mapping[str, str]
    secret: str = ""
    entity: str = ""
    brings: str = "ledger"
    mapping: str = ""
    accept_rejects: bool = False
    apply_corrections: bool = False
    every_minutes: int = 0


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source as shown: its secret is only said to be there."""

    source_id: int
    name: str
    kind: str
    title: str
    entity: str
    brings: str
    told: dict[str, str]
    has_secret: bool
    mapping: str
    accept_rejects: bool
    apply_corrections: bool
    every_minutes: int
    is_paused: bool
    removed_at: dt.datetime | None
    recorded_at: dt.datetime

    @property
    def state(self) -> str:
        """``removed``, ``paused``, ``by hand`` or ``on``."""
        if self.removed_at:
            return "removed"
        return "paused" if self.is_paused else "on" if self.every_minutes else "by hand"


STATES: Final = {
    "removed": gettext_noop("removed"),
    "paused": gettext_noop("paused"),
    "by hand": gettext_noop("by hand"),
    "on": gettext_noop("on schedule"),
}


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that a source gave."""

    file_id: int
    name: str
    bytes: int
    sha256: str
    outcome: str
    import_no: int | None
    template: str
    hint: str
    params: dict[str, Any]
    rejects: list[dict[str, Any]]
    recorded_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """What a look at a source found."""

    names: list[str] = field(default_factory=list)
    count: int = 0


def listed(actor: Actor, *, with_removed: bool = False) -> list[SourceView]:
    """The sources the actor sees, by name.

    Raises:
        NotPermitted: the actor may neither import nor keep integrations.
    """
    rows = _seen(actor).select_related("entity")
    return [view(row) for row in (rows if with_removed else rows.filter(removed_at=None))]


def shown(actor: Actor, *, source_id: int) -> SourceView:
    """One source.

    Raises:
        NotFound: no such source, or it belongs to an entity the actor does not see.
    """
    return view(found(actor, source_id))


def files(actor: Actor, *, source_id: int, limit: int = 200) -> list[FileView]:
    """The files a source gave, the newest first.

    Raises:
        NotFound: no such source.
    """
    row = found(actor, source_id)
    return [_file(each) for each in SourceFile.objects.scoped(actor).filter(source=row)[:limit]]


def add(actor: Actor, given: Given, *, key: str = "") -> int:
    """Add a source; returns its number. Its secret is sealed and never shown again.

    Raises:
        NotPermitted: the actor may not keep integrations, or not for every entity where none is named.
        NotFound: no such entity for the actor, or no such mapping.
        InputError: something is missing or is not what it should be; ``where`` names the field.
    """
    entity = subjects.entity_of(actor, access.INTEGRATION_CHANGE, given.entity)
    told = checked(given)
    request: dict[str, Any] = {
        "name": given.name.strip(), "kind": given.kind, "told": told, "entity": given.entity, "brings": given.brings,
        "mapping": given.mapping, "accept_rejects": given.accept_rejects,
        "apply_corrections": given.apply_corrections, "every_minutes": given.every_minutes,
    }  # fmt: skip

    def effect(write: Write) -> Result:
        sealed = seal.seal_text(given.secret, purpose=PURPOSE) if given.secret else ""
        row = IntakeSource.objects.create(
            **{**request, "entity": entity}, secret=sealed, recorded_at=write.at, changed_at=write.at
        )
        write.detail.update(source=row.pk, name=row.name, kind=row.kind, entity=given.entity)
        return {"source_id": row.pk}

    asked = {"add_source": request, "secret": seal.known_as(given.secret, purpose=PURPOSE)}
    done = execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key)
    return int(done.result["source_id"])


def pause(actor: Actor, *, source_id: int, is_paused: bool, key: str = "") -> None:
    """Stop looking into a source by schedule, or go on.

    Raises:
        NotFound: no such source, or it was removed.
    """
    _change(actor, source_id, {"is_paused": is_paused}, key=key)


def remove(actor: Actor, *, source_id: int, key: str = "") -> None:
    """Look into a source no more, and forget its secret; what it gave, and the history, stay.

    Raises:
        NotFound: no such source, or it was removed before.
    """
    _change(actor, source_id, {"secret": "", "is_paused": True}, removes=True, key=key)


def try_it(actor: Actor, *, source_id: int) -> Tried:
    """Look what a source has, without taking anything.

    Raises:
        NotFound: no such source.
        SeawallError: it cannot be reached, or what it was told is wrong.
    """
    row = found(actor, source_id, verb=access.INTEGRATION_CHANGE)
    place = opened(settings_of(row))
    if place.connector is not None:
        place.connector.probe(place.asked())
        return Tried()
    names = [seen.name for seen in place.wanted()]
    return Tried(names[:20], len(names))


def host_key(actor: Actor, *, host: str, port: int) -> str:
    """The key an SFTP server shows now, for a person to compare with what its keeper says.

    Raises:
        NotPermitted: the actor may not keep integrations.
        OutsideError: it does not answer.
    """
    access.require(actor, access.INTEGRATION_CHANGE)
    told = {"host": host, "port": str(port), "user": "x", "host_key": "x"}
    return opened(Settings("sftp", "ledger", told, "", "")).sftp().key_shown()


def found(actor: Actor, source_id: int, *, verb: str = "") -> IntakeSource:
    """A source of the actor's, for the services beside this one.

    Raises:
        NotFound: no such source, or it belongs to an entity the actor does not see.
    """
    row: IntakeSource | None = _seen(actor, verb).select_related("entity").filter(pk=source_id).first()
    if row is None:
        raise NotFound("There is no source {source}.", source=source_id)
    return row


def settings_of(row: IntakeSource) -> Settings:
    """What opening a source needs, its secret among it."""
    secret = seal.unseal_text(row.secret, purpose=PURPOSE) if row.secret else ""
    return Settings(row.kind, row.brings, row.told, secret, row.name)


def view(row: IntakeSource) -> SourceView:
    """A source as shown."""
    kind = kinds().get(row.kind)
    return SourceView(
        row.pk, row.name, row.kind, kind.title if kind else row.kind, row.entity.code if row.entity else "",
        row.brings, row.told, bool(row.secret), row.mapping, row.accept_rejects, row.apply_corrections,
        row.every_minutes, row.is_paused, row.removed_at, row.recorded_at,
    )  # fmt: skip


def _file(row: SourceFile) -> FileView:
    said = row.problem or {}
    return FileView(
        row.pk, row.name, row.bytes, row.sha256, row.outcome, row.import_no, said.get("template", ""),
        said.get("hint", ""), said.get("params", {}), said.get("rejects", []), row.recorded_at,
    )  # fmt: skip


def _seen(actor: Actor, verb: str = "") -> Any:
    """The sources within the actor's rights to import and to keep integrations: each adds its own."""
    where = access.require_any(actor, [verb] if verb else [access.IMPORT, access.INTEGRATION_CHANGE])
    rows = IntakeSource.objects.every_entity() if where is ALL else IntakeSource.objects.scoped(actor)
    return rows if where is ALL else rows.filter(entity__code__in=where)


def _change(actor: Actor, source_id: int, said: dict[str, Any], *, removes: bool = False, key: str = "") -> None:
    row = found(actor, source_id, verb=access.INTEGRATION_CHANGE)
    if row.removed_at is not None and not key:
        raise NotFound("There is no source {source}.", source=source_id)

    def effect(write: Write) -> Result:
        more = {"changed_at": write.at} | ({"removed_at": write.at} if removes else {})
        same = not removes and row.is_paused == said["is_paused"]
        if same or not IntakeSource.objects.scoped(actor).filter(pk=row.pk, removed_at=None).update(**said, **more):
            write.change_nothing()
        changed = "removed" if removes else "paused" if said["is_paused"] else "resumed"
        write.detail.update(source=row.pk, name=row.name, changed=changed)
        return {}

    asked = {"source": source_id, "removes": removes, "is_paused": said["is_paused"]}
    execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key, lock=[f"source {source_id}"])


def checked(given: Given) -> dict[str, str]:
    """What a source is told, whole and in its form.

    Raises:
        InputError: something is missing or wrong.
    """
    kind = kinds().get(given.kind)
    if kind is None:
        raise InputError("There is no kind of source named {kind}.", kind=given.kind[:40], column="kind")
    if not given.name.strip() or len(given.name.strip()) > NAME_CHARACTERS:
        raise InputError("A source needs a name of at most {limit} characters.", limit=NAME_CHARACTERS, column="name")
    told = {name.name: str(given.told.get(name.name, "")).strip() for name in kind.fields}
    for each in kind.fields:
        if each.is_required and not told[each.name]:
            raise InputError("{field} is missing.", field=each.title, column=each.name)
        if len(told[each.name]) > VALUE_CHARACTERS * 10:
            raise InputError("{field} is too long.", field=each.title, column=each.name)
    if kind.needs_secret and not given.secret:
        raise InputError("A secret is missing.", hint="It is sealed and never shown again.", column="secret")
    if len(given.secret) > SECRET_CHARACTERS:
        raise InputError("{field} is too long.", field="secret", column="secret")
    _require_choices(given, kind, told)
    _require_opens(given, told)
    return told


def _require_choices(given: Given, kind: Kind, told: Mapping[str, str]) -> None:
    for column, chosen, known in (("every_minutes", given.every_minutes, EVERY), ("brings", given.brings, BRINGS)):
        if chosen not in known:
            raise InputError("This cannot be chosen.", column=column)
    if kind.is_connector and given.brings != "ledger":
        raise InputError("A connector brings ledger files.", column="brings")
    if kind.is_connector and given.entity and told["entity"] != given.entity:
        raise InputError("Rows of {entity} may not be brought here.", entity=told["entity"], column="entity")


def _require_opens(given: Given, told: dict[str, str]) -> None:
    """Pass what can be opened: an address that is one, a key that is one, a mapping there is; nobody is asked yet."""
    try:
        if given.mapping not in ("", CANONICAL):
            mappings.named(given.mapping)
        opened(Settings(given.kind, given.brings, told, given.secret, given.name)).require_form()
    except SeawallError as error:
        error.params.setdefault("column", _column_of(error.code, given))
        raise


def _column_of(code: str, given: Given) -> str:
    """The field an error is about."""
    fields = {"host_key": "host_key", "private_key": "secret", "folder_refused": "folder", "no_folder": "folder",
              "mapping_invalid": "mapping", "source_port": "port", "source_ca": "ca"}  # fmt: skip
    return fields.get(code, "url" if "url" in given.told else "host")
