"""Insurers: connections, messages and what was said of the other entity's are asked for by number."""

from access.registry import FOREIGN, MINE, by_id, lists, plain

SEND, RECEIVE, CHANGE = "insurer.send", "insurer.receive", "integration.change"
NO_INSURER, NO_NUMBER = {"connection_id": 999_999}, {"number": 999_999}
ASKED = {"request_type": "2", "amount": "1000.00", "currency": "CNY"}


def actor_of(world, entity):
    return {MINE: world.mine_actor, FOREIGN: world.foreign_actor}[entity]


def connection_of(world, entity=FOREIGN):
    """A connection of the other one's, or of one's own; made once, with a message and something it said."""
    from seawall.exchange.insurers.port import incoming
    from seawall.services import insurer_events, insurer_messages, insurers
    from seawall.store.models import InsurerConnection, InsurerEvent

    actor, code = actor_of(world, entity), f"{entity}-C1"
    if not insurers.listed(actor):
        number = insurers.add(actor, insurers.Given(f"{entity} insurer", "file", f"{entity}-P", {}, entity=entity))
        insurers.link(actor, connection_id=number, customer_code=code, company_ref=f"{entity}-S1")
        insurer_messages.say(actor, connection_id=number, kind="request_cover", fields=ASKED, customer_code=code)
        row = InsurerConnection.objects.every_entity().select_related("entity").get(pk=number)
        said = [incoming("decision", {"company_ref": entity})]
        insurer_events.written(row, {}, lambda write: insurer_events.take(write, row, said, InsurerEvent.Way.FILE))
    return {"connection_id": insurers.listed(actor)[0].connection_id}


def message_of(world, entity=FOREIGN):
    from seawall.services import insurer_messages

    connection_of(world, entity)
    return {"number": insurer_messages.listed(actor_of(world, entity))[0].message_no}


def event_of(world, entity=FOREIGN):
    from seawall.services import insurer_events, insurers

    connection_of(world, entity)
    actor = actor_of(world, entity)
    return {"number": insurer_events.listed(actor, insurers.seen(actor))[0].event_no}


def own(place):
    return lambda world: place(world, MINE)


def made(world):
    connection_of(world)
    connection_of(world, MINE)
    return {}


def number_of(world):
    return str(connection_of(world)["connection_id"])


lists("GET web:insurers", {}, {"state": "waiting"}, place=made)
lists("GET web:insurer_said", {}, {"state": "quarantined"}, place=made)
lists("GET web:insurer_differences", place=made)
lists("GET web:insurer_connections", {}, {"removed": "1"}, place=made)
plain("GET web:insurer_new", "a form; it names the entities one sees", verb=CHANGE)
plain("POST web:insurer_new", "refuses an entity one does not see", verb=CHANGE, data={"kind": "file"})
lists("GET web:insurer_say", {}, {"kind": "notify"}, place=made, verb=SEND)
plain("POST web:insurer_say", "finds the connection within the scope", verb=SEND, data={"kind": "request_cover"})
for _way, _place in (("connection", connection_of), ("message", message_of), ("event", event_of)):
    lists(f"GET web:insurer_{_way}", place=own(_place))
by_id("GET web:insurer_connection", connection_of, NO_INSURER)
by_id("POST web:insurer_connection", connection_of, NO_INSURER, verb=CHANGE, data={"act": "pause"})
by_id("GET web:insurer_message", message_of, NO_NUMBER)
by_id("POST web:insurer_message", message_of, NO_NUMBER, verb=SEND, data={"do": "again"})
by_id("GET web:insurer_event", event_of, NO_NUMBER)
by_id("POST web:insurer_event", event_of, NO_NUMBER, verb=RECEIVE, data={"do": "again"})
by_id("POST web:insurer_events", connection_of, NO_INSURER, data={})
by_id("GET web:insurer_file", lambda world: connection_of(world) | {"batch": "x"}, NO_INSURER | {"batch": "x"})
by_id("POST web:insurer_files", connection_of, NO_INSURER, verb=SEND, data={"do": "export", "kind": "notify"})

lists("GET api:/insurers", {}, {"removed": "true"}, place=made)
plain(
    "POST api:/insurers", "refuses an entity one does not see", verb=CHANGE,
    data={"name": "x", "kind": "file", "policy": "P"},
)  # fmt: skip
one = "/insurers/{connection_id}"
by_id(f"GET api:{one}", connection_of, NO_INSURER)
by_id(f"DELETE api:{one}", connection_of, NO_INSURER, verb=CHANGE)
for act, verb, data in (
    ("test", CHANGE, {}), ("pause", CHANGE, {}), ("resume", CHANGE, {}), ("secret", CHANGE, {"secret": "x"}),
    ("subscribe", CHANGE, {"url": "https://a.example/insurers/1/events/"}), ("compare", RECEIVE, {}),
    ("links", SEND, {"customer": "SHARED", "company_ref": "S"}),
    ("messages", SEND, {"kind": "request_cover", "customer": "SHARED", "fields": ASKED}),
    ("export", SEND, {"kind": "notify"}), ("import", RECEIVE, {"name": "a.csv", "content": "YQ=="}),
):  # fmt: skip
    by_id(f"POST api:{one}/{act}", connection_of, NO_INSURER, verb=verb, data=data)
by_id(f"GET api:{one}/companies", connection_of, NO_INSURER, query={"customer": "SHARED"})
by_id(f"GET api:{one}/links", connection_of, NO_INSURER)
by_id(f"GET api:{one}/log", connection_of, NO_INSURER)
for _way in ("links", "log"):
    lists(f"GET api:{one}/{_way}", place=own(connection_of))
lists("GET api:/insurer-comparisons", place=made)
lists("GET api:/insurer-messages", {}, {"state": "waiting"}, {"customer": f"{FOREIGN}-C1"}, place=made)
by_id("GET api:/insurer-messages/{number}", message_of, NO_NUMBER)
by_id("POST api:/insurer-messages/{number}/again", message_of, NO_NUMBER, verb=SEND, data={})
by_id("POST api:/insurer-messages/{number}/withdraw", message_of, NO_NUMBER, verb=SEND, data={"reason": "x"})
lists("GET api:/insurer-events", {}, {"state": "quarantined"}, place=made)
by_id("GET api:/insurer-events/{number}", event_of, NO_NUMBER)
by_id("POST api:/insurer-events/{number}/again", event_of, NO_NUMBER, verb=RECEIVE, data={})
by_id("POST api:/insurer-events/{number}/dismiss", event_of, NO_NUMBER, verb=RECEIVE, data={"reason": "x"})
