"""What an entry's text says: who the other side is, what the payment is for, and the bank's own reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_SPACE: Final = re.compile(r"\s+")
_NOTHING: Final = {"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE", "KREF", "KREF+", "EREF"}
_CODES: Final = ("ADDR", "BENM", "BIC", "CSID", "EREF", "IBAN", "ID", "INFO", "ISDT", "MARF", "NAME", "OCMT", "ORDP",
                 "PREF", "PURP", "REMI", "RTRN", "TRCD", "TRTP", "ULTB", "ULTD", "USTD", "STRD", "CDTRREF")  # fmt: skip
_CODE: Final = re.compile(rf"/({'|'.join(_CODES)})/")
_NAME: Final = re.compile(r"(?:\bNAAM|;\s*OD|\bNAME|付款人名称|付款人|对方户名|户名)\s*[:：]\s*([^;；\n/]+)")
_PURPOSE: Final = re.compile(r"(?:\bTYT\.|\bREMIT|用途|附言|摘要)\s*[:：]\s*([^;；\n]+)")
_ACCOUNT: Final = re.compile(r"(?:\bREK|Z RACH\.|对方账号|账号)\s*[:：]\s*([A-Z0-9]{8,34})")
_IBAN: Final = re.compile(r"\b([A-Z]{2}\d{2}[A-Z0-9]{10,30})\b")
_PARTS: Final = ("purpose", "additional_purpose", "end_to_end_reference", "additional_position_reference")
LONGEST: Final = 500
"""Characters of a reference that are kept."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the text of an entry says."""

    name: str = ""
    reference: str = ""
    account: str = ""
    bank_reference: str = ""


def of_fields(said: Mapping[str, Any], about: str) -> Told:
    """From the fields of an entry and the text of its `:86:`."""
    bank, customer = plain(said.get("bank_reference")), plain(said.get("customer_reference"))
    if "purpose" in said:
        parts = [plain(said.get(name)) for name in _PARTS]
        name = plain(said.get("applicant_name")) or plain(said.get("recipient_name"))
        told = Told(name, _together(parts), plain(said.get("applicant_iban")))
    else:
        told = _of_text(about, customer, plain(said.get("extra_details")))
    reference = told.reference or customer
    return Told(told.name, reference[:LONGEST], told.account, bank)


def _of_text(about: str, customer: str, extra: str) -> Told:
    text = plain(about)
    if _CODE.search(f"/{text}" if not text.startswith("/") else text):
        return _of_codes(about)
    if customer and extra and text.startswith(f"{customer} {extra}"):  # the entry's own lines once more
        return Told(extra, text[len(customer) + len(extra) + 2 :].strip(), customer)
    purpose, name, account = (found and found[1] for found in (_PURPOSE.search(text), _NAME.search(f"{about};"),
                                                              _ACCOUNT.search(text) or _IBAN.search(text)))  # fmt: skip
    return Told(plain(name), plain(purpose) or text, plain(account))


def _of_codes(about: str) -> Told:
    """`/NAME/…/REMI/…`: lines are broken anywhere, so they are put together first."""
    pieces = _CODE.split("/" + about.replace("\n", "").lstrip("/"))
    said = dict(zip(pieces[1::2], map(plain, pieces[2::2]), strict=True))
    reference = _together([said.get("REMI", ""), said.get("EREF", ""), said.get("STRD", "")])
    return Told(said.get("NAME", ""), reference or plain(about), said.get("IBAN", ""))


def _together(parts: list[str]) -> str:
    return " ".join(dict.fromkeys(part for part in parts if part))


def plain(value: object) -> str:
    """A text on one line; empty for a word that says there is none."""
    text = _SPACE.sub(" ", str(value or "")).strip()
    return "" if text.upper() in _NOTHING else text
