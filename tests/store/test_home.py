"""The home folder: where it is, what it says of itself, and how it names its database."""

import os
import stat
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from seawall.engine.kernel.errors import InputError, Refused
from seawall.store import points
from seawall.store.home import SOCKET_FOLDER_LIMIT, Home, demo_home, home, socket_folder


def test_the_environment_names_the_home(tmp_path):
    assert home({"SEAWALL_HOME": str(tmp_path)}).path == tmp_path
    assert demo_home({"SEAWALL_HOME": str(tmp_path)}).path == tmp_path


def test_the_demo_has_a_home_of_its_own():
    assert demo_home({}).path == home({}).path.with_name("seawall-demo")


def test_no_command_works_where_no_store_was_made(tmp_path):
    with pytest.raises(Refused, match="There is no store") as refused:
        Home(tmp_path, environ={}).require()
    assert "seawall init" in refused.value.hint


def test_the_record_is_kept_and_closed(tmp_path):
    place = Home(tmp_path / "deep" / "home", environ={})
    place.write_record("demo")
    assert place.require().is_demo
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.folder("snapshots").stat().st_mode) == 0o700


def test_what_a_kill_left_half_said_is_taken_by_the_next(tmp_path, monkeypatch):
    place = Home(tmp_path / "home", environ={})
    with monkeypatch.context() as patch:
        patch.setattr(points, "hook", lambda _point: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            place.write_record("demo")
    assert place.record is None
    assert [each.name for each in place.path.iterdir() if each.suffix == ".new"] == ["seawall.json.new"]
    place.write_record("store")
    assert place.record == {"kind": "store"}
    assert [each.name for each in place.path.iterdir() if each.suffix == ".new"] == []


def test_a_moved_home_still_finds_its_cluster(tmp_path):
    place = Home(tmp_path / "a", environ={})
    place.write_record("store")
    before = place.cluster
    (tmp_path / "a").rename(tmp_path / "b")
    moved = Home(tmp_path / "b", environ={})
    assert moved.cluster == (before if os.geteuid() == 0 else tmp_path / "b" / "cluster")


def test_a_home_made_anew_does_not_find_what_the_old_one_left(tmp_path):
    first = Home(tmp_path, environ={})
    first.claim()
    before = first.cluster
    for file in tmp_path.iterdir():
        file.unlink()
    first.claim()
    assert first.cluster != before or os.geteuid() != 0


def test_a_server_is_used_as_its_address_says(tmp_path):
    url = "postgresql://us%40er:p%2Fw@db.example:6432/ledger?sslmode=require"
    database = Home(tmp_path, environ={"DATABASE_URL": url}).require().database()
    assert database.kind == "server"
    assert database.app == database.owner
    assert database.app.django()["NAME"] == "ledger"
    assert database.app.django()["OPTIONS"] == {"sslmode": "require"}
    assert conninfo_to_dict(database.app.uri) == conninfo_to_dict(url) == conninfo_to_dict(database.app.conninfo)


@pytest.mark.parametrize("url", ["mysql://host/db", "postgresql://host", "ledger", "postgresql://[bad/db"])
def test_an_address_that_is_none_is_refused(tmp_path, url):
    with pytest.raises(InputError, match="DATABASE_URL"):
        Home(tmp_path, environ={"DATABASE_URL": url}).database()


def test_the_private_database_has_two_roles_on_one_socket(tmp_path):
    database = Home(tmp_path, environ={}).database()
    assert database.kind == "embedded"
    assert (database.app.params["user"], database.owner.params["user"]) == ("seawall_app", "seawall_owner")
    assert database.app.params["host"] == database.owner.params["host"]
    assert database.django()["default"]["HOST"] == database.app.params["host"]


def test_socket_folders_stay_short_however_deep_the_home():
    deep = Path("/somewhere") / ("deep/" * 40) / "cluster"
    assert len(os.fsencode(socket_folder(deep))) <= SOCKET_FOLDER_LIMIT
