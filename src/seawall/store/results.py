"""Results of runs: folders of Parquet files named by the hash of their bytes, complete or not there at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from seawall.engine.kernel.errors import Broken
from seawall.store import disk, drafts, points
from seawall.store.home import home, make_home_folder

ABOUT = "about.json"


def write(frames: Mapping[str, pl.DataFrame], about: Mapping[str, Any] | None = None) -> str:
    """Write frames, and what is to be said about them; safe on disk when this returns the hash."""
    parent = _parent()
    draft = Path(tempfile.mkdtemp(prefix=drafts.PREFIX, dir=parent))
    try:
        for name, frame in frames.items():
            frame.write_parquet(draft / f"{name}.parquet", compression="zstd", statistics=False)
        (draft / ABOUT).write_text(json.dumps(about or {}, sort_keys=True, default=str), encoding="utf-8")
        digest = _digest(draft)
        for path in (*draft.iterdir(), draft):
            disk.sync(path)
        points.reached("result drafted")
        drafts.sweep(parent)
        if not is_whole(digest):
            shutil.rmtree(parent / digest, ignore_errors=True)
            draft.rename(parent / digest)
            disk.sync(parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return digest


def is_whole(digest: str) -> bool:
    """Whether the folder is there and still holds the bytes that gave it its name."""
    folder = _parent() / digest
    return folder.is_dir() and _digest(folder) == digest


def read(digest: str) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """The frames of a result, and what was said about them.

    Raises:
        Broken: the folder is gone, or its bytes were changed.
    """
    if not is_whole(digest):
        raise Broken("The result {digest} is missing or was changed.", digest=digest)
    folder = _parent() / digest
    frames = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    return frames, json.loads((folder / ABOUT).read_text(encoding="utf-8"))


def _parent() -> Path:
    place = home()
    make_home_folder(place.path)
    return place.folder("results")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
