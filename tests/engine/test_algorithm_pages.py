"""The worked tables of the run's algorithm pages are what the engine computes."""

import re
from pathlib import Path

import numpy as np
import pytest
from factories import Book, as_of, day

from seawall.engine import run
from seawall.engine.kernel.fx import Rates, RateUsed
from seawall.engine.protection.expected_loss import matrix
from seawall.engine.protection.loss_ratio import Losses, loss_ratio
from seawall.engine.risk.concentration import concentration
from seawall.engine.risk.loss_rates import observed
from seawall.engine.risk.roll_rates import migration
from seawall.policies.load import shipped

PAGES = Path(__file__).resolve().parents[2] / "docs" / "algorithms"


def worked(page):
    """The tables after the heading 'Worked table', each a list of rows by column."""
    text = (PAGES / f"{page}.md").read_text("utf-8").split("## Worked table")[1]
    return [rows_of(table) for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)]


def rows_of(table):
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def agrees(said, printed):
    """Equal as far as the page prints."""
    places = len(printed.partition(".")[2])
    return f"{said:.{places}f}" == printed


def report_of(book):
    on = day("2025-12-31")
    rates = Rates("CNY", on, {"CNY": RateUsed(1.0, on, "")})
    return run.protection_run(book.ledger(), as_of=as_of("2025-12-31"), policies=shipped(), rates=rates)


def test_behaviour():
    paid, (said,) = worked("behaviour")
    book = Book()
    for k, row in enumerate(paid):
        assert (day(row["paid on"]) - day("2025-06-01")).days == int(row["days late"])
        book.invoice(f"I{k}", row["amount"], "2025-05-01", "2025-06-01").pay(f"I{k}", row["amount"], row["paid on"])
    found = report_of(book).customers.row(0, named=True)
    assert agrees(found["beyond_terms_days"], said["days beyond terms"])
    assert agrees(found["beyond_terms_clipped_days"], said["clipped"])
    assert agrees(found["on_time_rate"], said["on-time share"])


def test_roll_rates():
    years, rates = worked("roll-rates")
    buckets = [row["bucket"] for row in rates]
    balances = np.array([[int(row[name]) for name in buckets] for row in years])
    written_off = np.zeros_like(balances[1:])
    written_off[:, -1] = [int(row["written off from over 3"]) for row in years[1:]]
    found = migration(balances, written_off, final_loss=1.0)
    for row, roll, loss in zip(rates, [*found.roll, None], found.loss, strict=True):
        assert (roll is None) == (not row["roll rate"])
        assert roll is None or agrees(roll, row["roll rate"])
        assert agrees(loss, row["loss rate"])


def test_loss_rates():
    (rows,) = worked("loss-rates")
    never = int(rows[-1]["unpaid when it begins"])
    ended = np.array([[int(row["paid in it"])] for row in rows])
    ended[-1] += never
    lost = np.zeros_like(ended)
    lost[-1] = never
    for row, found in zip(rows, observed(ended, lost, [1] * len(rows), [0] * len(rows)), strict=True):
        assert (found.reached_minor, found.lost_minor) == (int(row["unpaid when it begins"]), int(row["lost"]))
        assert agrees(found.rate, row["loss rate"])


def test_expected_credit_loss():
    (rows,) = worked("expected-credit-loss")
    found = matrix([int(row["gross"]) for row in rows], [float(row["rate"]) for row in rows])
    assert [each.ecl_minor for each in found] == [int(row["loss"]) for row in rows]


def test_loss_ratio():
    (rows,) = worked("loss-ratio")
    said = {row["line"]: row["amount"] for row in rows}
    losses = Losses(
        write_offs_minor=int(said["write-offs"]), indemnified_minor=int(said["indemnified"]),
        unpaid_default_minor=int(said["unpaid in default"]), recoveries_minor=int(said["recoveries"]),
        indemnity_minor=int(said["indemnities"]),
    )  # fmt: skip
    assert losses.gross_minor == int(said["gross loss"])
    assert losses.net_minor == int(said["net loss"])
    assert losses.realised_minor == int(said["realised net loss"])
    assert agrees(loss_ratio(losses.net_minor, int(said["credit sales"])), said["loss ratio"])
    assert loss_ratio(1, 0) is None


def test_concentration():
    (rows,) = worked("concentration")
    for row in rows:
        found = concentration([int(part) for part in row["open amounts"].split(",")])
        said = {"hhi": "index", "effective_number": "effective number", "cr1": "CR1", "cr5": "CR5"}
        assert all(agrees(getattr(found, name), row[column]) for name, column in said.items())


def test_worklist():
    (rows,) = worked("worklist")
    book = Book()
    for row in rows:
        due = np.datetime64("2025-12-31") - int(row["days past due"])
        book.invoice(row["customer"], row["overdue"], str(due - 30), str(due), customer=row["customer"])
    found = {each["customer_code"]: each for each in report_of(book).worklist.iter_rows(named=True)}
    for row in rows:
        each = found[row["customer"]]
        assert each["rank"] == (int(row["rank"]) if row["rank"] else None)
        if row["rank"]:
            assert agrees(each["urgency"], row["urgency"])
            assert each["score"] == pytest.approx(float(row["score"]))
    assert found["D"]["excluded"] == "small"
