"""Personal data of contacts: sealed under a key of each person's own, which erasing destroys.

A contact's row holds its key, sealed under the store's, and what is known of the person, sealed under that key.
What is left of an erased one is its number and a keyed digest, by which a file that still names it is known.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from seawall.store import seal

KEY_PURPOSE: Final = "contact key"
DIGEST_PURPOSE: Final = "contact address"
FIELDS: Final = ("name", "email", "phone", "role", "language")


def new_key() -> tuple[bytes, str]:
    """A person's key, and the same sealed for its row."""
    return new_keys(1)[0]


def new_keys(count: int) -> list[tuple[bytes, str]]:
    """As :func:`new_key`, for so many persons."""
    keys = [secrets.token_bytes(seal.KEY_BYTES) for _ in range(count)]
    sealed = seal.seal_texts((base64.b64encode(key).decode() for key in keys), purpose=KEY_PURPOSE)
    return list(zip(keys, sealed, strict=True))


def opened_key(sealed: str) -> bytes:
    """The person's key from its row.

    Raises:
        Broken: it was changed.
        Refused: the store does not have the key that sealed it.
    """
    return base64.b64decode(seal.unseal_text(sealed, purpose=KEY_PURPOSE))


def sealed_body(key: bytes, customer_id: int, said: Mapping[str, str]) -> str:
    """What is known of a person, sealed under its key for its customer."""
    text = json.dumps({name: said.get(name, "") for name in FIELDS}, ensure_ascii=False)
    return sealed_bytes(key, f"contact of {customer_id}", text.encode())


def opened_body(key: bytes, customer_id: int, sealed: str) -> dict[str, str]:
    """What is known of a person.

    Raises:
        Broken: it was changed, or stood in another customer's row.
    """
    return dict(json.loads(opened_bytes(key, f"contact of {customer_id}", sealed)))


def sealed_bytes(key: bytes, purpose: str, content: bytes) -> str:
    """Bytes under a person's key, as text."""
    return base64.urlsafe_b64encode(b"".join(seal.seal_parts([content], purpose=purpose, key=key))).decode()


def opened_bytes(key: bytes, purpose: str, sealed: str) -> bytes:
    """The bytes that :func:`sealed_bytes` sealed.

    Raises:
        Broken: they were changed.
    """
    return b"".join(seal.unseal_parts([base64.urlsafe_b64decode(sealed)], purpose=purpose, key=key))


def digests(addresses: Iterable[str]) -> list[str]:
    """Each address as a keyed digest: equal ones are known again, none can be read or guessed without the key."""
    return [
        seal.keyed_digest(each.strip().casefold().encode(), purpose=DIGEST_PURPOSE) if each else ""
        for each in addresses
    ]
