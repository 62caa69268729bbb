"""Addresses outside: only named hosts, only public addresses, and the address connected to is the one that was checked.

A name is resolved once, every address it gives is looked at, and the connection goes to one of those: a name that
answers otherwise a moment later changes nothing. Each redirect is an address of its own and is checked as the first.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from seawall.engine.kernel.errors import OutsideError, Refused
from seawall.exchange import limits

HTTPS: Final = 443
REDIRECTS_MAX: Final = 5
SECONDS: Final = 20.0
ANSWER_BYTES: Final = 256 * limits.MIB
"""An answer larger than this is no export of a ledger."""

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_GONE: Final = (301, 302, 303, 307, 308)
_FAULTS: Final = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Iterable[str]]
"""The addresses of a name; the system's, but in tests."""


class AddressRefused(Refused):
    """An address that is not asked: not on the list, not HTTPS, or not public."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered, after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also by what an IPv6 address carries inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside and not is_public(inside):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def listed_name(host: str, port: int, *, usual: int = HTTPS) -> str:
    """A host as a list of hosts names it; ``usual`` is the port that need not be named."""
    return host if port == usual else f"{host}:{port}"


def host_named(url: str) -> str:
    """The host of an address as a list of hosts names it; empty where the address is none, and asking refuses it."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or HTTPS
    except ValueError:
        return ""
    return listed_name(host, port) if host else ""


def system_resolver(host: str, port: int) -> list[str]:
    """The system's answer for a name.

    Raises:
        OutsideError: the name is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutsideError("The name {host} is not known.", host=host[:100]) from error
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True)
class Outside:
    """Who may be asked. ``hosts``: names, or names with a port; nothing else is ever connected to.

    ``private``: ``host:port`` of those that may lead to an address that is not public: named by whoever owns the
    machine, never by whoever uses the pages.
    """

    hosts: frozenset[str]
    private: frozenset[str] = frozenset()
    resolver: Resolver = system_resolver
    permits: Callable[[Address], bool] = is_public
    connector: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)
    context: ssl.SSLContext | None = None
    redirects_max: int = REDIRECTS_MAX
    """With 0 a redirect is the answer: it is not followed."""

    answer_bytes: int = ANSWER_BYTES
    seconds: float = SECONDS
    """How long each step of an answer is waited for: connecting, reading, writing."""

    def ask(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Answer:
        """Ask an address and those it redirects to.

        Raises:
            AddressRefused: one of them is not on the list, not HTTPS or not public.
            OutsideError: nobody answers, or not in time, or too much.
        """
        sent = dict(headers or {})
        with httpcore.ConnectionPool(
            ssl_context=self.context or ssl.create_default_context(), network_backend=_Checked(self), http2=False
        ) as pool:
            first = self.checked(url)
            for _ in range(self.redirects_max + 1):
                parts = self.checked(url)
                if parts.netloc != first.netloc:
                    sent = {
                        name: value for name, value in sent.items() if name.lower() not in ("authorization", "cookie")
                    }
                answer = self._once(pool, method, url, sent, content)
                if answer.status not in _GONE or "location" not in answer.headers or not self.redirects_max:
                    return answer
                url, method, content = urljoin(url, answer.headers["location"]), "GET", b""
        raise OutsideError("{host} redirects without end.", host=first.hostname or "")

    def checked(self, url: str) -> SplitResult:
        """The parts of an address that may be asked.

        Raises:
            AddressRefused: it may not.
        """
        if not url.isprintable() or "\\" in url or " " in url:
            raise AddressRefused("This is not an address.", hint="Write it as https://host/path.")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port or HTTPS
        except ValueError:
            raise AddressRefused("This is not an address.", hint="Write it as https://host/path.") from None
        if parts.scheme != "https":
            raise AddressRefused("Only https addresses are asked.", hint="Write it as https://host/path.")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("An address must not carry a user or a password.", hint="Keep them as secrets.")
        self.require_listed(host, port, usual=HTTPS)
        return parts

    def require_listed(self, host: str, port: int, *, usual: int) -> None:
        """Pass a host that is on the list; ``usual`` is the port that need not be named.

        Raises:
            AddressRefused: it is not.
        """
        named = listed_name(host, port, usual=usual)
        if not host or named not in self.hosts:
            raise AddressRefused(
                "{host} is not on the list of hosts that may be asked.", hint="Add it to the source's hosts.",
                host=named[:100],
            )  # fmt: skip

    def addresses(self, host: str, port: int) -> list[str]:
        """The checked addresses of a name: all of them public, else none is used.

        Raises:
            AddressRefused: one of them is not public.
            OutsideError: the name has none.
        """
        found = list(self.resolver(host, port))
        for text in found:
            try:
                address = ipaddress.ip_address(text)
            except ValueError:
                raise AddressRefused("{host} leads to no address.", host=host[:100]) from None
            if not self.permits(address) and f"{host}:{port}" not in self.private:
                raise AddressRefused(
                    "{host} leads to an address that is not public.",
                    hint="Whoever owns the machine may name it, with its port, in SEAWALL_PRIVATE_HOSTS.",
                    host=host[:100],
                )  # fmt: skip
        if not found:
            raise OutsideError("The name {host} is not known.", host=host[:100])
        return found

    def _once(
        self, pool: httpcore.ConnectionPool, method: str, url: str, headers: dict[str, str], content: bytes
    ) -> Answer:
        extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)}
        parts = urlsplit(url)
        try:
            with pool.stream(
                method,
                url,
                headers=list({"Host": parts.netloc, **headers}.items()),
                content=content,
                extensions=extensions,
            ) as response:
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > self.answer_bytes:
                        raise OutsideError(
                            "{host} answers with more than {limit} bytes.", host=parts.netloc, limit=self.answer_bytes
                        )
                said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return Answer(url, response.status, said, bytes(body))
        except _FAULTS as error:
            raise OutsideError(
                "{host} does not answer: {reason}.", host=parts.netloc, reason=type(error).__name__
            ) from error


class _Checked(httpcore.NetworkBackend):
    """Connects to a checked address and to nothing else."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        fault: Exception | None = None
        for address in self.outside.addresses(host, port):
            try:
                return self.outside.connector.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault or httpcore.ConnectError("no address")
