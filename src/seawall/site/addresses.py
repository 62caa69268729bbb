"""Whose address a request carries where a proxy speaks for everybody: that of the caller, as the proxy says it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Forwarded:
    """The application, behind a proxy that names the caller in ``X-Forwarded-For``.

    Only the last address of the header counts: it is the proxy's own word, what stands before it is the caller's.
    """

    def __init__(self, application: Application) -> None:
        """Around an application."""
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request as its caller's; what is no address changes nothing."""
        said = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        try:
            address = str(ipaddress.ip_address(said))
        except ValueError:
            return self.application(environ, start_response)
        return self.application(environ | {"REMOTE_ADDR": address}, start_response)
