"""What an interface does not offer: said so, one by one, so that an adapter only writes what it can."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from seawall.engine.kernel.money import exponent
from seawall.exchange.insurers.messages import (
    ChangeCover,
    Declare,
    FileClaim,
    Malformed,
    Notify,
    ReportAdverse,
    ReportRecovery,
)
from seawall.exchange.insurers.port import CannotSay, News, Record, Taken


def _cannot() -> NoReturn:
    raise CannotSay("This insurer's interface has no way to say this.", hint="Tell it by file, or on its own portal.")


class Unsaid:
    """An interface that offers nothing yet."""

    def change_cover(self, asked: ChangeCover, *, key: str) -> Taken:  # noqa: ARG002 - the port's signatures, below too
        """Not offered."""
        _cannot()

    def notify(self, said: Notify, *, key: str) -> Taken:  # noqa: ARG002
        """Not offered."""
        _cannot()

    def report_adverse(self, said: ReportAdverse, *, key: str) -> Taken:  # noqa: ARG002
        """Not offered."""
        _cannot()

    def declare(self, said: Declare, *, key: str) -> Taken:  # noqa: ARG002
        """Not offered."""
        _cannot()

    def file_claim(self, said: FileClaim, *, key: str) -> Taken:  # noqa: ARG002
        """Not offered."""
        _cannot()

    def report_recovery(self, said: ReportRecovery, *, key: str) -> Taken:  # noqa: ARG002
        """Not offered."""
        _cannot()

    def events(self, after: str) -> News:  # noqa: ARG002
        """None are offered."""
        return News()

    def records(self) -> list[Record]:
        """Not offered."""
        _cannot()


def decimal_of(value: Any, currency: str) -> str:
    """An amount as the port writes it, from a number or a text.

    Raises:
        Malformed: it is none, or finer than the currency.
    """
    try:
        given = Decimal(str(value))
        rounded = round(given, exponent(currency))
    except (InvalidOperation, ValueError, TypeError):
        raise Malformed("{text} cannot stand in {field}.", text=str(value)[:40], field="amount") from None
    if isinstance(value, bool) or rounded != given:
        raise Malformed("{text} cannot stand in {field}.", text=str(value)[:40], field="amount")
    return f"{rounded:f}"
