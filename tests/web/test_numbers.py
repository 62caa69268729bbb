"""Numbers as the reader's language writes them."""

from decimal import Decimal

import pytest

from seawall.web import numbers


@pytest.mark.parametrize("decimals", [0, 1, 2, 3])
def test_grouping_is_what_babel_says(decimals):
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    values = [Decimal(k * 7919**3 - 10**12).scaleb(-k % 5) for k in range(300)] + [
        0.5,
        1.5,
        2.675,
        1e-9,
        999.995,
        12,
        -3,
    ]
    for value in values:
        for locale in ("zh_Hans_CN", "en_GB"):
            said = format_decimal(abs(value), format=pattern, locale=locale)
            assert numbers.decimal_text(value, decimals).removeprefix(numbers.MINUS) == said
