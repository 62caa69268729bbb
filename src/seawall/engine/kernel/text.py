"""Texts that can be kept: the database knows no NUL, and no file holds half of a character."""

from __future__ import annotations

import re
from typing import Final

_UNKEEPABLE: Final = re.compile("[\x00\ud800-\udfff]")


def is_keepable(text: str) -> bool:
    """Whether a text has neither a NUL nor a surrogate that stands alone."""
    return _UNKEEPABLE.search(text) is None
