"""Bringing the data to a newer PostgreSQL: what is missing is said before anything is closed or touched."""

import subprocess

import pytest

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.store import dump, programs, upgrade
from seawall.store.home import Home


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A home whose data folder says another major version."""
    monkeypatch.setattr(Home, "cluster", tmp_path / "cluster")
    made = Home(tmp_path / "home", environ={})
    made.write_record("store")
    (made.cluster / "data").mkdir(parents=True)

    def of(major):
        (made.cluster / "data" / "PG_VERSION").write_text(f"{major}\n")
        return made

    return of


def test_without_the_old_programs_the_store_stays_open(place, tmp_path, monkeypatch):
    monkeypatch.setattr(dump, "DEBIAN", str(tmp_path / "nowhere"))
    home = place(15)
    with pytest.raises(OutsideError, match="PostgreSQL 15") as refused:
        upgrade.upgrade(home)
    assert "postgresql-15" in refused.value.hint
    assert home.unfinished is None
    assert (home.cluster / "data" / "PG_VERSION").exists()


def test_data_of_a_newer_version_are_left_alone(place):
    home = place(99)
    with pytest.raises(Refused, match="newer"):
        upgrade.upgrade(home)
    assert home.unfinished is None


@pytest.mark.parametrize(("debian", "taken"), [("18.8", "18.8"), ("18.1", "18.4"), (None, "18.4")])
def test_the_newest_program_of_a_server_s_version_dumps_it(tmp_path, monkeypatch, debian, taken):
    def put(folder, version):
        folder.mkdir(parents=True)
        program = folder / "pg_dump"
        program.write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}"\n')
        program.chmod(0o755)

    put(tmp_path / "own", "18.4")
    if debian:
        put(tmp_path / "18" / "bin", debian)
    monkeypatch.setattr(dump, "DEBIAN", str(tmp_path))
    monkeypatch.setattr(programs, "binaries", lambda: tmp_path / "own")
    found = dump.program("pg_dump", 18)
    assert subprocess.run([found], capture_output=True, text=True, check=True).stdout.split()[-1] == taken
