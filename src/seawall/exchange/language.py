"""Words, numbers and days in the reader's language, from the one catalogue every door uses."""

from __future__ import annotations

import datetime as dt
import gettext
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from seawall.engine.kernel import pace
from seawall.engine.kernel.errors import Listed, SeawallError, Sentence, UsageError, Where

LOCALES = Path(__file__).resolve().parents[1] / "locale"
CATALOGUES = {"en": "en", "zh": "zh_Hans"}
"""Language code of the doors to the folder of its catalogue; English is what the source says."""

_BABEL = {"en": "en_GB", "zh": "zh_Hans_CN"}
_MILLION, _TEN_THOUSAND, _HUNDRED_MILLION = 10**6, 10**4, 10**8
NOTHING = "–"
"""What stands where a figure cannot be said."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large amounts are shown in a table: divided by ``divisor``, with ``places`` decimals."""

    divisor: int
    places: int
    title: str


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    return gettext.translation("django", LOCALES, [CATALOGUES[code]], fallback=True)


@dataclass(frozen=True, slots=True)
class Language:
    """One language to write in: ``en`` or ``zh`` (Simplified Chinese)."""

    code: str = "en"
    says_codes: bool = False
    """Codes stand in tables in place of their words: for programs, the same in every language."""

    @classmethod
    def named(cls, code: str) -> Language:
        """The language of a code such as ``zh``, ``zh_CN.UTF-8`` or ``en-GB``.

        Raises:
            UsageError: the product does not speak it.
        """
        short = code.replace("_", "-").split("-")[0].split(".")[0].lower()
        if short not in CATALOGUES:
            raise UsageError("{language} is not a language of this product.", hint="Use en or zh.", language=code)
        return cls(short)

    @property
    def tag(self) -> str:
        """The BCP 47 tag, for documents."""
        return CATALOGUES[self.code].replace("_", "-")

    def say(self, template: str, **params: Any) -> str:
        """A sentence of the catalogue, its parameters filled in."""
        text = _catalogue(self.code).gettext(template) if template else ""
        return text.format(**{name: self.shown(value) for name, value in params.items()}) if params else text

    def shown(self, value: Any) -> Any:
        """A parameter of a sentence: sentences within it are said too, as they are or as JSON kept them."""
        if isinstance(value, Sentence):
            return self.say(value.template, **value.params)
        if isinstance(value, dict) and value.keys() == {"template", "params"}:
            return self.say(value["template"], **value["params"])
        return self.listed(str(self.shown(one)) for one in value) if isinstance(value, Listed | list) else value

    def error(self, error: SeawallError) -> tuple[str, str]:
        """The message and the hint of an error."""
        return self.say(error.template, **error.params), self.say(error.hint_template, **error.params)

    def place(self, where: Where) -> str:
        """Where an error is: file, row and column."""
        row = "" if where.row is None else self.say("row {row}", row=where.row)
        return (", " if self.code == "en" else "，").join(part for part in (where.file, row, where.column) if part)

    def sentences(self, parts: Iterable[str]) -> str:
        """Sentences one after the other: Chinese sets no space between them."""
        return ("" if self.code == "zh" else " ").join(parts)

    def listed(self, names: Iterable[str]) -> str:
        """Names one after the other."""
        return ("、" if self.code == "zh" else ", ").join(names)

    def day(self, day: dt.date | str | None) -> str:
        """A day in words: 30 June 2026, 2026年6月30日."""
        if day is None:
            return NOTHING
        from babel.dates import format_date  # noqa: PLC0415  # babel is read only where a sentence needs it

        return format_date(_as_date(day), "long", locale=_BABEL[self.code])

    def month(self, day: dt.date | str) -> str:
        """A month, short, as the label of an axis: Jun 26, 26年6月."""
        from babel.dates import format_date  # noqa: PLC0415

        return format_date(_as_date(day), {"en": "MMM yy", "zh": "yy年M月"}[self.code], locale=_BABEL[self.code])

    def number(self, value: Decimal | float | None, places: int) -> str:
        """Thousands in groups; a real minus sign; the dash where nothing can be said."""
        pace.step()
        if value is None:
            return NOTHING
        text = f"{value:,.{places}f}"
        return text.replace("-", "−", 1) if text.startswith("-") and text.strip("-0.,") else text.lstrip("-")

    def percent(self, rate: float | None, places: int = 2) -> str:
        """A rate per one in per cent."""
        return NOTHING if rate is None else f"{self.number(rate * 100, places)}{'%' if self.code == 'zh' else ' %'}"

    def unit(self, currency: str) -> str:
        """What one unit of the currency is called: 元 for CNY in Chinese, else the code, or 美元, 欧元 …"""
        if self.code == "en":
            return currency
        if currency == "CNY":
            return "元"
        from babel.numbers import get_currency_name  # noqa: PLC0415

        return get_currency_name(currency, locale=_BABEL[self.code])

    def scale(self, largest: Decimal, currency: str, decimals: int) -> Scale:
        """The scale of a table whose largest amount this is: 元 or 万元, CNY or CNY thousand."""
        unit = self.unit(currency)
        if abs(largest) < 10 * _MILLION:
            return Scale(1, decimals, unit)
        if self.code == "zh":
            return Scale(_TEN_THOUSAND, 2, f"万{unit}")
        return Scale(1000, 0, self.say("{currency} thousand", currency=currency))

    def short_money(self, amount: Decimal | None, currency: str) -> str:
        """An amount for a headline: CNY 12.3 m, 1,234.5 万元, 3.21 亿元."""
        if amount is None:
            return NOTHING
        size, unit = abs(amount), self.unit(currency)
        if self.code == "zh":
            if size >= _HUNDRED_MILLION:
                return f"{self.number(amount / _HUNDRED_MILLION, 2)} 亿{unit}"
            return (
                f"{self.number(amount / _TEN_THOUSAND, 1)} 万{unit}"
                if size >= _TEN_THOUSAND
                else (f"{self.number(amount, 0)} {unit}")
            )
        if size >= _MILLION:
            return f"{unit} {self.number(amount / _MILLION, 2)} m"
        return f"{unit} {self.number(amount, 0)}"


def _as_date(day: dt.date | str) -> dt.date:
    return day if isinstance(day, dt.date) else dt.date.fromisoformat(day)


def wanted(asked: str | None, environment: str) -> Language:
    """The language asked for, else that of the terminal (``LANG``) where the product speaks it, else English.

    Raises:
        UsageError: the product does not speak the language asked for.
    """
    if asked:
        return Language.named(asked)
    return Language("zh" if environment.lower().startswith("zh") else "en")
