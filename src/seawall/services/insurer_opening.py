"""Opening a connection to an insurer: its adapter behind the guard, with the retry plan in force.

Tokens live in this process's memory only. An address that is not public is reached only where whoever owns the
machine named it in ``SEAWALL_PRIVATE_HOSTS``, as for sources.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from seawall.engine.kernel.errors import InputError
from seawall.exchange.insurers import adapters
from seawall.exchange.insurers.adapters import Adapter, Wire
from seawall.exchange.insurers.line import ANSWER_BYTES, Keeper
from seawall.exchange.insurers.masking import parts_of
from seawall.exchange.insurers.port import Exchanged, Insurer
from seawall.exchange.net import Outside, host_named
from seawall.services.access import ALL, Actor
from seawall.services.governing import governing
from seawall.services.source_opening import context_of, private
from seawall.store import seal
from seawall.store.models import InsurerConnection

PURPOSE: Final = "insurer connection"
HOOK_PURPOSE: Final = "insurer hook"
PLAN: Final = "house.insurer_exchange"
_keepers: dict[tuple[int, str], Keeper] = {}


def adapter_of(kind: str) -> Adapter:
    """The adapter of a kind.

    Raises:
        InputError: there is none.
    """
    found = adapters.known().get(kind)
    if found is None:
        raise InputError("There is no kind of insurer named {kind}.", kind=kind[:40], column="kind")
    return found


def plan_of(on: dt.date) -> Mapping[str, Any]:
    """The retry plan in force on a day."""
    value: Mapping[str, Any] = governing().at(PLAN, on).value
    return value


def outside_of(told: Mapping[str, str], *, seconds: float) -> Outside:
    """The guard for an insurer: its host and no other, and no redirect.

    Raises:
        InputError: its certificate authority is none.
    """
    return Outside(
        frozenset({host_named(told["url"])}), private=private(), context=context_of(told.get("ca", "")),
        redirects_max=0, answer_bytes=ANSWER_BYTES, seconds=seconds,
    )  # fmt: skip


def opened(row: InsurerConnection, *, now: dt.datetime, log: Callable[[Exchanged], None]) -> Insurer:
    """The insurer behind a connection.

    Raises:
        InputError: it has no line, only files; or its settings are wrong.
    """
    adapter = adapter_of(row.kind)
    if adapter.opened is None:
        raise InputError("This insurer is met by files only.", code="insurer_by_file")
    secret = seal.unseal_text(row.secret, purpose=PURPOSE) if row.secret else ""
    told = {**row.told, "policy": row.policy}
    outside = outside_of(told, seconds=float(plan_of(now.date())["timeout_seconds"]))
    keeper = _keepers.setdefault((row.pk, row.secret[-24:]), Keeper())
    return adapter.opened(Wire(outside, told, secret, now, keeper, log, secrets_of(row)))


def secrets_of(row: InsurerConnection) -> tuple[str, ...]:
    """What of a connection is masked in everything that is kept."""
    sealed = ((row.secret, PURPOSE), (row.hook_secret, HOOK_PURPOSE))
    return tuple(part for text, purpose in sealed if text for part in parts_of(seal.unseal_text(text, purpose=purpose)))


def actor_of(row: InsurerConnection) -> Actor:
    """Who writes down what an insurer says: itself, within the entity whose policy it is."""
    scope = frozenset({row.entity.code}) if row.entity else ALL
    return Actor.of(f"insurer {row.name}", ["insurance_manager"], scope)
