"""Locks by name, taken in one order and waited for only so long, so that writers never block each other for good."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from psycopg import errors

from seawall.engine.kernel.errors import LockTimeout

TIMEOUT_SECONDS, PAUSE_SECONDS = 3.0, 0.05
LEDGER = "ledger"
"""Who adds facts holds it: numbers of facts are drawn, and facts compared with the file, under this lock."""


@contextmanager
def patience() -> Iterator[None]:
    """Turn the database's word that a lock was not free in time into ours.

    Raises:
        LockTimeout: a lock was not free within ``TIMEOUT_SECONDS``, or two writers waited for each other.
    """
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
            raise LockTimeout(
                "Somebody else is writing at this moment.", hint="Nothing was changed. Try again in a moment."
            ) from error
        raise


def take(names: Iterable[str]) -> None:
    """Take the locks of these names until the transaction ends; sorted, so no two writers can deadlock."""
    keys = sorted({_key(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{int(TIMEOUT_SECONDS * 1000)}ms'")
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


@contextmanager
def shared(name: str) -> Iterator[None]:
    """Hold a lock beside others who share it: until the transaction ends, or this block where there is none.

    Raises:
        LockTimeout: somebody holds it alone, and longer than ``TIMEOUT_SECONDS``.
    """
    is_within = connection.in_atomic_block
    with patience(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_{'xact_' if is_within else ''}lock_shared(%s)", [_key(name)])
    try:
        yield
    finally:
        if not is_within:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [_key(name)])


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold a lock beyond transactions once nobody has it, however long that takes; those who come wait meanwhile."""
    while not try_hold(name):
        time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        let_go(name)


def try_hold(name: str) -> bool:
    """Hold a lock beyond transactions, until :func:`let_go` or the end of this connection; False if it is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(name)])
        return bool(cursor.fetchone()[0])


def let_go(name: str) -> None:
    """Let go of a lock that :func:`try_hold` gave."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])


def is_held(name: str) -> bool:
    """Whether somebody holds a lock that :func:`try_hold` gives, or waits for it."""
    high, low = divmod(_key(name) % 2**64, 2**32)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND locktype = 'advisory' AND objsubid = 1"
            " AND classid::bigint = %s AND objid::bigint = %s)",
            [high, low],
        )
        return bool(cursor.fetchone()[0])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
