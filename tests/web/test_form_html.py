"""A page's own form is found and filled whatever stands around it."""

import pytest

from seawall.web.form_html import filled, sent_form

PAGE = """<main><p>Note{odd} of a file</p>
<form method="post" action="/there/"><input name="amount" value="1"><textarea name="note">old</textarea></form></main>"""


@pytest.mark.parametrize("odd", ["", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_line_end_in_a_text_moves_the_fields(odd):
    page, typed = PAGE.replace("{odd}", odd), {"amount": ["<2>"], "note": ["new"]}
    form = sent_form(page, path="/there/", here="/here/", typed=typed)
    again = filled(page, form, typed, {"amount": "Too much."})
    assert again.startswith(page[: page.index("<input")])
    assert '<input name="amount" value="&lt;2&gt;" aria-invalid="true"' in again
    assert '<textarea name="note">new</textarea></form></main>' in again
