"""S10: nothing a person writes is ever run as a template, whichever engine the text was meant for.

The product has no template that users edit: letters, mails and reports are made of its own sentences, and what people
write goes into them as a value. 200 texts that would run in Jinja, Django, Mako, ERB, format strings and others go
through every place where such text enters something that is rendered.
"""

import html
import itertools
import re

import pytest
from stocked import ON, SYSTEM

from seawall.engine.kernel.errors import InputError, PolicyError
from seawall.exchange import report_html
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Layout
from seawall.policies.load import parse_values
from seawall.services import mappings, policies, remarks, subjects
from seawall.web import errors

RUN = "60481729"
"""What 7777 * 7777 gives where something runs it."""

WRAPPERS = ("{{{{ {} }}}}", "{{% print({}) %}}", "${{{}}}", "#{{{}}}", "<%= {} %>", "{{{}}}", "@({})", "{{{{= {} }}}}",
            "[[${{{}}}]]", "{{php}}{}{{/php}}")  # fmt: skip
EXPRESSIONS = (
    "7777*7777", "7777 * 7777", "text.__class__", "''.__class__.__mro__[1].__subclasses__()", "0.__class__", "x!r",
    "self.__init__.__globals__", "config.items()", "request.user.password", "settings.SECRET_KEY", "params[text]",
    "cycler.__init__.__globals__.os.popen('id').read()", "T(java.lang.Runtime).getRuntime()", "number.__init__",
    "_('x').__class__", "lipsum.__globals__", "[].__class__.__base__", "joiner.__init__",
)  # fmt: skip
OTHERS = (
    "{:>999999999}", "{0:>999999999}", "{text:>999999999}", "{text!r:^99999999}", "%999999999d", "%(text)s", "%s" * 50,
    "{0.__init__}", "{}{}{}", "{text.__class__.__init__.__globals__}", "{% debug %}", "{% include '/etc/passwd' %}",
    "{% load log %}", "{{ block.super }}", "{# #}{{ 7777|add:7777 }}", "{%csrf_token%}", "$(7777*7777)", "`7777*7777`",
    "{{'a'*99999999}}", "{nope}",
)  # fmt: skip
CORPUS = [wrapper.format(expression) for wrapper, expression in itertools.product(WRAPPERS, EXPRESSIONS)] + [*OTHERS]
MAPPING = """title: {text}
layout: unverified
basis: full_ledger
items:
  customer_code: Customer
  number: No
  issued_on: Date
  currency: {{constant: {text}}}
  kind: {{constant: invoice}}
  amount: Amount
"""


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def test_the_corpus_is_as_large_as_promised_and_each_text_once():
    assert len(CORPUS) == len(set(CORPUS)) == 200


def test_as_the_value_of_a_sentence_it_stays_what_it_is():
    for text in CORPUS:
        assert errors.say("{text} is not a day.", {"text": text}) == f"{text} is not a day."
        assert Language("en").say("Note {number} is kept.", number=text) == f"Note {text} is kept."


def test_in_a_report_s_title_it_stays_what_it_is():
    for text in CORPUS:
        made = report_html.rendered(Layout("x", text, text, Language("en"), Scale(1, 2, "CNY"), facts=((text, text),)))
        page = made if isinstance(made, str) else made.decode()
        assert html.escape(text) in page or html.escape(text, quote=False) in page
        assert RUN not in page
        assert len(page) < 200_000


def test_in_a_mapping_it_is_a_title_or_a_constant_and_nothing_more():
    for text in CORPUS:
        try:
            made = mappings.checked(MAPPING.format(text=quoted(text)), name="m")
        except InputError as error:
            assert RUN not in error.message  # noqa: PT017
        else:
            assert made.title == text
    with pytest.raises(InputError, match="unknown key"):
        mappings.checked(MAPPING.format(text="x") + "  '{{ 7777*7777 }}': No\n", name="m")


def test_in_a_policy_it_is_a_note_and_nothing_more():
    for text in CORPUS:
        body = policies.written({"values": {ON: {"value": 30, "source": text, "note": text}}})
        assert RUN not in body
        try:
            parse_values(body, policy_id="house.bank_freshness")
        except (InputError, PolicyError) as error:
            assert RUN not in error.message  # noqa: PT017


@pytest.mark.promise("S10")
def test_in_notes_and_the_pages_that_show_them_it_stays_what_it_is(client_of, store, django_db_blocker, promise):
    client, code = client_of("boss"), store.customers["customer_code"][5]
    with django_db_blocker.unblock():
        customer = subjects.customer_of(SYSTEM, code)
        for text in CORPUS:
            remarks.add_note(SYSTEM, customer, text=text)
        pages, after = [], 0
        while after < len(CORPUS):
            address = f"/ledger/customers/{code}/"
            answer = client.get(address, {"as_of": ON.isoformat(), "kind": "note", "after": str(after)})
            pages.append(answer.content.decode())
            after += 50
    shown = html.unescape("".join(re.findall(r'<p class="sw-words">(.*?)</p>', "".join(pages), re.DOTALL)))
    evaluated = sum(RUN in page for page in pages)
    assert [text for text in CORPUS if text not in shown] == []
    assert evaluated == 0
    promise(f"{len(CORPUS)} texts in sentences, report titles, mappings, policies and notes: evaluated {evaluated}")
