"""Changing a source that is there: its address, schedule, mapping, scope; a new secret in place of the sealed one.

A sealed secret stays where none is given, but it never goes along to another address: whoever may change a source
could else have it sent to a server of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from seawall.engine.kernel.errors import InputError, NotFound
from seawall.exchange.net import host_named
from seawall.services import access, sources, subjects
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.services.source_opening import PURPOSE
from seawall.services.sources import Given
from seawall.store import seal
from seawall.store.models import IntakeSource

_BOUND: Final = ("host", "port", "host_key", "ca")
"""What a secret goes to, beside the host of an address: with another of these it must be given anew."""


def change(actor: Actor, *, source_id: int, changes: Mapping[str, Any], key: str = "") -> tuple[str, ...]:
    """Change what is named of a source, by the fields of :class:`Given`; returns the names of what is another now.

    ``told`` is taken field by field. A secret that is not given, or empty, stays. The kind stays.

    Raises:
        NotPermitted: the actor may not keep integrations, or not where the source is to belong.
        NotFound: no such source for the actor, or it was removed; no such entity or mapping.
        InputError: something is missing or is not what it should be; ``where`` names the field.
    """
    row = sources.found(actor, source_id, verb=access.INTEGRATION_CHANGE)
    if row.removed_at is not None:
        raise NotFound("There is no source {source}.", source=source_id)
    given = _merged(row, changes)
    entity = (
        subjects.entity_of(actor, access.INTEGRATION_CHANGE, given.entity)
        if given.entity != _entity_of(row)
        else row.entity
    )
    told = sources.checked(given)
    values = asdict(given) | {"told": told, "entity": entity}
    del values["secret"], values["kind"]
    values["name"] = given.name.strip()

    def effect(write: Write) -> Result:
        live = IntakeSource.objects.scoped(actor).select_related("entity").filter(pk=row.pk, removed_at=None).first()
        if live is None:
            raise NotFound("There is no source {source}.", source=source_id)
        changed = [name for name, value in values.items() if getattr(live, name) != value]
        sealed = {"secret": seal.seal_text(changes["secret"], purpose=PURPOSE)} if changes.get("secret") else {}
        if changed or sealed:
            IntakeSource.objects.scoped(actor).filter(pk=row.pk).update(**values, **sealed, changed_at=write.at)
        else:
            write.change_nothing()
        names = sorted([*changed, *sealed])
        write.detail.update(source=row.pk, name=live.name, changed=names)
        return {"changed": names}

    asked = {**changes, "secret": seal.known_as(changes.get("secret", ""), purpose=PURPOSE), "source": source_id}
    done = execute(
        actor, access.INTEGRATION_CHANGE, effect, request={"change_source": asked}, key=key,
        lock=[f"source {source_id}"],
    )  # fmt: skip
    return tuple(done.result["changed"])


def _merged(row: IntakeSource, changes: Mapping[str, Any]) -> Given:
    """The source as it would be, its secret opened for the check of its form.

    Raises:
        InputError: the sealed secret would go to another address.
    """
    kept = sources.settings_of(row).secret
    now = Given(
        row.name, row.kind, row.told, kept, _entity_of(row), row.brings, row.mapping, row.accept_rejects,
        row.apply_corrections, row.every_minutes,
    )  # fmt: skip
    told = {**row.told, **changes.get("told", {})}
    said = {name: value for name, value in changes.items() if name not in ("told", "kind", "secret")}
    made = replace(now, **said, told=told, secret=changes.get("secret") or kept)
    if kept and not changes.get("secret") and _leads_to(row.told) != _leads_to(told):
        raise InputError(
            "The secret is kept for the address it was given for.", hint="Give it again for another address.",
            code="secret_bound", column="secret",
        )  # fmt: skip
    return made


def _entity_of(row: IntakeSource) -> str:
    return row.entity.code if row.entity else ""


def _leads_to(told: Mapping[str, str]) -> list[str]:
    """Whom a secret is shown to."""
    url = str(told.get("url", "")).strip()
    return [host_named(url) if url else "", *(str(told.get(name, "")).strip() for name in _BOUND)]
