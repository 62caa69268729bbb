"""Bringing the data to a newer PostgreSQL: what is missing is said before anything is closed or touched."""

import pytest

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.store import dump, upgrade
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
