"""How a company's files write days and amounts, as a mapping states it, to the one form everything else reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

DATE_TOKENS: Final = {"YYYY": "%Y", "YY": "%y", "MMM": "%b", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d"}
"""What a form of dates is built of; one-letter forms read one or two digits."""

SERIAL = "serial"
"""Days as a spreadsheet counts them, since 1899-12-30."""

_TOKEN = re.compile("|".join(DATE_TOKENS))
_BETWEEN = re.compile(r"^[\s./年月日,-]*$")
_WIDE = "０１２３４５６７８９．，－（）＋"
_NARROW = "0123456789.,-()+"
_MINUS = ("−", "–")


@dataclass(frozen=True, slots=True)
class NumberForm:
    """The decimal sign, and what stands between thousands: a sign, ``space`` (of any width) or ``none``."""

    decimal: str = "."
    thousands: str = "none"


def pattern_of(form: str) -> str | None:
    """``D.M.YYYY`` → ``%d.%m.%Y``; None if it is no form of a day."""
    if form == SERIAL:
        return SERIAL
    letters = [token[0] for token in _TOKEN.findall(form)]
    if sorted(letters) != ["D", "M", "Y"] or not _BETWEEN.match(_TOKEN.sub("", form)):
        return None
    return _TOKEN.sub(lambda token: DATE_TOKENS[token.group()], form)


def narrow(text: pl.Expr) -> pl.Expr:
    """Full-width digits and signs as ordinary ones."""
    return text.str.replace_many([*_WIDE, *_MINUS], [*_NARROW, "-", "-"])


def is_negative(text: pl.Expr) -> pl.Expr:
    """Whether an amount says it is below zero: a minus before or behind it, or brackets around it."""
    plain = narrow(text).str.strip_chars()
    return plain.str.starts_with("-") | plain.str.ends_with("-") | plain.str.starts_with("(")


def plain_amount(text: pl.Expr, form: NumberForm) -> pl.Expr:
    """Amounts as ``-1234.56``; None where the text is not written in this form.

    Thousands must stand in groups of three: ``12.34`` is no amount where the point separates thousands.
    """
    mark = {"space": r"[\s'\u00a0\u2009\u202f]", "none": r"[^\s\S]"}.get(form.thousands, re.escape(form.thousands))
    point = re.escape(form.decimal)
    body = narrow(text).str.strip_chars()
    negative = is_negative(text)
    body = body.str.strip_chars("()").str.strip_chars("+-").str.strip_chars()
    fits = body.str.contains(rf"^(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+)(?:{point}[0-9]*)?$|^{point}[0-9]+$")
    digits = body.str.replace_all(mark, "").str.replace(form.decimal, ".", literal=True)
    digits = pl.when(digits.str.starts_with(".")).then("0" + digits).otherwise(digits)
    return pl.when(fits).then(pl.when(negative).then("-" + digits).otherwise(digits))


def days(text: pl.Expr, patterns: tuple[str, ...]) -> pl.Expr:
    """Days by the first pattern that fits; 2026-03-31 always does."""
    plain = narrow(text).str.strip_chars()
    tried = [plain.str.to_date("%Y-%m-%d", strict=False)]
    for pattern in patterns:
        if pattern == SERIAL:
            count = plain.str.extract(r"^([0-9]{4,6})(?:\.0+)?$", 1).cast(pl.Int32, strict=False)
            tried.append(pl.date(1899, 12, 30) + pl.duration(days=count))
        else:
            tried.append(plain.str.to_date(pattern, strict=False))
    return pl.coalesce(tried)
