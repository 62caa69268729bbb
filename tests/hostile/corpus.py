"""Run a corpus of hostile files in a process of its own and bring back what came of each."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Content = bytes | Callable[[Path], object]


def taken(folder: Path, corpus: Mapping[str, tuple[str, Content]]) -> tuple[dict[str, dict], dict]:
    """By name: what came of the file; and the process's peak memory and connections."""
    for name, (file, content) in corpus.items():
        (folder / name).mkdir()
        path = folder / name / file
        if callable(content):
            content(path)
        else:
            path.write_bytes(content)
    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("taker.py"), folder], capture_output=True, text=True, check=False, timeout=600
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {line.pop("name"): line for line in lines[:-1]}, lines[-1]
