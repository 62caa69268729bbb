"""Scenarios of what leaves the house and of saved views."""

import itertools

from stocked import SYSTEM, person
from verbs.registry import scenario

from seawall.services import access, mail, saved_views, webhooks
from seawall.services.access import Grant, actor_of

NUMBERS = itertools.count(1)


@scenario(access.INTEGRATION_CHANGE)
def a_webhook_is_added(world):
    address = f"https://hook{next(NUMBERS)}.example/"
    return lambda: webhooks.add(SYSTEM, entity=world.entity, address=address, events=["run.done"])


@scenario(access.INTEGRATION_CHANGE)
def a_mail_server_is_set(_world):
    host = f"smtp{next(NUMBERS)}.example"
    return lambda: mail.keep(SYSTEM, host=host, port=587, security="starttls", sender="a@b.example", password="s3cret")


@scenario(access.VIEW_SAVE)
def a_view_is_saved(world):
    ann = actor_of(person(f"viewer{next(NUMBERS)}", Grant("viewer")))
    return lambda: saved_views.save(ann, page="customers", name="late", query="sort=name", entity=world.entity)
