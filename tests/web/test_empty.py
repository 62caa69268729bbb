"""What a page says while there is nothing to show leads on, by page and by command."""

from django.template.loader import render_to_string

from seawall.web.ledger.empty import no_facts


def test_a_page_without_facts_leads_to_the_imports():
    empty = no_facts("Today")["empty"]
    said = render_to_string("components/empty.html", {"empty": empty, "title": empty["title"]})
    assert 'href="/ledger/imports/"' in said
    assert ">Imports</a>" in said


def test_an_address_of_its_own_goes_before():
    given = {"address": "/x/?a=1&b=2", "step": "On", "empty": {"address": "/other/", "step": "Off"}}
    said = render_to_string("components/empty.html", given)
    assert 'href="/x/?a=1&amp;b=2">On</a>' in said
    assert "/other/" not in said


def test_nothing_to_lead_to_is_no_link():
    assert "<a " not in render_to_string("components/empty.html", {"title": "x"})
