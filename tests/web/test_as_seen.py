"""An export is what the page shows: the same rows in the same order, its columns in their order, the same figures and words."""

import csv
import datetime as dt
import io
import re
from decimal import ROUND_HALF_EVEN, Decimal
from html.parser import HTMLParser
from zipfile import ZipFile

import pytest
from django.urls import reverse
from stocked import ON, SYSTEM, person
from web.test_bills_pages import BILLS

from seawall.services import approvals, insured, saved_views, wordings
from seawall.services.access import Grant, actor_of
from seawall.services.intake import commit_import

pytestmark = pytest.mark.django_db
LISTS = {
    "ageing": [{}, {"group_by": "entity"}, {"as_of": "2026-02-28"}],
    "customers": [{}, {"sort": "name"}, {"q": "a", "sort": "-overdue_minor"}],
    "items": [{}, {"state": "open", "kind": "invoice"}],
    "turnover": [{}],
    "roll_rates": [{}],
    "provision": [{}, {"as_of": "2026-02-28"}],
    "worklist": [{}],
    "bills": [{"as_of": "2026-03-31"}],
    "concentration": [{}],
    "insured_limits": [{}],
    "cover": [{}, {"group": "country"}],
    "cover_leaks": [{}],
    "deadlines": [{"within": "90"}],
}
TABLE_OF = {"turnover": -1}
"""Where the list is not the page's first table."""

TITLED = ("cover_leaks", "deadlines")
"""Pages of several tables, which stand one after the other in their export, each under its title."""

GROUPED = ("concentration",)
"""Pages of several tables whose export names in its first column the table a row stands in."""


@pytest.fixture(scope="module")
def insured_store(store, django_db_blocker, tmp_path_factory):
    """The store with a policy, limits under it, and bills."""
    account = store.accounts.filter(store.accounts["currency"] == "CNY").row(0, named=True)
    customer = store.customers["customer_code"][account["customer_id"]]
    body = wordings.template("sinosure-style").replace("policy: SINOSURE-STYLE", "policy: COVER")
    with django_db_blocker.unblock():
        asked = wordings.propose(
            actor_of(person("cover-desk", Grant("insurance_manager"))),
            body.replace("2025-12-31}", "2026-12-31}"), reason="as signed",
        )  # fmt: skip
        approvals.approve(
            actor_of(person("cover-second", Grant("credit_manager"))), asked.number, digest=asked.digest, on=ON
        )
        row = {"kind": "approved", "amount": "900000", "currency": "USD", "decided_on": "2025-01-01", "policy": "COVER"}
        for code in (customer, *store.customers["customer_code"].to_list()[:2]):
            insured.record_fact(SYSTEM, "insured_limits", row | {"customer_code": code})
        folder = tmp_path_factory.mktemp("bills")
        (folder / "bills.csv").write_text(BILLS.format(entity=account["entity"], customer=customer), encoding="utf-8")
        commit_import(SYSTEM, [folder], key="bills")


class Tables(HTMLParser):
    """The texts of a page's tables."""

    def __init__(self):
        super().__init__()
        self.tables, self.cell, self.drawn = [], None, 0

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = []
        self.drawn += tag == "svg"

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self.cell).split()))
            self.cell = None
        self.drawn -= tag == "svg"

    def handle_data(self, data):
        if self.cell is not None and not self.drawn:
            self.cell.append(data)


def pages_of(client, name, query):
    """The heads and rows of the page's list, or of each of its tables."""
    found = Tables()
    found.feed(client.get(reverse(name), query).content.decode())
    place = TABLE_OF.get(name, 0)
    tables = found.tables if name in (*TITLED, *GROUPED) else [found.tables[place]]
    if name in GROUPED:
        tables = [[["Name", *head[1:]], *rows] for head, *rows in tables]
    return [
        ([re.sub(r" \([A-Z]{3}\)| [↓↑]|^[×=] ", "", title) for title in head if title != "What can be done"], rows)
        for head, *rows in tables
    ]


def exports_of(client, name, query):
    """The heads and rows of the export, or of each of its parts."""
    said = client.get(reverse(name), {**query, "export": "csv"}).content.decode("utf-8-sig")
    parts = said.split("\r\n\r\n") if name in TITLED else [said]
    tables = [list(csv.reader(io.StringIO(part)))[name in TITLED :] for part in parts]
    if name in GROUPED:
        ((head, *rows),) = tables
        return [(head, [row for row in rows if row[0] == part]) for part in dict.fromkeys(row[0] for row in rows)]
    return [(head, rows) for head, *rows in tables if rows]


def figure(text):
    """A figure as it is shown, and how fine; None for words."""
    plain = text.replace("−", "-").replace(",", "").replace("\xa0", " ")
    per = Decimal(100) if plain.endswith(" %") else Decimal(1)
    plain = plain.removesuffix(" %")
    return (Decimal(plain), per) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def alike(shown, held):
    if not shown or shown == "–":
        return held in ("", "0", "0.00", "0.0") or held.startswith("-")  # days not due yet stand in no cell of the page
    if re.fullmatch(r"\d{4}-\d\d-\d\d", held):
        return shown in (held, f"{dt.date.fromisoformat(held):%-d %b %Y}")
    seen = figure(shown)
    if seen is None or not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", held):
        return shown in (held, f"{held}") or shown.replace(" ", "") == held.replace("; ", "").replace(" ", "")
    number, per = seen
    step = Decimal(1).scaleb(number.as_tuple().exponent)
    return abs((Decimal(held) * per).quantize(step, ROUND_HALF_EVEN) - number) <= step * (
        per > 1 or "." not in held or held != shown
    )


def differences(page, export):
    (titles, rows), (heads, lines) = page, export
    places, after = [], -1
    for title in titles:
        after = next((place for place in range(len(heads)) if heads[place] == title), None)
        if after is None:
            return [f"no column {title} in {heads}"]
        places.append(after)
    wrong = [] if places == sorted(places) or titles[:2] == ["Customer", "Code"] else [f"order {titles} {heads}"]
    code = heads.index("Code") if "Code" in heads and "Code" not in titles else None
    if len(rows) > len(lines) or (len(rows) < 100 and len(rows) != len(lines)):  # a page holds a hundred
        wrong.append(f"{len(rows)} rows shown, {len(lines)} exported")
    for row, line in zip(rows, lines, strict=False):
        for title, shown, place in zip(titles, row, places, strict=False):
            held = line[place]
            if shown == "Total" and "Total" in line:
                continue
            beside = [line[code]] if code is not None else []
            beside += line[place + 1 : place + 2]  # in a cell's second line
            if not alike(shown, held) and shown not in [f"{held} {text}" for text in beside]:
                wrong.append(f"{title}: {shown!r} shown, {held!r} exported")
    return wrong


@pytest.mark.parametrize(("name", "query"), [(name, query) for name, asked in LISTS.items() for query in asked])
def test_an_export_is_what_the_page_shows(insured_store, client_of, name, query):
    client = client_of("boss")
    pages, exports = pages_of(client, name, query), exports_of(client, name, query)
    assert len(pages[0][1]) > 1
    assert [differences(page, export) for page, export in zip(pages, exports, strict=True)] == [[]] * len(pages)
    xlsx = client.get(reverse(name), {**query, "export": "xlsx"})
    with ZipFile(io.BytesIO(xlsx.content)) as book:
        texts = "".join(book.read(part).decode() for part in book.namelist() if part.endswith(".xml"))
    titles = {title for head, _rows in pages for title in head}
    assert all(title.replace("&", "&amp;").replace(">", "&gt;") in texts for title in titles)


def test_every_list_is_held_against_its_export():
    assert set(LISTS) == set(saved_views.PAGES)


def test_rows_in_another_order_or_another_figure_would_be_seen(client_of):
    client = client_of("boss")
    (page,), ((heads, lines),) = pages_of(client, "customers", {}), exports_of(client, "customers", {})
    assert differences(page, (heads, lines[1:] + lines[:1]))
    assert differences(page, (heads, lines[:-1]))
    changed = [[*lines[0][:3], "1.00", *lines[0][4:]], *lines[1:]]
    assert differences(page, (heads, changed))
