"""An insurer's invoice as a small CSV: step, declared, rate, amount."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from seawall.engine.kernel.errors import FileRejected, SeawallError, Where
from seawall.engine.kernel.money import minor_of
from seawall.engine.protection.premium import Charge

COLUMNS = ("step", "declared", "rate", "amount")
"""``step``: ``on_declared``, ``bonus``, ``minimum``, ``fees``, ``tax``, ``deposit``, or whatever else is charged."""

LINES_MOST = 10_000
SIZE_MOST = 1_000_000
"""Characters of a file: far more than an invoice has."""


def charges(text: str, currency: str, *, name: str = "") -> list[Charge]:
    """The lines of an invoice, amounts in the policy's currency; ``declared`` and ``rate`` may be empty.

    Raises:
        FileRejected: it is no such file; says row and column.
    """
    if len(text) > SIZE_MOST:
        raise FileRejected("{file} is too large to be an invoice.", file=name, where=Where(file=name))
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    missing = [each for each in ("step", "amount") if each not in (reader.fieldnames or ())]
    if missing:
        raise FileRejected(
            "{file} has no column {column}.", hint="The columns are {known}.", file=name, column=missing[0],
            known=", ".join(COLUMNS), where=Where(file=name),
        )  # fmt: skip
    try:
        found = [_charge(row, currency, name, number) for number, row in enumerate(reader, start=1)]
    except csv.Error:
        raise FileRejected("{file} is no CSV file.", file=name, where=Where(file=name)) from None
    if not found or len(found) > LINES_MOST:
        raise FileRejected("{file} has no lines, or too many.", file=name, where=Where(file=name))
    return found


def _charge(row: Mapping[str, str | None], currency: str, name: str, number: int) -> Charge:
    step = (row["step"] or "").strip()
    if not step or len(step) > 100:  # noqa: PLR2004 - no step is called so
        raise _refused(name, number, "step", step)
    amount = _minor(row, "amount", currency, name, number)
    if amount is None:
        raise _refused(name, number, "amount", "")
    return Charge(step, amount, _minor(row, "declared", currency, name, number), _rate(row, name, number))


def _minor(row: Mapping[str, str | None], column: str, currency: str, name: str, number: int) -> int | None:
    said = (row.get(column) or "").strip()
    if not said:
        return None
    try:
        return minor_of(said, currency)
    except (SeawallError, ValueError):
        raise _refused(name, number, column, said) from None


def _rate(row: Mapping[str, str | None], name: str, number: int) -> float | None:
    said = (row.get("rate") or "").strip()
    if not said:
        return None
    try:
        rate = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        raise _refused(name, number, "rate", said) from None
    if not 0 <= rate <= 1:
        raise _refused(name, number, "rate", said)
    return round(rate, 9)


def _refused(name: str, number: int, column: str, said: str) -> FileRejected:
    return FileRejected(
        "Row {row} of {file}: {value} cannot stand in {column}.",
        hint="Write amounts as 1234.50, rates as 0.002 or 0.2%, and a step in every row.",
        row=number, file=name, value=said or "—", column=column, where=Where(name, number, column),
    )  # fmt: skip
