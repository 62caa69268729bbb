"""The pages of periods: look, sign, fetch the files, make them again, take the signature back."""

import re

import pytest
from django.urls import reverse
from stocked import ON, person

from seawall.services.access import Grant
from seawall.store.models import PeriodSignature, User


def text(response):
    return response.content.decode()


@pytest.fixture
def fin(client_of, db):
    if not User.objects.filter(username="fin").exists():
        person("fin", Grant("finance"))
    return client_of("fin")


def sent(page):
    return dict(
        re.findall(
            r'name="(on|known|currency|entity)" value="([^"]*)"',
            page[page.index('method="post"', page.index("sw-facts")) :],
        )
    )


def test_a_month_is_signed_and_its_files_are_as_signed(fin):
    page = text(fin.get(reverse("periods", query={"sign": ON.isoformat()})))
    assert "Sign this report" in page
    answer = fin.post(reverse("periods"), sent(page) | {"reason": "closed"}, follow=True)
    assert "Signed." in text(answer)
    (row,) = PeriodSignature.objects.every_entity()
    for each in row.files:
        response = fin.get(reverse("period_file", args=[row.pk, each["kind"]]))
        assert len(response.content) == each["size_bytes"]
        assert response["Content-Disposition"].startswith("attachment")
    assert "the same bytes" in text(fin.get(reverse("period", args=[row.pk], query={"show": "verify"})))
    assert "Nothing that came later" in text(fin.get(reverse("period", args=[row.pk], query={"show": "difference"})))
    again = fin.post(reverse("periods"), sent(page), follow=True)
    assert "signed already" in text(again)
    assert "signed already" in text(fin.get(reverse("periods", query={"sign": ON.isoformat()})))
    assert "Say why." in text(fin.post(reverse("period", args=[row.pk]), {"reason": " "}, follow=True))
    taken = text(fin.post(reverse("period", args=[row.pk]), {"reason": "a batch was missing"}, follow=True))
    assert "taken back" in taken
    assert "a batch was missing" in taken
    assert fin.get(reverse("period_file", args=[row.pk, "docx"])).status_code == 404


def test_a_day_that_cannot_be_signed_says_why_and_has_no_button(fin):
    page = text(fin.get(reverse("periods", query={"sign": "2026-03-30"})))
    assert "not the end of a month" in page
    assert "Sign this report" not in page
    refused = fin.post(reverse("periods"), {"on": "2026-03-30", "known": "1"}, follow=True)
    assert "is not the end of a month" in text(refused)


def test_who_may_not_sign_sees_what_is_signed_only(fin, client_of):
    reader = client_of("reader")
    assert "Finance signs periods." in text(reader.get(reverse("periods", query={"sign": ON.isoformat()})))
    assert reader.post(reverse("periods"), {"on": ON.isoformat(), "known": "1"}).status_code == 403
