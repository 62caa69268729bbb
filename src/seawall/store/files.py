"""Original files, kept in the home under the hash of their bytes: what was imported can be shown and read again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from seawall.engine.kernel.errors import Broken
from seawall.store.home import home, make_home_folder


def keep(content: bytes, sha256: str) -> None:
    """Write a file's bytes into the home; safe on disk when this returns. A file that is there is left."""
    target = place(sha256)
    if target.exists():
        return
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix="draft-", delete=False) as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(target)
    _sync(target.parent)


def read(sha256: str) -> bytes:
    """The bytes of a kept file; ask :func:`is_whole` first."""
    return place(sha256).read_bytes()


def content(sha256: str) -> bytes:
    """The bytes of a kept file.

    Raises:
        Broken: it is not there, or its bytes are not those of its hash.
    """
    try:
        found = place(sha256).read_bytes()
    except FileNotFoundError:
        found = b""
    if hashlib.sha256(found).hexdigest() != sha256:
        raise Broken("The kept file {sha256} is lost or was changed.", sha256=sha256[:12])
    return found


def is_whole(sha256: str) -> bool:
    """Whether the file is there and still holds the bytes of its hash."""
    try:
        with place(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def place(sha256: str) -> Path:
    """Where a file of this hash lies."""
    where = home()
    make_home_folder(where.path)
    return where.folder("files") / sha256


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    os.fsync(number)
    os.close(number)
