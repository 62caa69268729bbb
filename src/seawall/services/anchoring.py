"""The head of the audit record kept outside the database, daily: only that shows a cut tail or a full rewrite.

Whoever can rewrite the database can make a new chain that holds in itself. What it cannot change is a line in a
file elsewhere, or a mail that somebody has. ``seawall audit verify --anchor-file`` holds the chain against the lines.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from seawall.engine.kernel.errors import InputError, OutsideError
from seawall.services import access, mail
from seawall.services.access import Actor
from seawall.services.command import Result, Write, execute
from seawall.store import chain
from seawall.store.chain import Anchor
from seawall.store.home import home

FILE_NAME = "anchors.txt"
"""In the home, where no other place is set: outside the database at least."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A head, and where it is kept."""

    head: Anchor
    file: str
    mailed: int

    @property
    def text(self) -> str:
        """As a line of the file has it."""
        return f"{self.head.batch_no}:{self.head.digest}"

    def as_json(self) -> dict[str, Any]:
        """For doors."""
        return {"batch_no": self.head.batch_no, "digest": self.head.digest, "file": self.file, "mailed": self.mailed}


def file_of() -> Path:
    """Where heads are kept."""
    return Path(settings.ANCHOR_FILE).expanduser() if settings.ANCHOR_FILE else home().path / FILE_NAME


def is_elsewhere() -> bool:
    """Whether heads go somewhere that is not the home itself."""
    return bool(settings.ANCHOR_FILE or settings.ANCHOR_MAIL)


def anchor(actor: Actor, *, key: str = "") -> Kept:
    """Keep the present head outside: a line in the file, a mail where addresses are set, an entry that says so.

    Raises:
        NotPermitted: the actor may not.
        OutsideError: the file cannot be written.
    """
    access.require_everywhere(actor, access.AUDIT_ANCHOR)
    head, path = chain.head(), file_of()

    def effect(write: Write) -> Result:
        kept = Kept(head, str(path), len(settings.ANCHOR_MAIL))
        line = f"{write.at.isoformat(timespec='seconds')} {kept.text}"
        _append(path, line)
        for address in settings.ANCHOR_MAIL:
            said = {"line": line, "at": write.at.astimezone(dt.UTC).isoformat(" ", "minutes")[:16]}
            mail.put(write, "anchor", said, occasion=f"anchor {write.write_no}", to=address)
        write.detail.update(head=head.batch_no, digest=head.digest, mailed=kept.mailed)
        return kept.as_json()

    done = execute(actor, access.AUDIT_ANCHOR, effect, request={"anchor": True}, key=key, lock=["anchor"])
    told = done.result
    return Kept(Anchor(told["batch_no"], told["digest"]), told["file"], told["mailed"])


def read(path: Path) -> list[Anchor]:
    """The heads that a file keeps, one a line; what stands before the last word of a line is for people.

    Raises:
        InputError: the file cannot be read, or a line is no head.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("{file} cannot be read: {reason}.", file=str(path), reason=type(error).__name__) from error
    return [head_named(line.split()[-1]) for line in lines if line.strip()]


def head_named(text: str) -> Anchor:
    """The head that a text such as ``12:ab34…`` names.

    Raises:
        InputError: it names none.
    """
    number, _, digest = text.partition(":")
    if not (number.isascii() and number.isdigit() and digest):
        raise InputError(
            "{anchor} is not a head.", hint="Write it as 12:ab34…, as audit verify prints it.", anchor=text
        )
    return Anchor(int(number), digest)


def _append(path: Path, line: str) -> None:
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutsideError(
            "The head of the audit record cannot be kept in {file}: {reason}.",
            hint="Set SEAWALL_ANCHOR_FILE to a file that can be written.",
            file=str(path), reason=error.strerror or "error",
        ) from error  # fmt: skip
