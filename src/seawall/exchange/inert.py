"""How a file from outside is handed on: to be saved, never to be shown or run by a browser."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

CONTENT_TYPE: Final = "application/octet-stream"
"""Whatever a file says it is, it is handed on as bytes."""

_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def headers(name: str) -> dict[str, str]:
    """Response headers for a file of this name: an attachment, sniffed by nobody, sandboxed if shown all the same."""
    return {"Content-Type": CONTENT_TYPE} | beside(name)


def beside(name: str) -> dict[str, str]:
    """The same headers without the type: for a file of our own making, whose type is known."""
    plain = "".join(sign if sign in _PLAIN else "_" for sign in name).lstrip(".") or "file"
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
