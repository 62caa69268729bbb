"""Sources: each file once, what cannot be taken kept and said, what is being written left, nothing reached unasked."""

import contextlib
import datetime as dt
import os
import threading

import pytest
from django.db import connection
from looking import emptied, look, outcomes
from outside_servers import LOOPBACK, Files, Web
from small_ledger import ALLOCATIONS, CUSTOMERS, ITEMS, SYSTEM, open_by_number
from stocked import person

from seawall.engine.kernel.errors import InputError, NotFound, NotPermitted, OutsideError, Refused
from seawall.exchange import places
from seawall.services import jobs, jobs_work, source_intake, sources
from seawall.services.access import Actor, Grant, actor_of
from seawall.services.sources import Given
from seawall.store import files as kept_files
from seawall.store import points
from seawall.store.models import AuditEntry, BankEntry, ImportFile, IntakeSource, Job, SourceFile

pytestmark = pytest.mark.django_db(transaction=True)
LEDGER = {"customers.csv": CUSTOMERS, "items.csv": ITEMS, "allocations.csv": ALLOCATIONS}
OLD = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()
BANK = b"Date,Amount,Currency,Account,Reference\n2026-03-02,70.50,CNY,ACC-1,I-3\n"


@pytest.fixture(autouse=True)
def empty_queue(db):
    emptied()
    yield
    emptied()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(source_intake, "SETTLE_SECONDS", 0.2)


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    folder = tmp_path / "inbox"
    folder.mkdir()
    monkeypatch.setenv("SEAWALL_INTAKE_FOLDERS", str(tmp_path))
    return folder


def put(folder, name, lines, *, at=OLD):
    path = folder / name
    path.write_bytes(lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode())
    if at:
        os.utime(path, (at, at))
    return path


def folder_source(folder, **more):
    return sources.add(SYSTEM, Given(name="Inbox", kind="folder", told={"folder": str(folder)}, **more))


def imports():
    return ImportFile.objects.every_entity().values("import_no").distinct().count()


def test_the_tables_of_a_ledger_are_taken_together_and_once(inbox):
    for name, lines in LEDGER.items():
        put(inbox, name, lines)
    source_id = folder_source(inbox)
    state, job = look(source_id)
    assert (state, job.result) == ("done", {"taken": 3, "same": 0, "refused": 0})
    assert len(open_by_number()) == 4
    assert {outcome for _, outcome in outcomes(source_id)} == {"taken"}
    assert look(source_id)[1].result == {"taken": 0, "same": 0, "refused": 0}
    put(inbox, "items.again.csv", ITEMS)  # the same bytes under another name
    look(source_id)
    assert (imports(), len(outcomes(source_id))) == (1, 3)
    entry = AuditEntry.objects.get(verb="ledger.import", batch_no=job_batch())
    assert entry.actor == "source Inbox"


def job_batch():
    return AuditEntry.objects.filter(verb="ledger.import", actor="source Inbox").latest("batch_no").batch_no


def test_what_cannot_be_taken_is_kept_said_and_tried_again_when_somebody_says_so(inbox):
    bad = put(inbox, "items.csv", [*ITEMS, "E1,C1,invoice,I-9,01/02/2026,,CNY,5.00,"])
    source_id = folder_source(inbox)
    state, job = look(source_id)
    assert (state, job.problem["code"]) == ("failed", "source_refused")
    file = sources.files(SYSTEM, source_id=source_id)[0]
    assert (file.outcome, [row["code"] for row in file.rejects]) == ("refused", ["date_ambiguous"])
    assert kept_files.content(file.sha256) == bad.read_bytes()
    assert imports() == 0
    assert look(source_id)[0] == "done"  # by schedule it is not tried for ever
    assert len(outcomes(source_id)) == 1
    assert look(source_id, again=True)[0] == "failed"
    assert len(outcomes(source_id)) == 2


def test_with_a_mapping_a_bad_file_does_not_stop_the_others(inbox):
    head = ITEMS[0]
    put(inbox, "a.csv", [head, ITEMS[1]])
    put(inbox, "b.csv", [head, "E1,C1,invoice,I-7,nonsense,,CNY,5.00,"])
    put(inbox, "c.csv", [head, ITEMS[2]])
    source_id = folder_source(inbox, mapping="canonical")
    for path in inbox.iterdir():
        path.rename(inbox / f"items.{path.name}")
    assert look(source_id)[0] == "failed"
    assert [outcome for _, outcome in outcomes(source_id)] == ["taken", "refused", "taken"]


def test_a_file_too_large_to_come_in_stops_no_other(inbox, monkeypatch):
    whole = put(inbox, "items.csv", ITEMS)
    put(inbox, "items.big.csv", whole.read_bytes() * 2)
    monkeypatch.setattr(places, "ANSWER_BYTES", whole.stat().st_size)
    source_id = folder_source(inbox)
    state, job = look(source_id)
    assert (state, job.problem["code"], outcomes(source_id)) == ("failed", "source_refused", [("items.csv", "taken")])
    assert "items.big.csv" in [line.params.get("file") for line in jobs.log(SYSTEM, job_id=job.job_id)]


def test_a_file_that_is_still_being_written_is_not_read(inbox):
    whole = put(inbox, "items.csv", ITEMS, at=None)
    put(inbox, "items.more.csv.part", ITEMS)
    put(inbox, ".items.csv", ITEMS)
    source_id, stop = folder_source(inbox), threading.Event()

    def write():
        while not stop.wait(0.02):
            with whole.open("ab") as file:
                file.write(b"E1,C1,invoice")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert look(source_id)[1].result == {"taken": 0, "same": 0, "refused": 0}
    finally:
        stop.set()
        writer.join()
    put(inbox, "items.csv", ITEMS, at=None)
    assert look(source_id)[1].result["taken"] == 1


def test_a_source_of_one_entity_brings_nothing_of_another(inbox):
    put(inbox, "items.csv", ITEMS)
    look(folder_source(inbox))
    narrow = folder_source(inbox, entity="E1")
    assert look(narrow)[0] == "failed"
    assert sources.files(SYSTEM, source_id=narrow)[0].outcome == "refused"
    e1 = actor_of(person("ann", Grant("administrator", "E1")))
    assert [each.source_id for each in sources.listed(e1)] == [narrow]
    e2 = actor_of(person("eve", Grant("administrator", "E2")))
    for act in (
        lambda: sources.shown(e2, source_id=narrow), lambda: sources.files(e2, source_id=narrow),
        lambda: sources.pause(e2, source_id=narrow, is_paused=True), lambda: sources.remove(e2, source_id=narrow),
        lambda: sources.try_it(e2, source_id=narrow), lambda: source_intake.run(e2, source_id=narrow),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotPermitted):
        sources.add(e2, Given(name="All", kind="folder", told={"folder": str(inbox)}))
    with pytest.raises(NotPermitted):
        sources.listed(Actor.of("rae", ["viewer"]))


class KilledError(BaseException):
    """As the process ends: nothing catches it."""


@pytest.mark.parametrize("point", ["items", "facts", "commit", "committed", "job worked"])
def test_a_worker_killed_anywhere_loses_and_doubles_nothing(inbox, monkeypatch, point):
    put(inbox, "items.csv", ITEMS)
    source_id = folder_source(inbox)

    def kill(reached):
        if reached == point:
            raise KilledError

    job_id = jobs.enqueue(SYSTEM, "source", {"source_id": source_id})
    monkeypatch.setattr(points, "hook", kill)
    with pytest.raises(KilledError):
        jobs_work.carry_out(job_id, process="999999", kind_of=jobs.kind_of, again=jobs.wake)
    monkeypatch.setattr(points, "hook", lambda _point: None)
    assert jobs_work.take_up_killed(jobs.wake) == [job_id]
    assert jobs_work.carry_out(job_id, process="1", kind_of=jobs.kind_of, again=jobs.wake) == "done"
    assert (imports(), outcomes(source_id)) == (1, [("items.csv", "taken")])


def test_two_looks_at_once_are_one_effect(inbox):
    put(inbox, "items.csv", ITEMS)
    source_id, states, start = folder_source(inbox), [], threading.Barrier(2)

    def work():
        try:
            start.wait(20)
            states.append(look(source_id)[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == ["done", "done"]
    assert (imports(), outcomes(source_id)) == (1, [("items.csv", "taken")])


def test_it_is_looked_into_by_schedule_and_not_while_paused(inbox):
    source_id = folder_source(inbox, every_minutes=15)
    by_hand = folder_source(inbox)
    now = dt.datetime(2026, 5, 1, 12, 7, tzinfo=dt.UTC)
    made = source_intake.enqueue_due(now=now)
    assert [jobs.shown(SYSTEM, job_id=each).arguments for each in made] == [{"source_id": source_id}]
    assert source_intake.enqueue_due(now=now + dt.timedelta(minutes=20)) == []  # the first look still waits
    Job.objects.update(state="done")
    assert source_intake.enqueue_due(now=now + dt.timedelta(minutes=1)) == []
    assert len(source_intake.enqueue_due(now=now + dt.timedelta(minutes=8))) == 1
    Job.objects.update(state="done")
    sources.pause(SYSTEM, source_id=source_id, is_paused=True)
    assert source_intake.enqueue_due(now=now + dt.timedelta(hours=9)) == []
    sources.pause(SYSTEM, source_id=source_id, is_paused=False)
    sources.remove(SYSTEM, source_id=source_id)
    assert source_intake.enqueue_due(now=now + dt.timedelta(hours=10)) == []
    assert [each.source_id for each in sources.listed(SYSTEM)] == [by_hand]
    assert sources.shown(SYSTEM, source_id=source_id).state == "removed"
    with pytest.raises(Refused):
        source_intake.run(SYSTEM, source_id=source_id)


def test_a_secret_is_sealed_and_never_shown(inbox, monkeypatch):
    told = {"host": "files.example", "user": "u", "host_key": Files_key()}
    source_id = sources.add(SYSTEM, Given(name="S", kind="sftp", told=told, secret="canary-4711"))
    row = IntakeSource.objects.every_entity().get(pk=source_id)
    assert "canary-4711" not in row.secret
    assert sources.settings_of(row).secret == "canary-4711"
    assert "canary-4711" not in repr(sources.shown(SYSTEM, source_id=source_id))
    assert not any("canary-4711" in entry.body for entry in AuditEntry.objects.all())
    sources.remove(SYSTEM, source_id=source_id)
    row.refresh_from_db(from_queryset=IntakeSource.objects.every_entity())
    assert row.secret == ""


def Files_key():  # noqa: N802
    import asyncssh

    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()


@pytest.mark.parametrize(
    ("given", "column"),
    [
        (Given("", "folder", {"folder": "."}), "name"), (Given("x", "nothing", {}), "kind"),
        (Given("x", "folder", {}), "folder"), (Given("x", "folder", {"folder": "/etc"}), "folder"),
        (Given("x", "sftp", {"host": "h", "user": "u"}, "s"), "host_key"),
        (Given("x", "sftp", {"host": "h", "user": "u", "host_key": "ssh-ed25519 AAAA"}, "s"), "host_key"),
        (Given("x", "sftp", {"host": "h", "user": "u", "host_key": "k", "port": "99999"}, "s"), "port"),
        (Given("x", "sftp", {"host": "h", "user": "u", "host_key": "k"}), "secret"),
        (Given("x", "https", {"url": "http://a.example/x"}), "url"),
        (Given("x", "https", {"url": "https://u:p@a.example/x"}), "url"),
        (Given("x", "https", {"url": "https://a.example/x", "ca": "no"}), "ca"),
        (Given("x", "https", {"url": "https://a.example/x"}, mapping="../x"), "mapping"),
        (Given("x", "https", {"url": "https://a.example/x"}, every_minutes=7), "every_minutes"),
        (Given("x", "odoo", {"url": "https://a.example", "database": "d", "user": "u"}, "s"), "entity"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said_beside_its_field(given, column):
    with pytest.raises((InputError, Refused)) as refused:
        sources.add(SYSTEM, given)
    assert refused.value.params["column"] == column
    assert IntakeSource.objects.every_entity().count() == 0


def test_links_out_of_the_folder_are_not_followed(inbox, tmp_path):
    secret = put(tmp_path.parent, "items.outside.csv", ITEMS)
    (inbox / "items.csv").symlink_to(secret)
    source_id = folder_source(inbox)
    assert look(source_id)[1].result == {"taken": 0, "same": 0, "refused": 0}
    secret.unlink()


# SFTP, against a real server on this machine


@pytest.fixture
def server(tmp_path, monkeypatch):
    folder = tmp_path / "served"
    (folder / "out").mkdir(parents=True)
    made = Files(folder)
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"{LOOPBACK}:{made.port}")
    yield made
    made.close()


def sftp_source(server, *, secret="open", host_key="", **more):  # noqa: S107 - a test's
    told = {"host": LOOPBACK, "port": str(server.port), "user": "seawall", "path": "/out",
            "host_key": host_key or server.host_key}  # fmt: skip
    return sources.add(SYSTEM, Given(name="Server", kind="sftp", told=told, secret=secret, **more))


def test_files_of_a_server_are_taken_once_by_password_and_by_key(server):
    put(server.folder / "out", "items.csv", ITEMS)
    source_id = sftp_source(server)
    assert sources.try_it(SYSTEM, source_id=source_id) == sources.Tried(["items.csv"], 1)
    assert look(source_id)[1].result["taken"] == 1
    assert look(source_id)[1].result["taken"] == 0
    by_key = sftp_source(server, secret=server.client_key.export_private_key().decode())
    assert look(by_key)[1].result == {"taken": 0, "same": 1, "refused": 0}
    assert imports() == 1


def test_nothing_is_sent_to_a_server_that_shows_another_key(server):
    source_id = sftp_source(server, host_key=Files_key())
    state, job = look(source_id)
    assert (state, job.problem["code"], server.logins) == ("failed", "host_key_differs", [])
    assert sources.host_key(SYSTEM, host=LOOPBACK, port=server.port).split()[:2] == server.host_key.split()[:2]


def test_a_wrong_password_and_a_server_that_is_gone_are_said(server):
    source_id = sftp_source(server, secret="wrong")
    with pytest.raises(Refused, match="does not let us in"):
        sources.try_it(SYSTEM, source_id=source_id)
    gone = sftp_source(server)
    server.close()
    with pytest.raises(OutsideError):
        sources.try_it(SYSTEM, source_id=gone)
    server.close = lambda: None


def test_a_private_server_is_not_reached_unless_the_machines_owner_named_it(server, monkeypatch):
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"{LOOPBACK}:1")
    source_id = sftp_source(server)
    state, job = look(source_id)
    assert (state, job.problem["code"], server.logins) == ("failed", "address_refused", [])


def test_statements_of_a_bank_come_into_the_bank(server):
    put(server.folder / "out", "march.csv", BANK)
    source_id = sftp_source(server, brings="bank")
    ImportFile.objects.every_entity()
    from seawall.services.intake import commit_rows

    commit_rows(SYSTEM, {"items": [dict(zip(ITEMS[0].split(","), ITEMS[3].split(","), strict=True))]},
                verb="ledger.import", origin="t")  # fmt: skip
    state, job = look(source_id)
    assert state == "done", job.problem
    assert BankEntry.objects.every_entity().count() == 1
    put(server.folder / "out", "march2.csv", BANK)
    assert look(source_id)[1].result["taken"] == 0


# HTTPS, against a local server with an authority of its own


@pytest.fixture
def web(tmp_path, monkeypatch):
    answers = {"/items.csv": (200, "\n".join(ITEMS).encode())}

    def answer(_method, path, _query, headers, _body):
        if path == "/secret.csv" and headers.get("Authorization") != "Bearer x":
            return 401, b""
        return answers.get(path, answers.get("/items.csv") if path == "/secret.csv" else (404, b""))

    made = Web(tmp_path, answer)
    made.answers = answers
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"{LOOPBACK}:{made.port}")
    yield made
    made.close()


def web_source(web, path="/items.csv", **more):
    given = {"name": "Web", "kind": "https", "told": {"url": web.url + path, "ca": web.authority}} | more
    return sources.add(SYSTEM, Given(**given))


def test_an_address_is_asked_and_its_file_taken_once(web):
    source_id = web_source(web, "/secret.csv", secret="Bearer x", mapping="canonical")
    assert look(source_id)[1].result["taken"] == 1
    found = web_source(web)
    assert look(found)[1].result["same"] == 1
    assert look(found)[1].result == {"taken": 0, "same": 0, "refused": 0}
    web.answers["/items.csv"] = (200, "\n".join([*ITEMS, "E1,C1,invoice,I-8,2026-03-01,,CNY,5.00,"]).encode())
    assert look(found)[1].result["taken"] == 1
    assert open_by_number()["I-8"] == 500


def test_an_address_that_fails_leaves_nothing_half(web):
    source_id = web_source(web, told={"url": web.url + "/items.csv"})  # the public authorities do not know it
    assert look(source_id)[1].problem["code"] == "outside"
    found = web_source(web)
    for answer, state in (
        ((500, b"x"), "waiting"),
        ((401, b""), "failed"),
        ((302, b"", {"Location": "https://127.0.0.1:1/x"}), "failed"),
    ):
        web.answers["/items.csv"] = answer
        assert look(found)[0] == state
    assert (imports(), SourceFile.objects.every_entity().count()) == (0, 0)


def test_a_source_reaches_its_own_host_only(web, monkeypatch):
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", "")
    state, job = look(web_source(web))
    assert (state, job.problem["code"], web.asked) == ("failed", "address_refused", [])


# S11 at these doors

PRIVATE_FORMS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "localhost", "LOCALHOST", "10.0.0.1", "172.16.0.1",  # noqa: S104
    "192.168.0.1", "169.254.169.254", "100.64.0.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fc00::1]", "[64:ff9b::7f00:1]",
)  # fmt: skip


@pytest.mark.promise("S11")
def test_no_source_reaches_what_is_not_public(monkeypatch, promise):
    import socket

    from seawall.services.source_opening import Settings, opened

    caught, tried = [], 0
    trap = socket.create_server((LOOPBACK, 0))
    trap.settimeout(0.05)
    port = trap.getsockname()[1]
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", "")
    dialled = []
    real = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: dialled.append(address) or real(self, address))
    for form in PRIVATE_FORMS:
        bare = form.strip("[]")
        told = {"url": f"https://{form}:{port}/items.csv", "database": "d", "user": "u", "company": "c", "entity": "E1"}
        server = {"host": bare, "port": str(port), "user": "u", "path": "/", "host_key": Files_key()}
        doors = (
            lambda told=told: opened(Settings("https", "ledger", told, "s", "x")).place.content(None),
            lambda told=told: connector("odoo", told), lambda told=told: connector("erpnext", told),
            lambda server=server: opened(Settings("sftp", "ledger", server, "s", "x")).place.listed(),
            lambda server=server: opened(Settings("sftp", "ledger", server, "s", "x")).sftp().key_shown(),
        )  # fmt: skip
        for door in doors:
            with pytest.raises((Refused, OutsideError, InputError)):
                door()
            tried += 1
    out = [address for address in dialled if isinstance(address, tuple) and address[1] == port]
    with contextlib.suppress(TimeoutError):
        caught.append(trap.accept())
    trap.close()
    assert (out, caught) == ([], [])
    promise(f"{tried} tries by folders' and systems' sources (HTTPS, SFTP, Odoo, ERPNext): connections 0")


def connector(kind, told):
    from seawall.services.source_opening import Settings, opened

    place = opened(Settings(kind, "ledger", told, "s", "x"))
    place.connector.probe(place.asked())


@pytest.mark.parametrize("kind", ["https", "sftp"])
def test_without_the_guard_the_trap_counts(monkeypatch, kind):
    import socket

    from seawall.services.source_opening import Settings, opened

    trap = socket.create_server((LOOPBACK, 0))
    port = trap.getsockname()[1]
    monkeypatch.setenv("SEAWALL_PRIVATE_HOSTS", f"{LOOPBACK}:{port}")
    came = []

    def listen():
        caller, _ = trap.accept()
        came.append(1)
        caller.close()

    thread = threading.Thread(target=listen)
    thread.start()
    told = {"url": f"https://{LOOPBACK}:{port}/x.csv", "host": LOOPBACK, "port": str(port), "user": "u", "path": "/",
            "host_key": Files_key()}  # fmt: skip
    place = opened(Settings(kind, "ledger", told, "s", "x")).place
    with pytest.raises(OutsideError):
        place.content(None) if kind == "https" else place.listed()
    thread.join(20)
    trap.close()
    assert came == [1]
