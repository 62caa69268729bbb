"""Secrets and files at rest: sealed under a key that the home keeps, each for one purpose.

A blob is ``magic, key's id, salt, frames``. Its own key comes from the home's key, the salt and the purpose
(HKDF-SHA256), so a blob sealed for one purpose cannot be opened as another. Frames are AES-256-GCM with a
counter and a mark on the last, so a blob cannot be cut, stretched or put together from others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connection

from seawall.engine.kernel.errors import Broken, InputError, Refused
from seawall.store import disk, locks
from seawall.store.home import Home, home

KEY_NAME: Final = "seal_key"
"""The file in the home: one key a line; the first seals, the others still open."""

DIGESTS_NAME: Final = "seal_digest_keys"
"""The file in the home that a change of keys leaves: what digests are keyed with, one purpose a line."""

IN_USE: Final = "seal keys"
"""The lock that whoever seals for the store shares until that is on record; a key goes only when nobody holds it."""

VARIABLE: Final = "SEAWALL_SEAL_KEY"
"""Keys from outside instead of the file, parted by commas: for those who keep them in a vault."""

MAGIC: Final = b"SWL1"
KEY_BYTES: Final = 32
ID_BYTES: Final = 8
SALT_BYTES: Final = 16
TAG_BYTES: Final = 16
HEADER_BYTES: Final = len(MAGIC) + ID_BYTES + SALT_BYTES
FRAME_BYTES: Final = 1 << 20
"""What one frame holds: the largest file is sealed and opened in as much memory."""


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of a store. The first seals; each opens what it sealed."""

    keys: tuple[bytes, ...]

    @property
    def first(self) -> bytes:
        """The key that seals."""
        return self.keys[0]

    def find(self, key_id: bytes) -> bytes:
        """The key that sealed a blob.

        Raises:
            Refused: this store does not have it.
        """
        for key in self.keys:
            if key_id_of(key) == key_id:
                return key
        raise Refused(
            "This was sealed with the key {key}, which this store does not have.",
            hint="Put the key back into {file} of the home, or into {variable}; backups of the home hold it.",
            code="seal_key_unknown", key=key_id.hex(), file=KEY_NAME, variable=VARIABLE,
        )  # fmt: skip


def seal(content: bytes, *, purpose: str) -> bytes:
    """A blob that only this store opens, and only for ``purpose`` (such as ``webhook secret``).

    Raises:
        Refused: the store has no key.
    """
    return b"".join(seal_parts([content], purpose=purpose))


def unseal(blob: bytes, *, purpose: str) -> bytes:
    """What was sealed.

    Raises:
        Broken: the blob was changed, cut, or sealed for another purpose.
        Refused: it was sealed with a key this store does not have.
    """
    return b"".join(unseal_parts([blob], purpose=purpose))


def seal_text(text: str, *, purpose: str) -> str:
    """As :func:`seal`, text to text, for a column of text: the key that sealed it stays until the transaction ends.

    Raises:
        Refused: the store has no key.
        LockTimeout: the keys are being changed.
    """
    return seal_texts([text], purpose=purpose)[0]


def seal_texts(texts: Iterable[str], *, purpose: str) -> list[str]:
    """As :func:`seal_text`, many at once.

    Raises:
        Refused: the store has no key.
        LockTimeout: the keys are being changed.
    """
    with locks.shared(IN_USE) if connection.in_atomic_block else nullcontext():
        return [base64.urlsafe_b64encode(seal(text.encode(), purpose=purpose)).decode() for text in texts]


def unseal_text(text: str, *, purpose: str) -> str:
    """As :func:`unseal`, for what :func:`seal_text` gave.

    Raises:
        Broken: the text was changed, cut, or sealed for another purpose.
        Refused: it was sealed with a key this store does not have.
    """
    try:
        blob = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except ValueError as error:
        raise _damaged() from error
    return unseal(blob, purpose=purpose).decode()


def seal_parts(parts: Iterable[bytes], *, purpose: str, key: bytes | None = None) -> Iterator[bytes]:
    """A blob in parts, for files. ``key`` seals instead of the store's own (a person's key).

    Raises:
        Refused: the store has no key.
    """
    master = key or ring().first
    salt = secrets.token_bytes(SALT_BYTES)
    header = MAGIC + key_id_of(master) + salt
    cipher, said = _cipher(master, salt, purpose), header + purpose.encode()
    yield header
    for number, is_last, frame in _framed(parts, FRAME_BYTES):
        yield cipher.encrypt(_nonce(number, is_last=is_last), frame, said)


def unseal_parts(parts: Iterable[bytes], *, purpose: str, key: bytes | None = None) -> Iterator[bytes]:
    """What was sealed, in parts; nothing of a frame is given before the whole frame was found true.

    Raises:
        Broken: the blob was changed, cut, or sealed for another purpose.
        Refused: it was sealed with a key this store does not have.
    """
    header, rest = _headed(parts)
    key_id, salt = header[len(MAGIC) : -SALT_BYTES], header[-SALT_BYTES:]
    master = key or ring().find(key_id)
    cipher, said = _cipher(master, salt, purpose), header + purpose.encode()
    for number, is_last, frame in _framed(rest, FRAME_BYTES + TAG_BYTES):
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), frame, said)
        except InvalidTag as error:
            raise _damaged() from error


def is_current(blob: bytes, keys: Ring | None = None) -> bool:
    """Whether the key that seals today sealed this blob; else it wants sealing anew after a change of keys."""
    return blob[len(MAGIC) : len(MAGIC) + ID_BYTES] == key_id_of((keys or ring()).first)


def keyed_digest(content: bytes, *, purpose: str) -> str:
    """A digest that nobody without the oldest key can find by guessing contents; the same after a change of keys.

    Raises:
        Refused: the store has no key.
    """
    oldest = ring().keys[-1]  # read first: whoever finds it gone finds what it left
    key = _digest_keys(home()).get(purpose) or _derived(oldest, b"digest", purpose)
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def known_as(secret: str, *, purpose: str) -> str:
    """By what a request with another secret is another request; nobody finds the secret by it. Empty of none.

    Raises:
        Refused: the store has no key.
    """
    return keyed_digest(secret.encode(), purpose=purpose) if secret else ""


def key_id_of(key: bytes) -> bytes:
    """How a blob names the key that sealed it."""
    return hashlib.sha256(b"seawall key id\n" + key).digest()[:ID_BYTES]


def ring(place: Home | None = None) -> Ring:
    """The store's keys.

    Raises:
        Refused: it has none.
        InputError: what is given as a key is none.
    """
    place = place or home()
    if given := place.environ.get(VARIABLE, ""):
        return _ring(given.replace(",", "\n"))
    try:
        return _ring((place.path / KEY_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refused(
            "The store has no key to seal secrets with.",
            hint="Put {file} of the home back from its backup; for a new or an older store run `seawall init`.",
            code="no_seal_key", file=KEY_NAME,
        ) from error  # fmt: skip


def make_key(place: Home) -> None:
    """The store's first key: made once, readable by its owner only. One that is there, or given from outside, stays."""
    if place.environ.get(VARIABLE):
        ring(place)
        return
    try:
        number = os.open(place.path / KEY_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    _write(number, _new_key())
    disk.sync(place.path)


def add_key(place: Home) -> str:
    """Put a new key before the others: it seals from now on, and they still open. Returns its id.

    Raises:
        Refused: the keys come from outside: they are changed there.
    """
    if place.environ.get(VARIABLE):
        raise Refused(
            "The keys come from {variable}.", hint="Put a new one before them there.", code="seal_key_outside",
            variable=VARIABLE,
        )  # fmt: skip
    new = _key(_new_key())
    put_keys(place, Ring((new, *ring(place).keys)))
    return key_id_of(new).hex()


def put_keys(place: Home, keys: Ring) -> None:
    """Write the keys down in their order, whole or not at all."""
    _replace(place.path / KEY_NAME, [_text(key) for key in keys.keys])


def drop_old_keys(place: Home) -> bool:
    """Keep the key that seals, and no other; False where the keys come from outside and are taken away there."""
    if place.environ.get(VARIABLE):
        return False
    put_keys(place, Ring(ring(place).keys[:1]))
    return True


def keep_digest_keys(place: Home, purposes: Iterable[str]) -> None:
    """Write down what digests are keyed with, so that they stay the same without the key they came from."""
    held = _digest_keys(place)
    oldest = ring(place).keys[-1]
    held |= {each: _derived(oldest, b"digest", each) for each in purposes if each not in held}
    _replace(place.path / DIGESTS_NAME, [f"{_text(key)} {purpose}" for purpose, key in sorted(held.items())])


def _digest_keys(place: Home) -> dict[str, bytes]:
    try:
        lines = (place.path / DIGESTS_NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {purpose: _key(text) for text, _, purpose in (line.partition(" ") for line in lines if line)}


def _replace(path: Path, lines: list[str]) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    _write(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "\n".join(lines))
    draft.replace(path)
    disk.sync(path.parent)


@dataclass(frozen=True, slots=True)
class KeyState:
    """What ``seawall doctor`` says of the keys."""

    source: Literal["file", "variable", "none"]
    count: int = 0
    key_id: str = ""
    is_open_to_others: bool = False


def key_state(place: Home) -> KeyState:
    """Where the keys are, and whether others can read them.

    Raises:
        InputError: what is given as a key is none.
    """
    try:
        found = ring(place)
    except Refused:
        return KeyState("none")
    about = {"count": len(found.keys), "key_id": key_id_of(found.first).hex()}
    if place.environ.get(VARIABLE):
        return KeyState("variable", **about)  # type: ignore[arg-type]
    mode = stat.S_IMODE((place.path / KEY_NAME).stat().st_mode)
    return KeyState("file", is_open_to_others=bool(mode & 0o077), **about)  # type: ignore[arg-type]


@lru_cache(maxsize=4)
def _ring(text: str) -> Ring:
    keys = tuple(_key(line.strip()) for line in text.splitlines() if line.strip())
    if not keys:
        raise _no_key()
    return Ring(keys)


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except ValueError as error:
        raise _no_key() from error
    if len(key) != KEY_BYTES:
        raise _no_key()
    return key


def _no_key() -> InputError:
    return InputError(
        "What is given to seal with is no key.",
        hint="A key is 32 bytes in base64, as `openssl rand -base64 32` prints.",
        code="seal_key_invalid",
    )


def _new_key() -> str:
    return _text(secrets.token_bytes(KEY_BYTES))


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def _write(number: int, text: str) -> None:
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _derived(key: bytes, salt: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"seawall\n" + purpose.encode()).derive(key)


def _cipher(key: bytes, salt: bytes, purpose: str) -> AESGCM:
    return AESGCM(_derived(key, salt, purpose))


def _nonce(number: int, *, is_last: bool) -> bytes:
    """The frame's place; never used twice, because every blob has a key of its own."""
    return number.to_bytes(11, "big") + bytes([is_last])


def _framed(parts: Iterable[bytes], size: int) -> Iterator[tuple[int, bool, bytes]]:
    """The parts as frames of one size, the last of them marked (it may be shorter, or empty)."""
    number, held = 0, bytearray()
    for part in parts:
        held += part
        start = 0
        while len(held) - start > size:
            yield number, False, bytes(held[start : start + size])
            start += size
            number += 1
        del held[:start]
    yield number, True, bytes(held)


def _headed(parts: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    stream, held = iter(parts), b""
    while len(held) < HEADER_BYTES:
        part = next(stream, None)
        if part is None:
            raise _damaged()
        held += part
    if not held.startswith(MAGIC):
        raise _damaged()

    def rest() -> Iterator[bytes]:
        yield held[HEADER_BYTES:]
        yield from stream

    return held[:HEADER_BYTES], rest()


def _damaged() -> Broken:
    return Broken("What was sealed was changed, or sealed for something else.", code="seal_broken")
