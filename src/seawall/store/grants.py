"""What the product's own role may do: read and add everywhere, change and delete only where nothing is proof."""

from __future__ import annotations

from typing import Any

from django.db import connections
from psycopg import sql

from seawall.store.home import APP_ROLE

APPEND_ONLY = (
    "store_auditentry",
    "store_customerversion",
    "store_item",
    "store_allocation",
    "store_instalment",
    "store_dispute",
    "store_controlbalance",
    "store_rate",
    "store_bill",
    "store_billevent",
    "store_insuredlimit",
    "store_insuranceevent",
    "store_insuranceclaim",
    "store_claimrecovery",
    "store_claimstep",
    "store_insurancepolicyversion",
    "store_limitevidence",
    "store_supersession",
    "store_importfile",
    "store_importreject",
    "store_periodsignature",
    "store_periodwithdrawal",
    "store_policyversion",
    "store_proposal",
    "store_proposaldecision",
    "store_singleuserchange",
    "store_note",
    "store_taskversion",
    "store_document",
    "store_pause",
    "store_customermerge",
    "store_bankaccount",
    "store_bankstatement",
    "store_bankentry",
    "store_bankmatch",
    "store_bankmatchend",
    "store_bankcase",
    "store_bankcaseend",
    "store_importundo",
    "store_savedmapping",
    "store_sourcefile",
    "store_insuredcompany",
    "store_insurermessage",
    "store_insurercall",
    "store_insurerexchange",
    "store_insurercomparison",
)
"""Tables that only grow. A trigger refuses changes to everybody; the grants refuse them to the product."""


def grant(*, using: str = "default", **_signal: Any) -> None:
    """Give the application role its rights after a migration; does nothing where that role is not used."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_user <> %s AND to_regrole(%s) IS NOT NULL", [APP_ROLE, APP_ROLE])
        if not cursor.fetchone()[0]:
            return
        role = sql.Identifier(APP_ROLE)
        tables = sql.SQL(", ").join(map(sql.Identifier, APPEND_ONLY))
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE UPDATE, DELETE, TRUNCATE ON {tables} FROM {role}",
            "GRANT EXECUTE ON FUNCTION seawall_keys_off(), seawall_keys_on() TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=role, tables=tables))
