"""S16: secrets are planted through the doors of a served store, and looked for wherever it writes, tells or is copied.

The search opens what is packed (zip, gzip, streams of a PDF, Parquet, a dump) and knows a secret in base64, hex, an
address and UTF-16; its twin plants one in each kind of place and finds it.
"""

import base64
import contextlib
import datetime as dt
import gzip
import io
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from cli.stores import LOG_NAME, environ, seawall, serving, stocked_home

from seawall.store import backup, programs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAY = "2026-03-31"
MARK = "Qz7Canary"
PLANT = Path(__file__).with_name("planting.py")
OWN_PLACES = {"seal_key": "seal key", "secret_key": "key of the pages"}
"""A file of the home that is there to hold a secret, and which: its own is not looked for in it."""


def alone(text):
    """How a secret may stand somewhere: as it is, and in the usual disguises."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield urllib.parse.quote(text, safe="").encode()
    yield json.dumps(text)[1:-1].encode()
    yield text.encode("utf-16-le")
    for shift in range(3):  # base64 of it within something longer: the letters that do not hang on what is beside
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[(0, 2, 3)[shift] : len(coded) - 4]


def opened(blob, depth=4):
    """The bytes, and what is packed in them."""
    yield blob
    if not depth:
        return
    inner = []
    with contextlib.suppress(OSError, EOFError, zlib.error):
        if blob.startswith(b"\x1f\x8b"):
            inner.append(gzip.decompress(blob))
    with contextlib.suppress(zipfile.BadZipFile):
        if blob.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(blob)) as packed:
                inner += [packed.read(name) for name in packed.namelist()]
    if blob.startswith(b"PAR1"):
        inner.append(repr(pl.read_parquet(io.BytesIO(blob)).to_dicts()).encode())
    if blob.startswith(b"PGDMP"):
        inner.append(dump_text(blob))
    if blob.startswith(b"%PDF"):
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", blob, re.DOTALL):
            with contextlib.suppress(zlib.error):
                inner.append(zlib.decompressobj().decompress(stream))
    for each in inner:
        yield from opened(each, depth - 1)


def dump_text(blob):
    """A dump of PostgreSQL as the text it restores."""
    program = programs.binaries() / "pg_restore"
    told = subprocess.run([program, "-f", "-"], input=blob, capture_output=True, check=True)
    return told.stdout


def found(canaries, places):
    """Which secret stands in which place."""
    wanted = {name: {form for form in alone(text) if len(form) >= 8} for name, text in canaries.items()}
    return sorted(
        {
            (name, place)
            for place, blob in places.items()
            for part in opened(blob)
            for name, forms in wanted.items()
            if any(form in part for form in forms) and OWN_PLACES.get(place.removeprefix("home ")) != name
        }
    )


class Caller:
    """Asks the served store, with a session or a token; every answer is kept, refusals too."""

    def __init__(self, where, **headers):
        self.where, self.headers, self.told = where.rstrip("/"), headers, {}

    def __call__(self, path, data=None, **headers):
        asked = urllib.request.Request(self.where + path, data=data, headers={**self.headers, **headers})
        try:
            with urllib.request.build_opener(NoRedirect).open(asked, timeout=60) as answer:
                status, blob = answer.status, answer.read()
                blob += repr([each for each in answer.headers.items() if each[0].lower() != "set-cookie"]).encode()
        except urllib.error.HTTPError as error:
            status, blob = error.code, error.read()
        self.told[f"{status} {path} {len(self.told)}"] = blob
        return status, blob


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


TOKEN = "x" * 32
PAGES = ("/", "/ledger/ageing/", "/ledger/customers/", "/ledger/items/", "/ledger/contacts/", "/ledger/periods/",
         "/ledger/imports/", "/ledger/bank/", "/ledger/bank/journal/", "/ledger/bills/", "/settings/", "/settings/mail/",
         "/settings/webhooks/", "/settings/webhooks/{webhook}/", "/settings/sources/", "/settings/sources/{source}/",
         "/settings/sources/{source}/change/", "/settings/people/",
         "/settings/people/by-name/planted/", "/settings/account/", "/settings/account/app/", "/settings/audit/",
         "/settings/audit/?q=planted", "/settings/jobs/", "/settings/runs/", "/protection/insurers/",
         "/protection/insurers/connections/", "/protection/insurers/connections/{insurer}/", "/protection/insurers/said/",
         "/protection/insurers/said/{event}/", "/protection/insurers/messages/{said}/", "/protection/insurers/differences/")  # fmt: skip
FILES = ("/ledger/ageing/?export=csv", "/ledger/ageing/?export=xlsx", "/ledger/customers/?export=csv",
         "/ledger/customers/?export=xlsx", "/ledger/items/?export=csv", "/ledger/items/?export=xlsx",
         "/ledger/bank/journal/?export=json", "/ledger/bills/?export=xlsx", "/report/?format=pdf")  # fmt: skip
CALLS = ("/meta", "/items", "/customers", "/ageing", "/webhooks", "/webhooks/{webhook}/deliveries", "/sources",
         "/sources/{source}", "/mail", "/mail/server", "/people", "/people/planted", "/tokens", "/sign-in/providers",
         "/sign-in/rules", "/audit", "/jobs", "/runs", "/seal", "/no-such", "/insurers", "/insurers/{insurer}",
         "/insurers/{insurer}/log", "/insurers/{insurer}/links", "/insurer-messages", "/insurer-messages/{said}",
         "/insurer-events", "/insurer-events/{event}")  # fmt: skip


def asked_about(where, planted):
    """Every page, file and list that may tell of what was planted; and what is refused, with the secret in it."""
    secrets, ids = planted["secrets"], {name: str(number) for name, number in planted["ids"].items()}
    reader = Caller(where, Cookie=f"sessionid={secrets['session']}", **{"Accept-Language": "en"})
    for path in (*PAGES, *FILES):
        reader(path.format(**ids))
    program = Caller(where, Authorization=f"Bearer {secrets['API token']}")
    for path in CALLS:
        program("/api/v1" + path.format(**ids))
    seen = [key for key in (*reader.told, *program.told) if key.startswith("200")]
    stranger = Caller(where)
    for secret in secrets.values():
        quoted = urllib.parse.quote(secret, safe="")
        form = {"username": "planted", "password": secret, "csrfmiddlewaretoken": TOKEN}
        stranger("/sign-in/", urllib.parse.urlencode(form).encode(), Cookie=f"csrftoken={TOKEN}")
        stranger("/api/v1/items", Authorization=f"Bearer {secret}x")
        stranger("/api/v1/items", Authorization=f"Basic {secret}")
        stranger("/", Cookie=f"sessionid={quoted}x")
        stranger("/metrics", Authorization=f"Bearer {secret}")
    stranger(f"/insurers/{ids['insurer']}/events/", json.dumps({"signed by": secrets["insurer hook"]}).encode())
    refused(program, reader, secrets, ids)
    stranger("/health/ready")
    answers = {f"{who} {key}": blob for who, each in (("page", reader), ("api", program), ("stranger", stranger))
               for key, blob in each.told.items()}  # fmt: skip
    return seen, answers


def refused(program, reader, secrets, ids):
    """Requests that carry a secret where it belongs, with something beside it that cannot be taken."""
    mail = {"host": "", "port": 0, "security": "x", "sender": "no", "username": "u", "password": secrets["mail"]}
    given = {"name": "", "kind": "sftp", "settings": {"host": "x"}, "secret": secrets["source"], "entity": "none"}
    insurer = {
        "name": "",
        "kind": "neutral",
        "policy": "",
        "settings": {"url": "no"},
        "secret": secrets["insurer secret"],
    }
    provider = {"name": "", "issuer": "http://x", "client_id": "", "secret": secrets["OIDC client"], "is_active": True}
    for path, body, method in (
        ("/mail/server", mail, "PUT"), ("/sources", given, "POST"), ("/sign-in/providers", provider, "PUT"),
        ("/insurers", insurer, "POST"),
        ("/webhooks", {"entity": secrets["webhook"], "address": "no", "events": []}, "POST"),
    ):  # fmt: skip
        for text in (json.dumps(body), json.dumps(body)[:-1]):
            asked = urllib.request.Request(
                f"{program.where}/api/v1{path}", data=text.encode(), method=method,
                headers={**program.headers, "Content-Type": "application/json"},
            )  # fmt: skip
            with contextlib.suppress(urllib.error.HTTPError):
                try:
                    urllib.request.urlopen(asked, timeout=60)
                except urllib.error.HTTPError as error:
                    program.told[f"{error.code} {method} {path} {len(text)}"] = error.read()
    form = {"csrfmiddlewaretoken": TOKEN}
    cookie = f"{reader.headers['Cookie']}; csrftoken={TOKEN}"
    for path, more in (
        ("/settings/mail/", {"do": "server", **mail}), ("/settings/sources/new/", {"kind": "sftp", "secret": secrets["source"]}),
        ("/settings/people/providers/", {"do": "keep", **provider}),
        ("/settings/password/", {"old_password": secrets["password"] + "x", "new_password1": secrets["password"],
                                 "new_password2": "other"}),
        ("/protection/insurers/connections/new/", {"kind": "neutral", "name": "", "secret": secrets["insurer secret"]}),
        (f"/settings/sources/{ids['source']}/change/", {"name": "", "secret": secrets["source"]}),
    ):  # fmt: skip
        reader(path, urllib.parse.urlencode(form | more).encode(), Cookie=cookie)


def files_of(home, room):
    """What lies on the disk: the home, the cluster's log, the backups."""
    places = {}
    for name, root in (("home", home.path), ("backup", room / "after")):
        for path in sorted(root.rglob("*")):
            if (
                path.is_file()
                and not path.is_relative_to(home.cluster)
                and not path.is_relative_to(home.path / "static")
            ):
                places[f"{name} {path.relative_to(root)}"] = path.read_bytes()
    places["log of the database"] = (home.cluster / "postgres.log").read_bytes()
    return places


def planted_in(home, room):
    """The secrets, each made or given as a user would, by the services the doors call."""
    done = subprocess.run(
        [sys.executable, str(PLANT), str(room)], capture_output=True, text=True,
        env=environ(home) | {"SEAWALL_LOG": "1", "SEAWALL_INTAKE_FOLDERS": str(room), "DJANGO_ALLOW_ASYNC_UNSAFE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    planted = json.loads(done.stdout.splitlines()[-1])
    planted["secrets"]["seal key"] = (home.path / "seal_key").read_text().split()[0]
    planted["secrets"]["key of the pages"] = (home.path / "secret_key").read_text().strip()
    return planted, done.stderr


@pytest.mark.promise("S16")
def test_secrets_are_found_in_no_log_answer_export_backup_or_record(tmp_path, promise):
    with stocked_home(tmp_path, on=dt.date.fromisoformat(DAY), items=200, customers=8) as home:
        planted, told = planted_in(home, tmp_path)
        secrets = planted["secrets"] | {"metrics token": f"{MARK}-metrics-token"}
        logged = {"SEAWALL_LOG": "1", "SEAWALL_METRICS_TOKEN": secrets["metrics token"]}
        with serving(home, "serve", **logged) as (where, _process):
            seen, answers = asked_about(where, planted | {"secrets": secrets})
            wrong = {path for path in (*PAGES, *FILES) if not any(f" {path.split('{')[0]}" in key for key in seen)}
            assert wrong == set(), "asked and not answered: nothing was searched there"
        log = (tmp_path / LOG_NAME).read_text(encoding="utf-8")
        commands = {}
        for words in (["backup", "--to", tmp_path / "after"], ["doctor"], ["audit", "verify"], ["people", "list"],
                      ["webhook", "list"], ["source", "list"], ["insurer", "list"], ["insurer", "messages"], ["seal", "show"], ["jobs", "list"], ["mail", "list"],
                      ["item", "list", "--format", "csv"], ["report", "--as-of", DAY, "--format", "json"]):  # fmt: skip
            done = seawall(home, *words)
            commands[f"command {' '.join(map(str, words[:2]))}"] = (done.stdout + done.stderr).encode()
        (name,) = backup.names(tmp_path / "after")
        dump = (tmp_path / "after" / name / "database.dump").read_bytes()
        assert b"store_auditentry" in dump_text(dump)
        places = answers | commands | files_of(home, tmp_path) | {"log": log.encode(), "log of planting": told.encode()}
        assert len(log) > 10_000, "the server's log was searched"
        leaks = found(secrets, places)
        assert leaks == []
        kinds = {
            "answers": len(answers), "commands": len(commands), "files": len(places) - len(answers) - len(commands) - 2,
        }  # fmt: skip
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        promise(f"{len(secrets)} canaries x {len(places)} places ({told}, logs, dump and record within): found 0")


CANARY = f"{MARK}/plus+secret=9"


def packed(name, blob):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, blob)
    return made.getvalue()


def workbook():
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("a").write_string(0, 0, CANARY)
    return made.getvalue()


def parquet():
    made = io.BytesIO()
    pl.DataFrame({"a": ["x", CANARY]}).write_parquet(made, compression="zstd")
    return made.getvalue()


PLACES = {
    "text": f"x {CANARY} y".encode,
    "json": lambda: json.dumps({"a": [CANARY]}).encode(),
    "address": lambda: urllib.parse.urlencode({"q": CANARY}).encode(),
    "hex": lambda: CANARY.encode().hex().encode(),
    "utf-16": lambda: f"x{CANARY}".encode("utf-16"),
    "base64 0": lambda: base64.b64encode(CANARY.encode() + b"zz"),
    "base64 1": lambda: base64.b64encode(b"a" + CANARY.encode() + b"zz"),
    "base64 2": lambda: base64.b64encode(b"ab" + CANARY.encode() + b"zz"),
    "gzip": lambda: gzip.compress(CANARY.encode()),
    "zip in zip": lambda: packed("a.zip", packed("b.csv", CANARY.encode())),
    "workbook": workbook,
    "parquet in zip": lambda: packed("p.parquet", parquet()),
    "stream of a PDF": lambda: b"%PDF-1.7\n1 0 obj <<>> stream\n" + zlib.compress(CANARY.encode()) + b"\nendstream",
}


@pytest.mark.parametrize("place", PLACES)
def test_the_search_finds_what_is_planted(place):
    """The twin: without it, nothing found would say nothing."""
    assert found({"it": CANARY, "other": f"{MARK}-other"}, {place: PLACES[place]()}) == [("it", place)]


def test_the_search_finds_a_row_of_a_dump(running_database, tmp_path):
    """A database's dump is packed: a secret in one of its rows is found all the same."""
    given = {"PGHOST": running_database.params["host"], "PGPORT": running_database.params["port"],
             "PGUSER": running_database.params["user"], "PATH": os.environ["PATH"]}  # fmt: skip
    import psycopg

    from seawall.store import embedded

    name = f"planted_{os.getpid()}"
    embedded.make_database(running_database, name)
    try:
        with psycopg.connect(running_database.of(dbname=name).conninfo) as made:
            made.execute("CREATE TABLE t AS SELECT %s::text AS secret", [CANARY])
        path = tmp_path / "d.dump"
        program = programs.binaries() / "pg_dump"
        subprocess.run([program, "--format=custom", f"--file={path}", name], env=given, check=True)
        assert CANARY.encode() not in path.read_bytes()
        assert found({"it": CANARY}, {"dump": path.read_bytes()}) == [("it", "dump")]
    finally:
        with psycopg.connect(running_database.conninfo, autocommit=True) as made:
            made.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
