"""Every headline figure of every page has its "why?", and each one answers: a formula, and at its end a file, table or policy."""

import datetime as dt
import html
import re

import pytest
from django.urls import reverse
from stocked import ON, SYSTEM

from seawall.engine.kernel.asof import AsOf
from seawall.engine.kernel.trace import reworked
from seawall.services import bank, bank_why, demo_bank
from seawall.web.menu import PAGES

TILE = re.compile(r'<div class="sw-tile">(.*?)</div>', re.DOTALL)
WHY = re.compile(r'class="sw-why" hx-get="([^"]+)"')
ROW = re.compile(r"file .+, row |statement")


@pytest.fixture(scope="module")
def stocked_bank(store, django_db_blocker):
    """A statement of the bank with money that nothing was decided about."""
    entity = min(store.accounts["entity"])
    name, data = demo_bank.statement(store, AsOf(ON, 0), entity, "CNY")
    with django_db_blocker.unblock():
        bank.import_files(SYSTEM, [(name, data)], entity=entity)
    return name


@pytest.fixture
def texts(client_of, store, stocked_bank):
    client, code = client_of("boss"), store.customers["customer_code"][0]
    paths = [reverse(page.name) for page in PAGES] + [f"/ledger/customers/{code}/"]
    return client, {path: client.get(path, {"as_of": ON.isoformat()}).content.decode() for path in paths}


def test_every_headline_figure_has_its_why_and_each_answers(texts):
    client, pages = texts
    asked, tiles, bare = {}, 0, []
    for path, text in pages.items():
        for tile in TILE.findall(text):
            tiles += 1
            links = WHY.findall(tile)
            bare += [] if links else [(path, re.sub(r"<[^>]+>|\s+", " ", tile)[:60])]
        asked |= dict.fromkeys(map(html.unescape, WHY.findall(text)), path)
    assert bare == []
    assert tiles > 10
    for link, path in asked.items():
        answer = client.get(link, headers={"hx-request": "true"})
        assert answer.status_code == 200, (path, link)
        assert "sw-formula" in answer.content.decode(), (path, link)


def test_what_the_bank_says_leads_to_file_and_entry(texts, stocked_bank, django_db_blocker, monkeypatch):
    client, pages = texts
    assert any("unmatched_minor" in link for link in WHY.findall(pages["/ledger/unmatched/"]))
    assert any("bank_age_days" in link for link in WHY.findall(pages["/"]))
    for figure in ("unmatched_minor", "bank_age_days"):
        text = client.get(reverse("why", args=[figure]), {"as_of": ON.isoformat(), "currency": "CNY"}).content.decode()
        assert stocked_bank in text, figure
    with django_db_blocker.unblock():
        for figure in ("unmatched_minor", "bank_age_days"):
            step = bank_why.explained(SYSTEM, figure, on=ON + dt.timedelta(days=4), currency="CNY")
            assert reworked(step) == step.value
        whole = bank_why.explained(SYSTEM, "unmatched_minor", on=ON, currency="CNY")
        assert whole.value == bank_why.sums(SYSTEM)["CNY"]
        monkeypatch.setattr(bank_why, "ROWS", 1)
        first, others = bank_why.explained(SYSTEM, "unmatched", on=ON, currency="CNY").inputs
        assert first == max(whole.inputs, key=lambda step: step.value)
        assert (first.value + others.value, others.params["count"]) == (whole.value, str(len(whole.inputs) - 1))
