import pytest
from factories import day

from seawall.engine.kernel.errors import PolicyGap
from seawall.engine.kernel.policy import Policies, Policy, PolicyValue


def policy(name="p", **values):
    rows = tuple(PolicyValue(name, day(on), value, "test") for on, value in values.items())
    return Policy(name, "title", "标题", "rate", "reporting day", rows)


DATED = policy(**{"2025-01-01": 1, "2025-07-01": 2, "2026-01-01": None})


@pytest.mark.parametrize(("on", "value"), [("2025-01-01", 1), ("2025-06-30", 1), ("2025-07-01", 2), ("2025-12-31", 2)])
def test_a_value_holds_until_the_next_ones_day(on, value):
    assert DATED.at(day(on)).value == value


@pytest.mark.parametrize("on", ["2024-12-31", "2026-01-01"])
def test_before_the_first_value_and_after_a_repeal_there_is_a_gap(on):
    with pytest.raises(PolicyGap, match=f"p has no value on {on}") as gap:
        DATED.at(day(on))
    assert "2025-01-01, 2025-07-01" in gap.value.hint


def test_policies_by_id():
    policies = Policies({"p": DATED})
    assert policies.at("p", day("2025-01-01")).value == 1
    with pytest.raises(PolicyGap, match="no policy q"):
        policies.at("q", day("2025-01-01"))


def test_a_question_asked_with_another_value():
    asked = Policies({"p": DATED, "q": policy("q", **{"2025-01-01": 5})}).replaced("p", 9, source="the question")
    assert asked.at("p", day("1999-01-01")).value == 9
    assert asked.at("p", day("1999-01-01")).source == "the question"
    assert asked.at("q", day("2025-01-01")).value == 5
    with pytest.raises(PolicyGap, match="no policy r"):
        asked.replaced("r", 1, source="the question")


def test_the_digest_follows_days_and_values_only():
    same = policy(**{"2025-01-01": 1, "2025-07-01": 2, "2026-01-01": None})
    other = policy(**{"2025-01-01": 1, "2025-07-01": 3, "2026-01-01": None})
    assert Policies({"p": DATED}).digest == Policies({"p": same}).digest != Policies({"p": other}).digest
