"""`seawall cover`, `leaks`, `deadlines` and `claim simulate` on files: published shapes, every format, both languages."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from cli.commands import run
from mangled_policies import BAD, GOOD, refused_in_chinese

from seawall.engine.kernel.money import amount_text
from seawall.engine.kernel.trace import from_json, reworked

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/reference/example-insured"
ASKED = {
    "cover": ("cover", "--as-of", "2025-09-15"),
    "leaks": ("leaks", "--as-of", "2025-07-01"),
    "deadlines": ("deadlines", "--as-of", "2025-07-01"),
    "claim": ("claim", "simulate", "--customer", "C1", "--cause", "insolvency", "--date-of-loss", "2025-09-15"),
}
ITEM = [
    "customer_code",
    "number",
    "policy",
    "currency",
    "open",
    "eligible",
    "covered",
    "indemnity",
    "reason",
    "clause",
    "cure_by",
]


@pytest.fixture
def insured(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "insured")
    return tmp_path / "insured"


def asked(name, folder, *more):
    done = run(*ASKED[name], "--files", folder, "--format", "json", *more)
    assert done.code == 0, done.err
    return json.loads(done.raw)


def test_cover_in_the_published_shape(insured):
    said = asked("cover", insured)
    assert said["as_of"] == "2025-09-15"
    rows = {row["number"]: row for row in said["items"]}
    assert all(list(row)[: len(ITEM)] == ITEM for row in rows.values())
    assert {name: rows["I2"][name] for name in ITEM} == {
        "customer_code": "C1", "number": "I2", "policy": "P-2025", "currency": "USD", "open": "100000.00",
        "eligible": "85000.00", "covered": "85000.00", "indemnity": "74833.33", "reason": "disputed",
        "clause": "disputed", "cure_by": "2026-05-14",
    }  # fmt: skip
    assert (rows["I4"]["reason"], rows["I4"]["fact"]) == ("stopped_by_overdue", {"number": "I1", "since": "2025-06-10"})


def test_deadlines_in_the_published_shape(insured):
    rows = asked("deadlines", insured)["deadlines"]
    assert list(rows[0])[:7] == ["kind", "on", "customer_code", "number", "policy", "consequence", "state"]
    assert [row["on"] for row in rows] == sorted(row["on"] for row in rows)
    assert {row["kind"] for row in rows} == {"mep_end", "stop_of_cover", "overdue_notice", "hand_over", "waiting_period_end",
                                             "claim_filing"}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_a_customers_name_stands_beside_its_code(insured, name):
    said = asked(name, insured)
    rows = [row for part in ("items", "curable", "lost", "deadlines") for row in said.get(part, ())]
    assert {(row["customer_code"], row["name"]) for row in rows} == {("C1", "Harbour Trading")}
    assert "Harbour Trading" in run(*ASKED[name], "--files", insured, "--format", "table").out
    (insured / "customers.csv").write_text("customer_code,name,country\nC1,,DE\nC9,,FR\n", encoding="utf-8")
    assert {
        row["name"] for part in ("items", "curable", "deadlines") for row in asked(name, insured).get(part, ())
    } == {"C1"}


def test_a_claim_in_the_published_shape(insured):
    said = asked("claim", insured, "--recovered", "46000", "--costs", "4000", "--dispute-won", "I2")
    names = ["customer_code", "policy", "currency", "steps", "items", "gross", "indemnity", "retained", "balances"]
    assert [name for name in said if name in names] == names
    assert (said["gross"], said["indemnity"], said["retained"]) == ("350000.00", "216500.00", "133500.00")
    assert said["balances"] == {"aggregate_first_loss_left": "0.00", "annual_maximum_left": "983500.00"}
    assert said["steps"][0] == {"name": "gross", "amount": "350000.00"}
    assert said["recovery"]["insurer"] == "27540.00"
    assert said["supplementary"]["indemnity"] == "13500.00"


def test_a_wording_is_asked_otherwise_without_touching_the_file(insured):
    order = "loss_operators=[threshold, each_and_every, aggregate_first_loss, insured_rate, annual_maximum]"
    assert asked("claim", insured, "--set", order)["indemnity"] == "217800.00"
    assert asked("claim", insured, "--set", "P-2025:mep.days=90")["steps"][2]["name"] == "disputed"
    assert asked("claim", insured)["indemnity"] == "216500.00"


def test_all_customers_in_an_order(insured):
    done = run("claim", "simulate", "--all", "--date-of-loss", "2025-09-15", "--files", insured, "--format", "json")
    assert json.loads(done.raw)["customer_code"] == "C1"


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["table", "csv", "xlsx", "html"])
def test_every_format_in_both_languages(insured, tmp_path, name, language, form):
    out = tmp_path / f"answer.{form}"
    done = run(*ASKED[name], "--files", insured, "--format", form, "--lang", language, "--out", out)
    assert done.code == 0, done.err
    assert out.stat().st_size > 100
    if form == "table":
        assert ("保单" in out.read_text("utf-8")) == (language == "zh")


@pytest.mark.parametrize("on", ["2025-07-01", "2025-09-15", "2025-12-01"])
def test_why_each_item_is_covered_as_it_is(insured, on):
    asked_at = ("--files", insured, "--as-of", on, "--format", "json")
    items = [row for row in json.loads(run("cover", *asked_at).out)["items"] if row["policy"]]
    assert items
    for row in items:
        named = ("--customer", row["customer_code"], "--item", f"{row['entity']}/{row['number']}")
        trace = json.loads(run("explain", "cover", *named, *asked_at).out)
        assert reworked(from_json(trace)) == trace["value"]
        assert amount_text(trace["value"], trace["currency"]) == row["indemnity"]
        covered = trace["inputs"][0]
        assert amount_text(covered["value"], trace["currency"]) == row["covered"]
        assert row["reason"] is None or row["reason"] in json.dumps(trace) or row["covered"] != "0.00"


def test_cover_is_explained_of_one_item(insured):
    asked_at = ("--files", insured, "--as-of", "2025-09-15")
    assert run("explain", "cover", "--customer", "C1", *asked_at).code == 2
    assert run("explain", "cover", "--customer", "C1", "--item", "none", *asked_at).code == 1
    said = run("explain", "cover", "--customer", "C1", "--item", "I5", *asked_at).out
    assert "Not covered: payment term too long" in said


def test_why_a_claim_under_way_comes_to_what_is_expected(insured):
    one = ("--customer", "C1", "--policy", "P-2025", "--date-of-loss", "2025-09-15", "--explain")
    asked_at = ("--files", insured, "--as-of", "2025-09-20")
    said = json.loads(run("claim", "show", *one, *asked_at, "--format", "json").out)
    assert reworked(from_json(said["explain"])) == said["explain"]["value"] > 0
    assert amount_text(said["explain"]["value"], "USD") == said["money"]["expected"]
    assert run("claim", "cases", "--explain", *asked_at).code == 2


def test_why_a_claim_comes_to_what_it_does(insured):
    done = run(*ASKED["claim"], "--files", insured, "--explain")
    assert "item I5: payment term too long" in done.out
    assert "← policy P-2025 max_payment_term" in done.out


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("insured_rate: 0.9", "insured_rate: 1.9", 3, "policies/p-2025.yaml cannot be used, line 23: 1.9 is not a rate"),
        ("mep: {days: 60}", "mep: {weeks: 9}", 3, "line 15: "),
        ("to: 2025-12-31", "to: 2025-02-31", 3, "line 6: There is no day 2025-02-31"),
        ("  vat: out", "", 3, "for vat"),
        ("  vat: out", "  vat: out\n  vat: in", 3, "gives vat twice, line 12"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_refused_with_file_line_and_reason(insured, old, new, code, told):
    path = insured / "policies/p-2025.yaml"
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    done = run(*ASKED["cover"], "--files", insured)
    assert (done.code, done.raw) == (code, b"")
    assert told in done.err


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--set", "mep"), 2, "sets no term"),
        (("--set", "OTHER:mep.days=3"), 2, "sets no term"),
        (("--set", "mep.days=soon"), 3, "soon is not a whole number"),
        (("--policy", "OTHER"), 3, "There is no insurance policy OTHER"),
        (("--customer", "NOBODY"), 1, "There is no customer NOBODY"),
    ],
)
def test_questions_that_cannot_be_answered(insured, more, code, told):
    done = run(*ASKED["cover"], "--files", insured, *more)
    assert (done.code, done.raw) == (code, b"")
    assert told in done.err


def test_a_ledger_without_policies_says_what_to_do(example):
    done = run("cover", "--files", example, "--as-of", "2025-03-31")
    assert done.code == 2
    assert "policies" in done.err


def test_claims_that_make_no_sense(insured):
    for words, told in (
        (("--date-of-loss", "yesterday", "--customer", "C1"), "not a date"),
        (("--date-of-loss", "2025-09-15", "--customer", "C1", "--cause", "flood"), "flood is no cause"),
        (("--date-of-loss", "2025-09-15"), "Add --customer CODE, or --all."),
        (("--date-of-loss", "2025-09-15", "--customer", "C1", "--all"), "Say who fails"),
        (("--date-of-loss", "2025-09-15", "--customer", "C1", "--as-of", "2025-09-01"), "before the loss"),
        (("--date-of-loss", "2025-09-15", "--customer", "C1", "--dispute-won", "I9"), "There is no item I9"),
    ):
        done = run("claim", "simulate", "--files", insured, *words)
        assert done.code in (1, 2)
        assert told in done.err


FILE = (
    "claim",
    "file",
    "--customer",
    "C1",
    "--policy",
    "P-2025",
    "--date-of-loss",
    "2025-09-15",
    "--as-of",
    "2025-10-15",
)


def test_a_claim_file_is_made_of_files_in_every_form(insured, tmp_path):
    for form, begins in (("pdf", b"%PDF-"), ("zip", b"PK"), ("xlsx", b"PK"), ("html", b"<!"), ("json", b"{")):
        out = tmp_path / f"file.{form}"
        done = run(*FILE, "--files", insured, "--out", out)
        assert (done.code, out.read_bytes().startswith(begins)) == (0, True), done.err
        piped = run(*FILE, "--files", insured, "--format", form)
        assert piped.raw == out.read_bytes()
    with zipfile.ZipFile(tmp_path / "file.zip") as packed:
        said = json.loads(packed.read("claim-file.json"))
    assert said == json.loads((tmp_path / "file.json").read_text())
    assert (said["claims"][0]["indemnity"], said["documents"]) == ("216500.00", None)


def test_a_claim_file_that_makes_no_sense(insured):
    for words, told in (
        (("--as-of", "2025-09-14"), "before the loss"),
        (("--date-of-loss", "yesterday"), "not a date"),
        (("--policy", "P-1999"), "no insurance policy P-1999"),
        (("--customer", "C7"), "no customer C7"),
        (("--cause", "flood"), "flood is no cause"),
        (("--keep",), "out of the store"),
        (("--format", "docx"), "no format docx"),
    ):
        done = run(*FILE, "--files", insured, *words)
        assert done.code in (1, 2, 3)
        assert told in done.err


def test_the_journal_of_claims_of_files(insured):
    key = "C1,P-2025,2025-09-15,insolvency"
    with (insured / "claims.csv").open("a") as file:
        file.write(f"{key},2025-12-10,190000,8000\n")
    asked = ("claim", "journal", "--files", insured, "--from", "2025-12-01", "--to", "2025-12-31")
    said = json.loads(run(*asked, "--format", "json").raw)
    assert [(line["event"], line["account"], line["debit"], line["credit"]) for line in said["lines"]] == [
        ("payment", "bank", "190000.00", "0.00"), ("payment", "indemnity_income", "0.00", "190000.00"),
    ]  # fmt: skip
    english, chinese = (run(*asked, "--format", "csv", "--lang", language).raw for language in ("en", "zh"))
    assert english == chinese
    assert b"indemnity_income" in english
    assert "Journal of claims" in run(*asked).out
    for words, told in ((("--from", "2026-01-01"), "ends before"), (("--to", "soon"), "not a date")):
        done = run(*asked, *words)
        assert (done.code in (2, 3), told in done.err) == (True, True)


def test_a_spoilt_policy_is_refused_in_chinese(tmp_path):
    file, refused = tmp_path / "p.yaml", list(refused_in_chinese("p.yaml"))
    assert len(refused) == len(BAD)
    for text, message, hint in refused:
        file.write_text(text, encoding="utf-8")
        done = run("insurance", "check", file, "--lang", "zh")
        assert (done.code, done.err.split()) == (3, f"seawall: {message} {hint}".split())


def test_what_can_never_come_to_bear_is_remarked(insured, tmp_path):
    odd = GOOD.replace("{rate: 0.85}", "{rate: 0.85, rules: [{cause: political, rate: 0.7}]}")
    (tmp_path / "p.yaml").write_text(odd.replace("currency: USD", "currency: USD\nbuyers: [NO1]"))
    done = run("insurance", "check", tmp_path / "p.yaml")
    assert (done.code, "political, which is not among the causes" in done.err, "NO1" in done.err) == (0, True, False)
    (policy,) = (insured / "policies").glob("*.yaml")
    assert "not in the ledger" not in run(*ASKED["cover"], "--files", insured).err
    policy.write_text(policy.read_text().replace("\ncurrency:", "\nbuyers: [C1, NO1]\ncurrency:"))
    done = run(*ASKED["cover"], "--files", insured)
    assert (done.code, "1 of the customers that buyers names are not in the ledger: NO1." in done.err) == (0, True)
