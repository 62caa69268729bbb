"""The private PostgreSQL: nobody else gets in, nothing stays behind, and a crash is survived."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.store import embedded, programs
from seawall.store.home import Home, socket_folder

pytestmark = pytest.mark.skipif(
    sys.platform not in ("linux", "darwin"), reason="the private PostgreSQL runs on Linux and macOS"
)
AS_ROOT = os.geteuid() == 0
LONG_WAIT = 60


@pytest.fixture
def store(tmp_path):
    """A home in a closed folder, removed with its cluster afterwards."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = Home(closed / "home", environ={})
    home.write_record("store")
    yield home
    wait_until(lambda: not embedded.is_running(home.cluster))
    shutil.rmtree(home.cluster, ignore_errors=True)


def wait_until(condition, seconds=LONG_WAIT):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def server_processes(home):
    """Processes that work in the cluster's data folder; zombies have none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == home.cluster / "data":
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def ask(connection, question):
    with psycopg.connect(connection.conninfo) as made:
        return made.execute(question).fetchone()[0]


def other_process(home, code):
    """A second user of the same store; it says when it holds the server."""
    script = f"""
        import sys, time
        from pathlib import Path
        from seawall.store import embedded, programs
        from seawall.store.home import Home
        home = Home(Path({str(home.path)!r}), environ={{}})
        lease = embedded.hold(home.cluster)
        print("held", flush=True)
        {code}
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def finish(process):
    process.stdin.close()
    process.stdout.close()
    process.wait()


def test_the_product_is_no_superuser_and_checksums_are_on(store):
    lease = embedded.hold(store.cluster)
    database = store.database()
    assert (
        ask(database.app, "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = user") is False
    )
    assert ask(database.app, "SHOW data_checksums") == "on"
    assert ask(database.app, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
    assert ask(database.app, "SHOW listen_addresses") == ""
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(database.app.conninfo) as made:
        made.execute("CREATE TABLE mine ()")
    lease.release()


def test_the_product_reads_and_writes_what_the_owner_made_but_cannot_empty_it(store):
    lease = embedded.hold(store.cluster)
    database = store.database()
    with psycopg.connect(database.owner.conninfo) as made:
        made.execute("CREATE TABLE fact (n int)")
    with psycopg.connect(database.app.conninfo) as made:
        made.execute("INSERT INTO fact VALUES (1)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            made.execute("TRUNCATE fact")
    lease.release()


def test_nothing_stays_running(store):
    lease = embedded.hold(store.cluster)
    assert server_processes(store)
    lease.release()
    wait_until(lambda: not embedded.is_running(store.cluster))
    assert not server_processes(store)


def test_a_server_that_its_last_user_has_just_left_is_waited_for_instead_of_called_used(store):
    other, lease = other_process(store, "sys.stdin.read()"), embedded.hold(store.cluster)
    lease.release()
    assert embedded.is_used(store.cluster)
    finish(other)
    assert not embedded.is_used(store.cluster)
    assert not server_processes(store)


def test_the_folders_above_keep_their_permissions(store):
    before = [stat.S_IMODE(folder.stat().st_mode) for folder in store.path.parents]
    embedded.hold(store.cluster).release()
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in store.path.parents] == before
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700


def test_the_socket_and_the_data_are_closed_to_others(store):
    lease = embedded.hold(store.cluster)
    assert stat.S_IMODE((store.cluster / "data").stat().st_mode) == 0o700
    folder = socket_folder(store.cluster)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= 107
    lease.release()


def test_the_map_knows_only_the_caller(store):
    lease = embedded.hold(store.cluster)
    caller = pwd.getpwuid(os.geteuid()).pw_name
    known = ask(lease.connection, "SELECT array_agg(DISTINCT sys_name) FROM pg_ident_file_mappings")
    rules = ask(lease.connection, "SELECT array_agg(DISTINCT type || ' ' || auth_method) FROM pg_hba_file_rules")
    assert (known, rules) == ([caller], ["local peer"])
    lease.release()


@pytest.mark.skipif(not AS_ROOT, reason="only root can act as another user")
@pytest.mark.parametrize("opened", [False, True], ids=["as it is", "even with the folder opened"])
def test_another_user_of_the_machine_is_refused(store, opened):
    lease = embedded.hold(store.cluster)
    folder = socket_folder(store.cluster)
    if opened:
        folder.chmod(0o755)
        (folder / ".s.PGSQL.5432").chmod(0o777)
    psql = programs.binaries() / "psql"
    for role in ("seawall_app", "seawall_owner", "postgres"):
        tried = subprocess.run(
            [str(psql), "-h", str(folder), "-p", "5432", "-U", role, "-d", "seawall", "-c", "SELECT 1"],
            user="nobody",
            capture_output=True,
            text=True,
            cwd="/",
            env={},
        )
        assert tried.returncode == 2
        assert ("Peer authentication failed" if opened else "Permission denied") in tried.stderr
    lease.release()


def test_a_second_process_shares_the_server_and_outlives_the_first(store):
    first = other_process(store, "sys.stdin.read()")
    lease = embedded.hold(store.cluster)
    assert lease.keeper is None
    with psycopg.connect(store.database().app.conninfo) as made:
        first.kill()
        finish(first)
        time.sleep(0.5)
        assert made.execute("SELECT 1").fetchone() == (1,)
    lease.release()


def test_many_start_it_at_once_and_one_server_serves_them(store):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(f"""
                from pathlib import Path
                import psycopg, time
                from seawall.store import embedded, programs
                from seawall.store.home import Home
                home = Home(Path({str(store.path)!r}), environ={{}})
                embedded.hold(home.cluster)
                time.sleep(0.3)
                with psycopg.connect(home.database().app.conninfo) as made:
                    print(made.execute("SELECT pg_postmaster_start_time()::text").fetchone()[0])
            """)], stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    answers = [process.communicate()[0] for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert all(answers)


def test_a_killed_owner_leaves_nothing_and_the_next_start_finds_its_data(store):
    owner = other_process(store, "sys.stdin.read()")
    with psycopg.connect(store.database().owner.conninfo) as made:
        made.execute("CREATE TABLE kept AS SELECT 42 AS n")
    owner.kill()
    finish(owner)
    wait_until(lambda: not embedded.is_running(store.cluster))
    assert not server_processes(store)
    lease = embedded.hold(store.cluster)
    assert ask(store.database().owner, "SELECT n FROM kept") == 42
    lease.release()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_killed_keeper_takes_the_server_with_it_and_the_next_start_copes(store):
    lease = embedded.hold(store.cluster)
    lease.keeper.kill()
    lease.keeper.wait()
    second = embedded.hold(store.cluster)
    assert ask(store.database().app, "SELECT 1") == 1
    second.release()
    lease.release()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_everything_killed_at_once_is_recovered_from(store):
    lease = embedded.hold(store.cluster)
    with psycopg.connect(store.database().owner.conninfo) as made:
        made.execute("CREATE TABLE kept AS SELECT 42 AS n")
    kill_all(lease, store)
    again = embedded.hold(store.cluster)
    assert ask(store.database().owner, "SELECT n FROM kept") == 42
    again.release()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_lock_file_whose_number_another_program_has_now_does_not_matter(store):
    embedded.hold(store.cluster).release()
    wait_until(lambda: not embedded.is_running(store.cluster))
    stranger = subprocess.Popen(["sleep", "60"], **({"user": programs.SYSTEM_ACCOUNT} if AS_ROOT else {}))
    (store.cluster / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n{store.cluster / 'data'}\n")
    lease = embedded.hold(store.cluster)
    assert ask(store.database().app, "SELECT 1") == 1
    assert stranger.poll() is None
    lease.release()
    stranger.kill()
    stranger.wait()


def test_a_server_that_hangs_does_not_hang_who_asks(store):
    lease = embedded.hold(store.cluster)
    server = int((store.cluster / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(server, signal.SIGSTOP)
    embedded._wait_until_ready(store.cluster, lease.connection, lambda *_: os.kill(server, signal.SIGCONT))
    lease.release()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_recovery_longer_than_ten_seconds_is_waited_for(store):
    lease = embedded.hold(store.cluster)
    with psycopg.connect(store.database().owner.conninfo) as made:
        made.execute("CREATE TABLE kept AS SELECT generate_series(1, 2000) AS n")
    kill_all(lease, store)
    signalled = store.cluster / "data" / "recovery.signal"  # makes the server ask an archive, which is slow, and empty
    signalled.touch()
    shutil.chown(signalled, *programs.server_ids())
    seconds = []
    archive = {"restore_command": "mkdir asked && sleep 11; false", "hot_standby": "off"}
    again = embedded.hold(store.cluster, progress=lambda since, _line: seconds.append(since), settings=archive)
    assert seconds[-1] > 10
    assert ask(store.database().owner, "SELECT count(*) FROM kept") == 2000
    again.release()


def kill_all(lease, home):
    """Kill the server with all its processes, and its keeper, which must not start it again."""
    lease.keeper.send_signal(signal.SIGSTOP)
    for pid in server_processes(home):
        with contextlib.suppress(ProcessLookupError):  # it ended with its server
            os.kill(pid, signal.SIGKILL)
    lease.keeper.kill()
    lease.keeper.wait()
    lease.release()


@pytest.mark.parametrize("major", ["17", "19"])
def test_data_of_another_major_version_is_refused_and_left_alone(store, major):
    embedded.hold(store.cluster).release()
    wait_until(lambda: not embedded.is_running(store.cluster))
    (store.cluster / "data" / "PG_VERSION").write_text(f"{major}\n")
    with pytest.raises(Refused, match=f"PostgreSQL {major}") as refused:
        embedded.hold(store.cluster)
    assert {"17": "seawall store upgrade", "19": "the version of Seawall that made"}[major] in refused.value.hint


def test_a_server_that_cannot_start_says_why(store):
    with pytest.raises(OutsideError, match="shared_buffers"):
        embedded.hold(store.cluster, settings={"shared_buffers": "nonsense"})


def test_a_half_made_cluster_is_made_anew(store):
    embedded._make_folders(store.cluster)
    (store.cluster / "data.new").mkdir()
    (store.cluster / "data.new" / "rest").touch()
    lease = embedded.hold(store.cluster)
    assert ask(store.database().app, "SELECT 1") == 1
    lease.release()


def test_a_socket_folder_that_somebody_else_made_is_not_used(store):
    embedded._make_folders(store.cluster)
    folder = socket_folder(store.cluster)
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with pytest.raises(OutsideError, match="not ours alone"):
        embedded.hold(store.cluster)
    folder.rmdir()
