"""Money, ratios and days as the reader's language writes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.translation import get_language, gettext

from seawall.engine.kernel import pace
from seawall.engine.kernel.money import exponent
from seawall.exchange.language import Language

MINUS = "−"
NOTHING = "–"
"""Stands where a figure cannot be said; a zero is a figure."""

UNITS = {"zh-hans": ("1", "10000"), "en": ("1", "1000")}
"""What amounts may be counted in: one and ten thousand (万) in Chinese, one and a thousand in English."""


def babel_locale() -> str:
    """Babel's name of the language in force."""
    return "zh_Hans_CN" if (get_language() or "").startswith("zh") else "en_GB"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a page counts money in: a currency and a power of ten."""

    currency: str
    factor: int

    @property
    def decimals(self) -> int:
        """Decimals shown: the currency's own, two for 万, one for thousands."""
        if self.factor == 1:
            return exponent(self.currency) if self.currency else 2
        return 2 if self.factor == 10_000 else 1  # noqa: PLR2004

    @property
    def label(self) -> str:
        """``CNY``, ``CNY k``, ``元``, ``万元`` …"""
        chinese = babel_locale().startswith("zh")
        name = chinese_name(self.currency) if chinese else self.currency
        if self.factor == 1:
            return name
        return f"万{name}" if chinese else f"{name} k"

    def text(self, minor: int) -> str:
        """Minor units in this unit, grouped; a true minus sign before negative amounts."""
        places = exponent(self.currency) if self.currency else 2
        value = Decimal(minor).scaleb(-places) / self.factor
        return decimal_text(value, self.decimals)


def chinese_name(currency: str) -> str:
    """What a Chinese reader calls a currency: 元 for the yuan, else its name without 人民币."""
    names = {"CNY": "元", "EUR": "欧元", "USD": "美元", "GBP": "英镑", "JPY": "日元", "HKD": "港元", "CHF": "瑞士法郎"}
    return names.get(currency, currency)


def decimal_text(value: Decimal | float, decimals: int) -> str:
    """A grouped number with exactly so many decimals."""
    pace.step()  # no page is drawn without figures
    # Both languages group by three with a comma; Babel says the same, twenty times slower.
    text = f"{value if isinstance(value, Decimal) else Decimal(str(value)):,.{decimals}f}"
    if text.startswith("-"):
        return text[1:] if not any(digit in text for digit in "123456789") else MINUS + text[1:]
    return text


def percent_text(rate: float | None, decimals: int = 1) -> str:
    """A rate per one as per cent: ``0.0031`` with 2 → ``0.31 %`` (English), ``0.31%`` (Chinese)."""
    if rate is None:
        return NOTHING
    space = "" if babel_locale().startswith("zh") else "\N{NARROW NO-BREAK SPACE}"
    return f"{decimal_text(rate * 100, decimals)}{space}%"


def days_text(days: float | None, decimals: int = 0) -> str:
    """A number of days without its unit."""
    return NOTHING if days is None else decimal_text(days, decimals)


def day_text(day: dt.date | None) -> str:
    """A day as people write it in running text: ``31 Mar 2026``, ``2026年3月31日``."""
    return NOTHING if day is None else format_date(day, format="medium", locale=babel_locale())


def day_short(day: dt.date | None) -> str:
    """A day in a column: ``2026-03-31`` in both languages, so that columns sort by eye."""
    return NOTHING if day is None else day.isoformat()


def month_text(day: dt.date) -> str:
    """A month on an axis: ``Mar 26``, ``26年3月``."""
    return format_date(day, format="yy年M月" if babel_locale().startswith("zh") else "MMM yy", locale=babel_locale())


def moment_text(at: dt.datetime | str | None) -> str:
    """An instant, in the time zone in force."""
    if at is None:
        return NOTHING
    moment = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    zone = timezone.get_current_timezone()
    return format_datetime(moment, format="yyyy-MM-dd HH:mm:ss", locale=babel_locale(), tzinfo=zone)


def money_words(minor: int, currency: str) -> str:
    """One amount inside a sentence, shortened as the language does: ``CNY 1.2 m``, ``123.4 万元``."""
    code = "zh" if babel_locale().startswith("zh") else "en"
    return Language(code).short_money(money_decimal(minor, currency), currency)


def bucket_text(name: str) -> str:
    """A bucket's stable name in words: ``not_due`` → "Not due", ``1_30`` → "1–30", ``over_365`` → "> 365"."""
    if name == "not_due":
        return gettext("Not due")
    if name == "due_today":
        return gettext("Due today")
    if name.startswith("over_"):
        return f"> {name.removeprefix('over_')}"
    if name.startswith("due_in_"):
        return gettext("Due in {days}").format(
            days=name.removeprefix("due_in_").replace("_or_more", "+").replace("_", "–")
        )
    return name.replace("_", "–")


def money_decimal(minor: int, currency: str) -> Decimal:
    """Minor units in full units, exact."""
    return Decimal(minor).scaleb(-exponent(currency))
