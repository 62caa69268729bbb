"""`seawall ageing`: the published shape, the worked example, and questions that cannot be answered."""

import json
import subprocess
import sys

import pytest
from cli.commands import run

DAY = ("--as-of", "2025-03-31")
BUCKETS = ["not_due", "1_30", "31_60", "61_90", "91_180", "181_365", "over_365"]


def asked(folder, *more):
    done = run("ageing", "--files", folder, *DAY, "--format", "json", *more)
    assert done.code == 0, done.err
    return json.loads(done.raw)


def test_the_worked_example_in_the_published_shape(example):
    zero = dict.fromkeys(BUCKETS, "0.00")
    assert asked(example) == {
        "as_of": "2025-03-31",
        "currency": "CNY",
        "scheme": "30/60/90/180/365",
        "buckets": BUCKETS,
        "total": {
            "open": "205000.00", "overdue": "165000.00", "unapplied": "12010.50", "disputed": "10000.00",
            "by_bucket": zero | {"not_due": "40000.00", "1_30": "80000.00", "31_60": "45000.00", "61_90": "40000.00"},
        },
        "customers": [
            {
                "customer_code": "C1", "open": "205000.00", "overdue": "165000.00", "unapplied": "12000.00",
                "disputed": "10000.00",
                "by_bucket": zero | {"not_due": "40000.00", "1_30": "80000.00", "31_60": "45000.00", "61_90": "40000.00"},
            },
            {
                "customer_code": "C2", "open": "0.00", "overdue": "0.00", "unapplied": "10.50", "disputed": "0.00",
                "by_bucket": zero,
            },
        ],
    }  # fmt: skip


def test_who_has_nothing_is_not_there_and_who_has_only_credit_is(example):
    assert [row["customer_code"] for row in asked(example)["customers"]] == ["C1", "C2"]


def test_a_scheme_and_the_day_of_issue(example):
    said = asked(example, "--scheme", "30/60", "--by", "issue")
    assert (said["scheme"], said["by"]) == ("30/60", "issue")
    assert said["buckets"] == ["not_due", "1_30", "31_60", "over_60"]
    assert said["total"]["by_bucket"] == {
        "not_due": "0.00",
        "1_30": "40000.00",
        "31_60": "80000.00",
        "over_60": "85000.00",
    }


@pytest.mark.parametrize(("by", "key"), [("group", "group_code"), ("entity", "entity"), ("sector", "sector")])
def test_groups_stand_beside_the_customers(example, by, key):
    said = asked(example, "--group-by", by)
    assert said["group_by"] == by
    assert sum(float(row["open"]) for row in said["groups"]) == 205000
    assert all(key in row for row in said["groups"])
    assert len(said["customers"]) == 2


def test_several_currencies_without_one_to_report_in(files):
    done = run("ageing", "--files", files, "--as-of", "2026-06-30")
    assert (done.code, done.raw) == (2, b"")
    assert "CNY, EUR" in done.err
    assert "--currency" in done.err


def test_by_currency_both_currencies_stand_side_by_side(files):
    done = run(
        "ageing", "--files", files, "--as-of", "2026-06-30", "--currency", "EUR", "--group-by", "currency", "-f", "json"
    )
    groups = {row["currency"]: row for row in json.loads(done.raw)["groups"]}
    assert groups["EUR"]["open"] == groups["EUR"]["document"]["open"]
    assert float(groups["CNY"]["open"]) < float(groups["CNY"]["document"]["open"])


def test_files_may_follow_one_another(example):
    paths = [example / f"{name}.csv" for name in ("items", "allocations", "customers", "disputes")]
    done = run("ageing", "--files", *paths, *DAY, "--format", "json")
    assert json.loads(done.raw) == asked(example)


def test_what_the_store_knew_is_no_question_to_files(example):
    done = run("ageing", "--files", example, *DAY, "--known-at", "2025-01-01")
    assert done.code == 2
    assert "--known-at" in done.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--scheme", "x"], "scheme"), (["--by", "moon"], "moon"), (["--group-by", "moon"], "moon"),
        (["--entity", "E9"], "E9"), (["--format", "docx"], "docx"), (["--lang", "fr"], "fr"),
        (["--as-of", "31.12.2025"], "31.12.2025"), (["--nonsense"], "nonsense"),
    ],
)  # fmt: skip
def test_usage_errors_leave_with_2_and_say_what_is_wrong(example, arguments, word):
    done = run("ageing", "--files", example, *DAY, *arguments)
    assert done.code == 2
    assert word in done.err
    assert done.raw == b""


def test_an_unknown_currency_is_bad_input(example):
    done = run("ageing", "--files", example, *DAY, "--currency", "XXX")
    assert done.code == 3
    assert "XXX" in done.err


def test_rejected_rows_are_bad_input_and_named(example, tmp_path):
    (tmp_path / "items.csv").write_text((example / "items.csv").read_text().replace("2024-12-10", "2024-13-10"))
    done = run("ageing", "--files", tmp_path, *DAY)
    assert done.code == 3
    assert "items.csv, row 1" in done.err


def test_today_is_said_where_no_day_was_given(example):
    done = run("ageing", "--files", example, "--format", "json")
    assert done.code == 0
    assert "--as-of" in done.err


def test_no_django_and_no_database_driver_is_read_for_files(example):
    code = (
        "import sys; from seawall.cli import main\n"
        f"sys.argv = ['seawall', 'ageing', '--files', {str(example)!r}, '--as-of', '2025-03-31', '--format', 'json']\n"
        "try: main.main()\n"
        "except SystemExit as left: assert left.code == 0\n"
        "heavy = {'django', 'psycopg', 'pydantic', 'typst', 'xlsxwriter', 'babel', 'duckdb', 'rich'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_table_is_aligned_with_wide_characters(files):
    done = run("ageing", "--files", files, "--as-of", "2026-06-30", "--currency", "CNY", "--lang", "zh")
    from seawall.exchange.report_table import width

    assert "应收账款账龄分析表" in done.out
    lines = done.out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("客户"))
    table = lines[first : lines.index("", first) if "" in lines[first:] else None]
    assert len(table) > 10
    assert {width(line) for line in table} == {width(table[1])}
