"""A company's own insurance policies beside its ledger files: ``DIR/policies/*.yaml``, found and read as texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.engine.kernel.errors import FileRejected, Where
from seawall.exchange import limits

FOLDER: Final = "policies"
SUFFIXES: Final = (".yaml", ".yml")
_HEAD: Final = re.compile(r"^(policy|currency):[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PolicyText:
    """One policy as its file says it, under the name that errors call it by."""

    name: str
    text: str


def policy_texts(paths: Sequence[Path]) -> tuple[PolicyText, ...]:
    """The policy files of every folder among ``paths``, by name; none where a folder has no ``policies``.

    Raises:
        FileRejected: there are too many, one is too large, is no UTF-8 text, or leads out of its folder.
    """
    found = [path for folder in paths if folder.is_dir() for path in _inside(folder / FOLDER)]
    if len(found) > limits.FILES:
        raise FileRejected("These are {count} files; at most {limit} are taken.", count=len(found), limit=limits.FILES)
    return tuple(PolicyText(f"{FOLDER}/{path.name}", _text(path)) for path in found)


def currencies(texts: Iterable[PolicyText]) -> dict[str, str]:
    """By code of each policy its currency, as far as the first lines say both; nothing is checked here."""
    heads = (dict(_HEAD.findall(each.text)) for each in texts)
    return {head["policy"]: head["currency"] for head in heads if {"policy", "currency"} <= head.keys()}


def _inside(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    files = [path for path in sorted(folder.iterdir()) if path.name.lower().endswith(SUFFIXES) and path.is_file()]
    for path in files:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise FileRejected("{file} leads out of its folder.", where=Where(path.name), file=path.name)
    return files


def _text(path: Path) -> str:
    try:
        data = path.read_bytes() if path.stat().st_size <= limits.POLICY_BYTES else b""
    except OSError as error:
        raise FileRejected(
            "{file} cannot be read: {reason}.", where=Where(path.name), file=path.name, reason=error.strerror or "error"
        ) from error
    if not data and path.stat().st_size:
        raise FileRejected(
            "{file} is larger than {limit} bytes.",
            where=Where(path.name), code="too_large", file=path.name, limit=limits.POLICY_BYTES,
        )  # fmt: skip
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRejected("{file} is not UTF-8 text.", where=Where(path.name), file=path.name) from None
