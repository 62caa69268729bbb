"""``seawall doctor``: finds what is there, names what is missing with the fix, and breaks on nothing."""

import datetime as dt
import json
import subprocess
import sys

import pytest
from cli.stores import environ

from seawall.cli import doctor
from seawall.engine.kernel.errors import OutsideError
from seawall.store.home import Home


def run(path, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "seawall.cli.main", "doctor", *arguments],
        capture_output=True, text=True, env=environ(Home(path, environ={})) | more,
    )  # fmt: skip


def found(check):
    return list(doctor.examine((check,)))


def test_every_finding_is_named_and_a_fix_stands_beside_what_is_not_well(tmp_path):
    answer = json.loads(run(tmp_path, "--format", "json").stdout)
    checks = [finding["check"] for finding in answer["findings"]]
    assert {"version", "clock", "locale", "fonts", "rates", "assets", "disk", "store", "database"} <= set(checks)
    assert all(finding["fix"] for finding in answer["findings"] if finding["state"] != "ok")
    assert answer["ok"] is all(finding["state"] != "missing" for finding in answer["findings"])


def test_no_store_yet_is_said_with_the_next_step(tmp_path):
    told = run(tmp_path / "none")
    assert "seawall init" in told.stdout
    assert not (tmp_path / "none").exists()


def test_a_server_that_does_not_answer_is_a_finding_and_not_a_crash(tmp_path):
    told = run(tmp_path, DATABASE_URL="postgresql:///none?host=/nowhere")
    assert told.returncode == 1
    assert "The database does not answer" in told.stdout


def test_a_clock_before_the_program_was_written_is_wrong(monkeypatch):
    monkeypatch.setattr(doctor, "RELEASED", dt.datetime(2999, 1, 1, tzinfo=dt.UTC))
    assert [finding.state for finding in found(doctor.clock)] == ["missing"]


def test_what_is_not_installed_is_missing_with_the_command_that_brings_it(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "PACKAGE", tmp_path)
    for check in (doctor.locale, doctor.assets):
        (finding,) = found(check)
        assert finding.state == "missing"
        assert "make install" in finding.fix


def test_a_full_disk_is_warned_of(monkeypatch):
    monkeypatch.setattr(doctor, "DISK_WANTED_BYTES", 2**62)
    assert [finding.state for finding in found(doctor.disk)] == ["warning"]


def test_a_check_that_fails_becomes_a_finding():
    def check():
        raise OutsideError("No {thing} here.", hint="Get a {thing}.", thing="server")
        yield

    assert [finding.as_json()["found"] for finding in found(check)] == ["No server here."]


@pytest.mark.parametrize("form", ["yaml", "table"])
def test_an_unknown_format_is_a_wrong_call(tmp_path, form):
    assert run(tmp_path, "--format", form).returncode == 2
