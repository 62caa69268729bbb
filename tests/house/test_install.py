"""``make install`` on a machine that lacks something: the exact line to type, and nothing half done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("sh", "dirname", "cat", "cksum", "rm")


@pytest.fixture
def checkout(tmp_path):
    for name in ("requirements.lock", "pyproject.toml", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "install", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for name in NEEDED:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return tmp_path


def install(checkout):
    return subprocess.run(
        ["/bin/sh", "scripts/install"], cwd=checkout, capture_output=True, text=True,
        env={"PATH": str(checkout / "bin"), "HOME": os.environ.get("HOME", "/")},
    )  # fmt: skip


def stand_in(checkout, refused):
    """A Python that lacks a module."""
    python = checkout / "bin" / "python3"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{refused}*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)


def test_without_python_it_says_what_to_install(checkout):
    told = install(checkout)
    assert told.returncode != 0
    assert "apt-get install -y python3 python3-venv" in told.stderr


def test_a_python_too_old_is_no_python(checkout):
    stand_in(checkout, "version_info")
    assert "Python 3.11 or newer" in install(checkout).stderr


def test_without_ensurepip_it_says_what_to_install(checkout):
    stand_in(checkout, "ensurepip")
    told = install(checkout)
    assert told.returncode != 0
    assert "apt-get install -y python3" in told.stderr
    assert "-venv" in told.stderr


def test_what_is_missing_leaves_nothing_half_done(checkout):
    stand_in(checkout, "ensurepip")
    install(checkout)
    assert not (checkout / ".venv").exists()
