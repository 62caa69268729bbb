"""The worked tables of the ledger's algorithm pages are what the engine computes."""

import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from factories import Book, as_of, day

from seawall.engine.kernel.calendar import period_ends
from seawall.engine.kernel.fx import RATES, RateTable, rates_for
from seawall.engine.kernel.money import amount_text, minor_of
from seawall.engine.ledger import turnover
from seawall.engine.ledger.ageing import aged_parts, ageing
from seawall.engine.ledger.dilution import dilution_rate
from seawall.engine.ledger.exposure import beside_open
from seawall.engine.ledger.flows import flows
from seawall.engine.ledger.scheme import DEFAULT_SCHEME

PAGES = Path(__file__).resolve().parents[3] / "docs" / "algorithms"


def worked(page):
    """The tables after the heading 'Worked table', each a list of rows by column."""
    text = (PAGES / f"{page}.md").read_text("utf-8").split("## Worked table")[1]
    tables = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    assert tables, page
    return [rows_of(table) for table in tables]


def rows_of(table):
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def test_open_amount():
    parts = [("2025-01-20", 300), ("2025-03-20", 300), ("2025-04-20", 400)]
    book = Book().invoice("I", 1000, "2025-01-01", "2025-04-20", parts=parts).receipt("R", 500, "2025-02-01")
    ledger = book.allocate("I", "R", 350, "2025-02-01").allocate("I", "R", 50, "2025-03-25").ledger()
    (rows,) = worked("open-amount")
    assert len(rows) == 4
    for row in rows:
        on = as_of(row["day"])
        left = dict(aged_parts(ledger, as_of=on, scheme=DEFAULT_SCHEME).select("part_no", "open_minor").rows())
        unapplied = ageing(ledger, as_of=on, scheme=DEFAULT_SCHEME)["unapplied_minor"].sum()
        said = [left.get(1, 0), left.get(2, 0), left.get(3, 0), sum(left.values()), unapplied]
        assert [amount_text(minor, "CNY") for minor in said] == list(row.values())[1:]


def test_ageing():
    items, columns = worked("ageing")
    book = Book()
    for row in items:
        book.item(row["kind"], row["item"], row["amount"], row["issued"], row["due"] or None)
        if int(row["settled by then"]):
            book.pay(row["item"], row["settled by then"], "2025-03-31")
    ledger, on = book.ledger(), as_of("2025-03-31")
    parts = aged_parts(ledger, as_of=on, scheme=DEFAULT_SCHEME).join(
        ledger.items.select("item_id", "number"), on="item_id"
    )
    said = {
        number: (minor // 100, days, DEFAULT_SCHEME.names[bucket])
        for number, minor, days, bucket in parts.select("number", "open_minor", "dpd_days", "bucket").iter_rows()
    }
    assert said == {
        row["item"]: (int(row["open"]), int(row["days past due"]), row["bucket"]) for row in items if row["open"]
    }
    total = ageing(ledger, as_of=on, scheme=DEFAULT_SCHEME).row(0, named=True)
    assert {row["column"]: int(row["amount"]) for row in columns} == {
        name: total[f"{name}_minor"] // 100 for name in ("open", "overdue", "unapplied", *DEFAULT_SCHEME.names)
    }


def test_bills():
    parts = [("2025-02-09", 95000), ("2026-01-10", 5000, "retention")]
    book = Book().invoice("INV", 100000, "2025-01-10", "2025-02-09", parts=parts)
    book.bill("CB", 60000, "2025-02-05", "2025-08-05", kind="commercial", events=[("bounced", "2025-08-08")])
    book.bill("BA", 30000, "2025-02-05", "2025-08-05", events=[("endorsed", "2025-03-01")])
    book.receipt("ADV", 7000, "2025-02-20", payment_method="advance")
    ledger = book.allocate("INV", "CB", 60000, "2025-02-05").allocate("INV", "BA", 30000, "2025-02-05").ledger()
    (rows,) = worked("bills")
    for row in rows:
        on = as_of(row["day"])
        aged = ageing(ledger, as_of=on, scheme=DEFAULT_SCHEME)
        beside = beside_open(ledger, as_of=on, recourse_days=190)
        said = {name: int(aged[f"{name}_minor"].sum()) // 100 for name in ("open", "overdue")}
        said |= {
            name: int(beside[f"{name}_minor"].sum()) // 100 for name in ("held", "recourse", "retention", "advance")
        }
        said["exposure"] = said["open"] + said["held"] + said["recourse"]
        assert {name: int(row[name]) for name in said} == said, row["day"]


def numbers(text):
    values = [float(part) for part in text.split(",")]
    return np.array(values if len(values) > 1 else values[0])


def agrees(said, printed):
    """Equal as far as the page prints."""
    return abs(float(said) - float(printed)) <= 0.5 * 10.0 ** Decimal(printed).as_tuple().exponent


@pytest.mark.parametrize("row", worked("dso")[0], ids=lambda row: f"{row['reading']} {row['days']}")
def test_dso(row):
    formula = getattr(turnover, row["reading"])
    assert agrees(formula(*(numbers(row[name]) for name in ("open", "sales", "days"))), row["result"])


@pytest.mark.parametrize("row", worked("cei")[0], ids=lambda row: f"{row['months']} {row['convention']}")
def test_cei(row):
    given = [int(row[name]) for name in ("begin", "sales", "end", "end current")]
    said = turnover.collection_effectiveness(*given, periods=int(row["months"]), convention=row["convention"])
    assert agrees(said, row["result"])


def test_dilution():
    months, (result,) = worked("dilution")
    book = Book()
    for row in months:
        on = f"{row['month']}-10"
        for kind, column in (("invoice", "invoiced"), ("credit_note", "credit notes"), ("write_off", "written off")):
            if int(row[column]):
                book.item(kind, f"{kind} {on}", row[column], on)
    sums = flows(book.ledger(), ends=period_ends(day("2025-03-31"), 4))
    assert agrees(dilution_rate(sums, 3, int(result["months"]))[0], result["dilution"])


def test_reporting_currency():
    quotes = {
        "own": [("USD", "CNY", "2025-03-15", 7.20)],
        "ECB": [("EUR", code, "2025-03-31", rate) for code, rate in (("USD", 1.10), ("CNY", 8.00), ("JPY", 160.0))],
    }
    names = ("from_currency", "to_currency", "on", "rate")
    tables = [
        RateTable(name, RATES.frame([dict(zip(names, (a, b, day(on), rate), strict=True)) for a, b, on, rate in rows]))
        for name, rows in quotes.items()
    ]
    (rows,) = worked("reporting-currency")
    rates = rates_for({row["currency"] for row in rows}, "CNY", day("2025-03-31"), tables, 31)
    for row in rows:
        used = rates.of(row["currency"])
        assert (agrees(used.rate, row["rate"]), used.source) == (True, row["source"])
        minor = np.array([minor_of(row["amount"], row["currency"])])
        assert amount_text(int(rates.convert(minor, row["currency"])[0]), "CNY") == row["in CNY"]


def test_every_page_says_what_it_takes_what_it_promises_and_where_it_is():
    for page in ("open-amount", "bills", "ageing", "dso", "cei", "dilution", "reporting-currency"):
        text = (PAGES / f"{page}.md").read_text("utf-8")
        assert all(part in text for part in ("**Inputs.**", "**Guarantees.**", "**In code:**")), page
        for name in re.findall(r"`(seawall\.[a-z_.]+)`", text.split("**In code:**")[1]):
            assert_exists(name)


def assert_exists(name):
    import importlib

    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name
