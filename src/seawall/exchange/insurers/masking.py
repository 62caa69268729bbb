"""Nothing secret is written down: fields that are named as secrets, and the secrets themselves wherever they stand."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from seawall.exchange.insurers.messages import keepable

MASK: Final = "•••"
RAW_CHARACTERS: Final = 20_000
"""Of what came so much is kept."""

LONG: Final = 8
"""A shorter secret stands in much else: it is masked in what is kept, not in what is read, and not in base64."""

SHORTEST: Final = 4

_NAMED: Final = r"key|token|secret|password|authorization|credential|signature"
_SECRET: Final = re.compile(r"key$|token|secret|password|authorization|credential|signature", re.IGNORECASE)
_PLAIN: Final = frozenset({"message_key", "idempotency_key", "key"})
_ASIDE: Final = re.compile(
    rf"""((?P<name>[\w-]{{0,40}}(?:{_NAMED})[\w-]{{0,40}})["']?\s?[:=]\s?["']?(?:(?:bearer|basic)\s)?)[^\s"'&,;}}]+""",
    re.IGNORECASE,
)
"""A name and its value where the text is no JSON: cut JSON, a form, a page of HTML, a log line."""


def parts_of(secret: str) -> tuple[str, ...]:
    """A secret and, where it is two (``password:key``), each; too short a part is none that could be told apart."""
    return tuple(dict.fromkeys(each for each in (secret, *secret.split(":")) if len(each) >= SHORTEST))


def masked(said: Any, secrets: Iterable[str] = (), *, is_named: bool = True) -> Any:
    """A JSON value without secrets; with ``is_named`` also without what its names call secret, whatever that is."""
    if isinstance(said, dict):
        return {
            without(str(name), secrets): MASK
            if is_named and _is_secret(str(name)) and not (value is None or isinstance(value, bool))
            else masked(value, secrets, is_named=is_named)
            for name, value in said.items()
        }
    if isinstance(said, list):
        return [masked(each, secrets, is_named=is_named) for each in said]
    return without(said, secrets) if isinstance(said, str) else said


def readable(said: Any, secrets: Iterable[str]) -> Any:
    """A JSON value as it is read on: without those secrets that stand in nothing else."""
    return masked(said, [secret for secret in secrets if len(secret) >= LONG], is_named=False)


def masked_text(said: Any, secrets: Iterable[str] = ()) -> str:
    """As :func:`masked`, as a text that can be kept: of a JSON value, of the text of one, of any other text."""
    if not isinstance(said, str):
        return keepable(_dumped(masked(said, secrets)))
    try:
        value = json.loads(said, object_pairs_hook=_every_pair)
        hidden = masked(value, secrets)
    except (ValueError, RecursionError):
        return keepable(_ASIDE.sub(_hidden, without(said, secrets)[:RAW_CHARACTERS]))
    return keepable(said if hidden == value else _dumped(hidden))


def without(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, also as they stand in an address, in JSON and in base64."""
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, MASK)
    return text


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _every_pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with all that stands under a name: of equal names Python keeps the last one only."""
    held: dict[str, list[Any]] = {}
    for name, value in pairs:
        held.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in held.items()}


def _is_secret(name: str) -> bool:
    return name not in _PLAIN and bool(_SECRET.search(name))


def _hidden(found: re.Match[str]) -> str:
    return found[1] + MASK if _is_secret(found["name"]) else found[0]


@lru_cache(maxsize=256)
def _forms(secret: str) -> tuple[str, ...]:
    if not secret:
        return ()
    forms = [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    if len(secret) >= LONG:
        for shift in range(3):  # within something longer: the letters that do not hang on what is beside
            coded = base64.b64encode(b"\0" * shift + secret.encode())
            forms.append(coded[(0, 2, 3)[shift] : len(coded) - 4].decode())
    return tuple(dict.fromkeys(forms))
