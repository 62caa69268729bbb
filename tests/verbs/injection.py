"""Failing at the n-th SQL write, and what the store looked like before and after."""

import re
from contextlib import contextmanager

import psycopg
from django.db import connection

WRITES = re.compile(
    r"\s*(WITH\b.*\b)?(INSERT|UPDATE|DELETE|TRUNCATE|MERGE|CREATE|ALTER|DROP|COPY\s+\S+\s*\([^)]*\)\s+FROM|SELECT\s+"
    r"(nextval|seawall_keys_\w+|procrastinate\w+))\b",
    re.IGNORECASE | re.DOTALL,
)
NOT_OURS = ("procrastinate_workers", "django_session")


class Injected(Exception):
    """The error that was put in."""


def text_of(statement):
    if isinstance(statement, bytes):
        return statement.decode()
    return statement if isinstance(statement, str) else statement.as_string(None)


@contextmanager
def failing_at(n, monkeypatch):
    """Raise at the n-th write of this process to the database; yields the statements that wrote."""
    seen = []

    def counted(method):
        def wrapped(self, statement, *args, **kwargs):
            text = text_of(statement)
            if WRITES.match(text):
                seen.append(" ".join(text.split())[:80])
                if len(seen) == n:
                    raise Injected(seen[-1])
            return method(self, statement, *args, **kwargs)

        return wrapped

    with monkeypatch.context() as patched:
        for name in ("execute", "executemany", "copy"):
            patched.setattr(psycopg.Cursor, name, counted(getattr(psycopg.Cursor, name)))
        yield seen


def state(leaving=()):
    """Table → a hash of all its rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall() if name not in {*NOT_OURS, *leaving}]
        each = " UNION ALL ".join(
            f"SELECT '{table}', md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM \"{table}\" t"
            for table in tables
        )
        cursor.execute(each)
        return dict(cursor.fetchall())
