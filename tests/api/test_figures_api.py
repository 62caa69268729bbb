"""The report, its parts and the reasons of its figures over the API are those of the other doors."""

import pytest
from stocked import ON

from seawall.engine.explain import is_of_bank
from seawall.engine.kernel.trace import from_json, reworked
from seawall.services import documents

DAY = ON.isoformat()


@pytest.fixture
def get(caller):
    return caller("boss")


@pytest.fixture
def report(get):
    status, body = get("/reports/protection", as_of=DAY)
    assert status == 200, body
    return body


def test_parts_are_those_of_the_report(get, report):
    few, rolls, speed = (get(path, as_of=DAY)[1] for path in ("/concentration", "/roll-rates", "/dso"))
    assert (few["concentration"], few["largest"]) == (report["concentration"], report["largest"])
    assert rolls["roll_rates"] == [row for row in report["roll_rates"] if row["step"] == "month"] != []
    assert speed["months"][-1]["dso_days"] == report["figures"]["dso_days"]["value"]
    assert "groups" not in speed
    by_customer = get("/dso", as_of=DAY, group_by="customer", months=2)[1]
    assert (len(by_customer["months"]), by_customer["group_by"]) == (2, "customer")
    assert by_customer["groups"][0]["customer_code"]
    assert get("/roll-rates", as_of=DAY, step="year")[1]["step"] == "year"


def test_the_worklist_comes_in_pages_and_is_that_of_the_report(get, report):
    rows, after = [], ""
    while after is not None:
        status, page = get("/worklist", as_of=DAY, after=after, limit=3)
        assert status == 200, page
        rows += page["worklist"]
        after = page["next"]
        assert page["known"] == get("/meta")[1]["known"]
    assert rows == report["worklist"]
    keys = [documents.call_key(row) for row in rows]
    assert keys == sorted(set(keys)), "a page goes on behind a customer, wherever that stands by then"
    assert rows[0]["rank"] == 1
    assert rows[0]["reasons"]


def test_a_figure_explains_itself_and_works_out_again(get, report):
    names = [row["name"] for row in get("/explain")[1]["figures"]]
    assert {"ecl", "dso_days", "loss_ratio_rate", "overdue", "unmatched", "bank_age_days"} <= set(names)
    for name in (each for each in names if not is_of_bank(each)):
        status, trace = get(f"/explain/{name}", as_of=DAY)
        assert status == 200, (name, trace)
        assert reworked(from_json(trace)) == pytest.approx(trace["value"]), name
    assert get("/explain/loss_ratio", as_of=DAY) == get("/explain/loss_ratio_rate", as_of=DAY)


def test_one_customer_s_figure_goes_down_to_its_rows(get, report):
    code = report["worklist"][0]["customer_code"]
    status, trace = get("/explain/open", as_of=DAY, customer=code)
    assert status == 200, trace
    leaves = list(from_json(trace).leaves())
    assert any(leaf.source and leaf.source.kind == "row" for leaf in leaves)


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/explain/nothing", {}, 400, "usage"),
        ("/explain/unmatched", {"entity": "NONE"}, 404, "not_found"),
        ("/explain/unmatched", {"currency": "ZZZ"}, 422, "unknown_code"),
        ("/explain/open", {"customer": "NOBODY"}, 400, "usage"),
        ("/dso", {"months": 25}, 422, "invalid"),
        ("/dso", {"group_by": "colour"}, 422, "invalid"),
        ("/roll-rates", {"step": "week"}, 422, "invalid"),
        ("/worklist", {"after": "%%"}, 422, "bad_input"),
        ("/reports/protection", {"entity": "NONE"}, 404, "not_found"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(get, path, query, status, code):
    answer = get(path, as_of=DAY, **query)
    assert (answer[0], answer[1]["code"]) == (status, code), answer
