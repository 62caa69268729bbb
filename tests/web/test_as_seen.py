"""An export is what the page shows: the same rows in the same order, its columns in their order, the same figures and words."""

import csv
import io
import re
from decimal import ROUND_HALF_EVEN, Decimal
from html.parser import HTMLParser
from zipfile import ZipFile

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
LISTS = {
    "ageing": [{}, {"group_by": "entity"}, {"as_of": "2026-02-28"}],
    "customers": [{}, {"sort": "name"}, {"q": "a", "sort": "-overdue_minor"}],
    "items": [{}, {"state": "open", "kind": "invoice"}],
    "turnover": [{}],
    "roll_rates": [{}],
    "provision": [{}, {"as_of": "2026-02-28"}],
    "worklist": [{}],
}
TABLE_OF = {"turnover": -1}
"""Where the list is not the page's first table."""


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


def page_of(client, name, query):
    found = Tables()
    found.feed(client.get(reverse(name), query).content.decode())
    head, *rows = found.tables[TABLE_OF.get(name, 0)]
    return [re.sub(r" \([A-Z]{3}\)| [↓↑]|^[×=] ", "", title) for title in head], rows


def export_of(client, name, query):
    answer = client.get(reverse(name), {**query, "export": "csv"})
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    return head, rows


def figure(text):
    """A figure as it is shown, and how fine; None for words."""
    plain = text.replace("−", "-").replace(",", "").replace("\xa0", " ")
    per = Decimal(100) if plain.endswith(" %") else Decimal(1)
    plain = plain.removesuffix(" %")
    return (Decimal(plain), per) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def alike(shown, held):
    if not shown or shown == "–":
        return held in ("", "0", "0.00", "0.0") or held.startswith("-")  # days not due yet stand in no cell of the page
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
            if not alike(shown, held) and not (code is not None and shown == f"{held} {line[code]}"):
                wrong.append(f"{title}: {shown!r} shown, {held!r} exported")
    return wrong


@pytest.mark.parametrize(("name", "query"), [(name, query) for name, asked in LISTS.items() for query in asked])
def test_an_export_is_what_the_page_shows(client_of, name, query):
    client = client_of("boss")
    page, export = page_of(client, name, query), export_of(client, name, query)
    assert len(page[1]) > 1
    assert differences(page, export) == []
    xlsx = client.get(reverse(name), {**query, "export": "xlsx"})
    with ZipFile(io.BytesIO(xlsx.content)) as book:
        texts = "".join(book.read(part).decode() for part in book.namelist() if part.endswith(".xml"))
    assert all(title.replace("&", "&amp;").replace(">", "&gt;") in texts for title in page[0])


def test_rows_in_another_order_or_another_figure_would_be_seen(client_of):
    client = client_of("boss")
    page, (heads, lines) = page_of(client, "customers", {}), export_of(client, "customers", {})
    assert differences(page, (heads, lines[1:] + lines[:1]))
    assert differences(page, (heads, lines[:-1]))
    changed = [[*lines[0][:3], "1.00", *lines[0][4:]], *lines[1:]]
    assert differences(page, (heads, changed))
