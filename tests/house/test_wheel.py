"""The wheel carries all it needs: it runs without Node, without a checkout, and without this repository."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel alone in a folder, with the environment's other packages behind it and no programs on the path."""
    site = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    home = tmp_path_factory.mktemp("home") / "none"
    return kept | {"PYTHONPATH": str(site), "PATH": "/nowhere", "SEAWALL_HOME": str(home), "LANG": "C.UTF-8"}


def seawall(environ, *arguments):
    return subprocess.run(
        [sys.executable, "-P", "-m", "seawall.cli.main", *arguments],
        capture_output=True, text=True, env=environ, cwd="/",
    )  # fmt: skip


def test_the_wheel_carries_assets_catalogue_policies_and_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "seawall/web/static/vendor/tabler.min.css",
        "seawall/web/static/vendor/echarts.min.js",
        "seawall/web/static/vendor/LICENSES.txt",
        "seawall/locale/zh_Hans/LC_MESSAGES/django.mo",
        "seawall/store/keeper.py",
        "seawall/py.typed",
    ):
        assert wanted in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    in_source = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src/seawall/policies").rglob("*.yaml")}
    assert in_source <= set(names)


def test_the_wheel_carries_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"seawall"}
    assert not [name for name in names if name.endswith((".pyc", ".map"))]


def test_it_runs_from_the_wheel_alone(installed):
    told = seawall(installed, "--version")
    assert (told.returncode, told.stdout.split()[0]) == (0, "seawall")
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import seawall; print(seawall.__file__)"],
        capture_output=True, text=True, env=installed, cwd="/",
    ).stdout  # fmt: skip
    assert where.startswith(installed["PYTHONPATH"])


def test_its_doctor_finds_what_it_brought(installed):
    findings = json.loads(seawall(installed, "doctor", "--format", "json").stdout)["findings"]
    states = {finding["check"]: finding["state"] for finding in findings}
    assert {states[check] for check in ("locale", "fonts", "assets", "database")} == {"ok"}


def test_the_vendored_files_ask_for_no_map_and_no_other_host():
    vendor = ROOT / "src/seawall/web/static/vendor"
    for file in (*vendor.glob("*.js"), *vendor.glob("*.css")):
        assert b"sourceMappingURL=" not in file.read_bytes()[-200:]
    assert b"@import" not in (vendor / "tabler.min.css").read_bytes()
