"""Worked examples of the allowance, as YAML a credit manager can add to."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

from seawall.engine.protection.expected_loss import applied, chain_ladder, matrix, net_of_insurance
from seawall.engine.risk.loss_rates import observed
from seawall.engine.risk.roll_rates import migration

HERE = Path(__file__).parent
CASES = sorted([*(HERE / "provision").glob("*.yaml"), *(HERE / "rollrates").glob("*.yaml")])


def check_matrix(case):
    rows = matrix(case["gross"], case["rates"], factor=case.get("factor", 1.0))
    tolerance = case.get("tolerance", {"line": 0, "total": 0})
    assert [row.ecl_minor for row in rows] == pytest.approx(case["expected"]["ecl"], abs=tolerance["line"])
    total = sum(row.ecl_minor for row in rows)
    assert total == pytest.approx(case["expected"]["total"], abs=tolerance["total"])


def check_cohort(case):
    unpaid = [case["sales"], *case["unpaid_after"].values()]
    paid = [before - after for before, after in zip(unpaid, [*unpaid[1:], case["never_paid"]], strict=True)]
    ended = np.array(paid, dtype=np.int64)
    ended[-1] += case["never_paid"]
    lost = np.array([0] * (len(paid) - 1) + [case["never_paid"]], dtype=np.int64)
    found = observed(ended[:, None], lost[:, None], [1] * len(paid), [0] * len(paid))
    assert [one.reached_minor for one in found] == unpaid
    assert [one.rate for one in found] == pytest.approx(case["expected_rates"], abs=1e-6)
    check_matrix({"gross": case["balances"], "rates": [one.rate for one in found], "expected": case["expected"]})


def check_triangle(case):
    factors, ultimates = chain_ladder(case["collected"])
    expected = case["expected"]
    left = [sold - ultimate for sold, ultimate in zip(case["sales"], ultimates, strict=True)]
    assert factors == pytest.approx(expected["factors"], abs=1e-6)
    assert ultimates == pytest.approx(expected["ultimates"], abs=1e-3)
    assert left == pytest.approx(expected["uncollected"], abs=1e-3)
    assert sum(left) == pytest.approx(expected["total"], abs=1e-3)


def check_insured(case):
    given = {name: Decimal(case[name]) for name in ("rate", "insured", "share", "insurer_pd", "insurer_lgd")}
    found = net_of_insurance(Decimal(case["gross"]), **given)
    for name, amount in case["expected"].items():
        assert getattr(found, name) == Decimal(amount), name


def check_migration(case):
    scale = 10_000
    balances = np.array(case["balances"], dtype=np.int64) * scale
    found = migration(balances, np.array(case["written_off"], dtype=np.int64) * scale, final_loss=case["final_loss"])
    expected = case["expected"]
    for name in ("ratios", "roll", "loss"):
        for got, wanted in zip(getattr(found, name), expected.get(name, []), strict=False):
            assert got == pytest.approx(wanted, abs=1e-6), name
    if "ecl" in expected:
        factor = case["factor"]
        assert [applied(rate, factor=factor) for rate in found.loss] == pytest.approx(expected["applied"], abs=1e-7)
        losses = [row.ecl_minor / scale for row in matrix(balances[-1].tolist(), found.loss, factor=factor)]
        assert losses == pytest.approx(expected["ecl"], abs=1e-4)
        assert sum(losses) == pytest.approx(expected["total"], abs=1e-4)


KINDS = {
    "matrix": check_matrix,
    "cohort": check_cohort,
    "triangle": check_triangle,
    "insured": check_insured,
    "migration": check_migration,
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_worked_example(path):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    KINDS[case["kind"]](case)


def test_there_are_cases_of_every_kind():
    assert {yaml.safe_load(path.read_text(encoding="utf-8"))["kind"] for path in CASES} == set(KINDS)
