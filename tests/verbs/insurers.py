"""Scenarios of insurers: a connection is added, something is said, something they said is put away, facts are posted."""

import itertools

from stocked import SYSTEM
from verbs.registry import scenario

from seawall.exchange.insurers.port import incoming
from seawall.services import access, insurer_events, insurer_messages, insurers
from seawall.services.insurers import Given
from seawall.store.models import InsurerConnection, InsurerEvent

NUMBERS = itertools.count(1)
ASKED = {"request_type": "2", "amount": "1000.00", "currency": "USD"}


def connection():
    return insurers.add(SYSTEM, Given(f"I{next(NUMBERS)}", "file", "P-1", {}))


def row_of(number):
    return InsurerConnection.objects.every_entity().select_related("entity").get(pk=number)


@scenario(access.INTEGRATION_CHANGE)
def a_connection_to_an_insurer_is_added(_world):
    name = f"N{next(NUMBERS)}"
    given = Given(name, "neutral", "P", {"url": "https://insurer.example", "client_id": "x"}, secret="s3cret")
    return lambda: insurers.add(SYSTEM, given, key=f"insurer {name}")


@scenario(access.INTEGRATION_CHANGE)
def a_connection_to_an_insurer_is_removed(_world):
    number = connection()
    return lambda: insurers.remove(SYSTEM, connection_id=number)


@scenario(access.INSURER_SEND)
def a_customer_is_linked_to_a_company(world):
    number, ref = connection(), f"S{next(NUMBERS)}"
    return lambda: insurers.link(SYSTEM, connection_id=number, customer_code=world.customer_code, company_ref=ref)


@scenario(access.INSURER_SEND)
def an_insurer_is_asked_for_cover(world):
    number, code = connection(), world.customer_code
    insurers.link(SYSTEM, connection_id=number, customer_code=code, company_ref=f"S{next(NUMBERS)}")
    asked = {"connection_id": number, "kind": "request_cover", "fields": ASKED, "customer_code": code}
    return lambda: insurer_messages.say(SYSTEM, **asked, key=f"ask {number}")


@scenario(access.INSURER_SEND)
def a_message_to_an_insurer_is_withdrawn(world):
    number, code = connection(), world.customer_code
    insurers.link(SYSTEM, connection_id=number, customer_code=code, company_ref=f"S{next(NUMBERS)}")
    said = insurer_messages.say(SYSTEM, connection_id=number, kind="request_cover", fields=ASKED, customer_code=code)
    return lambda: insurer_messages.withdraw(SYSTEM, message_no=said, reason="by mistake")


@scenario(access.INSURER_RECEIVE)
def what_an_insurer_said_is_written_down(_world):
    number = connection()
    row, said = row_of(number), incoming("decision", {"nothing": number})
    return lambda: insurer_events.written(
        row, {"heard": number}, lambda write: insurer_events.take(write, row, [said], InsurerEvent.Way.NEWS)
    )


@scenario(access.INSURER_RECEIVE)
def what_cannot_be_read_is_put_away(_world):
    number = connection()
    row = row_of(number)
    said = incoming("decision", {"nothing": number})
    insurer_events.written(row, {}, lambda write: insurer_events.take(write, row, [said], InsurerEvent.Way.NEWS))
    event = InsurerEvent.objects.every_entity().get(connection=row)
    return lambda: insurer_events.dismiss(SYSTEM, insurers.seen(SYSTEM), event_no=event.pk, reason="theirs")
