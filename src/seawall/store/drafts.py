"""Drafts: folders that were begun and take their name when whole; a kill leaves one behind, and it is swept up."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Final

PREFIX: Final = "draft-"
OLD_SECONDS: Final = 86_400
"""No draft is written for a day: an older one has lost its writer. Ages are told against the newest file beside it."""


def sweep(parent: Path) -> None:
    """Remove the drafts of a folder that nobody writes any more."""
    ages = {}
    for path in parent.iterdir():
        with contextlib.suppress(FileNotFoundError):  # it took its name meanwhile
            ages[path] = path.stat().st_mtime
    newest = max(ages.values(), default=0.0)
    for path, at in ages.items():
        if path.name.startswith(PREFIX) and newest - at > OLD_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
