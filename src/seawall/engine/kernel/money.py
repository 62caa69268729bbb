"""Money is an integer number of minor units and an ISO 4217 currency, always as a pair."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from seawall.engine.kernel import pace
from seawall.engine.kernel.errors import CurrencyMismatch, InputError, UnknownCode

AMOUNT_LIMIT_MINOR = 2**53
"""No single amount is larger: up to here an integer survives a trip through a float unchanged."""

# ISO 4217 codes by number of decimals. Codes that ended some years ago stay: old ledgers hold them.
_DECIMALS_2 = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN
    BYR BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EEK EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW
    KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK
    SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TOP TTD TWD TZS UAH USD USN UYU
    UZS VED VEF VES WST XCD XCG YER ZAR ZMW ZWG ZWL
"""
_DECIMALS_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_DECIMALS_3 = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS_4 = "CLF UYW"

EXPONENTS: dict[str, int] = {
    code: exponent
    for exponent, codes in ((0, _DECIMALS_0), (2, _DECIMALS_2), (3, _DECIMALS_3), (4, _DECIMALS_4))
    for code in codes.split()
}
"""Decimals of each currency."""


def exponent(currency: str) -> int:
    """How many decimals ``currency`` has.

    Raises:
        UnknownCode: no such ISO 4217 code.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCode(
            "Unknown currency {currency}.",
            hint="Use an ISO 4217 code such as CNY, EUR or USD.",
            currency=currency,
        ) from None


@dataclass(frozen=True, slots=True)
class Money:
    """One amount: minor units and currency."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch("{left} and {right} cannot be added.", left=self.currency, right=other.currency)
        return Money(self.minor + other.minor, self.currency)

    def __str__(self) -> str:
        return f"{amount_text(self.minor, self.currency)} {self.currency}"

    @property
    def decimal(self) -> Decimal:
        """The amount in major units."""
        pace.step()
        return Decimal(self.minor).scaleb(-exponent(self.currency))


def minor_of(text: str, currency: str) -> int:
    """Minor units of a decimal text such as ``"1234.5"``.

    Raises:
        InputError: not a decimal, or more decimals than the currency has.
    """
    try:
        scaled = Decimal(text).scaleb(exponent(currency))
    except ArithmeticError:
        raise InputError("{text} is not an amount.", text=text) from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) > AMOUNT_LIMIT_MINOR:
        raise InputError(
            "{text} is not an amount in {currency}.",
            hint="Use at most {decimals} decimals.", text=text, currency=currency, decimals=exponent(currency),
        )  # fmt: skip
    return int(scaled)


def amount_text(minor: int, currency: str) -> str:
    """Minor units as a plain decimal text with the currency's decimals: ``123450, "CNY"`` → ``"1234.50"``."""
    places = exponent(currency)
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(places + 1, "0")
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def amount_texts(minor: pl.Expr, currency: str) -> pl.Expr:
    """:func:`amount_text` over a column of one currency."""
    return minor.map_elements(lambda value: amount_text(value, currency), return_dtype=pl.String)
