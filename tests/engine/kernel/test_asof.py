from factories import day

from seawall.engine.kernel.asof import AsOf, add_months, month_end, month_ends


def test_another_day_keeps_the_knowledge():
    assert AsOf(day("2025-03-31"), 7).back_to(day("2025-02-28")) == AsOf(day("2025-02-28"), 7)


def test_month_ends():
    assert month_end(day("2024-02-01")) == day("2024-02-29")
    assert month_end(day("2025-12-31")) == day("2025-12-31")
    assert month_ends(day("2025-03-31"), 2) == [day("2025-02-28"), day("2025-03-31")]
    assert month_ends(day("2025-03-30"), 2) == [day("2025-01-31"), day("2025-02-28")]


def test_a_month_later_is_clipped_to_its_end():
    assert add_months(day("2025-01-31"), 1) == day("2025-02-28")
    assert add_months(day("2025-03-31"), -13) == day("2024-02-29")
    assert add_months(day("2025-11-15"), 2) == day("2026-01-15")
