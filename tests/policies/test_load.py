import datetime as dt
from pathlib import Path

import pytest

import seawall.policies
from seawall.engine.kernel.errors import PolicyGap, PolicyInvalid, PolicyOverlap
from seawall.policies.load import INSURANCE, load, parse, shipped

GOOD = """\
id: house.example
title: Example
title_zh: 示例
unit: rate
governed_by: reporting day
values:
  2020-01-01: {value: 0.1, source: House choice}
  2024-01-01: {value: null, source: Repealed}
  2025-01-01: {value: 0.2, source: 'Memory [K]', note: Later}
"""


class TestShipped:
    def test_every_policy_has_a_value_on_every_day_since_2000(self):
        for policy_id in shipped().by_id:
            assert shipped().at(policy_id, dt.date(2000, 1, 1)).source, policy_id

    def test_every_file_is_named_after_its_policy(self):
        folder = Path(__file__).resolve().parents[2] / "src/seawall/policies"
        for path in set(folder.rglob("*.yaml")) - set((folder / INSURANCE).glob("*.yaml")):
            policy = parse(path.read_text("utf-8"), name=path.name)
            assert policy.policy_id == ".".join(path.relative_to(folder).with_suffix("").parts)

    def test_what_was_written_from_memory_is_marked(self):
        assert not shipped().at("accounting.ecl_floor", dt.date(2025, 1, 1)).is_verified
        assert shipped().at("house.loss_aim", dt.date(2025, 1, 1)).is_verified


class TestParse:
    def test_values_hold_from_their_day_and_none_repeals(self):
        policy = parse(GOOD, name="example.yaml")
        assert policy.at(dt.date(2023, 12, 31)).value == 0.1
        assert policy.at(dt.date(2025, 1, 1)).note == "Later"
        for day in (dt.date(2019, 12, 31), dt.date(2024, 6, 1)):
            with pytest.raises(PolicyGap):
                policy.at(day)

    @pytest.mark.parametrize(
        ("old", "new", "line", "what"),
        [
            ("value: 0.1", "value: 1.1", 7, "1.1 is not a rate"),
            ("value: 0.1", "value: true", 7, "True is not a rate"),
            ("unit: rate", "unit: rat", 4, "The unit rat is not known"),
            ("unit: rate", "unit: fields", 7, "needs a table of fields"),
            ("unit: rate", "unit: rate\nfields: {}\nextra: 1", 6, "The field extra is not known"),
            ("title: Example\n", "", 1, "The field title is missing"),
            ("2020-01-01:", "someday:", 7, "someday is not a day"),
            (", source: Repealed", "", 8, "names its source"),
            (", note: Later", ", nota: Later", 9, "nota is not known"),
            ("value: 0.1", f"value: {'9' * 400}", 7, "is not a rate"),
            ("2024-01-01:", "2024-01-01 10:00:00:", 8, "2024-01-01 10:00:00 is not a day"),
            ("2024-01-01:", "? [a]\n  :", 8, "A name cannot be a list or a table"),
        ],
    )
    def test_a_flaw_names_its_line(self, old, new, line, what):
        with pytest.raises(PolicyInvalid) as found:
            parse(GOOD.replace(old, new, 1), name="house/example.yaml")
        assert what in found.value.message
        assert "house/example.yaml" in found.value.message
        assert found.value.where.row == line

    def test_what_is_no_yaml_names_its_line_too(self):
        with pytest.raises(PolicyInvalid) as found:
            parse(GOOD.replace("values:", "values: ["), name="x.yaml")
        assert found.value.where.row == 8

    def test_a_day_given_twice_is_an_overlap(self):
        with pytest.raises(PolicyOverlap) as found:
            parse(GOOD.replace("2025-01-01", "2020-01-01"), name="x.yaml")
        assert found.value.where.row == 9

    def test_a_name_given_twice_in_a_list_is_an_overlap(self):
        text = GOOD.replace("unit: rate", "unit: list").replace("0.2", "[{cause: a, cause: b}]").replace("0.1", "[]")
        with pytest.raises(PolicyOverlap, match="gives cause twice, line 9"):
            parse(text, name="x.yaml")

    def test_fields_are_checked_one_by_one(self):
        text = GOOD.replace("unit: rate", "unit: fields\nfields: {days: days, side: [left, right]}")
        text = text.replace("value: 0.1", "value: {days: 3, side: left}").replace(
            "value: 0.2", "value: {days: 3, side: up}"
        )
        with pytest.raises(PolicyInvalid, match="up is not one of left, right"):
            parse(text, name="x.yaml")
        with pytest.raises(PolicyInvalid, match="The field side is missing"):
            parse(text.replace(", side: up", ""), name="x.yaml")

    def test_pools_are_named_by_what_a_customer_has(self):
        path = Path(seawall.policies.__file__).parent / "accounting/ecl_pools.yaml"
        with pytest.raises(PolicyInvalid, match="entity is not one of all, sector, country"):
            parse(path.read_text("utf-8").replace("value: all", "value: entity"), name="ecl_pools.yaml")

    def test_rates_by_days_begin_with_day_0(self):
        text = GOOD.replace("unit: rate", "unit: rates_by_days").replace(
            "value: 0.1", "value: {due: {0: 0.1, 31: 0.5}}"
        )
        assert parse(text.replace("value: 0.2", "value: {due: {0: 0.2}}"), name="x.yaml").unit == "rates_by_days"
        with pytest.raises(PolicyInvalid, match="beginning with day 0"):
            parse(text.replace("value: 0.2", "value: {due: {1: 0.2}}"), name="x.yaml")


def test_two_files_of_one_policy_are_an_overlap(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "b.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(PolicyOverlap):
        load(tmp_path)


def test_another_value_for_one_question_changes_the_digest():
    other = shipped().replaced("house.loss_aim", 0.01, source="test")
    assert other.at("house.loss_aim", dt.date(1990, 1, 1)).value == 0.01
    assert other.digest != shipped().digest
    with pytest.raises(PolicyGap):
        shipped().replaced("house.nothing", 1, source="test")
