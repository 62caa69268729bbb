"""S10: nothing a person writes is ever run as a template, whichever engine the text was meant for.

The product has no template that users edit: letters, mails and reports are made of its own sentences, and what people
write goes into them as a value. 200 texts that would run in Jinja, Django, Mako, ERB, format strings and others go
through every place where such text enters something that is rendered.
"""

import datetime as dt
import html
import itertools
import re

import pytest
from django.urls import reverse
from stocked import ON, SYSTEM, person

from seawall.engine.kernel.errors import InputError
from seawall.exchange import report_html
from seawall.exchange.language import Language, Scale
from seawall.exchange.report_layout import Layout
from seawall.services import approvals, mappings, policies, remarks, subjects
from seawall.services.access import Grant, actor_of
from seawall.services.governing import governing
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

POLICY, FRESH, DAYS = "house.bank_freshness", {"stale_days": 3, "unused_days": 90}, 50
"""A policy, a value that it takes, and on how many days a version gives one: more would be too long."""


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


@pytest.mark.django_db
def test_in_a_mapping_it_is_a_title_or_a_constant_and_nothing_more(client_of):
    for place, text in enumerate(CORPUS):
        mappings.save(SYSTEM, name=f"m{place:03}", text=MAPPING.format(text=quoted(text)))
    for place, text in enumerate(CORPUS):
        made = mappings.named(f"m{place:03}")
        assert (made.title, made.items["currency"].constant) == (text, text)
    page = client_of("boss").get(reverse("mappings")).content.decode()
    assert RUN not in page
    shown = html.unescape(page)
    assert [text for text in CORPUS if text not in shown] == []
    with pytest.raises(InputError, match="unknown key"):
        mappings.checked(MAPPING.format(text="x") + "  '{{ 7777*7777 }}': No\n", name="m")


@pytest.mark.django_db
def test_in_a_policy_it_is_a_source_and_a_note_and_nothing_more(client_of):
    """Four versions of fifty days each: proposed, shown to the second person, approved, in force and shown."""
    ann, bob = (actor_of(person(name, Grant(role))) for name, role in (("ann", "credit_manager"), ("bob", "finance")))
    client = client_of("bob")
    for first in range(0, len(CORPUS), DAYS):
        said = CORPUS[first : first + DAYS]
        values = {
            ON + dt.timedelta(days=place): {"value": dict(FRESH), "source": text, "note": text}
            for place, text in enumerate(said, start=first)
        }
        body = policies.written({"values": values})
        asked = policies.propose(ann, POLICY, body, reason=said[0])
        page = client.get(reverse("approval", args=[asked.number])).content.decode()
        assert RUN not in page
        assert body in html.unescape(page)
        approvals.approve(bob, asked.number, digest=asked.digest, on=ON)
    own = {value.from_day: (value.source, value.note) for value in governing().by_id[POLICY].values}
    assert [own[ON + dt.timedelta(days=place)] for place in range(len(CORPUS))] == [(text, text) for text in CORPUS]
    page = client.get(reverse("policy", args=[POLICY])).content.decode()
    assert RUN not in page
    shown = re.findall(r'<td class="muted sw-wrap">(.*?)<br>(.*?)</td>', page, re.DOTALL)
    assert {(text, text) for text in CORPUS} <= {tuple(map(html.unescape, each)) for each in shown}


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
