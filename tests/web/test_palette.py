"""The box in the bar finds pages, customers and documents, each only what the reader sees."""

import re

from django.urls import reverse
from web.test_pages import at, text

from seawall.services.access import Actor
from seawall.services.search import items_found
from seawall.store.models import Item


def links(client, sought):
    return re.findall(r'href="([^"?]+)', client.get(at("search", q=sought)).content.decode())


def test_a_page_is_found_by_its_title_in_the_readers_language(client_of):
    client = client_of("reader")
    assert reverse("ageing") in links(client, "age")
    assert reverse("ageing") not in links(client, "zzz")


def test_a_document_is_found_by_the_beginning_of_its_number(client_of, store):
    item = Item.objects.every_entity().select_related("entity").order_by("id")[3]
    address = reverse("item", args=[item.entity.code, "debit" if item.is_debit else "credit", item.number])
    for sought in (item.number, item.number.lower()):
        assert address in links(client_of("boss"), sought), sought


def test_what_another_entity_owns_is_not_found(client_of, store):
    mine = Actor.of("ann", ["viewer"], frozenset({"nowhere"}), user_id=1)
    number = Item.objects.every_entity().order_by("id")[0].number
    assert items_found(Actor.system(), text=number, limit=6)
    assert items_found(mine, text=number, limit=6) == []


def test_nothing_is_said_plainly(client_of):
    assert "No page, customer or document number fits “zzzz”." in text(client_of("reader").get(at("search", q="zzzz")))


def test_wildcards_are_letters(store):
    assert items_found(Actor.system(), text="%", limit=6) == []
    assert items_found(Actor.system(), text="_", limit=6) == []
