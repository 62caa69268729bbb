"""``seawall worker``: does what waits in the background - runs, imports, mail, what is due every night."""

from __future__ import annotations

import contextlib
import os
import runpy
import subprocess
import sys
from typing import TYPE_CHECKING

import typer

from seawall.cli.options import language, say

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer()

MODULE = "seawall.worker"
"""Run by name, as the pages' server runs theirs: the doors know nothing of one another."""


@app.command()
def worker() -> None:
    """Do the store's background work until interrupted; `seawall serve` starts one beside the pages."""
    from seawall.cli.acting import opened_by_owner

    opened_by_owner()
    if not os.environ.get("SEAWALL_BESIDE"):
        say(language().say("Working - stop with Ctrl-C."))
    runpy.run_module(MODULE, run_name="__main__")


@contextlib.contextmanager
def beside() -> Iterator[None]:
    """A worker of this store that lives as long as this process, however it ends."""
    command = [sys.executable, "-m", "seawall.cli.main", "worker"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**os.environ, "SEAWALL_BESIDE": "1"}
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()
