"""What a payment's text names: numbers with noise in and around them, creditor references, names of companies.

Texts are compared without separators, so a number that a bank broke over two lines is found. A number must begin
and end where something else begins or ends, so that INV-11 is not found in INV-117.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_CREDITOR: Final = re.compile(r"RF\d{2}[A-Z0-9]{1,21}")
_RUN: Final = re.compile(r"\d+")
_FORMS: Final = re.compile(
    r"\b(ltd|limited|co|company|corp|corporation|inc|incorporated|llc|llp|plc|gmbh|mbh|ag|kg|kgaa|ohg|ug|se|sa|sas|sarl|srl|spa"
    r"|bv|nv|ab|oy|as|aps|kft|doo|pte|pty|sdn|bhd|kk|the)\b"
)
_FORMS_ZH: Final = re.compile(r"(集团)?(股份)?(有限)?(责任)?公司$|集团$|\(集团\)|厂$")
_AFTER_CHECK: Final = 4
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Compact:
    """A text without separators; ``begins[k]`` and ``ends[k]`` say whether a word may begin or end before ``k``."""

    text: str
    edges: frozenset[int]

    @classmethod
    def of(cls, text: str) -> Compact:
        """In capitals, full-width forms as plain ones."""
        kept: list[str] = []
        edges = {0}
        is_apart = True
        for sign in unicodedata.normalize("NFKC", text).upper():
            if not sign.isalnum():
                is_apart = True
                continue
            if is_apart or (kept and _class(kept[-1]) != _class(sign)):
                edges.add(len(kept))
            kept.append(sign)
            is_apart = False
        return cls("".join(kept), frozenset({*edges, len(kept)}))

    def named(self, index: Mapping[str, object], lengths: Sequence[int]) -> Iterator[str]:
        """The keys of an index that stand in the text as words, the longest first at each place."""
        end = 0
        for first in sorted(self.edges):
            for length in lengths:
                if first >= end and first + length in self.edges and self.text[first : first + length] in index:
                    yield self.text[first : first + length]
                    end = first + length
                    break


def _class(sign: str) -> int:
    """Digits, letters of alphabets, and the rest: a word may end where one follows another."""
    return 0 if sign.isdigit() else 1 if sign.isascii() else 2


def compact(number: str) -> str:
    """A number as it is compared; empty where it is too short to mean anything in a text."""
    text = Compact.of(number).text
    return text if len(text) >= _SHORTEST and any(sign.isdigit() for sign in text) else ""


def all_digits(number: str) -> str:
    """All digits of a number, one after the other."""
    return "".join(_RUN.findall(number))


def digits(number: str) -> str:
    """All digits of a number without leading zeros: what a creditor reference is made of."""
    return all_digits(number).lstrip("0")


def runs(text: str, shortest: int) -> list[str]:
    """Runs of at least so many digits, each once."""
    found = _RUN.findall(unicodedata.normalize("NFKC", text))
    return [run for run in dict.fromkeys(found) if len(run) >= shortest]


def creditor_references(text: str) -> list[str]:
    """The bodies of ISO 11649 references whose check digits are right, without leading zeros."""
    plain = Compact.of(text).text
    bodies = []
    for found in re.finditer(r"RF\d{2}", plain):
        for reference in _CREDITOR.findall(plain[found.start() :])[:1]:
            body = next((body for body in _bodies(reference) if _is_valid(reference[:_AFTER_CHECK] + body)), "")
            bodies.append(body.lstrip("0"))
    return [body for body in bodies if body]


def _bodies(reference: str) -> Iterator[str]:
    """The body, and shorter ones where text of another kind may have been put right after it."""
    body = reference[_AFTER_CHECK:]
    yield from (body[:end] for end in range(len(body), 0, -1))


def _is_valid(reference: str) -> bool:
    turned = reference[_AFTER_CHECK:] + reference[:_AFTER_CHECK]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def company(name: str) -> str:
    """A company's name as it is compared: without legal form, separators and case, in both languages."""
    text = unicodedata.normalize("NFKC", name).casefold().replace(".", "")
    text = _FORMS.sub(" ", re.sub(r"[^\w()]+", " ", text)).strip()
    text = _FORMS_ZH.sub("", text.replace(" ", ""))
    return re.sub(r"[\W_]+", "", text)


def pairs(name: str) -> frozenset[str]:
    """Every two letters of a compared name that stand side by side."""
    return frozenset(name[k : k + 2] for k in range(len(name) - 1)) or frozenset({name})


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0, nothing in common, to 1: Dice's measure over pairs of letters."""
    return 2 * len(one & other) / (len(one) + len(other))
