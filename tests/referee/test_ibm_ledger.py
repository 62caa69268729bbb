"""`seawall report` on the IBM ledger gives, to the cent, what a script of the definitions alone gives."""

import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SEAWALL_SHARED", ROOT.parent / "shared"))
LEDGER = SHARED / "data/ar/ibm_accounts_receivable.csv.gz"
DAYS = ("2012-06-30", "2012-12-31", "2013-02-28", "2013-06-30", "2013-11-30")

pytestmark = pytest.mark.skipif(not LEDGER.exists(), reason="the shared folder with the IBM ledger is not here")

SCRIPT = Path(__file__).with_name("ibm_ledger.py")
spec = importlib.util.spec_from_file_location("ibm_ledger", SCRIPT)
referee = importlib.util.module_from_spec(spec)
spec.loader.exec_module(referee)


@pytest.fixture(scope="module", params=DAYS)
def both(request):
    ours = report(request.param)
    return ours, referee.opinion(str(LEDGER), dt.date.fromisoformat(request.param))


def report(day):
    command = [sys.executable, "-m", "seawall.cli.main", "report", "--files", str(LEDGER), "--mapping", "ibm"]
    done = subprocess.run([*command, "--as-of", day, "--format", "json"], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_the_referee_uses_nothing_of_ours():
    source = SCRIPT.read_text(encoding="utf-8")
    assert "seawall" not in source.split('"""', 2)[2]


def test_totals(both):
    ours, theirs = both
    total = ours["ageing"]["total"]
    assert total["unapplied"] == "0.00"
    assert {name: Decimal(total[name]) for name in ("open", "overdue", "disputed")} == {
        name: theirs["total"][name] for name in ("open", "overdue", "disputed")
    }
    assert {name: Decimal(amount) for name, amount in total["by_bucket"].items()} == theirs["total"]["by_bucket"]
    assert theirs["total"]["open"] > 0


def test_every_customer(both):
    ours, theirs = both
    found = {row["customer_code"]: row for row in ours["ageing"]["customers"]}
    assert found.keys() == theirs["customers"].keys()
    for code, one in theirs["customers"].items():
        assert Decimal(found[code]["open"]) == one["open"]
        assert Decimal(found[code]["overdue"]) == one["overdue"]
        assert Decimal(found[code]["disputed"]) == one["disputed"]
        assert {name: Decimal(amount) for name, amount in found[code]["by_bucket"].items()} == one["by_bucket"]


def test_speed_habits_and_concentration(both):
    ours, theirs = both
    for name, value in theirs["figures"].items():
        assert ours["figures"][name]["value"] == pytest.approx(value, abs=1e-9), name


def test_sales_and_loss(both):
    ours, theirs = both
    assert Decimal(ours["figures"]["sales_12m"]["value"]) == theirs["sales_12m"]
    assert Decimal(ours["figures"]["net_loss_12m"]["value"]) == 0
    assert Decimal(ours["figures"]["write_offs_12m"]["value"]) == 0


def test_expected_loss_stands_on_the_floor(both):
    ours, theirs = both
    assert {row["basis"] for row in ours["provision"]} == {"floor"}
    assert {row["bucket"]: Decimal(row["ecl"]) for row in ours["provision"]} == theirs["ecl_by_bucket"]
    assert Decimal(ours["figures"]["ecl"]["value"]) == theirs["ecl"]


def test_the_command_line_of_the_referee_prints_the_same():
    done = subprocess.run([sys.executable, SCRIPT, LEDGER, "2013-06-30"], capture_output=True, check=True)
    assert json.loads(done.stdout)["total"]["open"] == "5119.85"
