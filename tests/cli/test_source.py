"""`seawall source`: added, tested, run and removed on a store of its own; its secret is never printed."""

import json
import os
import time

import pytest
from cli.stores import own_home, seawall

from seawall.store import embedded

ITEMS = "entity,customer_code,kind,number,issued_on,due_on,currency,amount\nE1,C1,invoice,I-1,2026-01-10,,CNY,{}\n"


def written(place, text):
    """A file that nobody has touched for a while, so that it is not waited for."""
    place.write_text(text)
    os.utime(place, (time.time() - 600,) * 2)


def test_a_folder_is_added_run_and_removed(tmp_path):
    with own_home(tmp_path) as home:
        assert seawall(home, "init").returncode == 0
        held = embedded.hold(home.cluster)  # a server that starts for each command takes most of the test's time
        (inbox := home.path / "intake").mkdir(exist_ok=True)
        written(inbox / "items.csv", ITEMS.format("10.00"))
        secret = tmp_path / "secret"
        secret.write_text("canary")
        add = ("source", "add", "Inbox", "--kind", "folder", "--set", f"folder={inbox}")
        made = seawall(home, *add, "--secret-file", secret)
        assert (made.returncode, made.stdout) == (0, "1\n"), made.stderr
        assert "items.csv" in seawall(home, "source", "test", 1).stdout
        changed = seawall(home, "source", "change", 1, "--every", 60, "--accept-rejects", "--no-apply-corrections")
        assert (changed.returncode, "is changed" in changed.stderr) == (0, True), changed.stderr
        now = json.loads(seawall(home, "source", "list", "--format", "json").stdout)["sources"][0]
        assert (now["every_minutes"], now["accept_rejects"], now["has_secret"]) == (60, True, True)
        assert seawall(home, "source", "change", 1, "--no-accept-rejects").returncode == 0
        with pytest.MonkeyPatch.context() as setting:
            setting.setenv("SEAWALL_TOKEN", "nobody")
            stranger = seawall(home, "source", "list")
        assert (stranger.returncode, "Inbox" in stranger.stdout) == (1, False), stranger.stderr
        ran = seawall(home, "source", "run", 1)
        assert (ran.returncode, "Taken as import" in ran.stderr) == (0, True), ran.stderr
        written(inbox / "items.csv", ITEMS.format("x"))
        assert seawall(home, "source", "run", 1).returncode == 3
        files = json.loads(seawall(home, "source", "files", 1, "--format", "json").stdout)["files"]
        assert [each["outcome"] for each in files] == ["refused", "taken"]
        assert seawall(home, "source", "remove", 1).returncode == 0
        listed = seawall(home, "source", "list", "--removed", "--format", "json").stdout
        assert [each["state"] for each in json.loads(listed)["sources"]] == ["removed"]
        assert "canary" not in listed
        assert seawall(home, "source", "add", "x", "--kind", "folder").returncode == 3
        held.release()


def test_a_figure_from_files_may_be_read_by_a_saved_mapping(tmp_path):
    (tmp_path / "list.csv").write_text("Kunde,Beleg,Datum,Betrag\nK1,RE-1,2026-01-31,12.50\n")
    (tmp_path / "ours.yaml").write_text(
        "title: Our list\nbasis: full_ledger\nitems:\n  customer_code: Kunde\n  number: Beleg\n  issued_on: Datum\n"
        "  currency: {constant: EUR}\n  kind: {constant: invoice}\n  amount: Betrag\n"
    )
    asked = ("ageing", tmp_path / "list.csv", "--mapping", "ours", "--as-of", "2026-03-31", "--format", "json")
    with own_home(tmp_path) as home:
        assert seawall(home, *asked).returncode == 3
        assert seawall(home, "init").returncode == 0
        assert seawall(home, *asked).returncode == 3
        saved = seawall(home, "mapping", "save", "ours", tmp_path / "ours.yaml")
        assert saved.returncode == 0, saved.stderr
        found = seawall(home, *asked)
        assert (found.returncode, "12.50" in found.stdout) == (0, True), found.stderr
