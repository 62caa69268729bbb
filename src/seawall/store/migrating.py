"""Migrations that are on record if and only if they are carried out.

Django puts a migration on record after its transaction wherever foreign keys or indexes were put off to the end of it:
a kill in between leaves tables that the next attempt would make again, and fail. Here one transaction holds both.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.migrations.executor import MigrationExecutor

_apply = MigrationExecutor.apply_migration


def _applied(executor: Any, state: Any, migration: Any, **how: Any) -> Any:
    if not migration.atomic:
        return _apply(executor, state, migration, **how)
    with transaction.atomic(using=executor.connection.alias):
        return _apply(executor, state, migration, **how)


def hold_together() -> None:
    """Have every migration of this process and its entry in one transaction."""
    MigrationExecutor.apply_migration = _applied  # type: ignore[method-assign, assignment]
