"""``seawall demo``: from nothing to the report, quick the second time, and never on somebody's own store."""

import json
import re
import resource

import pytest
from cli.stores import LOG_NAME, own_home, seawall, serving

SECOND_START_SECONDS = 10  # of CPU: a busy machine is no fault of the start


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's store after its first start, and what that printed."""
    with own_home(tmp_path_factory.mktemp("demo")) as home:
        first = seawall(home, "demo", "--no-serve")
        assert first.returncode == 0, first.stderr
        yield home, first


def test_it_prints_the_report_of_the_invented_company(demo):
    _home, first = demo
    for words in ("Expected credit loss", "Days sales outstanding", "Roll rates", "2026-09-30"):
        assert words in first.stdout
    assert "nvented" in first.stdout + first.stderr


def test_the_second_start_is_quick_and_prints_the_same(demo):
    home, first = demo
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    second = seawall(home, "demo", "--no-serve")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime < SECOND_START_SECONDS
    assert (second.returncode, second.stdout) == (0, first.stdout)


def test_its_people_have_been_at_work(demo):
    home, _first = demo
    journal = json.loads(seawall(home, "bank", "journal", "--to", "2026-09-30", "--format", "json").stdout)
    assert journal["postings"] == 3
    assert {"receipt", "bank_charge"} <= {line["event"] for line in journal["lines"]}
    assert len(json.loads(seawall(home, "customer", "tasks", "--format", "json").stdout)["tasks"]) >= 5


def test_it_serves_pages_that_say_they_are_the_demo(demo):
    home, _first = demo
    with serving(home, "demo"):
        pass
    told = (home.path.parent / LOG_NAME).read_text(encoding="utf-8")
    assert re.search(r"User: demo\n", told)
    assert re.search(r"One-time password: \S{12,}\n", told)


def test_it_touches_no_store_that_is_not_its_own(tmp_path):
    with own_home(tmp_path) as home:
        assert seawall(home, "init", "--name", "Mine").returncode == 0
        refused = seawall(home, "demo", "--no-serve")
    assert refused.returncode == 1
    assert "not the demo's" in refused.stderr


def test_it_refuses_a_demo_that_something_else_was_imported_into(demo, tmp_path):
    home, _first = demo
    file = tmp_path / "customers.csv"
    file.write_text("customer_code,name\nX-1,Somebody else\n", encoding="utf-8")
    imported = seawall(home, "import", file)
    assert imported.returncode == 0, imported.stderr
    refused = seawall(home, "demo", "--no-serve")
    assert refused.returncode == 1
    assert "holds something else: customers.csv" in refused.stderr
