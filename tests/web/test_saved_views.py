"""A list saved under a name is opened from its page and from the box in the bar, and shows the same."""

import re

import pytest
from django.urls import reverse

from seawall.services.saved_views import PAGES

pytestmark = pytest.mark.django_db


def test_a_view_is_saved_from_its_page_and_opened_from_page_and_palette(client_of):
    client = client_of("boss")
    address = reverse("customers") + "?sort=-overdue_minor&as_of=2026-02-28"
    page = client.get(address).content.decode()
    assert "?page=customers&amp;query=as_of%3D2026-02-28%26sort%3D-overdue_minor" in page
    form = client.get(reverse("views"), {"page": "customers", "query": "as_of=2026-02-28&sort=-overdue_minor"})
    assert "as_of=2026-02-28&amp;sort=-overdue_minor" in form.content.decode()
    sent = {"page": "customers", "name": "February's late", "query": "as_of=2026-02-28&sort=-overdue_minor"}
    answer = client.post(reverse("views"), sent, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("customers") + "?as_of=2026-02-28&sort=-overdue_minor"
    assert 'aria-current="true">February&#x27;s late' in answer.content.decode()
    told = re.search(r'<div class="sw-say.*?</div>', answer.content.decode(), re.DOTALL)[0]
    assert "The view is saved." in told
    assert "#check" in told, "what went well is marked so"
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr") > 10
    assert answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0] == rows
    assert "February&#x27;s late" in client.get(reverse("search"), {"q": "feb"}).content.decode()
    assert "February" not in client_of("reader").get(reverse("customers")).content.decode()


def test_every_list_offers_to_save_its_view(client_of):
    client = client_of("boss")
    for name in PAGES:
        assert f"?page={name}&amp;query=" in client.get(reverse(name)).content.decode(), name


def test_a_view_without_a_name_is_said_beside_its_field(client_of):
    answer = client_of("boss").post(reverse("views"), {"page": "customers", "name": " ", "query": "q=x"})
    assert 'aria-invalid="true"' in answer.content.decode()


@pytest.mark.parametrize("tail", ["?_=1", "?utm-source=mail", "?x=" + "a" * 3000])
def test_a_list_asked_for_in_a_way_that_cannot_be_saved_is_shown_without_the_bar(client_of, tail):
    answer = client_of("boss").get(reverse("customers") + tail)
    assert answer.status_code == 200
    assert "?page=customers" not in answer.content.decode()
