"""Opening the store for a command: its database made to run, Django set up, and no store no command."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from seawall.cli.options import language, say

if TYPE_CHECKING:
    from seawall.store.home import Home

SAY_AFTER_SECONDS, SAY_EVERY_SECONDS = 1.0, 5.0


def open_store(place: Home | None = None) -> Home:
    """The store of the environment (or of ``place``), ready for services until the process ends.

    Raises:
        Refused: no store was made there, or one of another version.
        OutsideError: its database cannot be reached or started.
    """
    from seawall.store.home import home

    place = (place or home()).require()
    connect(place)
    from seawall.services import founding

    founding.require_founded()
    return place


def connect(place: Home) -> None:
    """Start the home's database where it is a private one (made where there is none), and set Django up on it.

    Raises:
        OutsideError: it cannot be reached or started.
    """
    import django
    from django.db import OperationalError, connection

    from seawall.engine.kernel.errors import OutsideError
    from seawall.store import embedded

    place.claim()
    _make_key(place)
    os.environ["SEAWALL_HOME"] = str(place.path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "seawall.site.settings")
    embedded.hold_home(place, progress=_Waiting())
    django.setup()
    _arrive()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise OutsideError(
            "The database does not answer: {reason}", hint="See `seawall doctor`.", reason=str(error).strip()
        ) from error


def make_store(place: Home, *, name: str, is_demo: bool = False, currency: str = "", time_zone: str = "UTC") -> bool:
    """Make a store in the home, or bring the one there up to this version; False where there was one.

    Raises:
        OutsideError: its database cannot be made, reached or started.
        InputError: no such currency or time zone.
    """
    place.begin("init")
    connect(place)
    from seawall.cli.acting import owner
    from seawall.engine.kernel.errors import InputError
    from seawall.services import founding
    from seawall.store import points

    founding.bring_up_to_date()
    points.reached("brought up")
    try:
        made = founding.found(owner(), name=name, is_demo=is_demo, reporting_currency=currency, time_zone=time_zone)
    except InputError:  # refused, not stopped: nothing is half done
        place.end()
        raise
    if place.record is None:
        place.write_record("demo" if founding.is_demo() else "store")
    place.end()
    return made


def _arrive() -> None:
    """Say for the audit record who of this machine's users is at work."""
    import getpass

    from seawall.services import origin

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    origin.arrive("cli", user)


def _make_key(place: Home) -> None:
    """The key that signs sessions: made once, readable by its owner only."""
    path = place.path / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(50) + "\n")
    except FileExistsError:
        return


class _Waiting:
    """Says now and then that the database is not ready yet."""

    def __init__(self) -> None:
        self.next = SAY_AFTER_SECONDS

    def __call__(self, seconds: float, line: str) -> None:
        if seconds >= self.next:
            say(
                language().say(
                    "The database is starting, {seconds} s so far: {line}", seconds=round(seconds), line=line
                )
            )
            self.next = seconds + SAY_EVERY_SECONDS
