"""An opinion of its own on the IBM ledger: csv and decimal only, written from the definitions, nothing of ours used.

    python tests/referee/ibm_ledger.py ibm_accounts_receivable.csv.gz 2013-06-30

prints one JSON object: ageing by customer, the DSO family, collection effectiveness, habits, concentration and the
expected loss at the floor rates, which hold because nothing in this ledger was ever lost.
"""

import csv
import datetime as dt
import gzip
import io
import json
import sys
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

BUCKETS = (
    ("not_due", None, 0), ("1_30", 1, 30), ("31_60", 31, 60), ("61_90", 61, 90), ("91_180", 91, 180),
    ("181_365", 181, 365), ("over_365", 366, None),
)  # fmt: skip
FLOORS = {
    "not_due": "0.003", "1_30": "0.016", "31_60": "0.036", "61_90": "0.066", "91_180": "0.106", "181_365": "0.25",
    "over_365": "0.5",
}  # fmt: skip
CENT = Decimal("0.01")


def invoices(path):
    """All invoices: customer, issued, due, settled, amount, disputed."""
    packed = Path(path).read_bytes()
    text = gzip.decompress(packed).decode() if path.endswith(".gz") else packed.decode()
    return [
        {
            "customer": row["customerID"], "issued": us_day(row["InvoiceDate"]), "due": us_day(row["DueDate"]),
            "settled": us_day(row["SettledDate"]), "amount": Decimal(row["InvoiceAmount"]),
            "disputed": row["Disputed"] == "Yes",
        }
        for row in csv.DictReader(io.StringIO(text))
    ]  # fmt: skip


def us_day(text):
    month, day, year = (int(part) for part in text.split("/"))
    return dt.date(year, month, day)


def month_end(day):
    following = dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def month_ends(last, count):
    """``count`` month ends, the newest first."""
    ends = [last]
    while len(ends) < count:
        ends.append(ends[-1].replace(day=1) - dt.timedelta(days=1))
    return ends


def is_open(row, day):
    return row["issued"] <= day < row["settled"]


def bucket_of(dpd):
    for name, low, high in BUCKETS:
        if (low is None or dpd >= low) and (high is None or dpd <= high):
            return name
    raise AssertionError(dpd)


def ageing(rows, day):
    """By customer: open, overdue, disputed, by bucket."""
    customers = {}
    for row in rows:
        if not is_open(row, day):
            continue
        one = customers.setdefault(
            row["customer"],
            {
                "open": Decimal(0),
                "overdue": Decimal(0),
                "disputed": Decimal(0),
                "by_bucket": dict.fromkeys(FLOORS, Decimal(0)),
            },
        )
        dpd = (day - row["due"]).days
        one["open"] += row["amount"]
        one["overdue"] += row["amount"] if dpd > 0 else 0
        one["disputed"] += row["amount"] if row["disputed"] else 0
        one["by_bucket"][bucket_of(dpd)] += row["amount"]
    return customers


def open_on(rows, day, *, overdue=False):
    return sum((r["amount"] for r in rows if is_open(r, day) and (not overdue or r["due"] < day)), Decimal(0))


def sales(rows, after, upto):
    return sum((row["amount"] for row in rows if after < row["issued"] <= upto), Decimal(0))


def speed(rows, day):
    """The DSO family at a month end."""
    ends = month_ends(day, 30)
    open_, overdue = open_on(rows, day), open_on(rows, day, overdue=True)
    sold, days = sales(rows, ends[3], day), (day - ends[3]).days
    before, month = open_on(rows, ends[1]), sales(rows, ends[1], day)
    simple = Fraction(open_) / Fraction(sold) * days
    best = Fraction(open_ - overdue) / Fraction(sold) * days
    return {
        "dso_days": float(simple), "dso_best_days": float(best), "dso_delinquent_days": float(simple - best),
        "dso_countback_days": countback(rows, ends, open_), "dso_sales_weighted_days": sales_weighted(rows, ends),
        "cei_rate": float(Fraction(before + month - open_) / Fraction(before + month - (open_ - overdue))),
    }  # fmt: skip


def countback(rows, ends, open_):
    left, total = Fraction(open_), Fraction(0)
    for end, start in pairwise(ends):
        sold, days = Fraction(sales(rows, start, end)), (end - start).days
        if sold > left:
            return float(total + left / sold * days)
        left, total = left - sold, total + days
    return None


def sales_weighted(rows, ends):
    total = Fraction(0)
    for end, start in pairwise(ends):
        mine = [row for row in rows if start < row["issued"] <= end]
        still = sum((row["amount"] for row in mine if is_open(row, ends[0])), Decimal(0))
        if still:
            total += Fraction(still) / Fraction(sum(row["amount"] for row in mine)) * (end - start).days
    return float(total)


def habits(rows, day):
    """Weighted days beyond terms of what was paid since the same day of the year before."""
    since = day.replace(year=day.year - 1)
    paid = [row for row in rows if since < row["settled"] <= day]
    whole = sum(row["amount"] for row in paid)
    late = [(row["amount"], (row["settled"] - row["due"]).days) for row in paid]
    return {
        "beyond_terms_days": float(Fraction(sum(a * d for a, d in late)) / Fraction(whole)),
        "beyond_terms_clipped_days": float(Fraction(sum(a * max(d, 0) for a, d in late)) / Fraction(whole)),
        "on_time_rate": float(Fraction(sum((a for a, d in late if d <= 0), Decimal(0))) / Fraction(whole)),
    }


def spread(customers):
    """Concentration by customer, from shares."""
    whole = sum(Fraction(one["open"]) for one in customers.values())
    shares = sorted((Fraction(one["open"]) / whole for one in customers.values()), reverse=True)
    hhi = sum(share * share for share in shares)
    tops = {f"cr{count}_rate": float(sum(shares[:count])) for count in (1, 5, 10)}
    return {"hhi": float(hhi), "effective_number": float(1 / hhi), **tops}


def expected_loss(customers):
    """Each bucket's open amount times its floor rate, rounded to the cent by bucket."""
    loss = {}
    for name, rate in FLOORS.items():
        gross = sum((one["by_bucket"][name] for one in customers.values()), Decimal(0))
        loss[name] = (gross * Decimal(rate)).quantize(CENT, ROUND_HALF_UP)
    return loss


def summed(customers):
    total = {
        name: sum((one[name] for one in customers.values()), Decimal(0)) for name in ("open", "overdue", "disputed")
    }
    buckets = {name: sum((one["by_bucket"][name] for one in customers.values()), Decimal(0)) for name in FLOORS}
    return {**total, "by_bucket": buckets}


def opinion(path, day):
    """Everything about a day that is a month end."""
    rows = invoices(path)
    customers = ageing(rows, day)
    ecl = expected_loss(customers)
    return {
        "as_of": day.isoformat(), "total": summed(customers), "customers": customers,
        "sales_12m": sales(rows, month_ends(day, 13)[-1], day), "ecl": sum(ecl.values(), Decimal(0)),
        "ecl_by_bucket": ecl, "figures": {**speed(rows, day), **habits(rows, day), **spread(customers)},
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(opinion(sys.argv[1], dt.date.fromisoformat(sys.argv[2])), default=str, indent=1))
