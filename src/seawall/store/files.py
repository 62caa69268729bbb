"""Original files, kept sealed in the home under the hash of their bytes: what was imported can be shown and read again.

What a file says of persons is left out of what is kept: addresses live in contacts, sealed under a key of each
person's own. Such a file has a row that says the hash of what was kept, so that it can still be verified.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Final

import polars as pl
from django.db import transaction

from seawall.engine.kernel.errors import Broken, Refused
from seawall.store import disk, drafts, locks, seal
from seawall.store.home import home, make_home_folder
from seawall.store.models import KeptFile

ADDRESS: Final = re.compile(rb"[^\s,;|<>\"'()\[\]\x00]+@[^\s,;|<>\"'()\[\]\x00]+")
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"


def keep(content: bytes, sha256: str, *, names_persons: bool = False) -> None:
    """Keep a file's bytes sealed in the home, without addresses where it ``names_persons``; on disk when this returns.

    A file that is there is left; one that was kept whole and is now known to name persons goes with the commit that
    says so, and not before.
    """
    if names_persons and _keep_less(content, sha256):
        return
    if not place(sha256).exists() and not KeptFile.objects.filter(sha256=sha256).exists():
        _write(place(sha256), content, sha256)


def _keep_less(content: bytes, sha256: str) -> bool:
    """Keep a file without its addresses; False where it has none."""
    kept = without_addresses(content)
    digest = hashlib.sha256(kept).hexdigest()
    if digest == sha256:
        return False
    if not KeptFile.objects.filter(sha256=sha256).exists():
        _write(_place_of_less(sha256), kept, sha256)
        KeptFile.objects.create(sha256=sha256, kept_sha256=digest)
    transaction.on_commit(lambda: place(sha256).unlink(missing_ok=True))
    return True


def read(sha256: str) -> bytes:
    """What is kept of a file.

    Raises:
        FileNotFoundError: nothing is.
        Broken: it was changed.
    """
    is_less = KeptFile.objects.filter(sha256=sha256).exists()
    kept = (_place_of_less(sha256) if is_less else place(sha256)).read_bytes()
    if kept.startswith(seal.MAGIC):
        return b"".join(seal.unseal_parts([kept], purpose=_purpose(sha256)))
    return kept


def content(sha256: str) -> bytes:
    """What is kept of a file, held against its hash.

    Raises:
        Broken: it is not there, or was changed.
    """
    if not is_whole(sha256):
        raise Broken("The kept file {sha256} is lost or was changed.", sha256=sha256[:12])
    return read(sha256)


def is_whole(sha256: str) -> bool:
    """Whether the file is there and still holds the bytes that were kept."""
    try:
        found = hashlib.sha256(read(sha256)).hexdigest()
    except (FileNotFoundError, Broken, Refused):
        return False
    return found == sha256 or KeptFile.objects.filter(sha256=sha256, kept_sha256=found).exists()


def place(sha256: str) -> Path:
    """Where a file of this hash lies, sealed."""
    where = home()
    make_home_folder(where.path)
    return where.folder("files") / sha256


def seal_existing(hashes_of_persons: frozenset[str]) -> int:
    """Seal the files that an earlier version kept open; how many. ``hashes_of_persons``: those with addresses."""
    count = 0
    for path in sorted(place("x").parent.iterdir()):
        content = path.read_bytes()
        if content.startswith(seal.MAGIC) or hashlib.sha256(content).hexdigest() != path.name:
            continue
        if path.name not in hashes_of_persons or not _keep_less(content, path.name):
            _write(path, content, path.name)
        count += 1
    return count


def sealed_before(keys: seal.Ring) -> list[Path]:
    """Kept files that another key than the first sealed."""
    return [path for path in sorted(place("x").parent.iterdir()) if _is_sealed_before(path, keys)]


def seal_anew(path: Path) -> None:
    """Seal one kept file with the key that seals today; its old bytes are there until the new ones are on disk."""
    sha256 = path.name.removesuffix(".kept")
    whole = b"".join(seal.unseal_parts([path.read_bytes()], purpose=_purpose(sha256)))
    _write(path, whole, sha256)


def _is_sealed_before(path: Path, keys: seal.Ring) -> bool:
    if path.name.startswith(drafts.PREFIX):
        return False
    with path.open("rb") as file:
        head = file.read(seal.HEADER_BYTES)
    return head.startswith(seal.MAGIC) and not seal.is_current(head, keys)


def without_addresses(content: bytes) -> bytes:
    """A file with every mail address left out: text as it stands, packed text unpacked, workbooks and Parquet anew."""
    if content.startswith(GZIP):
        return ADDRESS.sub(b"", zlib.decompress(content, wbits=47))
    if content.startswith(ZIP):
        return _workbook(content)
    if content.startswith(PARQUET):
        return _parquet(content)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ADDRESS.sub(b"", content.decode("utf-16").encode())
    return ADDRESS.sub(b"", content)


def _place_of_less(sha256: str) -> Path:
    return place(sha256).with_suffix(".kept")


def _workbook(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            after.writestr(entry.filename, ADDRESS.sub(b"", before.read(entry)))
    return made.getvalue()


def _parquet(content: bytes) -> bytes:
    frame, made = pl.read_parquet(io.BytesIO(content)), io.BytesIO()
    frame.with_columns(pl.col(pl.String).str.replace_all(r"[^\s,;|<>]+@[^\s,;|<>]+", "")).write_parquet(made)
    return made.getvalue()


def _write(target: Path, content: bytes, sha256: str) -> None:
    with locks.shared(seal.IN_USE):
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=drafts.PREFIX, delete=False) as draft:
            for part in seal.seal_parts([content], purpose=_purpose(sha256)):
                draft.write(part)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(target)
        disk.sync(target.parent)


def _purpose(sha256: str) -> str:
    return f"file {sha256}"
