"""A reason somebody gives: said, and of characters that can be kept."""

from __future__ import annotations

from seawall.engine.kernel.errors import InputError
from seawall.engine.kernel.text import is_keepable


def kept(text: str) -> str:
    """The text without blanks around it, where the database and the audit record can hold it.

    Raises:
        InputError: it holds a character that cannot be kept.
    """
    if not is_keepable(text):
        raise InputError("The text holds a character that cannot be kept.", hint="Type it anew.")
    return text.strip()


def needed(text: str) -> str:
    """The same, where something must be said.

    Raises:
        InputError: nothing is said, or it cannot be kept.
    """
    said = kept(text)
    if not said:
        raise InputError("Say why.", hint="The reason is kept in the audit record.")
    return said
