"""The key under which a request that writes may be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ninja import Header

from seawall.api.v1.auth import actor_of

if TYPE_CHECKING:
    from django.http import HttpRequest

KEY_MAX = 150
"""Services put a word before or behind it; what is kept holds 200 letters."""

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=KEY_MAX,
        pattern=r"^[ -~]*$",
        description="Sent again under the same key, a request has one effect; the key of another request is refused.",
    ),
]


def key_of(request: HttpRequest, given: str) -> str:
    """What a request's key is kept as: a caller's keys are its own, and say nothing to others."""
    return f"api {actor_of(request).user_id} {given}" if given else ""
