"""Opening a source: the place or the connector its settings name, behind the guard.

A source's own host is the list of hosts that may be asked for it. An address that is not public is reached only
where whoever owns the machine named it, with its port, in ``SEAWALL_PRIVATE_HOSTS``; folders lie below ``intake`` of
the home, or below those named in ``SEAWALL_INTAKE_FOLDERS``. Nobody who uses the pages can widen either.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.engine.kernel.errors import InputError
from seawall.exchange import connectors, places, sources
from seawall.exchange.connectors import Asked, Connector, Wire
from seawall.exchange.net import Outside, host_named, listed_name
from seawall.exchange.places import Address, Folder, Place, Seen
from seawall.exchange.sftp import PORT, Sftp
from seawall.store.home import Home, home, make_home_folder

PURPOSE: Final = "intake source"
PRIVATE: Final = "SEAWALL_PRIVATE_HOSTS"
FOLDERS: Final = "SEAWALL_INTAKE_FOLDERS"
PORT_MAX: Final = 65_535


@dataclass(frozen=True, slots=True)
class Settings:
    """What opening a source needs."""

    kind: str
    brings: str
    told: Mapping[str, str]
    secret: str
    name: str


@dataclass(frozen=True)
class Opened:
    """A source that can be looked into: a place of files, or a connector."""

    settings: Settings
    outside: Outside
    place: Place | None
    connector: Connector | None

    def wanted(self) -> list[Seen]:
        """The files that lie there and are meant.

        Raises:
            SeawallError: it cannot be looked into.
        """
        assert self.place is not None  # noqa: S101 - asked of places only
        endings = places.STATEMENTS if self.settings.brings == "bank" else sources.SUFFIXES
        return places.wanted(self.place.listed(), pattern=self.settings.told.get("pattern", ""), endings=endings)

    def asked(self, reached: Callable[[int], None] = lambda _rows: None) -> Asked:
        """What a connector is given."""
        told, secret = self.settings.told, self.settings.secret
        return Asked(Wire(self.outside, told["url"]), told, secret, told["entity"], reached)

    def sftp(self) -> Sftp:
        """The same, as the SFTP server it is."""
        assert isinstance(self.place, Sftp)  # noqa: S101 - made for one
        return self.place

    def require_form(self) -> None:
        """Pass settings that name something askable; nobody is asked.

        Raises:
            InputError: a key is none.
            Refused: an address or a folder that may not be used.
        """
        if isinstance(self.place, Folder):
            self.place.listed()
        elif isinstance(self.place, Sftp):
            self.place.require_form()
        else:
            self.outside.checked(self.settings.told["url"])


def opened(settings: Settings) -> Opened:
    """A source that can be looked into.

    Raises:
        InputError: there is no such kind, or a port or an authority is none.
    """
    told = settings.told
    if settings.kind == "folder":
        return Opened(settings, Outside(frozenset()), Folder(Path(told["folder"]), roots()), None)
    if settings.kind == "sftp":
        port = _port(told)
        outside = Outside(frozenset({listed_name(told["host"], port, usual=PORT)}), private=private())
        server = Sftp(
            outside, told["host"], port, told["user"], told.get("path", ""), told["host_key"], settings.secret
        )
        return Opened(settings, outside, server, None)
    outside = Outside(frozenset({host_named(told["url"])}), private=private(), context=context_of(told.get("ca", "")))
    if settings.kind == "https":
        headers = {"Authorization": settings.secret} if settings.secret else {}
        return Opened(settings, outside, Address(outside, told["url"], told.get("name", ""), headers), None)
    connector = connectors.known().get(settings.kind)
    if connector is None:
        raise InputError("There is no kind of source named {kind}.", kind=settings.kind[:40])
    return Opened(settings, outside, None, connector)


def private(place: Home | None = None) -> frozenset[str]:
    """``host:port`` that may lead to an address that is not public, by the word of the machine's owner."""
    given = (place or home()).environ.get(PRIVATE, "")
    return frozenset(each.strip() for each in given.split(",") if each.strip())


def roots(place: Home | None = None) -> tuple[Path, ...]:
    """The folders below which files may be taken."""
    place = place or home()
    make_home_folder(place.path)
    given = place.environ.get(FOLDERS, "")
    return (place.folder("intake"), *(Path(each) for each in given.split(os.pathsep) if each))


def _port(told: Mapping[str, str]) -> int:
    text = told.get("port") or str(PORT)
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= PORT_MAX):
        raise InputError("{text} is not a port.", code="source_port", text=text[:20])
    return int(text)


def context_of(authority: str) -> ssl.SSLContext | None:
    """TLS that trusts one authority of its own, or none where the public ones are meant."""
    if not authority:
        return None
    try:
        return ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError):
        raise InputError(
            "This is not a certificate.", hint="Paste it as PEM: from BEGIN CERTIFICATE to END CERTIFICATE.",
            code="source_ca",
        ) from None  # fmt: skip
