"""Which rows a write touched, told by the database itself: a trigger on each table notes key and hashes of the row.

``services/command.py`` takes the notes into the audit entry and removes them in the same transaction. Facts that are
copied in by the million are not noted row by row: their ranges of numbers come from ``store/append.py``.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from django.apps import apps
from django.db import connection, connections
from psycopg import sql

UNTRACKED: Final[dict[str, str]] = {
    "store_touch": "the notes themselves",
    "store_auditentry": "the record that the notes go into",
    "store_chainhead": "moves with every entry",
    "store_idempotencykey": "the request's own key",
    "store_outbox": "what is sent moves by itself",
    "store_outboxattempt": "the log of what is sent",
    "store_insurersending": "how far a message to an insurer came moves by itself",
    "store_insurerexchange": "the log of what is asked of insurers",
    "store_counter": "numbers of facts",
    "store_signinfailure": "no write of anybody's: a throttle",
    "store_signedin": "a session's own clock; what ends one by will is an entry of its own",
    "store_job": "the queue's",
    "store_jobline": "the queue's",
    "store_run": "a run's own state; its entries name manifest and result",
    "store_runstep": "a run's own log",
    **dict.fromkeys(
        (
            "store_customer", "store_customerversion", "store_account", "store_item", "store_allocation",
            "store_instalment", "store_dispute", "store_controlbalance", "store_rate", "store_bill",
            "store_billevent", "store_insuredlimit", "store_insuranceevent", "store_insuranceclaim",
            "store_claimrecovery", "store_claimstep", "store_supersession",
            "store_importreject",
        ),
        "copied in bulk: noted as ranges",
    ),
}  # fmt: skip
"""Tables without the trigger, and why. Every other table of the store has it."""

UNSAID: Final = {
    "store_user": ("last_login", "language"), "store_calendaraddress": ("last_read_at", "hour", "reads"),
}  # fmt: skip
"""Columns whose change is no write: when somebody came in, a preference, how often a calendar was read."""

SHOWN: Final = 50
"""As many rows of a kind stand one by one in an entry; of more, number, first, last and one digest."""

FUNCTION: Final = """
CREATE OR REPLACE FUNCTION seawall_touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone jsonb;
    here jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN gone := to_jsonb(OLD) - string_to_array(TG_ARGV[2], ','); END IF;
    IF TG_OP <> 'DELETE' THEN here := to_jsonb(NEW) - string_to_array(TG_ARGV[2], ','); END IF;
    IF gone IS DISTINCT FROM here THEN
        INSERT INTO store_touch (xact, kind, key, before, after) VALUES (
            pg_current_xact_id()::text::bigint, TG_ARGV[0], coalesce(here, gone) ->> TG_ARGV[1],
            coalesce(encode(sha256(convert_to(gone::text, 'UTF8')), 'hex'), ''),
            coalesce(encode(sha256(convert_to(here::text, 'UTF8')), 'hex'), ''));
    END IF;
    RETURN NULL;
END $$
"""


def tracked() -> dict[str, tuple[str, str]]:
    """Table → what its rows are called, and the column of their key."""
    models = (model for model in apps.get_app_config("store").get_models(include_auto_created=True))
    named = {model._meta.db_table: model._meta for model in models}  # noqa: SLF001 - Django's public way to a table
    return {
        table: (str(meta.model_name), str(meta.pk.column))
        for table, meta in sorted(named.items())
        if table not in UNTRACKED and meta.managed
    }


def install(*, using: str = "default", **_signal: Any) -> None:
    """Put the trigger on every tracked table after a migration; does nothing before the tables are there."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
            " AND pg_has_role(current_user, c.relowner, 'MEMBER')"
        )
        mine = {name for (name,) in cursor.fetchall()}
        if "store_touch" not in mine:
            return
        cursor.execute(FUNCTION)
        for table, (kind, key) in tracked().items():
            if table in mine:
                cursor.execute(
                    sql.SQL(
                        "CREATE OR REPLACE TRIGGER touched AFTER INSERT OR UPDATE OR DELETE ON {table}"
                        " FOR EACH ROW EXECUTE FUNCTION seawall_touch({kind}, {key}, {unsaid})"
                    ).format(
                        table=sql.Identifier(table),
                        kind=sql.Literal(kind),
                        key=sql.Literal(key),
                        unsaid=sql.Literal(",".join(UNSAID.get(table, ()))),
                    )
                )


def taken() -> list[dict[str, Any]]:
    """What the transaction under way touched, by kind and key with the hashes before and after; the notes are gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH mine AS (DELETE FROM store_touch WHERE xact = pg_current_xact_id()::text::bigint"
            " RETURNING id, kind, key, before, after)"
            " SELECT kind, key, (array_agg(before ORDER BY id))[1], (array_agg(after ORDER BY id DESC))[1]"
            " FROM mine GROUP BY kind, key ORDER BY kind, min(id)"
        )
        rows = cursor.fetchall()
    by_kind: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in rows:
        if row[2] != row[3]:
            by_kind.setdefault(row[0], []).append(row)
    return [change for kind, found in by_kind.items() for change in _said(kind, found)]


def _said(kind: str, rows: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    if len(rows) <= SHOWN:
        return [{"kind": kind, "key": key, "before": before, "after": after} for _, key, before, after in rows]
    digests = {name: _digest([row[at] for row in rows]) for name, at in (("before", 2), ("after", 3))}
    return [{"kind": kind, "rows": len(rows), "first": rows[0][1], "last": rows[-1][1], **digests}]


def _digest(hashes: list[str]) -> str:
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
