"""Places that files are taken from: what lies there, and the bytes of one; a file that is being written is not read."""

from __future__ import annotations

import fnmatch
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from seawall.engine.kernel.errors import InputError, OutsideError, Refused
from seawall.exchange import limits, sources
from seawall.exchange.net import ANSWER_BYTES, Outside

UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".writing", ".lock")
"""Endings that programs give a file until it is whole; the rename says that it is."""

STATEMENTS: Final = (".sta", ".mt940", ".940", ".mt942", ".942", ".xml", ".csv", ".txt", ".tsv", ".mta", ".swi")
"""Endings of bank statements."""

_DENIED: Final = 403
_FOUND: Final = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it lay there: name, bytes, and the mark of its last change (seconds since 1970; 0 where unknown)."""

    name: str
    size: int
    changed: int

    @property
    def mark(self) -> str:
        """By what a file is known again without being read; empty where that says nothing."""
        return f"{self.size} {self.changed}" if self.changed else ""


class Place(Protocol):
    """Somewhere files lie."""

    def listed(self) -> list[Seen]:
        """What lies there, by name."""

    def content(self, seen: Seen) -> bytes:
        """The bytes of a file, whole."""


def wanted(found: Iterable[Seen], *, pattern: str, endings: Sequence[str]) -> list[Seen]:
    """The files that are meant: named as asked, finished, of a kind that is read; by name."""
    return sorted(
        (
            seen
            for seen in found
            if seen.name and not seen.name.startswith((".", "~")) and "/" not in seen.name
            and not seen.name.lower().endswith(UNFINISHED)
            and fnmatch.fnmatchcase(seen.name.lower(), (pattern or "*").lower())
            and (bool(pattern) or seen.name.lower().endswith(tuple(endings)))
        ),
        key=lambda seen: seen.name,
    )  # fmt: skip


def still(before: Sequence[Seen], after: Sequence[Seen]) -> list[Seen]:
    """The files that are what they were a while ago."""
    known = set(before)
    return [seen for seen in after if seen in known]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, within one that its owner gave for that; links that lead out are not followed."""

    path: Path
    roots: tuple[Path, ...]

    def listed(self) -> list[Seen]:
        """The ordinary files in it.

        Raises:
            Refused: the folder lies outside those given.
            InputError: there is no such folder.
        """
        folder = self._allowed()
        found = []
        for path in folder.iterdir():
            about = path.lstat()
            if stat.S_ISREG(about.st_mode):
                found.append(Seen(path.name, about.st_size, int(about.st_mtime)))
        return found

    def content(self, seen: Seen) -> bytes:
        """The bytes of one of them.

        Raises:
            InputError: it is gone or too large.
        """
        path = self._allowed() / seen.name
        if path.is_symlink() or not path.is_file():
            raise InputError("There is no file {file}.", code="no_file", file=seen.name)
        require_size(seen.name, seen.size)
        return path.read_bytes()

    def _allowed(self) -> Path:
        folder = self.path.resolve()
        if not any(folder.is_relative_to(root.resolve()) for root in self.roots):
            raise Refused(
                "{folder} is no folder that files may be taken from.",
                hint="Use one below {roots}, or let the machine's owner name it in SEAWALL_INTAKE_FOLDERS.",
                code="folder_refused", folder=str(self.path), roots=", ".join(map(str, self.roots)),
            )  # fmt: skip
        if not folder.is_dir():
            raise InputError("There is no folder {folder}.", code="no_folder", folder=str(self.path))
        return folder


@dataclass(frozen=True, slots=True)
class Address:
    """One file at an HTTPS address."""

    outside: Outside
    url: str
    name: str = ""
    headers: Mapping[str, str] | None = None

    def listed(self) -> list[Seen]:
        """The one file; only its bytes tell whether it changed.

        Raises:
            AddressRefused: the address may not be asked.
        """
        parts = self.outside.checked(self.url)
        last = unquote(parts.path.rsplit("/", 1)[-1])
        name = self.name or last or "items.csv"
        return [Seen(name if name.lower().endswith((*sources.SUFFIXES, *STATEMENTS)) else f"{name}.csv", 0, 0)]

    def content(self, seen: Seen) -> bytes:  # noqa: ARG002 - the place's form
        """What the address answers.

        Raises:
            AddressRefused: the address, or one it redirects to, may not be asked.
            OutsideError: nobody answers, or not with the file.
        """
        answer = self.outside.ask(self.url, headers=self.headers)
        require_found(urlsplit(self.url).netloc, answer.status)
        return answer.content


def require_found(host: str, status: int) -> None:
    """Pass an answer that is what was asked for.

    Raises:
        Refused: the host does not let us in.
        OutsideError: it answers with something else.
    """
    if status in (401, _DENIED):
        raise Refused("{host} does not let us in.", hint="Check the source's secret.", code="not_let_in", host=host)
    if status != _FOUND:
        raise OutsideError("{host} answers {status} and not with what was asked for.", host=host, status=status)


def require_size(name: str, size: int) -> None:
    """Pass a file that is not too large to come in so.

    Raises:
        InputError: it is.
    """
    if size > min(ANSWER_BYTES, limits.FILE_BYTES):
        raise InputError("{file} is larger than {limit} bytes.", code="too_large", file=name, limit=ANSWER_BYTES)
