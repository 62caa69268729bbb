"""Texts that can be kept: the database knows no NUL, and no file holds half of a character."""

from __future__ import annotations


def is_keepable(text: str) -> bool:
    """Whether a text has neither a NUL nor a surrogate that stands alone."""
    return not any(letter == "\x00" or "\ud800" <= letter <= "\udfff" for letter in text)
