"""S22: what `make a store and serve it` gives is safe without a further thought."""

import json
import os
import re
import subprocess
import sys

import pytest
from cli.stores import environ, own_home, seawall

from seawall.cli import doctor

OF_THE_MACHINE = {"remains", "disk", "rates"}
"""Findings about what else lies on this machine, its disk, and how old the package is."""


def checked(home, **more):
    """Django's own list of what is unsafe to deploy."""
    plain = environ(home) | {"DJANGO_SETTINGS_MODULE": "seawall.site.settings"} | more
    plain.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # this suite's own
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        capture_output=True, text=True, env=plain,
    )  # fmt: skip


@pytest.mark.promise("S22")
def test_a_fresh_store_by_the_guide_has_no_findings(tmp_path, promise, monkeypatch):
    monkeypatch.setenv("SEAWALL_ANCHOR_FILE", str(tmp_path / "elsewhere" / "heads"))  # the guide's one setting
    with own_home(tmp_path) as home:
        first, second = seawall(home, "init", "--name", "A"), seawall(home, "init", "--name", "A")
        passwords = re.findall(r"one-time password (\S+)", first.stderr + second.stderr)
        assert len(passwords) == 1
        assert len(passwords[0]) >= 16
        told = json.loads(seawall(home, "doctor", "--format", "json").stdout)
        found = [each for each in told["findings"] if each["check"] not in OF_THE_MACHINE and each["state"] != "ok"]
        assert found == []
        secrets = [home.path / "secret_key", home.path / "seal_key"]
        assert [oct(path.stat().st_mode & 0o777) for path in secrets] == ["0o600", "0o600"]
        assert oct(home.path.stat().st_mode & 0o777) == "0o700"
        deploy = checked(home, SEAWALL_TLS="1", SEAWALL_HOSTS="seawall.example")
        assert deploy.returncode == 0, deploy.stderr
        assert "no issues" in deploy.stdout
        promise("fresh store: findings 0; check --deploy warnings 0; default passwords 0")


def test_the_deploy_check_has_teeth(tmp_path):
    with own_home(tmp_path) as home:
        assert checked(home, SEAWALL_DEBUG="1").returncode != 0


@pytest.mark.parametrize(
    ("environ", "state"),
    [
        ({}, "ok"), ({"SEAWALL_DEBUG": "1"}, "missing"), ({"SEAWALL_HOSTS": "*"}, "missing"),
        ({"SEAWALL_HOSTS": "seawall.example"}, "warning"),
        ({"SEAWALL_HOSTS": "seawall.example", "SEAWALL_TLS": "1"}, "ok"),
        ({"SEAWALL_HOSTS": "localhost, 127.0.0.1"}, "ok"),
    ],
)  # fmt: skip
def test_the_doctor_sees_what_is_exposed(monkeypatch, environ, state):
    for name in ("SEAWALL_DEBUG", "SEAWALL_HOSTS", "SEAWALL_TLS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert [finding.state for finding in doctor.examine((doctor.exposure,))] == [state]
    assert os.environ.get("SEAWALL_DEBUG", "") == environ.get("SEAWALL_DEBUG", "")
