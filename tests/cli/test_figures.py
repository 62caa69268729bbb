"""`seawall report` and its parts: every format, both languages, and the reasons of figures."""

import csv
import io
import json

import pytest
from cli.commands import run

ASK = ("--as-of", "2026-06-30", "--currency", "CNY")


@pytest.mark.parametrize("command", ["ageing", "report", "dso", "provision", "rollrates", "concentration", "worklist"])
@pytest.mark.parametrize(
    ("form", "begins"), [("json", b"{"), ("csv", b""), ("xlsx", b"PK"), ("html", b"<!doctype html>"), ("pdf", b"%PDF-")]
)
def test_every_command_has_every_format(files, command, form, begins):
    done = run(command, "--files", files, *ASK, "--format", form)
    assert done.code == 0, done.err
    assert done.raw.startswith(begins)
    assert len(done.raw) > 200


def test_the_same_question_gives_the_same_bytes(files):
    for form in ("json", "csv", "xlsx", "html", "pdf"):
        first, second = (run("report", "--files", files, *ASK, "--format", form).raw for _ in range(2))
        assert first == second, form


def test_the_report_ties_to_the_ageing(files):
    report = json.loads(run("report", "--files", files, *ASK, "--format", "json").raw)
    ageing = json.loads(run("ageing", "--files", files, *ASK, "--format", "json").raw)
    assert report["ageing"]["total"] == ageing["total"]
    assert report["ageing"]["customers"] == ageing["customers"]
    assert report["reconciliation"]["status"] == "reconciled"


def test_parts_of_the_report_are_the_same_figures(files):
    report = json.loads(run("report", "--files", files, *ASK, "--format", "json").raw)
    provision = json.loads(run("provision", "--files", files, *ASK, "--format", "json").raw)
    dso = json.loads(run("dso", "--files", files, *ASK, "--format", "json", "--group-by", "entity").raw)
    rolls = json.loads(run("rollrates", "--files", files, *ASK, "--format", "json").raw)
    few, calls = (
        json.loads(run(name, "--files", files, *ASK, "--format", "json").raw) for name in ("concentration", "worklist")
    )
    assert (few["concentration"], few["largest"]) == (report["concentration"], report["largest"])
    assert calls["worklist"] == report["worklist"]
    assert provision["total"]["ecl"] == report["figures"]["ecl"]["value"]
    assert provision["provision"] == report["provision"]
    assert dso["months"][-1]["dso_days"] == report["figures"]["dso_days"]["value"]
    assert {row["entity"] for row in dso["groups"]} <= set(report["entities"])
    assert rolls["roll_rates"] == [row for row in report["roll_rates"] if row["step"] == "month"]


def test_the_board_reads_the_sentence_that_matters_first(files):
    lines = run("report", "--files", files, *ASK).out.splitlines()
    assert any(line.startswith("Net loss") for line in lines[:12])
    assert any(
        line.startswith("净坏账损失占营业额")
        for line in run("report", "--files", files, *ASK, "--lang", "zh").out.splitlines()[:12]
    )


def test_method_and_standard_are_chosen(files):
    asked = ("--method", "ageing_percentages", "--standard", "cas22")
    said = json.loads(run("provision", "--files", files, *ASK, *asked, "--format", "json").raw)
    assert (said["method"], said["standard"]) == ("ageing_percentages", "cas22")
    assert {row["basis"] for row in said["provision"]} == {"policy"}
    assert run("provision", "--files", files, *ASK, "--method", "guess").code == 2


def test_roll_rates_on_wider_buckets_are_refused(files):
    done = run("rollrates", "--files", files, *ASK, "--scheme", "30/60/90/180/365")
    assert done.code == 2
    assert "one step wide" in done.err
    assert (
        json.loads(run("rollrates", "--files", files, *ASK, "--scheme", "annual", "-f", "json").raw)["step"] == "year"
    )


def test_csv_of_a_whole_report_is_one_table_of_cells(files):
    rows = list(csv.DictReader(io.StringIO(run("report", "--files", files, *ASK, "--format", "csv").out)))
    assert {row["table"] for row in rows} >= {"ageing_by_bucket", "months", "provision", "journal", "largest"}
    total = sum(float(row["value"]) for row in rows if (row["table"], row["column"]) == ("ageing_by_bucket", "open"))
    assert total == pytest.approx(
        float(json.loads(run("ageing", "--files", files, *ASK, "-f", "json").raw)["total"]["open"])
    )


@pytest.mark.parametrize("command", ["ageing", "dso"])
def test_parquet_holds_the_rows_with_amounts_as_decimals(files, command):
    import polars as pl

    frame = pl.read_parquet(io.BytesIO(run(command, "--files", files, *ASK, "--format", "parquet").raw))
    assert frame.height > 5
    assert frame.schema["open"].is_decimal()
    text = run(command, "--files", files, *ASK, "--format", "csv").out
    assert frame.columns == next(csv.reader(io.StringIO(text)))
    assert run("report", "--files", files, *ASK, "--format", "parquet").code == 2


def test_why_goes_down_to_the_rows_of_the_file(files):
    code = json.loads(run("ageing", "--files", files, *ASK, "-f", "json").raw)["customers"][0]["customer_code"]
    done = run("explain", "open", "--files", files, *ASK, "--customer", code)
    assert done.code == 0, done.err
    assert "items.csv, row" in done.out
    trace = json.loads(run("explain", "open", "--files", files, *ASK, "--customer", code, "-f", "json").raw)
    assert trace["unit"] == "money"
    assert trace["inputs"]


@pytest.mark.parametrize("figure", ["overdue", "ecl", "sales_12m", "hhi", "loss_ratio", "dso"])
def test_why_of_a_headline_goes_down_to_the_rows_of_the_file(files, figure):
    done = run("explain", figure, "--files", files, *ASK)
    assert done.code == 0, done.err
    assert "items.csv, row" in done.out


def test_why_names_policies_their_day_and_what_is_unverified(files):
    done = run("explain", "ecl", "--files", files, *ASK)
    assert "policy accounting.forward_looking, in force from 1 January 2000" in done.out
    assert "unverified" in done.out
    assert "未核实" in run("explain", "ecl", "--files", files, *ASK, "--lang", "zh").out


def test_every_named_figure_can_be_explained(files):
    names = [line.split()[0] for line in run("explain", "list").out.splitlines()]
    assert len(names) > 30
    for name in names[::6]:
        assert run("explain", name, "--files", files, *ASK).code == 0, name
    assert run("explain", "nonsense", "--files", files, *ASK).code == 2


@pytest.mark.parametrize("command", ["ageing", "report", "dso", "provision"])
def test_explain_beside_the_figures(files, command):
    said = json.loads(run(command, "--files", files, *ASK, "-f", "json", "--explain").raw)
    assert said["explain"]["label"]
    assert "← " in run(command, "--files", files, *ASK, "--explain").out
    assert run(command, "--files", files, *ASK, "-f", "csv", "--explain").code == 2


def test_check_on_files(files):
    done = run("check", "--files", files, "--as-of", "2026-06-30", "-f", "json")
    assert (done.code, json.loads(done.raw)["holds"]) == (0, True)


def test_an_empty_ledger_has_nothing_to_report(tmp_path):
    (tmp_path / "items.csv").write_text("entity,customer_code,kind,number,issued_on,due_on,currency,amount\n")
    assert run("report", "--files", tmp_path, "--as-of", "2026-06-30").code == 3
    said = json.loads(run("ageing", "--files", tmp_path, "--as-of", "2026-06-30", "-f", "json").raw)
    assert (said["currency"], said["customers"]) == (None, [])


@pytest.mark.parametrize("form", ["csv", "parquet", "engine"])
def test_a_generated_ledger_is_read_back_alike(tmp_path, form):
    assert run("generate", "--items", 400, "--customers", 8, "--seed", 3, "--out", tmp_path, "--format", form).code == 0
    said = json.loads(run("ageing", "--files", tmp_path, *ASK, "-f", "json").raw)
    assert said["total"]["open"] == OPEN.setdefault("open", said["total"]["open"])
    assert float(said["total"]["open"]) > 0


OPEN: dict[str, str] = {}
