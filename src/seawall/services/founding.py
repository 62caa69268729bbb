"""Making a store: its tables brought up to this version, its organisation named, and what it is said to be."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from seawall.engine.kernel.errors import InputError, Refused
from seawall.engine.kernel.money import exponent
from seawall.services import access
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store import files, seal
from seawall.store.grants import APPEND_ONLY
from seawall.store.home import home
from seawall.store.models import AuditEntry, ImportFile, Organisation, User

OWNER_ALIAS = "owner"
"""The connection under the role that owns the tables."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a database says of itself. ``pending`` names the migrations this version still wants."""

    version: str
    major: int
    encoding: str
    role: str
    is_superuser: bool
    may_change_proof: bool
    """Whether the product's role could change or remove facts or audit entries, were it not for triggers."""

    has_checksums: bool
    now: dt.datetime
    last_write_at: dt.datetime | None
    pending: tuple[str, ...]


def is_founded() -> bool:
    """Whether this database holds a store."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('store_organisation') IS NOT NULL")
        return bool(cursor.fetchone()[0]) and Organisation.objects.exists()


def is_demo() -> bool:
    """Whether the store is the demo's."""
    return Organisation.objects.filter(is_demo=True).exists()


def is_empty() -> bool:
    """Whether no store has been written to beyond its founding: no user, nothing but the founding on record."""
    return not User.objects.exists() and not AuditEntry.objects.exclude(verb=access.ORGANISATION).exists()


def require_founded() -> None:
    """Pass where the database holds a store of this version.

    Raises:
        Refused: it holds none, or one that an earlier version made.
    """
    if not is_founded():
        raise Refused("The database holds no store.", hint="Make one with `seawall init`.", code="no_store")
    if pending():
        raise Refused(
            "The store was made by an earlier version of Seawall.",
            hint="Bring it up to date with `seawall init`.",
            code="old_store",
        )


def pending() -> tuple[str, ...]:
    """Names of the migrations that the database lacks."""
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return tuple(f"{migration.app_label}.{migration.name}" for migration, _ in plan)


def bring_up_to_date() -> None:
    """Make or change the tables as this version wants them, and the key that seals; does nothing where they are."""
    seal.make_key(home())
    call_command("migrate", database=OWNER_ALIAS, verbosity=0, interactive=False)
    of_customers = ImportFile.objects.every_entity().filter(name__icontains="customer") | (
        ImportFile.objects.every_entity().exclude(mapping="")
    )
    files.seal_existing(frozenset(of_customers.values_list("sha256", flat=True)))


def found(
    actor: Actor, *, name: str, is_demo: bool = False, reporting_currency: str = "", time_zone: str = "UTC"
) -> bool:
    """Name the organisation of a new store; False where there is one already, which stays as it is.

    Raises:
        NotPermitted: the actor may not.
        UnknownCode: no such currency.
        InputError: no such time zone.
    """
    if reporting_currency:
        exponent(reporting_currency)
    if time_zone not in zoneinfo.available_timezones():
        raise InputError("{zone} is not a time zone.", hint="Use a name such as Asia/Shanghai.", zone=time_zone)
    about = {
        "name": name, "is_demo": is_demo, "reporting_currency": reporting_currency, "time_zone": time_zone,
    }  # fmt: skip

    def effect(write: Write) -> Result:
        if Organisation.objects.exists():
            write.change_nothing()
            return {"founded": False}
        Organisation.objects.create(**about)
        write.detail.update(about)
        return {"founded": True}

    done = execute(actor, access.ORGANISATION, effect, request=about, lock=["organisation"])
    return bool(done.result["founded"])


def may_change_proof() -> bool:
    """Whether the product's role holds a right over what only grows that it should not hold; owners hold all."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(bool_or(has_table_privilege(current_user, c.oid, 'UPDATE, DELETE, TRUNCATE')"
            " OR pg_has_role(current_user, c.relowner, 'MEMBER')), false)"
            " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)",
            [list(APPEND_ONLY)],
        )
        return bool(cursor.fetchone()[0])


def database_facts() -> DatabaseFacts:
    """What the store's database says of itself, asked under the product's own role."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,"
            " current_setting('server_encoding'), current_user, r.rolsuper,"
            " current_setting('data_checksums') = 'on', now() FROM pg_roles r WHERE r.rolname = current_user"
        )
        version, major, encoding, role, is_superuser, has_checksums, now = cursor.fetchone()
    missing = pending()
    last = None if missing else AuditEntry.objects.order_by("-pk").values_list("recorded_at", flat=True).first()
    return DatabaseFacts(
        version=version, major=major, encoding=encoding, role=role, is_superuser=is_superuser,
        may_change_proof=may_change_proof(),
        has_checksums=has_checksums, now=now, last_write_at=last, pending=missing,
    )  # fmt: skip
