"""A backup as it lies on disk: one manifest that names the dump and every file, and a pool of files by hash.

``objects/<sha256>`` holds each file once, for all backups of the folder; ``<name>/manifest.json`` with
``<name>/database.dump`` is one backup. A backup takes its name only when everything it names is on disk.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seawall.engine.kernel.errors import Broken, InputError
from seawall.store import disk, drafts, points

CONTENT: Final = ("files", "results")
"""Folders of the home whose files are named by a hash; what the database points to lies in them."""

OBJECTS, MANIFEST, DUMP = "objects", "manifest.json", "database.dump"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a backup: where it lies in the home, its hash and its size."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``about`` holds the store's state: batch head, versions, time, newest run."""

    name: str
    about: Mapping[str, Any]
    dump: Kept
    files: tuple[Kept, ...]

    @property
    def size(self) -> int:
        """Bytes of everything it names."""
        return self.dump.size + sum(file.size for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The text of ``manifest.json``."""
        listed = [[file.path, file.sha256, file.size] for file in self.files]
        dump = [self.dump.path, self.dump.sha256, self.dump.size]
        return {"format": FORMAT, "name": self.name, "about": dict(self.about), "dump": dump, "files": listed}


def content(home: Path) -> Iterator[Path]:
    """Every finished file of the home's content, in order."""
    for folder in CONTENT:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file() and not any(part.startswith(drafts.PREFIX) for part in path.relative_to(home).parts):
                yield path


def keep_objects(home: Path, target: Path) -> tuple[Kept, ...]:
    """Bring every file of the home's content into the pool; what is there already is not copied again."""
    pool = target / OBJECTS
    pool.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = []
    for path in content(home):
        digest = sha256_of(path)
        size = path.stat().st_size
        place = pool / digest
        if not (place.exists() and place.stat().st_size == size):
            _copy(path, place)
        kept.append(Kept(str(path.relative_to(home)), digest, size))
    disk.sync(pool)
    return tuple(kept)


def finish(draft: Path, target: Path, manifest: Manifest) -> Path:
    """Write the manifest and give the backup its name: from here on it counts."""
    text = json.dumps(manifest.as_json(), ensure_ascii=False, indent=0)
    (draft / MANIFEST).write_text(text, encoding="utf-8")
    for path in (draft / MANIFEST, draft / DUMP, draft):
        disk.sync(path)
    points.reached("backup drafted")
    place = target / manifest.name
    draft.rename(place)
    disk.sync(target)
    return place


def names(target: Path) -> list[str]:
    """Finished backups of a folder, oldest first."""
    if not target.is_dir():
        return []
    return sorted(
        path.parent.name for path in target.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(drafts.PREFIX)
    )


def read(target: Path, name: str) -> Manifest:
    """The manifest of one backup.

    Raises:
        InputError: there is none, or it is none of ours.
    """
    try:
        said = json.loads((target / name / MANIFEST).read_text(encoding="utf-8"))
        files = tuple(Kept(*each) for each in said["files"])
        found = Manifest(said["name"], said["about"], Kept(*said["dump"]), files)
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("There is no backup {name} in {folder}.", name=name, folder=str(target)) from None
    for file in found.files:
        if Path(file.path).is_absolute() or ".." in Path(file.path).parts or Path(file.path).parts[0] not in CONTENT:
            raise InputError("The backup {name} names a file outside the store.", name=name)
    return found


def damaged(target: Path, manifest: Manifest) -> list[str]:
    """What the manifest names and the folder does not hold byte for byte."""
    places = [(manifest.dump, target / manifest.name / DUMP)]
    places += [(file, target / OBJECTS / file.sha256) for file in manifest.files]
    return [kept.path for kept, place in places if not _is_whole(place, kept)]


def bring_back(target: Path, manifest: Manifest, home: Path) -> None:
    """Put every file of the backup into the home; one that is there with the same bytes stays.

    Raises:
        Broken: a file of the backup was changed while it was read.
    """
    for file in manifest.files:
        place = home / file.path
        if not _is_whole(place, file):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(target / OBJECTS / file.sha256, place)
        if not _is_whole(place, file):
            raise Broken("The file {file} of the backup was changed.", file=file.path)


def prune(target: Path, keep: int) -> list[str]:
    """Remove all but the newest ``keep`` backups, and what only they needed; returns the names that went."""
    found = names(target)
    gone = found[:-keep] if keep else []
    for name in gone:
        (target / name / MANIFEST).unlink()  # from here on it is no backup any more
        points.reached("backup ended")
        shutil.rmtree(target / name)
    for folder in target.iterdir():  # what was begun and not ended, or half removed: both have no manifest
        if folder.is_dir() and (folder / DUMP).exists() and not (folder / MANIFEST).exists():
            shutil.rmtree(folder, ignore_errors=True)
    for draft in target.glob(f"{drafts.PREFIX}*"):
        shutil.rmtree(draft, ignore_errors=True)
    needed = {file.sha256 for name in names(target) for file in read(target, name).files}
    if gone:
        for path in (target / OBJECTS).iterdir():
            if path.name not in needed:
                path.unlink()
    return gone


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(place: Path, kept: Kept) -> bool:
    return place.is_file() and place.stat().st_size == kept.size and sha256_of(place) == kept.sha256


def _copy(source: Path, place: Path) -> None:
    """A copy that has its name only when it is whole and on disk."""
    draft = place.with_name(f"{drafts.PREFIX}{place.name}")
    shutil.copyfile(source, draft)
    draft.chmod(0o600)
    disk.sync(draft)
    draft.replace(place)
