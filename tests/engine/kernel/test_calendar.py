import pytest
from factories import day

from seawall.engine.kernel.calendar import period_ends


@pytest.mark.parametrize(
    ("last", "ends"),
    [
        ("2025-03-31", ["2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31"]),
        ("2024-02-29", ["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"]),
        ("2025-03-30", ["2024-12-30", "2025-01-30", "2025-02-28", "2025-03-30"]),
        ("2025-01-15", ["2024-10-15", "2024-11-15", "2024-12-15", "2025-01-15"]),
    ],
)
def test_periods_are_whole_months_up_to_the_day(last, ends):
    assert [str(end) for end in period_ends(day(last), 4)] == ends
