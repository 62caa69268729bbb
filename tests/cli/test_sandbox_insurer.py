"""The sandbox insurer as a program of its own: it answers over HTTPS, and refuses what it does not understand."""

import re
import ssl
import subprocess
import sys
import urllib.request

import pytest
from cli.commands import run


def test_it_runs_as_a_program_and_answers(tmp_path):
    command = [sys.executable, "-m", "seawall.cli.main", "sandbox-insurer", "--port", "0", "--folder", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--speed", "0", "--start", "2026-01-01"], stderr=subprocess.PIPE, text=True
    ) as made:
        try:
            url = re.search(r"https://\S+", made.stderr.readline())[0]
            context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
            asked = urllib.request.Request(f"{url}/admin/state", b"{}", {"Sandbox-Admin": "admin"})
            with urllib.request.urlopen(asked, context=context, timeout=10) as answer:
                assert b'"now": "2026-01-01T00:00:00+00:00"' in answer.read()
        finally:
            made.terminate()
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--start", "someday"], "not a moment"),
        (["--fault", "flood=1"], "no fault"),
        (["--fault", "malformed=x"], "malformed=x is no fault"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path, options, said):
    done = run("sandbox-insurer", "--port", "0", "--folder", str(tmp_path), *options)
    assert (done.code, said in done.err) == (2, True)
