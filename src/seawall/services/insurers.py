"""Connections to insurers: whose policy, by which interface, with sealed secrets; which company a customer is there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext_noop

from seawall.engine.kernel.errors import InputError, NotFound, Refused, SeawallError
from seawall.exchange import webhook
from seawall.exchange.insurers import adapters
from seawall.exchange.insurers.adapters import Adapter
from seawall.exchange.insurers.messages import Company, FindCompany
from seawall.exchange.insurers.neutral import Neutral
from seawall.exchange.insurers.port import Insurer
from seawall.services import access, customers, insurer_events, reasons, subjects
from seawall.services.access import ALL, Actor
from seawall.services.command import Result, Write, execute, repeated
from seawall.services.insurer_log import logged
from seawall.services.insurer_opening import HOOK_PURPOSE, PURPOSE, adapter_of, opened, outside_of
from seawall.store import seal
from seawall.store.models import InsuredCompany, InsurerConnection

NAME_CHARACTERS, VALUE_CHARACTERS, REF_CHARACTERS = 60, 20_000, 100
CODE: Final = re.compile(r"[^\x00-\x1f]{1,100}")
STATES: Final = {
    "removed": gettext_noop("removed"), "paused": gettext_noop("paused"), "on": gettext_noop("on schedule"),
    "by file": gettext_noop("by file"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """A connection as somebody describes it. ``entity``: whose policy; empty is every entity's."""

    name: str
    kind: str
    policy: str
    told: Mapping[str, str]
    secret: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as shown: its secrets are only said to be there."""

    connection_id: int
    name: str
    kind: str
    title: str
    policy: str
    entity: str
    told: dict[str, str]
    has_secret: bool
    has_hook: bool
    is_experimental: bool
    basis: str
    is_file: bool
    say: tuple[str, ...]
    is_paused: bool
    removed_at: dt.datetime | None
    recorded_at: dt.datetime

    @property
    def state(self) -> str:
        """``removed``, ``paused``, ``by file`` or ``on``."""
        if self.removed_at:
            return "removed"
        return "paused" if self.is_paused else "by file" if self.is_file else "on"

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        made = asdict(self) | {"state": self.state, "settings": self.told, "say": list(self.say)}
        moments = {name: made[name] and made[name].isoformat() for name in ("removed_at", "recorded_at")}
        return {name: value for name, value in made.items() if name != "told"} | moments


@dataclass(frozen=True, slots=True)
class Linked:
    """Which company of the insurer's a customer is."""

    customer_code: str
    company_ref: str
    name: str
    recorded_at: dt.datetime


def kinds() -> dict[str, Adapter]:
    """Every kind of insurer there is."""
    return adapters.known()


def may_see(actor: Actor) -> bool:
    """Whether the actor sees insurers' messages anywhere."""
    return any(actor.may(verb) for verb in SEEING)


SEEING: Final = (access.INSURER_SEND, access.INTEGRATION_CHANGE, access.AUDIT)
"""Rights with each of which one sees connections and messages."""


def listed(actor: Actor, *, with_removed: bool = False) -> list[ConnectionView]:
    """The connections the actor sees, by name.

    Raises:
        NotPermitted: the actor has nothing to do with insurers.
    """
    rows = seen(actor).select_related("entity")
    return [view(row) for row in (rows if with_removed else rows.filter(removed_at=None))]


def shown(actor: Actor, *, connection_id: int) -> ConnectionView:
    """One connection.

    Raises:
        NotFound: no such connection for the actor.
    """
    return view(found(actor, connection_id))


def add(actor: Actor, given: Given, *, key: str = "") -> int:
    """Add a connection; returns its number. Nobody is asked yet; its secret is sealed and never shown again.

    Raises:
        NotPermitted: the actor may not keep integrations, or not for every entity where none is named.
        NotFound: no such entity for the actor.
        InputError: something is missing or is not what it should be; ``column`` names the field.
    """
    entity, told = subjects.entity_of(actor, access.INTEGRATION_CHANGE, given.entity), _checked(given)
    request: dict[str, Any] = {
        "name": given.name.strip(), "kind": given.kind, "policy": given.policy.strip(), "told": told,
        "entity": given.entity,
    }  # fmt: skip

    def effect(write: Write) -> Result:
        sealed = seal.seal_text(given.secret, purpose=PURPOSE) if given.secret else ""
        row = InsurerConnection.objects.create(
            **{**request, "entity": entity}, secret=sealed, recorded_at=write.at, changed_at=write.at
        )
        write.detail.update(insurer=row.pk, name=row.name, kind=row.kind, entity=given.entity)
        return {"connection_id": row.pk}

    asked = {"add_insurer": request, "secret": seal.known_as(given.secret, purpose=PURPOSE)}
    done = execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key)
    return int(done.result["connection_id"])


def pause(actor: Actor, *, connection_id: int, is_paused: bool, key: str = "") -> None:
    """Send and ask nothing for now, or go on; what is said meanwhile waits.

    Raises:
        NotFound: no such connection, or it was removed.
    """
    asked = _asked(connection_id, "paused" if is_paused else "resumed")
    _change(actor, asked, {"is_paused": is_paused}, key=key)


def remove(actor: Actor, *, connection_id: int, key: str = "") -> None:
    """End a connection and forget its secrets; what was said stays on record.

    Raises:
        NotFound: no such connection, or it was removed before.
    """
    asked = _asked(connection_id, "removed")
    _change(actor, asked, {"secret": "", "hook_secret": "", "is_paused": True}, key=key)


def new_secret(actor: Actor, *, connection_id: int, secret: str, key: str = "") -> None:
    """Put another secret in the place of a connection's.

    Raises:
        NotFound: no such connection, or it was removed.
        InputError: it is none.
    """
    if not secret or len(secret) > VALUE_CHARACTERS:
        raise InputError("A secret is missing.", hint="It is sealed and never shown again.", column="secret")
    asked = _asked(connection_id, "secret", known_as=seal.known_as(secret, purpose=PURPOSE))
    _change(actor, asked, {"secret": seal.seal_text(secret, purpose=PURPOSE)}, key=key)


def try_it(actor: Actor, *, connection_id: int, at: dt.datetime) -> None:
    """See whether the insurer lets us in; nothing is said.

    Raises:
        NotFound: no such connection.
        SeawallError: it cannot be reached, or does not let us in.
    """
    row = found(actor, connection_id, verb=access.INTEGRATION_CHANGE)
    _line(row, at).probe()


def subscribe(actor: Actor, *, connection_id: int, url: str, at: dt.datetime, key: str = "") -> None:
    """Have the insurer tell an address of ours what happens, signed with a secret made now.

    Raises:
        NotFound: no such connection.
        Refused: this insurer does not sign what it tells, so it would not be believed.
        InputError: not an address that leads here.
        OutsideError: the insurer does not answer.
    """
    row = found(actor, connection_id, verb=access.INTEGRATION_CHANGE)
    if not url.endswith(f"/insurers/{row.pk}/events/") or not url.startswith(("https://", "http://")):
        raise InputError("This is not an address that leads here.", column="url")
    line = _line(row, at)
    if not isinstance(line, Neutral):
        raise Refused("This insurer does not sign what it tells: it is asked for news instead.", code="unsigned")
    asked = _asked(connection_id, "hook", url=url)
    if repeated(actor, access.INTEGRATION_CHANGE, request=asked, key=key):
        return  # another secret would be told to the insurer, and the first one kept
    secret = webhook.new_secret()
    line.subscribe(url, secret)
    _change(actor, asked, {"hook_secret": seal.seal_text(secret, purpose=HOOK_PURPOSE)}, key=key)


def candidates(actor: Actor, *, connection_id: int, customer_code: str, at: dt.datetime) -> list[Company]:
    """The insurer's companies that may be a customer: asked by registration where there is one, else by name.

    Raises:
        NotFound: no such connection or customer.
        OutsideError: the insurer does not answer.
        Refused: it cannot be asked.
    """
    row = found(actor, connection_id, verb=access.INSURER_SEND)
    said = customers.described(subjects.customer_of(actor, customer_code))
    asked = FindCompany(said.name, said.country or "", said.registration_id or "")
    return _line(row, at).find_company(asked)


def link(
    actor: Actor, *, connection_id: int, customer_code: str, company_ref: str, name: str = "", key: str = ""
) -> int:
    """Say which of the insurer's companies a customer is; returns how many waiting decisions were taken by it.

    Raises:
        NotFound: no such connection or customer.
        InputError: no such number of a company.
        Refused: the company is another customer.
    """
    row = found(actor, connection_id, verb=access.INSURER_SEND)
    ref = reasons.kept(company_ref)
    if not CODE.fullmatch(ref):
        raise InputError("{text} is not the number of a company.", text=ref[:40], column="company_ref")
    subjects.customer_of(actor, customer_code)
    name = reasons.kept(name)[:200]

    def effect(write: Write) -> Result:
        other = insurer_events.customer_at(row.pk, ref)
        if other and other != customer_code:
            raise Refused("{company} is {customer} already.", code="company_taken", company=ref, customer=other)
        if company_of(row, customer_code) != ref:
            InsuredCompany.objects.create(
                connection=row, customer_code=customer_code, company_ref=ref, name=name, recorded_at=write.at
            )
        taken = insurer_events.take_up(write, row, ref)
        write.detail.update(insurer=row.pk, customer=customer_code, company=ref, taken=taken)
        return {"taken": taken}

    asked = {"insurer": row.pk, "customer": customer_code, "company": ref, "name": name}
    lock = [f"insurer {row.pk}"]
    return int(execute(actor, access.INSURER_SEND, effect, request=asked, key=key, lock=lock).result["taken"])


def links(actor: Actor, *, connection_id: int) -> list[Linked]:
    """Which company each customer is, by customer.

    Raises:
        NotFound: no such connection.
    """
    row = found(actor, connection_id)
    newest: dict[str, InsuredCompany] = {}
    for each in InsuredCompany.objects.scoped(actor).filter(connection=row).order_by("id"):
        newest[each.customer_code] = each
    return [Linked(code, newest[code].company_ref, newest[code].name, newest[code].recorded_at)
            for code in sorted(newest)]  # fmt: skip


def company_of(row: InsurerConnection, customer_code: str) -> str:
    """The company that a customer is; empty where nobody said so."""
    rows = InsuredCompany.objects.every_entity().filter(connection=row, customer_code=customer_code)
    newest = rows.order_by("-id").first()
    return newest.company_ref if newest else ""


def found(actor: Actor, connection_id: int, *, verb: str = "") -> InsurerConnection:
    """A connection of the actor's, for the services beside this one.

    Raises:
        NotFound: no such connection, or it belongs to an entity the actor does not see.
    """
    row: InsurerConnection | None = seen(actor, verb).select_related("entity").filter(pk=connection_id).first()
    if row is None:
        raise NotFound("There is no insurer {number}.", number=connection_id)
    return row


def seen(actor: Actor, verb: str = "") -> Any:
    """The connections within any of the rights with which one sees them; with a verb, within that alone."""
    where = access.require_any(actor, [verb] if verb else SEEING)
    rows = InsurerConnection.objects.every_entity() if where is ALL else InsurerConnection.objects.scoped(actor)
    return rows if where is ALL else rows.filter(entity__code__in=where)


def view(row: InsurerConnection) -> ConnectionView:
    """A connection as shown."""
    adapter = adapters.known().get(row.kind)
    say = tuple(sorted(adapter.can.say - {"find_company"})) if adapter else ()
    return ConnectionView(
        row.pk, row.name, row.kind, adapter.title if adapter else row.kind, row.policy,
        row.entity.code if row.entity else "", row.told, bool(row.secret), bool(row.hook_secret),
        bool(adapter and adapter.is_experimental), adapter.basis if adapter else "",
        bool(adapter and adapter.is_file), say, row.is_paused, row.removed_at, row.recorded_at,
    )  # fmt: skip


def _line(row: InsurerConnection, at: dt.datetime) -> Insurer:
    if row.removed_at is not None:
        raise Refused("The connection was removed.", code="insurer_removed")
    return opened(row, now=at, log=logged(row, at))


def _change(actor: Actor, asked: dict[str, Any], said: dict[str, Any], *, key: str) -> None:
    connection_id, changed = asked["insurer"], asked["changed"]
    row = found(actor, connection_id, verb=access.INTEGRATION_CHANGE)
    if row.removed_at is not None and not key:
        raise NotFound("There is no insurer {number}.", number=connection_id)

    def effect(write: Write) -> Result:
        more = {"changed_at": write.at} | ({"removed_at": write.at} if changed == "removed" else {})
        same = changed in ("paused", "resumed") and row.is_paused == said["is_paused"]
        if same or not InsurerConnection.objects.scoped(actor).filter(pk=row.pk, removed_at=None).update(
            **said, **more
        ):
            write.change_nothing()
        write.detail.update(insurer=row.pk, name=row.name, changed=changed)
        return {}

    execute(actor, access.INTEGRATION_CHANGE, effect, request=asked, key=key, lock=[f"insurer {connection_id}"])


def _asked(connection_id: int, changed: str, **more: str) -> dict[str, Any]:
    return {"insurer": connection_id, "changed": changed, **more}


def _checked(given: Given) -> dict[str, str]:
    """What a connection is told, whole and in its form.

    Raises:
        InputError: something is missing or wrong.
    """
    adapter = adapter_of(given.kind)
    for text in (given.name, given.policy, given.secret, *map(str, given.told.values())):
        reasons.kept(text)
    if not given.name.strip() or len(given.name.strip()) > NAME_CHARACTERS:
        raise InputError(
            "A connection needs a name of at most {limit} characters.", limit=NAME_CHARACTERS, column="name"
        )
    if not CODE.fullmatch(given.policy.strip()):
        raise InputError("{field} is missing.", field=gettext_noop("Policy number"), column="policy")
    told = {each.name: str(given.told.get(each.name, "")).strip() for each in adapter.fields}
    for each in adapter.fields:
        if each.is_required and not told[each.name]:
            raise InputError("{field} is missing.", field=each.title, column=each.name)
        if len(told[each.name]) > VALUE_CHARACTERS:
            raise InputError("{field} is too long.", field=each.title, column=each.name)
    if adapter.secret_title and not given.secret:
        raise InputError("A secret is missing.", hint="It is sealed and never shown again.", column="secret")
    if len(given.secret) > VALUE_CHARACTERS:
        raise InputError("{field} is too long.", field="secret", column="secret")
    if not adapter.is_file:
        _require_opens(told)
    return told


def _require_opens(told: Mapping[str, str]) -> None:
    """Pass an address that may be asked, and an authority that is one; nobody is asked yet."""
    try:
        outside_of(told, seconds=1.0).checked(told["url"])
    except SeawallError as error:
        error.params.setdefault("column", "ca" if error.code == "source_ca" else "url")
        raise
