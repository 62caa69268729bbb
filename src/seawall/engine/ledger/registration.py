"""Registration numbers of customers: those that carry check digits are checked where their kind is plain.

China's unified social credit code (USCC), legal entity identifiers (ISO 17442, mod 97-10) and VAT ids of the European
Union. A number whose kind is not plain is none of our business: nothing is said about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from stdnum import lei
from stdnum.cn import uscc
from stdnum.eu import vat

_LEI: Final = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_USCC: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_VAT: Final = re.compile(
    r"(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)[0-9A-Z+*]{2,12}"
)
_BETWEEN: Final = str.maketrans("", "", " .-/")
CHINA: Final = "CN"


def kind_of(number: str, country: str | None) -> str:
    """``lei``, ``uscc``, ``vat``, or nothing where the kind is not plain. ``country`` is the customer's."""
    plain = _plain(number)
    if _LEI.fullmatch(plain):
        return "lei"
    if _USCC.fullmatch(plain) and country in (CHINA, None, ""):
        return "uscc"
    member = {"EL": "GR"}.get(plain[:2], plain[:2])
    if _VAT.fullmatch(plain) and country in (member, None, "") and any(sign.isdigit() for sign in plain):
        return "vat"
    return ""


def passes(number: str, country: str | None) -> bool:
    """Whether a number's own check digits hold; also where it has none that we know."""
    check: Callable[[str], bool] | None = _CHECKS.get(kind_of(number, country))
    return check is None or bool(check(_plain(number)))


def _plain(number: str) -> str:
    return number.translate(_BETWEEN).upper()


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {"lei": lei.is_valid, "uscc": uscc.is_valid, "vat": vat.is_valid}
