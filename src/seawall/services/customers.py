"""What is said about a customer, changed by hand: each change is a version, and the ones before stay."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from seawall.engine.kernel.errors import InputError, StaleVersion, UnknownCode
from seawall.engine.kernel.money import exponent
from seawall.engine.ledger.facts import CUSTOMER_FACTS, group_roots
from seawall.services import access, subjects
from seawall.services.access import Actor
from seawall.services.command import Done, Result, Write, execute
from seawall.store import locks, on_file
from seawall.store.append import Appender
from seawall.store.asof import current
from seawall.store.models import AuditEntry, Customer, CustomerVersion
from seawall.store.on_file import CUSTOMER_SAYS

FIELDS: Final = ("name", "country", "sector", "registration_id", "parent_code", "currency", "language")
LONGEST = 200


def described(customer: Customer) -> CustomerVersion:
    """What is said about a customer now."""
    return current(CustomerVersion.objects.filter(customer=customer)).get()


def history(actor: Actor, customer: Customer) -> list[tuple[CustomerVersion, str, dt.datetime | None]]:
    """All versions, newest first, each with who brought it and when."""
    access.require(actor, access.READ)
    rows = list(CustomerVersion.objects.filter(customer=customer).order_by("-version"))
    told = {entry.write_no: entry for entry in AuditEntry.objects.filter(write_no__in=[row.write_no for row in rows])}
    return [(row, told[row.write_no].actor, told[row.write_no].recorded_at) for row in rows if row.write_no in told]


def change(
    actor: Actor, customer: Customer, fields: Mapping[str, str], *, version: int, reason: str = "", key: str = "",
    dry_run: bool = False,
) -> Done:  # fmt: skip
    """Say something else about a customer; what ``fields`` does not name stays, and an empty text takes it away.

    Raises:
        NotPermitted: the actor may not, or not in every entity: a customer belongs to all of them.
        StaleVersion: somebody changed it meanwhile.
        InputError: a field cannot be taken.
        UnknownCode: no such parent or currency.
    """
    access.require_everywhere(actor, access.CUSTOMER_CHANGE)
    wanted = {name: _taken(name, text) for name, text in fields.items()}

    def effect(write: Write) -> Result:
        on_record = on_file.customers()
        mine = on_record.filter(pl.col("customer_code") == customer.code)
        if mine["version"][0] != version:
            raise StaleVersion("{customer} was changed meanwhile.", hint="Look at it again.", customer=customer.code)
        before = {name: mine[name][0] for name in FIELDS}
        differs = sorted(name for name, value in wanted.items() if value != before[name])
        if not differs:
            write.change_nothing()
        _require_family(on_record, customer.code, wanted.get("parent_code"))
        _append(write, mine, wanted)
        write.detail.update(customer_id=customer.pk, version=version + 1, changed=differs, reason=reason.strip())
        return {"version": version + 1 if differs else version, "changed": differs}

    request = {"customer": customer.code, "version": version, "fields": dict(sorted(fields.items()))}
    return execute(
        actor, access.CUSTOMER_CHANGE, effect, request=request, key=key, lock=[locks.LEDGER], dry_run=dry_run
    )  # fmt: skip


def _append(write: Write, mine: pl.DataFrame, wanted: Mapping[str, str | None]) -> None:
    row = mine.with_columns(pl.lit(value, pl.String).alias(name) for name, value in wanted.items())
    row = row.with_columns(source_file=pl.lit(None, pl.String), source_row=pl.lit(None, pl.Int64))
    Appender(write.write_no, {}).customers(CUSTOMER_FACTS.empty(), row)


def _taken(name: str, text: str) -> str | None:
    """A field as it is kept."""
    plain = text.strip()
    if name not in FIELDS or len(plain) > LONGEST or not subjects.is_name(plain):
        raise InputError("{text} cannot be taken as {name}.", text=plain[:40], name=name)
    if name == "name":
        return subjects.said(plain)
    if plain and name == "currency":
        exponent(plain)
    if plain and name == "country" and not re.fullmatch("[A-Z]{2}", plain):
        raise InputError("{text} is not a country.", hint="Use the two letters of ISO 3166, such as CN.", text=plain)
    return plain or None


def _require_family(on_record: pl.DataFrame, code: str, parent: str | None) -> None:
    """Let pass a parent that is a customer and no descendant."""
    if parent is None:
        return
    if parent not in on_record["customer_code"]:
        raise UnknownCode("There is no customer {customer}.", customer=parent)
    is_mine = pl.col("customer_code") == code
    family = on_record.with_columns(parent_code=pl.when(is_mine).then(pl.lit(parent)).otherwise("parent_code"))
    _, is_root = group_roots(family)
    if not is_root[family.with_row_index("at").filter(is_mine)["at"][0]]:
        raise InputError("{customer} belongs to this customer itself: groups have no circles.", customer=parent)


__all__ = ["CUSTOMER_SAYS", "FIELDS", "change", "described", "history"]
