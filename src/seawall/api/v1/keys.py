"""The key under which a request that writes may be sent again."""

from __future__ import annotations

from typing import Annotated

from ninja import Header

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
