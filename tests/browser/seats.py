"""On which screens and in which languages every page is looked at."""

import os

import pytest

SIZES = {"laptop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
LANGUAGES = {"en": "en", "zh": "zh-hans"}
FULL = tuple(f"{size}-{language}" for size in SIZES for language in LANGUAGES)
SMALL = ("laptop-zh", "phone-en")
"""Each screen and each language once; the journeys sit the other way round."""


def seat_of(name):
    """The screen and the language of a seat."""
    size, language = name.split("-")
    return SIZES[size], LANGUAGES[language]


def seats(names):
    """Marks a test that sits on these seats."""
    return pytest.mark.parametrize("seat", [seat_of(name) for name in names], ids=names)


def every_page(test):
    """Marks a test that opens every page: on all four seats where promises are proven, else on two."""
    is_full = os.environ.get("SEAWALL_PROMISES") == "full"
    return pytest.mark.slow(seats(FULL if is_full else SMALL)(test))
