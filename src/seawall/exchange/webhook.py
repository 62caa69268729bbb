"""The wire form of a webhook (Standard Webhooks): a body, and the signature over id, time and body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

from seawall.engine.kernel.errors import OutsideError

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
ANSWER_BYTES: Final = 64 * 1024
"""Of an answer only its status counts."""


def new_secret() -> str:
    """A secret to share with who receives."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secret: str, *, message_id: str, at: int, body: str) -> dict[str, str]:
    """What is sent along with a body. ``at``: seconds since 1970 of this attempt.

    Raises:
        OutsideError: the secret is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise OutsideError("The secret of the webhook cannot be read.", hint="Give it a new one.") from error
    signed = f"{message_id}.{at}.{body}".encode()
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json; charset=utf-8", "User-Agent": "Seawall", "webhook-id": message_id,
        "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}",
    }  # fmt: skip
