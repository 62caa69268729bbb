"""What must be on disk before it counts, and a lock between processes that a file is for."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seawall.engine.kernel.errors import Conflict


def sync(path: Path) -> None:
    """Bring a file or folder to disk."""
    number = os.open(path, os.O_RDONLY)
    os.fsync(number)
    os.close(number)


@contextmanager
def alone(path: Path, taken: Conflict) -> Iterator[None]:
    """Hold the file's lock, which ends with the process at the latest.

    Raises:
        Conflict: ``taken``, where another holds it.
    """
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        yield
