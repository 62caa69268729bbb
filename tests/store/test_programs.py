"""PostgreSQL's programs: found in the package, and copied where root's server user could not reach them."""

import os
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from seawall.engine.kernel.errors import OutsideError
from seawall.store import programs


def test_the_programs_are_of_the_major_version_we_bring():
    told = subprocess.run([programs.binaries() / "postgres", "--version"], capture_output=True, text=True)
    assert f"(PostgreSQL) {programs.MAJOR}." in told.stdout


def test_a_closed_folder_above_is_seen(tmp_path):
    inside = tmp_path / "closed" / "inside"
    inside.mkdir(parents=True)
    inside.parent.chmod(0o700)
    assert not programs.is_open_to_others(inside)
    assert programs.is_open_to_others(programs.SYSTEM_FOLDER.parent)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_programs_out_of_reach_are_copied_and_run_for_anybody():
    shipped = programs.binaries().parent if "site-packages" in str(programs.binaries()) else None
    if shipped is None:
        pytest.skip("they are copied already")
    copied = programs._copied(shipped)
    assert programs.is_open_to_others(copied / "bin" / "postgres")
    for program in ("postgres", "initdb", "pg_dump"):
        told = subprocess.run(
            [copied / "bin" / program, "--version"], capture_output=True, text=True, user="nobody", env={}, cwd="/"
        )
        assert told.returncode == 0, told.stderr
    open_to_writing = [
        path for path in copied.rglob("*") if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH
    ]
    assert open_to_writing == []
    assert programs._copied(shipped) == copied


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users")
def test_the_servers_user_can_do_nothing_else():
    account = programs.system_account()
    assert account.pw_uid not in (0, os.geteuid())
    assert "nologin" in account.pw_shell or "false" in account.pw_shell


def test_the_first_two_commands_on_a_machine_make_one_user(monkeypatch, tmp_path):
    """Two that looked at once would both find none, and each make one with a number of its own."""
    made = []

    def add_user(_command, **_options):
        time.sleep(0.05)
        made.append(SimpleNamespace(pw_uid=990 + len(made)))

    monkeypatch.setattr(programs, "SYSTEM_FOLDER", tmp_path / "machine")
    monkeypatch.setattr(programs, "_account", lambda: made[-1] if made else None)
    monkeypatch.setattr(programs.subprocess, "run", add_user)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(programs.system_account) for _ in range(4)]
        assert {one.result().pw_uid for one in asked} == {990}
    assert len(made) == 1


def test_a_program_that_fails_says_why():
    with pytest.raises(OutsideError, match="/nowhere"):
        programs.run_as_server([str(programs.binaries() / "initdb"), "--pgdata=/nowhere/at/all"])
