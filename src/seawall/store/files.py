"""Original files, kept in the home under the hash of their bytes: what was imported can be shown and read again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from seawall.engine.kernel.errors import InputError
from seawall.store.home import home, make_home_folder

CHUNK = 1 << 22


def keep(source: Path, sha256: str) -> None:
    """Copy a file's bytes into the home; safe on disk when this returns. A file that is there is left.

    Raises:
        InputError: the file is no longer the one with this hash.
    """
    target = place(sha256)
    if target.exists():
        return
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix="draft-", delete=False) as draft:
        with source.open("rb") as original:
            while chunk := original.read(CHUNK):
                digest.update(chunk)
                draft.write(chunk)
        draft.flush()
        os.fsync(draft.fileno())
    if digest.hexdigest() != sha256:
        Path(draft.name).unlink()
        raise InputError("{file} was changed while it was read.", hint="Import it again.", file=source.name)
    Path(draft.name).replace(target)
    _sync(target.parent)


def place(sha256: str) -> Path:
    """Where a file of this hash lies."""
    where = home()
    make_home_folder(where.path)
    return where.folder("files") / sha256


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    os.fsync(number)
    os.close(number)
