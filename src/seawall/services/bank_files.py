"""Bank statements straight from files, without a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seawall.exchange.bank import columns, reading, statement


def read(
    paths: Sequence[Path], *, mapping: Path | None = None, say: Callable[..., str] = str.format
) -> dict[str, Any]:  # fmt: skip
    """The statements in files, as their published document; what could not be read stands under ``problems``.

    ``say`` fills in the sentence of a problem, in the reader's language perhaps.

    Raises:
        FileRejected: a file cannot be read, or is no bank statement.
        MappingInvalid: the mapping cannot be used.
    """
    headers = columns.load(mapping)
    found = [reading.read_file(path, headers) for path in paths]
    return statement.document(((file.name, each) for file in found for each in file.statements), say)
