import pytest

from seawall.engine.kernel.errors import Broken
from seawall.engine.kernel.trace import FORMULAS, Source, Step, formula, from_json, reworked, worked


@pytest.fixture(autouse=True)
def _area():
    """A formula that only these tests know: others look at all there are."""
    formula("test_area", "Length times width", "Any school book")(lambda values: values[0] * values[1])
    yield
    del FORMULAS["test_area"]


def leaf(value, label="Side"):
    return Step(label, value, "number", source=Source("table", "sides", "1"))


def test_a_step_is_worked_out_of_its_inputs():
    step = worked("test_area", "Area of {name}", "number", [leaf(3), leaf(4)], name="the field")
    assert (step.value, step.title) == (12, "Area of the field")
    assert [each.value for each in step.leaves()] == [3, 4]


def test_a_tree_survives_being_written_down():
    step = worked(
        "test_area", "Area", "number", [worked("test_area", "Inner", "number", [leaf(2), leaf(0.1)]), leaf(4)]
    )
    data = step.as_json()
    assert data["formula"] == {"id": "test_area", "title": "Length times width", "reference": "Any school book"}
    assert from_json(data) == step
    assert reworked(from_json(data)) == step.value == 2 * 0.1 * 4


def test_a_changed_leaf_gives_another_value():
    data = worked("test_area", "Area", "number", [leaf(3), leaf(4)]).as_json()
    data["inputs"][0]["value"] = 5
    assert reworked(from_json(data)) == 20


def test_an_unknown_formula_is_a_broken_promise():
    with pytest.raises(Broken):
        reworked(Step("Area", 12, "number", formula_id="test_nobody", inputs=(leaf(1),)))
    assert "test_area" in FORMULAS
