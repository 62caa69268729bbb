"""What every crash test needs: the process that dies when told, what the store holds once it is dead, and an empty store."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection, connections

from seawall.store.home import Connection

DOER = Path(__file__).with_name("doer.py")
KILLED = -9
WAIT_SECONDS = 10


@contextmanager
def doing(database=None, environ=None):
    """A process of ``doer.py``; call it with a task, and it says how that ended."""
    program = [sys.executable, str(DOER), database or connection.settings_dict["NAME"]]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout.readline() == "ready\n"

    def do(**task):
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield do
    process.stdin.close()
    process.wait()


def wait_for_the_dead():
    """Until the killed writer's transaction and locks are gone for certain."""
    deadline = time.monotonic() + WAIT_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE d.datname = current_database() AND locktype = 'advisory'"
            )
            if cursor.fetchone()[0] == 0:
                return
            time.sleep(0.02)
    raise AssertionError("somebody is still writing")


def rows_of(tables):
    """Rows by table, once nobody writes."""
    wait_for_the_dead()
    rows = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            rows.append(cursor.fetchone()[0])
    return rows


def empty_the_store(like="store_"):
    """Empty the tables whose names begin so, as their owner."""
    tables = [name for name in connection.introspection.table_names() if name.startswith(like)]
    settings = connections["owner"].settings_dict
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    params = {key: settings[name] for key, name in named.items() if settings[name]}
    with psycopg.connect(Connection(params).conninfo) as owner:
        owner.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
